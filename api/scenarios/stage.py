"""A fresh system for each scenario: an engine on a database of its own, with everything deployed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from api.composition import build_engine
from api.scenarios.driver import EngineDriver
from crm.migrations import VERSIONS as CRM_VERSIONS
from engine import deployments, start_timers
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR
from engine.migrations import VERSIONS as ENGINE_VERSIONS
from engine.process_engine import ProcessEngine
from engine.schema import migrate
from engine.settings import Settings

BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)


class Stage:
    """Deploys once into a template database and copies it for each scenario."""

    def __init__(self, folder: Path, settings: Settings, resources: Mapping[str, bytes]) -> None:
        self._folder = folder
        self._settings = settings
        self._template = folder / "template"
        self._template.mkdir()
        self._count = 0
        with self._engine(self._template, BEFORE_ALL) as engine:
            migrate(engine.database, (ENGINE_VERSIONS, CRM_VERSIONS))
            if resources:
                engine.run(SYSTEM_ACTOR, deployments.create, name="scenarios", resources=resources)

    @contextmanager
    def driver(self, clock: datetime, people: Mapping[str, tuple[str, ...]]) -> Iterator[EngineDriver]:
        """A driver on a copy of the template, its clock at the scenario's beginning."""
        self._count += 1
        folder = self._folder / f"run-{self._count}"
        shutil.copytree(self._template, folder)
        with self._engine(folder, clock) as engine:
            assert isinstance(engine.clock, VirtualClock)
            engine.run(SYSTEM_ACTOR, start_timers.plan_again)
            yield EngineDriver(engine, engine.clock, people)

    @contextmanager
    def _engine(self, folder: Path, clock: datetime) -> Iterator[ProcessEngine]:
        settings = replace(
            self._settings,
            database_url=f"sqlite:///{folder / 'marque.db'}",
            keystore_url=f"sqlite:///{folder / 'keys.db'}",
            key_file=folder / "marque.key",
            attachments=folder / "attachments",
        )
        engine = build_engine(settings, VirtualClock(clock))
        try:
            yield engine
        finally:
            engine.close()


@contextmanager
def temporary_stage(settings: Settings, resources: Mapping[str, bytes]) -> Iterator[Stage]:
    """A stage in a folder that vanishes afterwards."""
    with TemporaryDirectory(prefix="marque-scenarios-") as folder:
        yield Stage(Path(folder), settings, resources)
