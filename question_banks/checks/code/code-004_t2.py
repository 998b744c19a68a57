import sqlite3


def check(namespace: dict) -> None:
    c = sqlite3.connect(":memory:")
    c.execute("CREATE TABLE doctor(id INTEGER, name TEXT, dept TEXT)")
    c.execute("CREATE TABLE visit(id INTEGER, doctor_id INTEGER, day TEXT, fee INTEGER, status TEXT)")
    c.executemany(
        "INSERT INTO doctor VALUES(?,?,?)",
        [(9, "吴", "B科"), (2, "周", "B科"), (3, "郑", "A科"), (4, "王", "A科"), (5, "王", "C科"), (6, "冯", "D科")],
    )
    v = [
        (9, "2030-03-01", 2000, "完成"),
        (9, "2030-03-31", 3000, "完成"),
        (2, "2030-04-01", 9000, "完成"),
        (2, "2030-03-10", 5000, "完成"),
        (2, "2030-03-11", 700, "退号"),
        (3, "2030-02-28", 8000, "完成"),
        (3, "2030-03-02", 5, "完成"),  # 与 D 科的最高额相同，不能串科
        (4, "2030-03-05", 1500, "完成"),
        (5, "2030-03-06", 600, "退号"),
        (6, "2030-03-07", 5, "完成"),
        (None, "2030-03-08", 99999, "完成"),
    ]
    c.executemany("INSERT INTO visit VALUES(?,?,?,?,?)", [(i, *r) for i, r in enumerate(v)])
    cur = c.execute(namespace["SQL2"])
    assert [d[0] for d in cur.description] == ["dept", "name", "total"]
    assert cur.fetchall() == [("A科", "王", 1500), ("B科", "周", 5000), ("B科", "吴", 5000), ("D科", "冯", 5)]
