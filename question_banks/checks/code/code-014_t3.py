def check(namespace: dict) -> None:
    L = namespace["Locker"]
    k = L(1, 2)
    assert k.put("a", "s") == 1
    assert k.put("b", "s") == 2
    assert k.put("c", "s") is None  # 只剩一个大格，要留
    assert k.put("D", "l") == 3
    assert k.put("E", "l") is None
    assert k.take(2) == "b" and k.put("c", "s") is None
    assert k.put("E", "l") == 2
    assert k.take(1) == "a" and k.put("c", "s") == 1
    assert L(0, 1).put("x", "s") is None
    assert L(0, 2).put("x", "s") == 1
