def check(namespace: dict) -> None:
    f = namespace["smooth_runs"]

    def run(s):
        return [tuple(x) for x in f([(i, c) for i, c in enumerate(s)])]

    assert run("") == []
    assert run("A") == [("A", 0, 0, 1)]
    assert run("AABAA") == [("A", 0, 4, 5)]
    assert run("ABABA") == [("A", 0, 4, 5)]
    assert run("AABAC") == [("A", 0, 3, 4), ("C", 4, 4, 1)]
    assert run("ABC") == [("A", 0, 0, 1), ("B", 1, 1, 1), ("C", 2, 2, 1)]
    assert run("BAA") == [("B", 0, 0, 1), ("A", 1, 2, 2)]
    assert run("AAB") == [("A", 0, 1, 2), ("B", 2, 2, 1)]
    assert run("AABBAA") == [("A", 0, 1, 2), ("B", 2, 3, 2), ("A", 4, 5, 2)]
    assert run("ABAB") == [("A", 0, 2, 3), ("B", 3, 3, 1)]
    assert run("AACABB") == [("A", 0, 3, 4), ("B", 4, 5, 2)]
    assert run("BBABBAAB") == [("B", 0, 4, 5), ("A", 5, 6, 2), ("B", 7, 7, 1)]
