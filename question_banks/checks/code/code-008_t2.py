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
    assert list(f(-100, [1, 1, 1])) == [-34, -33, -33]
    rnd = random.Random(4)
    for _ in range(500):
        w = [rnd.randrange(0, 8) for _ in range(rnd.randrange(1, 7))]
        if not any(w):
            continue
        t = rnd.randrange(0, 500)
        r = _ref(t, w)
        assert list(f(t, list(w))) == r
        assert list(f(-t, list(w))) == [-x for x in r]
    w = [10**18 + 1, 10**18 + 3, 7]
    assert list(f(-(10**19 + 1), w)) == [-x for x in _ref(10**19 + 1, w)]
