"""AlpacaEval: outputs against one baseline, the judge's preference as a probability."""

from __future__ import annotations

from pathlib import Path

from judge.importers import (
    Imported,
    Row,
    files,
    has_fields,
    id_of,
    json_rows,
    number_of,
    recorded_candidate,
    recorded_judge,
    text_of,
)
from judge.records import (
    DIALOGUE,
    Answer,
    Bank,
    Candidate,
    Case,
    Dialogue,
    Judgment,
    Question,
    Result,
    Side,
    Turn,
    Unreadable,
    Verdict,
)

QUESTION_FIELDS = ("id", "instruction", "baseline", "baseline_output")
OUTPUT_FIELDS = ("id", "model", "output", "preference")


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(has_fields(file, QUESTION_FIELDS) for file in files(path, "*.jsonl*"))


def read(path: Path, dataset: str = "alpaca_eval") -> Imported:
    """Read the baseline's and each model's outputs, with the judge's soft preferences between them.

    The baseline is stored first; which of the two the judge saw first was drawn per instruction and is not published.
    """
    folder = path if path.is_dir() else path.parent
    found = Imported(banks=[Bank(dataset, title="AlpacaEval 2")])
    judge = recorded_judge(dataset, "weighted_alpaca_eval_gpt4_turbo", protocol="weighted")
    baselines: dict[str, Dialogue] = {}
    for file in files(folder, "*.jsonl*"):
        if has_fields(file, QUESTION_FIELDS):
            for where, row in json_rows(file):
                baseline = _baseline(row, where, dataset)
                baselines[baseline.question.id] = baseline
    found.questions = [baseline.question for baseline in baselines.values()]
    found.dialogues = list(baselines.values())
    for file in files(folder, "*.jsonl*"):
        if has_fields(file, OUTPUT_FIELDS):
            for where, row in json_rows(file):
                baseline = baselines[id_of(row, "id", where)]
                candidate = recorded_candidate(dataset, text_of(row, "model", where))
                dialogue = _dialogue(baseline.question, candidate, text_of(row, "output", where))
                case = Case(baseline.question, DIALOGUE, (baseline, dialogue), placement_known=False)
                found.dialogues.append(dialogue)
                found.judgments.append(Judgment(case, judge, _preference(row, where, found)))
        elif not has_fields(file, QUESTION_FIELDS):
            found.notes[f"不是题目也不是输出，未读：{file.name}"] += 1
    for file in sorted(folder.glob("*.csv")):
        found.notes[f"公布的榜单不是记录，未读：{file.name}"] += 1
    return found


def _baseline(row: Row, where: str, dataset: str) -> Dialogue:
    turn = Turn(text_of(row, "instruction", where))
    ability = row.get("dataset")
    question = Question(dataset, id_of(row, "id", where), ability if isinstance(ability, str) else "未标注", (turn,))
    candidate = recorded_candidate(dataset, text_of(row, "baseline", where))
    return _dialogue(question, candidate, text_of(row, "baseline_output", where))


def _dialogue(question: Question, candidate: Candidate, text: str) -> Dialogue:
    return Dialogue(question, candidate, (Answer(question.turns[0].prompt, text),))


def _preference(row: Row, where: str, found: Imported) -> Result:
    """Turn a preference in [1, 2] (1: the baseline is better) into a verdict with its probabilities."""
    if row.get("preference") is None:
        found.notes["没有偏好值"] += 1
        return Unreadable("recorded null")
    preference = number_of(row, "preference", where)
    side = Side.FIRST if preference < 1.5 else Side.SECOND if preference > 1.5 else Side.TIE
    return Verdict(side, 0 if side is Side.TIE else 1, (2 - preference, 0.0, preference - 1))
