"""Answers scored one by one, and the page as a file for somebody without a connection: both end in the store as pressed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from judge.cli import entry
from judge.records import Bank, Plan, Question, Score, Scores, Skipped, Turn
from judge.review.app.exporting import exported as page_of
from judge.review.chair import Drawing
from judge.review.draws import SKIPS
from judge.store import open_store
from tests.browser.review_world import (
    NAMES,
    PLAIN,
    TASK,
    Enter,
    Kept,
    Seat,
    Served,
    copied,
    serving,
    texts,
    words,
)
from tests.browser.test_looks import PHONE
from tests.review.scene import MARKER, marked

GRAVE = ("serious", "critical")
ROWS = "[...document.querySelectorAll('.score')].map((one) => [one.firstChild.textContent, one.querySelector('[aria-pressed=true]')?.textContent ?? null])"
NOW = "document.querySelector('.score.now').firstChild.textContent"


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Three candidates on six questions, each answer scored by a judge out of ten."""
    path = tmp_path_factory.mktemp("scored") / "judge.db"
    store = open_store(str(path), create=True)
    asked = [Question("题库", f"q{at}", "计算", (Turn(f"第{at}问", "60", "exact"),)) for at in range(6)]
    judged = [marked(one, name, 5 + at % 3) for at, one in enumerate(asked) for name in ("甲方", "乙方", "丙方")]
    store.add(banks=[Bank("题库")], judgments=judged)
    store.engine.dispose()
    with serving(path, Plan(bank="题库", judge=MARKER.name), PLAIN, Drawing(items=18, overlap=0)) as found:
        yield found


def test_scores_arrive_by_keyboard_and_by_clicks(scored: Served, enter: Enter) -> None:
    seat = enter(scored.link("张"))
    assert seat.page.locator(".side").count() == 1
    dimensions = [one.name for one in scored.chair.room.rubrics.of("计算").dimensions]
    assert [name for name, _ in seat.page.evaluate(ROWS)] == ["总分", *dimensions]
    seat.press("Enter")
    seat.toast("打总分")
    seat.press("8", "7", "0")  # goes down by itself; 0 is ten
    seat.press("ArrowUp", "ArrowUp", "6", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "5")
    given = dict(seat.page.evaluate(ROWS))
    assert given["总分"] == "8"
    assert [given[one] for one in dimensions] == ["6", "10", *[None] * (len(dimensions) - 3), "5"]
    seat.press("Enter")
    seat.kept()
    seat.until(f"!!{TASK}")
    # The next by clicks; without an overall one, the weighted mean of all dimensions stands for it.
    for at, name in enumerate(dimensions):
        seat.page.click(f".score:has(> span:text-is('{name}')) button:text-is('{at + 3}')")
    assert seat.page.evaluate(NOW) == dimensions[-1]
    seat.press("9", "c")
    seat.write("第 2 步错了 123")
    seat.press("Escape")
    seat.page.click(f".score:has(> span:text-is('{dimensions[-1]}')) button:text-is('{len(dimensions) + 2}')")
    seat.page.wait_for_timeout(420)
    seat.page.click("#submit")
    seat.until(f"!!{TASK} && document.querySelectorAll('.score [aria-pressed=true]').length === 0")
    seat.press("s", "1")
    seat.kept()
    first, second, skipped = scored.said("张")
    assert first.result == Scores(
        Score(8, 0, 10),
        tuple((name, Score(float(given[name]), 0, 10)) for name in dimensions if given[name]),
    )
    weights = {one.name: one.weight for one in scored.chair.room.rubrics.of("计算").dimensions}
    mean = sum(weights[name] * (at + 3) for at, name in enumerate(dimensions)) / sum(weights.values())
    assert isinstance(second.result, Scores)
    assert second.result.overall is not None
    assert second.result.overall.value == pytest.approx(mean)
    assert [score.value for _, score in second.result.dimensions] == [at + 3 for at in range(len(dimensions))]
    assert second.comment == "第 2 步错了 123"
    assert isinstance(skipped.result, Skipped)
    assert all(one.probability == 1 for one in (first, second, skipped))
    seat.press("u")
    seat.toast("已撤回")
    seat.press("u")
    seat.until("document.querySelectorAll('.score [aria-pressed=true]').length > 1")
    assert [value for _, value in seat.page.evaluate(ROWS)][1:] == [str(at + 3) for at in range(len(dimensions))]
    seat.quiet()


def exported(store: Path, folder: Path) -> Path:
    said = io.StringIO()
    options = [
        "--bank",
        "demo",
        "--items",
        "0",
        "--export-static",
        str(folder),
        "--reviewers",
        "小陈",
        "--store",
        str(store),
    ]
    with redirect_stdout(said), redirect_stderr(io.StringIO()):
        assert entry.run(["review", *options]) == 0
    assert "59 条" in said.getvalue()
    (path,) = folder.glob("*.html")
    return path


@pytest.mark.parametrize(
    "back", [["import"], ["audit", "import", "--reviewer", "小陈"]], ids=["import", "audit import"]
)
def test_a_file_without_a_server_keeps_votes_and_gives_them_back(
    drawn_store: Path, tmp_path: Path, browser: Any, back: list[str]
) -> None:
    store = copied(drawn_store, tmp_path)
    path = exported(store, tmp_path / "发出去")
    assert not [name for name in NAMES if name in path.read_text(encoding="utf-8")]
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    try:
        lines, pressed = voted_alone(context, path, tmp_path)
    finally:
        context.close()
    assert [line["reviewer"] for line in lines] == ["小陈"] * 7
    assert not [name for name in NAMES if name in json.dumps(lines, ensure_ascii=False)]
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = entry.run([*back, str(tmp_path / "判定.jsonl"), "--store", str(store)])
    assert code == 0, said.getvalue()
    opened = open_store(str(store))
    kept = Kept(opened).said("小陈")
    opened.engine.dispose()
    assert words(kept) == ["first", "second", "tie", "both bad", "second", SKIPS["field"], "first"]
    for one, (left, right) in zip(kept, pressed, strict=True):
        assert [texts(dialogue) for dialogue in one.case.dialogues] == [left, right]
    assert kept[3].comment == "两边都没有守住约定"
    assert (kept[3].deliberation.confidence, kept[3].deliberation.turn) == (3, 1)
    assert all(one.probability is not None and one.draw for one in kept)


def voted_alone(context: Any, path: Path, folder: Path) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """Vote on seven items of an exported file, undo, reload, and save: the lines saved, and what stood on both sides."""
    asked: list[str] = []
    context.on(
        "request", lambda one: None if one.url.startswith(("file:", "blob:", "data:")) else asked.append(one.url)
    )
    seat = Seat(context.new_page())
    seat.page.on("console", lambda one: seat.complaints.append(one.text) if one.type in ("error", "warning") else None)
    seat.page.on("pageerror", lambda one: seat.complaints.append(str(one)))
    seat.page.goto(path.as_uri())
    seat.until("!!document.querySelector('.guide')")
    seat.page.click("#begin")
    seat.at_item()
    seat.press("v")
    pressed = []
    for key in ("1", "2", "3"):
        pressed.append(seat.sides())
        seat.vote(key)
    seat.vote("1")
    seat.press("u")  # and otherwise
    seat.until("!!document.querySelector('.verdict[aria-pressed=true]')")
    pressed.append(seat.sides())
    seat.press("9", "c")
    seat.write("两边都没有守住约定")
    seat.press("Escape")
    seat.page.click("[data-choice=turn-1]")
    seat.vote("4")
    task = seat.task
    seat.page.reload()
    assert seat.at_item() == task
    assert seat.page.inner_text(".count") == "4/59"
    seat.press("v")
    for key in ("b", "s", "1"):
        pressed.append(seat.sides())
        if key == "s":
            seat.press("s", "1")
            seat.until(f"{TASK} !== {task!r}")
        else:
            seat.vote(key)
        task = seat.task
    with seat.page.expect_download() as download:
        seat.page.click("#save")
    download.value.save_as(folder / "判定.jsonl")
    assert download.value.suggested_filename == "判定-小陈.jsonl"
    assert asked == seat.complaints == []
    lines = (folder / "判定.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines], pressed


def test_scores_given_in_a_file_come_back_with_their_parts(scored: Served, browser: Any, tmp_path: Path) -> None:
    text, count = page_of(scored.chair.room, "小陈", "zh")
    assert count == sum(not one.closed for one in scored.chair.room.desk.places)
    (tmp_path / "审阅.html").write_text(text, encoding="utf-8")
    dimensions = [one.name for one in scored.chair.room.rubrics.of("计算").dimensions]
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    try:
        seat = Seat(context.new_page())
        seat.page.goto((tmp_path / "审阅.html").as_uri())
        seat.until("!!document.querySelector('.guide')")
        seat.page.click("#begin")
        first = seat.at_item()
        seat.press("8", "6", "Enter")
        seat.until(f"{TASK} !== {first!r}")
        seat.press("ArrowDown", *[str(at + 3) for at in range(len(dimensions))], "Enter")
        seat.until("document.querySelectorAll('.score [aria-pressed=true]').length === 0")
        with seat.page.expect_download() as download:
            seat.page.click("#save")
        download.value.save_as(tmp_path / "判定.jsonl")
    finally:
        context.close()
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as told:
        code = entry.run(["import", str(tmp_path / "判定.jsonl"), "--store", str(scored.store.engine.url.database)])
    assert code == 0, told.getvalue()
    one, other = scored.said("小陈")
    assert one.result == Scores(Score(8, 0, 10), ((dimensions[0], Score(6, 0, 10)),))
    weights = [one.weight for one in scored.chair.room.rubrics.of("计算").dimensions]
    assert isinstance(other.result, Scores)
    assert other.result.overall is not None
    mean = sum(weight * (at + 3) for at, weight in enumerate(weights)) / sum(weights)
    assert other.result.overall.value == pytest.approx(mean)
    assert [score.value for _, score in other.result.dimensions] == [at + 3 for at in range(len(dimensions))]


def test_scoring_fits_a_phone_and_axe_finds_nothing_grave(scored: Served, enter: Enter) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="缺少 axe-playwright-python")
    seat = enter(scored.link("李"), **PHONE)
    seat.press("7", "c")
    for scheme in ("light", "dark"):
        seat.page.emulate_media(color_scheme=scheme)
        grave = [one for one in axe.Axe().run(seat.page).response["violations"] if one["impact"] in GRAVE]
        assert [(one["id"], one["nodes"][0]["html"][:150]) for one in grave] == []
    assert seat.page.evaluate("document.documentElement.scrollWidth") <= 390
    box = seat.page.locator("#submit").bounding_box()
    assert box["height"] >= 44
    assert 0 < box["y"] < 844 - box["height"]
    assert (
        seat.page.locator("header").bounding_box()["height"] + seat.page.locator("footer").bounding_box()["height"]
        < 700
    )
