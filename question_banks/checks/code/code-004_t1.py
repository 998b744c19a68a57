import sqlite3


def _db(extra=()):
    c = sqlite3.connect(":memory:")
    c.execute("CREATE TABLE doctor(id INTEGER, name TEXT, dept TEXT)")
    c.execute("CREATE TABLE visit(id INTEGER, doctor_id INTEGER, day TEXT, fee INTEGER, status TEXT)")
    c.executemany(
        "INSERT INTO doctor VALUES(?,?,?)",
        [
            (1, "周", "内科"),
            (2, "吴", "内科"),
            (3, "郑", "儿科"),
            (4, "王", "儿科"),
            (5, "王", "骨科"),
            (6, "冯", "皮肤科"),
        ],
    )
    v = [
        (1, "2030-03-01", 2000, "完成"),
        (1, "2030-03-31", 3000, "完成"),
        (1, "2030-04-01", 9000, "完成"),
        (2, "2030-03-10", 5000, "完成"),
        (2, "2030-03-11", 700, "退号"),
        (3, "2030-02-28", 800, "完成"),
        (4, "2030-03-05", 1500, "完成"),
        (5, "2030-03-06", 600, "退号"),
        (3, "2031-03-06", 600, "完成"),
    ] + list(extra)
    c.executemany("INSERT INTO visit VALUES(?,?,?,?,?)", [(i, *r) for i, r in enumerate(v)])
    return c


def check(namespace: dict) -> None:
    cur = _db().execute(namespace["SQL1"])
    assert [d[0] for d in cur.description] == ["name", "cnt", "total"]
    assert cur.fetchall() == [
        ("周", 2, 5000),
        ("吴", 1, 5000),
        ("王", 1, 1500),
        ("郑", 0, 0),
        ("王", 0, 0),
        ("冯", 0, 0),
    ]
