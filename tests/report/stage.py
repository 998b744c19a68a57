"""Reports for tests, made from what comes with the project; no recorded data."""

from __future__ import annotations

from collections.abc import Sequence
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
    Score,
    Scores,
    Side,
    Turn,
    Verdict,
)
from judge.report.document import Document
from judge.store import Store, open_store
from judge.store.reading import Item
from tests.hostile import HOSTILE
from tests.review import scene

ROOT = Path(__file__).resolve().parents[2]
TURNS = 9  # of a hostile question
BEST = ("Qwen-Sample-72B-Instruct", "GLM-Sample-32B", "示例丙")
PAIR = Plan(("示例甲", "示例乙"), bank="demo", judge="示例评委")


def example_store(folder: Path) -> Store:
    """Return a store with the sample answers, verdicts and people's verdicts."""
    store = open_store(str(folder / "judge.db"), create=True)
    example = ROOT / "docs" / "example"
    files = [example / name for name in ("answers.jsonl", "judgments.jsonl", "human_verdicts.jsonl")]
    own.read(ROOT / "docs" / "example" / "demo.jsonl", also=files).add_to(store)
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


def audited_report(folder: Path, names: Sequence[str] = BEST, questions: int = 40, audited: int = 24) -> Document:
    """Return a report on candidates of whom people judged drawn questions; the judge likes the first too much."""
    return pipeline.report(audited_store(folder, names, questions, audited), scene.PLAN)


def audited_store(folder: Path, names: Sequence[str] = BEST, questions: int = 40, audited: int = 24) -> Store:
    """Return a store whose judge judged all pairs on all questions, and in which people judged all pairs on drawn ones.

    Of ten questions in a row people give four to the first of a pair, two to neither, four to the second; the judge gives
    three more to the best. Of the best one question more was judged by choice.
    """
    store = open_store(str(folder / "audited.db"), create=True)
    asked = [scene.question(number) for number in range(questions)]
    pairs = [(one, other) for at, one in enumerate(names) for other in names[at + 1 :]]
    judgments, humans, items = [], [], []
    for number, question in enumerate(asked):
        for at, (first, second) in enumerate(pairs):
            case = scene.pair(question, first, second)
            place = (3 * number + at) % 10
            people = scene.WIN if place < 4 else scene.TIE if place < 6 else scene.LOSS
            judge = scene.WIN if first == names[0] and place in (5, 7, 9) else people
            judgments.append(scene.said(case, judge))
            if number < audited:
                items.append(scene.item(case, audited / questions))
                humans.append(HumanVerdict(case, "小陈", people, audited / questions, "抽查"))
            elif number == audited and first == names[0]:
                humans.append(HumanVerdict(case, "小李", people))
    scene.filled(store, judgments, humans, scene.drawn("抽查", items, asked, names))
    return store


def alone_report(folder: Path) -> Document:
    """Return a report on one candidate that answered everything twice and was scored in three respects."""
    store = open_store(str(folder / "alone.db"), create=True)
    judge = Judge("评委", Model("e", "judge"), protocol="single")
    said = []
    for number in range(8):
        question = Question("独题库", f"s-{number}", "计算", (Turn(f"第{number}题"),))
        for sample in (0, 1):
            answer = Answer(f"第{number}题", f"第 {sample + 1} 次答第{number}题。")
            dialogue = Dialogue(question, Candidate("独一家", Model("e", "only")), (answer,), sample=sample)
            parts = tuple((name, Score(number % 5 + 1, 1, 5)) for name in ("正确", "清楚"))
            scores = Scores(Score(number % 5 + 1 + sample, 1, 6), parts)
            said.append(Judgment(Case(question, Scope(), (dialogue,)), judge, scores, f"理由 {sample + 1}。"))
    store.add(judgments=said)
    return pipeline.report(store, Plan(bank="独题库"))


def long_report(report: Document, times: int) -> Document:
    """Return a report with its questions so many times over, without their dialogues."""
    lines = [
        replace(line, item=Item(replace(line.item.question, id=f"{line.item.question.id}-{at}"), (), (), ()))
        for at in range(times)
        for line in report.lines
    ]
    return replace(report, lines=tuple(lines))


def hostile_report(folder: Path) -> Document:
    """Return a report in which questions, answers, names, reasons and comments are all attacks.

    Every attack is an answer, a comment and a line of the list; each also a prompt, a reference or a reason, in turn, since
    to lay one out takes its time: the huge ones are cut but for one above the limit (tests/test_markup.py lays them out in
    full). A question of several turns holds several.
    """
    store = open_store(str(folder / "hostile.db"), create=True)
    cut = {one.id: 3000 for one in HOSTILE if one.kind in ("huge", "math") and one.id != "huge-over-cap"}
    texts = [one.text.encode("utf-8", "replace").decode()[: cut.get(one.id)] for one in HOSTILE]
    judge = Judge("评委<img src=x onerror=window.__hit=1>", Model("e", "j"), protocol="pair")
    names = ("甲</script><script>window.__hit=2</script>", "乙{{7*7}}\u202e")
    judgments, humans = [], []
    for at in range(0, len(texts), TURNS):
        several = texts[at : at + TURNS]
        short = [text[:2000] for text in several]
        turns = tuple(
            Turn(
                one if turn % 3 == 0 else "问",
                reference=one if turn % 3 == 1 else "答",
                key_points=(one,),
            )
            for turn, one in enumerate(short)
        )
        question = Question(
            "敌意", f"h{at}<b>", short[0][:60], turns, tags=tuple(one[:40] for one in short), trap=short[1][:60]
        )
        held = [
            Dialogue(
                question, Candidate(name, Model("e", name)), tuple(map(Answer, [one.prompt for one in turns], said))
            )
            for name, said in zip(names, (several, short[::-1][:1] + ["好"] * (len(short) - 1)), strict=True)
        ]
        for turn, text in enumerate(several, 1):
            case = Case(question, Scope(turn), (held[0], held[1]))
            reason = text[:20000] if turn % 3 == 0 else "理由"
            judgments.append(Judgment(case, judge, Verdict(Side.FIRST), reason))
            humans.append(HumanVerdict(case, f"审阅{text[:30]}", Verdict(Side.SECOND), comment=text[:2000]))
    store.add(judgments=judgments, human_verdicts=humans)
    return pipeline.report(store, Plan(bank="敌意", candidates=names))
