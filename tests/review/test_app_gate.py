"""The gate of the review page, on a real socket: who gets through, with what, how often; and what every answer carries."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from judge.review.app.guard import LARGEST, Rates
from judge.review.app.serving import listening
from judge.store import Store
from tests.review.hall import FAST, Hall, Visitor, chair_of, everything, hall, world

# ../shared/docs/FIELD_NOTES.md, 3.4, and what keeps pages of other origins and later readers of the disk out.
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
USUAL = {"content-length", "content-type", "date", "set-cookie", "allow", "retry-after", "connection"}

# Every route stands in one of these: a new one that stands in none fails below.
OPEN = {("GET", "/"), ("GET", "/review.js"), ("GET", "/review.css"), ("POST", "/api/enter")}
EVERYONE = {
    *(("GET", f"/api/{name}") for name in ("me", "guide", "mine", "progress", "task/{task}")),
    *(("POST", f"/api/{name}") for name in ("next", "vote", "undo", "unmask")),
}
LEADS = {
    *(("GET", f"/api/{name}") for name in ("conflicts", "conflicts/{target}", "team", "people")),
    *(("GET", f"/api/{name}") for name in ("browse", "browse/{target}")),
    *(("POST", f"/api/{name}") for name in ("rule", "strike", "restore", "draw", "invite", "revoke")),
}
ROUTES = sorted(OPEN | EVERYONE | LEADS)
WRITES = sorted(one for one in ROUTES if one[0] == "POST")
TASK, TARGET = "0" * 16, "0" * 32
BODIES: dict[str, dict[str, Any]] = {
    "/api/enter": {"token": "A" * 22},
    "/api/vote": {"task": TASK, "verdict": "left"},
    "/api/unmask": {"task": TASK},
    "/api/rule": {"target": TARGET, "verdict": "left", "reason": "看清了"},
    "/api/strike": {"target": TARGET, "reason": "题目有错"},
    "/api/restore": {"question": TARGET},
    "/api/invite": {"name": "新来的"},
    "/api/revoke": {"name": "没有这个人"},
}


def routes_of(routes: Any, app: Any = None) -> Iterator[tuple[str, str]]:
    """Yield method and path of every route, those of included routers too."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes_of(inner.routes)
        else:
            yield from ((method, route.path) for method in route.methods - {"HEAD"})


def each(routes: list[tuple[str, str]], usual: object, *others: object) -> list[tuple[str, str, object]]:
    """Pair every route with what is usually wrong, and the last one with all else that may be."""
    return [(*route, usual) for route in routes] + [(*routes[-1], one) for one in others]


def asked(client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
    """Ask for a route with what it needs, and with what else is given."""
    url = path.format(task=TASK, target=TARGET)
    body = {"json": BODIES.get(path, {})} if method == "POST" and not {"content", "json"} & more.keys() else {}
    return client.request(method, url, **body, **more)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = world(str(tmp_path_factory.mktemp("gate") / "judge.db"), questions=12)
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="module")
def at(store: Store) -> Iterator[Hall]:
    with hall(chair_of(store, 12)) as found:
        yield found


@pytest.fixture(scope="module")
def bare(at: Hall) -> Iterator[httpx.Client]:
    """What sends nothing of itself."""
    with httpx.Client(base_url=at.url, trust_env=False, verify=False) as client:
        yield client


@pytest.fixture(scope="module")
def reviewer(at: Hall) -> Visitor:
    return at.person("常客")


@pytest.fixture(scope="module")
def lead(at: Hall) -> Visitor:
    return at.person("主编", "lead")


def raw(at: Hall, request: str) -> str:
    """Send bytes as they are; return the answer's head and body."""
    host, port = at.host.split(":")
    with closing(socket.create_connection((host, int(port)), timeout=10)) as line:
        line.sendall(request.replace("\n", "\r\n").encode("latin-1"))
        line.shutdown(socket.SHUT_WR)
        found = b""
        while part := line.recv(65536):
            found += part
    return found.decode()


def test_every_route_stands_in_the_table(at: Hall) -> None:
    assert sorted(routes_of(at.app.app.routes)) == ROUTES


# ── where a request comes from ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("method", "path", "host"),
    each(ROUTES, "evil.example", "evil.example:{port}", "127.0.0.1", "localhost.:{port}", "127.0.0.1:1", ""),
)
def test_a_foreign_host_is_misdirected(at: Hall, lead: Visitor, method: str, path: str, host: str) -> None:
    named = host.format(port=at.host.split(":")[1])
    answer = asked(lead.client, method, path, headers={"host": named, "origin": f"http://{named}"})
    assert (answer.status_code, answer.json()["error"][:8]) == (421, "不认识这个主机名")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "LocalHost", "[::1]"])
def test_the_names_of_this_machine_are_known_in_any_case(at: Hall, bare: httpx.Client, name: str) -> None:
    host = f"{name}:{at.host.split(':')[1]}"
    assert bare.get("/", headers={"host": host}).status_code == 200


def test_a_request_that_names_no_host_is_refused(at: Hall) -> None:
    assert raw(at, "GET / HTTP/1.0\n\n").startswith("HTTP/1.1 421 ")
    for bad in ("GET / HTTP/1.1\n\n", f"GET / HTTP/1.1\nHost: {at.host}\nHost: evil.example\n\n"):
        answer = raw(at, bad)
        assert answer.startswith("HTTP/1.1 400 ")  # no HTTP at all: the server never asks the page
        assert answer.endswith("Invalid HTTP request received.")


@pytest.mark.parametrize(
    ("method", "path", "origin"),
    [
        *each(WRITES, "http://evil.example", "null", "", "http://{host}.evil.example", "http://127.0.0.1:1", "{host}"),
        *each(WRITES, None),
    ],
)
def test_a_write_from_another_origin_is_refused(
    at: Hall, bare: httpx.Client, lead: Visitor, method: str, path: str, origin: str | None
) -> None:
    headers = {"cookie": lead.cookie, "x-csrf": lead.client.headers["x-csrf"]}
    answer = asked(
        bare, method, path, headers=headers | ({} if origin is None else {"origin": origin.format(host=at.host)})
    )
    assert (answer.status_code, answer.json()) == (403, {"error": "这个请求不是从审阅页发出的", "fix": ""})


@pytest.mark.parametrize(
    ("method", "path", "word"), each(sorted(set(WRITES) - OPEN), "0" * 32, None, "", "别人的", "another's")
)
def test_a_write_without_the_word_of_the_page_is_refused(
    at: Hall, bare: httpx.Client, lead: Visitor, reviewer: Visitor, method: str, path: str, word: str | None
) -> None:
    given = reviewer.client.headers["x-csrf"] if word == "another's" else word
    headers = {"cookie": lead.cookie, "origin": at.url} | ({} if given is None else {"x-csrf": given.encode()})
    answer = asked(bare, method, path, headers=headers)
    assert (answer.status_code, answer.json()) == (403, {"error": "这个请求不是从审阅页发出的：刷新页面", "fix": ""})


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    each(WRITES, "text/plain", None, "application/x-www-form-urlencoded", "multipart/form-data", "application/json5"),
)
def test_a_write_that_is_not_json_is_refused(lead: Visitor, method: str, path: str, kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}
    answer = asked(lead.client, method, path, content=json.dumps(BODIES.get(path, {})), headers=headers)
    assert (answer.status_code, answer.json()) == (415, {"error": "只收 JSON", "fix": ""})


@pytest.mark.parametrize(("method", "path", "parts"), each(WRITES, (LARGEST + 1,), (40_000, 40_000), (LARGEST,) * 40))
@pytest.mark.parametrize("counted", [True, False])
def test_a_body_beyond_64_kib_is_refused_with_a_length_and_without(
    lead: Visitor, method: str, path: str, parts: tuple[int, ...], counted: bool
) -> None:
    pieces = [b" " * size for size in parts]
    content = b"".join(pieces) if counted else iter(pieces)
    answer = asked(lead.client, method, path, content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()) == (413, {"error": "请求太大", "fix": ""})


def test_a_body_of_64_kib_goes_through(lead: Visitor) -> None:
    sent = json.dumps({"holding": []}).ljust(LARGEST)
    assert lead.client.post("/api/next", content=sent, headers={"content-type": "application/json"}).status_code == 200


# ── who comes in ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("method", "path", "cookie"), each(sorted(EVERYONE | LEADS), "A" * 43, "", None))
def test_nothing_but_the_page_is_given_to_who_did_not_enter(
    at: Hall, bare: httpx.Client, method: str, path: str, cookie: str | None
) -> None:
    sent = {} if cookie is None else {"cookie": f"judge_review_{at.host.split(':')[1]}={cookie}"}
    answer = asked(bare, method, path, headers={"origin": at.url, "x-csrf": "0" * 32, **sent})
    assert answer.status_code == 401
    assert answer.json() == {"error": "还没有进入，或链接已被撤销：用发给你的链接打开", "fix": ""}


@pytest.mark.parametrize(("method", "path"), sorted(LEADS))
def test_what_leads_do_is_refused_to_reviewers(reviewer: Visitor, method: str, path: str) -> None:
    answer = asked(reviewer.client, method, path)
    assert (answer.status_code, answer.json()) == (403, {"error": "这一页只给负责人看", "fix": ""})


@pytest.mark.parametrize(("method", "path"), sorted(EVERYONE | LEADS))
def test_a_lead_gets_through_everywhere(lead: Visitor, method: str, path: str) -> None:
    assert asked(lead.client, method, path).status_code in (200, 404, 409)


@pytest.mark.parametrize("token", ["A" * 22, "-_" * 11])
def test_an_unknown_link_lets_nobody_in(at: Hall, token: str) -> None:
    answer = at.client().post("/api/enter", json={"token": token})
    assert (answer.status_code, answer.headers.get("set-cookie")) == (401, None)


def test_a_link_works_once_and_ends_what_the_same_person_had_open(at: Hall) -> None:
    first = at.person("两处")
    token = at.store.invite("两处", "reviewer")
    second = Visitor(at.client(), "两处").enter(token)
    assert first.client.get("/api/me").status_code == 401
    assert second.get("/api/me")["name"] == "两处"
    assert at.client().post("/api/enter", json={"token": token}).status_code == 401


def test_a_new_link_takes_the_place_of_an_unused_one(at: Hall) -> None:
    old, new = (at.store.invite("丢了链接的", "reviewer") for _ in range(2))
    assert [at.client().post("/api/enter", json={"token": token}).status_code for token in (old, new)] == [401, 200]


def test_whoever_is_revoked_is_out_at_once_with_link_and_session(at: Hall, lead: Visitor) -> None:
    gone = at.person("走了的")
    unused = at.store.invite("走了的", "reviewer")
    assert lead.post("/api/revoke", name="走了的") == {"done": True}
    assert gone.client.get("/api/me").status_code == 401
    assert at.client().post("/api/enter", json={"token": unused}).status_code == 401
    again = lead.post("/api/invite", name="走了的")["token"]
    assert Visitor(at.client(), "走了的").enter(again).get("/api/me")["role"] == "reviewer"


def test_of_two_who_use_a_link_at_the_same_moment_one_gets_in(at: Hall) -> None:
    for _ in range(8):
        token, start, statuses = at.store.invite("同时", "reviewer"), threading.Barrier(4), []

        def enter(client: httpx.Client, token: str = token, start: threading.Barrier = start) -> None:
            start.wait()
            statuses.append(client.post("/api/enter", json={"token": token}).status_code)  # noqa: B023

        threads = [threading.Thread(target=enter, args=(at.client(),)) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(statuses) == [200, 401, 401, 401]


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(at: Hall) -> None:
    answer = at.client().post("/api/enter", json={"token": at.store.invite("饼干", "reviewer")})
    name, *attributes = [one.strip() for one in answer.headers["set-cookie"].split(";")]
    assert name.startswith(f"judge_review_{at.host.split(':')[1]}=")
    assert {one.lower() for one in attributes} == {"httponly", "samesite=strict", "path=/", f"max-age={30 * 86400}"}
    assert len(name.partition("=")[2]) == 43  # 256 bits


def test_tokens_sessions_and_words_stand_nowhere_in_the_store(at: Hall) -> None:
    token = at.store.invite("留痕", "reviewer")
    mine = Visitor(at.client(), "留痕").enter(token)
    unused = at.store.invite("留痕", "reviewer")
    session = next(iter(mine.client.cookies.values()))
    secrets = [token, unused, session, mine.client.headers["x-csrf"]]
    path = Path(at.store.where)
    kept = everything(at.store).encode() + path.read_bytes() + Path(f"{path}-wal").read_bytes()
    assert "留痕".encode() in kept
    assert not [one for one in secrets if one.encode() in kept]


# ── how often ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_tries_too_often_to_get_in_waits_whatever_address_is_claimed(store: Store) -> None:
    with hall(chair_of(store, 12), replace(FAST, knocks=0, knocks_at_once=3)) as at:
        for _ in range(6):
            at.person("进来的")  # who has a link is not counted
        client = at.client()
        statuses = [
            client.post(
                "/api/enter",
                json={"token": "A" * 22},
                headers={"x-forwarded-for": f"10.0.0.{number}", "cookie": f"a={number}"},
            ).status_code
            for number in range(5)
        ]
        assert statuses == [401, 401, 401, 429, 429]
        answer = client.post("/api/enter", json={"token": at.store.invite("晚了的", "reviewer")})
        assert (answer.status_code, answer.json()["error"]) == (429, "试得太频繁，过一分钟再来")
        assert answer.headers["retry-after"] == "5"


def test_who_asks_too_often_waits_and_nobody_else_does(store: Store) -> None:
    with hall(chair_of(store, 12), replace(FAST, requests=0, burst=6)) as at:
        hasty, calm = at.person("快手"), at.person("慢手")
        assert [hasty.client.get("/api/me").status_code for _ in range(6)] == [200] * 5 + [429]
        assert calm.client.get("/api/me").status_code == 200


def test_usual_rates_leave_room_for_the_page_and_none_for_guessing() -> None:
    usual = Rates()
    assert (usual.requests, usual.burst) == (40, 200)
    assert (usual.knocks, usual.knocks_at_once) == (0.5, 20)


# ── what leaves ───────────────────────────────────────────────────────────────────────────────────────────────────────


def carries(answer: httpx.Response) -> None:
    """Fail unless an answer has every header of safety once, as it must be, and none that is not known."""
    found = answer.headers.multi_items()
    assert {name: value for name, value in found if name in HEADERS} == HEADERS
    assert len([name for name, _ in found if name in HEADERS]) == len(HEADERS)
    assert {name for name, _ in found} <= {*HEADERS, *USUAL}


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_answer_carries_the_headers(
    bare: httpx.Client, lead: Visitor, reviewer: Visitor, method: str, path: str
) -> None:
    answers = [asked(one, method, path) for one in (lead.client, reviewer.client, bare)]
    answers += [
        asked(lead.client, method, path, headers={"host": "evil.example"}),
        asked(lead.client, method, path, headers={"origin": "http://evil.example"}),
        asked(lead.client, method, path, content=b"{", headers={"content-type": "application/json"}),
        asked(lead.client, method, path, content=b"", headers={"content-type": "text/plain"}),
        asked(lead.client, method, path, content=b" " * (LARGEST + 1), headers={"content-type": "application/json"}),
        lead.client.request("PUT", path),
        lead.client.request(method, f"{path.rstrip('/')}/nothing/there", json={}),
    ]
    for answer in answers:
        carries(answer)
    assert {421, 405, 404} <= {one.status_code for one in answers}


@pytest.mark.parametrize(
    ("path", "method"),
    [(path, method) for path in sorted({path for _, path in ROUTES}) for method in ("PUT", "DELETE", "TRACE")]
    + [("/api/vote", method) for method in ("PATCH", "OPTIONS", "HEAD", "PROPFIND")],
)
def test_other_methods_are_refused(lead: Visitor, path: str, method: str) -> None:
    answer = asked(lead.client, method, path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) <= {"GET", "POST"}
    carries(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/docs",
        "/redoc",
        "/openapi.json",
        "/review.html.j2",
        "/api",
        "/api/",
        "/api/me/",
        "/..%2fjudge.db",
        "/favicon.ico",
    ],
)
def test_nothing_else_is_served(lead: Visitor, path: str) -> None:
    answer = lead.client.get(path)
    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found", "fix": ""})


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "null",
        '{"task": NaN}',
        '{"task": "\\ud800"}',
        '{"a<script>": 1}',
        '{"task": 1e400}',
        '{"seconds": -1}',
        "{" * 30_000,
    ],
)
@pytest.mark.parametrize("path", ["/api/vote", "/api/next", "/api/rule", "/api/invite"])
def test_what_does_not_fit_is_named_and_not_sent_back(lead: Visitor, path: str, content: str) -> None:
    answer = lead.client.post(path, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "fix"}
    assert not [one for one in ("script", "ud800", "\\u", "NaN", "pydantic") if one in answer.text]


def test_a_web_socket_is_no_way_in(at: Hall) -> None:
    answer = raw(
        at,
        f"GET /api/me HTTP/1.1\nHost: {at.host}\nConnection: upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n\n",
    )
    assert answer.startswith("HTTP/1.1 401 ")


def test_an_answer_does_not_wait_for_the_one_before_to_be_acknowledged() -> None:
    with listening("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP  # by which asyncio knows that it may turn that off
