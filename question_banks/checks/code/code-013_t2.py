def check(namespace: dict) -> None:
    f = namespace["load_orders"]
    am = [
        '"1,299.00"',
        "¥58",
        "￥0.29",
        '" 19.9 "',
        "—",
        "",
        '"¥1,234,567.89"',
        "0",
        "4.35",
        "1.1",
        " — ",
        '"  "',
        "90071992547409.93",
    ]
    exp = [129900, 5800, 29, 1990, None, None, 123456789, 0, 435, 110, None, None, 9007199254740993]
    txt = "订单号,商品,金额,备注\n" + "".join(f'{i:03d},x,{a},"a,b"\n' for i, a in enumerate(am))
    r = f(txt)
    assert [x["金额分"] for x in r] == exp, [x["金额分"] for x in r]
    assert all(v is None or type(v) is int for v in (x["金额分"] for x in r))
    assert r[0]["金额"] == "1,299.00" and r[1]["金额"] == "¥58" and r[3]["金额"] == " 19.9 "
    assert r[0]["备注"] == "a,b" and r[0]["订单号"] == "000"
