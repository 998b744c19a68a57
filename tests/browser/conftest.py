"""A real Chromium, cut off from any network, that says what a page asked for and complained of."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from judge.report.document import Document
from judge.report.html import render
from judge.report.words import Language, words
from tests.browser.review_world import command, drawn_store, enter, example, judged, judged_store, review
from tests.browser.watched import WATCH, Opened
from tests.report.stage import (
    BEST,
    alone_report,
    audited_report,
    board_report,
    hostile_report,
    long_report,
    pair_report,
)

# Fixtures of the review page, for every file here.
__all__ = ["command", "drawn_store", "enter", "example", "judged", "judged_store", "review"]

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """One Chromium for all tests here; closed before others run, since playwright leaves an event loop going meanwhile."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="缺少 playwright，浏览器测试未跑")
    chromium = os.environ.get("JUDGE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("没有 chromium，浏览器测试未跑：.ci/browser 会装")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield opened
        opened.close()


Open = Callable[..., Opened]


@pytest.fixture
def open_page(browser: Any) -> Iterator[Open]:
    """Open a file with every request recorded, and all but files refused."""
    contexts = []

    def opened(path: Path, at: str = "", **settings: Any) -> Opened:
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **settings}
        )
        context.set_default_timeout(8000)
        context.add_init_script(WATCH)
        contexts.append(context)
        found = Opened(context.new_page())

        def route(handler: Any) -> None:
            if handler.request.url.startswith("file:"):
                handler.continue_()
            else:
                found.asked.append(handler.request.url)
                handler.abort()

        context.route("**/*", route)
        found.page.on(
            "console", lambda said: found.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
        found.page.on("dialog", lambda dialog: found.complaints.append("dialog") or dialog.dismiss())
        found.page.goto(path.as_uri() + at)
        found.page.wait_for_selector("#app:not([hidden])")
        return found

    yield opened
    for context in contexts:
        context.close()


def written(document: Document, folder: Path, language: Language = "zh", limit: int = 6_000_000) -> Path:
    pages = render(document, words(language), limit=limit)
    for page in pages:
        place = folder / page.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(page.text, encoding="utf-8")
    return folder / pages[0].name


@pytest.fixture(scope="session")
def pair_document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return pair_report(tmp_path_factory.mktemp("pair-store"))


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory, pair_document: Document) -> Path:
    return written(pair_document, tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="session")
def pair_in_english(tmp_path_factory: pytest.TempPathFactory, pair_document: Document) -> Path:
    return written(pair_document, tmp_path_factory.mktemp("english"), "en")


@pytest.fixture(scope="session")
def long(tmp_path_factory: pytest.TempPathFactory, pair_document: Document) -> Path:
    return written(long_report(pair_document, 34), tmp_path_factory.mktemp("long"))


@pytest.fixture
def pair_with_folder(tmp_path: Path, pair_document: Document) -> Path:
    return written(pair_document, tmp_path, limit=1000)


@pytest.fixture(scope="session")
def board_document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return board_report(tmp_path_factory.mktemp("board-store"))


@pytest.fixture(scope="session")
def board(tmp_path_factory: pytest.TempPathFactory, board_document: Document) -> Path:
    return written(board_document, tmp_path_factory.mktemp("board"))


@pytest.fixture(scope="session")
def board_in_english(tmp_path_factory: pytest.TempPathFactory, board_document: Document) -> Path:
    return written(board_document, tmp_path_factory.mktemp("board-english"), "en")


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone")
    return written(alone_report(folder), folder)


@pytest.fixture(scope="session")
def audited_document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return audited_report(tmp_path_factory.mktemp("audited-store"), BEST[:2], questions=150, audited=80)


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory, audited_document: Document) -> Path:
    return written(audited_document, tmp_path_factory.mktemp("audited"))


@pytest.fixture(scope="session")
def audited_in_english(tmp_path_factory: pytest.TempPathFactory, audited_document: Document) -> Path:
    return written(audited_document, tmp_path_factory.mktemp("audited-english"), "en")


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    return written(hostile_report(folder), folder, limit=10**9)
