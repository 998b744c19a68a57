"""What a lead does in a real browser: rules on conflicts, takes a bad question out, sees the figures, gives and takes links."""

from __future__ import annotations

from typing import Any

from judge.records import Skipped
from tests.browser.review_world import NAMES, TASK, Enter, Seat, Served, texts, words

TEAM = "!!document.querySelector('.tiles')"


def api(seat: Seat, path: str, body: str = "") -> Any:
    """What the server answers the page's own session: status and content."""
    word = "fetch('/api/me').then((one) => one.json()).then((me) => me.csrf)"
    how = (
        f"{{ method: 'POST', body: {body!r}, headers: {{ 'content-type': 'application/json', 'x-csrf': word }} }}"
        if body
        else "{}"
    )
    return seat.page.evaluate(
        f"(async () => {{ const word = await {word}; const said = await fetch('/api/{path}', {how});"
        "return [said.status, await said.json()]; })()"
    )


def open_conflict(lead: Seat, target: str) -> None:
    lead.go("rule")
    lead.until("!!document.querySelector('main ol.list') && !document.querySelector('.voices')")
    lead.page.click(f"a[href='#rule/{target}']")
    lead.until("!!document.querySelector('.voices')")


def conflicts(judged: Served) -> list[str]:
    return [one.target for one in judged.chair.room.desk.places if one.conflict and sorted(one.said) == ["张", "李"]]


def test_a_conflict_goes_to_a_third_person_without_names_and_needs_a_reason(judged: Served, enter: Enter) -> None:
    target = conflicts(judged)[0]
    lead = enter(judged.link("王", "lead"), at="rule")
    lead.until("!!document.querySelector('ol.list')")
    before = lead.page.locator("ol.list li").count()
    _, listed = api(lead, "conflicts")
    assert {one["target"] for one in listed["conflicts"]} >= set(conflicts(judged))
    assert lead.page.inner_text("#badge") == str(before) == str(len(listed["conflicts"]))
    bodies: list[str] = []
    lead.page.on("response", lambda one: bodies.append(one.text()) if "/conflicts" in one.url else None)
    open_conflict(lead, target)
    voices = lead.page.locator(".voices li b").all_inner_texts()
    assert sorted(voices) == ["乙更好", "甲更好"]
    for text in (*bodies, lead.page.content()):
        assert not [name for name in (*NAMES, "张", "李") if name in text]
    lead.press("v")
    left, _ = lead.sides()
    lead.press("1")
    lead.toast("先写理由")
    assert lead.page.evaluate("document.activeElement.id") == "reason"
    assert not any(one.adjudicates for one in judged.said())
    lead.write("  12 甲算错了运费  ")
    lead.press("Escape", "1")
    lead.toast("已裁定")
    (ruling,) = [one for one in judged.said() if one.adjudicates]
    assert (ruling.reviewer, ruling.case.target, ruling.comment) == ("王", target, "12 甲算错了运费")
    assert words([ruling]) == ["first"]
    assert texts(ruling.case.dialogues[0]) == left
    lead.go("rule")
    lead.until(f"document.querySelectorAll('ol.list li').length === {before - 1}")
    assert lead.page.inner_text("#badge") == str(before - 1)
    lead.quiet()


def test_who_voted_on_a_conflict_cannot_rule_on_it(judged: Served, enter: Enter) -> None:
    target = conflicts(judged)[0]
    ruling = f'{{"target": "{target}", "verdict": "left", "reason": "我说了算"}}'
    lead = enter(judged.link("李", "lead"), at="rule")
    lead.until("!!document.querySelector('main h1')")
    assert lead.page.locator(f"a[href='#rule/{target}']").count() == 0
    assert api(lead, f"conflicts/{target}")[0] == 404
    assert api(lead, "rule", ruling)[0] == 404
    lead.go(f"rule/{target}")
    lead.toast("由别人裁定")
    seat = enter(judged.link("张"))
    assert seat.page.locator("a[href='#rule'], a[href='#team'], a[href='#browse']").count() == 0
    for path, body in (
        ("conflicts", ""),
        ("rule", ruling),
        ("strike", ruling),
        ("team", ""),
        ("browse", ""),
        ("people", ""),
    ):
        assert api(seat, path, body)[0] == 403, path
    assert not any(one.adjudicates for one in judged.said())


def test_rulings_and_struck_questions_move_the_corrected_figures_as_the_server_says(
    judged: Served, enter: Enter
) -> None:
    lead = enter(judged.link("王", "lead"), at="team")
    lead.until(TEAM)

    def shown() -> list[list[str]]:
        _, team = api(lead, "team")
        rows = lead.page.locator("h2:has-text('校正到哪里了') + .scroll tbody tr")
        found = [rows.nth(at).locator("th, td").all_inner_texts() for at in range(rows.count())]
        for cells, row in zip(found, team["figures"]["rows"], strict=True):
            figure = row["corrected"]
            assert cells[0] == row["candidate"]
            assert cells[3] == f"{figure['value']:.1f} [{figure['low']:.1f}, {figure['high']:.1f}]"
        assert lead.page.inner_text("#width") == f"±{team['figures']['width']:.1f}"
        assert (
            f"人判了 {team['figures']['audits']} 条，全部 {team['figures']['population']} 条"
            in lead.page.inner_text("main")
        )
        return found

    before = shown()
    assert "人判了 30 条，全部 59 条" in lead.page.inner_text("main")  # what people chose themselves is none of it
    gone = conflicts(judged)
    for target in gone[:2]:
        open_conflict(lead, target)
        lead.press("v")
        left, _ = lead.sides()
        better = next(one for one in judged.store.dialogues("demo") if texts(one) == left).candidate.name
        lead.press("v", "c")
        lead.write("甲对")
        lead.press("Escape", "1" if better == "示例甲" else "2")
        lead.until(f"!location.hash.includes({target!r})")
        assert target not in conflicts(judged)
    assert [one.case.target for one in judged.said() if one.adjudicates] == gone[:2]
    lead.go("team")
    lead.until(TEAM)
    after = shown()
    assert after[0][3] != before[0][3]
    assert float(after[0][3].split()[0]) > float(before[0][3].split()[0])  # 示例甲 won every ruling

    # A question that is no good leaves the queue, the conflicts and the scores; it can come back.
    target = gone[2]
    place = judged.chair.room.desk.place(target)
    assert place is not None
    open_conflict(lead, target)
    lead.page.click("#strike")
    lead.toast("先写理由")
    lead.page.fill("#reason", "题面有两个答案")
    lead.page.click("#strike")
    lead.until("!!document.querySelector('ul.list')")
    assert len(lead.dialogs) == 1
    assert "从所有得分里拿掉" in lead.dialogs[0]
    assert lead.page.inner_text("ul.list .asked") == place.item.question
    assert list(judged.store.struck("demo")) == [place.question]
    assert target not in conflicts(judged)
    lead.go("team")
    lead.until(TEAM)
    shown()
    assert "人判了 29 条，全部 58 条" in lead.page.inner_text("main")
    lead.go("rule")
    lead.until("!!document.querySelector('ul.list button')")
    lead.page.click("ul.list button")
    lead.until("!document.querySelector('ul.list')")
    assert target in conflicts(judged)
    lead.quiet()


def test_browsing_shows_names_and_reasons_and_bars_the_item_from_ones_own_queue(judged: Served, enter: Enter) -> None:
    lead = enter(judged.link("王", "lead"))
    first = lead.at_item()
    target = judged.chair.room.task("王", first).place.target
    lead.go("browse")
    lead.until("document.querySelectorAll('ol.list li').length === 50")
    lead.page.click("button:has-text('下一页')")
    lead.until("document.querySelectorAll('ol.list li').length === 9")
    lead.page.select_option("main select >> nth=0", "计算")
    lead.until("document.querySelectorAll('ol.list li').length === 6")
    judged_too = next(one for one in judged.chair.room.desk.places if len(one.said) == 4)
    for seen, people in ((target, []), (judged_too.target, ["审阅员一", "审阅员二", "张", "李"])):
        lead.go(f"browse/{seen}")
        lead.until(f"document.querySelectorAll('article.item h3').length > 0 && location.hash.endsWith({seen!r})")
        lead.until(f"document.querySelectorAll('.card').length >= {len(people)}")
        heads = lead.page.locator(".sides >> nth=0 >> h3").all_inner_texts()
        assert sorted(heads) == ["示例乙", "示例甲"]
        cards = lead.page.locator(".card p > b:first-child").all_inner_texts()
        assert cards == ["示例评委"] * (len(cards) - len(people)) + people
    assert [one.subject for one in judged.store.trail(events=("look",))] == [target, judged_too.target]
    lead.go("vote")
    lead.until(f"!!{TASK}")
    assert lead.task == first  # what stood there before it was looked at
    lead.page.reload()
    lead.until(f"!!{TASK}")
    assert lead.task != first
    lead.quiet()


def test_links_are_given_and_taken_on_the_team_page(judged: Served, enter: Enter) -> None:
    lead = enter(judged.link("王", "lead"), at="team")
    lead.until(TEAM)
    lead.page.fill("#who", "陈新")
    lead.page.click("button:has-text('发链接')")
    lead.until("!!document.getElementById('link')")
    seat = enter(lead.page.inner_text("#link"))
    seat.vote_read("1")
    assert words(judged.said("陈新")) == ["first"]
    lead.page.reload()
    lead.until("!!document.querySelector('[data-revoke]')")
    revocable = lead.page.locator("[data-revoke]")
    names = [revocable.nth(at).get_attribute("data-revoke") for at in range(revocable.count())]
    assert sorted(map(str, names)) == ["张", "李", "陈新"]  # nobody shuts the door on themselves
    lead.page.click("[data-revoke='陈新']")
    lead.until("document.querySelector('main').textContent.includes('已撤销')")
    seat.press("2")
    seat.until("!!document.querySelector('.notice')")
    assert words(judged.said("陈新")) == ["first"]
    places = len(judged.chair.room.desk.places)
    lead.page.fill("#more", "5")
    lead.page.click("button:text-is('抽')")
    lead.toast("每一条都抽过了")  # all 59 are drawn
    assert len(judged.chair.room.desk.places) == places


def test_nothing_tells_names_before_the_vote(judged: Served, enter: Enter) -> None:
    bodies: list[str] = []
    seat = enter(judged.link("王"), at="")
    seat.page.on("response", lambda one: bodies.append(one.text()) if "/api/" in one.url else None)
    seat.go("vote")
    seat.at_item()
    for key in "1234":
        seat.vote_read(key)
    seat.press("u")
    seat.toast("已撤回")
    seat.go("mine")
    seat.until("document.querySelectorAll('ol.list li').length === 3")
    seat.page.reload()
    seat.until("document.querySelectorAll('ol.list li').length === 3")
    assert len(bodies) > 9
    for text in (*bodies, seat.page.content()):
        assert not [name for name in (*NAMES, "张", "李") if f'"{name}' in text or (name in text and name in NAMES)]
    assert sum(isinstance(one.result, Skipped) for one in judged.said("王")) == 1
