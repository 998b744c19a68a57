import copy


def check(namespace: dict) -> None:
    f = namespace["drop_sold_out"]
    data = [
        {"n": "土豆", "left": 0},
        {"n": "番茄", "left": "0"},
        {"n": "鸡蛋", "left": " 3 "},
        {"n": "虾", "left": None},
        {"n": "鱼"},
        {"n": "葱", "left": 2},
        {"n": "蒜", "left": " 0 "},
        {"n": "姜", "left": "12"},
    ]
    keep = copy.deepcopy(data)
    r = f(data)
    assert [d["n"] for d in r] == ["鸡蛋", "葱", "姜"]
    assert data == keep
    assert r is not data
    assert r[0]["left"] == " 3 "
    assert f([]) == []
