"""The virtual clock of the demonstration."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from falcon import testing

from api.app import create_app
from api.composition import build_engine
from engine.clock import SystemClock
from engine.process_engine import ProcessEngine
from tests.api.desk import PASSWORD, Person


def test_the_clock_moves_forward_and_is_kept(engine: ProcessEngine, csr: Person) -> None:
    assert csr.get("/api/clock").json == {"now": "2026-10-01T22:30:00.000+0800"}
    moved = csr.put("/api/clock", {"now": "2026-10-03T09:00:00+08:00"})
    assert moved.json["now"] == "2026-10-03T09:00:00.000+0800"
    assert csr.get("/api/tasks").json["now"] == "2026-10-03T09:00:00.000+0800"
    again = build_engine(engine.settings)
    assert again.clock.now() == datetime(2026, 10, 3, 1, 0, tzinfo=UTC)
    again.close()


def test_whoever_is_logged_in_stays_so_when_the_clock_is_moved(client: testing.TestClient, csr: Person) -> None:
    opened = client.simulate_post("/api/session", json={"username": "csr", "password": PASSWORD})
    cookies = {"marque_session": opened.cookies["marque_session"].value}
    assert csr.put("/api/clock", {"now": "2026-10-08T09:00:00+08:00"}).status_code == 200
    assert client.simulate_get("/api/session", cookies=cookies).status_code == 200


def test_the_clock_never_runs_backwards(csr: Person) -> None:
    for now in ("2026-09-30T09:00:00+08:00", "2026-10-03T09:00:00", None):
        assert csr.put("/api/clock", {"now": now}).status_code == 400, now


def test_without_a_virtual_clock_there_is_no_such_resource(engine: ProcessEngine, csr: Person) -> None:
    engine.settings = replace(engine.settings, virtual_clock=False)
    engine.clock = SystemClock()
    real = Person(testing.TestClient(create_app(engine, run_jobs=False)), "csr")
    assert real.get("/api/clock").status_code == 404
    assert real.put("/api/clock", {"now": "2030-01-01T00:00:00Z"}).status_code == 404
