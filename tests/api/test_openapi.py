"""The interface is described as it is: every route, every answer, and a page to browse it."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import falcon.asgi
import pytest
from falcon import testing
from falcon.routing.util import map_http_methods

from api.openapi import describe
from bench.schemathesis_run import fault_of, full
from tests.api.desk import Person

SAMPLE_CASES, SEED = 400, 20261001


@pytest.fixture
def document(client: testing.TestClient) -> dict[str, Any]:
    described: dict[str, Any] = client.simulate_get("/api/openapi.json").json
    return described


def test_every_route_is_described(app: falcon.asgi.App[Any, Any], document: dict[str, Any]) -> None:
    served = {_plain(node.uri_template) for node in _nodes(app._router._roots) if node.uri_template}
    own = {path for path in served if not path.startswith("/engine-rest/engine/default")}

    assert own - {"/api/openapi.json"} == set(document["paths"])
    assert len(own) > 100


def _plain(template: str) -> str:
    return re.sub(r"\{(\w+)[^}]*\}", r"{\1}", template)


def _nodes(roots: list[Any]) -> list[Any]:
    return [node for root in roots for node in (root, *_nodes(root.children))]


def test_every_operation_says_what_it_does(document: dict[str, Any]) -> None:
    """One text may stand for an operation by id and by key, or on the few nouns that share it; never for a noun."""
    paths = document["paths"].values()
    said = Counter(operation["summary"] for methods in paths for operation in methods.values())
    assert "" not in said
    assert {text: number for text, number in said.items() if number > 3} == {}


def test_methods_are_those_that_answer(document: dict[str, Any]) -> None:
    assert set(document["paths"]["/engine-rest/task"]) == {"get", "post"}
    assert set(document["paths"]["/api/session"]) == {"get", "post", "delete"}
    names = [one["name"] for one in document["paths"]["/engine-rest/task"]["get"]["parameters"]]
    assert {"assignee", "candidateGroups", "dueBefore", "firstResult"} <= set(names)


def test_a_list_alone_says_its_filters_and_its_orders(document: dict[str, Any]) -> None:
    def names(path: str) -> set[str]:
        return {one["name"] for one in document["paths"][f"/engine-rest{path}"]["get"]["parameters"]}

    assert {"topicName", "maxResults", "sortBy"} <= names("/external-task")
    assert "topicName" in names("/external-task/count")
    assert {"maxResults", "sortBy"} & names("/external-task/count") == set()
    assert names("/external-task/topic-names") == set()
    assert {"sortBy", "sortOrder"} <= names("/task")


def test_what_is_public_says_so(document: dict[str, Any]) -> None:
    assert document["paths"]["/healthz"]["get"]["security"] == []
    assert "security" not in document["paths"]["/engine-rest/task"]["get"]


def test_a_route_that_is_added_is_described_without_another_word() -> None:
    class Noun:
        """Things of a noun."""

        async def on_get_one(self, req: object, resp: object, noun_id: str) -> None:
            """One thing."""

    assert map_http_methods(Noun(), suffix="one")
    (operation,) = describe([("/api/nouns/{noun_id}", Noun(), "one")])["paths"]["/api/nouns/{noun_id}"].values()

    assert operation["summary"] == "One thing."
    assert [one["name"] for one in operation["parameters"]] == ["noun_id"]


def test_the_page_asks_no_outside_host(client: testing.TestClient) -> None:
    page = client.simulate_get("/api/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    for name in ("page.js", "page.css"):
        assert f"/api/docs/{name}" in page.text
        file = client.simulate_get(f"/api/docs/{name}")
        assert (file.status_code, "http" in file.text) == (200, False)
    assert not re.search(r"<script>|style=|onclick=|//", page.text.replace("<!doctype html>", ""))


@pytest.mark.parametrize("name", ["..%2f..%2fpyproject.toml", "../openapi.py", "index.html", "%2e%2e%2fapp.py"])
def test_the_page_hands_out_its_own_files_alone(client: testing.TestClient, name: str) -> None:
    answer = client.simulate_get(f"/api/docs/{name}")
    assert answer.status_code in {404, 503}
    assert "setuptools" not in answer.text


@pytest.mark.filterwarnings("default")
def test_whatever_is_sent_is_answered_as_described() -> None:
    result = full(SAMPLE_CASES, SEED)

    assert result.faults == {}
    assert result.cases >= SAMPLE_CASES
    assert {200, 400, 404} <= set(result.statuses)


def test_an_answer_that_is_not_as_described_would_be_found(csr: Person, task_id: str, document: dict[str, Any]) -> None:
    answer = csr.get(f"/engine-rest/task/{task_id}")
    described = document["paths"]["/engine-rest/task/{task_id}"]["get"]["responses"]
    assert fault_of(answer, described, document) is None

    document["components"]["schemas"]["Task"]["properties"]["priority"] = {"type": "string"}

    assert "priority" in str(fault_of(answer, described, document))
    assert "is not described" in str(fault_of(answer, {}, document))
