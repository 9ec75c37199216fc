"""The scenarios beside the tables (S-07, S-08, S-12) hold on both databases, and every chain verifies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from api import files
from api.scenarios.driver import EngineDriver
from api.scenarios.runner import play
from api.scenarios.script import read_scenario
from engine import audit, deployments
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from tests.conftest import ROOT

SCENARIOS = sorted((ROOT / "rules").glob("*/scenarios/*.yaml"))
TABLES = files.deployable((ROOT / "rules",))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(read_scenario(SCENARIOS[0]).clock)


@pytest.fixture
def driver(engine: ProcessEngine) -> Callable[[Path], EngineDriver]:
    """A driver on an engine with all tables, its clock at the beginning of the scenario."""

    def at_the_beginning_of(file: Path) -> EngineDriver:
        scenario = read_scenario(file)
        engine.clock = VirtualClock(scenario.clock)
        engine.run(SYSTEM_ACTOR, deployments.create, name="tables", resources=TABLES)
        return EngineDriver(engine, engine.clock, scenario.people)

    return at_the_beginning_of


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_a_scenario_beside_a_table_holds(driver: Callable[[Path], EngineDriver], file: Path) -> None:
    playing = driver(file)

    result = play(read_scenario(file), playing)

    assert result.failures == []
    assert playing.engine.read(SYSTEM_ACTOR, audit.verify).faults == []


def test_the_three_scenarios_of_the_requirements_are_there() -> None:
    assert {read_scenario(file).id for file in SCENARIOS} >= {"S-07", "S-08", "S-12"}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("C-1074: {tier: important, l", "C-1074: {tier: VIP, l", "tier of C-1074: tier is 'important', expected 'VIP'"),
        ("C-1074: {tier: ordinary}}\n        - ", "C-1074: {tier: important}}\n        - ", "must not be so"),
        ("coming_on: 2026-08-01}\n        C-1081", "coming_on: 2026-09-01}\n        C-1081", "coming_on"),
        ("C-1071: null\n", "C-1071: {state: open}\n", "nothing is known of the review of C-1071"),
        ("C-1078: {state: open, cause: flag}\n", "C-1078: null\n", "there is a review of C-1078"),
    ],
)
def test_an_expectation_that_does_not_hold_is_told(
    driver: Callable[[Path], EngineDriver], tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    text = next(file for file in SCENARIOS if file.stem == "s-07").read_text("utf8")
    assert text.count(old) == 1
    file = tmp_path / "changed.yaml"
    file.write_text(text.replace(old, new), "utf8")

    result = play(read_scenario(file), driver(file))

    assert [complaint in failure for failure in result.failures] == [True]
