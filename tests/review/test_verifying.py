"""Faults put into a store with SQL, as somebody would who can write the database: every one is found."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Table, delete, insert, select, update

from judge.errors import StoreError
from judge.records import DIALOGUE, Case, Deliberation, HumanVerdict, Score, Scores, Skipped
from judge.review.verifying import Verified, verify
from judge.store import Store, open_store, people, tables, trailing
from judge.trail import START, Entry, Event, Fault, Happening, broken, chained
from tests.review.scene import LOSS, TIE, WIN, drawn, filled, held, item, pair, question, said

ONES = [question(number) for number in range(5)]
CASES = [pair(one, "甲", "乙") for one in ONES]
DRAW = drawn("题库-1-abcd", [item(one, 0.5, 2) for one in CASES], ONES, "甲乙")
OTHER = drawn("题库-2-abcd", [item(one, 1.0) for one in CASES[:2]], ONES, "甲乙")


def told(case: Case, reviewer: str, result: Any = WIN, **rest: Any) -> HumanVerdict:
    return HumanVerdict(case, reviewer, result, 0.5, DRAW.name, **rest)


FIRST = told(CASES[0], "小陈", comment="小陈的话：左边好")
HUMANS = [
    FIRST,
    told(CASES[1], "小陈", Skipped("小陈的话：看不懂"), comment="小陈的话：看不懂"),
    told(CASES[0], "小李", LOSS, deliberation=Deliberation(2, 1, ("准确",), 12.5)),
    told(CASES[0], "小陈", TIE, both_bad=True, supersedes=FIRST.key),
    told(CASES[0], "主编", adjudicates=True),
    HumanVerdict(Case(ONES[2], DIALOGUE, (held(ONES[2], "甲"),)), "小李", Scores(Score(7, 1, 10))),
]
TAMPERED = (tables.trail, tables.human_verdict, tables.run, tables.meta)


@pytest.fixture
def judged(store: Store) -> Store:
    """Two draws, a link, six verdicts, a look, a bad question."""
    filled(store, [said(one, WIN) for one in CASES], (), DRAW, OTHER)
    store.enter(store.invite("小陈", "reviewer"))
    store.add(human_verdicts=HUMANS)
    store.tell(
        Happening("look", "主编", CASES[3].target), Happening("invalid", "主编", ONES[4].key, {"reason": "题目错了"})
    )
    return store


@contextmanager
def tampering(store: Store) -> Iterator[Connection]:
    """Lend a connection that writes what it likes; afterwards everything is as before."""
    with store.engine.connect() as connection:
        before = {table: [dict(row) for row in connection.execute(select(table)).mappings()] for table in TAMPERED}
    with store.engine.connect().execution_options(writing=True) as connection:
        yield connection
    with store.engine.connect().execution_options(writing=True) as connection, connection.begin():
        for table, content in before.items():
            connection.execute(delete(table))
            connection.execute(insert(table), content)


def found_after(store: Store, *statements: str, kept: tuple[int, str] | None = None) -> Verified:
    """Verify after some statements, which are taken back."""
    with tampering(store) as connection:
        with connection.begin():
            for statement in statements:
                connection.exec_driver_sql(statement)
        return verify(store, kept)


def reasons(found: Verified) -> set[tuple[str, str]]:
    return {(fault.kind, fault.reason) for fault in found.faults}


def head_at(store: Store, number: int) -> str:
    """The statement that makes an earlier entry the last one by the store's own account."""
    last = START if number == 0 else store.trail()[number - 1].hash
    return f"UPDATE meta SET value = '{number}:{last}' WHERE name = 'trail'"


# ── nothing wrong ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_not_touched_is_found_whole(judged: Store) -> None:
    found = verify(judged)
    assert found == Verified(12, judged.trail_head(), 6, 2, ())
    assert verify(judged, found.head).faults == ()
    assert verify(judged, (3, judged.trail()[2].hash[:16])).faults == ()
    assert verify(judged, (0, START)).faults == ()


def test_an_empty_store_is_whole(store: Store) -> None:
    assert verify(store) == Verified(0, (0, START), 0, 0, ())


def test_a_store_older_than_the_trail_is_whole_once_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "judge.db"
    store = open_store(str(path), create=True)
    filled(store, [said(one, WIN) for one in CASES], HUMANS, DRAW)
    store.engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        for statement in ("DROP TABLE trail", "DROP TABLE reviewer", "DELETE FROM meta WHERE name = 'trail'"):
            connection.execute(statement)
        connection.execute("PRAGMA user_version=1")
        connection.commit()
    store = open_store(str(path))
    assert verify(store).faults == ()
    store.add(run=OTHER.run, human_verdicts=[told(CASES[3], "小李")])
    assert verify(store) == Verified(9, store.trail_head(), 7, 2, ())
    store.engine.dispose()


def test_what_is_written_meanwhile_is_no_fault(judged: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    told, late = Store.told, [HumanVerdict(CASES[3], "小李", WIN, 0.5, DRAW.name)]

    def meanwhile(store: Store) -> Iterator[tuple[str, str, str]]:
        judged.add(human_verdicts=late, run=drawn("题库-3-abcd", [], [], "").run)
        with suppress(StoreError):  # SQLite cannot shrink a file that is being read
            judged.purge("小陈")
        return told(store)

    before = verify(judged)
    monkeypatch.setattr(people, "SCRUB_MS", 50)
    monkeypatch.setattr(Store, "told", meanwhile)
    assert verify(judged) == before
    monkeypatch.undo()
    assert verify(judged) == Verified(15, judged.trail_head(), 7, 3, ())


# ── every column ──────────────────────────────────────────────────────────────────────────────────────────────────────

ENTRY = {
    "number": "900",
    "time": "'2020-01-01T00:00:00.000+00:00'",
    "event": "'draw'",
    "who": "'小李'",
    "salt": "'00'",
    "mark": "'00'",
    "subject": "'别的'",
    "content": "'{}'",
    "previous": "'00'",
    "hash": "'00'",
}
VERDICT = {
    "code": "900",
    "key": "'00'",
    "target": "'00'",
    "question": "3",
    "scope": "1",
    "first": "3",
    "second": "4",
    "reviewer": "'小李'",
    "probability": "0.75",
    "adjudicates": "NOT adjudicates",
    "supersedes": "'00'",
    "kind": "3",
    "side": "2",
    "p_first": "0.25",
    "p_tie": "0.25",
    "p_second": "0.25",
    "value": "0.25",
    "worst": "0.25",
    "best": "0.25",
    "content_hash": "'00'",
    "content": '\'{"verdict":{"side":"second"},"probability":0.5,"draw":"题库-1-abcd"}\'',
}
RUN = {
    "code": "900",
    "key": "'00'",
    "name": "'别的'",
    "kind": "'import'",
    "created": "'2020-01-01T00:00:00+00:00'",
    "content_hash": "'00'",
    "content": "'{}'",
}


@pytest.mark.parametrize(
    ("table", "changes", "one", "kind"),
    [
        (tables.trail, ENTRY, "number = 6", "entry"),
        (tables.trail, ENTRY, "number = 12", "entry"),
        (tables.human_verdict, VERDICT, "code = 1", "verdict"),
        (tables.run, RUN, "name = '题库-1-abcd'", "draw"),
    ],
)
def test_a_change_in_any_column_is_found(
    judged: Store, table: Table, changes: dict[str, str], one: str, kind: str
) -> None:
    assert set(changes) == set(table.columns.keys())
    for column, value in changes.items():
        found = found_after(judged, f"UPDATE {table.name} SET {column} = {value} WHERE {one}")
        assert any(fault.kind == kind for fault in found.faults), column
    assert verify(judged).faults == ()


def test_what_is_no_value_of_ours_is_found_and_stops_nothing(judged: Store) -> None:
    for content in ("改过", '"\\ud800"', "[NaN]", "[" * 3000, '{"rows":1}'):
        for event in ("verdict", "purge"):
            change = f"UPDATE trail SET content = '{content}', event = '{event}' WHERE number = 6"
            assert ("entry", "changed") in reasons(found_after(judged, change))
    number = "'NaN'::float8" if judged.engine.dialect.name == "postgresql" else "'多'"
    change = f"UPDATE human_verdict SET p_first = {number} WHERE code = 1"
    assert ("verdict", "changed") in reasons(found_after(judged, change))
    for value in ("", "x", "12", ":", "-1:", "1e3:x"):
        head = f"UPDATE meta SET value = '{value}' WHERE name = 'trail'"
        assert reasons(found_after(judged, head)) == {("entry", "added")}
    assert reasons(found_after(judged, "DELETE FROM meta WHERE name = 'trail'")) == {("entry", "added")}


def test_a_name_is_found_wherever_it_is_changed(judged: Store) -> None:
    assert reasons(found_after(judged, "UPDATE human_verdict SET reviewer = '小李' WHERE code = 1")) == {
        ("verdict", "name")
    }
    assert reasons(found_after(judged, "UPDATE trail SET who = '小李' WHERE number = 5")) == {("entry", "name")}
    # A name may be missing only where a purge says so.
    for gone in ("who = NULL", "salt = NULL", "who = NULL, salt = NULL"):
        assert ("entry", "name") in reasons(found_after(judged, f"UPDATE trail SET {gone} WHERE number = 5"))


# ── rows that go, come, and change places ─────────────────────────────────────────────────────────────────────────────


def test_any_entry_that_is_taken_away_is_found(judged: Store) -> None:
    for number in range(1, 13):
        found = found_after(judged, f"DELETE FROM trail WHERE number = {number}")
        assert Fault(str(min(number + 1, 12)), "removed") in found.faults
    assert found_after(judged, "DELETE FROM trail").faults[0] == Fault("12", "removed")


def test_verdicts_and_draws_that_go_or_come_are_found(judged: Store) -> None:
    key = HUMANS[2].key
    assert found_after(judged, "DELETE FROM human_verdict WHERE code = 3").faults == (Fault(key, "removed", "verdict"),)
    assert found_after(judged, f"DELETE FROM run WHERE name = '{DRAW.name}'").faults == (
        Fault(DRAW.name, "removed", "draw"),
    )
    columns = ", ".join(one.name for one in tables.human_verdict.columns if one.name not in ("code", "key"))
    copied = (
        f"INSERT INTO human_verdict (code, key, {columns}) SELECT 90, '00', {columns} FROM human_verdict WHERE code = 3"
    )
    assert found_after(judged, copied).faults == (Fault("00", "added", "verdict"),)
    columns = ", ".join(one.name for one in tables.run.columns if one.name not in ("code", "key", "name"))
    copied = f"INSERT INTO run (code, key, name, {columns}) SELECT 90, '00', '别的', {columns} FROM run WHERE code = 1"
    assert found_after(judged, copied).faults == (Fault("别的", "added", "draw"),)


def test_the_order_of_verdicts_decides_which_stands_and_is_kept(judged: Store) -> None:
    swap = ("UPDATE human_verdict SET code = 90 WHERE code = 1", "UPDATE human_verdict SET code = 1 WHERE code = 4")
    found = found_after(judged, *swap, "UPDATE human_verdict SET code = 4 WHERE code = 90")
    assert reasons(found) == {("verdict", "reordered")}


def test_the_last_entry_with_its_verdict_is_missed_only_by_a_head_kept_elsewhere(judged: Store) -> None:
    last = told(CASES[3], "小李")
    judged.add(human_verdicts=[last])
    kept, back = judged.trail_head(), head_at(judged, 12)
    entry, verdict = "DELETE FROM trail WHERE number = 13", f"DELETE FROM human_verdict WHERE key = '{last.key}'"
    assert reasons(found_after(judged, entry)) == {("entry", "removed"), ("verdict", "added")}
    assert reasons(found_after(judged, entry, back)) == {("verdict", "added")}
    assert reasons(found_after(judged, verdict)) == {("verdict", "removed")}
    assert found_after(judged, entry, verdict, back).faults == ()  # nothing in the store can tell
    assert found_after(judged, entry, verdict, back, kept=kept).faults == (Fault("13", "rewritten"),)


def closed(entries: list[Entry]) -> list[Entry]:
    """Compute a chain anew, as somebody would who knows how."""
    found: list[Entry] = []
    for number, one in enumerate(entries, 1):
        bare = replace(one, number=number, previous=found[-1].hash if found else START)
        found.append(replace(bare, hash=bare.expected))
    return found


def test_a_chain_computed_anew_is_told_only_by_a_head_kept_elsewhere(judged: Store) -> None:
    whole = judged.trail()
    forged = closed([one for one in whole if one.number != 7])
    with tampering(judged) as connection:
        with connection.begin():
            connection.execute(delete(tables.trail))
            connection.execute(insert(tables.trail), [trailing._row(one) for one in forged])
            connection.exec_driver_sql("DELETE FROM human_verdict WHERE code = 3")
            head = update(tables.meta).where(tables.meta.c.name == trailing.HEAD)
            connection.execute(head.values(value=f"11:{forged[-1].hash}"))
        assert verify(judged).faults == ()
        assert verify(judged, (6, whole[5].hash)).faults == ()  # noted down before what was taken out
        for number in (7, 11, 12):
            assert verify(judged, (number, whole[number - 1].hash)).faults == (Fault(str(number), "rewritten"),)


def test_entries_that_change_places_or_numbers_or_come_in_between_are_found(judged: Store) -> None:
    places = [f"UPDATE trail SET number = {one} WHERE number = {other}" for one, other in ((90, 5), (5, 6), (6, 90))]
    assert {fault.where for fault in found_after(judged, *places).faults} >= {"5", "6"}
    apart = [f"UPDATE trail SET number = {number + 1} WHERE number = {number}" for number in range(12, 8, -1)]
    assert Fault("10", "removed") in found_after(judged, *apart).faults
    columns = ", ".join(one.name for one in tables.trail.columns if one.name != "number")
    for number in (9, 13):
        copied = f"INSERT INTO trail (number, {columns}) SELECT {number}, {columns} FROM trail WHERE number = 5"
        found = found_after(judged, *(apart if number == 9 else ()), copied)
        assert {(fault.where, fault.reason) for fault in found.faults} >= {(str(number), "changed"), ("13", "added")}


# ── any edit of a chain ───────────────────────────────────────────────────────────────────────────────────────────────

WHO = ("小陈", "小李", "主编")
EVENTS: tuple[Event, ...] = ("verdict", "draw", "look")
CHAIN = list(
    chained(
        [Happening(EVENTS[at % 3], WHO[at % 3], f"t{at}", {"verdict": f"k{at}", "row": "r"}) for at in range(9)],
        None,
        "2026-01-01T00:00:00.000+00:00",
        (f"{at:032x}" for at in range(9)),
    )
)
PURGE = Happening("purge", "已删除-1", "", {"rows": {}, "entries": [1, 4, 7]})
PURGED = [
    *(replace(one, who=None, salt=None) if one.number in (1, 4, 7) else one for one in CHAIN),
    *chained([PURGE], CHAIN[-1], "2026-01-02T00:00:00.000+00:00", ["f" * 32]),
]
HEAD = (PURGED[-1].number, PURGED[-1].hash)
TEXT = st.text(max_size=8)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "number": st.integers(-2, 14),
    "time": TEXT,
    "event": TEXT | st.sampled_from(("verdict", "purge", "draw")),
    "who": st.none() | TEXT | st.sampled_from(WHO),
    "salt": st.none() | st.text("0123456789abcdef", max_size=32),
    "mark": TEXT,
    "subject": TEXT,
    "content": st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=5,
    ),
    "previous": TEXT | st.sampled_from([one.hash for one in PURGED]),
    "hash": TEXT | st.sampled_from([one.hash for one in PURGED]),
}


def fitting(entry: Entry) -> Entry:
    """Give an edited entry the hash that it must have, as whoever edits it may."""
    try:
        return replace(entry, hash=entry.expected)
    except ValueError:
        return entry


@st.composite
def edited(draw: st.DrawFn) -> list[Entry]:
    """A chain after one to three edits."""
    chain = list(PURGED)
    for _ in range(draw(st.integers(1, 3))):
        places = st.integers(0, len(chain) - 1)
        at, other = draw(places), draw(places)
        match draw(st.sampled_from(("field", "field and hash", "delete", "copy", "swap", "swap numbers", "renumber"))):
            case "field" | "field and hash" as how:
                name = draw(st.sampled_from(sorted(FIELDS)))
                chain[at] = replace(chain[at], **{name: draw(FIELDS[name])})
                chain[at] = fitting(chain[at]) if how == "field and hash" else chain[at]
            case "delete" if len(chain) > 1:
                del chain[at]
            case "copy":
                chain.insert(other, chain[at])
            case "swap":
                chain[at], chain[other] = chain[other], chain[at]
            case "swap numbers":
                one, two = chain[at], chain[other]
                chain[at], chain[other] = replace(one, number=two.number), replace(two, number=one.number)
            case "renumber":
                chain = [replace(one, number=number) for number, one in enumerate(chain, 1)]
    return chain


@settings(max_examples=500)
@given(edited())
def test_any_edit_of_a_chain_is_found(chain: list[Entry]) -> None:
    assume(chain != PURGED)
    assert list(broken(chain, HEAD))


@given(st.integers(0, 9), st.integers(1, 10))
def test_a_chain_cut_short_is_found_though_it_closes(start: int, end: int) -> None:
    assume((start, end) != (0, 10))
    assert list(broken(PURGED[start:end], HEAD))


def test_a_chain_as_it_was_written_is_whole() -> None:
    assert not list(broken(CHAIN, (9, CHAIN[-1].hash)))
    assert not list(broken(PURGED, HEAD))


# ── a person who was deleted ──────────────────────────────────────────────────────────────────────────────────────────


def everything(store: Store) -> str:
    """Every value of every table."""
    with store.engine.connect() as connection:
        return repr([connection.execute(select(table)).all() for table in tables.metadata.sorted_tables])


def test_after_a_purge_all_is_whole_and_name_and_words_are_nowhere(judged: Store) -> None:
    kept = verify(judged).head
    assert "小陈" in everything(judged)
    assert judged.purge("小陈") == 3
    assert verify(judged, kept) == Verified(13, judged.trail_head(), 6, 2, ())
    assert "小陈" not in everything(judged)
    assert [one.who for one in judged.trail()][:6] == ["judge", "judge", None, None, None, None]
    stays = [(one.result, one.reviewer) for _, one in judged.human_verdicts([1, 2])]
    assert [result for result, _ in stays] == [WIN, LOSS, TIE, WIN, Skipped("跳过")]
    assert len({name for _, name in stays}) == 3  # one new name for all that one person said


def test_a_purge_while_somebody_reads_says_what_is_left_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, path = open_store(str(tmp_path / "judge.db"), create=True), tmp_path / "judge.db"
    filled(store, [said(one, WIN) for one in CASES], [told(CASES[0], "欧阳小明")])
    monkeypatch.setattr(people, "SCRUB_MS", 50)
    with closing(sqlite3.connect(path)) as reading:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM human_verdict").fetchone()
        with pytest.raises(StoreError, match="整理不了库文件") as refused:
            store.purge("欧阳小明")
    assert store.named() == {"已删除-" + next(iter(store.named())).rpartition("-")[2]}
    store.engine.dispose()
    said_so = refused.value.fix.partition('python -c "')[2].rpartition('"')[0]
    subprocess.run([sys.executable, "-c", said_so], check=True)
    assert "欧阳小明".encode() not in b"".join(one.read_bytes() for one in tmp_path.iterdir())


def test_what_is_changed_after_a_purge_is_found(judged: Store) -> None:
    judged.purge("小陈")
    alias = judged.trail()[-1].who
    assert alias is not None
    for change in ("reviewer = '小陈'", "side = 2", 'content = \'{"verdict":{"side":"first"}}\''):
        assert reasons(found_after(judged, f"UPDATE human_verdict SET {change} WHERE code = 1")) in (
            {("verdict", "name")},
            {("verdict", "changed")},
        )
    named = "UPDATE trail SET who = '小陈', salt = '00' WHERE number = 5"
    assert ("entry", "name") in reasons(found_after(judged, named))
    assert judged.purge(alias) == 3  # purged once more, nothing is lost
    assert verify(judged) == Verified(14, judged.trail_head(), 6, 2, ())
