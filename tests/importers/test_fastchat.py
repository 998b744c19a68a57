"""FastChat: five kinds of files, and what the prompts of published judgments give back."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from statistics import fmean

import pytest

from judge.errors import InputError
from judge.importers import Imported, fastchat
from judge.records import Answer, Judgment, Outcome, Question, Scope, Score, Scores, Side, Turn, Unreadable, Verdict

Q1, Q2 = "写一句问候。", "再短一点。"
QUESTION = {"question_id": 81, "category": "writing", "turns": [Q1, Q2]}


def write(path: Path, *rows: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def one_turn(answer: str, reference: str = "") -> str:
    part = f"[The Start of Reference Answer]\n{reference}\n[The End of Reference Answer]\n\n" if reference else ""
    return (
        f"[Instruction]\n请打分。\n\n[Question]\n{Q1}\n\n{part}"
        f"[The Start of Assistant's Answer]\n{answer}\n[The End of Assistant's Answer]"
    )


def held(who: str, *answers: str) -> str:
    turns = "".join(
        f"### User:\n{asked}\n\n### Assistant {who}:\n{answer}\n\n"
        for asked, answer in zip((Q1, Q2), answers, strict=True)
    )
    return (
        f"<|The Start of Assistant {who}'s Conversation with User|>\n\n{turns}"
        f"<|The End of Assistant {who}'s Conversation with User|>"
    )


def single(model: str, prompt: str | None, turn: int = 1, score: object = 7, **more: object) -> dict[str, object]:
    template = "single-v1" if turn == 1 else "single-v1-multi-turn"
    return {
        "question_id": 81,
        "model": model,
        "judge": ["gpt-4", template],
        "user_prompt": prompt,
        "judgment": f"[[{score}]]",
        "score": score,
        "turn": turn,
        "tstamp": 1.5,
        **more,
    }


def answers(model: str, *choices: list[str]) -> dict[str, object]:
    turns = [{"index": index, "turns": texts} for index, texts in enumerate(choices)]
    return {"question_id": 81, "answer_id": "x", "model_id": model, "choices": turns, "tstamp": 1.0}


def pair(g1: str, g2: str) -> dict[str, object]:
    def prompt(first: str, second: str) -> str:
        return (
            f"[User Question]\n{Q1}\n\n[The Start of Assistant A's Answer]\n{first}\n[The End of Assistant A's Answer]"
            f"\n\n[The Start of Assistant B's Answer]\n{second}\n[The End of Assistant B's Answer]"
        )

    return {
        "question_id": 81,
        "model_1": "甲",
        "model_2": "乙",
        "g1_winner": g1,
        "g2_winner": g2,
        "judge": ["gpt-4", "pair-v2"],
        "g1_user_prompt": prompt("你好", "您好"),
        "g1_judgment": "第一局",
        "g2_user_prompt": prompt("您好", "你好"),
        "g2_judgment": "第二局",
        "turn": 1,
    }


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_references_of_questions_and_reference_answers(tmp_path: Path) -> None:
    write(tmp_path / "question.jsonl", {**QUESTION, "reference": ["你好", ""]})
    write(tmp_path / "reference_answer" / "gpt-4.jsonl", answers("gpt-4", ["好", "嗯"]))
    found = fastchat.read(tmp_path, "greetings")
    assert found.questions == [Question("greetings", "81", "writing", (Turn(Q1, "你好", "exact"), Turn(Q2)))]
    assert found.dialogues[0].candidate.name == "recorded:greetings/reference:gpt-4"
    # Only MT-Bench's own questions are also recovered from prompts, where these references are not.
    plain = fastchat.read(tmp_path)
    assert plain.questions == [Question("mt_bench", "81", "writing", (Turn(Q1), Turn(Q2)))]
    assert list(plain.notes.values()) == [1]


def test_chinese_questions_have_their_own_bank(tmp_path: Path) -> None:
    file = write(tmp_path / "question.jsonl", {**QUESTION, "question_id": 1081, "category": "zh_writing"})
    assert fastchat.read(file).questions[0].bank == fastchat.read(file).banks[0].name == "mt_bench_zh"
    assert fastchat.read(file, "mine").questions[0].bank == "mine"


def test_each_choice_is_a_sample(tmp_path: Path) -> None:
    write(tmp_path / "question.jsonl", QUESTION)
    write(tmp_path / "model_answer" / "甲.jsonl", answers("甲", ["你好", ""], ["$ERROR$", "嗨"]))
    first, second = fastchat.read(tmp_path).dialogues
    assert (first.sample, second.sample) == (0, 1)
    assert first.answers == (Answer(Q1, "你好"), Answer(Q2, "", Outcome.EMPTY))
    assert second.outcome is Outcome.FAILED


# ── judgments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_question_and_dialogue_come_from_the_prompts(tmp_path: Path) -> None:
    rows = [
        single("甲", one_turn("你好\n", reference="您好")),
        single("甲", held("A", "你好\n", "嗨\n\n"), turn=2, score=-1),
    ]
    found = fastchat.read(write(tmp_path / "gpt-4_single.jsonl", *rows))
    assert found.questions == [Question("mt_bench", "81", "writing", (Turn(Q1), Turn(Q2)))]
    (dialogue,) = found.dialogues
    assert dialogue.answers == (Answer(Q1, "你好\n"), Answer(Q2, "嗨\n\n"))
    first, second = found.judgments
    assert (first.result, first.case.scope, first.reply) == (Scores(Score(7, 1, 10)), Scope(1), "[[7]]")
    assert (second.result, second.case.scope) == (Unreadable("recorded score -1"), Scope(2))
    assert first.judge == second.judge
    assert (first.judge.name, first.judge.protocol) == ("recorded:mt_bench/gpt-4", "single")
    assert found.notes["评判模板 single-v1-multi-turn"] == found.notes["没读出来（recorded score -1）"] == 1


def test_question_file_and_prompts_give_one_record(tmp_path: Path) -> None:
    judgments = write(tmp_path / "a" / "judgments.jsonl", single("甲", held("A", "你好", "嗨"), turn=2))
    questions = write(tmp_path / "b" / "question.jsonl", {**QUESTION, "reference": ["你好", "嗨"]})
    assert fastchat.read(judgments).questions == fastchat.read(questions).questions


def test_questions_are_found_beside_a_single_file(tmp_path: Path) -> None:
    part = write(tmp_path / "set" / "part.jsonl", single("甲", one_turn("你好")))
    note = "题面不全或没有公布（与 question.jsonl 放在一起可补全）"
    assert fastchat.read(part).notes[note] == 1
    write(tmp_path / "set" / "rest.jsonl", single("乙", held("A", "您好", "嗨"), turn=2))
    found = fastchat.read(part)
    assert [turn.prompt for turn in found.questions[0].turns] == [Q1, Q2]
    assert [dialogue.candidate.name for dialogue in found.dialogues] == ["recorded:mt_bench/甲"]
    write(tmp_path / "question.jsonl", {**QUESTION, "category": "from file"})
    assert fastchat.read(part).questions[0].ability == "from file"


@pytest.mark.parametrize(
    "prompt",
    [
        None,
        "请评价下面的回答。",
        one_turn("你好\n[The End of Assistant's Answer]\n多余"),
        one_turn("[The Start of Reference Answer]"),
        held("A", "你好", "嗨\n\n### User:\n还有吗\n\n### Assistant A:\n没有"),
    ],
)
def test_a_doubtful_prompt_gives_no_dialogue(tmp_path: Path, prompt: str | None) -> None:
    found = fastchat.read(write(tmp_path / "j.jsonl", single("甲", prompt, turn=2)))
    assert (found.dialogues[0].answers, found.questions[0].turns) == ((), ())
    assert len(found.judgments) == 1


def test_unknown_questions_of_other_banks_have_no_ability(tmp_path: Path) -> None:
    found = fastchat.read(write(tmp_path / "j.jsonl", single("甲", one_turn("你好"))), "vicuna_bench")
    assert found.questions == [Question("vicuna_bench", "81", "未标注", (Turn(Q1),))]


def test_repeated_judgments_and_odd_scores(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", single("甲", one_turn("你好")))
    write(tmp_path / "b.jsonl", single("甲", one_turn("你好"), score=0))
    found = fastchat.read(tmp_path)
    assert [judgment.repeat for judgment in found.judgments] == [0, 1]
    assert found.judgments[1].result == Scores(Score(0, 1, 10))
    assert found.notes["得分不在 1–10 之内，照录"] == found.notes["同一回答评了不止一次，依次记为重复"] == 1


def test_another_text_of_a_model_is_another_sample(tmp_path: Path) -> None:
    write(tmp_path / "answers.jsonl", answers("甲", ["你好", "嗨"]))
    write(tmp_path / "judgments.jsonl", single("甲", one_turn("早")), single("甲", one_turn("你好")))
    found = fastchat.read(tmp_path)
    assert [judgment.case.dialogues[0].sample for judgment in found.judgments] == [1, 0]
    assert found.judgments[0].case.dialogues[0].answers == (Answer(Q1, "早"),)
    assert found.notes["评委所见的回答与先前的不同，另记为一份样本"] == 1


def test_user_turns_that_differ_are_kept_and_noted(tmp_path: Path) -> None:
    write(tmp_path / "question.jsonl", {**QUESTION, "turns": [Q1 + "谢谢", Q2]})
    write(tmp_path / "judgments.jsonl", single("甲", one_turn("你好")))
    found = fastchat.read(tmp_path)
    assert found.dialogues[0].answers[0].prompt == Q1
    assert found.notes["用户原话与题目不同，照录并标记"] == 1


@pytest.mark.parametrize(
    ("winners", "results"),
    [
        (("model_1", "model_1"), (Verdict(Side.FIRST), Verdict(Side.SECOND))),
        (("model_2", "model_1"), (Verdict(Side.SECOND), Verdict(Side.SECOND))),
        (("tie", "error"), (Verdict(Side.TIE, 0), Unreadable("recorded error"))),
    ],
)
def test_pair_winners_become_sides_again(tmp_path: Path, winners: tuple[str, str], results: tuple[object, ...]) -> None:
    found = fastchat.read(write(tmp_path / "pair.jsonl", pair(*winners)))
    one, two = found.judgments
    assert (one.result, two.result) == results
    assert [dialogue.candidate.model.model for dialogue in one.case.dialogues] == ["甲", "乙"]
    assert two.case.dialogues == one.case.dialogues[::-1]
    assert [dialogue.answers[0].text for dialogue in one.case.dialogues] == ["你好", "您好"]
    assert (one.reply, two.reply, one.judge.protocol) == ("第一局", "第二局", "pair")
    assert one.judge.name == "recorded:mt_bench/gpt-4+pair"


def test_pair_over_two_turns() -> None:
    prompt = held("A", "你好", "嗨") + "\n\n\n" + held("B", "您好", "早")
    assert [[answer.text for answer in told] for told in fastchat.transcripts(prompt)] == [
        ["你好", "嗨"],
        ["您好", "早"],
    ]


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        (QUESTION, {**QUESTION, "category": "math"}, "编号 81 已有另一道题"),
        (QUESTION, {**QUESTION, "question_id": 82, "turns": [Q1, 2]}, "turns 里应全是文字"),
        (QUESTION, {"question_id": 82, "category": "math"}, "缺少字段 turns"),
        (answers("甲", ["好"]), answers("甲", ["坏"]), "已有另一份回答"),
        (answers("甲", ["好"]), {**answers("乙"), "choices": ["好"]}, "choices 里应是对象"),
        (single("甲", None), {**single("甲", None), "judge": ["gpt-4"]}, "judge 应是"),
        (single("甲", None), single("甲", None, score="7"), "score 应是数"),
        (single("甲", None), {**single("甲", None), "turn": None}, "turn 应是数"),
        (pair("tie", "tie"), pair("tie", "A"), "不认识的胜者 A"),
        (pair("tie", "tie"), {"question_id": 81, "model_1": "甲"}, "缺少字段 model_2"),
    ],
)
def test_bad_row_is_named(tmp_path: Path, good: object, bad: object, message: str) -> None:
    file = write(tmp_path / "rows.jsonl", good, bad)
    with pytest.raises(InputError, match=message) as error:
        fastchat.read(file)
    assert error.value.where == f"{file} 第 2 行"


def test_rows_that_count_turns_are_another_format(tmp_path: Path) -> None:
    assert not fastchat.recognises(write(tmp_path / "x.jsonl", {**QUESTION, "turns": 2, "model": "甲"}))
    assert not fastchat.recognises(write(tmp_path / "empty.jsonl"))


# ── recorded files ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def judged(recorded: Path) -> Imported:
    return fastchat.read(recorded / "mtbench_judgments")


def value(judgment: Judgment) -> float:
    assert isinstance(judgment.result, Scores)
    assert judgment.result.overall
    return judgment.result.overall.value


@pytest.mark.recorded
def test_recorded_averages(recorded: Path, judged: Imported) -> None:
    rows: dict[str, list[Judgment]] = defaultdict(list)
    for judgment in judged.judgments:
        if judgment.judge.protocol == "single":
            rows[judgment.case.dialogues[0].candidate.model.model].append(judgment)
    expected = json.loads((recorded / "mtbench_judgments/expected.json").read_text(encoding="utf-8"))
    models = {
        model: figures
        for name, file in expected.items()
        if name.startswith("single")
        for model, figures in file.items()
    }
    assert rows.keys() == models.keys()
    for model, figures in models.items():
        read = [judgment for judgment in rows[model] if not isinstance(judgment.result, Unreadable)]
        assert (len(rows[model]), len(rows[model]) - len(read)) == (figures["rows"], figures["unparsed"])
        assert fmean(map(value, read)) == pytest.approx(figures["average"])
        for turn in (1, 2):
            there = [value(judgment) for judgment in read if judgment.case.scope == Scope(turn)]
            assert fmean(there) == pytest.approx(figures[f"turn_{turn}"], abs=1e-6)
        for category, mean in figures["by_category"].items():
            there = [value(judgment) for judgment in read if judgment.case.question.ability == category]
            assert fmean(there) == pytest.approx(mean, abs=1e-6)


@pytest.mark.recorded
def test_recorded_pairs(recorded: Path, judged: Imported) -> None:
    games: dict[str, list[str]] = defaultdict(list)
    for judgment in judged.judgments:
        if judgment.judge.protocol == "pair":
            games[judgment.case.question.id].append(winner(judgment))
    expected = json.loads((recorded / "mtbench_judgments/expected.json").read_text(encoding="utf-8"))["pair_phi3"]
    assert Counter("|".join(two) for two in games.values()) == expected["games"]
    outcome: Counter[str] = Counter()
    for first, second in games.values():
        agreed = first if first == second else "tie"
        outcome["error" if "error" in (first, second) else agreed] += 1
    assert outcome == expected["outcome"]


def winner(judgment: Judgment) -> str:
    """Say which model of the file won, from the side the record names."""
    if not isinstance(judgment.result, Verdict):
        return "error"
    if judgment.result.side is Side.TIE:
        return "tie"
    place = 0 if judgment.result.side is Side.FIRST else 1
    return {"phi-3": "model_1", "phi-3-dpo": "model_2"}[judgment.case.dialogues[place].candidate.model.model]


@pytest.mark.recorded
def test_recorded_prompts_give_the_questions_and_answers_exactly(recorded: Path, judged: Imported) -> None:
    questions = fastchat.read(recorded / "question_sets/mt_bench")
    assert {question.id: question for question in judged.questions} == {
        question.id: question for question in questions.questions
    }
    assert len(questions.dialogues) == 30
    folder = recorded / "mtbench_judgments"
    told = {dialogue.key: dialogue for dialogue in fastchat.read(folder / "single_phi3.jsonl.gz").dialogues}
    answered = fastchat.read(folder / "model_answer_phi-3-dpo.jsonl.gz").dialogues
    assert told == {dialogue.key: dialogue for dialogue in answered}
    assert {len(dialogue.answers) for dialogue in judged.dialogues} == {2}
    assert {dialogue.sample for dialogue in judged.dialogues} == {0}
    assert len(judged.dialogues) == 7 * 80


@pytest.mark.recorded
def test_recorded_notes(judged: Imported) -> None:
    assert judged.notes == {
        "题目由评委提示词复原": 80,
        "评判模板 single-v1": 300,
        "评判模板 single-v1-multi-turn": 300,
        "评判模板 single-math-v1": 180,
        "评判模板 single-math-v1-multi-turn": 180,
        "评判模板 pair-v2": 100,
        "评判模板 pair-math-v1": 50,
        "没读出来（recorded score -1）": 120,
        "没读出来（recorded error）": 3,
        "得分不在 1–10 之内，照录": 2,
    }


@pytest.mark.recorded
def test_recorded_chinese_questions(recorded: Path) -> None:
    found = fastchat.read(recorded / "question_sets/mt-bench-zh")
    assert len(found.questions) == 80
    assert Counter(question.bank for question in found.questions) == {"mt_bench_zh": 80}
    given = [question for question in found.questions if any(turn.reference for turn in question.turns)]
    assert len(given) == 25
    others = [one for one in recorded.iterdir() if one.name != "mtbench_judgments"]
    others += [recorded / "question_sets" / name for name in ("alignbench", "belle", "mtbench101")]
    assert not any(fastchat.recognises(folder) for folder in [recorded, *others])
