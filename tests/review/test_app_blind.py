"""What a reviewer can fetch before the vote tells nothing of who answered, what a judge said, or what others said: in raw bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from judge.records import Side
from judge.review.app.exporting import exported
from judge.review.room import Terms
from judge.store import Store
from judge.trail import Entry
from tests.review.hall import BANK, CANDIDATES, PLAIN, REASON, TELLING, Hall, Visitor, chair_of, hall, world

OTHER, REMARK = "对面的李四四", "别人的秘密附言"
TELLS = (*TELLING, OTHER, REMARK, "Nachtigall", "宿敌", "云梯", "telltale")
TASK_KEYS = ["task", "ability", "scope", "turns", "masked", "scale", "dimensions", "before"]
TURN_KEYS = ["asked", "left", "right", "reference", "points", "expected"]
ANSWER_KEYS = ["html", "text", "outcome"]
PROGRESS_KEYS = ["mine", "done", "total", "conflicts", "abilities", "width", "needed", "wanted"]


class Heard:
    """Everything that came back to one person, byte for byte."""

    def __init__(self, client: httpx.Client) -> None:
        self.said: list[str] = []
        client.event_hooks = {"response": [self._hear]}

    def _hear(self, answer: httpx.Response) -> None:
        answer.read()
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        text = answer.text
        if answer.headers["content-type"] == "application/json":
            text += json.dumps(answer.json(), ensure_ascii=False)  # whatever the escapes
        self.said.append(f"{answer.request.url.path} {answer.status_code}\n{unquote(head)}\n{text}")

    @property
    def told(self) -> list[tuple[str, str]]:
        """Where which name stands that must not."""
        return [(one.partition("\n")[0], name) for one in self.said for name in TELLS if name in one]


def walked(person: Visitor) -> list[dict[str, Any]]:
    """Fetch all that a person can fetch before a vote; return the tasks."""
    client = person.client
    for path in ("/", "/review.js", "/review.css", "/api/me", "/api/guide", "/api/mine", "/api/progress"):
        assert client.get(path).status_code == 200
    tasks = person.next()
    for one in tasks:
        assert person.get(f"/api/task/{one['task']}") == {"task": one}
    errors = [
        client.get("/api/task/" + "0" * 16),
        client.get("/api/team"),
        client.get("/api/conflicts/" + "0" * 32),
        client.get("/api/browse?ability=x"),
        client.get("/nothing"),
        client.post("/api/vote", json={"task": tasks[0]["task"]}),
        client.post("/api/vote", json={"task": tasks[0]["task"], "overall": 1e9}),
        client.post("/api/vote", json={"task": tasks[0]["task"], "skip": "question"}),
        client.post("/api/vote", json={"task": "0" * 16, "verdict": "left"}),
        client.post("/api/vote", json={"task": "x"}),
        client.post("/api/unmask", json={"task": "0" * 16}),
        client.post("/api/vote", content=b"{"),
        client.post("/api/next", json={"holding": []}, headers={"host": "evil.example"}),
        client.post("/api/next", json={"holding": []}, headers={"x-csrf": ""}),
    ]
    assert [one.status_code for one in errors] == [404, 403, 403, 403, 404, 409, 409, 409, 404, 422, 404, 415, 421, 403]
    return tasks


@pytest.fixture(params=["pairs", "scores"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = world(str(tmp_path / "judge.db"), 30, 3, scored=request.param == "scores")
    yield opened
    opened.engine.dispose()


@pytest.fixture
def pairs(tmp_path: Path) -> Iterator[Hall]:
    """A room in which one has voted on everything for two."""
    store = world(str(tmp_path / "judge.db"), 30, 3)
    with hall(chair_of(store, 40, overlap=1.0, terms=PLAIN)) as found:
        yield found
    store.engine.dispose()


def voted(person: Visitor, task: dict[str, Any], **more: Any) -> None:
    """Vote, or score where that is asked for."""
    said = {"verdict": "left"} if task["scale"] is None else {"overall": task["scale"][0]}
    person.holding = [one for one in person.holding if one != task["task"]]
    person.post("/api/vote", task=task["task"], **said, **more)


def test_nothing_that_a_reviewer_can_fetch_before_the_vote_names_anyone(store: Store) -> None:
    with hall(chair_of(store, 30, overlap=1.0, terms=PLAIN)) as at:
        other = at.person(OTHER)
        for _ in range(12):
            voted(other, other.next()[0], comment=REMARK)
        at.person("主编", "lead").get("/api/team")  # figures are computed, and stand in everyone's progress
        person = at.person("张")
        heard = Heard(person.client)
        seen: list[dict[str, Any]] = []
        for _ in range(20):
            tasks = walked(person) if len(seen) % 5 == 0 else person.next()
            seen.append(tasks[0])
            voted(person, tasks[0])
        assert heard.told == []
        assert sum(one["masked"] for one in seen) >= 1
        assert "我是" in "".join(heard.said)
        for task in seen:
            assert list(task) == TASK_KEYS
            assert task["before"] is None
            for turn in task["turns"]:
                sides = ("left", "right") if task["scale"] is None else ("left",)
                assert list(turn) == [one for one in TURN_KEYS if one != "right" or "right" in sides]
                assert [list(turn[side]) for side in sides] == [ANSWER_KEYS] * len(sides)
        assert list(person.get("/api/progress")) == PROGRESS_KEYS


def test_the_names_looked_for_are_those_that_a_lead_sees(pairs: Hall) -> None:
    lead = pairs.person("主编", "lead")
    heard = Heard(lead.client)
    found = lead.get("/api/browse")["items"]
    for one in found:
        lead.get(f"/api/browse/{one['target']}")
    lead.get("/api/team")
    named = {name for _, name in heard.told}
    assert {BANK, REASON, "铁面判官", *CANDIDATES[:3]} <= named


def test_what_a_judge_said_changes_no_byte_of_what_reviewers_see(tmp_path: Path) -> None:
    def seen(name: str, turned: bool) -> list[Any]:
        def verdict(side: Side) -> Side:
            return {Side.FIRST: Side.SECOND, Side.SECOND: Side.FIRST}[side] if turned else side

        store = world(str(tmp_path / name), 12, 3, verdict=verdict)
        with hall(chair_of(store, 36, overlap=0.5, terms=PLAIN)) as at:
            person = at.person("张")
            found: list[Any] = [person.get("/api/guide"), person.get("/api/progress")]
            for _ in range(36):
                task = person.next()[0]
                voted(person, task)
                found.append({**task, "task": None})
            found.append([{**one, "task": None} for one in person.get("/api/mine")["votes"]])
        store.engine.dispose()
        return found

    assert seen("a.db", turned=False) == seen("b.db", turned=True)


def test_unmasking_shows_the_name_to_who_asked_and_stands_in_the_trail(pairs: Hall) -> None:
    person, other = pairs.person("张"), pairs.person(OTHER)
    task = next(one for one in all_tasks(person, pairs) if one["masked"])
    assert not any(name in json.dumps(task, ensure_ascii=False) for name in TELLS)
    open_one = person.post("/api/unmask", task=task["task"])["task"]
    text = json.dumps(open_one, ensure_ascii=False)
    assert sum(f"我是{name.rpartition('/')[2]}" in text for name in CANDIDATES) == 1
    entry = pairs.store.trail(events=("unmask",))[-1]
    place = pairs.chair.room.desk.task("张", task["task"])
    assert place is not None
    assert (entry.who, entry.subject) == ("张", place.place.target)
    assert person.get(f"/api/task/{task['task']}")["task"] == task  # masked again
    mine = pairs.chair.room.desk.task("张", task["task"])
    assert other.client.post("/api/unmask", json={"task": task["task"]}).status_code == 404
    assert mine is not None


def all_tasks(person: Visitor, at: Hall) -> Iterator[dict[str, Any]]:
    """Yield every item as one person is shown it."""
    for place in at.chair.room.desk.places:
        id_ = at.chair.room.desk._item(person.name, place).id
        yield person.get(f"/api/task/{id_}")["task"]


# ── what measures the person ──────────────────────────────────────────────────────────────────────────────────────────


def shape(value: Any) -> Any:
    """Return what can be told of a task without reading its texts: keys in order, kinds, lengths of ids."""
    if isinstance(value, dict):
        return tuple((key, len(one) if key == "task" else shape(one)) for key, one in value.items())
    if isinstance(value, list):
        return tuple(shape(one) for one in value)
    return type(value).__name__


@pytest.mark.parametrize("scored", [False, True])
def test_what_measures_the_person_looks_like_all_else(tmp_path: Path, scored: bool) -> None:
    store = world(str(tmp_path / "judge.db"), 60, 3, turns=3, scored=scored)
    with hall(chair_of(store, 60, terms=Terms(repeats=0.3, golds=0.3))) as at:
        person, desk = at.person("张"), at.chair.room.desk
        seen: dict[str, list[dict[str, Any]]] = {"item": [], "repeat": [], "gold": []}
        counts, statuses = [], set()
        for _ in range(60):
            tasks = person.next()
            task = desk.task("张", tasks[0]["task"])
            assert task is not None
            seen[task.kind].append(tasks[0])
            said = {"verdict": "left"} if not scored else {"overall": 3}
            answer = person.client.post("/api/vote", json={"task": tasks[0]["task"], **said})
            again = person.client.post("/api/vote", json={"task": tasks[0]["task"], **said})
            statuses.add((shape(answer.json()), answer.json()["new"], shape(again.json()), again.json()["new"]))
            counts.append(answer.json()["progress"]["mine"])
            person.holding = [one["task"] for one in tasks[1:]]
        assert min(len(seen["repeat"]), len(seen["gold"])) >= 8
        items = {shape(one) for one in seen["item"]}
        for kind in ("repeat", "gold"):
            assert {shape(one) for one in seen[kind]} <= items
            assert {tuple(one) for one in seen[kind]} == {tuple(TASK_KEYS)}
        asked = {json.dumps(one["turns"][0]["asked"]) for one in seen["item"]}
        assert {json.dumps(one["turns"][0]["asked"]) for one in seen["gold"]} <= asked
        assert all(len(turn["asked"]) == 1 for some in seen.values() for one in some for turn in one["turns"])
        ids = [one["task"] for some in seen.values() for one in some]
        assert len(set(ids)) == 60
        assert all(len(one) == 16 and set(one) <= set("0123456789abcdef") for one in ids)
        assert len({(first, second) for first, _, second, _ in statuses}) == 1
        assert {(first, second) for _, first, _, second in statuses} == {(True, False)}
        assert counts == list(range(1, 61))
    store.engine.dispose()


def test_what_measured_the_person_can_be_taken_back_like_all_else(tmp_path: Path) -> None:
    store = world(str(tmp_path / "judge.db"), 40, 3)
    with hall(chair_of(store, 60, terms=Terms(repeats=0.5, golds=0))) as at:
        person, desk = at.person("张"), at.chair.room.desk
        kinds = []
        while "repeat" not in kinds:
            task = person.next()[0]["task"]
            kinds.append(kind_of(at, task))
            person.vote(task)
        votes = len(store.voices())
        back = person.post("/api/undo")
        assert (back["task"]["task"], back["progress"]["mine"]) == (task, len(kinds) - 1)
        assert len(store.voices()) == votes
        person.holding = [task]
        assert person.next()[0]["task"] == task
        assert person.vote(task, "right")["progress"]["mine"] == len(kinds)
        assert [entry.content["left"] for entry in checks(store)] == [True, False]
        assert desk.progress("张").mine == len(kinds)
    store.engine.dispose()


def kind_of(at: Hall, task: str) -> str:
    found = at.chair.room.desk.task("张", task)
    assert found is not None
    return found.kind


def checks(store: Store) -> list[Any]:
    found: list[Entry] = store.trail(events=("check",))
    return [one for one in found if isinstance(one.content, dict)]


def test_a_task_of_one_is_none_of_another(pairs: Hall) -> None:
    mine, other = pairs.person("张"), pairs.person("王")
    for one in mine.next():
        for client in (other.client,):
            assert client.get(f"/api/task/{one['task']}").status_code == 404
            assert client.post("/api/vote", json={"task": one["task"], "verdict": "left"}).status_code == 404


# ── who rules, and who has seen the names ─────────────────────────────────────────────────────────────────────────────


def test_a_ruling_is_made_without_knowing_whose_votes_they_are(pairs: Hall) -> None:
    first, second = pairs.person(OTHER), pairs.person("又一位赵六六")
    by_question: dict[str, str] = {}
    for person, verdict in ((first, "left"), (second, "tie")):
        for _ in range(20):
            person.vote(person.next()[0]["task"], verdict, comment="看着好些")
    lead = pairs.person("主编", "lead")
    heard = Heard(lead.client)
    found = lead.get("/api/conflicts")["conflicts"]
    assert len(found) >= 5
    for one in found:
        full = lead.get(f"/api/conflicts/{one['target']}")
        assert list(full) == [*TASK_KEYS, "target", "voices"]
        assert [list(voice) for voice in full["voices"]] == [
            ["verdict", "score", "comment", "confidence", "turn", "swapped"]
        ] * 2
        by_question[one["target"]] = full["voices"][0]["verdict"]
    lead.post("/api/rule", target=found[0]["target"], verdict="left", reason="更全")
    assert heard.told == []
    assert "赵六六" not in "".join(heard.said)
    orders = {verdict == "tie" for verdict in by_question.values()}
    assert orders == {True, False}  # whose voice stands first is no rule
    assert lead.client.get(f"/api/conflicts/{found[0]['target']}").status_code == 404


def test_a_lead_who_has_seen_the_names_of_an_item_neither_gets_it_nor_may_vote_on_it(pairs: Hall) -> None:
    lead, desk = pairs.person("主编", "lead"), pairs.chair.room.desk
    held = lead.next()
    seen = [place.target for place in desk.places[:10]]
    for target in seen:
        assert lead.get(f"/api/browse/{target}")["names"]
    for one in held:  # on the page already when the names were looked at
        answer = lead.client.post("/api/vote", json={"task": one["task"], "verdict": "left"})
        assert (answer.status_code, answer.json()["error"]) == (409, "这一条的名字你看过了，不能再判")
    given = set()
    while tasks := lead.next():
        task = desk.task("主编", tasks[0]["task"])
        assert task is not None
        given.add(task.place.target)
        lead.vote(tasks[0]["task"])
    assert given == {place.target for place in desk.places[10:]}
    assert [one.subject for one in pairs.store.trail(events=("look",))] == seen
    with hall(chair_of(pairs.store, 0, terms=PLAIN)) as again:  # and not after a restart either
        assert again.person("主编", "lead").next() == []


# ── without a connection ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_exported_file_tells_no_more_than_the_page(store: Store) -> None:
    chair = chair_of(store, 30, overlap=1.0, terms=PLAIN)
    with hall(chair) as at:
        other = at.person(OTHER)
        for _ in range(5):
            voted(other, other.next()[0], comment=REMARK)
    text, count = exported(chair.room, "张", "zh")
    assert count == len(chair.room.desk.places)
    island = text.partition('<script type="application/json" id="content">')[2].partition("</script>")[0]
    content = json.loads(island.replace("\\u003c", "<"))
    # A line must find its item again: its draw, which is called after the bank, is all that it says.
    names = {line.pop("draw") for line in content["lines"].values()}
    assert names == {place.draw.name for place in chair.room.desk.places}
    rest = text.replace(island, "") + json.dumps(content, ensure_ascii=False)
    assert [one for one in TELLS if one in rest] == []
    assert {tuple(line) for line in content["lines"].values()} <= {
        ("item", "question"),
        ("item", "question", "swapped"),
    }
    assert {tuple(task) for task in content["tasks"]} == {tuple(TASK_KEYS)}
