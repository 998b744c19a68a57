"""The report as a reader has it: from a file, without a network, by mouse and by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Open, Opened

ROWS = "document.querySelectorAll('#list .q').length"
FOCUSED = "document.activeElement.closest('.q')?.dataset.at ?? document.activeElement.id"


def open_first(found: Opened) -> None:
    found.page.click("#list .q >> nth=0 >> button")
    found.page.wait_for_selector(".body .turn")


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


@pytest.mark.parametrize("report", ["pair", "board", "alone"])
def test_nothing_leaves_and_nothing_complains(open_page: Open, request: pytest.FixtureRequest, report: str) -> None:
    found = open_page(request.getfixturevalue(report))
    open_first(found)
    for summary in found.page.locator("main > section details > summary").all():
        summary.click()
    found.quiet()


def test_what_people_corrected_stands_after_the_result_and_fits_a_phone(open_page: Open, audited: Path) -> None:
    found = open_page(audited)
    assert "但人工校正后不是这样：还分不出。" in found.page.inner_text(".mast .warning")
    found.page.click(".toc a[href='#corrected']")
    found.until("document.querySelector('#corrected').getBoundingClientRect().top < 100")
    assert found.page.locator("#result + #corrected + #figures").count() == 1
    rows = found.page.locator("#corrected > .scroll tbody tr")
    assert rows.nth(0).locator("td, th").all_inner_texts() == [
        "胜+½平",
        "Qwen-Sample-72B-Instruct",
        "75.0 [68.5, 81.5]",
        "50.0 [40.0, 60.0]",
        "48.8 [39.1, 58.5]",
    ]
    facts = found.page.inner_text("#corrected > .counts")
    assert "80 / 150 条" in facts
    assert "6 条（15%；同样宽的区间，只靠人约要判 86 条）" in facts
    assert found.page.locator("#corrected .fig .wide").is_visible()
    found.quiet()
    phone = open_page(audited, viewport={"width": 390, "height": 844}, is_mobile=True).page
    for width in (360, 390, 430):
        phone.set_viewport_size({"width": width, "height": 844})
        assert phone.evaluate("document.documentElement.scrollWidth") <= width
    assert phone.locator("#corrected .fig .narrow").is_visible()


def test_a_question_opens_with_both_sides_the_verdicts_and_the_people(open_page: Open, pair: Path) -> None:
    found = open_page(pair, "#q=chat-003")
    found.page.wait_for_selector(".body .turn")
    text = found.page.locator(".q[data-open]").inner_text()
    for said in ("第 4 轮", "先看 示例甲，后看 示例乙", "先看 示例乙，后看 示例甲", "示例评委", "审阅员一", "岭南老菜"):
        assert said in text, said
    assert found.page.locator(".turn >> nth=0 >> .side").count() == 2
    assert found.page.locator(".said").count() == 4  # both placements, two reviewers
    assert found.page.locator(".broken li").count() >= 1
    assert found.page.locator(".ref[open]").count() == 0
    found.page.click(".bar button:has-text('展开参考')")
    assert found.page.locator(".ref[open]").count() == 4
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
        ("#flag", "people differ", 4),
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
    found.page.reload()
    assert found.listed == narrowed
    found.page.go_back()
    found.until(f"{ROWS} === 60")
    found.page.go_forward()
    found.until(f"{ROWS} === {len(narrowed)}")
    found.page.click("#reset")
    assert len(found.listed) == 60


def test_filters_join(open_page: Open, pair: Path) -> None:
    found = open_page(pair)
    found.page.select_option("#ability", "计算")
    found.page.select_option("#outcome", "-")
    found.page.fill("#search", "calc-001")
    assert len(found.listed) <= 1
    found.page.fill("#search", "没有这样的题")
    assert "没有符合的题" in found.page.inner_text("#count")


def test_only_flags_that_stand_somewhere_are_offered(open_page: Open, pair: Path, alone: Path) -> None:
    options = open_page(pair).page.locator("#flag option").all_inner_texts()
    assert "换位翻转" in options
    assert "疑似对评委说话" not in options
    single = open_page(alone)
    for field in ("#flag", "#outcome", "#difficulty", "#first"):
        assert not single.page.locator(field).is_visible(), field


def test_search_looks_at_the_list_at_once_and_into_dialogues_on_request(open_page: Open, pair: Path) -> None:
    found = open_page(pair)
    found.page.fill("#search", "calc-00")
    assert found.listed == [f"calc-00{number}" for number in range(1, 7)]
    found.page.fill("#search", "岭南老菜")
    assert found.listed == []
    found.page.click("#deep")
    found.until(f"{ROWS} > 0")
    assert found.listed == ["chat-003"]
    assert found.page.get_attribute("#deep", "aria-pressed") == "true"
    again = open_page(pair, "#" + found.page.url.partition("#")[2])
    again.until(f"{ROWS} === 1")
    found.page.fill("#search", "岭南 苦瓜")
    found.until(f"{ROWS} === 1")
    found.page.fill("#search", "")
    assert len(found.listed) == 60
    assert found.page.get_attribute("#deep", "aria-pressed") == "false"
    found.quiet()


def test_the_order_can_be_chosen(open_page: Open, pair: Path) -> None:
    found = open_page(pair)
    as_given = found.listed
    found.page.select_option("#sort", "id")
    assert found.listed == sorted(found.listed) != as_given
    found.page.select_option("#sort", "disputed")
    flags = found.page.locator("#list .q").first.locator(".flag").all_inner_texts()
    assert {"人与评委不同", "换位翻转"} <= set(flags)
    found.page.select_option("#sort", "difficulty")
    assert found.listed not in (as_given, sorted(found.listed))
    found.page.select_option("#sort", "ability")
    found.page.select_option("#sort", "")
    assert found.listed == as_given


def test_thousands_of_questions_stay_quick(open_page: Open, long: Path) -> None:
    found = open_page(long)
    assert len(found.listed) == 60
    assert "2040 / 2040" in found.page.inner_text("#count")
    spent = found.page.evaluate(
        "() => { const box = document.getElementById('search'); const began = performance.now();"
        "for (const text of ['c', 'ca', 'cal', 'calc-003', '']) { box.value = text; box.dispatchEvent(new Event('input')); }"
        "return (performance.now() - began) / 5; }"
    )
    assert spent < 250  # ms a keystroke, on a slow machine; some 20 on this one
    found.page.click("#more")
    assert len(found.listed) == 120
    deep = open_page(long, "#q=safe-006-33")  # the last one
    deep.page.wait_for_selector(".q[data-open] .turn")


def test_every_key_does_what_the_help_says(open_page: Open, pair: Path) -> None:
    found = open_page(pair)
    page = found.page
    found.press("j")
    assert page.evaluate(FOCUSED) == "0"
    found.press("j", "j", "k")
    assert page.evaluate(FOCUSED) == "1"
    found.press("o")
    page.wait_for_selector("#item-1 .turn")
    assert page.locator("#item-1 .side h4").first.inner_text() == "示例甲"
    found.press("t")
    assert page.locator("#item-1 details.ref[open]").count() > 0
    found.press("t")
    assert page.locator("#item-1 details.ref[open]").count() == 0
    found.press("f")
    found.until("document.querySelector('#item-1 .side h4')?.textContent === '示例乙'")
    assert page.evaluate(FOCUSED) == "1"
    found.press("Escape")
    assert page.locator(".q[data-open]").count() == 0
    found.press("Enter")
    page.wait_for_selector("#item-1 .turn")
    found.press("o")
    assert page.locator(".q[data-open]").count() == 0
    found.press("?")
    assert page.locator("dialog[open]").count() == 1
    found.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    found.press("/")
    assert page.evaluate(FOCUSED) == "search"
    page.keyboard.type("jot?")
    assert page.input_value("#search") == "jot?"
    assert page.locator("dialog[open]").count() == 0
    found.press("Escape")
    assert page.evaluate(FOCUSED) != "search"


def test_keys_know_the_question_that_the_address_opened(open_page: Open, pair: Path) -> None:
    found = open_page(pair, "#q=chat-003")
    found.page.wait_for_selector(".body .turn")
    found.press("j")
    assert found.page.locator(f"#item-{found.page.evaluate(FOCUSED)} .head b").inner_text() == "chat-004"
    found.press("k", "Escape")
    assert found.page.locator(".q[data-open]").count() == 0


def test_keys_are_left_alone_while_an_input_method_composes(open_page: Open, pair: Path) -> None:
    found = open_page(pair)
    for held in ("isComposing", "ctrlKey", "metaKey", "altKey"):
        found.page.evaluate(
            f"document.dispatchEvent(new KeyboardEvent('keydown', {{key: '?', {held}: true, bubbles: true}}))"
        )
    assert found.page.locator("dialog[open]").count() == 0
    found.page.evaluate(
        "() => { const box = document.getElementById('search'); box.value = 'calc';"
        "box.dispatchEvent(new InputEvent('input', {isComposing: true})); }"
    )
    assert len(found.listed) == 60
    found.page.evaluate("document.getElementById('search').dispatchEvent(new CompositionEvent('compositionend'))")
    assert len(found.listed) == 6


def test_the_way_back_passes_what_was_opened(open_page: Open, pair: Path) -> None:
    found = open_page(pair)
    found.page.select_option("#ability", "计算")
    open_first(found)
    assert "q=calc-001" in found.page.url
    found.page.go_back()
    found.until("!document.querySelector('.q[data-open]')")
    assert len(found.listed) == 6
    found.page.click(".toc a[href='#questions']")  # to a section, which is no filter
    assert len(found.listed) == 6
    found.page.go_back()
    assert len(found.listed) == 6


def test_what_was_attributed_leads_to_its_question(open_page: Open, pair: Path) -> None:
    found = open_page(pair)
    found.page.click("#broken summary")
    link = found.page.locator(".clauses a").first
    link.click()
    found.page.wait_for_selector(".q[data-open] .turn")
    assert found.page.locator(".q[data-open] .head b").inner_text() == link.inner_text()


def test_pairs_are_chosen_on_a_board(open_page: Open, board: Path) -> None:
    found = open_page(board)
    page = found.page
    marks = page.locator("#list .mark").all_inner_texts()
    page.select_option("#first", "2")
    page.select_option("#second", "3")
    assert page.locator("#list .mark").all_inner_texts() != marks
    open_first(found)
    names = page.locator(".q[data-open] .turn >> nth=0 >> .side h4").all_inner_texts()
    options = page.locator("#first option").all_inner_texts()
    assert names == [options[2], options[3]]
    assert "first=2" in page.url
    page.select_option("#first", "3")
    assert page.input_value("#second") != "3"
    again = open_page(board, "#first=1&second=0&outcome=w")
    mirrored = open_page(board, "#outcome=l")
    assert again.listed == mirrored.listed != []
    found.quiet()


def test_one_candidate_stands_alone_with_its_samples_and_scores(open_page: Open, alone: Path) -> None:
    found = open_page(alone)
    open_first(found)
    page = found.page
    assert page.locator(".turn .side").count() == 1
    assert "第 1 次答" in page.inner_text(".side")
    meters = page.locator(".said meter")
    assert [meters.nth(at).get_attribute("aria-label") for at in range(meters.count())] == ["总评", "正确", "清楚"]
    page.select_option(".bar select", "1")
    assert "第 2 次答" in page.inner_text(".side")
    assert "理由 2" in page.inner_text(".said")


def test_the_folder_form_opens_from_files_too(open_page: Open, pair_with_folder: Path) -> None:
    found = open_page(pair_with_folder, "#q=calc-003")
    found.page.wait_for_selector(".body .turn")
    assert found.page.locator(".sides .side").count() >= 2
    found.quiet()
    (folder,) = pair_with_folder.parent.glob("report-*")
    folder.rename(folder.with_name("elsewhere"))
    lost = open_page(pair_with_folder)
    lost.page.click("#list .q >> nth=0 >> button")
    lost.page.wait_for_selector(".body .ended")
    assert folder.name in lost.page.inner_text(".body")


def test_the_folder_form_loads_its_own_scripts_and_no_others(open_page: Open, pair_with_folder: Path) -> None:
    (pair_with_folder.parent / "other.js").write_text("window.__hit = 1")
    text = pair_with_folder.read_text(encoding="utf-8")
    pair_with_folder.write_text(
        text.replace("</body>", '<script src="other.js"></script><script>window.__hit = 2</script></body>'),
        encoding="utf-8",
    )
    found = open_page(pair_with_folder)
    assert found.page.evaluate("window.__hit") is None
    assert len(found.page.evaluate("window.__refused")) == 2


def test_the_page_works_without_a_decompressor_only_as_far_as_it_says(open_page: Open, pair: Path) -> None:
    found = open_page(pair)
    found.page.evaluate("delete window.DecompressionStream")
    found.page.click("#list .q >> nth=0 >> button")
    found.page.wait_for_selector(".body .ended")
    assert "浏览器太旧" in found.page.inner_text(".body")
    found.page.fill("#search", "岭南老菜")
    found.page.click("#deep")
    found.until("document.getElementById('count').textContent.includes('浏览器太旧')")


FORBIDDEN = {"img", "iframe", "script", "object", "embed", "form", "input", "svg", "link", "style", "video", "audio"}


def test_no_attack_runs_asks_or_hides(open_page: Open, hostile: Path) -> None:
    found = open_page(hostile)
    page = found.page
    assert page.locator("#list .q").count() == 28
    page.evaluate("document.querySelectorAll('#list .q > button').forEach((row) => row.click())")
    found.until("document.querySelectorAll('.q[data-open] .turn').length === 252")
    page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
    assert page.evaluate("window.__hit") is None
    tags = "[...new Set([...document.querySelectorAll('.body .text *')].map(one => one.tagName.toLowerCase()))]"
    assert not FORBIDDEN & set(page.evaluate(tags))
    acting = "[style],[src],[srcset],[onerror],[onclick],[onload],[formaction],[id]"
    assert (
        page.evaluate(
            f"[...document.querySelectorAll('.body .text')].filter(one => one.querySelector('{acting}')).length"
        )
        == 0
    )
    targets = page.evaluate("[...new Set([...document.querySelectorAll('.text a[href]')].map(one => one.protocol))]")
    assert set(targets) <= {"http:", "https:", "mailto:"}
    widest = page.evaluate("document.documentElement.scrollWidth")
    assert widest <= 1280
    found.quiet()
