"""What a reviewer loses when things break off: nothing. Servers killed, links revoked, windows shut and opened again."""

from __future__ import annotations

import re

from tests.browser.review_world import TASK, Command, Enter, Seat, Served, looked_at, words

BANNER = "document.getElementById('lost')?.textContent"


def held(seat: Seat) -> int:
    """How many votes wait in the browser."""
    return int(
        seat.page.evaluate(
            "Object.keys(localStorage).filter((one) => one.endsWith('.outbox'))"
            ".reduce((sum, one) => sum + JSON.parse(localStorage[one]).length, 0)"
        )
    )


def test_a_killed_server_costs_no_vote_whether_the_page_stays_or_is_reloaded(command: Command, enter: Enter) -> None:
    command.start("--reviewers", "张,李", "--leads", "王")
    links = dict(command.links)
    stays, reloaded = enter(links["张"]), enter(links["李"])
    voted = {"张": [stays.vote_read(key) for key in "12"], "李": [reloaded.vote_read("1")]}
    for seat in (stays, reloaded):
        seat.until("JSON.parse(sessionStorage['judge.holding']).length === 2")
    command.kill()
    voted["张"].append(stays.at_item())
    stays.press("3")
    stays.until(f"!!{TASK} && {BANNER}?.includes('1 条判定记在这个浏览器里')")
    voted["张"].append(stays.at_item())
    stays.press("7", "4")
    stays.until(f"!{TASK} && {BANNER}.includes('2 条')")
    assert "连上之后接着取" in stays.page.inner_text("main")
    assert held(stays) == 2
    voted["李"].append(reloaded.at_item())
    reloaded.press("b")
    reloaded.until(f"{BANNER}?.includes('1 条')")
    command.start()
    assert command.links == links  # none was given anew
    reloaded.page.reload()
    for seat, who in ((stays, "张"), (reloaded, "李")):
        seat.until(f"!!{TASK} && !{BANNER}")
        seat.kept()
        assert seat.task not in voted[who]
        voted[who].append(seat.vote_read("2"))
        assert len({*voted[who]}) == len(voted[who])
    with looked_at(command.path) as kept:
        assert words(kept.said("张")) == ["first", "second", "tie", "both bad", "second"]
        assert words(kept.said("李")) == ["first", "second", "second"]
        assert kept.standing() == kept.said()
        assert len({(one.reviewer, one.case.target) for one in kept.said()}) == 8
        assert [one.deliberation.confidence for one in kept.said("张")] == [None, None, None, 1, None]
        entered = [one.who for one in kept.store.trail(events=("enter",))]
        assert sorted(entered) == ["张", "李"]  # one session each


def test_a_revoked_link_says_so_at_the_next_action_and_a_new_one_brings_what_was_held(
    review: Served, enter: Enter
) -> None:
    seat = enter(review.link("张"))
    seat.vote_read("1")
    review.store.revoke("张")
    seat.press("2")
    seat.until("!!document.querySelector('.notice')")
    said = seat.page.inner_text("main")
    assert "进不来了" in said
    assert "链接已被撤销" in said
    assert "还有 1 条判定没有交上" in said
    assert seat.page.inner_text("header, footer") == ""
    seat.press("1", "u", "s", "p")
    statuses = seat.page.evaluate(
        "Promise.all([['POST', 'vote'], ['POST', 'next'], ['GET', 'mine'], ['GET', 'me']].map(([method, path]) =>"
        "fetch(`/api/${path}`, method === 'GET' ? {} : { method, body: '{}', headers: { 'content-type': 'application/json' } })"
        ".then((one) => one.status)))"
    )
    assert statuses == [401] * 4
    assert words(review.said()) == ["first"]
    # The link of another person leaves what is held alone; one's own, opened in the same window, sends it.
    seat.page.evaluate(f"location.href = {review.link('李')!r}")
    seat.until(f"!!{TASK} && document.querySelector('.own')?.textContent === '我 0'")
    assert held(seat) == 1
    seat.page.evaluate(f"location.href = {review.link('张')!r}")
    seat.until(f"!!{TASK}")
    seat.kept()
    assert words(review.said("张")) == ["first", "second"]
    assert review.said("李") == []


def test_a_link_works_once_and_says_so(review: Served, enter: Enter) -> None:
    link = review.link("张")
    seat = enter(link)
    assert re.fullmatch(r"http://[\d.:]+/#vote", seat.page.url)  # the token is gone from the address
    again = enter(link, at="")  # in another browser
    again.until("!!document.querySelector('.notice')")
    assert "进不来了" in again.page.inner_text("main")
    seat.page.goto(link)  # where one is in already it leads back
    seat.until("location.hash === '#vote'")
    seat.at_item()
    assert [one.event for one in review.store.trail(events=("enter",))] == ["enter"]


def test_two_windows_of_one_person_send_each_vote_once(review: Served, enter: Enter) -> None:
    seat = enter(review.link("张"))
    seat.until("JSON.parse(sessionStorage['judge.holding']).length === 2")
    other = Seat(seat.page.context.new_page(), url=seat.url)
    other.page.goto(f"{seat.url}/#vote")
    other.at_item()
    for one in (seat, other):
        one.page.route("**/api/vote", lambda route: route.abort())
    tasks = [seat.task]
    seat.press("1")
    seat.until(f"{TASK} !== {tasks[0]!r}")
    tasks.append(seat.task)
    seat.press("2")
    seat.until("!!document.getElementById('lost')")
    other.page.reload()  # begins with what is held, as the first window does
    other.until("!!document.getElementById('lost')")
    for one in (seat, other):
        one.page.unroute("**/api/vote")
    seat.kept()
    other.kept()
    assert words(review.said()) == ["first", "second"]
    other.until(f"!!{TASK} && {TASK} !== {tasks[0]!r} && {TASK} !== {tasks[1]!r}")
    # What was voted on in one window is changed, not doubled, in the other.
    task = seat.at_item()
    other.until(f"{TASK} === {task!r}")
    seat.vote_read("3")
    other.vote("4")
    other.kept()
    assert words(review.said()) == ["first", "second", "tie", "both bad"]
    assert words(review.standing()) == ["first", "second", "both bad"]


def test_votes_wait_while_the_store_cannot_be_written(review: Served, enter: Enter) -> None:
    seat = enter(review.link("张"))
    refuse = {"status": 503, "content_type": "application/json", "body": '{"error": "库写不进去", "fix": ""}'}
    seat.page.route("**/api/vote", lambda route: route.fulfill(**refuse))
    task = seat.at_item()
    seat.press("1")
    seat.until(f"{TASK} !== {task!r} && {BANNER}?.includes('1 条')")
    assert review.said() == []
    seat.page.unroute("**/api/vote")
    seat.kept()
    seat.until(f"!{BANNER}")
    assert words(review.said()) == ["first"]
