def check(namespace: dict) -> None:
    f = namespace["stuck"]
    assert list(f({})) == []
    assert list(f({"炒": ["切", "洗"], "切": ["洗"]})) == []
    assert list(f({"a": ["b"], "b": ["a"], "c": ["b"], "d": ["e"]})) == ["a", "b", "c"]
    assert list(f({"x": ["x"], "y": []})) == ["x"]
    assert list(f({"z": ["y"], "y": ["x"], "x": ["y", "q"], "p": ["z", "r"], "q": []})) == ["p", "x", "y", "z"]
    assert list(f({"a": ["b", "b"], "b": []})) == []
