"""What a line of our own JSONL may not say, though every field of it fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from judge.errors import InputError, nearest
from judge.records import Bank, Dialogue, Question, Score, Side, Verdict

LARGEST = 1e9  # what statistics on scores can bear without losing digits


def check_authored(question: Question, bank: Bank, where: str) -> None:
    """Hold a bank to the abilities it lists; one that lists none is somebody else's and may lack even its questions."""
    if not bank.abilities:
        return
    if question.ability not in bank.abilities:
        close = nearest(question.ability, bank.abilities)
        hint = f"；是不是 {close[0]}" if close else ""
        fix = "用题库列出的能力，或在首行的 abilities 里加上它"
        raise InputError(f"题 {question.id} 的能力 {question.ability} 不在题库的能力之列{hint}", where=where, fix=fix)
    if not question.turns:
        raise InputError(f"题 {question.id} 没有轮次（turns 是空的）", where=where, fix="至少写一轮 prompt")


def checked(verdict: Verdict, where: str) -> Verdict:
    """Return a verdict that its probabilities, where there are any, bear out; a tie has no strength."""
    if (shares := verdict.probabilities) is not None:
        place, fix = f"{where} 的 verdict.probabilities", "[前者胜, 平, 后者胜] 三个概率，和为 1"
        if min(shares) < 0 or abs(sum(shares) - 1) > 0.01:
            raise InputError("概率有负数，或和不为 1", where=place, fix=fix)
        first, tie, second = shares
        said = {Side.FIRST: first, Side.TIE: tie, Side.SECOND: second}[verdict.side]
        if said < max(shares) and not (verdict.side is Side.TIE and first == second):
            raise InputError(f"结论是 {verdict.side}，概率最大的却不是它", where=place, fix=fix)
    return replace(verdict, strength=0) if verdict.side is Side.TIE else verdict


def check_pair(dialogues: Sequence[Dialogue], where: str) -> None:
    """Refuse two dialogues that are one, or that no comparison would ever put side by side."""
    if len({dialogue.key for dialogue in dialogues}) < len(dialogues):
        raise InputError("两个候选是同一份回答", where=f"{where} 的 candidates", fix="改正 candidates 或 histories")
    if len({dialogue.sample for dialogue in dialogues}) > 1:
        fix = "两边写同一个 sample：第几次回答只与对方的第几次相比"
        raise InputError("两份回答的 sample 不同", where=f"{where} 的 samples", fix=fix)


def check_scale(score: Score, where: str) -> None:
    """Refuse a scale on which a score means nothing."""
    if max(abs(one) for one in (score.value, score.minimum, score.maximum)) > LARGEST:
        raise InputError("分数或量程超过 10 亿", where=where, fix="换一个小些的量程")
    if score.minimum == score.maximum:
        raise InputError("量程的 minimum 与 maximum 相同", where=where, fix="写上最低分与最高分")
    if score.minimum < score.maximum <= 0:
        raise InputError("量程的最高分不大于 0", where=where, fix="把分数与量程一起平移到 0 以上")
