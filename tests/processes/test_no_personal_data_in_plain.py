"""Whatever the shipped scenarios say of people lies nowhere in plain: in no table, file or log."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api.composition import build_engine
from api.scenarios.runner import play
from api.scenarios.script import read_scenario
from crm.migrations import VERSIONS as CRM_VERSIONS
from engine import audit, deployments, personal_values, start_timers
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR
from engine.migrations import VERSIONS as ENGINE_VERSIONS
from engine.process_engine import ProcessEngine
from engine.schema import migrate
from tests.conftest import NOW, settings_in
from tests.processes.personal import (
    Collected,
    EverythingHandler,
    RecordingDriver,
    encodings,
    found_in,
    rows_of_all_tables,
)
from tests.processes.playhouse import SCENARIOS, SHIPPED, KeptDefinitions, title


@dataclass
class Remains:
    """What is left after all scenarios were played on one database."""

    folder: Path
    collected: Collected = field(default_factory=Collected)
    rows: dict[str, bytes] = field(default_factory=dict)
    unfinished: dict[str, list[str]] = field(default_factory=dict)

    def places(self) -> Iterator[tuple[str, bytes]]:
        """Yields every place where a value could lie, with its bytes."""
        yield from self.rows.items()
        for file in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            yield file.relative_to(self.folder).as_posix(), file.read_bytes()


@contextmanager
def everything_logged(file: Path) -> Iterator[None]:
    root, handler = logging.getLogger(), EverythingHandler(file)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()


@contextmanager
def played(folder: Path, scenarios: Iterable[Path]) -> Iterator[Remains]:
    """Plays scenarios one after the other on one database in a folder; at the yield the last engine is still open."""
    left = Remains(folder)
    settings = settings_in(folder, f"sqlite:///{folder / 'marque.db'}")
    kept = KeptDefinitions()
    with everything_logged(folder / "log.txt"):
        engine = build_engine(settings, VirtualClock(NOW))
        migrate(engine.database, (ENGINE_VERSIONS, CRM_VERSIONS))
        engine.run(SYSTEM_ACTOR, deployments.create, name="shipped", resources=SHIPPED)
        engine.definitions = kept
        for file in scenarios:
            _play(engine, file, left)
    _export(engine, folder / "export.jsonl")
    left.rows = dict(rows_of_all_tables(engine))
    yield left
    engine.close()
    kept.give_back()


@pytest.fixture(scope="module")
def remains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remains]:
    with played(tmp_path_factory.mktemp("remains"), SCENARIOS) as left:
        yield left


def _play(engine: ProcessEngine, file: Path, left: Remains) -> None:
    scenario = read_scenario(file)
    engine.clock = clock = VirtualClock(scenario.clock)
    engine.run(SYSTEM_ACTOR, start_timers.plan_again)  # the clock of this scenario may lie before that of the last
    driver = RecordingDriver(engine, clock, scenario.people)
    driver.collected = left.collected
    result = play(scenario, driver)
    if result.failures:
        left.unfinished[title(file)] = result.failures
    with (left.folder / "refusals.txt").open("a", encoding="utf8") as target:
        target.writelines(f"{line}\n" for line in driver.refusals)


def _export(engine: ProcessEngine, file: Path) -> None:
    with engine.reading(SYSTEM_ACTOR) as ctx, file.open("wb") as target:
        for (chain,) in ctx.connection.exec_driver_sql("SELECT DISTINCT chain_id FROM history_event").all():
            for body in audit.bodies(ctx, chain):
                target.write(body + b"\n")


def test_all_scenarios_hold_one_after_the_other_on_one_database(remains: Remains) -> None:
    assert remains.unfinished == {}


def test_what_people_said_is_a_lot(remains: Remains) -> None:
    assert len(remains.collected.personal) >= 200
    assert {"林晓彤", "13958127746", "核查报告-国庆取车.pdf"} <= remains.collected.personal


def in_plain(remains: Remains) -> list[tuple[str, str]]:
    """Returns (place, text) of everything personal that lies somewhere in plain."""
    shapes = {shape: text for text in told(remains) for shape in encodings(text)}
    return [(name, shapes[shape]) for name, body in remains.places() for shape in found_in(body, shapes)]


def told(remains: Remains) -> set[str]:
    """Returns what people said. What a shipped file says itself (a common word) would be found in its copy."""
    shipped = b"\0".join(SHIPPED.values())
    return {text for text in remains.collected.personal if len(text) >= 2 and text.encode() not in shipped}


def test_nothing_that_people_said_lies_anywhere_in_plain(remains: Remains) -> None:
    places = {name for name, _ in remains.places()}
    assert {"marque.db", "marque.db-wal", "keys.db", "log.txt", "export.jsonl", "table user_task"} <= places
    assert any(name.startswith("attachments/") for name in places)
    assert len(told(remains)) >= 0.9 * len(remains.collected.personal)

    assert in_plain(remains) == []


def test_values_that_were_taken_for_harmless_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal_values, "classify", lambda *_, **__: None)

    with played(tmp_path, [file for file in SCENARIOS if title(file) == "complaint/s-01"]) as left:
        found = in_plain(left)

    assert ("table variable_update", "林晓彤") in found
    assert {"marque.db-wal", "export.jsonl"} <= {name for name, _ in found}


def test_the_search_finds_what_lies_in_plain(remains: Remains) -> None:
    places = dict(remains.places())

    assert found_in(places["marque.db"] + places["marque.db-wal"], encodings("登记投诉"))
    assert found_in(places["log.txt"], encodings("job.done"))
    for text in ("林晓彤", "13958127746", "陈"):
        for shape in encodings(text):
            assert found_in(b"x" * 13 + shape + b"y", [shape, b"nowhere at all"]) == [shape]
