"""Errors as people read them: code, place, reason, fix, and the names that were meant."""

from __future__ import annotations

import re

import pytest

from judge import errors
from judge.errors import (
    CapReached,
    GateNotMet,
    InputError,
    JudgeError,
    NothingToCompare,
    StoreError,
    UnknownName,
    nearest,
)

KNOWN = [
    "recorded:llmeval2/gpt4",
    "recorded:llmeval2/gpt35",
    "recorded:llmeval2/xunfei",
    "recorded:llmeval2/chatglm2-6b",
    "recorded:llmeval2/通义千问",
    "甲",
]


def test_an_error_shows_code_place_reason_and_fix() -> None:
    error = InputError("缺少字段 id", where="题库.jsonl 第 3 行", fix="补上 id（文字）")
    assert str(error) == "错误 E2100: 题库.jsonl 第 3 行：缺少字段 id\n  修复：补上 id（文字）"
    assert (error.message, error.where, error.fix) == ("缺少字段 id", "题库.jsonl 第 3 行", "补上 id（文字）")


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (StoreError("库文件是空的", where="judge.db"), "错误 E2200: judge.db：库文件是空的"),
        (GateNotMet("胜率 40%", fix="放宽条件"), "错误 E5000: 胜率 40%\n  修复：放宽条件"),
        (CapReached("额度用完"), "错误 E4000: 额度用完"),
        (JudgeError("出错"), "错误 E1000: 出错"),
    ],
)
def test_a_place_or_fix_that_is_not_known_leaves_no_empty_mark(error: JudgeError, shown: str) -> None:
    assert str(error) == shown


@pytest.mark.parametrize(
    ("kind", "code", "exit_code"),
    [
        (JudgeError, "E1000", 1),
        (InputError, "E2100", 2),
        (UnknownName, "E2101", 2),
        (NothingToCompare, "E2102", 2),
        (StoreError, "E2200", 2),
        (CapReached, "E4000", 4),
        (GateNotMet, "E5000", 5),
    ],
)
def test_codes_and_exit_codes(kind: type[JudgeError], code: str, exit_code: int) -> None:
    assert (kind.code, kind.exit_code) == (code, exit_code)


def test_the_tree_at_the_top_of_the_file_is_the_tree_of_the_classes() -> None:
    drawn = re.findall(r"^[│ ]*[├└]── (\w+)", errors.__doc__ or "", re.MULTILINE)
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, JudgeError)]
    assert sorted(drawn) == sorted(kind.__name__ for kind in kinds if kind is not JudgeError)
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert issubclass(UnknownName, InputError)
    assert issubclass(NothingToCompare, InputError)


# ── names that were meant ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("GPT4", "recorded:llmeval2/gpt4"),
        ("gpt-4", "recorded:llmeval2/gpt4"),
        ("llmeval2/gpt4", "recorded:llmeval2/gpt4"),
        ("recorded:llmeval2/GPT4", "recorded:llmeval2/gpt4"),
        ("recorded:llmeval/gpt4", "recorded:llmeval2/gpt4"),
        ("xunfe", "recorded:llmeval2/xunfei"),
        ("Xunfei", "recorded:llmeval2/xunfei"),
        ("chatglm2", "recorded:llmeval2/chatglm2-6b"),
        ("通义千文", "recorded:llmeval2/通义千问"),
        ("甲", "甲"),
    ],
)
def test_a_mistyped_name_finds_the_one_that_was_meant_first(name: str, meant: str) -> None:
    assert nearest(name, KNOWN)[0] == meant


@pytest.mark.parametrize("name", ["", "zzzz", "丙丁戊", "/"])
def test_a_name_near_to_none_finds_none(name: str) -> None:
    assert nearest(name, KNOWN) == []


def test_no_more_than_three_are_named_and_none_twice() -> None:
    known = [f"recorded:set/model-{number}" for number in range(9)]
    found = nearest("model-0", known)
    assert len(found) == len(set(found)) == 3
    assert found[0] == "recorded:set/model-0"
    assert nearest("gpt4", []) == []


def test_an_unknown_name_is_shown_with_what_was_meant_and_what_there_is() -> None:
    error = UnknownName("候选", "xunfe", KNOWN)
    assert error.nearest == ["recorded:llmeval2/xunfei"]
    assert str(error) == (
        "错误 E2101: 没有名为 xunfe 的候选；你要找的是不是：recorded:llmeval2/xunfei\n"
        "  修复：已有：recorded:llmeval2/chatglm2-6b、recorded:llmeval2/gpt35、recorded:llmeval2/gpt4、"
        "recorded:llmeval2/xunfei、recorded:llmeval2/通义千问、甲"
    )


def test_an_unknown_name_in_an_empty_store_says_how_to_begin() -> None:
    assert str(UnknownName("题库", "x", [])) == (
        "错误 E2101: 没有名为 x 的题库\n  修复：库里还是空的，先用 judge import 导入数据"
    )


def test_of_many_names_twelve_are_listed_each_once() -> None:
    error = UnknownName("评委", "zzz", [f"{number:02}" for number in range(13)] * 2)
    assert error.fix == "已有：" + "、".join(f"{number:02}" for number in range(12)) + "……"
    assert UnknownName("评委", "zzz", ["甲"], fix="看 judge banks").fix == "看 judge banks"
