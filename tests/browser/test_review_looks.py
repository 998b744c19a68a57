"""The review page on a phone, in the dark and through a screen reader; the guidelines, and practice before the first vote."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from judge.review.app import guide as guide_module
from judge.rubric import read_rubrics, shipped_rubrics
from tests.browser.review_world import TASK, Enter, Seat, Served, words
from tests.browser.test_looks import DARK, PHONE, luminance

WIDTH = "document.documentElement.scrollWidth"


def guided(seat: Seat) -> None:
    seat.page.evaluate("document.querySelector('.guide')?.remove()")
    seat.go("guide")
    seat.until("!!document.querySelector('.guide')")
    seat.page.evaluate("document.querySelector('details.ability').open = true")


def practising(seat: Seat) -> None:
    guided(seat)
    seat.page.click("#practise")
    seat.at_item()


def explained(seat: Seat) -> None:
    practising(seat)
    seat.press("1")
    seat.until("!!document.querySelector('.why')")


def voting(seat: Seat) -> None:
    seat.go("vote")
    seat.at_item()


def filled(seat: Seat) -> None:
    voting(seat)
    seat.press("9", "c")
    seat.write("字" * 60)
    seat.press("Escape", "r")
    seat.page.click("[data-choice=turns]")
    seat.page.click("[data-choice='1-left']")


def skipping(seat: Seat) -> None:
    voting(seat)
    seat.press("s")


def compared(seat: Seat) -> None:
    voting(seat)
    seat.press("d")


def helped(seat: Seat) -> None:
    voting(seat)
    seat.press("?")
    seat.until("!!document.querySelector('dialog[open]')")


def mine(seat: Seat) -> None:
    seat.go("mine")
    seat.until("!!document.querySelector('main h1')")


def conflicts(seat: Seat) -> None:
    seat.go("rule")
    seat.until("!!document.querySelector('ol.list')")


def conflict(seat: Seat) -> None:
    conflicts(seat)
    seat.page.click("ol.list a >> nth=0")
    seat.until("!!document.querySelector('.voices')")


def team(seat: Seat) -> None:
    seat.go("team")
    seat.until("!!document.querySelector('.tiles')")


def browsed(seat: Seat) -> None:
    seat.go("browse")
    seat.until("!!document.querySelector('ol.list')")
    seat.page.click("ol.list a >> nth=0")
    seat.until("!!document.querySelector('.card')")
    seat.page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")


def browsing(seat: Seat) -> None:
    seat.go("browse")
    seat.until("!!document.querySelector('ol.list')")
    seat.page.select_option("main select >> nth=0", "计算")
    seat.until("document.querySelectorAll('ol.list li').length === 6")


def cut_off(seat: Seat) -> None:
    voting(seat)
    seat.page.route("**/api/**", lambda route: route.abort())
    seat.press("1")
    seat.until("!!document.getElementById('lost')")


def ended(seat: Seat) -> None:
    seat.page.unroute("**/api/**")
    seat.page.context.clear_cookies()
    seat.page.reload()
    seat.until("!!document.querySelector('.notice')")


SCREENS: tuple[Callable[[Seat], None], ...] = (
    guided,
    practising,
    explained,
    voting,
    filled,
    skipping,
    compared,
    helped,
    mine,
    conflicts,
    conflict,
    team,
    browsing,
    browsed,
    cut_off,
    ended,
)


def back(seat: Seat) -> None:
    """Leave everything as a fresh item has it, for the next screen."""
    seat.press("Escape")
    for choice in ("diff", "raw", "turns"):
        if seat.page.locator(f"[data-choice={choice}][aria-pressed=true]").count():
            seat.page.click(f"[data-choice={choice}]")


@pytest.fixture
def lead(judged: Served, enter: Enter) -> Callable[..., Seat]:

    def entered(**settings: Any) -> Seat:
        return enter(judged.link("王", "lead"), at="", **settings)

    return entered


def test_axe_finds_no_serious_fault_on_any_screen_in_light_and_in_the_dark(lead: Callable[..., Seat]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="缺少 axe-playwright-python")
    seat = lead()
    found = []
    for screen in SCREENS:
        screen(seat)
        # In the dark nothing but colours is another; the script is in the page already.
        colours = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}
        for scheme, checks in (("light", axe.Axe().run), ("dark", partial(axe.Axe("0").run, options=colours))):
            seat.page.emulate_media(color_scheme=scheme)
            for one in checks(seat.page).response["violations"]:
                if one["impact"] in ("serious", "critical"):
                    found.append(
                        (screen.__name__, scheme, one["id"], [node["html"][:120] for node in one["nodes"]][:3])
                    )
        back(seat)
    assert found == []


def test_the_page_follows_the_light(lead: Callable[..., Seat]) -> None:
    seat = lead(color_scheme="light")
    voting(seat)
    ink = "[...document.querySelectorAll('.side .md, .ask, .verdict, .chip')].map((one) => getComputedStyle(one).color)"
    light = (luminance(seat.page), seat.page.evaluate(ink))
    seat.page.emulate_media(**DARK)
    dark = (luminance(seat.page), seat.page.evaluate(ink))
    assert light[0] > 200
    assert dark[0] < 60
    assert all(one != other for one, other in zip(light[1], dark[1], strict=True))


def test_a_phone_shows_nothing_wider_than_itself_on_any_screen(lead: Callable[..., Seat]) -> None:
    seat = lead(**PHONE)
    for screen in SCREENS:
        screen(seat)
        for width in (360, 390):
            seat.page.set_viewport_size({"width": width, "height": 844})
            assert seat.page.evaluate(WIDTH) <= width, screen.__name__
        back(seat)


def test_a_thumb_turns_sides_reaches_the_four_verdicts_and_votes(review: Served, enter: Enter) -> None:
    seat = enter(review.link("张"), **PHONE)
    page = seat.page
    sides = page.locator(".turn >> nth=0 >> .side")
    assert [sides.nth(at).is_visible() for at in (0, 1)] == [True, False]
    page.tap(".tabs [data-side=right]")
    assert [sides.nth(at).is_visible() for at in (0, 1)] == [False, True]
    assert page.locator(".tabs [aria-selected=true]").inner_text() == "乙"
    page.mouse.wheel(0, 500)
    page.wait_for_timeout(100)
    header = page.locator("header").bounding_box()
    tabs = page.locator(".tabs").bounding_box()
    assert abs(tabs["y"] - (header["y"] + header["height"])) < 2  # stays in reach, nothing between
    buttons = page.locator(".verdicts .verdict")
    assert buttons.count() == 4
    for at in range(4):
        box = buttons.nth(at).bounding_box()
        assert box["height"] >= 44
        assert box["width"] >= 44
        assert box["y"] + box["height"] <= 844
    page.wait_for_timeout(450)
    task = seat.task
    page.tap("[data-verdict=right]")
    seat.until(f"!!{TASK} && {TASK} !== {task!r}")
    assert [sides.nth(at).is_visible() for at in (0, 1)] == [True, False]  # each item begins with the left
    page.tap("details.skip summary")
    page.tap("[data-skip=field]")
    seat.kept()
    assert words(review.said()) == ["second", "不是我的领域"]
    seat.quiet()


def test_the_choice_that_stood_can_be_read(review: Served, enter: Enter) -> None:
    seat = enter(review.link("张"))
    for key in "1234":
        seat.vote_read(key)
        seat.press("u")
        seat.toast("已撤回")
        for scheme in ("light", "dark"):
            seat.page.emulate_media(color_scheme=scheme)
            colours = seat.page.evaluate(
                "(() => { const one = getComputedStyle(document.querySelector('.verdict[aria-pressed=true]'));"
                "return [one.color, one.backgroundColor].map((said) => { const canvas = document.createElement('canvas').getContext('2d');"
                "canvas.fillStyle = said; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3); }); })()"
            )
            assert abs(sum(colours[0]) - sum(colours[1])) > 200, (key, scheme)


def test_practice_explains_three_items_and_then_begins(review: Served, enter: Enter) -> None:
    seat = enter(review.link("张"), at="")
    assert seat.page.url.endswith("/#guide")
    path = guide_module.__file__.replace("guide.py", "practice.toml")
    with open(path, "rb") as file:  # noqa: PTH123
        items = tomllib.load(file)["items"]
    seat.page.click("#practise")
    keys = {"left": "1", "right": "2", "tie": "3", "both_bad": "4"}
    for at, one in enumerate(items, 1):
        seat.at_item()
        assert f"练习 {at} / 3" in seat.page.inner_text("main")
        seat.press("v", "v")
        assert f"练习 {at} / 3" in seat.page.inner_text("main")
        right = at != 2
        seat.press(keys[one["verdict"]] if right else "3")
        seat.until("!!document.querySelector('.why')")
        said = seat.page.inner_text(".why")
        assert one["why"] in said
        assert ("与多数人一样" if right else "多数人会判") in said
        seat.press("Enter")
    seat.until(f"location.hash === '#vote' && !!{TASK}")
    assert review.said() == []
    assert review.store.trail(events=("check",)) == []
    seat.page.goto(f"{seat.url}/")  # who has practised goes on voting
    seat.at_item()
    seat.quiet()


def test_guidelines_list_every_dimension_of_every_ability(review: Served, enter: Enter) -> None:
    seat = enter(review.link("张"), at="")
    guided(seat)
    seat.page.evaluate("document.querySelectorAll('details.ability').forEach((one) => (one.open = true))")
    rubrics = read_rubrics(shipped_rubrics())
    abilities = sorted({place.ability for place in review.chair.room.desk.places})
    assert sorted(seat.page.locator(".ability summary").all_inner_texts()) == abilities
    assert len(abilities) == 10
    for name in abilities:
        part = seat.page.locator(f".ability:has(summary b:text-is('{name}'))")
        rubric = rubrics.of(name)
        heads = part.locator("h3").all_inner_texts()
        assert heads == [f"{one.name}{round(100 * one.weight)}%" for one in rubric.dimensions]
        assert part.locator("tr").count() == sum(len(one.bands) for one in rubric.dimensions)
