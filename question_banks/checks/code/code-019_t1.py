import itertools
import random


def check(namespace: dict) -> None:
    f = namespace["uniq_window"]
    assert list(f([], 3)) == []
    assert list(f("aabcab", 0)) == list("aabcab")
    assert list(f("aabb", 1)) == list("ab")
    assert list(f("abab", 1)) == list("abab")
    assert list(f("ababab", 2)) == list("ab")  # 被压掉的也算输入
    assert list(f("abcabca", 2)) == list("abcabca")
    assert list(f("abxab", 3)) == list("abx")
    assert list(f("abbba", 2)) == list("aba")  # 被压掉的输入会把 a 顶出窗口
    rnd = random.Random(12)
    for _ in range(300):
        s = [rnd.choice("abcd") for _ in range(rnd.randrange(0, 20))]
        k = rnd.randrange(0, 5)
        assert list(f(iter(s), k)) == [x for i, x in enumerate(s) if x not in s[max(0, i - k) : i]], (s, k)
    g = f(itertools.cycle("ab"), 1)
    assert list(itertools.islice(g, 5)) == list("ababa")
    pulled = []

    def src():
        for i in range(10):
            pulled.append(i)
            yield i

    g = f(src(), 3)
    assert pulled == [] and next(g) == 0 and pulled == [0]
    assert next(g) == 1 and pulled == [0, 1]
