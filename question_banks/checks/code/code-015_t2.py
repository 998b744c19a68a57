import math


def check(namespace: dict) -> None:
    f = namespace["c_divmod"]
    for a in range(-25, 26):
        for b in list(range(-7, 0)) + list(range(1, 8)):
            q, r = f(a, b)
            assert q == math.trunc(a / b) and r == int(math.fmod(a, b)) and q * b + r == a, (a, b)
    for a in (2**62 + 1, -(2**62 + 1), 2**60 + 3, -(2**63)):
        for b in (1, -1, 3, -3, 2**31 - 1):
            q, r = f(a, b)
            assert q * b + r == a and abs(r) < abs(b) and (r == 0 or (r > 0) == (a > 0))
            assert abs(q) == abs(a) // abs(b)
    try:
        f(1, 0)
        raise AssertionError("应抛 ZeroDivisionError")
    except ZeroDivisionError:
        pass
