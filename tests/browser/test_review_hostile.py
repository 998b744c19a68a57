"""Answers that attack whoever shows them, in the page of a reviewer: nothing runs, asks, hides or complains."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from judge.records import DIALOGUE, Answer, Bank, Candidate, Case, Dialogue, Model, Plan, Question, Turn
from judge.review.chair import Drawing
from judge.store import open_store
from tests.browser.review_world import PLAIN, TASK, Enter, Served, serving, words
from tests.browser.test_report import FORBIDDEN
from tests.hostile import HOSTILE
from tests.review.scene import JUDGE, WIN, said

ACTING = "[style],[src],[srcset],[onerror],[onclick],[onload],[formaction],[id]"
TURNS = 12  # of a question
SHOWN = """(() => {
  const inside = [...document.querySelectorAll('.ask, .side, .reference')];
  const tags = [...new Set(inside.flatMap((one) => [...one.querySelectorAll('*')].map((tag) => tag.tagName.toLowerCase())))];
  const acting = inside.filter((one) => one.querySelector('ACTING')).map((one) => one.innerHTML.slice(0, 200));
  const targets = [...new Set(inside.flatMap((one) => [...one.querySelectorAll('a[href]')].map((link) => link.protocol)))];
  const parts = document.querySelectorAll('.side .md, .side .raw').length;
  return { tags, acting, targets, parts, width: document.documentElement.scrollWidth, hit: window.__hit };
})()""".replace("ACTING", ACTING)
WHOLE = ("huge-over-cap",)  # of the huge ones; the others are cut, for time: tests/test_markup.py lays them out in full


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A review in which all attacks are answers, some prompts, references and key points too, and names are attacks."""
    path = tmp_path_factory.mktemp("hostile") / "judge.db"
    store = open_store(str(path), create=True)
    attacks = [one.text.encode("utf-8", "replace").decode()[: None if one.id in WHOLE else 1500] for one in HOSTILE]
    names = ("甲</script><script>window.__hit=2</script>", "乙{{7*7}}\u202e")
    held, judged = [], []
    for at in range(0, len(attacks), TURNS):
        several = attacks[at : at + TURNS]
        turns = tuple(
            Turn(
                one[:2000] if turn % 2 == 0 else "问",
                reference=one[:2000] if turn % 2 else "答",
                key_points=(one[:300],),
            )
            for turn, one in enumerate(several)
        )
        question = Question("题库", f"h{at}<b>", ("计算", "闲聊")[at % 2], turns)
        both = tuple(
            Dialogue(
                question, Candidate(name, Model("e", name)), tuple(map(Answer, [one.prompt for one in turns], texts))
            )
            for name, texts in zip(names, (several, [one[:300] for one in several[::-1]]), strict=True)
        )
        held += both
        judged.append(said(Case(question, DIALOGUE, both), WIN))
    store.add(banks=[Bank("题库")], dialogues=held, judgments=judged)
    store.engine.dispose()
    drawing = Drawing(items=len(judged), overlap=0)
    with serving(path, Plan(bank="题库", judge=JUDGE.name), PLAIN, drawing) as found:
        yield found


def test_no_attack_runs_asks_or_complains_in_any_view(hostile: Served, enter: Enter) -> None:
    assert len(HOSTILE) >= 60
    items = len(hostile.chair.room.desk.places)
    assert items == -(-len(HOSTILE) // TURNS)
    seat = enter(hostile.link("张"))
    parts = 0
    for number in range(items):
        task = seat.at_item()
        for key in ("r", "v", "d"):
            shown = seat.page.evaluate(SHOWN)
            assert not FORBIDDEN & set(shown["tags"]), number
            assert shown["acting"] == [], number
            assert set(shown["targets"]) <= {"http:", "https:", "mailto:"}, number
            assert shown["width"] <= 1280, number
            assert shown["hit"] is None, number
            seat.press(key)
        parts += shown["parts"]
        seat.press("d", "r", "4")  # as the next one is to begin
        seat.until(f"{TASK} !== {task!r} && !document.querySelector('.wait')")
    seat.until("!!document.querySelector('.notice')")
    assert parts == 2 * len(HOSTILE)
    assert words(hostile.said("张")) == ["both bad"] * items
    seat.go("mine")
    seat.until(f"document.querySelectorAll('ol.list li').length === {items}")
    assert seat.page.evaluate("window.__hit") is None
    assert seat.dialogs == []
    seat.quiet()


def test_a_lead_is_not_hit_either(hostile: Served, enter: Enter) -> None:
    seat = enter(hostile.link("王", "lead"), at="browse")
    seat.until("document.querySelectorAll('ol.list li').length === 21")
    for place in hostile.chair.room.desk.places[:8]:
        seat.go(f"browse/{place.target}")
        seat.until(f"location.hash.endsWith({place.target!r}) && document.querySelectorAll('.card').length >= 1")
        seat.page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        assert seat.page.evaluate("window.__hit") is None
        assert seat.page.locator(".side h3").first.inner_text() in (
            "甲</script><script>window.__hit=2</script>",
            "乙{{7*7}}⟨U+202E⟩",
        )
    assert seat.dialogs == []
    seat.quiet()
