import re
import sqlite3


def check(namespace: dict) -> None:
    c = sqlite3.connect(":memory:")
    c.execute("CREATE TABLE doctor(id INTEGER, name TEXT, dept TEXT)")
    c.execute("CREATE TABLE visit(id INTEGER, doctor_id INTEGER, day TEXT, fee INTEGER, status TEXT)")
    c.executemany("INSERT INTO doctor VALUES(?,?,?)", [(7, "周", "x"), (3, "吴", "y"), (2, "郑", "x"), (4, "王", "y")])
    v = [
        (7, "2030-03-01", 1, "完成"),
        (2, "2030-03-31", 1, "退号"),
        (2, "2030-04-01", 1, "完成"),
        (None, "2030-03-10", 1, "完成"),
        (3, "2030-02-28", 1, "完成"),
        (4, "2030-03-31", 1, "完成"),
    ]
    c.executemany("INSERT INTO visit VALUES(?,?,?,?,?)", [(i, *r) for i, r in enumerate(v)])
    cur = c.execute(namespace["SQL3"])
    assert [d[0] for d in cur.description] == ["name"]
    assert cur.fetchall() == [("郑",), ("吴",)]
    c.execute("DELETE FROM visit WHERE doctor_id IS NULL")
    assert c.execute(namespace["SQL3"]).fetchall() == [("郑",), ("吴",)]
    # 证明题面那句确实因 NULL 而一行不出
    if "__prompts__" in namespace:
        bad = re.search(
            r"(SELECT name FROM doctor WHERE id NOT IN .*?ORDER BY id)，", namespace["__prompts__"][2]
        ).group(1)
        assert c.execute(bad).fetchall() == [("郑",), ("吴",)]
        c.execute("INSERT INTO visit VALUES(99, NULL, '2030-03-10', 1, '完成')")
        assert c.execute(bad).fetchall() == []
