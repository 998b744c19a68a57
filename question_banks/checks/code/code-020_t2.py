def check(namespace: dict) -> None:
    f = namespace["run"]
    assert list(f(["进 可乐 3", "卖 可乐 4", "查 可乐", "卖 可乐 3", "查 可乐", "卖 可乐 1", "卖 水 1", "查 水"])) == [
        "缺货 可乐",
        "可乐 3",
        "可乐 0",
        "缺货 可乐",
        "缺货 水",
        "水 0",
    ]
