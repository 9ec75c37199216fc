"""Logging in, staying logged in, and what a browser must not be talked into."""

from __future__ import annotations

from typing import Any

import pytest
from falcon import testing

from tests.api.desk import PASSWORD, Person, basic


def _log_in(client: testing.TestClient, name: str = "csr", **headers: str) -> testing.Result:
    return client.simulate_post("/api/session", json={"username": name, "password": PASSWORD}, headers=headers)


def _cookie(answer: testing.Result) -> dict[str, Any]:
    return {"marque_session": answer.cookies["marque_session"].value}


def test_a_session_opens_lasts_and_ends(client: testing.TestClient, calls: str) -> None:
    opened = _log_in(client)
    assert opened.status_code == 200
    assert opened.json["user"]["roles"][0] == {"code": "CSR", "zh": "客服专员", "en": "Customer-service agent"}
    cookie = opened.cookies["marque_session"]
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Strict", "/")
    cookies = _cookie(opened)
    assert client.simulate_get("/api/session", cookies=cookies).json["csrfToken"] == opened.json["csrfToken"]
    assert client.simulate_get("/api/tasks", cookies=cookies).status_code == 200
    token = {"X-CSRF-Token": opened.json["csrfToken"]}
    assert client.simulate_delete("/api/session", cookies=cookies, headers=token).status_code == 204
    assert client.simulate_get("/api/tasks", cookies=cookies).status_code == 401


def test_a_wrong_password_and_an_unknown_user_look_the_same(client: testing.TestClient, calls: str) -> None:
    answers = [
        client.simulate_post("/api/session", json={"username": name, "password": "wrong-password"})
        for name in ("csr", "nobody")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json == answers[1].json


@pytest.mark.parametrize("path", ["/engine-rest/task", "/engine-rest/version", "/api/tasks", "/api/audit/verify"])
def test_without_a_log_in_there_is_nothing(client: testing.TestClient, path: str) -> None:
    answer = client.simulate_get(path)
    assert (answer.status_code, answer.json["type"]) == (401, "AuthenticationException")
    # Basic would make the browser ask for a password on top of the pages' own form.
    scheme = answer.headers["WWW-Authenticate"].split()[0]
    assert scheme == ("Basic" if path.startswith("/engine-rest") else "Session")


@pytest.mark.parametrize("header", ["Basic x", "Basic !!!", "Bearer abc", basic("csr", "wrong-password"), ""])
def test_credentials_that_are_none_are_refused(client: testing.TestClient, calls: str, header: str) -> None:
    assert client.simulate_get("/engine-rest/task", headers={"Authorization": header}).status_code == 401


def test_writing_with_a_cookie_needs_the_token_of_the_session(client: testing.TestClient, task_id: str) -> None:
    opened = _log_in(client)
    cookies, path = _cookie(opened), f"/api/tasks/{task_id}/claim"
    assert client.simulate_post(path, cookies=cookies).status_code == 403
    assert client.simulate_post(path, cookies=cookies, headers={"X-CSRF-Token": "wrong"}).status_code == 403
    token = {"X-CSRF-Token": opened.json["csrfToken"]}
    assert client.simulate_post(path, cookies=cookies, headers=token).status_code == 200
    assert client.simulate_delete("/api/session", cookies=cookies).status_code == 403


def test_another_site_makes_a_browser_write_nothing(client: testing.TestClient, task_id: str, csr: Person) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        assert csr.post(f"/api/tasks/{task_id}/claim", headers=headers).status_code == 403, headers
        assert _log_in(client, **headers).status_code == 403, headers
    own = {"Origin": "http://falconframework.org"}
    assert csr.post(f"/api/tasks/{task_id}/claim", headers=own).status_code == 200


def test_a_log_in_is_json_so_that_no_foreign_form_can_send_it(client: testing.TestClient, calls: str) -> None:
    answer = client.simulate_post("/api/session", body="username=csr", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


def test_every_answer_carries_the_strict_headers(client: testing.TestClient, csr: Person, calls: str) -> None:
    for answer in (csr.get("/engine-rest/task"), client.simulate_get("/api/tasks"), client.simulate_get("/healthz")):
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Request-Id"]
    assert csr.get("/engine-rest/task").headers["Cache-Control"] == "no-store"


def test_the_access_line_has_ids_and_no_values(csr: Person, calls: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="marque.access"):
        csr.get("/engine-rest/task?processInstanceBusinessKey=13800001234")
    (line,) = [record for record in caplog.records if record.name == "marque.access"]
    assert (line.actor, line.status, line.path) == ("csr", 200, "/engine-rest/task")  # type: ignore[attr-defined]
    assert "13800001234" not in str(vars(line))


def test_what_is_too_large_is_refused(csr: Person, calls: str) -> None:
    refused = csr.post("/engine-rest/message", {"messageName": "x" * (4 * 1024 * 1024)})
    assert refused.status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/engine-rest/task", b"{", 400),
        ("POST", "/engine-rest/task", b"[]", 400),
        ("POST", "/engine-rest/message", b'{"messageName": "a\\u0000b"}', 400),
        ("DELETE", "/engine-rest/task", None, 405),
        ("GET", "/engine-rest/nonsense", None, 404),
        ("GET", "/api/nonsense", None, 404),
        ("GET", "/engine-rest/task?name=%00", None, 400),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_one_shape(
    csr: Person, calls: str, method: str, path: str, body: bytes | None, status: int
) -> None:
    answer = csr.send(method, path, body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert {"type", "message", "code"} <= set(answer.json)
    assert answer.headers["Content-Type"] == "application/json"


def test_identity_and_profile_tell_what_clients_ask(csr: Person, calls: str) -> None:
    good = {"username": "css", "password": PASSWORD}
    assert csr.post("/engine-rest/identity/verify", good).json == {"authenticatedUser": "css", "authenticated": True}
    bad = {"username": "css", "password": "wrong-password"}
    assert csr.post("/engine-rest/identity/verify", bad).json["authenticated"] is False
    assert csr.get("/engine-rest/user/csr/profile").json["id"] == "csr"
    assert csr.get("/engine-rest/user/css/profile").status_code == 403
    assert csr.get("/engine-rest/identity/groups?userId=csr").json["groups"] == [{"id": "CSR", "name": "客服专员"}]
    assert csr.get("/engine-rest/engine").json == [{"name": "default"}]


@pytest.mark.parametrize("path", ["//api/clock", "//engine-rest/version", "/api/clock/", "/engine-rest//version"])
def test_no_spelling_of_a_path_leads_past_the_log_in(client: testing.TestClient, calls: str, path: str) -> None:
    answer = client.simulate_get(path)
    assert answer.status_code in {401, 404, 503}, "a page that is not built, or nothing: never the resource"
    assert "7.24" not in answer.text
    assert "2026-10-01" not in answer.text


def test_what_no_column_keeps_is_refused(csr: Person, task_id: str) -> None:
    long = "x" * 300
    for answer in (
        csr.post("/engine-rest/process-definition/key/calls/start", {"businessKey": long}),
        csr.post(f"/engine-rest/task/{task_id}/assignee", {"userId": long}),
        csr.post("/engine-rest/task", {"sorting": [{"sortBy": ["id"], "sortOrder": {}}]}),
        csr.get("/engine-rest/task/%00"),
    ):
        assert answer.status_code == 400, answer.text
