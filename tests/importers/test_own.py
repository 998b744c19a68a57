"""Our own JSONL: the documented examples are imported; what a line names must stand beside it; faults are placed."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from judge.errors import InputError
from judge.importers import Imported, own
from judge.importers.own_rows import JudgeRow
from judge.records import (
    ABILITIES,
    DIALOGUE,
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
from judge.store import Store

FORMATS = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
Line = dict[str, Any]

HEADER: Line = {"bank": "b"}
QUESTION: Line = {"id": "q", "ability": "闲聊", "turns": [{"prompt": "在吗？"}]}
ANSWERS: Line = {"bank": "b", "question": "q", "candidate": "甲", "answers": [{"prompt": "在吗？", "text": "在。"}]}
SECOND: Line = {**ANSWERS, "candidate": "乙"}
PAIR: Line = {"bank": "b", "question": "q", "scope": "dialogue", "candidates": ["甲", "乙"]}
JUDGMENT: Line = {**PAIR, "judge": "评委", "verdict": {"side": "tie", "strength": 0}}
HUMAN: Line = {**PAIR, "reviewer": "小陈", "verdict": {"side": "first"}}
TALLY: Line = {
    "bank": "b",
    "candidate": "甲",
    "baseline": "乙",
    "judge": "评委",
    "tally": {"win": 3, "tie": 2, "loss": 1},
}
ALL = (HEADER, QUESTION, ANSWERS, SECOND, JUDGMENT, HUMAN, TALLY)
MODEL: Line = {"endpoint": "https://example.com", "model": "m", "parameters": {"temperature": 0.5, "stop": ["。"]}}


def write(path: Path, *lines: Line) -> Path:
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return path


def read(folder: Path, *lines: Line) -> Imported:
    return own.read(write(folder / "x.jsonl", *lines))


def documented() -> list[Line]:
    blocks = re.findall(r"```jsonl\n(.*?)```", FORMATS.read_text(encoding="utf-8"), re.DOTALL)
    return [json.loads(line) for block in blocks for line in block.splitlines()]


def test_the_documented_examples_are_imported(tmp_path: Path) -> None:
    found = read(tmp_path, *documented())
    assert found.banks == [Bank("shop", "小店经营", "2026.11", "CC BY 4.0", ("算账", "待客"))]
    assert [question.id for question in found.questions] == ["acc-001", "guest-001"]
    first, second, unpublished = found.dialogues
    jia = Model("https://api.example.com/v1", "jia-large", (("temperature", 0),), revision="2026-10-01")
    assert first.candidate == unpublished.candidate == Candidate("甲", jia)
    assert first.answers[1].usage == Usage(96, 18)
    assert second.candidate == Candidate("乙", Model("recorded:own", "乙"))
    assert [answer.outcome for answer in second.answers] == [Outcome.OK, Outcome.TRUNCATED]
    assert unpublished.answers == ()
    assert [judgment.result for judgment in found.judgments] == [
        Verdict(Side.FIRST, 2),
        Unreadable("回复里没有结论"),
        Scores(Score(9, 1, 10), (("准确", Score(10, 1, 10)), ("得体", Score(8, 1, 10)))),
    ]
    assert found.judgments[0].case.target == found.judgments[1].case.target
    assert found.judgments[2].case == Case(first.question, Scope(2), (first,))
    judge = Judge("评委二", Model("https://api.example.com/v1", "ping-1"), "score")
    assert found.judgments[2].judge == judge
    assert [human.result for human in found.human_verdicts] == [Verdict(Side.SECOND), Skipped("看不到回答")]
    assert found.human_verdicts[0].probability == 0.25
    assert (found.tallies[0].win, found.tallies[0].tie, found.tallies[0].loss) == (41, 30, 29)
    assert found.tallies[0].judge == Judge("评委一", Model("recorded:own", "评委一"))
    assert found.notes == {}


def test_every_field_is_documented() -> None:
    text = FORMATS.read_text(encoding="utf-8")
    shapes = [*own.KINDS.values(), own.HeaderRow, own.ModelRow, JudgeRow, own.ScoresRow]
    fields = {name for shape in shapes for name in shape.model_fields}
    assert {name for name in fields if f"`{name}`" not in text} == set()


def test_a_field_added_to_a_record_is_missed_here_until_lines_carry_it() -> None:
    records = (
        Bank,
        Question,
        Turn,
        Model,
        Judge,
        Dialogue,
        Answer,
        Usage,
        Judgment,
        HumanVerdict,
        Verdict,
        Score,
        Tally,
    )
    fields = {name for record in records for name in record.__dataclass_fields__}
    text = FORMATS.read_text(encoding="utf-8")
    # A line spells out the case and names the result by its kind.
    assert {name for name in fields if f"`{name}`" not in text} == {"case", "result"}


def test_kinds_may_stand_in_one_file_or_in_several_in_any_order(tmp_path: Path) -> None:
    together = read(tmp_path, *ALL)
    folder = tmp_path / "folder"
    folder.mkdir()
    for number, line in enumerate(reversed(ALL[2:])):
        write(folder / f"{number}.jsonl", line)
    with gzip.open(folder / "z.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.write(json.dumps(HEADER) + "\n" + json.dumps(QUESTION))
    apart = own.read(folder)
    for kind in ("banks", "questions", "judgments", "human_verdicts", "tallies"):
        assert getattr(apart, kind) == getattr(together, kind)
    assert own.recognises(folder)
    assert own.recognises(folder / "0.jsonl")


def test_paths_named_beside_the_first_are_read_along(tmp_path: Path) -> None:
    answers = write(tmp_path / "answers.jsonl", ANSWERS)
    with pytest.raises(InputError, match="题 b/q不在"):
        own.read(answers)
    assert len(own.read(answers, also=[write(tmp_path / "bank.jsonl", HEADER, QUESTION)]).dialogues) == 1


def test_a_header_holds_until_the_next_and_a_file_without_one_names_its_bank(tmp_path: Path) -> None:
    write(tmp_path / "many.jsonl", HEADER, QUESTION, {"bank": "c", "complete": False}, QUESTION)
    write(tmp_path / "plain.jsonl", QUESTION, {**QUESTION, "id": "q2"})
    found = own.read(tmp_path)
    assert found.banks == [
        Bank("b", abilities=ABILITIES),
        Bank("c", abilities=ABILITIES, complete=False),
        Bank("plain", abilities=ABILITIES),
    ]
    assert [(question.bank, question.id) for question in found.questions] == [
        ("b", "q"),
        ("c", "q"),
        ("plain", "q"),
        ("plain", "q2"),
    ]


def test_foreign_questions_keep_what_a_bank_of_ours_would_not_allow(tmp_path: Path) -> None:
    row = {"id": "1", "ability": "", "turns": [], "version": 0}
    assert read(tmp_path, {"bank": "foreign", "abilities": []}, row).questions[0].turns == ()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            {"id": "1", "ability": "计祘", "turns": [{"prompt": "问"}]},
            "题 1 的能力 计祘 不在题库的能力之列；是不是 计算",
        ),
        ({"id": "1", "ability": "计算", "turns": []}, "题 1 没有轮次"),
    ],
)
def test_a_bank_that_lists_its_abilities_is_held_to_them(tmp_path: Path, row: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(tmp_path, row)


def test_dataset_names_the_endpoint_of_what_comes_without_a_model(tmp_path: Path) -> None:
    found = own.read(write(tmp_path / "x.jsonl", *ALL[:5]), "内部")
    assert found.dialogues[0].candidate == Candidate("甲", Model("recorded:内部", "甲"))
    assert found.judgments[0].judge == Judge("评委", Model("recorded:内部", "评委"))


def test_a_model_said_once_holds_for_its_name(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER, QUESTION, ANSWERS, {**ANSWERS, "sample": 1, "model": MODEL})
    model = Model("https://example.com", "m", (("temperature", 0.5), ("stop", ["。"])))
    assert [dialogue.candidate for dialogue in found.dialogues] == [Candidate("甲", model)] * 2


def test_candidates_of_one_name_are_told_apart_by_their_model(tmp_path: Path) -> None:
    newer = {**MODEL, "revision": "2"}
    both = (HEADER, QUESTION, {**ANSWERS, "model": MODEL}, {**ANSWERS, "model": newer})
    with pytest.raises(InputError, match="有几个候选都叫 甲"):
        read(tmp_path, *both, ANSWERS)
    with pytest.raises(InputError, match="有几个候选都叫 甲"):
        read(tmp_path, *both, {**JUDGMENT, "candidates": ["甲", "甲"]})
    named = [{"name": "甲", "model": newer}, {"name": "甲", "model": MODEL}]
    found = read(tmp_path, *both, {**JUDGMENT, "candidates": named})
    assert found.judgments[0].case.dialogues == (found.dialogues[1], found.dialogues[0])


def test_samples_and_histories_choose_the_dialogue(tmp_path: Path) -> None:
    again, golden = {**ANSWERS, "sample": 2}, {**SECOND, "sample": 2, "history": "golden"}
    line = {**JUDGMENT, "samples": [2, 2], "histories": ["own", "golden"], "placement_known": False}
    found = read(tmp_path, HEADER, QUESTION, ANSWERS, SECOND, again, golden, line)
    case = Case(found.questions[0], DIALOGUE, (found.dialogues[2], found.dialogues[3]), placement_known=False)
    assert found.judgments[0].case == case


def test_versions_of_a_question(tmp_path: Path) -> None:
    lines = (HEADER, QUESTION, {**QUESTION, "version": 2, "difficulty": 3})
    assert read(tmp_path, *lines, {**ANSWERS, "version": 2}).dialogues[0].question.difficulty == 3
    with pytest.raises(InputError, match="有几个版本"):
        read(tmp_path, *lines, ANSWERS)
    with pytest.raises(InputError, match="题 b/q（第 3 版）不在"):
        read(tmp_path, *lines, {**ANSWERS, "version": 3})


def test_results_of_every_kind(tmp_path: Path) -> None:
    rank = {"value": 1, "minimum": 4, "maximum": 1}
    one = {name: value for name, value in JUDGMENT.items() if name != "verdict"}
    found = read(
        tmp_path,
        *ALL[:4],
        {**one, "unanswered": "filtered"},
        {**one, "repeat": 1, "verdict": {"side": "first", "probabilities": [0.5, 0.25, 0.25]}, "usage": None},
        {**one, "candidates": ["甲"], "scores": {"overall": rank}, "returned_model": "m-1"},
    )
    assert [judgment.result for judgment in found.judgments] == [
        Unanswered("filtered"),
        Verdict(Side.FIRST, 1, (0.5, 0.25, 0.25)),
        Scores(Score(1, 4, 1)),
    ]
    assert found.notes == {}


@pytest.mark.parametrize("line", [JUDGMENT, HUMAN])
def test_dialogues_of_different_samples_are_not_one_case(tmp_path: Path, line: Line) -> None:
    file = write(tmp_path / "x.jsonl", *ALL[:4], {**SECOND, "sample": 1}, {**line, "samples": [0, 1]})
    with pytest.raises(InputError, match="两份回答的 sample 不同") as error:
        own.read(file)
    assert (error.value.where, bool(error.value.fix)) == (f"{file} 第 6 行 的 samples", True)


def test_a_tie_has_no_strength(tmp_path: Path) -> None:
    ties = [{"side": "tie"}, {"side": "tie", "strength": 2, "probabilities": [0.5, 0, 0.5]}]
    lines = [{**JUDGMENT, "repeat": at, "verdict": verdict} for at, verdict in enumerate(ties)]
    found = read(tmp_path, *ALL[:4], *lines)
    assert [one.result for one in found.judgments] == [Verdict(Side.TIE, 0), Verdict(Side.TIE, 0, (0.5, 0.0, 0.5))]


@pytest.mark.parametrize(
    ("side", "shares", "fits"),
    [
        ("first", [0.5, 0.25, 0.25], True),
        ("first", [0.5, 0, 0.5], True),
        ("first", [0.3, 0.2, 0.5], False),
        ("second", [0.5, 0.2, 0.3], False),
        ("tie", [0.2, 0.6, 0.2], True),
        ("tie", [0.4, 0.2, 0.4], True),
        ("tie", [0.5, 0.2, 0.3], False),
    ],
)
def test_the_side_is_the_most_probable_one(tmp_path: Path, side: str, shares: list[float], fits: bool) -> None:
    lines = (*ALL[:4], {**JUDGMENT, "verdict": {"side": side, "probabilities": shares}})
    if fits:
        assert len(read(tmp_path, *lines).judgments) == 1
    else:
        with pytest.raises(InputError, match=f"结论是 {side}，概率最大的却不是它"):
            read(tmp_path, *lines)


@pytest.mark.parametrize(
    ("value", "minimum", "maximum", "said"),
    [
        (5, 5, 5, "minimum 与 maximum 相同"),
        (-3, -10, 0, "最高分不大于 0"),
        (2e9, 1, 10, "超过 10 亿"),
        (5, -2e9, 10, "超过 10 亿"),
        (5, 0, 10**20, "超过 10 亿"),
        (3, 4, 1, None),
        (3, 2, 0, None),
        (-3, -10, 10, None),
    ],
)
@pytest.mark.parametrize("place", ["overall", "dimensions.得体"])
def test_a_scale_on_which_a_score_means_something(
    tmp_path: Path, place: str, value: float, minimum: float, maximum: float, said: str | None
) -> None:
    score = {"value": value, "minimum": minimum, "maximum": maximum}
    scores = {"overall": score} if place == "overall" else {"dimensions": {"得体": score}}
    lines = (*ALL[:4], {**JUDGMENT, "candidates": ["甲"], "verdict": None, "scores": scores})
    if said is None:
        assert len(read(tmp_path, *lines).judgments) == 1
    else:
        with pytest.raises(InputError, match=said) as error:
            read(tmp_path, *lines)
        assert error.value.where.endswith(f"第 5 行 的 scores.{place}")


def test_what_looks_odd_is_kept_and_noted(tmp_path: Path) -> None:
    beyond = {"overall": {"value": 11, "minimum": 1, "maximum": 10}}
    scored = {"bank": "b", "question": "q", "scope": 3, "candidates": ["甲"], "judge": "评委", "scores": beyond}
    found = read(tmp_path, *ALL[:4], scored, JUDGMENT, JUDGMENT)
    assert len(found.judgments) == 2
    assert found.notes == {"分数超出自己的量程，照录": 1, "评的轮次比对话长，照录": 1, "完全相同的行，只算一次": 1}


@pytest.mark.parametrize(
    ("line", "where", "message"),
    [
        ({"x": 1}, "", "看不出这一行是什么"),
        ({**ANSWERS, "question": "p"}, "", "题 b/p不在这次导入的文件里"),
        ({**ANSWERS, "question": "Q"}, "", "题 b/Q不在这次导入的文件里；是不是 q"),
        ({**JUDGMENT, "candidates": ["甲", "丙"]}, "", "候选 丙 对题 b/q 的回答（sample 0）不在这次导入的文件里"),
        ({**JUDGMENT, "samples": [0, 1]}, "", "候选 乙 对题 b/q 的回答（sample 1）不在这次导入的文件里"),
        ({**JUDGMENT, "candidates": ["甲", "甲"]}, " 的 candidates", "两个候选是同一份回答"),
        ({**JUDGMENT, "scope": 1000}, " 的 scope", "轮次至多 999"),
        ({**JUDGMENT, "version": 10**20}, " 的 version", f"应是不大于 2147483647 的数，却是 {10**20}"),
        ({**JUDGMENT, "repeat": 2**31}, " 的 repeat", "应是不大于 2147483647 的数，却是 2147483648"),
        ({**JUDGMENT, "judge": "评" * 201}, " 的 judge.name", f"应是至多 200 个字的文字，却是文字 '{'评' * 20}'……"),
        ({**HUMAN, "reviewer": "陈" * 201}, " 的 reviewer", f"应是至多 200 个字的文字，却是文字 '{'陈' * 20}'……"),
        ({**SECOND, "candidate": "乙" * 201}, " 的 candidate", f"应是至多 200 个字的文字，却是文字 '{'乙' * 20}'……"),
        ({**HEADER, "bank": "b" * 201}, " 的 bank", f"应是至多 200 个字的文字，却是文字 '{'b' * 20}'……"),
        ({**JUDGMENT, "reply": "\0"}, " 的 reply", "文字里有空字符（\\u0000），存不进库"),
        (
            {**SECOND, "answers": [{"prompt": None, "text": "在\0"}]},
            " 的 answers[0].text",
            "文字里有空字符（\\u0000），存不进库",
        ),
        ({**JUDGMENT, "samples": [0]}, "", "samples、histories 应与 candidates 一样长"),
        ({**JUDGMENT, "candidates": ["甲"]}, " 的 candidates", "胜负要有两个候选，打分只能有一个"),
        ({**JUDGMENT, "candidates": [3, "乙"]}, " 的 candidates[0]", "应是名字，或含 name 与 model 的对象"),
        ({**JUDGMENT, "candidates": []}, " 的 candidates", "应是至少 1 项，却是列表（0 项）"),
        ({**JUDGMENT, "scope": 0}, " 的 scope", '应是 "dialogue"（整段对话），或从 1 起的轮次'),
        ({**JUDGMENT, "scope": True}, " 的 scope", '应是 "dialogue"（整段对话），或从 1 起的轮次'),
        ({**JUDGMENT, "verdict": None}, "", "应恰有 verdict、scores、unreadable、unanswered 之一，却有 0 个"),
        ({**JUDGMENT, "unreadable": "?"}, "", "应恰有 verdict、scores、unreadable、unanswered 之一，却有 2 个"),
        ({**JUDGMENT, "skipped": "?"}, " 的 skipped", "不认识的字段 skipped"),
        ({**HUMAN, "unanswered": "?"}, " 的 unanswered", "不认识的字段 unanswered"),
        ({**HUMAN, "probability": 0}, " 的 probability", "应是大于 0 的数，却是 0"),
        ({**HUMAN, "probability": "1"}, " 的 probability", "应是数，却是文字 '1'"),
        (
            {**JUDGMENT, "verdict": {"side": "left"}},
            " 的 verdict.side",
            "应是 first、second、tie 之一，却是文字 'left'",
        ),
        (
            {**JUDGMENT, "verdict": {"side": "first", "strenth": 2}},
            " 的 verdict.strenth",
            "不认识的字段 strenth；是不是 strength",
        ),
        (
            {**JUDGMENT, "verdict": {"side": "first", "probabilities": [0.5, 0.1, 0.1]}},
            " 的 verdict.probabilities",
            "概率有负数，或和不为 1",
        ),
        (
            {**JUDGMENT, "verdict": {"side": "tie", "probabilities": [1]}},
            " 的 verdict.probabilities[1]",
            "列表少了一项",
        ),
        (
            {**JUDGMENT, "candidates": ["甲"], "verdict": None, "scores": {}},
            " 的 scores",
            "一个分也没有",
        ),
        (
            {**JUDGMENT, "candidates": ["甲"], "verdict": None, "scores": {"overall": {"value": 1, "minimum": 0}}},
            " 的 scores.overall.maximum",
            "缺少字段 maximum",
        ),
        ({**JUDGMENT, "judge": {"name": "评委", "modle": {}}}, " 的 judge.modle", "不认识的字段 modle；是不是 model"),
        ({**JUDGMENT, "judge": {"name": "评委", "protocol": "a"}, "protocol": "b"}, "", "protocol 写了两处"),
        ({**SECOND, "answers": [{"text": "在。"}]}, " 的 answers[0].prompt", "缺少字段 prompt"),
        (
            {**SECOND, "answers": [{"prompt": None, "text": "", "outcome": "refused"}]},
            " 的 answers[0].outcome",
            "应是 ok、truncated、filtered_input、filtered_output、empty、failed 之一，却是文字 'refused'",
        ),
        ({**SECOND, "sample": -1}, " 的 sample", "应是不小于 0 的数，却是 -1"),
        ({**SECOND, "answer": 1}, " 的 answer", "不认识的字段 answer；是不是 answers"),
        ({**TALLY, "tally": {"win": 1, "tie": 1}}, " 的 tally.loss", "缺少字段 loss"),
        ({**HEADER, "titel": ""}, " 的 titel", "不认识的字段 titel；是不是 title"),
    ],
)
def test_a_faulty_line_is_named(tmp_path: Path, line: Line, where: str, message: str) -> None:
    file = write(tmp_path / "x.jsonl", *ALL[:4], line)
    with pytest.raises(InputError) as error:
        own.read(file)
    assert (error.value.where, error.value.message) == (f"{file} 第 5 行{where}", message)
    assert error.value.fix


@pytest.mark.parametrize(
    "line",
    [
        {**HEADER, "title": "另一个"},
        {**QUESTION, "difficulty": 2},
        {**ANSWERS, "answers": []},
        {**JUDGMENT, "reply": "换了说法"},
        {**HUMAN, "probability": 0.5},
        {**TALLY, "tally": {"win": 0, "tie": 0, "loss": 0}},
    ],
)
def test_a_line_that_contradicts_an_earlier_one_is_named(tmp_path: Path, line: Line) -> None:
    file = write(tmp_path / "x.jsonl", *ALL, line)
    with pytest.raises(InputError, match="说的是同一件事，内容却不同") as error:
        own.read(file)
    # Answers are read before what was said of them, so either of the two lines may be the one that comes second.
    assert error.value.where == f"{file} 第 8 行"


@pytest.mark.parametrize(
    "line",
    [
        {"question_id": 1, "text": "?"},
        {"question": "?", "answer": "!"},
        {"id": "q", "turns": []},
        {"candidate": "甲", "answers": []},
        {"judge": "gpt-4", "winner": "a"},
    ],
)
def test_foreign_lines_are_not_recognised(tmp_path: Path, line: Line) -> None:
    assert not own.recognises(write(tmp_path / "x.jsonl", line))
    assert not own.recognises(tmp_path / "gone")


@pytest.mark.parametrize("line", ALL)
def test_every_kind_of_line_is_recognised(tmp_path: Path, line: Line) -> None:
    assert own.recognises(write(tmp_path / "x.jsonl", line))


def test_imported_twice_is_imported_once(tmp_path: Path, store: Store) -> None:
    found = read(tmp_path, *ALL)
    records = {kind: getattr(found, kind) for kind in ("banks", "questions", "dialogues", "judgments")}
    store.add(**records, human_verdicts=found.human_verdicts, tallies=found.tallies)
    again = store.add(**records, human_verdicts=found.human_verdicts, tallies=found.tallies)
    assert set(again.new.values()) == {0}


@pytest.mark.recorded
def test_foreign_data_is_not_taken_for_ours(recorded: Path) -> None:
    assert [folder.name for folder in sorted(recorded.iterdir()) if own.recognises(folder)] == []
    assert not own.recognises(recorded)


def test_outcomes_are_those_of_the_records(tmp_path: Path) -> None:
    answers = [{"prompt": None, "text": "", "outcome": outcome.value} for outcome in Outcome]
    found = read(tmp_path, HEADER, QUESTION, {**ANSWERS, "answers": answers})
    assert [answer.outcome for answer in found.dialogues[0].answers] == list(Outcome)
