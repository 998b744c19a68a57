"""LLMZoo: rankings of the same answers by aspect, each read as one rank per dialogue."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from statistics import fmean

import pytest

from judge.errors import InputError
from judge.importers import llmzoo
from judge.records import Score, Scores, Turn
from tests.importers.test_own import ALL, Line

ROW = {
    "id": "general/1",
    "aspect": "general",
    "lang": "zh",
    "question_id": 1,
    "category": "writing",
    "question": "写一句诗。",
    "models": ["甲", "乙", "丙"],
    "answers": ["月白风清。", "山高水长。", "花开花落。"],
    "judge": "评委",
    "judge_text": "丙最好，甲乙并列。",
    "order": [2, 2, 1],
}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_ranking_is_one_judgment_per_dialogue(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", ROW, {**ROW, "aspect": "diversity", "order": [1, 3, 2], "judge_text": "甲丙乙。"})
    (tmp_path / "a.published_metric.json").write_text("{}", encoding="utf-8")
    found = llmzoo.read(tmp_path)
    (question,) = found.questions
    assert (question.bank, question.id, question.ability) == ("llmzoo_zh", "1", "writing")
    assert question.turns == (Turn("写一句诗。"),)
    assert [one.candidate.name for one in found.dialogues] == [f"recorded:llmzoo_zh/{name}" for name in "甲乙丙"]
    assert [one.case.dialogues[0] for one in found.judgments] == found.dialogues * 2
    assert [one.result for one in found.judgments[:3]] == [Scores(Score(rank, 3, 1)) for rank in (2, 2, 1)]
    assert {one.reply for one in found.judgments[:3]} == {"丙最好，甲乙并列。"}
    judges = [found.judgments[0].judge, found.judgments[3].judge]
    assert [judge.name for judge in judges] == ["recorded:llmzoo_zh/评委+general", "recorded:llmzoo_zh/评委+diversity"]
    assert {judge.protocol for judge in judges} == {"ranking"}
    assert judges[0].key != judges[1].key
    assert found.notes == {
        "各模型出场的次序从未换过，位置偏差含在名次里": 6,
        "公布的成绩表（*.published_metric.json）不是记录，未读": 1,
    }


def test_repeats(tmp_path: Path) -> None:
    swapped = {**ROW, "models": ["乙", "甲"], "answers": ["山高水长。", "月白风清。"], "order": [1, 2]}
    found = llmzoo.read(write(tmp_path / "a.jsonl", ROW, swapped))
    assert [one.repeat for one in found.judgments] == [0, 0, 0, 1, 1]
    assert found.notes == {"同一回答在同一方面评了不止一次，依次记为重复": 2}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({**ROW, "question": "写两句诗。"}, "编号 1 已有另一道题"),
        ({**ROW, "answers": ["月白风清。", "别的。", "花开花落。"]}, "乙 对 1 已有另一份回答"),
        ({**ROW, "answers": ["月白风清。"]}, "应一一对应"),
        ({**ROW, "models": ["甲", "甲", "丙"]}, "应一一对应"),
        ({**ROW, "models": ["甲", 2, "丙"]}, "models 里应全是文字"),
        ({**ROW, "order": [1, 2]}, "order 应是 3 个"),
        ({**ROW, "order": [1, 2, 4]}, "order 应是 3 个"),
        ({**ROW, "order": [1, 2, True]}, "order 应是 3 个"),
        ({**ROW, "judge_text": None}, "judge_text 应是文字"),
        ({name: value for name, value in ROW.items() if name != "order"}, "缺少字段 order"),
    ],
)
def test_bad_row_is_named(tmp_path: Path, bad: object, message: str) -> None:
    file = write(tmp_path / "a.jsonl", ROW, bad)
    with pytest.raises(InputError, match=message) as error:
        llmzoo.read(file)
    assert error.value.where == f"{file} 第 2 行"


@pytest.mark.recorded
def test_published_metrics(recorded: Path) -> None:
    """All cells of all five aspects: wins, ties and losses against the first model, mean rank, mean of 10 / rank."""
    found = llmzoo.read(recorded / "llmzoo_zh")
    assert (len(found.questions), len(found.dialogues), len(found.judgments)) == (70, 280, 1160)
    ranks: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for one in found.judgments:
        assert isinstance(one.result, Scores)
        assert one.result.overall
        assert (one.result.overall.minimum, one.result.overall.maximum) == (4, 1)
        model = one.case.dialogues[0].candidate.model.model
        ranks[one.judge.rubric][model][one.case.question.id] = one.result.overall.value
    published = json.loads((recorded / "llmzoo_zh/review_output.published_metric.json").read_text(encoding="utf-8"))
    assert ranks.keys() == published.keys()
    assert len(published) == 5
    for aspect, models in published.items():
        for model, cells in models.items():
            ours, base = ranks[aspect][model], ranks[aspect]["gpt-3.5-turbo"]
            won = sum(rank < base[question] for question, rank in ours.items())
            lost = sum(rank > base[question] for question, rank in ours.items())
            scores = [fmean(10 / rank for rank in one.values()) for one in (base, ours)]
            assert cells["winning"] == {
                "gpt3.5": lost,
                "tie": len(ours) - won - lost,
                "model": won,
                "%model": pytest.approx(won / len(ours), abs=1e-12),
            }
            assert cells["order"] == pytest.approx({"gpt3.5": fmean(base.values()), "model": fmean(ours.values())})
            assert cells["score"] == pytest.approx(
                {"gpt3.5": scores[0], "model": scores[1], "%model": scores[1] / scores[0]}, abs=1e-12
            )
    assert found.notes == {
        "各模型出场的次序从未换过，位置偏差含在名次里": 1160,
        "公布的成绩表（*.published_metric.json）不是记录，未读": 1,
    }


@pytest.mark.parametrize("line", ALL)
def test_our_own_lines_are_not_recognised(tmp_path: Path, line: Line) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert not llmzoo.recognises(tmp_path)
    assert not llmzoo.recognises(tmp_path / "own.jsonl")


@pytest.mark.recorded
def test_other_formats_are_not_recognised(recorded: Path) -> None:
    others = [path for path in recorded.rglob("*") if "llmzoo_zh" not in path.parts]
    assert llmzoo.recognises(recorded / "llmzoo_zh")
    assert not [path for path in [recorded, *others] if llmzoo.recognises(path)]
