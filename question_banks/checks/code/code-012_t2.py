from datetime import date, timedelta


def check(namespace: dict) -> None:
    f = namespace["reviews"]
    for k in range(400):
        d = date(2031, 1, 1) + timedelta(k)
        exp = []
        for n in (1, 2, 4, 7, 15):
            x = d + timedelta(n)
            if x.isoweekday() == 7:
                x += timedelta(1)
            exp.append(x.isoformat())
        got = list(f(d.isoformat()))
        assert sorted(set(got)) == sorted(set(exp)) and got == sorted(got), (d, got)
    assert list(f("2031-03-05")) == ["2031-03-06", "2031-03-07", "2031-03-10", "2031-03-12", "2031-03-20"]
