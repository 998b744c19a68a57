def check(namespace: dict) -> None:
    L = namespace["Limiter"]
    lm = L(2, 10)
    assert [lm.allow("甲", t) for t in (0, 1, 2)] == [True, True, False]
    assert lm.allow("乙", 2) is True
    assert lm.left("甲", 2) == 0 and lm.left("甲", 10) == 1
    assert lm.left("甲", 10) == 1  # 只看不占
    assert lm.left("丙", 10) == 2
    assert len(lm.hits) == 2
    assert lm.allow("甲", 10) is True
    assert lm.allow("甲", 10) is False
    assert lm.left("甲", 11) == 1
    assert lm.left("乙", 11) == 1 and lm.left("乙", 12) == 2
