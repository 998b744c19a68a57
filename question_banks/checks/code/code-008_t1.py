import random
from fractions import Fraction


def _ref(total, w):
    s = sum(w)
    ex = [Fraction(total * x, s) for x in w]
    out = [x.numerator // x.denominator for x in ex]
    order = sorted(range(len(w)), key=lambda i: (-(ex[i] - out[i]), i))
    for i in order[: total - sum(out)]:
        out[i] += 1
    return out


def check(namespace: dict) -> None:
    f = namespace["split_fee"]
    assert list(f(100, [1, 1, 1])) == [34, 33, 33]
    assert list(f(0, [2, 3])) == [0, 0]
    assert list(f(1, [0, 1, 1])) == [0, 1, 0]
    assert list(f(10, [5])) == [10]
    rnd = random.Random(3)
    for _ in range(500):
        w = [rnd.randrange(0, 8) for _ in range(rnd.randrange(1, 7))]
        if not any(w):
            continue
        t = rnd.randrange(0, 500)
        keep = list(w)
        assert list(f(t, w)) == _ref(t, keep), (t, keep)
        assert w == keep
    for _ in range(200):
        w = [rnd.randrange(1, 10**18) for _ in range(5)]
        t = rnd.randrange(10**18, 10**20)
        assert list(f(t, w)) == _ref(t, w)
