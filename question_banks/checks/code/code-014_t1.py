def check(namespace: dict) -> None:
    L = namespace["Locker"]
    k = L(3)
    assert [k.put(x) for x in "abc"] == [1, 2, 3]
    assert k.put("d") is None
    assert k.take(2) == "b" and k.take(2) is None
    assert k.take(0) is None and k.take(4) is None and k.take(-1) is None
    assert k.take(1) == "a"
    assert k.put("e") == 1 and k.put("f") == 2 and k.put("g") is None
    assert L(0).put("x") is None
