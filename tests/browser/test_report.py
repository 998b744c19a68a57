"""The report as a reader has it: from a file, without a network, by mouse and by keyboard, on a phone, in the dark, on paper."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Open, Opened

FIRST_ROW = "#list .q >> nth=0"
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}


def press(found: Opened, *keys: str) -> None:
    for key in keys:
        found.page.keyboard.press(key)


def test_two_different_characters_do_not_look_alike(open_page: Open, pair: Path) -> None:
    """Without a font that has them every Han character is the same empty box, and no screenshot says anything."""
    found = open_page(pair)
    drawn = []
    for one in "测题":
        found.page.evaluate(
            "text => { const h = document.querySelector('h1'); h.textContent = text; h.style.width = '60px'; }", one
        )
        drawn.append(found.page.locator("h1").screenshot())
    assert drawn[0] != drawn[1]


def test_nothing_leaves_and_nothing_complains(open_page: Open, pair: Path, board: Path) -> None:
    for path in (pair, board):
        found = open_page(path)
        found.page.click(f"{FIRST_ROW} >> button")
        found.page.wait_for_selector(".body .turn")
        assert found.page.locator(".sides .side").count() >= 2
        found.quiet()


def test_a_question_opens_with_both_sides_the_verdicts_and_the_people(open_page: Open, pair: Path) -> None:
    found = open_page(pair, "#q=chat-003")
    found.page.wait_for_selector(".body .turn")
    text = found.page.locator(".q[data-open]").inner_text()
    for said in ("第 4 轮", "示例甲", "示例乙", "示例评委", "审阅员一", "岭南老菜", "参考与要点"):
        assert said in text, said
    assert found.page.locator(".said").count() >= 4  # both placements, two reviewers
    found.page.click(".q[data-open] > button")
    assert found.page.locator(".q[data-open]").count() == 0
    assert "q=" not in found.page.url


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("#ability", "计算", 6),
        ("#outcome", "w", 9),
        ("#outcome", "-", 40),
        ("#flag", "flipped", 3),
        ("#flag", "reviewed", 8),
        ("#difficulty", "3", None),
    ],
)
def test_each_filter_narrows_the_list_and_stands_in_the_address(
    open_page: Open, pair: Path, field: str, value: str, expected: int | None
) -> None:
    found = open_page(pair)
    assert len(found.listed) == 60
    found.page.select_option(field, value)
    narrowed = found.listed
    assert 0 < len(narrowed) < 60
    assert expected is None or len(narrowed) == expected
    assert f"{len(narrowed)} / 60" in found.page.inner_text("#count")
    again = open_page(pair, "#" + found.page.url.partition("#")[2])
    assert again.listed == narrowed
    found.page.go_back()
    found.page.wait_for_function("document.querySelectorAll('#list .q').length === 60")
    found.page.select_option(field, value)
    found.page.click("#reset")
    assert len(found.listed) == 60


def test_search_looks_at_the_list_at_once_and_into_dialogues_on_request(open_page: Open, pair: Path) -> None:
    found = open_page(pair)
    found.page.fill("#search", "calc-00")
    assert found.listed == [f"calc-00{number}" for number in range(1, 7)]
    found.page.fill("#search", "岭南老菜")
    assert found.listed == []
    found.page.click("#deep")
    found.page.wait_for_function("document.querySelectorAll('#list .q').length > 0")
    assert found.listed == ["chat-003"]
    found.page.fill("#search", "")
    assert len(found.listed) == 60


def test_the_order_can_be_chosen(open_page: Open, pair: Path) -> None:
    found = open_page(pair)
    found.page.select_option("#sort", "id")
    assert found.listed == sorted(found.listed)
    found.page.select_option("#sort", "disputed")
    flags = found.page.locator("#list .q").first.locator(".flag").all_inner_texts()
    assert "人与评委不同" in flags or "换位翻转" in flags
    found.page.select_option("#sort", "difficulty")
    assert found.listed != sorted(found.listed)


def test_every_key_does_what_the_help_says(open_page: Open, pair: Path) -> None:
    found = open_page(pair)
    page = found.page
    focused = "document.activeElement.closest('.q')?.dataset.at ?? document.activeElement.id"
    press(found, "j")
    assert page.evaluate(focused) == "0"
    press(found, "j", "j", "k")
    assert page.evaluate(focused) == "1"
    press(found, "o")
    page.wait_for_selector("#item-1 .turn")
    assert page.locator("#item-1 .side h5").first.inner_text() == "示例甲"
    press(found, "t")
    assert page.locator("#item-1 details.ref[open]").count() > 0
    press(found, "f")
    page.wait_for_function("document.querySelector('#item-1 .side h5')?.textContent === '示例乙'")
    press(found, "Escape")
    assert page.locator(".q[data-open]").count() == 0
    press(found, "?")
    assert page.locator("dialog[open]").count() == 1
    press(found, "Escape")
    assert page.locator("dialog[open]").count() == 0
    press(found, "/")
    assert page.evaluate(focused) == "search"
    page.keyboard.type("jot?")
    assert page.input_value("#search") == "jot?"
    assert page.locator("dialog[open]").count() == 0


def test_keys_are_left_alone_while_an_input_method_composes(open_page: Open, pair: Path) -> None:
    found = open_page(pair)
    found.page.evaluate(
        "document.dispatchEvent(new KeyboardEvent('keydown', {key: '?', isComposing: true, bubbles: true}))"
    )
    assert found.page.locator("dialog[open]").count() == 0
    found.page.evaluate(
        "document.dispatchEvent(new KeyboardEvent('keydown', {key: '?', ctrlKey: true, bubbles: true}))"
    )
    assert found.page.locator("dialog[open]").count() == 0


def test_pairs_are_chosen_on_a_board(open_page: Open, board: Path) -> None:
    found = open_page(board)
    assert found.page.locator("#first").is_visible()
    found.page.select_option("#first", "2")
    found.page.select_option("#second", "3")
    found.page.click(f"{FIRST_ROW} >> button")
    found.page.wait_for_selector(".side h5")
    names = found.page.locator(".q[data-open] .turn >> nth=0 >> .side h5").all_inner_texts()
    options = found.page.locator("#first option").all_inner_texts()
    assert names == [options[2], options[3]]
    assert "first=2" in found.page.url
    found.page.select_option("#first", "3")
    assert found.page.input_value("#second") != "3"
    found.quiet()


def test_the_folder_form_opens_from_files_too(open_page: Open, pair_with_folder: Path) -> None:
    found = open_page(pair_with_folder, "#q=calc-003")
    found.page.wait_for_selector(".body .turn")
    assert found.page.locator(".sides .side").count() >= 2
    found.quiet()
    for script in pair_with_folder.parent.glob("report-*/*.js"):
        script.rename(script.with_suffix(".gone"))
    lost = open_page(pair_with_folder)
    lost.page.click(f"{FIRST_ROW} >> button")
    lost.page.wait_for_selector(".body .ended")
    assert "要连同名目录一起放" in lost.page.inner_text(".body")
    for script in pair_with_folder.parent.glob("report-*/*.gone"):
        script.rename(script.with_suffix(".js"))


def test_no_attack_runs_asks_or_hides(open_page: Open, hostile: Path) -> None:
    found = open_page(hostile)
    page = found.page
    while page.locator("#more").is_visible():
        page.click("#more")
    assert page.locator("#list .q").count() > 200
    page.evaluate(
        "async () => { for (const row of document.querySelectorAll('#list .q > button')) { row.click(); "
        "await new Promise(done => setTimeout(done, 0)); } }"
    )
    page.wait_for_function("document.querySelectorAll('.q[data-open] .turn').length > 200", timeout=30000)
    assert page.evaluate("window.__hit") is None
    tags = page.evaluate(
        "[...new Set([...document.querySelectorAll('.body *')].map(one => one.tagName.toLowerCase()))]"
    )
    assert not {
        "img",
        "iframe",
        "script",
        "object",
        "embed",
        "form",
        "input",
        "svg",
        "link",
        "style",
        "video",
        "audio",
    } & set(tags)
    assert (
        page.evaluate(
            "document.querySelectorAll('.body [style], .body [src], .body [onerror], .body [onclick]').length"
        )
        == 0
    )
    assert found.asked == []
    assert [one for one in found.complaints if "Content Security" in one or "dialog" in one] == []


def luminance(page: Any) -> float:
    rgb = page.evaluate("getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)")
    return sum(rgb[:3]) / 3


def test_dark_phone_and_paper(open_page: Open, pair: Path, tmp_path: Path) -> None:
    assert luminance(open_page(pair, color_scheme="light").page) > 200
    dark = open_page(pair, color_scheme="dark")
    assert luminance(dark.page) < 60
    phone = open_page(pair, "#q=calc-003", **PHONE)
    phone.page.wait_for_selector(".body .turn")
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.page.locator(".fig-radar .narrow").is_visible()
    assert not phone.page.locator(".fig-radar .wide").is_visible()
    boxes = [one.bounding_box() for one in phone.page.locator(".turn >> nth=0 >> .side").all()]
    assert boxes[1]["y"] > boxes[0]["y"] + boxes[0]["height"] - 1  # one under the other
    paper = open_page(pair)
    paper.page.emulate_media(media="print")
    paper.page.pdf(path=str(tmp_path / "report.pdf"), format="A4")
    pdf = (tmp_path / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) > 1
    assert not paper.page.locator(".tools").is_visible()


@pytest.mark.parametrize("settings", [{}, {"color_scheme": "dark"}, PHONE], ids=["light", "dark", "phone"])
@pytest.mark.parametrize("report", ["pair", "board"])
def test_axe_finds_no_serious_fault(
    open_page: Open, request: pytest.FixtureRequest, report: str, settings: dict[str, Any]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="缺少 axe-playwright-python")
    found = open_page(request.getfixturevalue(report), **settings)
    found.page.click(f"{FIRST_ROW} >> button")
    found.page.wait_for_selector(".body .turn")
    violations = axe.Axe().run(found.page).response["violations"]
    grave = [
        (one["id"], [node["html"][:150] for node in one["nodes"]][:3])
        for one in violations
        if one["impact"] in ("serious", "critical")
    ]
    assert grave == []


OURS = "(() => { const copy = document.body.cloneNode(true); copy.querySelectorAll('[data-user],script,noscript,code,kbd,svg').forEach(one => one.remove()); return copy.textContent; })()"
ALLOWED = re.compile(
    r"OPEN|Elo|Holm|Bradley-Terry|Cohen|Gwet|AC1|token|judge|compare|scope|turns|Chrome|Edge|Firefox|Safari|Esc|MB|p\b|κ|α"
)


def test_english_has_no_chinese_label_and_chinese_no_english_one(
    open_page: Open, pair: Path, pair_in_english: Path
) -> None:
    for path, bad in ((pair_in_english, r"[\u4e00-\u9fff]+"), (pair, r"[A-Za-z]{2,}")):
        found = open_page(path)
        found.page.click(f"{FIRST_ROW} >> button")
        found.page.wait_for_selector(".body .turn")
        text = found.page.evaluate(OURS)
        assert re.findall(bad, ALLOWED.sub("", text)) == []
        titles = " ".join(found.page.locator("figcaption").all_inner_texts())
        assert re.findall(bad, ALLOWED.sub("", titles)) == []


def test_the_page_works_without_a_decompressor_only_as_far_as_it_says(open_page: Open, pair: Path) -> None:
    found = open_page(pair)
    found.page.evaluate("delete window.DecompressionStream")
    found.page.click(f"{FIRST_ROW} >> button")
    found.page.wait_for_selector(".body .ended")
    assert "浏览器太旧" in found.page.inner_text(".body")
