"""Chinese-Alpaca: one bank per file, dialogues as they were held, a joint score each."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from judge.errors import InputError
from judge.importers import Imported, chinese_alpaca
from judge.records import DIALOGUE, Answer, Outcome, Score, Scores, Turn

BANK = "chinese_alpaca/set"


def row(model: str, *texts: str, score: object = 8.0, **more: object) -> dict[str, object]:
    roles = ("user", "assistant")
    return {
        "id": f"DIALOGUE-01/{model}",
        "question_id": "DIALOGUE-01",
        "category": "多轮交互",
        "category_key": "DIALOGUE",
        "title": "问候",
        "model": model,
        "turns": (len(texts) + 1) // 2,
        "messages": [{"role": roles[place % 2], "content": text} for place, text in enumerate(texts)],
        "judge_score": score,
        **more,
    }


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows), encoding="utf-8")
    return path


def test_dialogue_is_kept_as_held(tmp_path: Path) -> None:
    file = write(
        tmp_path / "set.jsonl", row("甲", "早", "早上好", "再见", "慢走"), row("乙", "早", "嗯", "走了", "好", "真走了")
    )
    found = chinese_alpaca.read(file)
    (question,) = found.questions
    assert (question.bank, question.ability, question.tags) == (BANK, "多轮交互", ("问候",))
    assert question.turns == (Turn("早"), Turn("再见"))
    assert [dialogue.candidate.name for dialogue in found.dialogues] == [f"recorded:{BANK}/甲", f"recorded:{BANK}/乙"]
    assert found.dialogues[1].answers == (
        Answer("早", "嗯"),
        Answer("走了", "好"),
        Answer("真走了", "", Outcome.EMPTY),
    )
    assert found.notes == {"用户各轮与该题第一次出现时不同，照录并标记": 1, "用户这一轮没有回答，记为空回答": 1}


def test_score_is_on_its_own_scale(tmp_path: Path) -> None:
    found = chinese_alpaca.read(write(tmp_path / "set.jsonl", row("甲", "早", "好", score=0), row("乙", "早", "好")))
    judgment = found.judgments[0]
    assert judgment.result == Scores(Score(0, 0, 10))
    assert judgment.case.scope == DIALOGUE
    assert (judgment.judge.name, judgment.judge.protocol) == (f"recorded:{BANK}/gpt-4", "joint score")
    assert chinese_alpaca.read(write(tmp_path / "set.jsonl", row("甲", "早", "好", score=11))).notes == {
        "得分不在 0–10 之内，照录": 1
    }


def test_each_file_is_a_bank(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", row("甲", "早", "好"))
    write(tmp_path / "b.jsonl", row("甲", "早", "好", score=3))
    write(tmp_path / "b.published.json", {"overall": {"甲": "30"}})
    found = chinese_alpaca.read(tmp_path)
    assert [bank.name for bank in found.banks] == ["chinese_alpaca/a", "chinese_alpaca/b"]
    assert len({dialogue.key for dialogue in found.dialogues}) == 2
    assert found.notes == {"公布的成绩表（*.published.json）不是记录，未读": 1}
    assert chinese_alpaca.recognises(tmp_path)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (row("甲", "早", "好"), "已有一份回答"),
        (row("乙", "早", "好", score="8"), "judge_score 应是数"),
        (row("乙"), "messages 是空的"),
        (row("乙", "早", messages=["早"]), "messages 里应是"),
        (row("乙", messages=[{"role": "assistant", "content": "好"}]), "前面没有用户消息"),
        ({"question_id": "DIALOGUE-01", "messages": [{"role": "user", "content": "早"}]}, "缺少字段 title"),
    ],
)
def test_bad_row_is_named(tmp_path: Path, bad: object, message: str) -> None:
    file = write(tmp_path / "set.jsonl", row("甲", "早", "好"), bad)
    with pytest.raises(InputError, match=message) as error:
        chinese_alpaca.read(file)
    assert error.value.where == f"{file} 第 2 行"


def half_up(value: float, places: str) -> Decimal:
    return Decimal(str(round(value, 9))).quantize(Decimal(places), ROUND_HALF_UP)


def category_cells(found: Imported, bank: str) -> dict[tuple[str, str], float]:
    scores: dict[tuple[str, str], list[float]] = defaultdict(list)
    for judgment in found.judgments:
        if judgment.case.question.bank == bank:
            assert isinstance(judgment.result, Scores)
            assert judgment.result.overall
            model = judgment.case.dialogues[0].candidate.model.model
            scores[judgment.case.question.ability, model].append(judgment.result.overall.value)
    return {cell: 10 * sum(values) / len(values) for cell, values in scores.items()}


@pytest.mark.recorded
@pytest.mark.parametrize(("stem", "places", "cells"), [("f16-p7b-p13b-33b", "0.1", 30), ("q4_7b-13b", "1", 20)])
def test_published_table_is_reproduced(recorded: Path, stem: str, places: str, cells: int) -> None:
    folder = recorded / "zh_alpaca200"
    published = json.loads((folder / f"{stem}.published.json").read_text(encoding="utf-8"))["by_category_0_100"]
    ours = category_cells(chinese_alpaca.read(folder), f"chinese_alpaca/{stem}")
    assert len(ours) == cells
    assert {cell: half_up(value, places) for cell, value in ours.items()} == {
        (category, model): Decimal(cell) for category, row in published.items() for model, cell in row.items()
    }


@pytest.mark.recorded
def test_recorded_dialogues(recorded: Path) -> None:
    found = chinese_alpaca.read(recorded / "zh_alpaca200")
    assert (len(found.questions), len(found.dialogues), len(found.judgments)) == (360, 920, 920)
    assert {len(dialogue.answers) for dialogue in found.dialogues} == {1, 3, 4, 5, 6, 7, 8}
    assert found.notes == {
        "用户各轮与该题第一次出现时不同，照录并标记": 18,
        "公布的成绩表（*.published.json）不是记录，未读": 2,
    }
    others = [folder for folder in recorded.iterdir() if folder.name != "zh_alpaca200"]
    assert not any(chinese_alpaca.recognises(folder) for folder in [recorded, *others])
