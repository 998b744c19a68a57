"""LLMEval-1: scores per metric without questions or answers, some given twice."""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from statistics import fmean

import pytest

from judge.errors import InputError
from judge.importers import llmeval1
from judge.records import Score, Scores
from tests.importers.test_own import ALL, Line

HEADER = "id,question_uuid,llm_name,metric,score\n"


def write(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def test_metrics_of_an_answer_are_one_judgment(tmp_path: Path) -> None:
    rows = "1,Open_QA_12,甲,fluency,3\n2,Open_QA_12,甲,accuracy,2\n3,Open_QA_12,乙,fluency,1\n"
    repeated = "4,Open_QA_12,甲,accuracy,3\n5,Open_QA_12,甲,accuracy,1\n"
    write(tmp_path / "scores.csv.gz", HEADER + rows + repeated)
    write(tmp_path / "published.csv", "llm_name,overall\n甲,2.5\n")
    assert llmeval1.recognises(tmp_path)
    assert not llmeval1.recognises(tmp_path / "published.csv")
    found = llmeval1.read(tmp_path)
    (question,) = found.questions
    assert (question.id, question.ability, question.turns) == ("Open_QA_12", "Open_QA", ())
    assert [(one.candidate.name, one.answers) for one in found.dialogues] == [
        ("recorded:llmeval1/甲", ()),
        ("recorded:llmeval1/乙", ()),
    ]
    assert [(one.case.dialogues[0].candidate.model.model, one.repeat, one.result) for one in found.judgments] == [
        ("甲", 0, Scores(None, (("fluency", Score(3, 1, 3)), ("accuracy", Score(2, 1, 3))))),
        ("甲", 1, Scores(None, (("accuracy", Score(3, 1, 3)),))),
        ("甲", 2, Scores(None, (("accuracy", Score(1, 1, 3)),))),
        ("乙", 0, Scores(None, (("fluency", Score(1, 1, 3)),))),
    ]
    assert found.notes == {
        "同一题、同一模型、同一指标又有一个得分，记为重复评判": 2,
        "公布的汇总表（*.csv）不是记录，未读": 1,
    }


def test_score_off_the_scale_is_kept(tmp_path: Path) -> None:
    found = llmeval1.read(write(tmp_path / "a.csv", HEADER + "1,问答_1,甲,fluency,4\n"), "另一份")
    assert found.judgments[0].result == Scores(None, (("fluency", Score(4, 1, 3)),))
    assert found.questions[0].bank == "另一份"
    assert found.notes == {"得分不在 1–3 之内，照录": 1}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("2,问答_1,甲,accuracy,好\n", "score 应是数"),
        ("2,问答_1,甲,accuracy,nan\n", "score 应是有限的数"),
        ("2,问答_1,甲,accuracy\n", "应有 5 列，却有 4 列"),
        ("2,问答_1,甲,accuracy,3,4\n", "应有 5 列，却有 6 列"),
    ],
)
def test_bad_row_is_named(tmp_path: Path, bad: str, message: str) -> None:
    file = write(tmp_path / "a.csv", HEADER + "1,问答_1,甲,fluency,3\n" + bad)
    with pytest.raises(InputError, match=message) as error:
        llmeval1.read(file)
    assert error.value.where == f"{file} 第 3 行"


def test_missing_column_is_named(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "id,question_uuid,llm_name,score\n1,问答_1,甲,3\n")
    with pytest.raises(InputError, match="缺少字段 metric") as error:
        llmeval1.read(file)
    assert error.value.where == f"{file} 第 2 行"


@pytest.mark.recorded
def test_published_means(recorded: Path) -> None:
    """34 of 36 cells to three decimals; the two others are one unit off in the last place, as the README says."""
    found = llmeval1.read(recorded / "llmeval1")
    assert (len(found.questions), len(found.dialogues), len(found.judgments)) == (453, 2715, 2734)
    assert len({question.ability for question in found.questions}) == 17
    scores: dict[tuple[str, str], list[float]] = defaultdict(list)
    for judgment in found.judgments:
        assert isinstance(judgment.result, Scores)
        for metric, score in judgment.result.dimensions:
            scores[judgment.case.dialogues[0].candidate.model.model, metric].append(score.value)
    assert sum(map(len, scores.values())) == 13670
    means = {cell: fmean(values) for cell, values in scores.items()}
    with (recorded / "llmeval1/published_pointwise_gpt4.csv").open(encoding="utf-8") as stream:
        published = {row["llm_name"]: row for row in csv.DictReader(stream)}
    for model in published:
        means[model, "overall"] = fmean(mean for (name, _), mean in means.items() if name == model)
    off = {
        (model, metric): (round(mean, 4), published[model][metric])
        for (model, metric), mean in means.items()
        if Decimal(repr(round(mean, 9))).quantize(Decimal("0.001"), ROUND_HALF_UP) != Decimal(published[model][metric])
    }
    assert len(means) == 36
    assert off == {("NewBing", "overall"): (2.6215, "2.622"), ("ChatGLM-6B", "logicality"): (2.5185, "2.518")}
    assert found.notes == {
        "同一题、同一模型、同一指标又有一个得分，记为重复评判": 95,
        "公布的汇总表（*.csv）不是记录，未读": 4,
    }


@pytest.mark.parametrize("line", ALL)
def test_our_own_lines_are_not_recognised(tmp_path: Path, line: Line) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert not llmeval1.recognises(tmp_path)
    assert not llmeval1.recognises(tmp_path / "own.jsonl")


@pytest.mark.recorded
def test_other_formats_are_not_recognised(recorded: Path) -> None:
    others = [path for path in recorded.rglob("*") if "llmeval1" not in path.parts]
    assert not [path for path in [recorded, *others] if llmeval1.recognises(path)]
