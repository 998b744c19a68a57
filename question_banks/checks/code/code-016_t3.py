def check(namespace: dict) -> None:
    f = namespace["finish_time"]
    assert f({}, {}) == 0
    assert f({}, {"a": 5}) == 0
    t = {"炒": ["切", "洗"], "切": ["洗"], "蒸": ["洗"], "凉拌": []}
    assert f(t, {"洗": 5, "切": 10, "炒": 8, "蒸": 25, "凉拌": 6}) == 30
    assert f(t, {"洗": 5, "切": 10, "炒": 20, "蒸": 25, "凉拌": 6, "路过": 999}) == 35
    assert f(t, {"凉拌": 40}) == 40
    assert f({"a": ["b"]}, {"b": 7}) == 7
    for bad in ({"a": ["a"]}, {"a": ["b"], "b": ["a"], "c": []}):
        try:
            f(bad, {})
            raise AssertionError("应抛 ValueError")
        except ValueError:
            pass
