import itertools


def check(namespace: dict) -> None:
    assert not hasattr(itertools, "chunk_by")
    f = namespace["group_runs"]
    assert list(f([])) == []
    r = f([(1, "开"), (3, "开"), (4, "停"), (9, "开"), (9, "开"), (12, "开")])
    assert [tuple(x) for x in r] == [("开", 1, 3, 2), ("停", 4, 4, 1), ("开", 9, 12, 3)]
    assert [tuple(x) for x in f([(5, "a")])] == [("a", 5, 5, 1)]
