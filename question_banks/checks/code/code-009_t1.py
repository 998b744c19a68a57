import re


def check(namespace: dict) -> None:
    p = namespace["PATTERN"]
    ok = lambda s: re.fullmatch(p, s) is not None
    for L in "ABCDEFGHJKLMN":
        for r in range(1, 25):
            for c in range(1, 6):
                assert ok(f"{L}-{r:02d}-{c}")
    for s in [
        "I-07-3",
        "O-07-3",
        "b-07-3",
        "B-00-3",
        "B-25-3",
        "B-7-3",
        "B-07-0",
        "B-07-6",
        "B-0７-3",
        "B-07-３",
        "Ｂ-07-3",
        "B07-3",
        "B-07-33",
        "B-007-3",
        "B-07-3\n",
        " B-07-3",
        "B-１2-3",
        "B-1２-3",
        "B-2４-3",
        "",
        "B—07—3",
    ]:
        assert not ok(s), s
