import random


def _ref(tasks):
    deps = {k: set(v) for k, v in tasks.items()}
    for v in tasks.values():
        for x in v:
            deps.setdefault(x, set())
    out = []
    while len(out) < len(deps):
        out.append(min(k for k in deps if k not in out and deps[k] <= set(out)))
    return out


def check(namespace: dict) -> None:
    f = namespace["plan"]
    assert list(f({})) == []
    assert list(f({"炒": ["切", "洗"], "切": ["洗"]})) == ["洗", "切", "炒"]
    assert list(f({"b": ["c", "c"], "a": []})) == ["a", "c", "b"]
    assert list(f({"a": ["z"], "m": []})) == ["m", "z", "a"]
    rnd = random.Random(6)
    for _ in range(300):
        names = rnd.sample("abcdefghij", 7)
        t = {n: [names[j] for j in range(i) if rnd.random() < 0.3] for i, n in enumerate(names) if rnd.random() < 0.8}
        assert list(f(t)) == _ref(t), t
