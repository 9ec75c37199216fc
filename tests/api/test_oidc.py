"""Whom the identity provider vouches for is let in; what only looks like its word is not."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from falcon import testing
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from api import oidc
from api.app import create_app
from api.oidc import provider_of, texts_of
from engine import provided_users, users
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR
from engine.errors import InvalidRequest, StaleRevision
from engine.process_engine import ProcessEngine
from engine.settings import Settings, read_settings
from tests.api.desk import PASSWORD, Person
from tests.conftest import NOW

ISSUER, AUDIENCE = "https://id.example.cn", "marque"
RSA = RSAKey.generate_key(2048, {"kid": "r1", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "e1", "use": "sig"})
STRANGER = RSAKey.generate_key(2048, {"kid": "r1", "use": "sig"})
PUBLIC = KeySet([RSA, EC]).as_dict(private=False)
TASKS = "/engine-rest/task"

Token = Callable[..., str]


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(PUBLIC))
    return path


@pytest.fixture
def settings(settings: Settings, keys: Path) -> Settings:
    return replace(
        settings,
        oidc_issuer=ISSUER,
        oidc_audience=AUDIENCE,
        oidc_jwks=str(keys),
        oidc_roles_claim="realm_access.roles",
    )


def token(key: Any = RSA, algorithm: str = "RS256", kid: str | None = "r1", **changes: Any) -> str:
    claims = {
        "iss": ISSUER,
        "aud": [AUDIENCE, "account"],
        "sub": "7f3a-wang",
        "exp": int((NOW + timedelta(minutes=5)).timestamp()),
        "iat": int(NOW.timestamp()),
        "nbf": int(NOW.timestamp()),
        "realm_access": {"roles": ["CSR", "offline_access"]},
        **changes,
    }
    given = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": kid}, given, key, algorithms=[algorithm])


def ask(client: testing.TestClient, secret: str, path: str = TASKS) -> testing.Result:
    return client.simulate_get(path, headers={"Authorization": f"Bearer {secret}"})


@pytest.mark.parametrize(("key", "algorithm", "kid"), [(RSA, "RS256", "r1"), (EC, "ES256", "e1")])
def test_whom_the_provider_vouches_for_works_with_the_texts_of_the_claim(
    client: testing.TestClient, task_id: str, key: Any, algorithm: str, kid: str
) -> None:
    secret = token(key, algorithm, kid)

    assert [one["id"] for one in ask(client, secret).json] == [task_id]
    claimed = client.simulate_post(f"/api/tasks/{task_id}/claim", headers={"Authorization": f"Bearer {secret}"})
    assert claimed.json["assignee"] == "oidc-7f3a-wang"
    assert ask(client, secret, "/api/audit/verify").status_code == 403


def part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def none_algorithm() -> str:
    header = part(json.dumps({"alg": "none", "kid": "r1"}).encode())
    return f"{header}.{token().split('.')[1]}."


def confused() -> str:
    """Signed with the public key as if it were a shared secret."""
    header = part(json.dumps({"alg": "HS256", "kid": "r1"}).encode())
    signed = f"{header}.{token().split('.')[1]}"
    return f"{signed}.{part(hmac.digest(RSA.as_pem(private=False), signed.encode(), 'sha256'))}"


def tampered() -> str:
    head, body, signature = token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["realm_access"] = {"roles": ["ADMIN"]}
    return f"{head}.{part(json.dumps(claims).encode())}.{signature}"


REFUSED: dict[str, Callable[[], str]] = {
    "wrong audience": lambda: token(aud="another"),
    "no audience": lambda: token(aud=None),
    "wrong issuer": lambda: token(iss="https://evil.example"),
    "no issuer": lambda: token(iss=None),
    "expired": lambda: token(exp=int((NOW - timedelta(minutes=2)).timestamp())),
    "no end": lambda: token(exp=None),
    "not yet": lambda: token(nbf=int((NOW + timedelta(minutes=5)).timestamp())),
    "issued at no instant": lambda: token(iat=None),
    "issued in the future": lambda: token(iat=int((NOW + timedelta(minutes=5)).timestamp())),
    "issued before time": lambda: token(iat=-5),
    "issued at a number that is none": lambda: token(iat=float("nan")),
    "no subject": lambda: token(sub=None),
    "a subject that is none": lambda: token(sub="../admin"),
    "a number as subject": lambda: token(sub=5),
    "none algorithm": none_algorithm,
    "key confusion": confused,
    "another key of the same name": lambda: token(STRANGER),
    "an algorithm that is not pinned": lambda: token(RSA, "PS256"),
    "the key of another kind": lambda: token(RSA, "RS256", "e1"),
    "an unknown key": lambda: token(STRANGER, kid="r9"),
    "tampered": tampered,
    "no token": lambda: "a.b.c",
    "no header": lambda: "W10.e30.x",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_only_looks_like_a_token_is_refused(client: testing.TestClient, task_id: str, kind: str) -> None:
    answer = ask(client, REFUSED[kind]())

    assert answer.status_code == 401, kind
    assert answer.json["message"] == "the token is unknown, expired or revoked"


def test_a_provider_cannot_name_a_local_user(client: testing.TestClient, task_id: str) -> None:
    secret = token(sub="admin", realm_access={"roles": []})

    assert ask(client, secret).status_code == 403
    assert ask(client, secret, "/metrics").status_code == 403
    assert ask(client, secret, "/engine-rest/user/oidc-admin/profile").json["id"] == "oidc-admin"
    assert ask(client, secret, "/engine-rest/user/admin/profile").status_code == 403


def test_who_was_deactivated_here_stays_out(client: testing.TestClient, engine: ProcessEngine, task_id: str) -> None:
    engine.run(SYSTEM_ACTOR, users.create, "oidc-7f3a-wang", name="w", roles=["CSR"])
    assert ask(client, token()).status_code == 200

    engine.run(SYSTEM_ACTOR, users.set_active, "oidc-7f3a-wang", active=False)

    assert ask(client, token()).status_code == 401


WANG = "oidc-7f3a-wang"


def send(client: testing.TestClient, secret: str, method: str, path: str, body: Any = None) -> testing.Result:
    return client.simulate_request(method, path, json=body, headers={"Authorization": f"Bearer {secret}"})


def minutes_later(minutes: int, *roles: str) -> str:
    issued = int((NOW + timedelta(minutes=minutes)).timestamp())
    return token(iat=issued, nbf=issued, realm_access={"roles": list(roles)})


def test_people_of_the_provider_have_a_profile(client: testing.TestClient, calls: str) -> None:
    secret = token(name="王\u202e芳\u0000\n (CSR)")

    assert ask(client, secret, f"/engine-rest/user/{WANG}/profile").json["firstName"] == "王芳 (CSR)"
    groups = ask(client, secret, f"/engine-rest/identity/groups?userId={WANG}").json["groups"]
    assert [one["id"] for one in groups] == ["CSR"]


@pytest.mark.parametrize("name", [None, "", 5, "\u200b\n", "\u202e"])
def test_who_has_no_name_to_show_has_that_of_the_subject(client: testing.TestClient, calls: str, name: Any) -> None:
    assert ask(client, token(name=name), f"/engine-rest/user/{WANG}/profile").json["firstName"] == "7f3a-wang"


def test_an_api_token_of_such_a_person_has_the_roles_that_are_left(
    client: testing.TestClient, task_id: str, clock: VirtualClock
) -> None:
    early = minutes_later(0, "CSS", "CSR")
    made = send(client, early, "POST", "/api/tokens", {"name": "report", "days": 30})
    assert (made.status_code, made.json["roles"], made.json["userId"]) == (201, ["CSR", "CSS"], WANG)
    program = made.json["token"]
    assert [one["id"] for one in ask(client, program).json] == [task_id]
    refused = send(client, program, "POST", "/api/tokens", {"name": "another"})
    assert refused.status_code == 403, "a program makes none"

    clock.move_to(NOW + timedelta(minutes=2))
    assert ask(client, minutes_later(2, "TECH")).status_code == 200
    assert ask(client, program).status_code == 403, "none of its roles is left"
    assert ask(client, early).status_code == 200, "a token of the provider ends by itself"
    assert ask(client, program).status_code == 403, "and brings nothing back"
    wide = send(client, early, "POST", "/api/tokens", {"name": "wide"})
    assert wide.status_code == 400, "neither old claims nor new ones alone make a token"


def test_such_a_person_stands_in_for_a_colleague(client: testing.TestClient, task_id: str, csr: Person) -> None:
    secret = minutes_later(0, "CSS")
    csr.post(f"/api/tasks/{task_id}/claim")
    absence = {"substituteId": WANG, "from": "2026-10-01T00:00:00Z", "until": "2026-10-09T00:00:00Z"}
    assert csr.post("/api/absences", absence).status_code == 400, "nobody knows the person yet"
    assert ask(client, secret).status_code == 200

    assert csr.post("/api/absences", absence).status_code == 201

    page = ask(client, secret, "/api/tasks?view=covered").json
    assert [card["why"]["person"] for card in page["items"]] == ["csr"]
    own = {"substituteId": "csr2", "from": "2026-11-01T00:00:00Z", "until": "2026-11-09T00:00:00Z"}
    assert send(client, secret, "POST", "/api/absences", own).status_code == 201


def test_a_token_is_written_down_once_and_not_with_every_request(
    client: testing.TestClient, task_id: str, engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(client, token()).status_code == 200
    monkeypatch.setattr(engine, "run", None)

    assert ask(client, token()).status_code == 200


def test_losing_the_race_for_the_chain_shuts_nobody_out(
    client: testing.TestClient, calls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise StaleRevision("the chain administration grew meanwhile")

    with monkeypatch.context() as patched:
        patched.setattr(provided_users, "mirror", lost)
        assert ask(client, token()).status_code == 200
        assert ask(client, token(), f"/engine-rest/user/{WANG}/profile").status_code == 404
    assert ask(client, token(), f"/engine-rest/user/{WANG}/profile").status_code == 200


def test_a_log_out_of_the_pages_leaves_the_token_alone(client: testing.TestClient, task_id: str) -> None:
    opened = client.simulate_post("/api/session", json={"username": "csr", "password": PASSWORD})
    cookies = {"marque_session": opened.cookies["marque_session"].value}
    client.simulate_delete("/api/session", cookies=cookies, headers={"X-CSRF-Token": opened.json["csrfToken"]})

    assert client.simulate_get(TASKS, cookies=cookies).status_code == 401
    assert ask(client, token()).status_code == 200


def test_new_keys_are_looked_for_once_a_minute(
    client: testing.TestClient, task_id: str, keys: Path, clock: VirtualClock
) -> None:
    assert ask(client, token()).status_code == 200
    fresh = ECKey.generate_key("P-256", {"kid": "e2", "use": "sig"})
    keys.write_text(json.dumps(KeySet([EC, fresh]).as_dict(private=False)))

    assert ask(client, token(fresh, "ES256", "e2")).status_code == 401, "just looked"
    clock.move_to(NOW + timedelta(minutes=1))
    assert ask(client, token(fresh, "ES256", "e2")).status_code == 200
    assert ask(client, token()).status_code == 401, "the old key is withdrawn"


def test_a_provider_that_hangs_holds_nobody_whose_key_is_known(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = oidc.Keys(str(keys))
    known = kept.current(NOW)
    asked, answered = Event(), Event()

    def hang(_source: str) -> bytes:
        asked.set()
        assert answered.wait(30)
        return keys.read_bytes()

    monkeypatch.setattr(oidc, "_read", hang)
    monkeypatch.setattr(oidc, "UNKNOWN_SECONDS", 0.01)
    later = NOW + oidc.KEYS_FOR
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(kept.current, later)
        assert asked.wait(30)
        assert kept.current(later) is known
        assert kept.current(later, unknown=True) is known, "a made-up key waits a moment only"
        assert not asking.done()
        answered.set()
        assert asking.result(30) is not known


def test_without_a_provider_its_tokens_are_none(engine: ProcessEngine, task_id: str) -> None:
    engine.settings = replace(engine.settings, oidc_issuer="", oidc_audience="", oidc_jwks="")

    assert ask(testing.TestClient(create_app(engine, run_jobs=False)), token()).status_code == 401


def test_a_provider_is_given_whole_and_safe() -> None:
    whole = {"MARQUE_OIDC_ISSUER": ISSUER, "MARQUE_OIDC_AUDIENCE": AUDIENCE, "MARQUE_OIDC_JWKS": "https://x.cn/jwks"}
    assert provider_of(read_settings({})) is None
    found = provider_of(read_settings(whole))
    assert found is not None
    assert found.roles_claim == "roles"
    for wrong in ({"MARQUE_OIDC_ISSUER": ISSUER}, {**whole, "MARQUE_OIDC_JWKS": "http://x.cn/jwks"}):
        with pytest.raises(InvalidRequest):
            provider_of(read_settings(wrong))


@pytest.mark.parametrize(
    ("claims", "roles"),
    [
        ({"a": {"b": ["CSS", "CSR", 5]}}, ("CSR", "CSS")),
        ({"a": {"b": "CSR CSS"}}, ("CSR", "CSS")),
        ({"a": {"b": {"CSR": 1}}}, ()),
        ({"a": "CSR"}, ()),
        ({}, ()),
    ],
)
def test_roles_are_texts_of_a_claim(claims: dict[str, Any], roles: tuple[str, ...]) -> None:
    assert texts_of(claims, "a.b") == roles


def test_branches_come_by_a_claim_and_are_mirrored(
    client: testing.TestClient, engine: ProcessEngine, task_id: str
) -> None:
    later = int((NOW + timedelta(seconds=20)).timestamp())
    assert ask(client, token(branches=["SZ-NS", " ", 5])).status_code == 200
    assert engine.read(SYSTEM_ACTOR, users.get, WANG).branches == ("SZ-NS",)

    assert ask(client, token(iat=later, branches="SZ-FT")).status_code == 200
    assert engine.read(SYSTEM_ACTOR, users.get, WANG).branches == ("SZ-FT",)
