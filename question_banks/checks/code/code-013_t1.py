TXT = '订单号,商品,金额,备注\n007,"袜子,三双",9.9,"要""黑""的\n别发白的"\n\n008,杯子,"1,299.00",\n'


def check(namespace: dict) -> None:
    r = namespace["load_orders"](TXT)
    assert [dict(x) for x in r] == [
        {"订单号": "007", "商品": "袜子,三双", "金额": "9.9", "备注": '要"黑"的\n别发白的'},
        {"订单号": "008", "商品": "杯子", "金额": "1,299.00", "备注": ""},
    ]
    assert list(namespace["load_orders"]("订单号,商品,金额,备注\n")) == []
    r = namespace["load_orders"](TXT.replace("\n", "\r\n"))
    assert len(r) == 2 and r[1]["订单号"] == "008" and r[1]["备注"] == ""
