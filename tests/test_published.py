"""Published tables, reproduced to the last digit from imported records, through the same code the commands use."""

from __future__ import annotations

import json
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from judge import hearing, pipeline, resolve
from judge.importers.detection import find, load
from judge.records import Plan
from judge.report.board import Board, BoardRow, View
from judge.store import Store, open_store, writing

pytestmark = pytest.mark.recorded


@pytest.fixture(scope="module")
def everything(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with all recorded data.

    Half a minute is saved by not searching the answers for words to a judge: that moves no figure, and tests/test_prompt.py
    searches the same answers.
    """
    store = open_store(str(tmp_path_factory.mktemp("published") / "judge.db"), create=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "suspicious", lambda _: ())
        for one in find(recorded):
            if one.format is not None:
                load(one.format).read(one.path).add_to(store)
    return store


def named(board: Board) -> dict[str, BoardRow]:
    return {row.candidate.rpartition("/")[2]: row for row in board.rows}


def expected(recorded: Path, name: str) -> Any:
    return json.loads((recorded / name).read_text(encoding="utf-8"))


def half_up(value: float, places: str) -> Decimal:
    """Round as a person does; the detour over 9 places takes away what binary fractions add."""
    return Decimal(repr(round(value, 9))).quantize(Decimal(places), ROUND_HALF_UP)


# ── LLMEval-2 ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("human", "column"), [(False, "total_gpt4"), (True, "total_human")])
def test_llmeval2_totals(everything: Store, recorded: Path, human: bool, column: str) -> None:
    published = expected(recorded, "llmeval2/expected.json")["leaderboard"]
    rows = named(pipeline.leaderboard(everything, Plan(bank="llmeval2"), human=human))
    totals = {name: round(row.total.value, 4) for name, row in rows.items() if row.total}
    assert totals == {name: figures[column] for name, figures in published.items()}
    assert list(rows) == sorted(published, key=lambda name: -published[name][column])


def test_llmeval2_stars_per_dimension(everything: Store, recorded: Path) -> None:
    published = expected(recorded, "llmeval2/expected.json")["leaderboard"]
    for human, suffix in ((False, "_gpt4"), (True, "_human")):
        rows = named(pipeline.leaderboard(everything, Plan(bank="llmeval2"), human=human, view=View(by="dimension")))
        for name, row in rows.items():
            for part in row.parts:
                assert part.value is not None
                assert round(part.value, 4) == published[name][part.name + suffix]


def test_llmeval2_pairwise_agreement(everything: Store, recorded: Path) -> None:
    """All 60,800 implied pairs, by type and by discipline: the two judges' labels side by side."""
    published = expected(recorded, "llmeval2/expected.json")["pairwise_from_total_stars"]
    plan = Plan(bank="llmeval2")
    codes = list(everything.candidates("llmeval2"))
    gpt4, people = (
        hearing.combine(resolve.material(everything, "llmeval2", codes, plan, human=human), plan)[0]
        for human in (False, True)
    )
    questions = {question.id: question for question in everything.questions("llmeval2")}
    columns, _ = everything.question_columns("llmeval2")
    kinds = dict(zip(columns.code.tolist(), questions.values(), strict=True))

    def figures(rows: np.ndarray[Any, Any]) -> dict[str, float]:
        machine, human = gpt4.label[rows], people.label[rows]
        decided = (machine != 0) & (human != 0)
        same, agreed = int((machine == human).sum()), int((decided & (machine == human)).sum())
        return {
            "pairs": len(machine),
            "same_verdict": same,
            "both_decided": int(decided.sum()),
            "both_decided_same": agreed,
            "opposite": int(decided.sum()) - agreed,
            "both_tie": int(((machine == 0) & (human == 0)).sum()),
            "human_tie": int((human == 0).sum()),
            "gpt4_tie": int((machine == 0).sum()),
            "agreement_with_ties": round(same / len(machine), 6),
            "agreement_without_ties": round(agreed / int(decided.sum()), 6),
        }

    of = [kinds[code] for code in gpt4.question.tolist()]
    assert figures(np.ones(len(gpt4), bool)) == published["all"]
    for key, group in (("by_type", "subcategory"), ("by_discipline", "ability")):
        for name, wanted in published[key].items():
            assert figures(np.array([getattr(one, group) == name for one in of])) == wanted


def test_llmeval2_one_pair_by_gpt4(everything: Store) -> None:
    plan = Plan(candidates=("recorded:llmeval2/GPT4", "recorded:llmeval2/xunfei"))
    report = pipeline.compare(everything, plan)
    assert (report.overall.win, report.overall.tie, report.overall.loss) == (109, 176, 35)
    assert report.overall.rates is not None
    assert report.reverse_open is not None
    assert report.overall.rates.open_score.value == 89.0625
    assert report.reverse_open.value == 65.9375
    assert report.overall.rates.half_tie.value == 61.5625
    assert report.decision is not None
    assert report.decision.answer == "switch"


# ── Chinese-Alpaca ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "places"), [("f16-p7b-p13b-33b", "0.1"), ("q4_7b-13b", "1")])
def test_chinese_alpaca_cells_and_totals(everything: Store, recorded: Path, name: str, places: str) -> None:
    """A cell is 10 x the mean, rounded half up; the total is the mean of the rounded cells."""
    published = expected(recorded, f"zh_alpaca200/{name}.published.json")
    board = pipeline.leaderboard(everything, Plan(bank=f"chinese_alpaca/{name}"), view=View(by="ability"))
    for candidate, row in named(board).items():
        cells = {part.name: half_up(10 * part.value, places) for part in row.parts if part.value is not None}
        assert cells == {ability: Decimal(by[candidate]) for ability, by in published["by_category_0_100"].items()}
        total = half_up(float(sum(cells.values()) / len(cells)), places)
        assert total == Decimal(published["overall"][candidate])


# ── MT-Bench ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_mt_bench_averages_per_turn_and_category(everything: Store, recorded: Path) -> None:
    published = expected(recorded, "mtbench_judgments/expected.json")
    wanted = {name: row for file, rows in published.items() if file.startswith("single") for name, row in rows.items()}
    plan = Plan(bank="mt_bench", judge="recorded:mt_bench/gpt-4")
    turns, abilities = (named(pipeline.leaderboard(everything, plan, view=View(by=by))) for by in ("turn", "ability"))  # type: ignore[arg-type]
    assert turns.keys() == wanted.keys()
    for name, row in turns.items():
        assert row.mean is not None
        assert row.mean.value == pytest.approx(wanted[name]["average"], abs=1e-9)
        assert [part.value for part in row.parts] == pytest.approx(
            [wanted[name]["turn_1"], wanted[name]["turn_2"]], abs=1e-6
        )
        assert row.unreadable == wanted[name]["unparsed"]
        for part in abilities[name].parts:
            if part.name in wanted[name]["by_category"]:
                assert part.value == pytest.approx(wanted[name]["by_category"][part.name], abs=1e-6)


def test_mt_bench_swap_rule(everything: Store) -> None:
    """Both games agree, else tie; games without a reading dropped: 18, 20, 35 and 2."""
    bank, *pair = resolve.pair(everything, "recorded:mt_bench/phi-3", "recorded:mt_bench/phi-3-dpo", None)
    plan = Plan(bank=bank, judge="recorded:mt_bench/gpt-4+pair")
    comparisons, _ = hearing.combine(resolve.material(everything, bank, pair, plan, human=False), plan)
    asked = comparisons.take(comparisons.state != 3)  # 5 questions were never judged
    both = asked.take(asked.placements == 2)
    assert len(asked) - len(both) == 2
    assert Counter(both.label.tolist()) == {1: 18, -1: 20, 0: 35}
    assert (int(both.flipped.sum()), int(both.opposed.sum())) == (27, 18)


# ── SuperCLUE-OPEN, AlpacaEval ────────────────────────────────────────────────────────────────────────────────────────


def test_superclue_open_scores(everything: Store, recorded: Path) -> None:
    import csv

    with (recorded / "superclue_open/open_win_loss_tie.csv").open(encoding="utf-8") as stream:
        published = {row["model"]: row for row in csv.DictReader(stream)}
    rows = named(pipeline.leaderboard(everything, Plan(bank="superclue_open")))
    assert len(published) == 15
    assert rows.keys() == published.keys()
    for name, row in rows.items():
        assert row.rates is not None
        assert half_up(row.rates.open_score.value, "0.01") == Decimal(published[name]["score"])
        assert half_up(row.rates.win_rate.value, "0.01") == Decimal(published[name]["win_rate_percent"])
        assert half_up(100 - row.rates.open_score.value, "0.01") == Decimal(published[name]["loss_rate_percent"])


def test_alpaca_eval_win_rates_and_standard_errors(everything: Store, recorded: Path) -> None:
    import csv

    with (recorded / "alpaca_eval/published_leaderboard.csv").open(encoding="utf-8") as stream:
        published = {row["model"]: row for row in csv.DictReader(stream)}
    board = pipeline.leaderboard(everything, Plan(bank="alpaca_eval"))
    assert board.baseline is not None
    assert board.baseline.endswith("gpt4_1106_preview")
    rows = named(board)
    assert rows.keys() == published.keys()
    for name, row in rows.items():
        assert row.rates is not None
        assert row.rates.win_rate.value == pytest.approx(float(published[name]["win_rate"]), abs=1e-9)
        assert row.rates.win_rate.standard_error == pytest.approx(float(published[name]["standard_error"]), abs=1e-9)
        assert row.judged == int(published[name]["n_total"])


# ── LLMZoo, JudgeBench, LLMEval-1 ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("aspect", ["general", "relevance", "diversity", "coherence", "immersion"])
def test_llmzoo_wins_and_mean_ranks(everything: Store, recorded: Path, aspect: str) -> None:
    published = expected(recorded, "llmzoo_zh/review_output.published_metric.json")[aspect]
    judge = f"recorded:llmzoo_zh/gpt-3.5-turbo+{aspect}"
    ranks = named(pipeline.leaderboard(everything, Plan(bank="llmzoo_zh", judge=judge)))
    for name, wanted in published.items():
        plan = Plan(candidates=(f"recorded:llmzoo_zh/{name}", "recorded:llmzoo_zh/gpt-3.5-turbo"), judge=judge)
        overall = pipeline.compare(everything, plan).overall
        won = wanted["winning"]
        assert (overall.win, overall.tie, overall.loss) == (won["model"], won["tie"], won["gpt3.5"])
        row = ranks[name]
        assert row.mean is not None
        assert row.mean.value == pytest.approx(wanted["order"]["model"], abs=1e-12)


def test_judgebench_accuracy_by_the_authors_rule(everything: Store, recorded: Path) -> None:
    """+1 for each game equal to the label, -1 for each opposite; right if the sum is positive."""
    published = expected(recorded, "judgebench/expected.json")["claude-3-haiku-20240307"]
    plan = Plan(bank="judgebench")
    codes = list(everything.candidates("judgebench"))
    machine, truth = (
        hearing.combine(resolve.material(everything, "judgebench", codes, plan, human=human), plan)[0]
        for human in (False, True)
    )
    assert machine.question.tolist() == truth.question.tolist()
    right = (machine.win - machine.loss) * truth.label > 0
    columns, abilities = everything.question_columns("judgebench")
    ability = dict(zip(columns.code.tolist(), columns.ability.tolist(), strict=True))
    group = np.array([abilities[ability[code]] for code in machine.question.tolist()])
    for name in ("knowledge", "reasoning", "math", "coding"):
        assert round(100 * float(right[group == name].mean()), 2) == published[name]["accuracy_percent"]
    assert (int(right.sum()), len(right)) == (87, 270)
    assert round(100 * float(right.mean()), 2) == published["overall"]["accuracy_percent"] == 32.22


def test_llmeval1_means(everything: Store, recorded: Path) -> None:
    """34 of the 36 published cells to three decimals; the README names the two that are one unit off."""
    import csv

    with (recorded / "llmeval1/published_pointwise_gpt4.csv").open(encoding="utf-8") as stream:
        published = {row["llm_name"]: row for row in csv.DictReader(stream)}
    rows = named(pipeline.leaderboard(everything, Plan(bank="llmeval1")))
    off = []
    for name, row in rows.items():
        assert row.mean is not None
        cells = {**{part.name: part.value for part in row.parts}, "overall": row.mean.value}
        off += [
            (name, cell)
            for cell, value in cells.items()
            if half_up(value or 0, "0.001") != Decimal(published[name][cell])
        ]
    assert len(rows) == 6
    assert sorted(off) == [("ChatGLM-6B", "logicality"), ("NewBing", "overall")]


def test_wildbench_scores(everything: Store, recorded: Path) -> None:
    """The latest scores alone: the same judge's earlier ones are a judge of their own."""
    published = expected(recorded, "wildbench/expected.json")
    rows = named(pipeline.leaderboard(everything, Plan(bank="wildbench", judge="gpt-4o-2024-05-13")))
    means = {name: row.mean.value for name, row in rows.items() if row.mean}
    assert means == pytest.approx({name: one["published"]["score"] for name, one in published.items()}, abs=1e-12)
    assert means == pytest.approx({"gpt-3.5-turbo-0125": 6.613880742913001, "gemma-2b-it": 4.737512242899118})


def test_a_recorded_dialogue_is_shown_as_it_was_held(everything: Store) -> None:
    """Chinese-Alpaca's dialogues were held live: 3 to 8 turns, other user turns and other numbers of them per model."""
    import io

    from rich.console import Console

    from judge.report.transcript import print_item

    bank = "chinese_alpaca/f16-p7b-p13b-33b"
    lengths = set()
    for number in range(1, 21):
        ((code, *_),) = everything.find_questions(f"{bank}/DIALOGUE-{number:02}")
        item = everything.item(code)
        screen = io.StringIO()
        print_item(item, Console(file=screen, width=80, highlight=False))
        shown = "".join(screen.getvalue().split())
        for dialogue in item.dialogues:
            lengths.add(len(dialogue.answers))
            assert len(dialogue.answers) >= 2
            for turn, answer in enumerate(dialogue.answers, 1):
                assert answer.prompt is not None
                held = f"用户（第{turn}轮）{answer.prompt}{dialogue.candidate.name.rpartition('/')[2]}（第{turn}轮）{answer.text}"
                assert "".join(held.split()) in shown
    assert lengths == {3, 4, 5, 6, 7, 8}
