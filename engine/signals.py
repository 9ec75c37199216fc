"""Signals: to everybody who waits for them, each receiver in a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select

from engine import authorizations, models, process_instances, releases
from engine.context import CommandContext
from engine.ids import new_id
from engine.messages import receive
from engine.process_engine import jobs_changed
from engine.values import dump, from_json, to_json


def broadcast(
    ctx: CommandContext, name: str, variables: Mapping[str, Any] | None = None, *, sender: str | None = None
) -> int:
    """Makes a delivery job for each waiting event and each signal start; returns how many.

    The sender's own waits caught the signal already when the instance threw it.
    """
    authorizations.require_signal(ctx, name)
    table = models.event_subscription
    named = select(table).where(table.c.event_type == "signal", table.c.event_name == name)
    rows = ctx.connection.execute(named.where(releases.outside_sandboxes(table.c.root_id)))
    plain = {key: to_json(value) for key, value in (variables or {}).items()}
    jobs = [_delivery(ctx, row, name, plain) for row in rows if sender is None or row.root_id != sender]
    if jobs:
        ctx.connection.execute(insert(models.job), jobs)
        jobs_changed(ctx)
    return len(jobs)


def _delivery(ctx: CommandContext, row: Any, name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "type": "delivery",
        "process_instance_id": row.process_instance_id,
        "root_id": row.root_id,
        "definition_id": row.definition_id,
        "element_id": row.element_id,
        "wait_id": row.wait_id,
        "due_at": ctx.now_micros,
        "payload": dump({"event": "signal", "to": row.id, "name": name, "variables": variables}),
        "created_at": ctx.now_micros,
    }


def deliver(ctx: CommandContext, job: Any, payload: Mapping[str, Any]) -> None:
    """Brings a signal to one receiver; one that no longer waits is passed over."""
    table = models.event_subscription
    row = ctx.connection.execute(select(table).where(table.c.id == payload["to"])).one_or_none()
    if row is None:
        return
    values = {name: from_json(value) for name, value in payload["variables"].items()}
    if row.root_id is None:
        deployed = ctx.engine.definitions.deployed(ctx, row.definition_id)
        process_instances.start(ctx, deployed, values=values, start_event_id=row.element_id, cause="started_by_signal")
        return
    receive(ctx, process_instances.load(ctx, row.root_id), row.wait_id, values, name=payload["name"])
