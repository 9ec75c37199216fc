"""Shipped scenarios played over HTTP against the server as it is started: the same files, the same verdict."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli import main
from api.composition import VIRTUAL_NOW, build_engine
from api.scenarios.runner import play
from api.scenarios.script import Scenario, read_scenario
from engine import deployments, models
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR, CommandContext
from tests.api.http_driver import HttpDriver
from tests.conftest import ROOT, settings_in
from tests.faults.servers import System
from tests.processes.playhouse import SHIPPED

PASSWORD = "a-long-enough-password"
WATCHER = "watcher"
# In the order of their clocks, because the clock of one server never runs backwards.
PLAYED = ("s-03", "s-01")


def scenario(name: str) -> Scenario:
    return read_scenario(ROOT / "processes" / "complaint" / "scenarios" / f"{name}.yaml")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[System]:
    """The server process of a demonstration with a virtual clock, everything deployed, the people added."""
    folder = tmp_path_factory.mktemp("http")
    database_url = f"sqlite:///{folder / 'marque.db'}"
    (folder / "marque.db").write_bytes(sqlite_template.read_bytes())
    scenarios = [scenario(name) for name in PLAYED]
    _prepare(folder, database_url, min(one.clock for one in scenarios))
    system = System(folder, database_url)
    system.environment |= {"MARQUE_DEMO": "1", "MARQUE_CLOCK": "virtual"}
    for user_id, roles in {
        WATCHER: ("COMPL", "ADMIN"),
        **{k: v for one in scenarios for k, v in one.people.items()},
    }.items():
        _add_user(system, user_id, roles)
    system.start()
    yield system
    system.stop()


def _prepare(folder: Path, database_url: str, start: datetime) -> None:
    engine = build_engine(settings_in(folder, database_url), VirtualClock(start))
    engine.run(SYSTEM_ACTOR, deployments.create, name="shipped", resources=SHIPPED)
    engine.run(SYSTEM_ACTOR, _stand_at, start)
    engine.close()


def _stand_at(ctx: CommandContext, start: datetime) -> None:
    """Lets the virtual clock of the server begin here instead of today."""
    ctx.connection.execute(models.property_.insert().values(name=VIRTUAL_NOW, value=start.isoformat()))


def _add_user(system: System, user_id: str, roles: tuple[str, ...]) -> None:
    chosen = [part for role in roles for part in ("--role", role)]
    arguments = ["user", "add", user_id, "--name", user_id, *chosen, "--password", PASSWORD]
    added = CliRunner().invoke(main, arguments, env=system.environment)
    assert added.exit_code == 0, added.output


@pytest.mark.parametrize("name", PLAYED)
def test_a_scenario_holds_over_http(system: System, name: str) -> None:
    story = scenario(name)
    driver = HttpDriver(system.port, PASSWORD, WATCHER)
    driver.advance(story.clock)

    result = play(story, driver)

    driver.close()
    assert result.failures == []
