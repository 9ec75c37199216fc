"""Definitions and instances that are held, or let go on, at an instant that lies ahead: one job for each order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert

from engine import authorizations, history, models, modifications, process_definitions
from engine.context import Actor, CommandContext
from engine.errors import InvalidRequest
from engine.ids import new_id
from engine.process_engine import jobs_changed
from engine.values import dump

JOB = "suspension"  # type of its jobs
MAX_INSTANCES = 1_000  # one order is one transaction; more of them are a batch


def plan_definition(
    ctx: CommandContext, definition_id: str, *, at: int, suspended: bool, with_instances: bool = False
) -> str:
    """Plans that a definition is held or let go on at an instant (µs); returns the id of the job."""
    authorizations.require(ctx, "ProcessDefinition", "suspend")
    if with_instances:
        authorizations.require(ctx, "ProcessInstance", "suspend")
    process_definitions.get(ctx, definition_id)
    order = {"definition": definition_id, "instances": with_instances}
    return _plan(ctx, at, {**order, "suspended": suspended}, definition_id=definition_id)


def plan_instances(ctx: CommandContext, instance_ids: Sequence[str], *, at: int, suspended: bool) -> str:
    """Plans that instances are held or let go on at an instant (µs); returns the id of the job."""
    authorizations.require(ctx, "ProcessInstance", "suspend")
    if len(instance_ids) > MAX_INSTANCES:
        raise InvalidRequest(f"at most {MAX_INSTANCES} instances are held at one instant")
    return _plan(ctx, at, {"ids": list(instance_ids), "suspended": suspended})


def _plan(ctx: CommandContext, at: int, order: Mapping[str, Any], *, definition_id: str | None = None) -> str:
    if at <= ctx.now_micros:
        raise InvalidRequest("executionDate lies in the past; leave it out to hold at once")
    job_id = new_id()
    asked = {"by": ctx.actor.user_id, "roles": sorted(ctx.actor.roles)}
    ctx.connection.execute(
        insert(models.job).values(
            id=job_id,
            type=JOB,
            definition_id=definition_id,
            due_at=at,
            payload=dump({**order, **asked}),
            created_at=ctx.now_micros,
        )
    )
    history.record(ctx, history.ADMIN_CHAIN, "suspension.planned", {**order, "at_instant": at, "job": job_id})
    jobs_changed(ctx)
    return job_id


def run(ctx: CommandContext, _job: Any, payload: Mapping[str, Any]) -> None:
    """Holds, or lets go on, in the name of whoever planned it."""
    ctx.actor = Actor(payload["by"], frozenset(payload["roles"]))
    if "ids" in payload:
        modifications.suspend_instances(ctx, payload["ids"], suspended=payload["suspended"])
        return
    modifications.suspend_definition(
        ctx, payload["definition"], suspended=payload["suspended"], with_instances=payload["instances"]
    )
