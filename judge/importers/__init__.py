"""Foreign formats, one file each: they read files and return records.

Nothing is dropped in silence: what a row holds beyond the records, or what looks wrong in it, is counted in a note.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

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
from judge.records import Bank, Candidate, Dialogue, HumanVerdict, Judge, Judgment, Model, Question, Tally

__all__ = [
    "FORMATS",
    "Imported",
    "Row",
    "files",
    "has_fields",
    "head",
    "id_of",
    "json_rows",
    "list_of",
    "number_of",
    "object_of",
    "open_text",
    "parse_object",
    "recorded_candidate",
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
    """What an importer found: records in the order of the file, and notes on what is odd (text -> how often)."""

    banks: list[Bank] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    dialogues: list[Dialogue] = field(default_factory=list)
    judgments: list[Judgment] = field(default_factory=list)
    human_verdicts: list[HumanVerdict] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)


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
