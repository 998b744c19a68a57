import itertools
import random
import time


def _ref(items, k, key):
    out = []
    for x in items:
        if k == 0 or key(x) not in [key(y) for y in out[max(0, len(out) - k) :]]:
            out.append(x)
    return out


def check(namespace: dict) -> None:
    f = namespace["uniq_window"]
    rnd = random.Random(11)
    for _ in range(400):
        s = [rnd.choice("abcdABCD") for _ in range(rnd.randrange(0, 24))]
        k = rnd.randrange(0, 5)
        assert list(f(iter(s), k)) == _ref(s, k, lambda x: x), (s, k)
        assert list(f(iter(s), k, key=str.lower)) == _ref(s, k, str.lower), (s, k)
    n = [0]

    def key(x):
        n[0] += 1
        return x["id"]

    src = [{"id": i % 3, "no": i} for i in range(30)]  # 字典不可哈希，只能哈希 key
    assert [d["no"] for d in f(src, 2, key=key)] == [d["no"] for d in _ref(src, 2, lambda d: d["id"])]
    assert n[0] == 30
    t = time.perf_counter()
    assert sum(1 for _ in f(range(300000), 100000)) == 300000
    assert time.perf_counter() - t < 4
    g = f(itertools.count(), 4)
    assert list(itertools.islice(g, 3)) == [0, 1, 2]
    pulled = []

    def feed():
        for i in range(10):
            pulled.append(i)
            yield i

    g = f(feed(), 3)
    assert next(g) == 0 and next(g) == 1 and pulled == [0, 1]  # 来一条处理一条，不预取
