"""Programs log in with tokens; what a token may not do is refused whatever its owner may."""

from __future__ import annotations

from typing import Any

import pytest
from falcon import testing

from engine.process_engine import ProcessEngine
from tests.api.desk import Person


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def made(person: Person, **fields: Any) -> dict[str, Any]:
    answer = person.post("/api/tokens", {"name": "program", **fields})
    assert answer.status_code == 201, answer.text
    token: dict[str, Any] = answer.json
    return token


def test_a_token_does_what_its_owner_does(client: testing.TestClient, csr: Person, task_id: str) -> None:
    secret = made(csr)["token"]

    assert client.simulate_get("/engine-rest/task", headers=bearer(secret)).json[0]["id"] == task_id
    assert client.simulate_post(f"/api/tasks/{task_id}/claim", headers=bearer(secret)).json["assignee"] == "csr"


def test_a_reading_token_reads_and_writes_nothing(client: testing.TestClient, csr: Person, task_id: str) -> None:
    secret = made(csr, readOnly=True)["token"]

    for path in ("/engine-rest/task", "/engine-rest/task/count", "/engine-rest/engine/default/process-instance/count"):
        assert client.simulate_post(path, json={}, headers=bearer(secret)).status_code == 200, path
    for path in (f"/api/tasks/{task_id}/claim", f"/engine-rest/task/{task_id}/complete", "/api/start"):
        refused = client.simulate_post(path, json={}, headers=bearer(secret))
        assert (refused.status_code, refused.json["message"]) == (403, "this token may only read"), path


def test_a_token_is_shown_once_and_listed_without_its_secret(csr: Person, css: Person, admin: Person) -> None:
    token = made(csr, days=10)

    (listed,) = csr.get("/api/tokens").json
    assert listed == {name: value for name, value in token.items() if name != "token"}
    assert listed["expires"] == "2026-10-11T22:30:00.000+0800"
    assert css.get("/api/tokens?userId=csr").status_code == 403
    assert admin.get("/api/tokens?userId=csr").json == [listed]


def test_a_token_makes_no_token(client: testing.TestClient, csr: Person) -> None:
    secret = made(csr)["token"]

    assert client.simulate_post("/api/tokens", json={"name": "x"}, headers=bearer(secret)).status_code == 403


def test_an_ended_token_opens_nothing(client: testing.TestClient, csr: Person, css: Person) -> None:
    token = made(csr)
    assert css.delete(f"/api/tokens/{token['id']}").status_code == 404

    assert csr.delete(f"/api/tokens/{token['id']}").status_code == 204

    refused = client.simulate_get("/engine-rest/task", headers=bearer(token["token"]))
    assert (refused.status_code, refused.json["type"]) == (401, "AuthenticationException")


def test_the_last_use_is_shown(client: testing.TestClient, csr: Person) -> None:
    token = made(csr)
    assert token["lastUsed"] is None

    client.simulate_get("/engine-rest/task", headers=bearer(token["token"]))

    assert csr.get("/api/tokens").json[0]["lastUsed"] == "2026-10-01T22:30:00.000+0800"


@pytest.mark.parametrize("body", [{}, {"name": 5}, {"name": "x", "roles": ["ADMIN"]}, {"name": "x", "days": 1000}])
def test_a_token_that_makes_no_sense_is_refused(csr: Person, body: dict[str, Any]) -> None:
    assert csr.post("/api/tokens", body).status_code == 400


@pytest.mark.parametrize("secret", ["", "mrq_", "mrq_x", "a.b.c", "é", "x" * 5000])
def test_a_token_that_is_none_is_refused(client: testing.TestClient, engine: ProcessEngine, secret: str) -> None:
    assert client.simulate_get("/engine-rest/task", headers=bearer(secret)).status_code == 401
