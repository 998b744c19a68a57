def check(namespace: dict) -> None:
    L = namespace["Limiter"]
    lm = L(1, 10, vip={"老张"})
    assert lm.left("老张", 0) == 2 and lm.left("小李", 0) == 1
    assert len(lm.hits) == 0
    assert [lm.allow("老张", 5) for _ in range(3)] == [True, True, False]
    assert lm.allow("小李", 6) is True
    assert lm.allow("小李", 8) is False  # 被拒也算“上一次”
    for u, t in (("老张", -100), ("小李", 5), ("小王", 7), ("小王", 7)):
        before = (lm.left("小王", 8), lm.left("小李", 8), lm.left("老张", 8), len(lm.hits))
        try:
            lm.allow(u, t)
            raise AssertionError("应抛 ValueError")
        except ValueError:
            pass
        assert (lm.left("小王", 8), lm.left("小李", 8), lm.left("老张", 8), len(lm.hits)) == before
    assert lm.allow("小王", 8) is True  # 相等不算倒退，且没被错误的调用更新
    assert lm.left("老张", 5) == 0  # left 不受限制
    assert lm.left("老张", 15) == 2
    lm2 = L(1, 10)
    assert lm2.allow("老张", 1) is True and lm2.allow("老张", 1) is False
    assert L(0, 3, {"a"}).allow("a", 1) is False
