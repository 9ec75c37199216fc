"""The application over an engine on SQLite, with the people of the demonstration; jobs run when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import falcon.asgi
import pytest
from falcon import testing

from api import time_limits
from api.app import create_app
from api.waiting import never
from engine import users
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from tests.api.desk import FILES, Person

PEOPLE = {
    "csr": ("CSR",),
    "csr2": ("CSR",),
    "css": ("CSS",),
    "tech": ("TECH",),
    "opsd": ("OPSD",),
    "owner": ("OWNER",),
    "compl": ("COMPL",),
    "admin": ("ADMIN",),
}


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite, because the interface is the same on both; a module marked as ON_BOTH_DATABASES runs on both."""
    url: str = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")
    return url


@pytest.fixture
def no_rate_limit(engine: ProcessEngine) -> None:
    """What is refused unread proves nothing."""
    engine.settings = replace(engine.settings, requests_per_second=1_000_000)


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id costs 150 ms by design; here its cost proves nothing."""
    from argon2 import PasswordHasher

    monkeypatch.setattr(users, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(autouse=True)
def patient_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Falcon's test client says that it has left as soon as it has sent its request; a real one waits."""
    monkeypatch.setattr(time_limits.Arrival, "gone", staticmethod(never))


@pytest.fixture
def app(engine: ProcessEngine) -> falcon.asgi.App[Any, Any]:
    for name, roles in PEOPLE.items():
        engine.run(SYSTEM_ACTOR, users.create, name, name=name.upper(), roles=roles, password="marque-demo")
    return create_app(engine, run_jobs=False)


@pytest.fixture
def client(app: falcon.asgi.App[Any, Any]) -> testing.TestClient:
    return testing.TestClient(app)


@pytest.fixture
def someone(client: testing.TestClient) -> Callable[[str], Person]:
    return lambda name: Person(client, name)


@pytest.fixture
def csr(client: testing.TestClient) -> Person:
    return Person(client, "csr")


@pytest.fixture
def css(client: testing.TestClient) -> Person:
    return Person(client, "css")


@pytest.fixture
def owner(client: testing.TestClient) -> Person:
    return Person(client, "owner")


@pytest.fixture
def admin(client: testing.TestClient) -> Person:
    return Person(client, "admin")


@pytest.fixture
def calls(owner: Person) -> str:
    """The process of calls, deployed; returns its definition id."""
    made = owner.deploy(FILES).json
    return next(iter(made["deployedProcessDefinitions"]))


@pytest.fixture
def task_id(calls: str, csr: Person) -> str:
    """An open task of a new call."""
    started = csr.post("/api/start", {"processKey": "calls", "data": {"subject": "tyres"}})
    assert started.status_code == 200, started.text
    return str(started.json["next"]["id"])
