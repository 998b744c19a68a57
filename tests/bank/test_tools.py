"""What changed between versions, what a bank holds, and whether a model has read it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from judge.bank import read_bank, shipped_banks
from judge.bank.changes import Change, changes
from judge.bank.checking import checked
from judge.bank.figures import bank_hash, by_ability, counts
from judge.bank.leaks import Cut, canary_request, continues, cuts, fisher, knows, probed
from judge.records import Question, Turn

TEXT = "车间的除尘风机每天早班开机前要查三样：皮带松紧、轴承温度、滤袋有没有破，查完在本子上签字画押。"


def question(name: str, text: str = TEXT, **more: object) -> Question:
    return Question("试", name, "计算", (Turn(text, "七件", "exact"), Turn("那周末呢？", depends_on=(1,))), **more)  # type: ignore[arg-type]


# ── the shipped bank ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_shipped_bank_holds_what_it_says() -> None:
    (path,) = shipped_banks()
    found = checked(path)
    assert found.faults == ()
    assert len(found.draft.sealed) == 20
    *each, everything = by_ability(found.questions)
    assert (len(each), everything.questions, everything.turns) == (10, 200, 636)
    for one in each:
        assert one.questions == 20
        assert one.by_turns[2] >= 6
        assert one.by_turns[3] >= 8
        assert sum(count for turns, count in one.by_turns.items() if 4 <= turns <= 6) >= 6
    assert everything.traps >= 0.15 * 200
    safety = next(one for one in each if one.name == "安全")
    assert 0 < safety.refuse < safety.turns
    assert sum(everything.kinds.values()) == everything.turns
    assert found.draft.header is not None
    assert found.draft.header.canary
    assert set(everything.sources) == {"derived", "unverified"}
    assert all(one.difficulty and one.difficulty_reason for one in found.questions)


def test_the_readme_of_the_banks_tells_the_same() -> None:
    (path,) = shipped_banks()
    questions = read_bank(path)[1]
    readme = (path.parent / "README.md").read_text(encoding="utf-8")
    assert bank_hash(questions) in readme
    for one in by_ability(questions):
        line = next(line for line in readme.splitlines() if line.startswith(f"| {one.name} "))
        assert [int(cell) for cell in line.split("|")[2:4]] == [one.questions, one.turns]


# ── versions ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_changed_is_listed_and_what_changed_in_silence_too() -> None:
    old = [question("a"), question("b"), question("c"), question("d")]
    new = [
        question("a"),
        question("b", TEXT + "改了"),
        replace(question("c", TEXT + "改了"), version=2),
        replace(question("e"), trap="有"),
        replace(question("d"), tags=("新",)),
    ]
    assert changes(old, new) == [
        Change("b", "changed", ("turns[1].prompt",), (1, 1), True),
        Change("c", "changed", ("turns[1].prompt",), (1, 2), False),
        Change("e", "added"),
        Change("d", "changed", ("tags",), (1, 1), False),
    ]
    assert changes(new, old)[-1] == Change("e", "removed")
    assert changes(old, old) == []


def test_the_hash_of_a_bank_hangs_on_its_questions_alone() -> None:
    one, other = question("a"), question("b")
    assert bank_hash([one, other]) == bank_hash([other, one])
    assert bank_hash([one]) != bank_hash([replace(one, trap="有")])


def test_counts() -> None:
    found = counts("计算", [question("a"), question("b", trap="有", source="derived")])
    assert (found.questions, found.turns, found.by_turns, found.traps) == (2, 4, {2: 2}, 1)
    assert (found.kinds, found.sources) == ({"exact": 2, "none": 2}, {"未写": 1, "derived": 1})


# ── leaks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_question_is_continued_only_word_by_word() -> None:
    (cut,) = cuts([question("a"), question("b", "太短了")])
    assert cut.head + cut.tail == TEXT
    assert continues(cut, cut.tail)
    assert continues(cut, f"好的，后面是：{cut.tail[:20]}……")
    assert not continues(cut, cut.tail[:12])
    assert not continues(cut, "查完在表上打勾，交给班长，班长再报给车间主任。")
    assert not continues(cut, "")
    assert cut.tail not in cut.request().messages[0].content


def test_the_canary_is_asked_for_without_its_own_part() -> None:
    canary = "judge-open-canary 5e0d4c1b-97a3"
    assert "5e0d" not in canary_request(canary).messages[0].content
    assert knows(canary, "5E0D4C1B 97A3")
    assert not knows(canary, "5e0d4c1b")


def test_open_questions_are_held_against_sealed_ones() -> None:
    rows = [(Cut(question(f"q{at}"), "", ""), at < 9) for at in range(20)]
    found = probed(rows, frozenset(f"q{at}" for at in range(15, 20)), None, 2)
    assert (found.open.continued, found.open.asked, found.sealed.continued, found.sealed.asked) == (9, 15, 0, 5)
    assert found.p == pytest.approx(fisher(9, 15, 0, 5))
    assert found.known == tuple(f"q{at}" for at in range(9))
    assert found.open.interval == pytest.approx((35.75, 80.18), abs=0.01)


def test_fishers_test_of_the_lady_tasting_tea() -> None:
    assert fisher(3, 4, 1, 4) == pytest.approx(17 / 70)  # Fisher 1935
    assert fisher(4, 4, 0, 4) == pytest.approx(1 / 70)
    assert fisher(0, 4, 4, 4) == 1
