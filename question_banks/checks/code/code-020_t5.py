def check(namespace: dict) -> None:
    f = namespace["run"]
    assert list(f(["进 可乐 3", "卖 可乐 5", "查 可乐", "撤", "查 可乐", "撤", "查 可乐", "撤"])) == [
        "缺 可乐 2",
        "可乐 0",
        "可乐 3",
        "可乐 0",
        "没得撤",
    ]
    assert list(f(["进 a 2", "卖 b 4", "撤", "查 a", "查 b"])) == ["缺 b 4", "a 0", "b 0"]
    assert list(f(["进 a 2", "卖 a 2", "卖 a 1", "撤", "查 a"])) == ["缺 a 1", "a 2"]
    assert list(f(["进 x 2", "名 x y", "卖 x 3", "撤", "查 x"])) == ["缺 y 1", "y 2"]
