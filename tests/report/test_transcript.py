"""A question printed in a terminal, by whoever may have written its answers."""

from __future__ import annotations

import io
import unicodedata

import pytest
from rich.console import Console

from judge.records import (
    Answer,
    Candidate,
    Case,
    Dialogue,
    HumanVerdict,
    Judge,
    Judgment,
    Model,
    Question,
    Scope,
    Side,
    Turn,
    Verdict,
)
from judge.report.transcript import print_item
from judge.store.reading import Item
from tests.hostile import HOSTILE, Attack

SHORT = [attack for attack in HOSTILE if len(attack.text) < 20_000]


@pytest.mark.parametrize("attack", SHORT, ids=lambda attack: attack.id)
def test_nothing_an_answer_says_moves_the_cursor_or_turns_the_text(attack: Attack) -> None:
    whole, text = attack.text, attack.text[:2000]  # whole in one place: to lay one out takes its time
    question = Question("敌意", text[:40] or "空", "计算", (Turn(text, reference=text, key_points=(text,)),))
    dialogues = tuple(
        Dialogue(question, Candidate(f"{name}{text[:30]}", Model("e", name)), (Answer(text, said),))
        for name, said in (("甲", whole), ("乙", text))
    )
    case = Case(question, Scope(), dialogues)
    judge = Judge(f"评委{text[:30]}", Model("e", "j"), protocol="pair")
    judgment = Judgment(case, judge, Verdict(Side.FIRST), text)
    human = HumanVerdict(case, f"审阅{text[:30]}", Verdict(Side.SECOND), comment=text)
    out = io.StringIO()
    print_item(Item(question, dialogues, (judgment,), (human,)), Console(file=out, width=100, color_system=None))
    printed = out.getvalue()
    assert "甲" in printed
    assert "评委" in printed
    assert "审阅" in printed
    controls = {one for one in printed if unicodedata.category(one) == "Cc"} - {"\n"}
    turning = {
        one
        for one in printed
        if unicodedata.bidirectional(one) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    }
    assert not controls
    assert not turning
