import itertools
import random


def _ref(items, k):
    out = []
    for x in items:
        if x not in out[max(0, len(out) - k) :] or k == 0:
            out.append(x)
    return out


def check(namespace: dict) -> None:
    f = namespace["uniq_window"]
    assert list(f("aabcab", 0)) == list("aabcab")
    assert list(f("abbbba", 2)) == list("ab")  # 被压掉的不占名额
    assert list(f("abbca", 2)) == list("abca")
    rnd = random.Random(10)
    for _ in range(400):
        s = [rnd.choice("abcd") for _ in range(rnd.randrange(0, 20))]
        k = rnd.randrange(0, 5)
        assert list(f(iter(s), k)) == _ref(s, k), (s, k)
    g = f(itertools.count(), 4)
    assert list(itertools.islice(g, 3)) == [0, 1, 2]
    pulled = []

    def feed():
        for i in range(10):
            pulled.append(i)
            yield i

    g = f(feed(), 3)
    assert next(g) == 0 and next(g) == 1 and pulled == [0, 1]  # 来一条处理一条，不预取
