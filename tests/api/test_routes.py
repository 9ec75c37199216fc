"""Whatever is sent to whatever route: an answer in the one shape, and never a bug of ours."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from falcon import testing

from api.app import own_routes, rest_routes
from api.routing import Parts
from engine.process_engine import ProcessEngine
from tests.api.desk import Person

HOSTILE: tuple[Any, ...] = (
    None,
    b"",
    b"\xff\xfe",
    b"[1]",
    b'{"a": NaN}',
    {},
    {"variables": []},
    {"variables": {"x": 1}, "businessKey": 5, "userId": [1], "name": {}, "retries": True},
    {"variables": {"": {"value": "x"}}, "data": {"": 1}, "processKey": "calls"},
    {"data": [1], "processKey": {}, "messageName": "", "suspended": "maybe", "now": 5},
    {"data": {"caller": {"a": ["b"]}, "amount": "1e9999"}, "processKey": "calls"},
    {"sorting": "x", "maxResults": 10**30, "firstResult": -1, "variables": "a_has_b"},
    {"processInstanceId": {"a": 1}, "processInstanceIds": [1, None], "dueBefore": "2026"},
    {"messageName": "x" * 300, "correlationKeys": {"a": {"value": 1e308}}, "all": "x"},
    {"name": "signal", "variables": {"x" * 300: {"value": "y"}}},
    {"username": "x" * 5000, "password": "y" * 5000},
)
QUERIES = ("", "a=1", "firstResult=x&maxResults=-5", "sortBy=&sortOrder=up", "view=x&due=y", "variables=a&key=%FF")
NO_BUG = 500


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """PostgreSQL refuses what SQLite keeps: long names, U+0000, large integers."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(autouse=True)
def no_rate_limit(engine: ProcessEngine) -> None:
    """What is refused unread proves nothing."""
    engine.settings = replace(engine.settings, requests_per_second=1_000_000)


@pytest.fixture
def routes(engine: ProcessEngine, client: testing.TestClient) -> list[tuple[str, str]]:
    """All (method, path) with an id that does not exist in each place for one."""
    parts = Parts.of(engine, run_jobs=False)
    found = []
    for prefix, known in (("/engine-rest", rest_routes(parts)), ("", own_routes(parts))):
        for path, resource, suffix in known:
            for method in ("get", "post", "put", "delete"):
                if hasattr(resource, f"on_{method}" + (f"_{suffix}" if suffix else "")):
                    found.append((method.upper(), prefix + path))
    assert len(found) > 100
    return found


def test_nothing_that_is_sent_makes_the_interface_stumble(
    routes: list[tuple[str, str]], task_id: str, calls: str, csr: Person, admin: Person
) -> None:
    instance_id = csr.get(f"/engine-rest/task/{task_id}").json["processInstanceId"]
    ids = {"task_id": task_id, "instance_id": instance_id, "definition_id": calls, "key": "calls", "name": "subject"}
    for number, (method, path) in enumerate(routes):
        for known in (ids, {}):
            address = path
            for part in [one.split("}")[0] for one in path.split("{")[1:]]:
                address = address.replace("{" + part + "}", known.get(part, "01a2%27%22%3B--"))
            if method == "GET":
                asked = [(query, None) for query in QUERIES]
            elif method == "DELETE" and known:
                continue
            else:
                asked = [("", body) for body in HOSTILE]
            for query, body in asked:
                answer = admin.send(method, address, body, query_string=query)
                sent = (number, method, address, query, body)
                assert answer.status_code < NO_BUG, (sent, answer.text)
                if answer.status_code >= 400:
                    assert {"type", "message", "code"} <= set(json.loads(answer.text)), sent
    assert admin.get("/api/audit/verify").json["intact"]
