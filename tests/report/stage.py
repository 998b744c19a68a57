"""Reports for tests, made from what comes with the project; no recorded data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from judge import pipeline
from judge.importers import own
from judge.records import (
    Answer,
    Candidate,
    Case,
    Dialogue,
    HumanVerdict,
    Judge,
    Judgment,
    Model,
    Plan,
    Question,
    Scope,
    Side,
    Turn,
    Verdict,
)
from judge.report.document import Document
from judge.store import Store, open_store
from tests.hostile import HOSTILE

ROOT = Path(__file__).resolve().parents[2]
PAIR = Plan(("示例甲", "示例乙"), bank="open", judge="示例评委")


def example_store(folder: Path) -> Store:
    """Return a store with the sample answers, verdicts and people's verdicts."""
    store = open_store(str(folder / "judge.db"), create=True)
    example = ROOT / "docs" / "example"
    files = [example / name for name in ("answers.jsonl", "judgments.jsonl", "human_verdicts.jsonl")]
    own.read(ROOT / "question_banks" / "open.jsonl", also=files).add_to(store)
    return store


def pair_report(folder: Path) -> Document:
    """Return the report on the two sample candidates."""
    return pipeline.report(example_store(folder), PAIR)


def board_report(folder: Path) -> Document:
    """Return a report on four candidates, judged turn by turn and as whole dialogues, some better than others."""
    store = open_store(str(folder / "board.db"), create=True)
    judge = Judge("评委", Model("e", "judge"), protocol="pair")
    names = ["Qwen-Sample-72B-Instruct", "GLM-Sample-32B", "示例丙", "示例丁"]
    said: list[Judgment] = []
    for number in range(24):
        ability = ("计算", "闲聊", "代码", "安全")[number % 4]
        turns = tuple(
            Turn(f"第{number}题第{turn}问", reference=f"答案{number}", reference_kind="exact") for turn in (1, 2, 3)
        )
        question = Question("小题库", f"t-{number:02d}", ability, turns, difficulty=1 + number % 3, tags=("样例",))
        held = [
            Dialogue(
                question,
                Candidate(name, Model("e", name)),
                tuple(Answer(one.prompt, f"{name} 答 {one.prompt}。") for one in turns),
            )
            for name in names
        ]
        for one in range(4):
            for other in range(one + 1, 4):
                for scope in (Scope(), Scope(1), Scope(2), Scope(3)):
                    better = (number * 7 + one * 3 + other + (scope.turn or 0)) % 10 < 5 + other - one
                    side = Side.TIE if (number + other) % 6 == 0 else Side.FIRST if better else Side.SECOND
                    said.append(
                        Judgment(Case(question, scope, (held[one], held[other])), judge, Verdict(side), "理由。")
                    )
    store.add(judgments=said)
    return pipeline.report(store, Plan(bank="小题库"))


def hostile_report(folder: Path) -> Document:
    """Return a report in which questions, answers, names, reasons and comments are all attacks."""
    store = open_store(str(folder / "hostile.db"), create=True)
    texts = [one.text.encode("utf-8", "replace").decode() for one in HOSTILE]
    short = [text for text in texts if len(text) < 3000]
    judge = Judge("评委<img src=x onerror=window.__hit=1>", Model("e", "j"), protocol="pair")
    names = ("甲</script><script>window.__hit=2</script>", "乙{{7*7}}\u202e")
    judgments, humans = [], []
    for number, text in enumerate(texts):
        other = short[(number * 5 + 3) % len(short)]
        question = Question(
            "敌意",
            f"h{number}",
            "安全",
            (Turn(other, reference=text, key_points=(other,)), Turn("再说一遍")),
            tags=(other[:40],),
            trap=other[:60],
        )
        held = [
            Dialogue(question, Candidate(name, Model("e", name)), (Answer(other, said), Answer("再说一遍", text[:500])))
            for name, said in zip(names, (text, other), strict=True)
        ]
        case = Case(question, Scope(), (held[0], held[1]))
        judgments.append(Judgment(case, judge, Verdict(Side.FIRST), text[:20000]))
        humans.append(HumanVerdict(replace(case), f"审阅{other[:30]}", Verdict(Side.SECOND), comment=other))
    store.add(judgments=judgments, human_verdicts=humans)
    return pipeline.report(store, Plan(bank="敌意", candidates=names))
