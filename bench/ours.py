"""Our engine as the benchmarks use it: in process, on SQLite with synchronous=FULL, everything switched on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from api.composition import build_engine
from crm.migrations import VERSIONS as CRM_VERSIONS
from engine import deployments, models, process_definitions, process_instances, user_tasks
from engine.clock import SystemClock
from engine.context import SYSTEM_ACTOR, Actor
from engine.migrations import VERSIONS as ENGINE_VERSIONS
from engine.process_engine import ProcessEngine
from engine.schema import migrate
from engine.settings import Settings

ROOT = Path(__file__).parent.parent
BENCHMARK = ROOT / "bench" / "benchmark.bpmn"
CLERK = Actor("bench", frozenset({"CSS"}))


@contextmanager
def engine_in(folder: Path, url: str | None = None) -> Iterator[ProcessEngine]:
    """An engine on an empty database in a folder."""
    settings = replace(
        Settings(),
        database_url=url or f"sqlite:///{folder / 'marque.db'}",
        keystore_url=f"sqlite:///{folder / 'keys.db'}",
        key_file=folder / "marque.key",
        attachments=folder / "attachments",
        rules=ROOT / "rules",
        processes=ROOT / "processes",
    )
    engine = build_engine(settings, SystemClock())
    migrate(engine.database, (ENGINE_VERSIONS, CRM_VERSIONS))
    try:
        yield engine
    finally:
        engine.close()


class OurApplication:
    """The same operations as the naive application."""

    def __init__(self, engine: ProcessEngine, diagram: bytes, key: str) -> None:
        self.engine = engine
        engine.run(SYSTEM_ACTOR, deployments.create, name="bench", resources={f"{key}.bpmn": diagram})
        self.deployed = engine.read(SYSTEM_ACTOR, process_definitions.latest, key)

    def start(self, data: dict[str, Any]) -> str:
        return self.engine.run(SYSTEM_ACTOR, process_instances.start, self.deployed, values=data).id

    def open_task(self, case_id: str) -> str:
        table = models.user_task
        query = select(table.c.id).where(table.c.root_id == case_id, table.c.state == "open").limit(1)
        with self.engine.database.read() as connection:
            return str(connection.execute(query).scalar_one_or_none() or "")

    def complete(self, case_id: str, task_id: str, data: dict[str, Any]) -> None:
        self.engine.run(CLERK, user_tasks.complete, task_id, data)
