def check(namespace: dict) -> None:
    L = namespace["Locker"]
    k = L(1, 1)
    assert k.find("a") is None
    assert k.put("a", "s") == 1 and k.find("a") == 1
    assert k.put("b", "l") == 2 and k.find("b") == 2
    for no, size in (("a", "s"), ("a", "l"), ("b", "l"), ("b", "s")):  # 满了也要报
        try:
            k.put(no, size)
            raise AssertionError("应抛 ValueError")
        except ValueError:
            pass
    assert k.put("c", "s") is None and k.find("c") is None
    assert k.take(1) == "a" and k.find("a") is None
    assert k.put("a", "s") == 1
    k2 = L(0, 2)
    assert k2.put("x", "s") == 1 and k2.put("y", "s") is None and k2.put("y", "l") == 2
