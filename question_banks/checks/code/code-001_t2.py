import random


def check(namespace: dict) -> None:
    f = namespace["covered_minutes"]
    assert f([]) == 0
    assert f([("22:00", "02:00")]) == 240
    assert f([("22:00", "02:00"), ("01:00", "03:00")]) == 300
    assert f([("22:00", "02:00"), ("23:00", "23:30")]) == 240
    assert f([("05:00", "05:00")]) == 1440
    assert f([("00:00", "23:59")]) == 1439
    assert f([("13:00", "12:00"), ("11:00", "14:00")]) == 1440
    assert f([("09:00", "10:00"), ("09:30", "11:00"), ("11:00", "11:30")]) == 150
    rnd = random.Random(1)
    hm = lambda x: f"{x // 60:02d}:{x % 60:02d}"
    for _ in range(200):
        shifts, on = [], set()
        for _ in range(rnd.randrange(0, 5)):
            a, b = rnd.randrange(1440), rnd.randrange(1440)
            shifts.append((hm(a), hm(b)))
            x = a
            while True:
                on.add(x)
                x = (x + 1) % 1440
                if x == b:
                    break
        assert f(shifts) == len(on), shifts
