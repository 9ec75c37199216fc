"""Statistics of processes: numbers of cases, spans, limits and places of waiting; nobody's name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.clock import VirtualClock
from engine.process_statistics import _percentile
from tests.api.desk import Person

PATH = "/api/statistics/processes"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def worked(calls: str, csr: Person, css: Person, clock: VirtualClock) -> str:
    """Three cases: one is over after 1 h and one after 3 h, one has waited at its first task for 2 h."""
    for hours in (1, 3, None):
        started = csr.post("/api/start", {"processKey": "calls", "data": {"subject": "tyres"}})
        if hours is None:
            clock.move_to(clock.now() + timedelta(hours=2))
            break
        csr.post(f"/api/tasks/{started.json['next']['id']}/claim")
        clock.move_to(clock.now() + timedelta(hours=hours - 0.5))
        done = csr.post(f"/api/tasks/{started.json['next']['id']}/complete", {"data": {"caller": "王小明"}})
        assert done.status_code == 200, done.text
        (task,) = css.get("/engine-rest/task", query_string="taskDefinitionKey=look").json
        css.post(f"/engine-rest/task/{task['id']}/claim", {"userId": "css"})
        clock.move_to(clock.now() + timedelta(minutes=30))
        assert css.post(f"/engine-rest/task/{task['id']}/complete", {}).status_code == 204
    return calls


def test_a_process_tells_how_many_how_long_and_where(worked: str, owner: Person) -> None:
    told = owner.get(f"{PATH}/calls").json
    (version,) = told["versions"]
    assert (version["definitionId"], version["cases"], version["running"]) == (worked, 3, 1)
    assert version["states"] == {"ACTIVE": 1, "COMPLETED": 2}
    assert version["durations"] == {"count": 2, "p50Millis": 3_600_000, "p90Millis": 3 * 3_600_000}
    first, second = told["bottlenecks"]
    assert (first["elementId"], first["waiting"], first["longestWaitingMillis"]) == ("write_down", 1, 2 * 3_600_000)
    assert first["finished"] == {"count": 2, "p50Millis": 1_800_000, "p90Millis": 9_000_000}
    assert (second["elementId"], second["totalMillis"]) == ("look", 3_600_000)
    assert "csr" not in owner.get(f"{PATH}/calls").text


def test_all_processes_are_told_with_their_names(worked: str, owner: Person) -> None:
    (told,) = owner.get(PATH).json["processes"]
    assert (told["processKey"], told["name"], told["versions"][0]["cases"]) == (
        "calls",
        {"zh": "来电", "en": "Calls"},
        3,
    )


def test_the_period_says_which_cases_count(worked: str, owner: Person, clock: VirtualClock) -> None:
    start = (clock.now() - timedelta(hours=2, minutes=1)).isoformat()
    told = owner.client.simulate_get(
        f"{PATH}/calls", params={"from": start}, headers={"Authorization": _basic(owner)}
    ).json
    assert [one["cases"] for one in told["versions"]] == [1]
    assert owner.get(PATH, query_string="from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z").status_code == 400
    assert owner.get(f"{PATH}/nothing").status_code == 404


def _basic(person: Person) -> str:
    from tests.api.desk import basic

    return basic(person.name)


def test_not_everybody_reads_them(owner: Person, csr: Person, calls: str) -> None:
    assert csr.get(PATH).status_code == 403
    assert csr.get(f"{PATH}/calls").status_code == 403
    assert owner.get(f"{PATH}/calls").json["versions"] == []


def test_a_percentile_is_a_value_that_occurred() -> None:
    values = [1_000 * one for one in range(1, 11)]
    assert [_percentile(values, percent) for percent in (1, 50, 90, 100)] == [1, 5, 9, 10]
    assert _percentile([], 50) is None
