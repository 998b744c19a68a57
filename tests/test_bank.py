"""Banks: what is read, and every fault found with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.bank import TRADITIONAL, Fault, check_bank, read_bank, shipped_banks
from judge.errors import InputError
from judge.records import ABILITIES, Bank, Question, Turn

TURNS = [
    {"prompt": "一斤橘子4块，买3斤多少钱？", "reference": "12元", "reference_kind": "exact"},
    {"prompt": "那5斤呢？", "reference_kind": "rubric", "key_points": ["20元"], "depends_on": [1]},
]
ROW = {"id": "calc-001", "ability": "计算", "turns": TURNS}
OTHER = {"id": "calc-002", "ability": "计算", "turns": [{"prompt": "三加四是几？"}]}


def write(path: Path, *rows: object) -> Path:
    lines = [row if isinstance(row, bytes) else json.dumps(row, ensure_ascii=False).encode() for row in rows]
    path.write_bytes(b"\n".join(lines))
    return path


def with_turn(at: int, **fields: object) -> dict[str, object]:
    turns: list[dict[str, object]] = [dict(turn) for turn in TURNS]
    turns[at] |= fields
    return {**ROW, "turns": turns}


def test_a_bank_without_header_is_called_like_its_file(tmp_path: Path) -> None:
    bank, questions = read_bank(write(tmp_path / "mine.jsonl", ROW))
    assert bank == Bank("mine", abilities=ABILITIES)
    assert questions == (
        Question(
            "mine",
            "calc-001",
            "计算",
            (
                Turn("一斤橘子4块，买3斤多少钱？", "12元", "exact"),
                Turn("那5斤呢？", None, "rubric", ("20元",), (1,)),
            ),
        ),
    )


def test_a_header_names_the_bank_and_a_teams_own_abilities(tmp_path: Path) -> None:
    header = {"bank": "shop", "title": "小店", "version": "2026.11", "licence": "CC BY 4.0", "abilities": ["算账"]}
    bank, questions = read_bank(write(tmp_path / "x.jsonl", header, {**ROW, "ability": "算账"}))
    assert bank == Bank("shop", "小店", "2026.11", "CC BY 4.0", ("算账",))
    assert questions[0].bank == "shop"
    assert questions[0].key == Question("shop", "calc-001", "", ()).key


def test_many_abilities_or_none_at_all(tmp_path: Path) -> None:
    many = [f"能力{number}" for number in range(40)]
    assert read_bank(write(tmp_path / "a.jsonl", {"bank": "a", "abilities": many}, {**ROW, "ability": "能力39"}))
    assert read_bank(write(tmp_path / "b.jsonl", {"bank": "b", "abilities": []}, {**ROW, "ability": "随便什么"}))


def test_byte_order_mark_windows_line_ends_and_blank_lines(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    text = json.dumps({"bank": "b"}) + "\r\n\r\n" + json.dumps(ROW, ensure_ascii=False) + "\r\n"
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert [question.id for question in read_bank(file)[1]] == ["calc-001"]


@pytest.mark.parametrize(
    ("row", "path", "message"),
    [
        ({"id": "calc-001", "ability": "计算"}, "turns", "缺少字段 turns"),
        ({**ROW, "turns": []}, "turns", "一轮也没有"),
        ({**ROW, "turns": {}}, "turns", "应是列表，却是对象"),
        ({**ROW, "turns": ["你好"]}, "turns[0]（第 1 轮）", "应是对象，却是文字 '你好'"),
        ({**ROW, "ability": "计祘"}, "ability", "没有名为 计祘 的能力；是不是 计算"),
        ({**ROW, "ability": "逻辑推理"}, "ability", "没有名为 逻辑推理 的能力；是不是 逻辑与推理"),
        ({**ROW, "dificulty": 2}, "dificulty", "不认识的字段 dificulty；是不是 difficulty"),
        ({**ROW, "difficulty": 4}, "difficulty", "难度是 4，应在 1 到 3 之间"),
        ({**ROW, "difficulty": 2.0}, "difficulty", "应是整数，却是 2.0"),
        ({**ROW, "difficulty": True}, "difficulty", "应是整数，却是 true"),
        ({**ROW, "version": 0}, "version", "版本是 0，应从 1 起"),
        ({**ROW, "version": "1"}, "version", "应是整数，却是文字 '1'"),
        ({**ROW, "tags": "改口"}, "tags", "应是列表，却是文字 '改口'"),
        ({**ROW, "id": ""}, "id", "应是非空的文字，却是文字 ''"),
        ({**ROW, "version": 10**20}, "version", f"应是不大于 2147483647 的数，却是 {10**20}"),
        ({**ROW, "id": "题" * 201}, "id", f"应是至多 200 个字的文字，却是文字 '{'题' * 20}'……"),
        ({**ROW, "ability": "能" * 201}, "ability", f"应是至多 200 个字的文字，却是文字 '{'能' * 20}'……"),
        ({**ROW, "turns": [{"prompt": "问"}] * 1000}, "turns", "应是至多 999 项，却是列表（1000 项）"),
        (with_turn(1, prompt=" "), "turns[1].prompt（第 2 轮）", "用户的话是空的"),
        (with_turn(1, prompt=None), "turns[1].prompt（第 2 轮）", "应是文字，却是 null"),
        (with_turn(0, promt="x"), "turns[0].promt（第 1 轮）", "不认识的字段 promt；是不是 prompt"),
        (with_turn(0, reference=None), "turns[0].reference（第 1 轮）", "说有标准答案（exact），却没有写"),
        (with_turn(1, key_points=[]), "turns[1].key_points（第 2 轮）", "说按要点评（rubric），却没有要点"),
        (with_turn(1, key_points=["a", ""]), "turns[1].key_points[1]（第 2 轮）", "要点是空的"),
        (with_turn(1, depends_on=[]), "turns[1].depends_on（第 2 轮）", "这一轮不依赖前面任何一轮"),
        (
            with_turn(1, depends_on=[1, 2]),
            "turns[1].depends_on[1]（第 2 轮）",
            "第 2 轮不能依赖第 2 轮：只能依赖更早的轮（从 1 起）",
        ),
        (
            with_turn(0, depends_on=[0]),
            "turns[0].depends_on[0]（第 1 轮）",
            "第 1 轮不能依赖第 0 轮：只能依赖更早的轮（从 1 起）",
        ),
        (
            with_turn(0, reference_kind="exat"),
            "turns[0].reference_kind（第 1 轮）",
            "应是 exact、rubric、none 之一，却是文字 'exat'",
        ),
        (with_turn(0, prompt="這橘子幾塊？"), "turns[0].prompt（第 1 轮）", "有繁体字：這、幾、塊"),
    ],
)
def test_one_fault_is_named_by_line_question_and_key(
    tmp_path: Path, row: dict[str, object], path: str, message: str
) -> None:
    file = write(tmp_path / "x.jsonl", OTHER, row)
    place = f"{file} 第 2 行，题 {row['id']}，{path}" if row["id"] else f"{file} 第 2 行，{path}"
    faults = check_bank(file)
    assert [(fault.where, fault.message) for fault in faults] == [(place, message)]
    assert all(fault.fix for fault in faults)
    with pytest.raises(InputError) as error:
        read_bank(file)
    assert (error.value.where, error.value.message, error.value.fix) == (place, message, faults[0].fix)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (json.dumps(ROW, ensure_ascii=False).encode("gb18030"), "不是合法的 UTF-8"),
        (json.dumps(ROW).encode()[:-30], "这一行 JSON 不完整，像是写到一半断了"),
        (json.dumps(with_turn(0, prompt="\ud83d")).encode(), "含有孤立的代理字符"),
        (b"[1, 2]", "应是一个 JSON 对象"),
        (b'{"id": "a", "id": "b"}', "字段 id 出现了两次"),
        (b"[" * 100_000, "括号嵌套得太深"),
        (b'{"bank": "late"}', "表头只能写一次"),
        (b'{"id": ' + b"9" * 5000 + b"}", "有 5000 位，太长"),
        (b'{"id": 1e999}', "1e999 太大，不是有限的数"),
        (b'{"id" 1}', "不是合法的 JSON（第 7 列起读不下去）"),
        (rb'{"id": "\x"}', "不是合法的 JSON（第 9 列起读不下去）"),
        (b"[]", "应是一个 JSON 对象，却是列表（0 项）"),
    ],
)
def test_a_line_that_is_no_question_is_named_and_the_rest_still_checked(
    tmp_path: Path, line: bytes, message: str
) -> None:
    file = write(tmp_path / "x.jsonl", OTHER, line, {**ROW, "difficulty": 9})
    first, second = check_bank(file)
    assert first.where == f"{file} 第 2 行"
    assert message in first.message
    assert second.where == f"{file} 第 3 行，题 calc-001，difficulty"


def test_a_nul_is_named_with_its_key(tmp_path: Path) -> None:
    spelt = with_turn(1, prompt="反斜杠 \\u0000 不是空字符")
    assert check_bank(write(tmp_path / "y.jsonl", spelt)) == ()
    file = write(tmp_path / "x.jsonl", OTHER, with_turn(1, prompt="那5斤呢\0？"), {**OTHER, "a\0": 1})
    assert [(fault.where, fault.message) for fault in check_bank(file)] == [
        (f"{file} 第 2 行 的 turns[1].prompt", "文字里有空字符（\\u0000），存不进库"),
        (f"{file} 第 3 行 的 这一行", "文字里有空字符（\\u0000），存不进库"),
    ]


def test_questions_that_stand_twice(tmp_path: Path) -> None:
    same_text = {**OTHER, "id": "calc-009", "turns": [{"prompt": "三加四是几 ？ "}]}
    file = write(tmp_path / "x.jsonl", OTHER, {**ROW, "id": "calc-002"}, same_text)
    assert [fault.message for fault in check_bank(file)] == ["题号 calc-002 在第 1 行已经用过", "与第 1 行的题文字相同"]


def test_every_fault_of_one_question_is_listed(tmp_path: Path) -> None:
    row = {"id": 3, "ability": "计算", "turns": [{"promt": "x"}, {"prompt": 5}], "sorce": ""}
    found = {fault.where.rpartition("，")[2] for fault in check_bank(write(tmp_path / "x.jsonl", row))}
    assert found == {
        "id",
        "sorce",
        "turns[0].promt（第 1 轮）",
        "turns[0].prompt（第 1 轮）",
        "turns[1].prompt（第 2 轮）",
    }


@pytest.mark.parametrize(
    ("header", "key"), [({"bank": "b", "titel": ""}, "titel"), ({"bank": ""}, "bank"), ({"bank": 3}, "bank")]
)
def test_a_faulty_header(tmp_path: Path, header: dict[str, object], key: str) -> None:
    file = write(tmp_path / "x.jsonl", header, ROW)
    assert [fault.where for fault in check_bank(file)] == [f"{file} 第 1 行，{key}"]


def test_a_file_without_questions_and_a_missing_one(tmp_path: Path) -> None:
    empty = write(tmp_path / "empty.jsonl", b"\n")
    assert check_bank(empty) == (Fault(str(empty), "文件里没有题目", "一行写一道题，格式见 docs/formats.md"),)
    (fault,) = check_bank(tmp_path / "gone.jsonl")
    assert "读不了文件" in fault.message


def test_traditional_text_is_allowed_where_it_is_declared(tmp_path: Path) -> None:
    row = {**ROW, "tags": ["繁体"], "turns": [{"prompt": "把「這個」改成简体。"}]}
    assert check_bank(write(tmp_path / "x.jsonl", row)) == ()


def test_no_form_that_simplified_text_may_hold_counts_as_traditional() -> None:
    # GB 2312 is the character set of simplified text.
    assert "".join(sorted(TRADITIONAL)).encode("gb2312", "ignore") == b""
    assert not TRADITIONAL & set("乾坤徵羽瞭望慰藉著作覆盖麽伙後於囍喆熟狗")


@given(st.binary(max_size=200))
def test_no_bytes_break_the_check(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.mktemp("bank") / "x.jsonl"
    file.write_bytes(content)
    assert check_bank(file)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_no_value_breaks_the_check(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    folder = tmp_path_factory.mktemp("bank")
    for row in ({**ROW, "turns": value}, {**ROW, "tags": value}, with_turn(1, depends_on=value)):
        for fault in check_bank(write(folder / "x.jsonl", row)):
            assert not fault.message.isascii()


def test_shipped_banks_are_without_a_fault() -> None:
    assert {path: check_bank(path) for path in shipped_banks() if check_bank(path)} == {}
