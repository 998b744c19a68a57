import random


def check(namespace: dict) -> None:
    L = namespace["Limiter"]
    lm = L(2, 10)
    got = [lm.allow(t) for t in (0, 1, 2, 10, 11, 12, 21, 22)]
    assert got == [True, True, False, True, True, False, True, True], got
    if "__references__" in namespace:
        assert str(got) in namespace["__references__"][1]
    z = L(0, 5)
    assert [z.allow(t) for t in (1, 2)] == [False, False]
    rnd = random.Random(2)
    for _ in range(100):
        n, w = rnd.randrange(1, 4), rnd.randrange(1, 8)
        lm, ok, t = L(n, w), [], 0
        for _ in range(40):
            t += rnd.randrange(0, 4)
            exp = sum(1 for h in ok if h > t - w) < n
            assert lm.allow(t) == exp
            if exp:
                ok.append(t)
