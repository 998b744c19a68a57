import random
from datetime import datetime, timedelta


def _brute(a, b):
    if (b - a) <= timedelta(minutes=30):
        return 0
    cnt = {}
    x = a
    while x < b:
        k = (x.date(), 6 <= x.hour < 22)
        cnt[k] = cnt.get(k, 0) + 1
        x += timedelta(minutes=1)
    tot = 0
    for d in {k[0] for k in cnt}:
        day, night = cnt.get((d, True), 0), cnt.get((d, False), 0)
        tot += min(90, (day + 59) // 60 * 5 + (night + 59) // 60 * 2)
    return tot


def check(namespace: dict) -> None:
    f = namespace["fee"]
    F = "%Y-%m-%d %H:%M"
    for a, b, want in [
        ("2030-05-01 05:30", "2030-05-01 22:30", 82),  # 两截夜间各半小时，合起来才 1 小时
        ("2030-05-01 00:00", "2030-05-02 00:00", 90),
        ("2030-05-01 05:30", "2030-05-01 06:30", 7),
        ("2030-05-01 21:00", "2030-05-02 07:00", 5 + 4 + 12 + 5),
        ("2030-05-01 23:45", "2030-05-02 00:15", 0),
        ("2030-05-01 22:00", "2030-05-02 00:00", 4),
        ("2030-05-01 00:00", "2030-05-01 06:00", 12),
    ]:
        assert f(a, b) == want, (a, b, f(a, b), want)
    rnd = random.Random(9)
    for _ in range(200):
        a = datetime(2030, 5, 1) + timedelta(minutes=rnd.randrange(2880))
        b = a + timedelta(minutes=rnd.choice([rnd.randrange(0, 90), rnd.randrange(0, 4000)]))
        assert f(a.strftime(F), b.strftime(F)) == _brute(a, b), (a, b)
