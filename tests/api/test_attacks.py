"""What somebody might try against the interface, each tried once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from falcon import testing

from engine import logins, users
from engine.logins import Logins
from engine.process_engine import ProcessEngine
from tests.api.desk import FILES, PASSWORD, Person

OUTSIDE = (
    "../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/marque.key",
    "/etc/passwd",
    "..\\keys.db",
)


def log_in(client: testing.TestClient, **more: Any) -> testing.Result:
    return client.simulate_post("/api/session", json={"username": "csr", "password": PASSWORD}, **more)


def test_a_session_that_somebody_else_chose_is_not_taken(client: testing.TestClient) -> None:
    planted = {"marque_session": "chosen-by-somebody-else"}

    opened = log_in(client, cookies=planted)

    assert opened.cookies["marque_session"].value != planted["marque_session"]
    assert client.simulate_get("/api/session", cookies=planted).status_code == 401


def test_each_log_in_is_a_session_of_its_own(client: testing.TestClient) -> None:
    first, second = log_in(client), log_in(client)

    tokens = {one.cookies["marque_session"].value for one in (first, second)}
    assert len(tokens) == 2
    assert first.json["csrfToken"] != second.json["csrfToken"]


def test_a_cookie_that_was_copied_ends_with_the_log_out(client: testing.TestClient) -> None:
    opened = log_in(client)
    copied = {"marque_session": opened.cookies["marque_session"].value}
    token = {"X-CSRF-Token": opened.json["csrfToken"]}
    assert client.simulate_delete("/api/session", cookies=copied, headers=token).status_code == 204

    assert client.simulate_get("/engine-rest/task", cookies=copied).status_code == 401
    assert client.simulate_post("/api/start", json={}, cookies=copied, headers=token).status_code == 401


def test_the_token_of_another_session_opens_no_write(client: testing.TestClient, task_id: str) -> None:
    mine, other = log_in(client), log_in(client)
    cookies = {"marque_session": mine.cookies["marque_session"].value}
    stolen = {"X-CSRF-Token": other.json["csrfToken"]}

    assert client.simulate_post(f"/api/tasks/{task_id}/claim", cookies=cookies, headers=stolen).status_code == 403


@pytest.mark.parametrize("name", ["csr", "nobody", "gone", "no id at all"])
def test_a_refused_password_costs_one_check_whoever_it_is(
    client: testing.TestClient, engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from engine.context import SYSTEM_ACTOR

    engine.run(SYSTEM_ACTOR, users.create, "gone", name="gone", roles=["CSR"], password=PASSWORD)
    engine.run(SYSTEM_ACTOR, users.set_active, "gone", active=False)
    checks: list[str] = []
    real = users.is_hash_of

    def counted(stored: str, tried: bytes) -> bool:
        checks.append(stored[:9])
        return real(stored, tried)

    monkeypatch.setattr(users, "is_hash_of", counted)

    refused = client.simulate_post("/api/session", json={"username": name, "password": "wrong-password"})

    assert refused.status_code == 401
    assert checks == ["$argon2id"]


def test_the_password_of_nobody_is_hashed_as_dearly_as_any(engine: ProcessEngine) -> None:
    def cost(hashed: str) -> str:
        return hashed.split("$")[3]

    assert cost(Logins(engine)._nobody) == cost(logins.hasher.hash(PASSWORD)) != ""


@pytest.mark.parametrize("outside", OUTSIDE)
def test_no_address_of_a_file_leads_outside(csr: Person, task_id: str, outside: str) -> None:
    for path in (f"/api/attachments/{outside}", f"/engine-rest/deployment/{outside}/resources/{outside}/data"):
        answer = csr.get(path)
        assert answer.status_code in {400, 404, 405, 503}, path
        assert "root:" not in answer.text


@pytest.mark.parametrize("name", ["../../evil.bpmn", "/tmp/evil.bpmn", "..\\evil.bpmn"])
def test_the_name_of_a_deployed_file_is_a_name_and_no_path(owner: Person, tmp_path: Path, name: str) -> None:
    made = owner.deploy({name: FILES["calls.bpmn"]})

    assert made.status_code in {200, 400}
    assert not Path("/tmp/evil.bpmn").exists()
    assert not list(tmp_path.rglob("evil.bpmn"))
    if made.status_code == 200:
        (file,) = owner.get(f"/engine-rest/deployment/{made.json['id']}/resources").json
        got = owner.get(f"/engine-rest/deployment/{made.json['id']}/resources/{file['id']}/data")
        said = got.headers["Content-Disposition"].partition("filename=")[2]
        assert "/" not in said
        assert "\\" not in said


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "abcdefgh\nSet-Cookie: a=b", "x" * 100, "<script>alert(1)"])
def test_no_header_of_an_answer_is_written_by_the_asker(client: testing.TestClient, value: str) -> None:
    answer = client.simulate_get("/healthz", headers={"X-Request-Id": value})

    assert answer.headers["X-Request-Id"] != value
    assert "X-Evil" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_a_file_name_writes_no_header(owner: Person) -> None:
    made = owner.deploy({'calls.bpmn%0d%0aX-Evil: 1"; x="': FILES["calls.bpmn"]})
    if made.status_code != 200:
        assert made.status_code == 400
        return
    (file,) = owner.get(f"/engine-rest/deployment/{made.json['id']}/resources").json
    got = owner.get(f"/engine-rest/deployment/{made.json['id']}/resources/{file['id']}/data")
    assert "X-Evil" not in got.headers
    assert "\r" not in got.headers["Content-Disposition"]
