"""A new password against the old one; that of the demonstration opens nothing outside of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from falcon import testing
from sqlalchemy import select

from engine import history, models, users
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.errors import InvalidRequest
from engine.passwords import COMMONEST, DEMO_PASSWORD, PasswordRefused, require_good
from engine.process_engine import ProcessEngine
from engine.settings import Settings
from tests.api.desk import PASSWORD, Person, basic

NEW = "green hills 42"


@pytest.fixture
def real(engine: ProcessEngine, client: testing.TestClient) -> None:
    """The house works now; what was made in demo mode is still there."""
    engine.settings = replace(engine.settings, demo=False, virtual_clock=False)


def change(client: testing.TestClient, **body: Any) -> testing.Result:
    return client.simulate_post("/api/password", json={"username": "csr", "old": PASSWORD, "new": NEW, **body})


def log_in(client: testing.TestClient, password: str, name: str = "csr") -> testing.Result:
    return client.simulate_post("/api/session", json={"username": name, "password": password})


def cookies(opened: testing.Result) -> dict[str, Any]:
    return {"marque_session": opened.cookies["marque_session"].value}


def test_the_new_password_opens_and_the_old_one_does_not(client: testing.TestClient) -> None:
    answer = change(client)

    assert (answer.status_code, answer.text) == (204, "")
    assert log_in(client, NEW).status_code == 200
    assert log_in(client, PASSWORD).status_code == 401


def test_the_other_sessions_end_and_the_own_one_goes_on(client: testing.TestClient) -> None:
    mine, other = cookies(log_in(client, PASSWORD)), cookies(log_in(client, PASSWORD))
    stranger = cookies(log_in(client, PASSWORD, "css"))

    changed = client.simulate_post("/api/password", json={"old": PASSWORD, "new": NEW}, cookies=mine)

    assert changed.status_code == 204, changed.text
    assert [client.simulate_get("/api/session", cookies=one).status_code for one in (mine, other, stranger)] == [
        200,
        401,
        200,
    ]


def test_the_history_says_who_changed_it_and_no_password(client: testing.TestClient, engine: ProcessEngine) -> None:
    change(client)

    def events(ctx: CommandContext) -> list[bytes]:
        table = models.history_event
        query = select(table.c.body).where(table.c.chain_id == history.ADMIN_CHAIN).order_by(table.c.seq)
        return list(ctx.connection.execute(query).scalars())

    last = engine.read(SYSTEM_ACTOR, events)[-1]
    event = json.loads(last)
    assert (event["kind"], event["actor"], event["user"]) == ("passwordChanged", "csr", "csr")
    assert NEW.encode() not in last
    assert b"argon2" not in last


@pytest.mark.parametrize("body", [{"old": "wrong-password"}, {"username": "nobody"}, {"username": "no id at all"}])
def test_without_the_old_password_nothing_changes(client: testing.TestClient, body: dict[str, Any]) -> None:
    refused = change(client, **body)

    assert (refused.status_code, refused.json["message"]) == (401, "the user name or the password is wrong")
    assert log_in(client, PASSWORD).status_code == 200


def test_tried_passwords_lock_the_account_here_as_at_the_log_in(client: testing.TestClient) -> None:
    for _ in range(10):
        change(client, old="wrong-password")

    assert change(client).status_code == 401
    assert log_in(client, PASSWORD).status_code == 401


def test_tries_count_against_the_bound_of_log_ins(engine: ProcessEngine, csr: Person) -> None:
    from api.app import create_app

    engine.settings = replace(engine.settings, log_ins_per_minute=3)
    client = testing.TestClient(create_app(engine, run_jobs=False))

    statuses = [change(client, old="wrong-password", username=name).status_code for name in ("a", "b", "c", "d")]

    assert statuses == [401, 401, 401, 429]


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_site_changes_no_password(client: testing.TestClient, headers: dict[str, str]) -> None:
    body = {"username": "csr", "old": PASSWORD, "new": NEW}

    assert client.simulate_post("/api/password", json=body, headers=headers).status_code == 403
    assert client.simulate_post("/api/password", body=json.dumps(body)).status_code == 415


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("short", "length"),
        ("x" * 201, "length"),
        ("aaaaaaaaaabb", "repetition"),
        ("Password123", "common"),
        ("qwertyuiop", "common"),
        (PASSWORD, "same"),
    ],
)
def test_what_is_tried_first_is_no_password(client: testing.TestClient, new: str, reason: str) -> None:
    refused = change(client, new=new)

    assert (refused.status_code, refused.json["reason"]) == (400, reason)
    assert refused.json["message"] == refused.json["said"]["en"]
    assert new not in refused.text
    assert log_in(client, PASSWORD).status_code == 200


def test_the_own_id_is_no_password(engine: ProcessEngine) -> None:
    for password in ("wang.xiaoming", "Wang.Xiaoming"):
        with pytest.raises(InvalidRequest, match="id of its user"):
            engine.run(SYSTEM_ACTOR, users.create, "wang.xiaoming", name="w", roles=["CSR"], password=password)


def test_the_list_of_the_commonest_holds_what_the_other_rules_let_pass() -> None:
    reasons = []
    for one in COMMONEST:
        with pytest.raises(PasswordRefused) as refused:
            require_good("wang", one, demo=False)
        reasons.append(refused.value.reason)

    assert set(reasons) == {"common"}


def test_a_refusal_is_said_in_the_language_of_the_reader(client: testing.TestClient) -> None:
    body = {"username": "csr", "old": PASSWORD, "new": "short"}

    refused = client.simulate_post("/api/password", json=body, headers={"Accept-Language": "zh-CN"})

    assert refused.json["message"] == refused.json["said"]["zh"] == "密码须有 10 至 200 个字符"


def test_a_change_does_not_undo_what_an_administrator_set_meanwhile(
    engine: ProcessEngine, client: testing.TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hash_of = users.hash_of

    def reset_meanwhile(settings: Settings, user_id: str, password: str) -> str:
        monkeypatch.setattr(users, "hash_of", hash_of)
        engine.run(SYSTEM_ACTOR, users.set_password, "csr", "set by the house")
        return hash_of(settings, user_id, password)

    monkeypatch.setattr(users, "hash_of", reset_meanwhile)

    assert change(client).status_code == 401
    assert log_in(client, NEW).status_code == 401
    assert log_in(client, "set by the house").status_code == 200


# ------------------------------------------------------------ outside demo mode


def test_the_password_of_the_demonstration_opens_nothing_outside_of_it(
    client: testing.TestClient, csr: Person, real: None
) -> None:
    refused = log_in(client, DEMO_PASSWORD)
    assert (refused.status_code, refused.json["type"]) == (401, "AuthenticationException")
    assert refused.json["reason"] == "public"
    assert "change it first" in refused.json["message"]
    assert csr.get("/engine-rest/version").status_code == 401
    assert change(client).status_code == 204

    assert log_in(client, NEW).status_code == 200
    known = {"Authorization": basic("csr", NEW)}
    assert client.simulate_get("/engine-rest/version", headers=known).status_code == 200


def test_what_was_remembered_in_demo_mode_is_forgotten_outside_of_it(csr: Person, engine: ProcessEngine) -> None:
    assert csr.get("/engine-rest/version").status_code == 200

    engine.settings = replace(engine.settings, demo=False, virtual_clock=False)

    assert csr.get("/engine-rest/version").status_code == 401


def test_a_wrong_password_does_not_tell_who_has_that_of_the_demonstration(
    client: testing.TestClient, real: None
) -> None:
    assert log_in(client, "wrong-password").json == log_in(client, "wrong-password", "nobody").json
    assert "reason" not in log_in(client, DEMO_PASSWORD, "nobody").json


def test_nobody_gets_the_password_of_the_demonstration_outside_of_it(engine: ProcessEngine, real: None) -> None:
    with pytest.raises(InvalidRequest, match="public"):
        engine.run(SYSTEM_ACTOR, users.create, "wang", name="w", roles=["CSR"], password=DEMO_PASSWORD)
    with pytest.raises(InvalidRequest, match="public"):
        engine.run(SYSTEM_ACTOR, users.set_password, "csr", DEMO_PASSWORD)


def test_who_still_has_the_password_of_the_demonstration_is_known(engine: ProcessEngine) -> None:
    engine.run(SYSTEM_ACTOR, users.create, "wang", name="w", roles=["CSR"], password=NEW)
    made = engine.run(SYSTEM_ACTOR, users.create_demo_users)
    assert engine.read(SYSTEM_ACTOR, users.with_public_password) == sorted(user.id for user in made)

    engine.run(SYSTEM_ACTOR, users.set_password, "csr", NEW)
    engine.run(SYSTEM_ACTOR, users.set_active, "css", active=False)

    left = engine.read(SYSTEM_ACTOR, users.with_public_password)
    assert set(left) == {user.id for user in made} - {"csr", "css"}
