"""The report in the dark, on a phone, on paper, in both languages and through a screen reader."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Open

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DARK = {"color_scheme": "dark"}


def luminance(page: Any) -> float:
    rgb = page.evaluate("getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)")
    return float(sum(rgb[:3]) / 3)


def test_the_page_follows_the_light_and_paper_is_white(open_page: Open, pair: Path) -> None:
    assert luminance(open_page(pair, color_scheme="light").page) > 200
    dark = open_page(pair, **DARK).page
    assert luminance(dark) < 60
    dark.emulate_media(media="print")
    assert luminance(dark) > 200


def test_a_phone_scrolls_tables_in_their_box_and_nothing_else(open_page: Open, pair: Path, board: Path) -> None:
    for path, at in ((pair, "#q=chat-003"), (board, "#q=t-03")):
        page = open_page(path, at, **PHONE).page
        page.wait_for_selector(".body .turn")
        for width in (360, 390, 430):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".fig-radar .narrow").is_visible()
    assert not page.locator(".fig-radar .wide").is_visible()


def test_a_phone_shows_one_side_or_one_under_the_other(open_page: Open, pair: Path) -> None:
    page = open_page(pair, "#q=calc-003", **PHONE).page
    page.wait_for_selector(".body .turn")
    sides = page.locator(".turn >> nth=0 >> .side")
    boxes = [sides.nth(at).bounding_box() for at in (0, 1)]
    assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]
    page.click(".switch button:has-text('示例乙')")
    assert [sides.nth(at).is_visible() for at in (0, 1)] == [False, True]
    assert page.locator(".switch [aria-pressed=true]").inner_text() == "示例乙"
    page.mouse.wheel(0, 500)
    page.wait_for_timeout(100)
    top = page.locator(".switch").bounding_box()["y"]
    assert 0 <= top < 100  # stays in reach
    page.click(".switch button:has-text('都看')")
    assert [sides.nth(at).is_visible() for at in (0, 1)] == [True, True]
    assert not open_page(pair, "#q=calc-003").page.locator(".switch").is_visible()


def test_paper_has_the_summary_the_figures_and_what_was_opened(open_page: Open, pair: Path, tmp_path: Path) -> None:
    page = open_page(pair).page
    page.emulate_media(media="print")
    assert not page.locator(".tools").is_visible()
    assert not page.locator("#questions").is_visible()
    assert page.locator(".fig-radar .wide").is_visible()
    page.pdf(path=str(tmp_path / "report.pdf"), format="A4")
    pdf = (tmp_path / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 8
    assert b"/ToUnicode" in pdf  # text, not a picture of it
    page.emulate_media(media="screen")
    page.click("#list .q >> nth=1 >> button")
    page.wait_for_selector(".body .turn")
    page.emulate_media(media="print")
    assert page.locator("#item-1 .turn").first.is_visible()
    assert not page.locator("#item-0").is_visible()
    # One figure taller than a page would be cut.
    heights = page.evaluate("[...document.querySelectorAll('.fig')].map(one => one.getBoundingClientRect().height)")
    assert max(heights) < 1000


@pytest.mark.parametrize("settings", [{}, DARK, PHONE], ids=["light", "dark", "phone"])
@pytest.mark.parametrize("report", ["pair", "board", "audited"])
def test_axe_finds_no_serious_fault(
    open_page: Open, request: pytest.FixtureRequest, report: str, settings: dict[str, Any]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="缺少 axe-playwright-python")
    found = open_page(request.getfixturevalue(report), **settings)
    found.page.click("#list .q >> nth=5 >> button")
    found.page.wait_for_selector(".body .turn")
    found.page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
    part = "#corrected" if report == "audited" else None  # all else in it is as in the others
    violations = axe.Axe().run(found.page, context=part).response["violations"]
    grave = [
        (one["id"], [node["html"][:150] for node in one["nodes"]][:3])
        for one in violations
        if one["impact"] in ("serious", "critical")
    ]
    assert grave == []


def test_the_page_is_in_order_for_a_screen_reader(open_page: Open, pair: Path) -> None:
    page = open_page(pair).page
    assert page.get_attribute("html", "lang") == "zh-CN"
    for landmark in ("header", "nav", "main", "footer"):
        assert page.locator(f"body > {landmark}").count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().width") > 20
    assert page.get_attribute("#count", "aria-live") == "polite"
    tables = page.evaluate(
        "[...document.querySelectorAll('main > section table')].every(one => one.caption && one.querySelector('th[scope=col]') && one.querySelector('th[scope=row]'))"
    )
    assert tables
    first = page.locator("#list .q > button").first
    assert first.get_attribute("aria-expanded") == "false"
    first.click()
    assert first.get_attribute("aria-expanded") == "true"
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


OURS = """(() => {
  const copy = document.body.cloneNode(true);
  copy.querySelectorAll('[data-user],script,noscript,code,kbd').forEach((one) => one.remove());
  copy.querySelectorAll('svg text, svg title').forEach((one) => one.remove());
  const said = [...copy.querySelectorAll('[aria-label],[placeholder]')].flatMap((one) => [one.ariaLabel, one.placeholder]);
  return copy.textContent + ' ' + said.join(' ');
})()"""
ALLOWED = re.compile(
    r"OPEN|Elo|Holm|Bradley-Terry|Cohen|Gwet|AC1|Fleiss|Krippendorff|logit|token|judge|compare|scope|turns|Chrome|Edge|"
    r"Firefox|Safari|Esc|MB|κ|α"
)


@pytest.mark.parametrize("report", ["pair", "board", "audited"])
def test_english_has_no_chinese_label_and_chinese_no_english_one(
    open_page: Open, request: pytest.FixtureRequest, report: str
) -> None:
    for name, bad in ((f"{report}_in_english", r"[\u3000-\u9fff\uff00-\uffef]+"), (report, r"[A-Za-z]{2,}")):
        found = open_page(request.getfixturevalue(name))
        found.page.click("#list .q >> nth=5 >> button")
        found.page.wait_for_selector(".body .turn")
        assert re.findall(bad, ALLOWED.sub("", found.page.evaluate(OURS))) == []
