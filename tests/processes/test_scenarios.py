"""The shipped scenarios hold, on both databases, and take nearly every way through the shipped diagrams."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.scenarios.driver import EngineDriver
from api.scenarios.runner import play
from api.scenarios.script import read_scenario
from engine import audit, deployments
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from tests.conftest import ROOT
from tests.processes.playhouse import SCENARIOS, SHIPPED, Playhouse, definitions, title

# Requirements 4: each of these flows is walked nearly everywhere by the examples of its owner.
COVERED = ("complaint", "follow_up_call", "reception_to_quote", "tier_evaluation", "vehicle_pickup", "vehicle_return")
SHARE = 0.9


@pytest.mark.parametrize("file", SCENARIOS, ids=title)
def test_a_scenario_holds(playhouse: Playhouse, file: Path) -> None:
    played = playhouse.play(file)

    assert played.result.failures == []
    assert played.chain_faults == ()


def test_scenarios_take_nine_of_ten_sequence_flows_of_each_flow(playhouse: Playhouse) -> None:
    for file in SCENARIOS:
        playhouse.play(file)

    shipped = definitions()
    reports = playhouse.coverage.report(shipped[key] for key in COVERED)
    thin = {report.key: f"{report.share:.0%}, never: {report.missed}" for report in reports if report.share < SHARE}
    assert thin == {}


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    return postgresql_url


@pytest.fixture
def on_postgresql(engine: ProcessEngine) -> ProcessEngine:
    """An engine on PostgreSQL with everything deployed."""
    engine.run(SYSTEM_ACTOR, deployments.create, name="shipped", resources=SHIPPED)
    return engine


@pytest.mark.parametrize("name", ["s-01", "s-03"])
def test_a_scenario_holds_on_postgresql(on_postgresql: ProcessEngine, name: str) -> None:
    scenario = read_scenario(ROOT / "processes" / "complaint" / "scenarios" / f"{name}.yaml")
    clock = VirtualClock(scenario.clock)
    on_postgresql.clock = clock

    result = play(scenario, EngineDriver(on_postgresql, clock, scenario.people))

    assert result.failures == []
    assert on_postgresql.read(SYSTEM_ACTOR, audit.verify).faults == []
