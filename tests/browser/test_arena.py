"""Battles in a real browser: a question typed through an input method, two turns, a vote by key, the board."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from judge.store import open_store
from tests.browser.review_world import Enter, Seat
from tests.browser.test_looks import DARK, PHONE
from tests.models.server import Server
from tests.review.ground import NAMES, TELLING, Arena, Moody, arena, ground

TURNS = "document.querySelectorAll('article.item .turn').length"
ANSWERED = "!document.querySelector('#ask')?.disabled && !document.body.innerText.includes('正在答')"


@pytest.fixture
def moods() -> Moody:
    return Moody()


@pytest.fixture
def fights(tmp_path: Path, moods: Moody) -> Iterator[Arena]:
    """An arena of two that is open."""
    store = open_store(str(tmp_path / "judge.db"), create=True)
    with Server(moods) as server, arena(ground(store, server.url)) as found:
        yield found
    store.engine.dispose()


def came(fights: Arena, enter: Enter, name: str = "张", role: Any = "reviewer", **settings: Any) -> Seat:
    """Come in by a link, until it is there what one may do."""
    seat = enter(f"http://{fights.host}/#token={fights.store.invite(name, role)}", at="", **settings)
    seat.until("!!document.querySelector('#prompt, .item')")
    return seat


def ask(seat: Seat, text: str) -> None:
    """Type a question as an input method does, word by word, and send it by Ctrl and Enter."""
    turns = seat.page.evaluate(TURNS)
    seat.page.locator("#prompt").click()
    keys = seat.page.context.new_cdp_session(seat.page)
    for at in range(0, len(text), 2):
        word = text[at : at + 2]
        keys.send("Input.imeSetComposition", {"text": "ni'hao", "selectionStart": 6, "selectionEnd": 6})
        seat.page.evaluate(
            "document.querySelector('#prompt').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', ctrlKey: true, isComposing: true, bubbles: true}))"
        )
        keys.send("Input.imeSetComposition", {"text": word, "selectionStart": len(word), "selectionEnd": len(word)})
        keys.send("Input.insertText", {"text": word})
    assert seat.page.locator("#prompt").input_value() == text
    seat.press("Control+Enter")
    seat.until(f"{TURNS} === {turns + 1} && {ANSWERED}")


def verdicts(fights: Arena) -> list[Any]:
    codes = fights.store.question_codes("arena").values()
    return [one for _, one in fights.store.human_verdicts(codes)]


def test_two_turns_typed_through_an_input_method_and_a_vote_by_key(fights: Arena, enter: Enter) -> None:
    seat = came(fights, enter)
    seat.until("document.activeElement.id === 'prompt'")
    assert seat.page.evaluate("location.hash") == "#battle"
    seat.page.select_option("#ability", "代码")
    seat.press("1")  # typed, and no verdict
    assert seat.page.locator("#prompt").input_value() == "1"
    seat.press("Backspace")
    ask(seat, "写一首关于秋天的诗")
    assert seat.page.locator("button.verdict").count() == 4
    ask(seat, "再短一点，只要四句")
    sides = [one.inner_text() for one in seat.page.locator(".turn >> nth=1 >> .side .md").all()]
    assert {one[0] for one in sides} == {"强", "弱"}
    assert not [name for name in TELLING if name in seat.page.content()]
    seat.page.evaluate("document.activeElement.blur()")
    seat.press("q")
    seat.until("document.activeElement.id === 'prompt'")
    seat.press("Escape", "a")
    seat.until("document.querySelector('#last')?.innerText.includes('写一首关于秋天的诗')")
    (one,) = verdicts(fights)
    left = one.case.dialogues[0]
    assert (one.result.side, one.case.question.ability) == ("first", "代码")
    assert left.answers[1].text[0] == sides[0][0]
    assert [turn.prompt for turn in one.case.question.turns] == ["写一首关于秋天的诗", "再短一点，只要四句"]
    seat.go("mine")
    seat.page.locator("button.row").click()
    seat.until(f"location.hash.startsWith('#mine/') && {TURNS} === 2")
    assert not [name for name in TELLING if name in seat.page.content()]
    seat.quiet()


def test_reloaded_the_battle_stands_as_it_did_and_what_was_being_typed_too(fights: Arena, enter: Enter) -> None:
    seat = came(fights, enter)
    ask(seat, "问一句")
    before = seat.page.locator("article.item").inner_text()
    seat.page.locator("#prompt").fill("还没有发出去")
    seat.page.reload()
    seat.until(f"{TURNS} === 1")
    assert seat.page.locator("article.item").inner_text() == before
    assert seat.page.locator("#prompt").input_value() == "还没有发出去"
    seat.quiet()


def test_a_busy_side_is_said_and_asked_again(fights: Arena, moods: Moody, enter: Enter) -> None:
    seat = came(fights, enter)
    moods.busy("强")
    ask(seat, "问一句")
    assert seat.page.locator(".side .none").inner_text() == "这一边的服务正忙，还没有答。"
    assert seat.page.locator("button.verdict").count() == 0
    moods.recover()
    seat.page.locator("#again").click()
    seat.until(f"{ANSWERED} && document.querySelectorAll('button.verdict').length === 4")
    assert seat.page.locator(".side .none").count() == 0
    seat.press("3")
    seat.until("!!document.querySelector('#last')")
    assert len(verdicts(fights)) == 1
    seat.quiet()


def test_a_battle_thrown_away_leaves_nothing_and_the_next_begins(fights: Arena, enter: Enter) -> None:
    seat = came(fights, enter)
    ask(seat, "问一句")
    seat.page.locator("#discard").click()
    seat.until("document.activeElement.id === 'prompt' && !document.querySelector('article.item')")
    assert seat.dialogs == ["这一场不判了，也不上榜。确定？"]
    ask(seat, "另一句")
    assert verdicts(fights) == []
    seat.quiet()


def test_the_lead_sees_who_is_ahead_and_gives_links(fights: Arena, enter: Enter) -> None:
    seat = came(fights, enter, "王", "lead")
    for text, better in (("一", "强"), ("二", "强"), ("三", "弱"), ("四", None)):
        ask(seat, text)
        left = seat.page.locator(".side.left .md").inner_text()[0]
        seat.press("Escape", "3" if better is None else "1" if left == better else "2")
        seat.until("!!document.querySelector('#last') && document.activeElement.id === 'prompt'")
    seat.go("board")
    seat.until("!!document.querySelector('#standings table')")
    rows = seat.page.locator("#standings table >> nth=0 >> tbody tr")
    assert [row.locator("th").inner_text() for row in rows.all()] == list(NAMES[:2])
    cells = rows.nth(0).locator("td").all_inner_texts()
    assert cells[-2:] == ["2 / 1 / 1", "4"]
    assert cells[0].startswith("10")
    assert seat.page.locator("#count-fought").inner_text() == "4"
    seat.page.fill("#who", "新来的")
    seat.page.click("form.inline button")
    seat.until("document.querySelector('#link')?.innerText.includes('#token=')")
    other = enter(seat.page.locator("#link").inner_text(), at="")
    other.until("document.activeElement.id === 'prompt'")
    assert other.page.locator("nav a").all_inner_texts() == ["对战", "我的判定"]
    seat.quiet()
    other.quiet()


def test_a_vote_while_the_server_is_away_is_sent_when_it_is_back(fights: Arena, enter: Enter) -> None:
    seat = came(fights, enter)
    ask(seat, "问一句")
    seat.page.context.set_offline(True)
    seat.page.evaluate("document.activeElement.blur()")
    seat.press("2")
    seat.until("document.querySelector('#lost')?.innerText.includes('1 条判定记在这个浏览器里')")
    assert verdicts(fights) == []
    seat.page.context.set_offline(False)
    seat.until("!!document.querySelector('#last') && !document.querySelector('#lost')")
    assert [one.result.side for one in verdicts(fights)] == ["second"]


def test_what_could_not_be_asked_stays_in_the_box(fights: Arena, enter: Enter) -> None:
    seat = came(fights, enter)
    seat.page.context.set_offline(True)
    seat.page.fill("#prompt", "问一句")
    seat.press("Control+Enter")
    seat.toast("连不上服务")
    assert seat.page.locator("#prompt").input_value() == "问一句"
    seat.page.context.set_offline(False)
    seat.page.locator("#ask").click()
    seat.until(f"{TURNS} === 1 && {ANSWERED}")


@pytest.mark.parametrize("settings", [{}, DARK, PHONE], ids=["light", "dark", "phone"])
def test_every_screen_can_be_read_by_all(fights: Arena, enter: Enter, settings: dict[str, Any]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="缺少 axe-playwright-python")
    seat = came(fights, enter, "王", "lead", bypass_csp=True, **settings)

    def check(screen: str) -> None:
        violations = axe.Axe().run(seat.page).response["violations"]
        assert not [one for one in violations if one["impact"] in ("serious", "critical")], (screen, violations)
        width = seat.page.viewport_size["width"]
        assert seat.page.evaluate("document.documentElement.scrollWidth") <= width, screen

    check("open")
    ask(seat, "强被滤，写一段很长很长的话")
    check("battle")
    seat.page.evaluate("document.activeElement.blur()")
    seat.press("x")
    seat.until("!!document.querySelector('#last')")
    check("after")
    for screen, there in (("mine", "button.row"), ("board", "#standings table")):
        seat.go(screen)
        seat.until(f"!!document.querySelector({there!r})")
        check(screen)


def test_in_english_only_data_is_chinese(tmp_path: Path, moods: Moody, enter: Enter) -> None:
    store = open_store(str(tmp_path / "judge.db"), create=True)
    ours = """(() => { const copy = document.body.cloneNode(true);
      copy.querySelectorAll('script, .chip, #ability, .aspects, .md, .asked, .person, tbody th, #last').forEach((one) => one.remove());
      return copy.textContent + [...document.querySelectorAll('[placeholder], [aria-label]')].map((one) => (one.placeholder ?? '') + one.ariaLabel).join(); })()"""
    with Server(moods) as server, arena(ground(store, server.url), language="en") as found:
        seat = came(found, enter, "王", "lead")
        said = [seat.page.evaluate(ours)]
        seat.page.fill("#prompt", "hello")
        seat.press("Control+Enter")
        seat.until("document.querySelectorAll('button.verdict').length === 4")
        said.append(seat.page.evaluate(ours))
        seat.press("4")
        seat.until("!!document.querySelector('#last')")
        seat.go("board")
        seat.until("!!document.querySelector('#standings table')")
        said.append(seat.page.evaluate(ours))
        assert not [one for text in said for one in text if "\u4e00" <= one <= "\u9fff"]
        assert "All ties: no ratings." in said[-1]
    store.engine.dispose()
