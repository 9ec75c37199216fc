"""Plays the shipped scenarios, each once however many tests look at it, and notes what each completion cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event

from api import files
from api.scenarios.coverage import Coverage
from api.scenarios.driver import EngineDriver
from api.scenarios.runner import Result, play
from api.scenarios.script import Scenario, read_scenario
from api.scenarios.stage import Stage
from engine import audit, user_tasks
from engine.bpmn.definition import Definition
from engine.bpmn.parser import parse
from engine.context import SYSTEM_ACTOR
from engine.definitions import DefinitionStore
from engine.process_engine import ProcessEngine
from tests.conftest import ROOT, settings_in

SCENARIOS = sorted((ROOT / "processes").glob("*/scenarios/*.yaml"))
SHIPPED = files.deployable((ROOT / "processes", ROOT / "rules"))


def title(file: Path) -> str:
    """Returns a scenario's name in reports: complaint/s-01."""
    return f"{file.parent.parent.name}/{file.stem}"


def definitions() -> dict[str, Definition]:
    """Returns all shipped diagrams, parsed, by process key."""
    parsed = (one for name, body in SHIPPED.items() if name.endswith(".bpmn") for one in parse(body, name=name))
    return {definition.key: definition for definition in parsed}


class KeptDefinitions(DefinitionStore):
    """What is parsed outlives one engine: all copies of the template hold the same definitions under the same ids."""

    def close(self) -> None:
        """Keeps everything for the next engine."""

    def give_back(self) -> None:
        """Gives back the compiled tables."""
        super().close()


@dataclass(frozen=True, slots=True)
class Completion:
    """What completing one user task cost, from BEGIN to COMMIT; an executemany is one statement."""

    scenario: str
    element_id: str
    statements: tuple[str, ...]


class MeasuringDriver(EngineDriver):
    """The driver of the engine that also counts the statements of each completed task."""

    def __init__(self, engine: ProcessEngine, people: Mapping[str, tuple[str, ...]], scenario: Scenario) -> None:
        super().__init__(engine, engine.clock, people)  # type: ignore[arg-type]
        self.completions: list[Completion] = []
        self._scenario = scenario

    def complete(self, task_id: str, by: str, values: Mapping[str, Any]) -> None:
        element_id = self.engine.read(SYSTEM_ACTOR, user_tasks.get, task_id).element_id
        with counted(self.engine) as transactions:
            super().complete(task_id, by, values)
        # The first transaction completes the task; what it set off follows in transactions of its own.
        self.completions.append(Completion(self._scenario.id, element_id, tuple(transactions[0])))


@contextmanager
def counted(engine: ProcessEngine) -> Iterator[list[list[str]]]:
    """Collects the statements of each transaction of the engine's own database, in order."""
    transactions: list[list[str]] = []

    def note(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if sql.startswith("BEGIN"):
            transactions.append([])
        elif not sql.startswith("COMMIT"):
            transactions[-1].append(sql)

    event.listen(engine.database.engine, "before_cursor_execute", note)
    try:
        yield transactions
    finally:
        event.remove(engine.database.engine, "before_cursor_execute", note)


@dataclass(frozen=True, slots=True)
class Performance:
    """One scenario as it went: what did not hold, and what each completion cost."""

    result: Result
    chain_faults: tuple[str, ...]
    completions: tuple[Completion, ...]


class Playhouse:
    """A stage on which each scenario is played at most once."""

    def __init__(self, folder: Path) -> None:
        self.coverage = Coverage()
        self._stage = Stage(folder, settings_in(folder, "sqlite://"), SHIPPED)
        self._played: dict[Path, Performance] = {}
        self._parsed = KeptDefinitions()

    def play(self, file: Path) -> Performance:
        """Plays a scenario on a database of its own, or returns how it went before."""
        if file not in self._played:
            self._played[file] = self._play(file)
        return self._played[file]

    def _play(self, file: Path) -> Performance:
        scenario = read_scenario(file)
        with self._stage.driver(scenario.clock, scenario.people) as plain:
            engine = plain.engine
            engine.definitions = self._parsed
            self._warm(engine)
            driver = MeasuringDriver(engine, scenario.people, scenario)
            result = play(scenario, driver)
            faults = engine.read(SYSTEM_ACTOR, audit.verify).faults
            self.coverage.collect(engine)
        return Performance(
            result, tuple(f"{fault.chain_id}: {fault.reason}" for fault in faults), tuple(driver.completions)
        )

    def _warm(self, engine: ProcessEngine) -> None:
        """Parses everything once: a living server has done so long before."""
        with engine.reading(SYSTEM_ACTOR) as ctx:
            rows = ctx.connection.exec_driver_sql("SELECT id, kind FROM definition").all()
            readers = {"process": self._parsed.process, "decision": self._parsed.decision, "form": self._parsed.form}
            for definition_id, kind in rows:
                readers[kind](ctx, definition_id)
            for (release,) in ctx.connection.exec_driver_sql("SELECT number FROM release").all():
                self._parsed.contents(ctx, release)

    def close(self) -> None:
        self._parsed.give_back()
