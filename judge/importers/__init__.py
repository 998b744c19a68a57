"""Foreign formats, one file each: they read files and return records.

Nothing is dropped in silence: what a row holds beyond the records, or what looks wrong in it, is counted in a note.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, TypeVar

from judge.errors import InputError
from judge.identity import Json
from judge.records import Bank, Candidate, Dialogue, HumanVerdict, Judge, Judgment, Model, Question, Tally

Row: TypeAlias = dict[str, Json]
Kind = TypeVar("Kind", str, list[Json], dict[str, Json])

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
    return Judge(f"recorded:{dataset}/{shown}", Model(f"recorded:{dataset}", name), protocol)


def files(path: Path, *patterns: str) -> list[Path]:
    """Return the file itself, or the files of a folder that match one of the patterns, sorted by name."""
    if path.is_file():
        return [path]
    return sorted({found for pattern in patterns for found in path.glob(pattern) if found.is_file()})


def open_text(path: Path) -> Iterator[str]:
    """Yield the lines of a UTF-8 text file, gzip-compressed or not, without their line ends.

    Raises InputError naming file and line for bytes that are not UTF-8, and for a damaged gzip file.
    """
    number = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                yield text.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(
            f"不是合法的 UTF-8（第 {error.start + 1} 个字节）",
            where=f"{path} 第 {number} 行",
            fix=f"先转码，例如 iconv -f GB18030 -t UTF-8 {path.name} -o 新文件",
        ) from error
    except (EOFError, gzip.BadGzipFile) as error:
        raise InputError(
            f"压缩文件不完整或已损坏（{error}）", where=str(path), fix="重新下载或重新压缩该文件"
        ) from error
    except OSError as error:
        raise InputError(f"读不了文件（{error.strerror or error}）", where=str(path), fix="检查路径与权限") from error


def json_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Yield ('FILE 第 N 行', object) for each non-blank line of a JSONL file.

    Raises InputError naming file and line for half a line, a line that is no object, a repeated field or a lone surrogate.
    """
    for number, line in enumerate(open_text(path), 1):
        if line.strip():
            where = f"{path} 第 {number} 行"
            yield where, parse_object(line, where)


def parse_object(line: str, where: str) -> Row:
    """Parse one JSON object strictly: no NaN, no repeated field, no lone surrogate."""
    try:
        row = json.loads(line, object_pairs_hook=_unique_fields, parse_constant=_no_constant)
        line.encode()
        if "\\u" in line:
            json.dumps(row, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        half = error.pos >= len(line.rstrip()) or error.msg.startswith("Unterminated")
        raise InputError(
            f"这一行 JSON 不完整，像是写到一半断了（{error.msg}）"
            if half
            else f"不是合法的 JSON（第 {error.colno} 列：{error.msg}）",
            where=where,
            fix="删掉或补全这一行；一行一个 JSON 对象",
        ) from error
    except UnicodeEncodeError as error:
        raise InputError(
            "含有孤立的代理字符（半个 emoji），存不成 UTF-8", where=where, fix="重新导出这一行的文本"
        ) from error
    except ValueError as error:
        raise InputError(str(error), where=where, fix="改成普通的 JSON 值") from error
    if not isinstance(row, dict):
        raise InputError(f"应是一个 JSON 对象，却是 {type(row).__name__}", where=where, fix="一行一个 {…}")
    return row


def _unique_fields(pairs: list[tuple[str, Json]]) -> Row:
    row = dict(pairs)
    if len(row) != len(pairs):
        name = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"字段 {name} 出现了两次")
    return row


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} 不是 JSON 的数")


def text_of(row: Row, name: str, where: str) -> str:
    """Return a field that must be text."""
    return _typed(row, name, where, str, "文字")


def number_of(row: Row, name: str, where: str) -> float:
    """Return a field that must be a number."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong_type(row, name, where, "数")
    return float(value)


def id_of(row: Row, name: str, where: str) -> str:
    """Return a field that names something: text, or a whole number written as text."""
    value = row.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _typed(row, name, where, str, "文字或整数")


def list_of(row: Row, name: str, where: str) -> list[Json]:
    """Return a field that must be a list."""
    return _typed(row, name, where, list, "列表")


def object_of(row: Row, name: str, where: str) -> Row:
    """Return a field that must be an object."""
    return _typed(row, name, where, dict, "对象")


def _typed(row: Row, name: str, where: str, kind: type[Kind], called: str) -> Kind:
    value = row.get(name)
    if not isinstance(value, kind):
        raise _wrong_type(row, name, where, called)
    return value


def _wrong_type(row: Row, name: str, where: str, called: str) -> InputError:
    if name not in row:
        return InputError(f"缺少字段 {name}", where=where, fix=f"补上 {name}（{called}）")
    return InputError(
        f"字段 {name} 应是{called}，却是 {type(row[name]).__name__}", where=where, fix=f"把 {name} 改成{called}"
    )


def head(path: Path, count: int = 1) -> list[Row]:
    """Return the first rows of a JSONL file for `recognises`; empty where it is not one."""
    rows: list[Row] = []
    try:
        for _, row in json_rows(path):
            rows.append(row)
            if len(rows) == count:
                break
    except InputError:
        return rows
    return rows


def has_fields(path: Path, names: Iterable[str]) -> bool:
    """Tell whether the first row of a JSONL file has all these fields."""
    first = head(path)
    return bool(first) and set(names) <= first[0].keys()
