"""Setting a case right by hand: where it stands, from its start again, held or let go; who and why in its chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from engine import authorizations, history, models, process_definitions, process_instances, variables
from engine.bpmn import modification
from engine.bpmn.modification import Change
from engine.context import CommandContext
from engine.errors import Conflict, InvalidRequest, NotFound
from engine.process_instances import ProcessInstance
from engine.values import from_json, load

MAX_CHANGES = 100


def modify(
    ctx: CommandContext, instance_id: str, changes: Sequence[Change], *, annotation: str | None = None
) -> ProcessInstance:
    """Carries out the instructions in order, as one event of the chain. The annotation is kept by reference.

    Raises NotFound for elements that the diagram or the instance does not have, InvalidRequest where a scope is not
    named, Conflict if the instance is over or suspended.
    """
    authorizations.require(ctx, "ProcessInstance", "modify")
    _check(changes)
    row = process_instances.get(ctx, instance_id)
    if row.ended_at is not None:
        raise Conflict(f"process instance {instance_id} is over")
    running = process_instances.load(ctx, instance_id)
    kept = variables.keep_text(ctx, running, "modification_annotation", annotation)
    wanted = [_accepted(change, lambda values: variables.accept_into(ctx, running, values)) for change in changes]
    definition = ctx.engine.definitions.process(ctx, row.definition_id)
    outcome = modification.modify(running.instance, wanted, definition=definition, process_id=instance_id)
    body = {"process": instance_id, "instructions": [_written(change) for change in changes], "annotation": kept}
    return process_instances.apply(ctx, running, outcome, kind="instance.modified", body=body)


def _check(changes: Sequence[Change]) -> None:
    if not changes:
        raise InvalidRequest("a modification needs at least one instruction")
    if len(changes) > MAX_CHANGES:
        raise InvalidRequest(f"a modification has at most {MAX_CHANGES} instructions")


def _accepted(change: Change, accept: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Change:
    """Returns the instruction with personal values replaced by references."""
    if not change.variables and not change.local:
        return change
    return replace(change, variables=accept(change.variables), local=accept(change.local))


def _written(change: Change) -> dict[str, Any]:
    """Says an instruction without the values of its variables; those that were set stand among the steps."""
    return {
        "kind": change.kind,
        "e": change.element_id,
        "activity": change.activity_id,
        "ancestor": change.ancestor_id,
        "variables": sorted([*change.variables, *change.local]),
    }


# ------------------------------------------------------------ from the start again


def restart(
    ctx: CommandContext,
    definition_id: str,
    instance_id: str,
    *,
    changes: Sequence[Change] = (),
    initial_variables: bool = False,
    with_business_key: bool = True,
    annotation: str | None = None,
) -> ProcessInstance:
    """Starts an ended instance again, on a version of its process, at its start event or at the elements named.

    It gets the last variables of the first one (or those with which it started); personal values stay the references
    that they were. Raises Conflict while it still runs.
    """
    authorizations.require(ctx, "ProcessInstance", "modify")
    deployed = process_definitions.get(ctx, definition_id)
    before = process_instances.get(ctx, instance_id)
    if before.ended_at is None:
        raise Conflict(f"process instance {instance_id} still runs; it is over before it is restarted")
    if before.root_id != before.id:
        raise InvalidRequest(f"process instance {instance_id} was called by {before.parent_id}; restart that one")
    if before.definition_key != deployed.key:
        raise InvalidRequest(f"process instance {instance_id} is of process {before.definition_key}")
    if process_definitions.is_suspended(ctx, definition_id):
        raise Conflict(f"process definition {definition_id} is suspended; activate it first")
    values, start_event_id = _beginning(ctx, instance_id)
    if not initial_variables:
        values = variables.of_instance(ctx, instance_id)
    entries = ctx.engine.definitions.process(ctx, definition_id).process.entries
    made = process_instances.start(
        ctx,
        deployed,
        values=values,
        business_key=before.business_key if with_business_key else None,
        start_event_id=start_event_id if start_event_id in entries else None,
        changes=tuple(changes),
        cause="restarted",
        sender=instance_id,
    )
    if annotation:
        running = process_instances.load(ctx, made.id)
        kept = variables.keep_text(ctx, running, "restart_annotation", annotation)
        made = process_instances.apply(ctx, running, kind="instance.annotated", body={"annotation": kept})
    return made


def _beginning(ctx: CommandContext, instance_id: str) -> tuple[dict[str, Any], str | None]:
    """Returns the variables that an instance was started with and its start event, by its first event."""
    events = models.history_event
    first = select(events.c.body).where(events.c.chain_id == instance_id, events.c.seq == 1)
    body = ctx.connection.execute(first).scalar_one_or_none()
    if body is None:
        raise NotFound(f"the history of process instance {instance_id} is gone")
    values: dict[str, Any] = {}
    for step in load(body)["steps"]:
        if step["s"] == "set" and step["c"] == "":
            values[step["n"]] = from_json(step["v"])
        elif step["s"] == "started":
            return values, step["e"]
    return values, None


# ------------------------------------------------------------ held and let go


def suspend_instances(ctx: CommandContext, instance_ids: Iterable[str], *, suspended: bool) -> int:
    """Holds instances, or lets them go on; returns how many. Those that are over are passed over."""
    count = 0
    for instance_id in dict.fromkeys(instance_ids):
        row = process_instances.get(ctx, instance_id)
        if row.ended_at is None and row.id == row.root_id:
            process_instances.set_suspended(ctx, instance_id, suspended=suspended)
            count += 1
    return count


def suspend_definition(
    ctx: CommandContext, definition_id: str, *, suspended: bool, with_instances: bool = False
) -> None:
    """Refuses new instances of a definition, and on demand holds those that run."""
    process_definitions.set_suspended(ctx, definition_id, suspended=suspended)
    kind = "definition.suspended" if suspended else "definition.activated"
    history.record(ctx, history.ADMIN_CHAIN, kind, {"definition": definition_id, "instances": with_instances})
    if with_instances:
        table = models.process_instance
        running = select(table.c.id).where(
            table.c.definition_id == definition_id, table.c.ended_at.is_(None), table.c.id == table.c.root_id
        )
        suspend_instances(ctx, ctx.connection.execute(running).scalars().all(), suspended=suspended)
