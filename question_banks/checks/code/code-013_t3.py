BODY = (
    '订单号,商品,金额,备注\n007,袜子,0.1,\n008,杯子,—,\n007,帽子,0.2,"拆单\n第二件"\n009,赠品,0,\n'
    '010,壶,,\n010,盖,"￥1,000.05",\n008,垫,,\n'
)


def check(namespace: dict) -> None:
    for txt in (BODY, "\ufeff" + BODY):
        assert namespace["total_by_order"](txt) == {"007": 30, "008": None, "009": 0, "010": 100005}
        r = namespace["load_orders"](txt)
        assert r[0]["订单号"] == "007" and r[2]["备注"] == "拆单\n第二件" and len(r) == 7
    assert namespace["total_by_order"]("订单号,商品,金额,备注\n") == {}
