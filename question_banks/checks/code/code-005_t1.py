def check(namespace: dict) -> None:
    f = namespace["summarize"]
    assert f([]) == {}
    r = f(["2号炉 851.5", "", "1号炉    820", "   ", "2号炉 849", "2号炉   853.25"])
    assert r == {"2号炉": (3, 849.0, 853.25), "1号炉": (1, 820.0, 820.0)}, r
    assert isinstance(r["1号炉"][1], float)
    assert f(["冷库 -18.5", "冷库 -20"]) == {"冷库": (2, -20.0, -18.5)}
