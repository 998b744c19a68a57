import random


def check(namespace: dict) -> None:
    f = namespace["last_before"]
    assert f([], 3) is None
    assert f([3, 5, 5, 9], 2) is None and f([3, 5, 5, 9], 3) is None
    assert f([3, 5, 5, 9], 4) == 0 and f([3, 5, 5, 9], 5) == 0 and f([3, 5, 5, 9], 10) == 3 and f([3, 5, 5, 9], 9) == 2
    rnd = random.Random(8)
    for _ in range(300):
        a = sorted(rnd.randrange(10) for _ in range(rnd.randrange(0, 9)))
        t = rnd.randrange(-1, 11)
        idx = [i for i, x in enumerate(a) if x < t]
        want = idx[-1] if idx else None
        assert f(a, t) == want
        assert f([{"t": x} for x in a], t, key=lambda d: d["t"]) == want
    n = [0]

    def key(x):
        n[0] += 1
        return x

    big = [i * 2 for i in range(10**6)]
    assert f(big, 777777, key=key) == 388888
    assert n[0] < 60, n
