"""What a verdict may say, from B to 助手A略优于助手B, and its reader."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Literal

from judge.records import Side, Unreadable, Verdict
from judge.reply.forms import bare, last_line, read
from judge.reply.vocabulary import LINK, MODIFIER, NOUN, VERDICT_WORDS

# One of the two: A, 助手乙, 回答一, 第二个回答, 前者, "the first answer".
_ITEM = (
    rf"(?:(?:{NOUN})?[ab甲乙]|{NOUN}[12一二]|第[一二]个?(?:{NOUN})?|前者|后者|(?:the )?(?:first|second)(?: {NOUN})?)"
)
_MUCH = r"(?P<much>明显|显著|远远?|大幅|much|significantly|far|clearly)"
_DEGREE = (
    rf"(?:(?:{_MUCH}|略微?|稍微?|稍稍|更加?|整体上?|总体上?|表现|"
    r"slightly|marginally|a bit|overall|the|is|was)\s?){0,4}"
)
_GOOD = (
    r"(?:更?好|更?优|更?佳|更?强|更胜一筹|较好|较优|占优|胜出?|获胜|赢|领先|"
    r"better|best|superior|wins?|winner|preferred|stronger)"
)
_LITTLE = r"(?:一?些|一点|得多|很多)?"
_PHRASES = [
    re.compile(pattern)
    for pattern in (
        # A>B, 助手A >> 助手B, A=B
        rf"(?P<one>{_ITEM})\s?(?P<sign>>{{1,2}}|<{{1,2}}|=)\s?(?P<two>{_ITEM})",
        # A略优于B, 回答一不如回答二, "A is slightly better than B"
        rf"(?P<one>{_ITEM})\s?{_DEGREE}"
        rf"(?P<sign>优于|好于|胜过|强于|不如|逊于|劣于|better than|worse than)\s?(?P<two>{_ITEM})",
        # B 比 A 明显更好一些
        rf"(?P<one>{_ITEM})\s?比\s?(?P<two>{_ITEM})\s?{_DEGREE}(?P<sign>{_GOOD}){_LITTLE}",
        # A更好, 助手A的回答略好一点, "Assistant A is the better answer"
        rf"(?P<one>{_ITEM})\s?(?:的?(?:{NOUN}|表现)){{0,2}}\s?{_DEGREE}(?P<sign>{_GOOD})"
        rf"(?:一?些|一点|得多|很多|了| one| {NOUN})?",
        # WildBench's letters: A+, B++
        r"(?P<one>[ab])(?P<sign>\+{1,2})",
        # B, 第二个回答
        rf"(?P<one>{_ITEM})",
    )
]
_TIE = re.compile(
    # c, or first both of them: A和B, 两个回答的质量, "both answers are"
    rf"c|(?:(?:{_ITEM}\s?(?:和|与|跟|、|&|and)\s?{_ITEM}|两者|二者|双方|两个(?:{NOUN})?|both(?: {NOUN}s?)?)"
    r"\s?(?:are |的?(?:质量|水平|表现))?)?"
    # then a verb or a measure: 打成, 基本, "it's a", "roughly"
    r"\s?(?:(?:a|an|it's a|is|are|为|是|打成|基本|大致|几乎|都|roughly|relatively|about)\s?){0,3}"
    # then the tie itself
    r"(?:平局?|平手|打平|持平|和局|平|不分(?:上下|胜负|伯仲|高下)|难分(?:上下|伯仲|高下)|并列|(?:同样|一样)好|相当|旗鼓相当|"
    r"tie|tied|draw|equal|equally good|(?:the )?same)"
)
_WORSE = {"<", "<<", "不如", "逊于", "劣于", "worse than"}


def _which(item: str) -> Side:
    return Side.SECOND if re.search(r"[b乙2二后]|second", item) else Side.FIRST


def _verdict(said: str, levels: int) -> Verdict | None:
    said = bare(said).casefold()
    if len(said) > 60:
        return None
    said = re.sub(rf"^{MODIFIER}(?:{VERDICT_WORDS}){LINK}", "", said)
    if _TIE.fullmatch(said):
        return Verdict(Side.TIE, 0)
    match = next((match for phrase in _PHRASES if (match := phrase.fullmatch(said))), None)
    if match is None:
        return None
    groups = match.groupdict()
    sign, one, two = groups.get("sign") or "", _which(match["one"]), groups.get("two")
    if two and _which(two) == one:
        return None
    if sign == "=":
        return Verdict(Side.TIE, 0)
    if sign in _WORSE:
        one = Side.SECOND if one is Side.FIRST else Side.FIRST
    strong = sign in (">>", "<<", "++") or (levels == 5 and bool(groups.get("much")))
    return Verdict(one, 2 if strong else 1)


def read_verdict(reply: str, *, levels: Literal[3, 5] = 3) -> Verdict | Unreadable:
    """Read which of two dialogues is better as shown: A the first, B the second, C a tie.

    Three- and five-level marks are both read, `>>` as strength 2; with `levels` 5 so is 明显 or "significantly" in words.
    """
    meaning = partial(_verdict, levels=levels)
    return read(reply, VERDICT_WORDS, meaning, partial(last_line, meaning=meaning))


def read_letter(reply: str, first_tokens: Sequence[tuple[str, float]] = ()) -> Verdict | Unreadable:
    """Read a reply of one letter; with the probabilities of its first token's alternatives, the verdict is soft.

    The shares of A, tie and B are what the letters A, C and B have among themselves (G-Eval, Liu et al. 2023, weighs scores
    the same way). Where they have less than half of all, the judge meant to say something else, and only the text counts.
    """
    said = read_verdict(reply)
    shares = dict.fromkeys("ACB", 0.0)
    for token, probability in first_tokens:
        if (letter := bare(token).strip().upper()) in shares:
            shares[letter] += probability
    whole = sum(shares.values())
    if isinstance(said, Unreadable) or whole < 0.5:
        return said
    first, tie, second = (share / whole for share in shares.values())
    return Verdict(said.side, said.strength, (first, tie, second))
