import re


def check(namespace: dict) -> None:
    f = namespace["find_slots"]
    assert list(f("先去B-07-3拿两箱，再到H-24-5补货")) == ["B-07-3", "H-24-5"]
    for s in [
        "AB-07-3",
        "B-07-35",
        "SKU-B-07-3",
        "B-07-3-1",
        "1B-07-3",
        "B-07-3x",
        "bB-07-3",
        "A-01-1B-02-2",
        "I-07-3",
        "去B-25-1",
        "",
    ]:
        assert list(f(s)) == [], s
    assert list(f("B-07-3、B-07-3，N-01-1")) == ["B-07-3", "B-07-3", "N-01-1"]
    assert list(f("A-01-1 B-02-2")) == ["A-01-1", "B-02-2"]
    assert list(f("（K-11-4）缺货，SKU-B-07-3不管")) == ["K-11-4"]
    # 证明 \b 方案两头都错
    pat = r"\b[A-HJ-N]-(?:0[1-9]|1[0-9]|2[0-4])-[1-5]\b"
    assert re.findall(pat, "先去B-07-3拿两箱") == []
    assert re.findall(pat, "SKU-B-07-3") == ["B-07-3"]
