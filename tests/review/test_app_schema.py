"""Every operation answers whatever is thrown at it, as its own OpenAPI description says, with a lead's rights on a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from tests.review.hall import PLAIN, Hall, Visitor, chair_of, hall, world
from tests.review.test_app_gate import ROUTES

OPERATIONS = [one for one in ROUTES if one[1].startswith("/api/")]
# What takes something that can be wrong.
ASKING = [(method, path) for method, path in OPERATIONS if method == "POST" or "{" in path or path == "/api/browse"]
SELDOM = ("/api/enter", "/api/rule", "/api/vote")  # where what is said must fit, too
FEW = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    store = world(str(tmp_path_factory.mktemp("schema") / "judge.db"), 12)
    with hall(chair_of(store, 12, overlap=1.0, terms=PLAIN)) as found:
        for name, verdict in (("张", "left"), ("李", "tie")):
            person = found.person(name)
            for task in (person.next()[0]["task"] for _ in range(4)):
                person.vote(task, verdict)
        yield found
    store.engine.dispose()


@pytest.fixture(scope="module")
def lead(at: Hall) -> Visitor:
    return at.person("主编", "lead")


@pytest.fixture(scope="module")
def session(at: Hall, lead: Visitor) -> Iterator[requests.Session]:
    """What sends a lead's cookie, origin and word with everything."""
    with requests.Session() as made:
        made.trust_env = False
        made.headers.update({"cookie": lead.cookie, "origin": at.url, "x-csrf": lead.client.headers["x-csrf"]})
        yield made


@pytest.fixture(scope="module")
def described(at: Hall, lead: Visitor) -> Any:
    """The description of the app, with ids that are some in place of ids that could be."""
    places = at.chair.room.desk.places
    known = {
        "^[0-9a-f]{16}$": [task["task"] for task in lead.next()] + ["0" * 16],
        "^[0-9a-f]{32}$": [place.target for place in places[:4]] + [places[0].question],
    }

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            found = {name: filled(one) for name, one in value.items()}
            return found | ({"enum": known[value["pattern"]]} if value.get("pattern") in known else {})
        return [filled(one) for one in value] if isinstance(value, list) else value

    return schemathesis.openapi.from_dict(filled(at.app.app.openapi()))


def test_the_description_names_every_route_of_the_api(described: Any) -> None:
    found = [(one.ok().method.upper(), one.ok().path) for one in described.get_all_operations()]
    assert sorted(found) == OPERATIONS


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [(*one, GenerationMode.POSITIVE) for one in OPERATIONS] + [(*one, GenerationMode.NEGATIVE) for one in ASKING],
)
def test_an_operation_answers_as_it_is_described(
    at: Hall, session: requests.Session, described: Any, method: str, path: str, mode: GenerationMode
) -> None:
    operation = described[path][method]
    statuses = set()

    @FEW
    @given(operation.as_strategy(mode))
    def holds(case: Any) -> None:
        statuses.add(case.call_and_validate(base_url=at.url, session=session).status_code)

    holds()
    assert statuses <= {200, 400, 401, 404, 409, 422}
    assert 200 in statuses or mode is GenerationMode.NEGATIVE or path in SELDOM
