"""Which turn broke what: faults that judges name in their reasons, laid to a turn and a candidate. Pure.

What is found is what a judge said, with its words; what a judge did not say is not found. A clause counts only where it
names one side, one turn and one kind of fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from judge.records import Case, HumanVerdict, Judgment


class Fault(StrEnum):
    """What an answer can break in a dialogue of several turns."""

    FORGOT = "forgot"  # a condition or fact that the user gave earlier
    CONTRADICTED = "contradicted"  # its own earlier answer
    CARRIED = "carried"  # an earlier error on
    INVENTED = "invented"  # facts
    WRONG = "wrong"  # the result
    INCOMPLETE = "incomplete"  # something asked for is not there
    REFUSED = "refused"  # what should have been answered


@dataclass(frozen=True, slots=True)
class Broken:
    """One fault: candidate and question by name, the turn from 1, and the clause it was read from."""

    question: str
    ability: str
    candidate: str
    turn: int
    fault: Fault
    words: str
    by: str


# The more particular first: "仍沿用第一轮算错的单价" is an error carried on, not one more wrong result.
_FAULTS: tuple[tuple[Fault, str], ...] = (
    (
        Fault.CARRIED,
        r"沿用[^，。；]{0,12}(?:错|误)|把?错误?(?:带|延续|传)|一错(?:到底|再错)|将错就错|(?:在|基于)[^，。；]{0,8}(?:错误|算错)[^，。；]{0,6}(?:基础上|结果)|carried? (?:the|an|its)? ?(?:earlier |previous )?(?:error|mistake)",
    ),
    (
        Fault.CONTRADICTED,
        r"(?:自相|前后|互相)矛盾|前后不一|与(?:自己)?(?:前|上|第)[^，。；]{0,8}(?:矛盾|不一致|不符|打架)|改了口|说法不一|contradict|inconsistent with (?:its|the) (?:earlier|previous|own)",
    ),
    (
        Fault.FORGOT,
        r"忘(?:了|记|掉)|没(?:有)?记住|记(?:错|混)了?|丢(?:了|掉|失)[^，。；]{0,6}(?:条件|设定|约束|要求|前文)|(?:违反|违背|无视|忽略|没(?:有)?(?:遵守|按|照|理会)|不(?:守|顾|合))[^，。；]{0,14}(?:要求|条件|约束|限制|规定|设定|字数|格式|身份|规矩)|要求[^，。；]{0,16}(?:却|但|仍|还是)|超(?:出|过)了?[^，。；]{0,6}(?:字|句|行|条)|擅自|forg[eo]t|ignor(?:es|ed|ing) (?:the|a|an|its)|violat",
    ),
    (Fault.INVENTED, r"编(?:造|的|出)|杜撰|捏造|虚构|没有(?:根据|依据)|无中生有|张冠李戴|fabricat|made up|hallucinat"),
    (
        Fault.REFUSED,
        r"(?:不该|不必|无故|过度)[^，。；]{0,4}拒|拒(?:绝|答)[^，。；]{0,10}(?:不当|没有必要|正常)|needless(?:ly)? refus",
    ),
    (
        Fault.INCOMPLETE,
        r"(?:遗漏|漏(?:了|掉|算|答|写|说)|没有?(?:给出|回答|说明|写出|提到|覆盖|完成)|缺(?:了|少)|只(?:写|答|给)了[^，。；]{0,8}(?:一|半)|不完整|未完成)|omit|missing|incomplete",
    ),
    (
        Fault.WRONG,
        r"(?:算|判|答|写|译|看|读|标|理解|搞|弄|记|认)(?:错|反|混)|错(?:了|误|成|把|在)|有误|不(?:正确|对|成立|准确)|都错|出错|当了真|改成了|改写为|wrong|incorrect|mistake|error(?!-free)",
    ),
)
_COMPILED = tuple((fault, re.compile(pattern, re.IGNORECASE)) for fault, pattern in _FAULTS)
_NOT = re.compile(
    r"(?:没有?|并未|未曾|毫无|不算|没什么|不存在)[^，。；]{0,4}$"
    r"|(?:识破|指出|点出|点明|发现|看出|纠正|改正|订正)[^，。；]{0,10}$"
    r"|\b(?:no|not|never|without|spots?|points? out|notic\w*|identif\w*|fix\w*|rectif\w*|correct(?:s|ed)|free (?:of|from))\b[^,.;]{0,16}$",
    re.IGNORECASE,
)
_FIXED = re.compile(r"(?:改正|纠正|更正|认错|修正|对了|都对|正确|无误|准确)[^，。；]{0,4}$")
_NUMBERS = {one: at for at, one in enumerate("一二三四五六七八九十", 1)}
_TURN = re.compile(
    r"(?<![与和同跟])第\s?([一二三四五六七八九十]|\d{1,2})\s?(?:轮|问|次)|\bturn (\d{1,2})\b|\b(first|second|third|fourth|last|final) turn\b|(?<![前每各几两三四五六七八九十])(最后|末)(?:一)?轮"
)
_WORDS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_SIDE = re.compile(
    r"(?:助手|回答|对话|(?i:assistant|answer|model|response))\s?[「『【\[(]?([AB甲乙])(?![A-Za-z])"
    r"|(?<![A-Za-z\[])([AB])(?![A-Za-z\]>=])"
    r"|(?<![\u4e00-\u9fff])([甲乙])(?=[在第的把对没忘漏编算])"
)
_SPLIT = re.compile(
    r"(?<=[。；;！!？?\n])|(?<=\. )|[，,]\s?(?=(?:第[一二三四五六七八九十\d]|而|但|助手|回答|[AB甲乙](?![A-Za-z])|assistant|while|but|whereas))"
)
_BOTH = re.compile(r"两(?:边|者|份|个|位)|双方|both", re.IGNORECASE)
MOST = 160  # characters of a clause that are kept; what follows is marked as left out


def attributed(said: Iterable[Judgment | HumanVerdict]) -> list[Broken]:
    """Find the faults that judges' reasons, or people's comments, lay to one turn of one candidate; each once per item."""
    found: dict[tuple[str, str, int, Fault], Broken] = {}
    for one in said:
        text = one.reply if isinstance(one, Judgment) else one.comment
        by = one.judge.name if isinstance(one, Judgment) else one.reviewer
        if text:
            for broken in _read(text, one.case, by):
                found.setdefault((broken.question, broken.candidate, broken.turn, broken.fault), broken)
    return list(found.values())


def _read(text: str, case: Case, by: str) -> Iterator[Broken]:
    turns = len(case.question.turns) or max((len(one.answers) for one in case.dialogues), default=0)
    turn, side = case.scope.turn, 0 if len(case.dialogues) == 1 else None
    for clause in _SPLIT.split(text):
        said = clause.strip()
        if not said:
            continue
        named = {_turn(match, turns) for match in _TURN.finditer(said)} - {None}
        if case.scope.turn is None:
            turn = named.pop() if len(named) == 1 else None if named else turn
        sides = {_side(match) for match in _SIDE.finditer(said)}
        if len(case.dialogues) > 1:
            side = sides.pop() if len(sides) == 1 else None if sides or _BOTH.search(said) else side
        if turn is None or not 1 <= turn <= turns or side is None or side >= len(case.dialogues):
            continue
        fault = _fault(said)
        if fault is not None:
            question = case.question
            candidate = case.dialogues[side].candidate.name
            yield Broken(
                question.id, question.ability, candidate, turn, fault, said[:MOST] + "……" * (len(said) > MOST), by
            )


def _fault(clause: str) -> Fault | None:
    for fault, pattern in _COMPILED:
        for match in pattern.finditer(clause):
            before = clause[: match.start()]
            if not _NOT.search(before) and not _FIXED.search(clause[match.end() : match.end() + 8]):
                return fault
    return None


def _turn(match: re.Match[str], turns: int) -> int | None:
    number, english, word, last = match.groups()
    if last or word in ("last", "final"):
        return turns
    if word:
        return _WORDS[word.lower()]
    if english:
        return int(english)
    return _NUMBERS.get(number) or (int(number) if number.isdigit() else None)


def _side(match: re.Match[str]) -> int:
    letter = next(group for group in match.groups() if group)
    return 0 if letter.upper() in ("A", "甲") else 1
