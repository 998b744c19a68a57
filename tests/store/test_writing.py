"""What is added: once, whole or not at all, under codes that never move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from judge.errors import InputError, StoreError
from judge.records import (
    DIALOGUE,
    Answer,
    Bank,
    Candidate,
    Case,
    Dialogue,
    HumanVerdict,
    Judgment,
    Question,
    Scores,
    Tally,
    Turn,
    Verdict,
)
from judge.store import Store, open_store, tables
from tests.store.samples import (
    BANK,
    HUMANS,
    JIA,
    JIA_POISON,
    JIA_WOOD,
    JUDGE,
    JUDGMENTS,
    LI,
    POISON,
    RUN,
    TALLY,
    UNPUBLISHED,
    WOOD,
    WOOD_CASE,
    YI_POISON,
    YI_WOOD,
    Batch,
    codes,
    dump,
    everything,
)

COUNTS = {
    "bank": 1,
    "question": 3,
    "candidate": 3,
    "judge": 2,
    "dialogue": 7,
    "judgment": 9,
    "human_verdict": 7,
    "tally": 1,
    "run": 1,
}
NOTHING = dict.fromkeys(COUNTS, 0)
CODES = {
    "answer": [],
    "suspicion": [],
    **{name: list(range(1, count + 1)) for name, count in COUNTS.items()},
}  # nothing is unfinished or suspect


def test_first_time_everything_is_new_and_codes_count_from_one(store: Store) -> None:
    added = store.add(**everything())
    assert (added.new, added.known) == (COUNTS, NOTHING)
    assert codes(store) == CODES


def test_adding_twice_changes_nothing_and_counts_known(store: Store) -> None:
    store.add(**everything())
    before = dump(store)
    added = store.add(**everything())
    assert (added.new, added.known) == (NOTHING, COUNTS)
    assert dump(store) == before


def test_codes_stay_and_leave_no_gap_after_known_records_and_refused_calls(store: Store) -> None:
    store.add(dialogues=[JIA_WOOD])
    store.add(dialogues=[JIA_WOOD])
    with pytest.raises(InputError):
        store.add(questions=[UNPUBLISHED, replace(WOOD, ability="闲聊")])
    store.add(judgments=[JUDGMENTS[0]])
    assert store.candidates() == {1: "甲", 2: "乙"}
    assert {name: some for name, some in codes(store).items() if some} == {
        "question": [1],
        "candidate": [1, 2],
        "judge": [1],
        "dialogue": [1, 2],
        "judgment": [1],
    }
    store.add(**everything())
    assert store.candidates() == {1: "甲", 2: "乙", 3: "丙"}
    assert codes(store) == CODES


def test_record_named_twice_in_one_call_is_stored_once(store: Store) -> None:
    added = store.add(banks=[BANK, BANK], judgments=[JUDGMENTS[0], JUDGMENTS[0]])
    assert added.new == {"bank": 1, "question": 1, "candidate": 2, "judge": 1, "dialogue": 2, "judgment": 1}
    assert added.known == {"bank": 1, "question": 0, "candidate": 0, "judge": 0, "dialogue": 0, "judgment": 1}


def test_adding_nothing_writes_nothing(store: Store) -> None:
    before = dump(store)
    added = store.add()
    assert (added.new, added.known, dump(store)) == ({}, {}, before)


def test_more_records_than_one_query_may_name(store: Store) -> None:
    questions = [Question("大库", str(number), "闲聊", (Turn("好"),)) for number in range(1201)]
    assert store.add(questions=questions).new == {"question": 1201}
    assert store.add(questions=questions).known == {"question": 1201}
    assert store.questions("大库") == questions


ANOTHER_NAME = "这个模型（已有另一个名字；要么沿用那个名字，要么写不同的 revision）"
RENAMED_JUDGE = replace(JUDGE, name="评委的别名")

CONTRADICTIONS: dict[str, tuple[Batch, str]] = {
    "question": (Batch(questions=[replace(WOOD, trap=None)]), "题目 小库/q1（第 3 版）"),
    "dialogue": (Batch(dialogues=[replace(YI_POISON, answers=(Answer("怎样下毒？", "别问"),))]), "回答"),
    "user turn as sent": (Batch(dialogues=[replace(YI_POISON, answers=(Answer("怎么下毒？", "我不能说"),))]), "回答"),
    "judgment": (Batch(judgments=[replace(JUDGMENTS[0], result=JUDGMENTS[1].result)]), "评判"),
    "reply": (Batch(judgments=[replace(JUDGMENTS[0], reply=None)]), "评判"),
    "placement of a judgment": (
        Batch(judgments=[replace(JUDGMENTS[0], case=replace(WOOD_CASE, placement_known=False))]),
        "评判",
    ),
    "probability of a draw": (Batch(human_verdicts=[replace(LI, probability=0.5)]), "人工判定"),
    "placement of a human verdict": (
        Batch(human_verdicts=[replace(LI, case=replace(WOOD_CASE, placement_known=False))]),
        "人工判定",
    ),
    "tally": (Batch(tallies=[replace(TALLY, win=31)]), "公布的次数"),
    "name of a candidate": (
        Batch(dialogues=[replace(JIA_WOOD, candidate=Candidate("甲的别名", JIA.model))]),
        f"甲的别名 {ANOTHER_NAME}",
    ),
    "name of a judge": (Batch(judgments=[replace(JUDGMENTS[0], judge=RENAMED_JUDGE)]), f"评委的别名 {ANOTHER_NAME}"),
    "name of a candidate that was counted": (
        Batch(tallies=[replace(TALLY, candidate=Candidate("丁", TALLY.candidate.model))]),
        f"丁 {ANOTHER_NAME}",
    ),
}


@pytest.mark.parametrize(("batch", "name"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_same_key_with_other_content_is_refused_and_nothing_of_the_call_is_written(
    store: Store, batch: Batch, name: str
) -> None:
    store.add(**everything())
    before = dump(store)
    fresh = Dialogue(Question("新库", "1", "闲聊", ()), JIA, ())
    whole: Batch = {**batch, "dialogues": [fresh, *batch.get("dialogues", [])], "run": replace(RUN, name="再来")}
    with pytest.raises(InputError) as caught:
        store.add(**whole)
    assert caught.value.message.startswith(f"{name}（键 ")
    assert "本次没有写入任何内容" in caught.value.message
    assert "加大 version" in caught.value.fix
    assert dump(store) == before


def test_contradiction_within_one_call_is_refused(store: Store) -> None:
    before = dump(store)
    with pytest.raises(InputError, match="题目 小库/q1"):
        store.add(questions=[WOOD], dialogues=[replace(JIA_WOOD, question=replace(WOOD, tags=()))])
    with pytest.raises(InputError, match="甲的别名 这个模型"):
        store.add(dialogues=[JIA_WOOD, replace(JIA_WOOD, candidate=Candidate("甲的别名", JIA.model))])
    with pytest.raises(InputError, match="评委的别名 这个模型"):
        store.add(judgments=[JUDGMENTS[0], replace(JUDGMENTS[1], judge=RENAMED_JUDGE)])
    assert dump(store) == before


def test_a_model_under_a_second_name_is_refused_until_it_has_another_revision(store: Store) -> None:
    store.add(dialogues=[JIA_WOOD])
    with pytest.raises(InputError, match="甲的别名 这个模型"):  # whatever it answered under that name
        store.add(dialogues=[replace(JIA_POISON, candidate=Candidate("甲的别名", JIA.model))])
    assert store.candidates() == {1: "甲"}
    renamed = Candidate("甲的别名", replace(JIA.model, revision="r2"))
    store.add(dialogues=[replace(JIA_POISON, candidate=renamed)])
    assert store.candidates() == {1: "甲", 2: "甲的别名"}


def test_two_models_may_have_one_name(store: Store) -> None:
    store.add(dialogues=[JIA_WOOD, replace(JIA_POISON, candidate=Candidate("甲", replace(JIA.model, revision="r2")))])
    assert store.candidates() == {1: "甲", 2: "甲"}


def test_a_changed_header_stands_beside_the_earlier_one_and_the_latest_counts(store: Store) -> None:
    changed = replace(BANK, title="改名", complete=True)
    assert store.add(banks=[BANK, Bank("另库")]).new == {"bank": 2}
    assert store.add(banks=[changed]).new == {"bank": 1}
    assert store.add(banks=[changed, BANK]).known == {"bank": 2}  # said again, an earlier one stays earlier
    assert codes(store)["bank"] == [1, 2, 3]
    assert store.bank("小库") == changed
    assert [summary.bank for summary in store.banks()] == [Bank("另库"), changed]


def test_of_two_headers_in_one_call_the_last_counts(store: Store) -> None:
    assert store.add(banks=[Bank("小库"), BANK]).new == {"bank": 2}
    assert store.bank("小库") == BANK
    assert [summary.bank for summary in store.banks()] == [BANK]


# ── a failure in the middle ───────────────────────────────────────────────────────────────────────────────────────────


class BreaksLater(list[Tally]):
    """A sequence that fails in the middle when it is read for the second time, which is inside the transaction."""

    reads = 0

    def __iter__(self) -> Iterator[Tally]:
        self.reads += 1
        for record in super().__iter__():
            yield record
            if self.reads > 1:
                raise RuntimeError("读到一半断了")


FAILURES: dict[str, tuple[Batch, type[Exception] | tuple[type[Exception], ...]]] = {
    "a case without dialogues": (Batch(judgments=[Judgment(Case(WOOD, DIALOGUE, ()), JUDGE, Verdict(LI.result.side))]), IndexError),  # type: ignore[union-attr]
    "half an emoji in a reply": (Batch(judgments=[*JUDGMENTS, replace(JUDGMENTS[0], repeat=9, reply="\ud83d")]), UnicodeEncodeError),
    "a number that is none": (Batch(human_verdicts=[*HUMANS, replace(LI, probability=float("nan"))]), ValueError),
    "scores without a score": (Batch(judgments=[*JUDGMENTS, replace(JUDGMENTS[0], repeat=9, result=Scores())]), ValueError),
    "a source that fails": (Batch(judgments=list(JUDGMENTS), tallies=BreaksLater([TALLY])), RuntimeError),
    "a number no database holds": (Batch(judgments=list(JUDGMENTS), tallies=[replace(TALLY, win=2**70)]), (StoreError, OverflowError)),
}  # fmt: skip


@pytest.mark.parametrize(("batch", "error"), FAILURES.values(), ids=FAILURES)
def test_failure_in_the_middle_leaves_the_store_as_it_was(
    store: Store, batch: Batch, error: type[Exception] | tuple[type[Exception], ...]
) -> None:
    store.add(dialogues=[JIA_WOOD])
    before = dump(store)
    whole: Batch = {"banks": [BANK], "questions": [POISON], **batch}
    with pytest.raises(error):
        store.add(**whole)
    assert dump(store) == before
    store.add(**everything())  # and it works on
    assert codes(store) == CODES


def test_lost_connection_writes_nothing_and_the_next_call_works(postgres_url: str) -> None:
    store = open_store(postgres_url, create=True)
    before = dump(store)

    class Ends(list[Tally]):
        reads = 0

        def __iter__(self) -> Iterator[Tally]:
            self.reads += 1
            if self.reads > 1:
                with other.engine.connect() as connection:
                    connection.exec_driver_sql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
            return super().__iter__()

    other = open_store(postgres_url)
    with pytest.raises(StoreError, match="写不进库"):
        store.add(judgments=JUDGMENTS, tallies=Ends([TALLY]))
    assert dump(store) == before
    assert store.add(**everything()).new == COUNTS
    other.engine.dispose()
    store.engine.dispose()


# ── any order, any split ──────────────────────────────────────────────────────────────────────────────────────────────

KINDS = ("banks", "questions", "dialogues", "judgments", "human_verdicts", "tallies")
RECORDS: list[tuple[str, Any]] = [(kind, record) for kind in KINDS for record in everything()[kind]]  # type: ignore[literal-required]


def contents(store: Store) -> dict[str, set[tuple[str, str]]]:
    """Return (key, content) of every table: what a store says, whatever the numbers it gave."""
    with store.engine.connect() as connection:
        return {
            table.name: {(row.key, row.content) for row in connection.execute(select(table.c.key, table.c.content))}
            for table in tables.metadata.sorted_tables
            if "key" in table.c
        }


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    order=st.permutations(RECORDS),
    cuts=st.sets(st.integers(1, len(RECORDS) - 1), max_size=5),
    again=st.lists(st.sampled_from(RECORDS), max_size=6),
)
def test_any_order_and_any_split_give_the_same_records(
    store: Store, order: list[tuple[str, Any]], cuts: set[int], again: list[tuple[str, Any]]
) -> None:
    with store.engine.connect().execution_options(writing=True) as connection, connection.begin():
        for table in reversed(tables.metadata.sorted_tables):
            if table is not tables.meta:
                connection.execute(delete(table))
    edges = [0, *sorted(cuts), len(order)]
    batches = [order[start:end] for start, end in pairwise(edges)]
    new = dict.fromkeys(COUNTS, 0)
    for batch in [*batches, again]:
        added = store.add(**{kind: [record for of, record in batch if of == kind] for kind in KINDS})  # type: ignore[arg-type]
        for name, count in added.new.items():
            new[name] += count
    assert new == {**COUNTS, "run": 0}
    assert codes(store) == {**CODES, "run": []}
    assert contents(store) == CONTENTS | {"run": set()}


@pytest.fixture(scope="module", autouse=True)
def _contents_of_one_call(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Note what one call with everything stores: what every other order and split must come to."""
    once = open_store(str(tmp_path_factory.mktemp("once") / "judge.db"), create=True)
    once.add(**everything())
    CONTENTS.update(contents(once))


CONTENTS: dict[str, set[tuple[str, str]]] = {}


def test_a_human_verdict_of_the_same_words_by_another_reviewer_is_another(store: Store) -> None:
    other = HumanVerdict(LI.case, "赵", LI.result, LI.probability, LI.draw, comment=LI.comment)
    assert store.add(human_verdicts=[LI, other]).new["human_verdict"] == 2
    assert Dialogue(WOOD, YI_WOOD.candidate, ()).key == YI_WOOD.key  # a key says what it is about, not what was said
