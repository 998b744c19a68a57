from datetime import date, timedelta


def check(namespace: dict) -> None:
    f = namespace["reviews"]
    hit = 0
    for k in range(400):
        d = date(2031, 1, 1) + timedelta(k)
        exp = set()
        for n in (1, 2, 4, 7, 15):
            x = d + timedelta(n)
            if x.isoweekday() == 7:
                x += timedelta(1)
            exp.add(x.isoformat())
        hit += len(exp) < 5
        assert list(f(d.isoformat())) == sorted(exp), d
    assert hit > 0
