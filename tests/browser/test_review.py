"""Voting in a real browser: every key ends in the store as what was pressed, on the candidate that stood there."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from judge.records import Scope, Side, Skipped
from judge.review.chair import Drawing
from judge.review.desk import WITHDRAWN
from judge.review.opinions import SKIPS
from judge.review.room import Terms
from tests.browser.review_world import TASK, Enter, Served, copied, serving, texts, words

PRESSED = "document.querySelector('.verdict[aria-pressed=true]')?.dataset.verdict"
FOCUSED = "document.activeElement.id || document.activeElement.dataset.skip || document.activeElement.tagName"


def test_two_people_at_once_each_key_becomes_a_verdict_on_the_candidate_that_stood_there(
    review: Served, enter: Enter
) -> None:
    seats = {who: enter(review.link(who)) for who in ("张", "李")}
    for seat in seats.values():
        seat.press("v")
    names = {texts(one): one.candidate.name for one in review.store.dialogues("demo")}
    pressed: dict[str, list[tuple[str | None, bool]]] = {"张": [], "李": []}
    for at in range(30):
        for who, seat in seats.items():
            key = "1234abtx"[(at + 3 * (who == "李")) % 8]
            left, right = seat.sides()
            assert {names[left], names[right]} == {"示例甲", "示例乙"}
            won = {"1": left, "a": left, "2": right, "b": right}.get(key)
            pressed[who].append((won and names[won], key in "4x"))
            seat.page.evaluate(f"window.__left = {TASK}")
            seat.press(key)
        for seat in seats.values():
            seat.until(f"!!{TASK} && {TASK} !== window.__left")
    for seat in seats.values():
        seat.kept()
    for who, seat in seats.items():
        kept = review.said(who)
        won = {
            Side.FIRST: lambda one: one.case.dialogues[0].candidate.name,
            Side.SECOND: lambda one: one.case.dialogues[1].candidate.name,
            Side.TIE: lambda one: None,
        }
        assert [(won[one.result.side](one), one.both_bad) for one in kept] == pressed[who]
        assert len({one.case.target for one in kept}) == 30
        assert seat.page.inner_text(".own") == "我 30"
        seat.quiet()
    assert len(review.said()) == 60
    assert Counter(words(review.said())) == {"first": 16, "second": 15, "tie": 14, "both bad": 15}
    assert not any(one.supersedes or one.probability is None for one in review.said())


def test_undo_takes_back_one_after_another_and_shows_each_with_what_was_said(review: Served, enter: Enter) -> None:
    seat = enter(review.link("张"))
    done = [seat.vote(key) for key in "1324"]
    for task, before in zip(done[:0:-1], ("both_bad", "right", "tie"), strict=True):
        seat.press("u")
        seat.until(f"{TASK} === {task!r}")
        assert seat.page.evaluate(PRESSED) == before
    assert words(review.said()) == ["first", "tie", "second", "both bad", *[WITHDRAWN] * 3]
    assert [one.supersedes for one in review.said()[4:]] == [one.key for one in review.said()[3:0:-1]]
    assert words(review.standing()) == ["first", *[WITHDRAWN] * 3]
    assert review.chair.room.desk.progress("张").mine == 1
    assert [seat.vote("2") for _ in range(3)] == done[1:]  # in the order they came in
    seat.kept()
    assert words(review.standing()) == ["first", "second", "second", "second"]
    assert [one.supersedes for one in review.said()[7:]] == [one.key for one in review.said()[6:3:-1]]
    seat.press("u", "u", "u", "u", "u")
    seat.toast("没有可撤回的")
    assert words(review.standing()) == [WITHDRAWN] * 4
    assert len(review.said()) == 14
    seat.quiet()


def test_a_skip_goes_by_keyboard_alone_with_its_reason_and_the_item_to_another_person(
    example: Path, tmp_path: Path, enter: Enter
) -> None:
    with serving(copied(example, tmp_path), drawing=Drawing(items=7, overlap=0)) as review:
        seat, other = enter(review.link("张")), enter(review.link("李"), at="")
        gone = []
        for at, reason in enumerate(SKIPS):
            gone.append(seat.at_item())
            seat.press("s")
            assert seat.page.evaluate(FOCUSED) == "field"
            seat.press(*["ArrowDown"] * at)
            assert seat.page.evaluate(FOCUSED) == reason
            seat.press("Enter")
            if reason == "question":
                seat.toast("附言里写一句")
                assert seat.task == gone[-1]
                assert seat.page.evaluate(FOCUSED) == "comment"
                seat.write("题面缺了一张表")
                seat.press("Escape", "s", "3")  # a digit in the menu is a reason, not a vote
            seat.until(f"!!{TASK} && {TASK} !== {gone[-1]!r}")
        seat.kept()
        assert words(review.said()) == list(SKIPS.values())
        assert [one.comment for one in review.said()] == ["", "", "题面缺了一张表", "", ""]
        assert seat.page.inner_text(".own") == "我 0"
        seat.press("s", "s")  # opens and shuts
        assert seat.page.evaluate("document.querySelector('details.skip').open") is False
        # What 张 passed on is 李's now; the two that 张 holds are not.
        other.go("vote")
        passed = [one.case.target for one in review.said()]
        for _ in passed:
            other.vote("1")
        other.kept()
        other.until("!!document.querySelector('.notice')")
        assert [one.case.target for one in review.said("李")] == passed
        other.press("u")
        other.at_item()
        assert words(review.said("李"))[-1] == WITHDRAWN


def test_a_reload_in_the_middle_keeps_item_draft_and_what_was_said(review: Served, enter: Enter) -> None:
    seat = enter(review.link("张"))
    seat.vote("1")
    seat.page.set_viewport_size({"width": 1100, "height": 800})
    task = seat.at_item()
    seat.press("9", "c")
    seat.write("第二轮漏了楼号")
    seat.press("Escape")
    seat.page.click("[data-choice=turn-2]")
    seat.page.check(".aspects input >> nth=1")
    seat.page.click("[data-choice=turns]")
    seat.page.click("[data-choice='1-tie']")
    seat.page.reload()
    assert seat.at_item() == task
    assert seat.page.input_value("#comment") == "第二轮漏了楼号"
    assert seat.page.locator(".more [aria-pressed=true]").all_inner_texts() == ["有把握9", "2"]
    seat.page.click("[data-choice=turns]")
    assert seat.page.get_attribute("[data-choice='1-tie']", "aria-pressed") == "true"
    aspect = seat.page.locator(".aspects label").nth(1).inner_text()
    seat.vote("b")
    seat.kept()
    first, turn, whole = review.said()
    assert words([first, turn, whole]) == ["first", "tie", "second"]
    assert (whole.comment, whole.deliberation.confidence, whole.deliberation.turn) == ("第二轮漏了楼号", 3, 2)
    assert whole.deliberation.aspects == (aspect,)
    assert (turn.case.scope, turn.comment) == (Scope(1), "")
    assert seat.page.evaluate("Object.keys(localStorage).filter((one) => one.includes('draft'))") == []


def test_how_a_verdict_came_about_arrives_and_votes_on_turns_have_no_probability(review: Served, enter: Enter) -> None:
    seat = enter(review.link("张"))
    seat.page.click("[data-choice=turns]")
    for turn, verdict in ((1, "left"), (2, "both_bad")):
        seat.page.click(f"[data-choice='{turn}-{verdict}']")
    seat.page.wait_for_timeout(300)
    seat.press("8", "c")
    seat.page.check(".aspects input >> nth=0")
    seat.page.check(".aspects input >> nth=2")
    aspects = seat.page.locator(".aspects label").all_inner_texts()
    seat.page.fill("#comment", "甲后来忘了\n前面的话")
    seat.press("Escape")
    seat.page.click("[data-choice=turn-2]")
    seat.vote("2")
    seat.press("7", "8", "8", "9", "9")  # the last press takes it off again
    seat.vote("3")
    seat.kept()
    first, second, whole, plain = review.said()
    assert [one.case.scope for one in (first, second, whole)] == [Scope(1), Scope(2), Scope()]
    assert words([first, second, whole, plain]) == ["first", "both bad", "second", "tie"]
    assert [one.probability for one in (first, second)] == [None, None]
    assert [one.draw for one in (first, second)] == [None, None]
    assert whole.probability is not None
    assert len({one.case.dialogues for one in (first, second, whole)}) == 1  # sides stand alike
    how = whole.deliberation
    assert (how.confidence, how.turn, how.aspects) == (2, 2, (aspects[0], aspects[2]))
    assert how.seconds is not None
    assert 0.3 <= how.seconds < 30
    assert whole.comment == "甲后来忘了\n前面的话"
    assert (plain.deliberation.confidence, plain.deliberation.turn, plain.deliberation.aspects) == (None, None, ())


def test_what_measures_a_person_looks_like_any_item_and_is_no_verdict(
    drawn_store: Path, tmp_path: Path, enter: Enter
) -> None:
    with serving(copied(drawn_store, tmp_path), terms=Terms(repeats=0.2, golds=0.1)) as review:
        seat = enter(review.link("张"))
        for at in range(17):
            seat.vote_read("1234"[at % 4])
        checks = [one.content for one in review.store.trail(events=("check",))]
        assert Counter(one["kind"] for one in checks if isinstance(one, dict)) == {"repeat": 2, "gold": 1}
        assert len({one.case.target for one in review.said()}) == len(review.said()) == 14
        seat.quiet()


def test_letters_that_are_typed_or_composed_are_no_commands(review: Served, enter: Enter) -> None:
    seat = enter(review.link("张"))
    task, before = seat.at_item(), seat.page.evaluate("localStorage.length")
    for key in "ab12su?":
        for held in ("isComposing: true", "keyCode: 229", "ctrlKey: true", "metaKey: true", "altKey: true"):
            seat.page.evaluate(
                f"document.body.dispatchEvent(new KeyboardEvent('keydown', {{key: {key!r}, {held}, bubbles: true}}))"
            )
    seat.press("c")
    devtools = seat.page.context.new_cdp_session(seat.page)
    for at, key in enumerate("ab12su", 1):
        press = {"type": "rawKeyDown", "key": "Process", "code": f"Key{key.upper()}", "windowsVirtualKeyCode": 229}
        devtools.send("Input.dispatchKeyEvent", press)
        devtools.send("Input.imeSetComposition", {"text": "ab12su"[:at], "selectionStart": at, "selectionEnd": at})
    devtools.send("Input.insertText", {"text": "安徽苏"})
    seat.write("ab12 su?UX")
    seat.page.wait_for_timeout(100)
    assert seat.page.input_value("#comment") == "安徽苏ab12 su?UX"
    assert seat.task == task
    assert seat.page.locator("dialog, details.skip[open]").count() == 0
    assert review.said() == []
    assert seat.page.evaluate("localStorage.length") == before + 1  # the draft
    seat.press("Escape")
    assert seat.page.evaluate(FOCUSED) == "BODY"
    assert seat.vote("a") == task
    seat.kept()
    assert [(word, one.comment) for word, one in zip(words(review.said()), review.said(), strict=True)] == [
        ("first", "安徽苏ab12 su?UX")
    ]


def test_a_tick_does_not_swallow_the_next_key(review: Served, enter: Enter) -> None:
    seat = enter(review.link("张"))
    seat.press("c", "Escape")
    seat.page.click(".aspects label >> nth=0")
    seat.vote("2")
    seat.kept()
    assert words(review.said()) == ["second"]


def test_a_key_held_down_and_a_double_click_are_one_vote(review: Served, enter: Enter) -> None:
    seat = enter(review.link("张"))
    task = seat.at_item()
    for _ in range(8):
        seat.page.keyboard.down("1")  # all but the first are repeats
    seat.page.keyboard.up("1")
    seat.until(f"{TASK} !== {task!r}")
    seat.page.wait_for_timeout(450)
    seat.page.dblclick("[data-verdict=right]")
    seat.page.wait_for_timeout(150)
    seat.kept()
    assert words(review.said()) == ["first", "second"]
    seat.page.wait_for_timeout(350)
    seat.page.click("[data-verdict=both_bad]")
    seat.page.wait_for_timeout(50)
    seat.kept()
    assert words(review.said()) == ["first", "second", "both bad"]


def test_the_next_item_stands_there_within_a_tenth_of_a_second(review: Served, enter: Enter) -> None:
    seat = enter(review.link("张"))
    seat.page.evaluate(
        "() => { window.took = []; let began = 0, task = document.querySelector('article.item').dataset.task;"
        "addEventListener('keydown', () => { began = performance.now(); }, true);"
        "new MutationObserver(() => { const now = document.querySelector('article.item')?.dataset.task;"
        "if (now && now !== task) { task = now; window.took.push(performance.now() - began); } })"
        ".observe(document.getElementById('main'), { childList: true, subtree: true }); }"
    )
    for at in range(20):
        seat.vote_read("1234"[at % 4])
    took = sorted(seat.page.evaluate("window.took"))
    assert len(took) == 20
    assert (took[9] + took[10]) / 2 < 100


def test_every_key_of_the_help_does_what_it_says(review: Served, enter: Enter) -> None:
    seat = enter(review.link("张"))
    done = [seat.vote(key) for key in "12"]
    here = seat.at_item()
    seat.press("?")
    listed = seat.page.locator("dialog dt kbd").all_inner_texts()
    assert listed == [*"1A2B3T4XSUC789RVDPN", "Enter", "?"]
    seat.press("1", "s", "u")
    assert seat.page.locator("dialog[open]").count() == 1
    seat.press("Escape")
    seat.until("!document.querySelector('dialog')")
    shut = seat.page.locator("details.reference").count()
    seat.press("r")
    assert seat.page.locator("details.reference[open]").count() == shut > 0
    seat.press("r")
    assert seat.page.locator("details.reference[open]").count() == 0
    seat.press("v")
    assert seat.page.locator(".side .raw").count() > 0
    assert seat.page.locator(".side .md").count() == 0
    seat.press("d")
    assert seat.page.locator("[data-choice=diff][aria-pressed=true]").count() == 1
    assert seat.page.locator("[data-choice=raw][aria-pressed=true]").count() == 0
    seat.press("d")
    assert seat.page.locator(".side .raw").count() == 0
    for key, task, said in (
        ("p", done[1], "right"),
        ("p", done[0], "left"),
        ("p", done[0], "left"),
        ("n", done[1], "right"),
    ):
        seat.press(key)
        seat.until(f"{TASK} === {task!r} && {PRESSED} === {said!r}")
        seat.press("v", "v")
        assert "正在改判" in seat.page.inner_text("main")
    seat.press("n")
    seat.until(f"{TASK} === {here!r}")
    seat.press("p")
    seat.until(f"{TASK} === {done[1]!r}")
    seat.press("3")
    seat.until(f"{TASK} === {here!r}")
    seat.kept()
    assert words(review.standing()) == ["first", "tie"]
    assert review.said()[-1].supersedes == review.said()[1].key
    assert seat.page.inner_text(".own") == "我 2"
    seat.quiet()


def test_own_votes_are_listed_filtered_and_changed(review: Served, enter: Enter) -> None:
    seat = enter(review.link("张"))
    done = [seat.vote(key) for key in "1234"]
    seat.press("s", "5")
    seat.until(f"!!{TASK}")
    seat.go("mine")
    seat.until("document.querySelectorAll('ol.list li').length === 5")
    assert seat.page.locator(".said").all_inner_texts() == ["跳过：看得出是谁", "都不好", "平", "乙更好", "甲更好"]
    seat.page.select_option("select", "right")
    assert seat.page.locator(".said").all_inner_texts() == ["乙更好"]
    seat.page.click("ol.list button")
    seat.until(f"{TASK} === {done[1]!r}")
    assert seat.page.evaluate(PRESSED) == "right"
    seat.press("4")
    seat.until("document.querySelectorAll('ol.list li').length === 5")
    assert Counter(words(review.standing())) == {"first": 1, "both bad": 2, "tie": 1, SKIPS["identity"]: 1}
    assert len(review.said()) == 6
    assert isinstance(review.said()[4].result, Skipped)
    seat.quiet()
