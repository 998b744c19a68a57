def check(namespace: dict) -> None:
    f = namespace["run"]
    assert list(f(["撤"])) == ["没得撤"]
    assert list(f(["进 a 5", "卖 a 2", "撤", "查 a", "撤", "查 a", "撤"])) == ["a 5", "a 0", "没得撤"]
    assert list(f(["进 a 5", "卖 a 9", "撤", "查 a"])) == ["缺货 a", "a 0"]
    assert list(f(["进 a 5", "进 b 1", "撤", "进 a 2", "撤", "撤", "查 a", "查 b", "撤"])) == ["a 0", "b 0", "没得撤"]
