"""What tests of the engine do again and again, in the words of the house."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from engine import models, process_definitions, process_instances, user_tasks
from engine.context import SYSTEM_ACTOR, Actor
from engine.process_engine import ProcessEngine
from engine.process_instances import ProcessInstance

CSS = Actor("css", frozenset({"CSS"}))
CSS2 = Actor("css2", frozenset({"CSS"}))
TECH = Actor("tech", frozenset({"TECH"}))


def start(engine: ProcessEngine, key: str = "case", **values: Any) -> ProcessInstance:
    deployed = engine.read(SYSTEM_ACTOR, process_definitions.latest, key)
    return engine.run(SYSTEM_ACTOR, process_instances.start, deployed, values=values)


def open_tasks(engine: ProcessEngine, instance_id: str) -> dict[str, str]:
    """Returns element id -> task id of the open tasks."""
    table = models.user_task
    query = select(table.c.element_id, table.c.id).where(table.c.root_id == instance_id, table.c.state == "open")
    with engine.database.read() as connection:
        return {row.element_id: row.id for row in connection.execute(query)}


def complete(
    engine: ProcessEngine, instance_id: str, element_id: str, actor: Actor = CSS, **values: Any
) -> ProcessInstance:
    task_id = open_tasks(engine, instance_id)[element_id]
    return engine.run(actor, user_tasks.complete, task_id, values)


def instance(engine: ProcessEngine, instance_id: str) -> ProcessInstance:
    return engine.read(SYSTEM_ACTOR, process_instances.get, instance_id)
