import re


def check(namespace: dict) -> None:
    src = re.search(r"```python\n(.*?)```", namespace["__prompts__"][0], re.S).group(1)
    assert "seen = []" in src

    class L(list):
        n = 0

        def __contains__(self, x):
            for i, y in enumerate(self):
                L.n += 1
                if y == x:
                    return True
            return False

    ns = {"L": L}
    exec(src.replace("seen = []", "seen = L()"), ns)
    cost, size = [], []
    for n in (16, 32, 64):
        L.n = 0
        size.append(ns["good_pairs"](list(range(n)), 1))
        cost.append(L.n)
    assert 15 < cost[2] / cost[1] < 17, cost  # 规模翻倍，比较次数约 16 倍：四次方
    assert 3.8 < size[2] / size[1] < 4.2  # 存的数对约 4 倍：二次方
    assert "O(n⁴)" in namespace["__references__"][0] and "O(n²)" in namespace["__references__"][0]
