def check(namespace: dict) -> None:
    L = namespace["Locker"]
    k = L(2, 2)
    assert k.put("L1", "l") == 3
    assert k.put("s1", "s") == 1 and k.put("s2", "s") == 2
    assert k.put("s3", "s") == 4
    assert k.put("s4", "s") is None and k.put("L2", "l") is None
    assert k.take(1) == "s1"
    assert k.put("L2", "l") is None
    assert k.put("s4", "s") == 1
    assert k.take(3) == "L1" and k.put("L3", "l") == 3
    assert k.take(5) is None and k.take(0) is None
    assert L(0, 1).put("s", "s") == 1
