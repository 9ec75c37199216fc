"""Completing a task for whatever interface asked: what cannot go on is made known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.commands import Commands
from engine import user_tasks
from engine.context import SYSTEM_ACTOR, Actor, CommandContext
from engine.errors import ExecutionFailed
from engine.incidents import open_incident
from engine.process_instances import ProcessInstance


async def complete(commands: Commands, actor: Actor, task_id: str, values: Mapping[str, Any]) -> ProcessInstance:
    """Completes a task. If the diagram cannot go on, nothing is kept, an incident says why, and the error is raised."""
    try:
        return await commands.run(actor, user_tasks.complete, task_id, values)
    except ExecutionFailed as failure:
        await commands.run(SYSTEM_ACTOR, _record_failure, task_id, failure)
        raise


def _record_failure(ctx: CommandContext, task_id: str, failure: ExecutionFailed) -> None:
    task = user_tasks.get(ctx, task_id)
    open_incident(
        ctx,
        type="failedTask",
        message=str(failure),
        process_instance_id=task.root_id,
        definition_id=task.definition_id,
        element_id=failure.element_id or task.element_id,
    )
