import re


def check(namespace: dict) -> None:
    f = namespace["summarize"]
    ok = ["2号炉 851.5C", "", "2号炉 1562F", "  ", "2号炉 852.04"]
    assert f(ok) == {"2号炉": (3, 850.0, 852.0)}
    assert f([]) == {}

    def line_no(lines, **kw):
        try:
            f(lines, **kw)
        except ValueError as e:
            return [int(x) for x in re.findall(r"\d+", str(e))]
        raise AssertionError("没有抛 ValueError")

    assert 4 in line_no(["a 1", "", "a 2", "b --", "c", "d nan"])
    assert 1 in line_no(["b nanF"], strict=True)
    assert 3 in line_no(["a 100F", " ", "x y z"])
    assert 2 in line_no(["a 100F", "甲 C"])
    assert 2 in line_no(["a 100F", "甲 12CF"])
    assert f(["a 1", "", "a 2", "b --", "c", "d nan", "a 100F"], strict=False) == {"a": (3, 1.0, 37.8)}
