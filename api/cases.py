"""What a case went through: its path on the diagram, and its deadlines with their traces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import falcon.asgi
from sqlalchemy import select

from api.commands import Resource, actor_of
from api.etags import unchanged
from api.params import Parameters, read_body
from api.routing import Parts, Route
from api.task_cards import process_name
from api.times import write_micros
from api.typed_values import write_variables
from crm import access
from engine import (
    authorizations,
    history_queries,
    models,
    operations,
    process_definitions,
    process_instances,
    variables,
)
from engine.context import CommandContext
from engine.deadlines import Deadline, from_row
from engine.history_queries import ActivityQuery
from engine.process_instances import ProcessInstance
from engine.values import Value


class Paths(Resource):
    """Where a case is and how it came there."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str) -> None:
        row, root = await self.commands.read(actor_of(req), _case_and_root, instance_id)
        # Every operation on a case, also one inside a called process, raises the revision of its root.
        if not unchanged(req, resp, [row.id, row.definition_id, root.revision, root.state]):
            resp.media = await self.commands.read(actor_of(req), _path, instance_id)


class Values(Resource):
    """The values of a case for who gives a reason, which is kept with the record of the reading (DT-07)."""

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str) -> None:
        reason = access.require_reason(Parameters(await read_body(req)).text("reason"))
        resp.media = write_variables(await self.commands.run(actor_of(req), _values, instance_id, reason))


def _values(ctx: CommandContext, instance_id: str, reason: str) -> dict[str, Value]:
    root_id = process_instances.get(ctx, instance_id).root_id
    authorizations.require_values(ctx, root_id)
    return access.read_case(ctx, root_id, variables.of_instance(ctx, root_id), reason=reason)


class Deadlines(Resource):
    """The deadlines of a case: each due instant with the computation behind it."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        instance_id = Parameters.of_query(req).required("processInstanceId")
        resp.media = await self.commands.read(actor_of(req), _deadlines, instance_id)


def _case(ctx: CommandContext, instance_id: str) -> ProcessInstance:
    row = process_instances.get(ctx, instance_id)
    authorizations.require_instance(ctx, row.root_id)
    return row


def _case_and_root(ctx: CommandContext, instance_id: str) -> tuple[ProcessInstance, ProcessInstance]:
    row = _case(ctx, instance_id)
    return row, row if row.id == row.root_id else process_instances.get(ctx, row.root_id)


def _path(ctx: CommandContext, instance_id: str) -> dict[str, Any]:
    row = _case(ctx, instance_id)
    deployed = ctx.engine.definitions.deployed(ctx, row.definition_id)
    # Ids are per diagram: what a called diagram did has ids of its own and is not part of this drawing.
    known = {flow.id for flow in ctx.engine.definitions.process(ctx, deployed.id).flows}
    activities = history_queries.find_activities(ctx, ActivityQuery(process_instance_id=instance_id))
    done = (one.element_id for one in activities if one.ended_at is not None and not one.cancelled)
    current = (one.element_id for one in activities if one.ended_at is None)
    return {
        "processKey": deployed.key,
        "name": process_name(deployed.key, deployed.name, deployed.name_en),
        "xml": process_definitions.xml(ctx, deployed.id).decode(),
        "flows": [flow for flow in operations.flows_taken(ctx, row.root_id) if flow in known],
        "completed": list(dict.fromkeys(done)),
        "current": list(dict.fromkeys(current)),
        "ended": row.end_event,
    }


def _deadlines(ctx: CommandContext, instance_id: str) -> list[dict[str, Any]]:
    row = _case(ctx, instance_id)
    table = models.deadline
    rows = ctx.connection.execute(select(table).where(table.c.root_id == row.root_id).order_by(table.c.id))
    return [_deadline(from_row(one)) for one in rows]


def _deadline(one: Deadline) -> dict[str, Any]:
    return {
        "id": one.id,
        "processInstanceId": one.process_instance_id,
        "code": one.code,
        "state": one.state,
        "anchorAt": write_micros(one.anchor_at),
        "dueAt": write_micros(one.due_at),
        "stopElement": one.stop_element,
        "stopOn": one.stop_on,
        "stoppedAt": write_micros(one.stopped_at),
        "breachedAt": write_micros(one.breached_at),
        "warnedAt": write_micros(one.warned_at),
        "attemptedAt": write_micros(one.attempted_at),
        "openedAt": write_micros(one.opened_at),
        "warnAt": [write_micros(at) for at in one.warn_at],
        "responsible": one.responsible,
        "escalateTo": list(one.escalate_to),
        "clause": one.row.get("clause") or None,
        "rule": dict(one.row),
        "trace": list(one.trace),
    }


def own_routes(parts: Parts) -> Iterable[Route]:
    return [
        ("/api/instances/{instance_id}/path", Paths(parts.commands), None),
        ("/api/instances/{instance_id}/values", Values(parts.commands), None),
        ("/api/deadlines", Deadlines(parts.commands), None),
    ]
