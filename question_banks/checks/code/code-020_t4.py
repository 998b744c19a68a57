def check(namespace: dict) -> None:
    f = namespace["run"]
    assert list(
        f(
            [
                "进 可乐 5",
                "进 快乐水 2",
                "名 快乐水 可乐",
                "查 快乐水",
                "查 可乐",
                "卖 快乐水 6",
                "查 可乐",
                "卖 快乐水 9",
            ]
        )
    ) == ["可乐 7", "可乐 7", "可乐 1", "缺货 可乐"]
    assert list(f(["进 快乐水 2", "名 快乐水 可乐", "撤", "查 可乐", "撤"])) == ["可乐 0", "没得撤"]
    assert list(f(["名 a b", "名 b c", "进 a 3", "查 a", "查 b", "查 c"])) == ["c 3", "c 3", "c 3"]
    assert list(f(["名 b c", "名 a b", "进 a 3", "查 b"])) == ["c 3"]
    assert list(f(["进 a 1", "名 a b", "名 b a", "名 a b", "名 a a", "查 a", "查 b"])) == ["b 1", "b 1"]
    assert list(f(["进 c 1", "名 a b", "名 b c", "进 a 4", "卖 b 2", "撤", "查 c", "撤", "查 a"])) == ["c 5", "c 1"]
