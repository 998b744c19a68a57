"""Export: what it writes is read back into equal records, and written again gives equal bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from judge.bank import read_bank
from judge.errors import InputError, UnknownName
from judge.importers import Imported, llmeval2, own
from judge.records import (
    Answer,
    Bank,
    Candidate,
    Case,
    Dialogue,
    HumanVerdict,
    Judge,
    Judgment,
    Model,
    Outcome,
    Question,
    Scope,
    Score,
    Scores,
    Side,
    Skipped,
    Tally,
    Turn,
    Unanswered,
    Unreadable,
    Usage,
    Verdict,
)
from judge.report.export import export_jsonl
from judge.store import Store, open_store


def add(store: Store, found: Imported) -> None:
    store.add(
        banks=found.banks,
        questions=found.questions,
        dialogues=found.dialogues,
        judgments=found.judgments,
        human_verdicts=found.human_verdicts,
        tallies=found.tallies,
    )


def held(store: Store) -> dict[str, Any]:
    """Everything a store holds, with the keys of the records, which equality alone does not compare."""
    found: dict[str, Any] = {}
    for summary in store.banks():
        items, tallies = list(store.items(summary.bank.name)), store.tallies(summary.bank.name)
        records = [
            *tallies,
            *(one for item in items for one in (*item.dialogues, *item.judgments, *item.human_verdicts)),
        ]
        judges = [one.judge.key for one in records if isinstance(one, Judgment)]
        found[summary.bank.name] = (summary, items, tallies, [one.key for one in records], judges)
    return found


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def assert_round_trip(found: Imported, folder: Path) -> None:
    first = open_store(str(folder / "first.db"), create=True)
    second = open_store(str(folder / "second.db"), create=True)
    add(first, found)
    counts = export_jsonl(first, folder / "one")
    add(second, own.read(folder / "one", "别的数据集"))
    assert held(second) == held(first)
    assert export_jsonl(second, folder / "two") == counts
    assert bytes_of(folder / "two") == bytes_of(folder / "one")
    first.engine.dispose()
    second.engine.dispose()


# ── synthetic records ─────────────────────────────────────────────────────────────────────────────────────────────────

# PostgreSQL holds no NUL in text; what JSON must escape, and what lines could be broken at, is among the rest.
text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["\n", "\u2028", "\x85", "[[A>>B]]", "😀", '"', "\\u0041", "dialogue", "null"]
)
name = text.filter(bool)
number = st.integers(-5, 5) | st.floats(-1e6, 1e6)
values = st.none() | st.booleans() | number | text
json_values = values | st.lists(values, max_size=2) | st.dictionaries(text, values, max_size=2)
usages = st.builds(Usage, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
models = st.builds(
    Model,
    endpoint=text,
    model=text,
    parameters=st.dictionaries(text, json_values, max_size=2).map(lambda found: tuple(found.items())),
    system=st.none() | text,
    revision=st.none() | text,
)
judges = st.builds(Judge, name, models, text, text, text, text)
scores = st.builds(Score, number, number, number).filter(
    lambda one: one.minimum != one.maximum and not one.minimum < one.maximum <= 0
)
verdicts = st.one_of(
    st.builds(
        Verdict, st.just(side), st.sampled_from([0] if side is Side.TIE else [1, 2]), st.sampled_from([None, shares])
    )
    for side, shares in ((Side.FIRST, (1.0, 0.0, 0.0)), (Side.TIE, (0.25, 0.5, 0.25)), (Side.SECOND, (0.1, 0.2, 0.7)))
)
pointwise = st.builds(
    Scores, st.none() | scores, st.dictionaries(text, scores, max_size=3).map(lambda found: tuple(found.items()))
).filter(lambda one: one.overall is not None or bool(one.dimensions))
turns = st.builds(
    Turn,
    text,
    st.none() | text,
    st.sampled_from(["exact", "rubric", "none"]),
    st.lists(text, max_size=2).map(tuple),
    st.lists(st.integers(-1, 9), max_size=2).map(tuple),
    st.sampled_from(["answer", "refuse"]),
    st.none() | text,
)
answers = st.builds(
    Answer,
    st.none() | text,
    text,
    st.sampled_from(Outcome),
    st.none() | text,
    st.none() | usages,
    st.none() | text,
)


@st.composite
def banks(draw: st.DrawFn) -> Imported:
    """A few records of every kind, with names that clash and questions, prompts and answers that are not published."""
    found = Imported()
    for bank_name in draw(st.lists(name, min_size=1, max_size=2, unique=True)):
        told = [draw(text) for _ in range(3)]
        abilities = tuple(draw(st.lists(name, max_size=3)))
        found.banks.append(Bank(bank_name, *told, abilities, draw(st.booleans())))
        for id_, version in draw(st.lists(st.tuples(name, st.integers(0, 2)), max_size=3, unique=True)):
            found.questions.append(draw(questions(bank_name, id_, version, abilities)))
    # Two names at most, so that different models often share one.
    names = st.sampled_from(["甲", "乙"])
    candidates = draw(
        st.lists(st.builds(Candidate, names, models), min_size=1, max_size=3, unique_by=lambda one: one.key)
    )
    for question in found.questions:
        add_records(draw, found, question, candidates)
    if draw(st.booleans()):
        judge = draw(judges)
        found.tallies.append(Tally(found.banks[0].name, candidates[0], candidates[-1], judge, 3, 0, 10**6))
    return found


@st.composite
def questions(draw: st.DrawFn, bank: str, id_: str, version: int, abilities: tuple[str, ...]) -> Question:
    return Question(
        bank,
        id_,
        draw(st.sampled_from(abilities) if abilities else text),
        tuple(draw(st.lists(turns, min_size=1 if abilities else 0, max_size=2))),
        version,
        draw(text),
        draw(st.none() | st.integers(-1, 4)),
        draw(text),
        tuple(draw(st.lists(text, max_size=2))),
        draw(st.none() | text),
        draw(text),
    )


def add_records(draw: st.DrawFn, found: Imported, question: Question, candidates: list[Candidate]) -> None:
    told = st.tuples(st.sampled_from(candidates), st.integers(0, 1), st.sampled_from(["own", "golden"]))
    unique = draw(st.lists(told, max_size=4, unique_by=lambda one: (one[0].key, one[1], one[2])))
    dialogues = [
        Dialogue(question, candidate, tuple(draw(st.lists(answers, max_size=2))), sample, history)
        for candidate, sample, history in unique
    ]
    found.dialogues += dialogues
    for shown in (dialogues[:1], dialogues[:2], dialogues[1::-1], dialogues[2:4]):
        if not shown or len({one.sample for one in shown}) > 1:
            continue
        scope = Scope(draw(st.sampled_from([None, 1, 3])))
        case = Case(question, scope, tuple(shown), draw(st.booleans()))
        results = verdicts if len(shown) == 2 else pointwise
        failed = st.builds(Unreadable, text) | st.builds(Unanswered, text)
        judge, repeats = draw(judges), draw(st.integers(0, 2))
        for repeat in range(repeats):
            result = draw(results | failed)
            reply, usage, returned = draw(st.none() | text), draw(st.none() | usages), draw(st.none() | text)
            found.judgments.append(Judgment(case, judge, result, reply, repeat, usage, returned))
        if draw(st.booleans()):
            result = draw(results | st.builds(Skipped, text))
            drawn = (draw(st.sampled_from([None, 1.0, 0.3])), draw(st.none() | text))
            flags = (draw(st.booleans()), draw(st.booleans()), draw(st.none() | st.just("a" * 32)), draw(text))
            found.human_verdicts.append(HumanVerdict(case, draw(name), result, *drawn, *flags))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(found=banks())
def test_what_is_exported_is_read_back_equal(tmp_path_factory: pytest.TempPathFactory, found: Imported) -> None:
    keyed = {judgment.key: judgment for judgment in found.judgments}
    found.judgments = list(keyed.values())
    assert_round_trip(found, tmp_path_factory.mktemp("export"))


# ── single cases ──────────────────────────────────────────────────────────────────────────────────────────────────────

QUESTION = Question("b", "q-1", "闲聊", (Turn("在吗？"),), difficulty=1)
DIALOGUE = Dialogue(QUESTION, Candidate("甲", Model("e", "m")), (Answer("在吗？", "在。"),))


def test_names_counts_and_lines(store: Store, tmp_path: Path) -> None:
    judge = Judge("评委", Model("e", "j"), "score")
    judgment = Judgment(Case(QUESTION, Scope(), (DIALOGUE,)), judge, Scores(Score(9, 1, 10)))
    store.add(banks=[Bank("b", "题库")], judgments=[judgment])
    assert export_jsonl(store, tmp_path / "out") == {
        "banks": 1,
        "questions": 1,
        "dialogues": 1,
        "judgments": 1,
        "human_verdicts": 0,
        "tallies": 0,
    }
    assert sorted(bytes_of(tmp_path / "out")) == [
        "answers.jsonl",
        "bank.jsonl",
        "human_verdicts.jsonl",
        "judgments.jsonl",
    ]
    assert (tmp_path / "out" / "judgments.jsonl").read_text(encoding="utf-8") == (
        '{"bank": "b", "question": "q-1", "version": 1, "scope": "dialogue", "candidates": ["甲"],'
        ' "judge": {"name": "评委", "model": {"endpoint": "e", "model": "j"}, "protocol": "score"},'
        ' "scores": {"overall": {"value": 9, "minimum": 1, "maximum": 10}}}\n'
    )


def test_an_exported_bank_of_ours_is_a_bank_again_byte_for_byte(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "b.jsonl"
    turns = '[{"prompt": "在吗？", "reference": null, "reference_kind": "none", "key_points": [], "depends_on": [], "expected": "answer"}]'
    file.write_text(
        '{"bank": "b", "title": "题库", "version": "1", "licence": "CC BY 4.0", "abilities": ["闲聊"]}\n'
        '{"id": "q-1", "ability": "闲聊", "subcategory": "", "version": 1, "difficulty": 1, "difficulty_reason": "短",'
        f' "tags": ["招呼"], "trap": null, "source": "derived", "turns": {turns}}}\n',
        encoding="utf-8",
    )
    bank, questions = read_bank(file)
    store.add(banks=[bank], questions=questions)
    export_jsonl(store, tmp_path / "out")
    assert (tmp_path / "out" / "bank.jsonl").read_bytes() == file.read_bytes()
    assert read_bank(tmp_path / "out" / "bank.jsonl") == (bank, questions)


def test_only_chosen_banks_are_written(store: Store, tmp_path: Path) -> None:
    other = Question("c", "q", "闲聊", ())
    store.add(banks=[Bank("b"), Bank("c")], questions=[QUESTION, other])
    assert export_jsonl(store, tmp_path, ["c"])["questions"] == 1
    assert own.read(tmp_path).questions == [other]
    with pytest.raises(UnknownName, match="没有名为 d 的题库"):
        export_jsonl(store, tmp_path, ["d"])


def test_tallies_of_an_older_export_do_not_stay(store: Store, tmp_path: Path) -> None:
    tally = Tally("t", DIALOGUE.candidate, Candidate("乙", Model("e", "n")), Judge("j", Model("e", "j")), 1, 2, 3)
    store.add(banks=[Bank("b")], questions=[QUESTION], tallies=[tally])
    export_jsonl(store, tmp_path)
    assert own.read(tmp_path).tallies == [tally]
    export_jsonl(store, tmp_path, ["b"])
    assert own.read(tmp_path).tallies == []


def test_a_failed_export_leaves_what_was_there(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add(banks=[Bank("b")], dialogues=[DIALOGUE])
    export_jsonl(store, tmp_path)
    before = bytes_of(tmp_path)

    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dumps", full)
    with pytest.raises(InputError, match="写不进目录"):
        export_jsonl(store, tmp_path)
    assert bytes_of(tmp_path) == before


def test_a_folder_that_cannot_be_made(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="写不进目录"):
        export_jsonl(store, tmp_path / "file")


@pytest.mark.recorded
def test_llmeval2_survives_the_round_trip(recorded: Path, tmp_path: Path) -> None:
    """Every fourth question of it, with all that was answered and said on it."""
    whole = llmeval2.read(recorded / "llmeval2")
    some = {one.key for one in whole.questions[::4]}
    found = replace(
        whole,
        questions=[one for one in whole.questions if one.key in some],
        dialogues=[one for one in whole.dialogues if one.question.key in some],
        judgments=[one for one in whole.judgments if one.case.question.key in some],
        human_verdicts=[one for one in whole.human_verdicts if one.case.question.key in some],
    )
    store = open_store(str(tmp_path / "judge.db"), create=True)
    add(store, found)
    counts = export_jsonl(store, tmp_path / "out")
    store.engine.dispose()
    again = own.read(tmp_path / "out")
    assert again.banks == found.banks
    for kind, expected in (("questions", 80), ("dialogues", 1600), ("judgments", 1600), ("human_verdicts", 1600)):
        before, after = ({one.key: one for one in getattr(side, kind)} for side in (found, again))
        assert after == before
        assert len(after) == counts[kind] == expected
