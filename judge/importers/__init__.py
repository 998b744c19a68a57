"""Foreign formats, one file each: they read files and return records.

Nothing is dropped in silence: what a row holds beyond the records, or what looks wrong in it, is counted in a note.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from judge.errors import InputError
from judge.jsonl import (
    Row,
    has_fields,
    head,
    id_of,
    json_rows,
    list_of,
    number_of,
    object_of,
    open_text,
    parse_object,
    text_of,
)
from judge.records import (
    Answer,
    Bank,
    Candidate,
    Dialogue,
    HumanVerdict,
    Judge,
    Judgment,
    Model,
    Outcome,
    Question,
    Run,
    Tally,
)

if TYPE_CHECKING:
    from judge.store import Store
    from judge.store.writing import Added

__all__ = [
    "FORMATS",
    "Imported",
    "Row",
    "csv_rows",
    "files",
    "has_columns",
    "has_fields",
    "head",
    "id_of",
    "json_rows",
    "list_of",
    "new_id",
    "number_of",
    "object_of",
    "open_text",
    "parse_object",
    "recorded_answer",
    "recorded_candidate",
    "recorded_dialogue",
    "recorded_judge",
    "text_of",
]

# Each format names its module; the module offers `recognises(path) -> bool` and `read(path, dataset) -> Imported`.
# The order matters only where a folder could be taken for two formats: the more particular one stands first.
FORMATS: dict[str, str] = {
    "llmeval2": "judge.importers.llmeval2:LLMEval-2：20 个模型的中文回答、GPT-4 星级与人工星级",
    "chinese_alpaca": "judge.importers.chinese_alpaca:Chinese-Alpaca：十类中文题、多轮对话与逐条得分",
    "fastchat": "judge.importers.fastchat:FastChat / MT-Bench：题目、回答、参考、单评与对评",
    "alignbench": "judge.importers.alignbench:AlignBench：题目与评分",
    "mtbench101": "judge.importers.mtbench101:MT-Bench-101：多轮题（标准历史）",
    "belle": "judge.importers.belle:BELLE：中文指令与标准答案",
    "alpaca_eval": "judge.importers.alpaca_eval:AlpacaEval：输出与软偏好",
    "superclue_open": "judge.importers.superclue_open:SuperCLUE-OPEN：公布的胜平负次数",
    "pandalm": "judge.importers.pandalm:PandaLM：回答对、三位标注者、两个评委",
    "judgebench": "judge.importers.judgebench:JudgeBench：回答对、客观标签、评委原文",
    "llmeval1": "judge.importers.llmeval1:LLMEval-1：GPT-4 分项得分（只有分数）",
    "llmzoo": "judge.importers.llmzoo:LLMZoo：四模型排名与评委原文",
    "mixtral_pairs": "judge.importers.mixtral_pairs:Chinese-Mixtral：两模型同评打分",
    "critiquellm": "judge.importers.critiquellm:CritiqueLLM：人工打分的回答",
    "faireval": "judge.importers.faireval:FairEval：人工判定的回答对",
    "wildbench": "judge.importers.wildbench:WildBench：逐条得分与优缺点",
    "own": "judge.importers.own:本项目的 JSONL：题库、回答、评判、人工判定",
}


@dataclass
class Imported:
    """What an importer found: records in the order of the file, and notes on what is odd (text -> how often).

    places: file and line of human verdicts by key, where those may say otherwise than what is stored already.
    """

    banks: list[Bank] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    dialogues: list[Dialogue] = field(default_factory=list)
    judgments: list[Judgment] = field(default_factory=list)
    human_verdicts: list[HumanVerdict] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    places: dict[str, str] = field(default_factory=dict)

    def add_to(self, store: Store, run: Run | None = None) -> Added:
        """Add all that was found to a store, in one transaction."""
        return store.add(
            banks=self.banks,
            questions=self.questions,
            dialogues=self.dialogues,
            judgments=self.judgments,
            human_verdicts=self.human_verdicts,
            tallies=self.tallies,
            run=run,
        )


def recorded_candidate(dataset: str, name: str) -> Candidate:
    """Name a candidate whose answers were recorded by others."""
    return Candidate(f"recorded:{dataset}/{name}", Model(f"recorded:{dataset}", name))


def recorded_judge(dataset: str, name: str, protocol: str = "", label: str = "") -> Judge:
    """Name a judge whose judgments were recorded by others; `label` tells apart two protocols of one model."""
    shown = f"{name}+{label}" if label else name
    return Judge(f"recorded:{dataset}/{shown}", Model(f"recorded:{dataset}", name), protocol, template=label)


def files(path: Path, *patterns: str) -> list[Path]:
    """Return the file itself, or the files of a folder that match one of the patterns, sorted by name."""
    if path.is_file():
        return [path]
    return sorted({found for pattern in patterns for found in path.glob(pattern) if found.is_file()})


def recorded_answer(prompt: str | None, text: str) -> Answer:
    """Make the answer of a turn as recorded; a blank one ended empty."""
    return Answer(prompt, text, Outcome.OK if text.strip() else Outcome.EMPTY)


def recorded_dialogue(question: Question, name: str, text: str) -> Dialogue:
    """Make the dialogue of one turn that a candidate, by its name in the data set, was recorded with."""
    prompt = question.turns[0].prompt if question.turns else None
    return Dialogue(question, recorded_candidate(question.bank, name), (recorded_answer(prompt, text),))


def new_id(row: Row, name: str, where: str, seen: set[str]) -> str:
    """Return the id of a row where each id has one row; raises InputError where it was seen before."""
    found = id_of(row, name, where)
    if found in seen:
        raise InputError(f"编号 {found} 已出现过", where=where, fix="一个编号只留一行；另一份数据用 --dataset 另取名字")
    seen.add(found)
    return found


def csv_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Yield ('FILE 第 N 行', row) for each line of a CSV file under its header; cells are text.

    Raises InputError naming file and line for a quote left open and for a line with more or fewer cells than the header.
    """
    lines = csv.reader((line + "\n" for line in open_text(path)), strict=True)
    header: list[str] | None = None
    try:
        for cells in lines:
            where = f"{path} 第 {lines.line_num} 行"
            if header is None:
                header = cells
            elif cells:
                if len(cells) != len(header):
                    raise InputError(
                        f"应有 {len(header)} 列，却有 {len(cells)} 列", where=where, fix="补齐或删去多余的列"
                    )
                yield where, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        where = f"{path} 第 {lines.line_num} 行"
        raise InputError(f"不是合法的 CSV（{error}）", where=where, fix="检查引号是否成对") from error


def has_columns(path: Path, names: Iterable[str]) -> bool:
    """Tell whether a CSV file has rows with all these columns."""
    try:
        _, row = next(csv_rows(path), ("", Row()))
    except InputError:
        return False
    return set(names) <= row.keys()
