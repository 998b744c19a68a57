"""The arena over HTTP: blind to the last byte, closed to whoever has no business there, and none the worse for being killed."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from judge.review.ring import Terms
from judge.review.verifying import verify
from judge.store import Store, open_store
from tests.models.server import Server
from tests.review.ground import FAST, NAMES, TELLING, Arena, Fighter, Moody, arena, ground


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(str(tmp_path / "judge.db"), create=True)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def moods() -> Moody:
    return Moody()


@pytest.fixture
def server(moods: Moody) -> Iterator[Server]:
    with Server(moods) as running:
        yield running


@pytest.fixture
def open_arena(fresh: Store, server: Server) -> Iterator[Arena]:
    with arena(ground(fresh, server.url)) as found:
        yield found


def said(store: Store) -> list[Any]:
    return [one for _, one in store.human_verdicts(store.question_codes("arena").values())]


def test_a_battle_from_the_first_question_to_the_vote(open_arena: Arena, fresh: Store) -> None:
    person = open_arena.person("张")
    assert person.get("/api/me")["arena"]["ability"] == "闲聊"
    assert person.get("/api/battle") == {"battle": None, "last": None, "progress": {"mine": 0, "done": 0}}
    first = person.ask("先问", ability="代码")
    assert (first["ability"], first["whole"], first["asking"]) == ("代码", 1, False)
    assert {first["turns"][0][side]["text"] for side in ("left", "right")} == {"强答第1轮：先问", "弱答第1轮：先问"}
    second = person.ask("再问")
    assert [turn["asked"][0]["text"] for turn in second["turns"]] == ["先问", "再问"]
    assert person.decide("left") == {"new": True, "progress": {"mine": 1, "done": 1}}
    after = person.get("/api/battle")
    assert (after["battle"], after["last"]["asked"], after["last"]["verdict"]) == (None, "先问", "left")
    assert "names" not in after["last"]
    (line,) = person.get("/api/mine")["votes"]
    again = person.get(f"/api/fought/{line['task']}")["battle"]
    assert [turn["left"]["text"] for turn in again["turns"]] == [turn["left"]["text"] for turn in second["turns"]]
    assert len(said(fresh)) == 1


def test_no_name_is_in_any_byte_before_the_vote(open_arena: Arena, moods: Moody) -> None:
    """Answers that say who they are, a side that is busy, one that refuses with all names in its error: all of it blind."""
    person = open_arena.person("张")
    for path in ("/", "/review.js", "/review.css"):
        person.client.get(path)
    person.ask("强自称，弱自称")
    moods.busy("强")
    lacking = person.ask("又问")
    moods.refuse("强")
    person.post("/api/again", task=lacking["task"])
    assert "refused" in str(person.stands()["turns"][-1])
    moods.recover()
    person.post("/api/again", task=lacking["task"])
    assert person.stands()["masked"] == 2
    for path in ("/api/me", "/api/battle", "/api/mine", "/api/progress"):
        person.client.get(path)
    for body in ({"task": "0" * 16}, {"task": lacking["task"], "verdict": "left", "turns": 9}, {}):
        person.client.post("/api/vote", json=body)
    everything = b"".join(open_arena.bodies)
    assert len(everything) > 50_000
    assert not [
        name for name in TELLING if name.encode() in everything or json.dumps(name)[1:-1].encode() in everything
    ]
    assert NAMES[0] in "".join(open_arena.ground.told)
    person.decide("tie")
    person.get("/api/battle")
    assert not [name for name in TELLING if name.encode() in b"".join(open_arena.bodies)]  # nor after it, unless agreed


def test_names_come_after_the_vote_where_it_is_agreed(fresh: Store, server: Server) -> None:
    with arena(ground(fresh, server.url, terms=Terms(reveal=True))) as open_arena:
        person = open_arena.person("张")
        left = person.ask("问")["turns"][0]["left"]["text"]
        assert not [name for name in TELLING if name.encode() in b"".join(open_arena.bodies)]
        person.decide("left")
        names = list(NAMES[:2]) if left.startswith("强") else [NAMES[1], NAMES[0]]
        assert person.get("/api/battle")["last"]["names"] == names
        assert person.get("/api/mine")["votes"][0]["names"] == names


def test_asking_returns_at_once_and_looking_waits_for_both(open_arena: Arena) -> None:
    person = open_arena.person("张")
    began = time.monotonic()
    battle = person.post("/api/ask", prompt="强慢慢")["battle"]
    assert time.monotonic() - began < 0.9
    assert (battle["asking"], battle["whole"]) == (True, 0)
    assert [battle["turns"][0][side] for side in ("left", "right")] == [{"fault": "asking"}] * 2
    assert person.get("/api/battle")["battle"]["whole"] == 1
    assert time.monotonic() - began >= 1.0


def test_two_models_are_asked_at_the_same_time(open_arena: Arena, server: Server) -> None:
    open_arena.person("张").ask("强慢慢，弱慢慢")
    assert server.peak == 2


def test_the_same_vote_sent_many_times_at_once_is_kept_once(open_arena: Arena, fresh: Store) -> None:
    person = open_arena.person("张")
    battle = person.ask("问")
    body = {"task": battle["task"], "verdict": "both_bad", "turns": 1, "seconds": 2.5}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: person.client.post("/api/vote", json=body), range(16)))
    assert [one.status_code for one in answers] == [200] * 16
    assert sum(one.json()["new"] for one in answers) == 1
    other = person.client.post("/api/vote", json={**body, "verdict": "left"})
    assert (other.status_code, other.json()["error"]) == (409, "这一场已经判过了")
    assert [one.both_bad for one in said(fresh)] == [True]
    assert verify(fresh).faults == ()


def test_a_battle_is_nobody_elses(open_arena: Arena, fresh: Store) -> None:
    mine, other = open_arena.person("张"), open_arena.person("李")
    task = mine.ask("问")["task"]
    assert other.get("/api/battle")["battle"] is None
    for path, body in (
        ("vote", {"task": task, "verdict": "left", "turns": 1}),
        ("again", {"task": task}),
        ("discard", {"task": task}),
        ("ask", {"battle": task, "turn": 2, "prompt": "又问"}),
    ):
        assert other.client.post(f"/api/{path}", json=body).status_code == 404, path
    mine.decide("left")
    assert other.client.get(f"/api/fought/{task}").status_code == 404
    assert other.get("/api/mine")["votes"] == []
    assert len(said(fresh)) == 1


def test_a_battle_thrown_away_is_gone(open_arena: Arena, fresh: Store) -> None:
    person = open_arena.person("张")
    task = person.ask("问")["task"]
    assert person.post("/api/discard", task=task)["battle"] is None
    assert person.client.post("/api/discard", json={"task": task}).status_code == 404
    assert person.client.post("/api/vote", json={"task": task, "verdict": "left", "turns": 1}).status_code == 404
    assert (said(fresh), fresh.questions("arena")) == ([], [])
    assert person.ask("又来")["whole"] == 1


def test_the_gate_is_the_one_of_the_review(open_arena: Arena) -> None:
    stranger = open_arena.client()
    for path in ("me", "battle", "mine", "progress", "board", "people"):
        assert stranger.get(f"/api/{path}").status_code == 401, path
    person, lead = open_arena.person("张"), open_arena.person("王", "lead")
    for path in ("board", "people"):
        assert person.client.get(f"/api/{path}").status_code == 403, path
        assert lead.client.get(f"/api/{path}").status_code == 200, path
    ask = {"prompt": "问"}
    assert person.client.post("/api/ask", json=ask, headers={"x-csrf": "0" * 32}).status_code == 403
    assert person.client.post("/api/ask", json=ask, headers={"origin": "http://evil.example"}).status_code == 403
    assert person.client.post("/api/ask", content=b"prompt=1").status_code == 415
    assert person.client.post("/api/ask", json={"prompt": "长" * 30_000}).status_code == 413
    for body in (
        {},
        {"prompt": ""},
        {"prompt": "长" * 8001},
        {"prompt": "问", "turn": 0},
        {"prompt": "问", "who": "李"},
    ):
        assert person.client.post("/api/ask", json=body).status_code == 422, body
    assert person.client.post("/api/ask", json={"prompt": "  \n "}).status_code == 409
    assert person.client.post("/api/ask", json={"prompt": "问", "ability": "唱歌"}).status_code == 409
    for body in ({"skip": "field"}, {"overall": 3.0}, {"verdict": "left", "scope": 1}):
        answer = person.client.post("/api/vote", json={"task": person.ask("问")["task"], "turns": 1, **body})
        assert answer.status_code == 409, body
        person.post("/api/discard", task=person.stands()["task"])
    assert lead.post("/api/invite", name="赵")["token"]
    assert lead.post("/api/revoke", name="张")["done"]
    assert person.client.get("/api/battle").status_code == 401


def test_text_that_cannot_be_kept_is_refused_and_breaks_nothing(open_arena: Arena) -> None:
    person = open_arena.person("张")
    raw = b'{"prompt": "\\ud800"}'
    answer = person.client.post("/api/ask", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    hostile = "<script>alert(1)</script>\u0000\u202e\n```\n" + "😀" * 100
    battle = person.ask(hostile)
    assert "<script>" not in battle["turns"][0]["asked"][0]["html"]
    person.decide("tie")


def test_nobody_asks_models_faster_than_a_person_types(fresh: Store, server: Server) -> None:
    with arena(ground(fresh, server.url), replace(FAST, asks=0.001, asks_at_once=3)) as open_arena:
        person, other = open_arena.person("张"), open_arena.person("李")
        for at in range(3):
            person.ask(f"第{at}问")
        answer = person.client.post("/api/ask", json={"battle": person.stands()["task"], "turn": 4, "prompt": "又问"})
        assert (answer.status_code, answer.json()["error"]) == (429, "问得太频繁，过几秒再问")
        assert person.client.post("/api/again", json={"task": person.stands()["task"]}).status_code == 429
        assert other.ask("问")["whole"] == 1
        assert person.decide("tie")["new"] is True


def test_a_busy_side_is_said_and_asked_alone_again(open_arena: Arena, moods: Moody, server: Server) -> None:
    person = open_arena.person("张")
    moods.busy("弱")
    battle = person.ask("问")
    assert (battle["lacking"], battle["whole"]) == (True, 0)
    shown = {battle["turns"][0][side].get("fault") for side in ("left", "right")}
    assert shown == {"busy", None}
    moods.recover()
    asked = server.requests
    person.post("/api/again", task=battle["task"])
    assert person.stands()["whole"] == 1
    assert server.requests == asked + 1


def test_the_lead_sees_the_board(fresh: Store, server: Server) -> None:
    with arena(ground(fresh, server.url, (0, 1, 2))) as open_arena:
        lead, person = open_arena.person("王", "lead"), open_arena.person("张")
        empty = lead.get("/api/board")
        assert (empty["rows"], empty["missing"], empty["fought"]) == ([], None, 0)
        assert [one["battles"] for one in empty["pairs"]] == [0, 0, 0]
        time.sleep(3.1)  # a board is good for a moment, however many votes come
        for _ in range(6):
            battle = person.ask("问")
            left, right = (battle["turns"][0][side]["text"][0] for side in ("left", "right"))
            person.decide("left" if "强弱中".index(left) < "强弱中".index(right) else "right")
        person.ask("还开着")
        found = lead.get("/api/board")
        assert [row["candidate"] for row in found["rows"]] == list(NAMES[:3])
        assert [row["battles"] for row in found["rows"]] == [4, 4, 4]
        assert [(row["win"], row["tie"], row["loss"]) for row in found["rows"]] == [(4, 0, 0), (2, 0, 2), (0, 0, 4)]
        assert [one["battles"] for one in found["pairs"]] == [2, 2, 2]
        assert (found["day"], found["week"], found["fought"], found["open"]) == (6, 6, 6, 1)
        first, second, third = (row["elo"] for row in found["rows"])
        assert first["value"] > second["value"] > third["value"]
        assert (first["high"], third["low"]) == (None, None)  # who won everything has no bound


# ── killed ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Command:
    """`judge arena` as its own process on one port; it can be killed and started again."""

    folder: Path
    port: int
    process: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> list[str]:
        """Start it and return the links it prints."""
        command = [str(Path(sys.executable).with_name("judge")), "arena", *NAMES[:2], "--port", str(self.port)]
        with (self.folder / "stderr").open("a") as told:
            self.process = subprocess.Popen(
                [*command, "--store", "judge.db", *options],
                stdout=subprocess.PIPE,
                stderr=told,
                text=True,
                encoding="utf-8",
                cwd=self.folder,
            )
        links = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            links += re.findall(r"#token=(\S+)", line)
            if line.startswith("停下"):
                break
        return links

    def kill(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None

    def person(self, name: str, token: str) -> Fighter:
        url = f"http://127.0.0.1:{self.port}"
        client = httpx.Client(base_url=url, headers={"origin": url}, timeout=60, trust_env=False)
        return Fighter(client, name).enter(token)


@pytest.fixture
def command(tmp_path: Path, server: Server) -> Iterator[Command]:
    tables = [
        f'[models."{name}"]\npreset = "vllm"\nmodel = "telltale-{at}"\nurl = "{server.url}"\nattempts = 1\n'
        f'system = "{"强弱"[at]}"\n'
        for at, name in enumerate(NAMES[:2])
    ]
    (tmp_path / "judge.toml").write_text("\n".join(tables), encoding="utf-8")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    found = Command(tmp_path, port)
    yield found
    if found.process is not None:
        found.kill()


def test_killed_in_the_middle_a_battle_goes_on(command: Command, server: Server, moods: Moody, tmp_path: Path) -> None:
    (token,) = command.start("--reviewers", "张")
    person = command.person("张", token)
    first = person.ask("先问", ability="代码")
    # Killed while one side has answered the second turn and the other is still at it.
    person.post("/api/ask", battle=first["task"], turn=2, prompt="强慢慢")
    time.sleep(0.4)
    command.kill()
    asked = server.requests
    assert command.start("--leads", "王")  # the person's own link is used up; the cookie still holds
    battle = person.stands()
    assert (battle["task"], battle["ability"], battle["whole"]) == (first["task"], "代码", 1)
    assert battle["turns"][0] == first["turns"][0]
    assert battle["turns"][1]["asked"][0]["text"] == "强慢慢"
    shown = [battle["turns"][1][side] for side in ("left", "right")]
    assert {"fault": "lost"} in shown
    assert any(one.get("text") == "弱答第2轮：强慢慢" for one in shown)
    assert battle["lacking"]
    person.post("/api/again", task=battle["task"])
    assert person.stands()["whole"] == 2
    assert server.requests == asked + 1
    # Another browser of the same person, by another link; then a third turn, a vote, and the vote again after another kill.
    command.kill()
    (token,) = command.start("--reviewers", "张")
    other = command.person("张", token)
    assert other.stands()["task"] == first["task"]
    assert other.ask("三问")["whole"] == 3
    body = {"task": first["task"], "verdict": "left", "turns": 3}
    assert other.post("/api/vote", **body)["new"] is True
    command.kill()
    command.start()
    assert other.post("/api/vote", **body)["new"] is False
    assert other.get("/api/battle")["battle"] is None
    command.kill()
    store = open_store(str(tmp_path / "judge.db"))
    (one,) = said(store)
    assert [turn.prompt for turn in one.case.question.turns] == ["先问", "强慢慢", "三问"]
    assert [len(dialogue.answers) for dialogue in one.case.dialogues] == [3, 3]
    assert verify(store).faults == ()
    store.engine.dispose()
    for client in (person.client, other.client):
        client.close()
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("judge")),
            "leaderboard",
            "--bank",
            "arena",
            "--human",
            "--store",
            "judge.db",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(name in done.stdout for name in NAMES[:2])


def test_the_command_tells_its_keeper_who_failed(command: Command, moods: Moody, tmp_path: Path) -> None:
    (token,) = command.start("--reviewers", "张")
    person = command.person("张", token)
    moods.refuse("强")
    battle = person.ask("问")
    assert "refused" in str(battle["turns"])
    assert NAMES[0] in (tmp_path / "stderr").read_text(encoding="utf-8")
    person.client.close()


def test_one_arena_at_a_time_on_one_bank(command: Command, tmp_path: Path) -> None:
    command.start("--reviewers", "张")
    again = [str(Path(sys.executable).with_name("judge")), "arena", *NAMES[:2], "--port", "0", "--store", "judge.db"]
    done = subprocess.run(again, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "arena 的对战已经开着" in done.stderr
