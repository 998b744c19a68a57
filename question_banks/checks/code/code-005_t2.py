def check(namespace: dict) -> None:
    f = namespace["summarize"]
    r = f(
        ["2号炉 851.5", "2号炉 --", "2号炉", "2号炉 850 备用", "", "3号炉 nan", "3号炉 inf", "2号炉 NaN", "1号炉  820"]
    )
    assert r == {"2号炉": (1, 851.5, 851.5), "1号炉": (1, 820.0, 820.0)}, r
    assert f(["nan", "--", "a b c"]) == {}
    assert f(["a 1", "a -inf", "a 2"]) == {"a": (2, 1.0, 2.0)}
