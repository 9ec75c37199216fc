"""Whoever watches the process learns how it does, and nothing about anybody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from falcon import testing
from sqlalchemy import text

from engine import incidents
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from tests.api.desk import Person

SAMPLE = 'marque_requests_total{method="GET",route="/engine-rest/task/{task_id}",status="200"} 2.0'


def test_requests_are_counted_by_route_and_status(csr: Person, admin: Person, task_id: str) -> None:
    for _ in range(2):
        csr.get(f"/engine-rest/task/{task_id}")
    csr.get("/engine-rest/nonsense-13800001234")

    page = admin.get("/metrics")

    assert page.headers["Content-Type"].startswith("text/plain")
    assert SAMPLE in page.text.splitlines()
    assert 'marque_request_seconds_count{method="GET",route="/engine-rest/task/{task_id}"} 2.0' in page.text
    assert 'route="unrouted",status="404"' in page.text


def test_no_label_names_a_case_or_a_person(csr: Person, admin: Person, task_id: str) -> None:
    csr.get(f"/engine-rest/task/{task_id}?processInstanceBusinessKey=13800001234")
    csr.send("BREW-13800001234", "/engine-rest/task")
    csr.get("/somewhere/13800001234")

    page = admin.get("/metrics").text

    assert task_id not in page
    assert "13800001234" not in page
    assert "csr" not in page


def test_what_waits_is_read_from_the_database(engine: ProcessEngine, admin: Person) -> None:
    assert "marque_incidents_open 0.0" in admin.get("/metrics").text
    engine.run(SYSTEM_ACTOR, incidents.open_incident, type="executionFailed", message="x")

    page = admin.get("/metrics").text

    assert "marque_incidents_open 1.0" in page
    for name in ("marque_jobs_due", "marque_jobs_failed", "marque_deadlines_breached"):
        assert f"{name} 0.0" in page
    assert 'marque_pool_connections{state="in_use"}' in page


def test_numbers_are_for_those_who_keep_the_house(client: testing.TestClient, csr: Person) -> None:
    assert client.simulate_get("/metrics").status_code == 401
    assert csr.get("/metrics").status_code == 403


def test_a_process_is_ready_with_its_tables_and_its_calendar(client: testing.TestClient) -> None:
    assert client.simulate_get("/healthz").json == {"status": "ok"}
    assert client.simulate_get("/readyz").json == {"status": "ok"}


def test_an_older_schema_is_not_ready(client: testing.TestClient, engine: ProcessEngine) -> None:
    with engine.database.write() as connection:
        connection.execute(text("DELETE FROM alembic_version WHERE version_num LIKE 'engine_%'"))

    answer = client.simulate_get("/readyz")

    assert (answer.status_code, answer.json["status"]) == (503, "unavailable")
    assert "marque migrate" in answer.json["reason"]


def test_a_year_without_working_days_is_not_ready(client: testing.TestClient, clock: VirtualClock) -> None:
    clock.move_to(datetime(2031, 12, 31, 17, tzinfo=UTC))

    answer = client.simulate_get("/readyz")

    assert answer.status_code == 503
    assert "2032" in answer.json["reason"]


def test_a_database_that_is_gone_is_not_ready(
    client: testing.TestClient, engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.database import Database

    gone = Database("sqlite:////nowhere/at/all.db")
    monkeypatch.setattr(engine, "database", gone)

    assert client.simulate_get("/readyz").status_code == 503
    assert client.simulate_get("/healthz").status_code == 200
    gone.dispose()
