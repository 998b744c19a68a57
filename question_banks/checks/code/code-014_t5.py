def check(namespace: dict) -> None:
    L = namespace["Locker"]
    k = L(2, 4)
    assert k.compact() == []
    assert [k.put(x, "s") for x in ("a", "b", "c", "d")] == [1, 2, 3, 4]
    assert k.put("E", "l") == 5
    assert k.put("f", "s") is None
    assert k.compact() == []
    assert k.take(2) == "b" and k.take(1) == "a" and k.take(3) == "c"
    assert k.put("G", "l") == 3
    assert k.put("h", "s") == 1
    assert [tuple(m) for m in k.compact()] == [("d", 4, 2)]
    assert k.find("d") == 2 and k.find("G") == 3 and k.find("E") == 5
    assert k.take(4) is None and k.take(2) == "d"
    k = L(2, 4)
    for x in "abcde":
        k.put(x, "s")
    assert k.find("e") == 5 and k.put("g", "s") is None
    k.take(1), k.take(2)
    assert [tuple(m) for m in k.compact()] == [("c", 3, 1), ("d", 4, 2)]
    assert k.find("e") == 5
    try:
        k.put("e", "s")
        raise AssertionError("应抛 ValueError")
    except ValueError:
        pass
    k = L(3, 2)
    for x in "abc":
        k.put(x, "s")
    assert k.put("d", "s") == 4 and k.put("e", "s") is None
    k.take(3), k.take(1)
    assert [tuple(m) for m in k.compact()] == [("d", 4, 1)] and k.take(1) == "d"
