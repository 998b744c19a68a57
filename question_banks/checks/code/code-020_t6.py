def check(namespace: dict) -> None:
    f = namespace["run"]
    assert list(f(["盘", "查 a"])) == ["空仓", "a 没有"]
    assert list(f(["进 薯片 2", "进 可乐 7", "盘"])) == ["、".join(sorted(["可乐 7", "薯片 2"]))]
    assert list(f(["进 b 2", "进 a 1", "进 c 3", "卖 b 2", "盘", "查 b", "撤", "盘"])) == [
        "a 1、c 3",
        "b 没有",
        "a 1、b 2、c 3",
    ]
    assert list(f(["进 x 2", "名 x y", "盘", "卖 x 3", "盘", "查 x", "撤", "查 x", "撤", "撤"])) == [
        "y 2",
        "缺 y 1",
        "空仓",
        "y 没有",
        "y 2",
        "没得撤",
    ]
