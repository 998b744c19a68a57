"""Each fault of a bank is named with file, line, id and reason; what is sound passes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from judge.bank import read_bank
from judge.bank.checking import checked
from judge.bank.soundness import personal
from judge.errors import InputError
from judge.importers import own

HEAD: dict[str, Any] = {"bank": "试", "abilities": ["计算", "代码"]}
ASKED = "仓库里有{count}箱货，每箱{each}件，一共多少件？请写出算式。"


def row(number: int, first: str, second: str = "每箱再加两件呢？", **more: Any) -> dict[str, Any]:
    turns = [
        {"prompt": first, "reference": "600件", "reference_kind": "exact"},
        {"prompt": second, "reference": "624件", "reference_kind": "exact", "depends_on": [1]},
    ]
    return {"id": f"q-{number:03}", "ability": "计算", "turns": turns, **more}


def written(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "试.jsonl"
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows), encoding="utf-8")
    return path


SOUND = row(1, ASKED.format(count=12, each=50))
LONG = "从码头到冷库的路上要过两道闸，司机问第二道闸几点落杆，调度只回了三个字。" * 120
FAULTS: list[tuple[str, tuple[dict[str, Any], ...], str, str]] = [
    ("same", (HEAD, SOUND, row(2, ASKED.format(count=12, each=50), "第二轮换成别的问法，问还剩几箱？")), "第 3 行，题 q-002，turns[0].prompt", "与 q-001 几乎一样（相似 1.00）"),
    ("masked", (HEAD, SOUND, row(2, ASKED.format(count=87, each=64), "第二轮换成别的问法，问还剩几箱？")), "第 3 行，题 q-002，turns[0].prompt", "与 q-001 换掉数字与人名后几乎一样"),
    ("phone", (HEAD, row(1, "打 13812345678 问仓库还有多少件，回来告诉我数。")), "第 2 行，题 q-001，turns[0].prompt", "像是真的手机号：13812345678"),
    ("mail", (HEAD, row(1, "发到 zhang.san@qq.com 问仓库还有多少件，回来告诉我数。")), "第 2 行，题 q-001，turns[0].prompt", "像是真的邮箱"),
    ("long", (HEAD, row(1, LONG)), "第 2 行，题 q-001，turns[0].prompt", "有 4,320 字，多于 4,000"),
    ("few", ({**HEAD, "balance": {"per_ability": 2}}, SOUND), "balance.per_ability", "计算 有 1 题，表头说至少 2"),
    ("turns", ({**HEAD, "balance": {"turns": {"4-6": 1}}}, SOUND), "balance.turns.4-6", "计算 里 4-6 轮的有 0 题，表头说至少 1"),
    ("traps", ({**HEAD, "balance": {"traps": 0.15}}, SOUND), "balance.traps", "有陷阱的占 0%，表头说至少 15%"),
    ("script", (HEAD, row(1, "倉庫裡有多少箱貨？請寫出算式，還要說明單位。")), "第 2 行，题 q-001，turns[0].prompt", "有繁体字"),
    ("depends", (HEAD, {**SOUND, "turns": [SOUND["turns"][0], {"prompt": "换个话题", "depends_on": []}]}), "turns[1].depends_on（第 2 轮）", "这一轮不依赖前面任何一轮"),
    ("reference", (HEAD, {**SOUND, "turns": [{"prompt": "一共多少？", "reference_kind": "exact"}]}), "turns[0].reference（第 1 轮）", "说有标准答案（exact），却没有写"),
    ("points", (HEAD, {**SOUND, "turns": [{"prompt": "写一句。", "reference_kind": "rubric"}]}), "turns[0].key_points（第 1 轮）", "说按要点评（rubric），却没有要点"),
    ("ability", (HEAD, {**SOUND, "ability": "算术"}), "第 2 行，题 q-001，ability", "没有名为 算术 的能力"),
    ("id", (HEAD, SOUND, {**row(2, "另一道完全不同的题，问路上要几天。"), "id": "q-001"}), "第 3 行，题 q-001，id", "题号 q-001 在第 2 行已经用过"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "where", "message"), [one[1:] for one in FAULTS], ids=[one[0] for one in FAULTS])
def test_each_fault_is_named_with_its_place(
    tmp_path: Path, rows: tuple[dict[str, Any], ...], where: str, message: str
) -> None:
    path = written(tmp_path, *rows)
    faults = checked(path).faults
    assert [one for one in faults if where in one.where and message in one.message and one.fix], faults
    assert all(str(path) in one.where for one in faults)


def test_what_is_sound_passes(tmp_path: Path) -> None:
    assert checked(written(tmp_path, HEAD, SOUND)).faults == ()


def test_a_question_of_another_set_is_found(tmp_path: Path) -> None:
    faults = checked(written(tmp_path, HEAD, SOUND), {"别处/7": [ASKED.format(count=3, each=9)]}).faults
    assert [one.message for one in faults] == ["与 别处/7 换掉数字与人名后几乎一样（相似 1.00）"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("身份证 11010519491231002X", [("身份证号", "11010519491231002X")]),
        ("身份证 110105194912310021", []),  # its last digit does not fit
        ("卡号 6222 0200 0000 0000 004", []),
        ("卡号 4111 1111 1111 1111", [("银行卡号", "4111 1111 1111 1111")]),
        ("138****0000、name@example.com、订单号 2026113000017", []),
        ("拨 139 1234 5678", [("手机号", "139 1234 5678")]),
    ],
)
def test_personal_data_is_told_from_what_only_looks_like_it(text: str, found: list[tuple[str, str]]) -> None:
    assert list(personal(text)) == found


# ── what lies sealed ──────────────────────────────────────────────────────────────────────────────────────────────────


def sealed(folder: Path, *rows: dict[str, Any], password: str = "开门") -> None:
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)
    (folder / "sealed.jsonl").write_text(lines, encoding="utf-8")
    subprocess.run(["zip", "-q", "-P", password, "藏.zip", "sealed.jsonl"], cwd=folder, check=True)
    (folder / "sealed.jsonl").unlink()


def test_sealed_questions_belong_to_the_bank(tmp_path: Path) -> None:
    sealed(tmp_path, row(2, "冷库从早上六点起每小时降三度，几点降到零下十八度？"))
    path = written(tmp_path, {**HEAD, "sealed": "藏.zip", "password": "开门"}, SOUND)
    assert [one.id for one in read_bank(path)[1]] == ["q-001", "q-002"]
    assert checked(path).draft.sealed == {"q-002"}
    assert [one.id for one in own.read(path).questions] == ["q-001", "q-002"]


def test_a_fault_in_the_zip_is_placed_there(tmp_path: Path) -> None:
    sealed(tmp_path, {**row(2, "冷库几点降到零下十八度？"), "ability": "算术"})
    (fault,) = checked(written(tmp_path, {**HEAD, "sealed": "藏.zip", "password": "开门"}, SOUND)).faults
    assert "藏.zip › sealed.jsonl 第 1 行，题 q-002" in fault.where


@pytest.mark.parametrize(("password", "said"), [("关门", "密码不对"), (None, "封存的题不在")])
def test_a_zip_that_is_shut_or_missing_says_so(tmp_path: Path, password: str | None, said: str) -> None:
    if password is not None:
        sealed(tmp_path, row(2, "冷库几点降到零下十八度？"))
    path = written(tmp_path, {**HEAD, "sealed": "藏.zip", "password": password or "开门"}, SOUND)
    with pytest.raises(InputError, match=said):
        read_bank(path)


# ── programs ──────────────────────────────────────────────────────────────────────────────────────────────────────────

CODE = {
    "id": "c-001",
    "ability": "代码",
    "turns": [{"prompt": "写 total(xs)，求和，跳过 None", "reference": "```python\ndef total(xs):\n    return sum(x for x in xs if x is not None)\n```", "reference_kind": "exact"}],
}  # fmt: skip
PROGRAM = """
import re
def q_001(said):
    boxes, each = map(int, re.findall(r"\\d+", said[0])[:2])
    return [f"{boxes * each}件", f"{boxes * (each + 2)}件"]
"""
TEST = "def check(space):\n    assert space['total']([1, None, 4]) == 5\n    assert space['total']([]) == 0\n"


def proved(
    folder: Path, *rows: dict[str, Any], program: str = PROGRAM, test: str | None = TEST, **head: Any
) -> list[tuple[str, str]]:
    (folder / "checks" / "code").mkdir(parents=True)
    (folder / "checks" / "calc.py").write_text(program, encoding="utf-8")
    if test is not None:
        (folder / "checks" / "code" / "c-001_t1.py").write_text(test, encoding="utf-8")
    path = written(folder, {**HEAD, **head}, *rows)
    return [(one.where.removeprefix(f"{path} "), one.message) for one in checked(path, run_programs=True).faults]


def test_references_that_programs_derive_pass(tmp_path: Path) -> None:
    assert proved(tmp_path, SOUND, CODE, proved=["计算", "代码"]) == []


def test_a_changed_number_or_reference_or_program_is_noticed(tmp_path: Path) -> None:
    for at, (question, program, test, where, message) in enumerate(
        [
            (
                row(1, ASKED.format(count=13, each=50)),
                PROGRAM,
                TEST,
                "turns[0].reference",
                "推出来是“650件”，参考答案里没有",
            ),
            (
                {**SOUND, "turns": [SOUND["turns"][0], {**SOUND["turns"][1], "reference": "642件"}]},
                PROGRAM,
                TEST,
                "turns[1].reference",
                "推出来是“624件”",
            ),
            (
                SOUND,
                "def q_001(said):\n    return ['600件', '624件']\n",
                TEST,
                "turns[0].prompt",
                "核对程序一个也没看出来",
            ),
            (
                SOUND,
                "def q_001(said):\n    raise ValueError('看不懂')\n",
                TEST,
                "turns",
                "核对程序没有逐轮给出结果：ValueError: 看不懂",
            ),
            (
                SOUND,
                "import socket\nsocket.socket()\ndef q_001(said):\n    return []\n",
                TEST,
                "题 q-001",
                "核对程序跑不完：PermissionError",
            ),
            (
                SOUND,
                PROGRAM,
                "def check(space):\n    assert space['total']([1, None, 4]) == 6\n",
                "turns[0].reference",
                "参考代码没有通过测试：AssertionError",
            ),
            (SOUND, PROGRAM, "def check(space):\n    pass\n", "turns[0].reference", "测试一处也没看出来"),
            (SOUND, PROGRAM, None, "题 c-001", "没有核对它的程序"),
        ]
    ):
        found = proved(tmp_path / str(at), question, CODE, program=program, test=test, proved=["计算", "代码"])
        assert [one for one in found if where in one[0] and message in one[1]], (at, found)


def test_a_program_for_no_question_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="不为任何一题"):
        proved(tmp_path, CODE)
