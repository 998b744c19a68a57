"""What can be wrong with a bank whose questions are each well-formed: twins, personal data, lengths, balance. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from judge.bank.likeness import near
from judge.records import Question

LONGEST = 4000  # characters of one user turn or reference: beyond, it is a document, and costs every judge call
TOGETHER = 12_000  # of all user turns of a question


@dataclass(frozen=True, slots=True)
class Unsound:
    """One thing wrong: the question (empty: the whole bank), the path of the key, what, and how to mend it."""

    question: str
    path: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Balance:
    """What a bank says it holds of each ability, at least; `turns`: questions by number of turns ("2", "4-6")."""

    per_ability: int = 0
    turns: Mapping[str, int] | None = None
    traps: float = 0.0  # share of all questions


def unsound(
    questions: Sequence[Question], balance: Balance | None = None, others: Mapping[str, Sequence[str]] | None = None
) -> list[Unsound]:
    """List what is wrong; others: texts of other sets, by what they are called, that no question should be nearly the same as."""
    found = [fault for one in questions for fault in (*_lengths(one), *_personal(one))]
    found += _twins(questions, others or {})
    return found if balance is None else [*found, *_unbalanced(questions, balance)]


# ── one question ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _lengths(one: Question) -> Iterator[Unsound]:
    for at, turn in enumerate(one.turns):
        for key, text in (("prompt", turn.prompt), ("reference", turn.reference or "")):
            if len(text) > LONGEST:
                yield Unsound(
                    one.id, f"turns[{at}].{key}", f"有 {len(text):,} 字，多于 {LONGEST:,}", "缩短，或拆成几轮"
                )
    if (total := sum(len(turn.prompt) for turn in one.turns)) > TOGETHER:
        yield Unsound(one.id, "turns", f"用户的话共 {total:,} 字，多于 {TOGETHER:,}", "缩短，或拆成两道题")


_PHONE = re.compile(r"(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)\d{6}(?:19|20)\d{9}[\dXx](?![\dXx])")
_CARD = re.compile(r"(?<!\d)\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}(?:\d{3})?(?!\d)")
_MAIL = re.compile(r"[\w.+-]+@(?!example\.)[\w-]+(?:\.[\w-]+)+")
_WEIGHTS, _SUMS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"


def _personal(one: Question) -> Iterator[Unsound]:
    fix = "换成一看就是编的：138****0000、name@example.com、某路某号"
    for at, turn in enumerate(one.turns):
        texts = {"prompt": turn.prompt, "reference": turn.reference or "", "key_points": "\n".join(turn.key_points)}
        for key, text in texts.items():
            for what, found in personal(text):
                yield Unsound(one.id, f"turns[{at}].{key}", f"像是真的{what}：{found}", fix)


def personal(text: str) -> Iterator[tuple[str, str]]:
    """Yield what in a text could be somebody's: (what, the words)."""
    for what, pattern in (("手机号", _PHONE), ("邮箱", _MAIL), ("身份证号", _IDENTITY), ("银行卡号", _CARD)):
        for match in pattern.finditer(text):
            digits = re.sub(r"[ -]", "", match[0])
            if (
                what == "身份证号"
                and _SUMS[sum(int(a) * b for a, b in zip(digits, _WEIGHTS, strict=False)) % 11] != digits[-1].upper()
            ):
                continue
            if what == "银行卡号" and not _luhn(digits):
                continue
            yield what, match[0]


def _luhn(digits: str) -> bool:
    doubled = [int(one) * (1 + at % 2) for at, one in enumerate(reversed(digits))]
    return sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0


# ── all of them ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _twins(questions: Sequence[Question], others: Mapping[str, Sequence[str]]) -> Iterator[Unsound]:
    """Yield questions, or turns of theirs, that are nearly the same as others."""
    placed = [(one.id, "turns", "\n".join(turn.prompt for turn in one.turns)) for one in questions]
    placed += [
        (one.id, f"turns[{at}].prompt", turn.prompt)
        for one in questions
        if len(one.turns) > 1
        for at, turn in enumerate(one.turns)
    ]
    outside = [(name, text) for name, texts in others.items() for text in texts]
    named = [*(name for name, _, _ in placed), *(name for name, _ in outside)]
    told: set[tuple[str, str]] = set()
    for pair in near([text for _, _, text in placed], [text for _, text in outside]):
        first, second = (named[pair.first], named[pair.second])
        if first == second or (first, second) in told:
            continue
        told.add((first, second))
        place, path, _ = placed[pair.first if pair.second >= len(placed) else pair.second]
        other = second if pair.second >= len(placed) else first
        how = "换掉数字与人名后几乎一样" if pair.masked else "几乎一样"
        yield Unsound(place, path, f"与 {other} {how}（相似 {pair.likeness:.2f}）", "删掉一道，或换一个情境重写")


def _unbalanced(questions: Sequence[Question], balance: Balance) -> Iterator[Unsound]:
    abilities: dict[str, list[Question]] = {}
    for one in questions:
        abilities.setdefault(one.ability, []).append(one)
    for name, group in abilities.items():
        if len(group) < balance.per_ability:
            yield Unsound(
                "",
                "balance.per_ability",
                f"{name} 有 {len(group)} 题，表头说至少 {balance.per_ability}",
                f"给 {name} 补 {balance.per_ability - len(group)} 题",
            )
        for span, least in (balance.turns or {}).items():
            low, _, high = span.partition("-")
            there = sum(int(low) <= len(one.turns) <= int(high or low) for one in group)
            if there < least:
                yield Unsound(
                    "",
                    f"balance.turns.{span}",
                    f"{name} 里 {span} 轮的有 {there} 题，表头说至少 {least}",
                    "补上，或改几题的轮数",
                )
    traps = sum(bool(one.trap) for one in questions)
    if traps < balance.traps * len(questions):
        yield Unsound(
            "",
            "balance.traps",
            f"有陷阱的占 {traps / len(questions):.0%}，表头说至少 {balance.traps:.0%}",
            "给一些题加上陷阱，写进 trap",
        )
