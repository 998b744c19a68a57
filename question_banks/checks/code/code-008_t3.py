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


def _capped(total, w, caps):
    fixed = {}
    while True:
        rest = total - sum(fixed.values())
        idx = [i for i in range(len(w)) if i not in fixed]
        if not idx:
            if rest:
                raise ValueError
            break
        part = dict(zip(idx, _ref(rest, [w[i] for i in idx])))
        over = [i for i in idx if caps[i] is not None and part[i] > caps[i]]
        if not over:
            fixed.update(part)
            break
        for i in over:
            fixed[i] = caps[i]
    return [fixed[i] for i in range(len(w))]


def check(namespace: dict) -> None:
    f = namespace["split_fee_capped"]
    assert list(f(100, [1, 1, 2], [10, None, None])) == [10, 30, 60]
    assert list(f(100, [1, 1, 2], [None, None, None])) == [25, 25, 50]
    assert list(f(100, [5, 3, 2], [40, 20, 40])) == [40, 20, 40]
    assert list(f(100, [6, 3, 1], [50, 35, None])) == [50, 35, 15]  # 第一轮只有 0 号超，第二轮 1 号才超
    assert list(f(0, [1, 2], [0, 0])) == [0, 0]
    try:
        f(100, [5, 3, 2], [40, 20, 39])
        raise AssertionError("应抛 ValueError")
    except ValueError:
        pass
    rnd = random.Random(5)
    for _ in range(800):
        n = rnd.randrange(1, 6)
        w = [rnd.randrange(1, 9) for _ in range(n)]
        caps = [rnd.choice([None, rnd.randrange(0, 60)]) for _ in range(n)]
        t = rnd.randrange(0, 150)
        try:
            exp = _capped(t, w, caps)
        except ValueError:
            exp = None
        try:
            got = list(f(t, list(w), list(caps)))
        except ValueError:
            got = None
        assert got == exp, (t, w, caps, got, exp)
