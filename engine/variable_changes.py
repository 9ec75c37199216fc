"""Variables written from outside a form: by operators on a case, by who holds a task on what the task sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine import authorizations, process_instances, user_tasks, variables
from engine.bpmn.outcome import Outcome
from engine.context import CommandContext
from engine.process_instances import Running


def change_instance(
    ctx: CommandContext, instance_id: str, changes: Mapping[str, Any], *, deletions: Iterable[str] = ()
) -> None:
    """Sets and removes variables of an instance; conditional events look at them again."""
    authorizations.require(ctx, "ProcessInstance", "update_variables")
    running = process_instances.load(ctx, instance_id)
    scope_id = "" if instance_id == running.root_id else instance_id
    accepted = variables.accept_into(ctx, running, changes)
    outcome = running.instance.set_variables(accepted, deletions=deletions, scope_id=scope_id)
    _apply(ctx, running, outcome, changes, deletions)


def change_task(
    ctx: CommandContext,
    task_id: str,
    changes: Mapping[str, Any],
    *,
    deletions: Iterable[str] = (),
    local: bool = False,
) -> None:
    """Sets and removes variables that a task sees: each where it stands, new ones on the case; `local` ones inside
    the task alone."""
    running, task = user_tasks.open_task(ctx, task_id, operation="complete")
    accepted, removed = variables.accept_into(ctx, running, changes), list(deletions)
    if local:
        outcome = running.instance.set_variables(accepted, deletions=removed, scope_id=task.activity_id)
        _apply(ctx, running, outcome, changes, removed, task=task.id)
        return
    inner = variables.of_instance(ctx, running.root_id, scope_id=task.scope_id) if task.scope_id else {}
    steps = running.instance.set_variables(
        {name: value for name, value in accepted.items() if name not in inner},
        deletions=[name for name in removed if name not in inner],
    ).steps
    if inner:
        steps += running.instance.set_variables(
            {name: value for name, value in accepted.items() if name in inner},
            deletions=[name for name in removed if name in inner],
            scope_id=task.scope_id,
        ).steps
    _apply(ctx, running, Outcome(steps), changes, removed, task=task.id)


def _apply(
    ctx: CommandContext,
    running: Running,
    outcome: Outcome,
    changes: Mapping[str, Any],
    deletions: Iterable[str],
    **more: Any,
) -> None:
    body = {"names": sorted(changes), "deleted": sorted(deletions), **more}
    process_instances.apply(ctx, running, outcome, kind="variables.changed", body=body)
