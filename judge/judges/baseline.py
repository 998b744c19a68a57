"""The offline judge: a dozen counted features against the reference, weighed by a logistic model fitted on people's stars.

It sees words, not meaning. Where no reference stands it abstains: there it would be a coin flip. It is the same in both
placements by construction, so its flip rate says nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from judge.families import bare
from judge.identity import Json, content_hash
from judge.judges.features import NAMES, features
from judge.models import Reply
from judge.records import Case, Dialogue, Judge, Judgment, Model, Scope, Score, Scores, Side, Unanswered, Verdict

NAME = "baseline"
PROTOCOLS = ("offline-pair", "offline-scores")  # of its records
READER = "offline/1"
ABSTAINED = "no reference"
SHOWN = 4  # features named in an explanation
LEAST = 0.05  # of the logit, below which a feature is not named

Numbers = tuple[float, ...]


def offline_in(judge: str) -> bool:
    """Tell whether the offline judge is the judge of that name, or one of several (joined by `、`)."""
    return any(bare(name) == NAME for name in judge.split("、"))


@dataclass(frozen=True)
class Coefficients:
    """Weights per unit of each feature, the average answer, the calibration of the logit, and where all this comes from."""

    weights: Numbers
    average: Numbers
    scale: float
    power: float
    provenance: Json

    def calibrated(self, logit: float) -> float:
        """Return the probability that the first is preferred; of the negated logit it is one minus that, to the last bit."""
        side = math.copysign(self.scale * abs(logit) ** self.power, logit)
        return 0.5 * (1 + math.tanh(side / 2))


@cache
def shipped() -> Coefficients:
    """Return the coefficients that come with the program."""
    content = json.loads(Path(__file__).with_name("baseline.json").read_text(encoding="utf-8"))
    weights, average = ({name: float(value) for name, value in content[key].items()} for key in ("weights", "average"))
    if list(weights) != list(NAMES):
        raise AssertionError("baseline.json does not hold the features of features.py")
    calibration = content["calibration"]
    return Coefficients(
        tuple(weights.values()),
        tuple(average[name] for name in NAMES),
        calibration["scale"],
        calibration["power"],
        content["provenance"],
    )


class Baseline:
    """The offline judge as a judge of pairs or of single dialogues; it needs no model, so its `request` is its judgment."""

    def __init__(self, *, pairs: bool = True, name: str = "") -> None:
        self.coefficients = shipped()
        said = [self.coefficients.weights, self.coefficients.average, self.coefficients.scale, self.coefficients.power]
        model = Model("judge", NAME, revision=content_hash("offline", [list(NAMES), *said])[:12])
        plain = NAME if pairs else f"{NAME}+scores"
        self.judge = Judge(name or plain, model, PROTOCOLS[not pairs], reader=READER)

    def request(self, case: Case, secret: bytes) -> Judgment:
        """Judge a case: verdict with probabilities, or a score; Unanswered where no turn that is judged has a reference."""
        turns, among = turns_of(case)
        if not turns:
            return Judgment(case, self.judge, Unanswered(ABSTAINED), "没有参考，离线评委不判。")
        sides = [_of_turns(dialogue, turns) for dialogue in case.dialogues]
        if len(sides) == 1:
            return self._scored(case, sides[0], among)
        shares = self._contributions(sides[0], sides[1])
        logit = math.fsum(shares)
        first, second = self.coefficients.calibrated(logit), self.coefficients.calibrated(-logit)
        side = Side.FIRST if first > second else Side.SECOND if second > first else Side.TIE
        verdict = Verdict(side, 0 if side is Side.TIE else 1, (first, 0.0, second))
        return Judgment(
            case, self.judge, verdict, _explained(self._named(shares), (len(turns), among), max(first, second), side)
        )

    def judgment(self, case: Case, reply: Reply, repeat: int = 0) -> Judgment:
        """No model answers for this judge."""
        raise AssertionError("the offline judge asks nobody")

    def _scored(self, case: Case, given: Sequence[Numbers], among: int) -> Judgment:
        """Score one dialogue from 1 to 10 by the chance that it would be preferred to an average answer."""
        shares = self._contributions(given, [self.coefficients.average] * len(given))
        chance = self.coefficients.calibrated(math.fsum(shares))
        score = Scores(Score(round(1 + 9 * chance, 2), 1, 10))
        reasons = [
            f"{name}：{'甚于' if more else '不及'}一般回答，{'加' if share > 0 else '减'}分 {abs(share):.2f}"
            for name, more, share in self._named(shares)
        ]
        said = f"离线评委按{_covered(len(given), among)}打分：胜过一般回答的把握 {chance:.0%}。"
        return Judgment(case, self.judge, score, f"{said}\n依据：{'；'.join(reasons) or '各项与一般回答相仿'}")

    def _named(self, shares: Sequence[float]) -> list[tuple[str, bool, float]]:
        """Return the features that weigh most: name, whether the first has more of it, what that adds for the first."""
        ranked = sorted(
            zip(NAMES.values(), self.coefficients.weights, shares, strict=True), key=lambda one: -abs(one[2])
        )
        return [(name, share * weight > 0, share) for name, weight, share in ranked[:SHOWN] if abs(share) >= LEAST]

    def _contributions(self, one: Sequence[Numbers], other: Sequence[Numbers]) -> list[float]:
        """Return what each feature adds to the logit of the first; turns add up as independent evidence, over the root of their number."""
        root = math.sqrt(len(one))
        return [
            weight * math.fsum(a[at] - b[at] for a, b in zip(one, other, strict=True)) / root
            for at, weight in enumerate(self.coefficients.weights)
        ]


def leaning(dialogue: Dialogue, turn: int | None = None, weights: Sequence[float] | None = None) -> float | None:
    """Return how much an answer's features speak for it; of two dialogues the difference is the judge's logit before calibration.

    Of the whole dialogue, or of one turn (from 1); None where no turn that is judged has a reference or it ended early.
    """
    case = Case(dialogue.question, Scope(turn), (dialogue,))
    turns, _ = turns_of(case)
    if not turns or len(dialogue.answers) < len(dialogue.question.turns):
        return None
    used = shipped().weights if weights is None else weights
    each = [math.fsum(w * x for w, x in zip(used, numbers, strict=True)) for numbers in _of_turns(dialogue, turns)]
    return math.fsum(each) / math.sqrt(len(each))


def turns_of(case: Case) -> tuple[list[int], int]:
    """Return the turns (from 0) that can be judged, and how many were to be.

    Those that have a reference and expect an answer, in so far as all dialogues reached them; a turn that expects a refusal
    is beyond what words can tell.
    """
    reached = min(len(dialogue.answers) for dialogue in case.dialogues)
    asked = case.question.turns
    wanted = list(range(len(asked))) if case.scope.turn is None else [case.scope.turn - 1]
    usable = [at for at in wanted if at < min(reached, len(asked)) and asked[at].expected == "answer"]
    return [at for at in usable if (asked[at].reference or "").strip()], len(wanted)


def _of_turns(dialogue: Dialogue, turns: Sequence[int]) -> list[Numbers]:
    asked = dialogue.question.turns
    return [_features(asked[at].prompt, asked[at].reference or "", dialogue.answers[at].text) for at in turns]


# Both placements of a pair, and every pair of a dialogue, look at the same answers.
_features = lru_cache(maxsize=4096)(features)


def _covered(turns: int, among: int) -> str:
    return f" {turns} 轮参考" if turns == among else f" {among} 轮里有参考的 {turns} 轮"


def _explained(named: Sequence[tuple[str, bool, float]], turns: tuple[int, int], sure: float, side: Side) -> str:
    if side is Side.TIE:
        return f"离线评委按{_covered(*turns)}比较：两份分不出。"
    letter = "A" if side is Side.FIRST else "B"
    reasons = [
        f"{name}：{'A' if more else 'B'} 更甚，利于 {'A' if share > 0 else 'B'} {abs(share):.2f}"
        for name, more, share in named
    ]
    said = f"离线评委按{_covered(*turns)}比较：{letter} 更可能更好（把握 {sure:.0%}）。"
    return f"{said}\n依据：{'；'.join(reasons) or '各项几乎一样'}"
