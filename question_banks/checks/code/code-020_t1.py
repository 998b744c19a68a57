def check(namespace: dict) -> None:
    f = namespace["run"]
    assert list(f([])) == []
    assert list(f(["查 可乐"])) == ["可乐 0"]
    assert list(f(["进 可乐 10", "卖 可乐 3", "查 可乐", "进 薯片 2", "进 可乐 1", "查 可乐", "查 薯片", "查 水"])) == [
        "可乐 7",
        "可乐 8",
        "薯片 2",
        "水 0",
    ]
