"""/api/decisions: what tables decided on a case, why, who answers for the table, and what would have changed it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import falcon.asgi
from sqlalchemy import select

from api.commands import Resource, actor_of
from api.decision_definitions import named
from api.params import Parameters, read_body
from api.routing import Parts, Route
from api.times import read_instant, write_micros
from api.typed_values import read_variables
from engine import authorizations, explanations, models, process_instances
from engine.context import CommandContext
from engine.errors import InvalidRequest
from engine.explanations import Origin
from engine.values import load

Json = dict[str, Any]
SHOWN = frozenset({"inputs", "output", "rows", "required", "hitPolicy", "anchor", "digest"})


class Decisions(Resource):
    """The decisions of a case: inputs, output, the rows that fired, version and provenance."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Decisions of a case, explained."""
        instance_id = Parameters.of_query(req).required("processInstanceId")
        resp.media = await self.commands.read(actor_of(req), _decisions, instance_id)

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, decision_id: str) -> None:
        """One decision with its explanation, the origin of its table, and its counterfactuals."""
        resp.media = await self.commands.read(actor_of(req), _explained, decision_id)

    async def on_post_evaluate(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Tries a decision without a case: result, explanation, origin and counterfactuals; nothing is kept."""
        body = Parameters(await read_body(req))
        resp.media = await self.commands.read(actor_of(req), _evaluated, body)


def _decisions(ctx: CommandContext, instance_id: str) -> list[Json]:
    row = process_instances.get(ctx, instance_id)
    authorizations.require_instance(ctx, row.root_id)
    table = models.decision_instance
    rows = ctx.connection.execute(select(table).where(table.c.root_id == row.root_id).order_by(table.c.id))
    return [
        {
            "id": one.id,
            "processInstanceId": one.process_instance_id,
            "elementId": one.element_id,
            "decisionKey": one.decision_key,
            "definitionId": one.definition_id,
            "version": one.version,
            "evaluatedBy": one.evaluated_by,
            "at": write_micros(one.at),
            **{name: value for name, value in load(one.body).items() if name in SHOWN},
        }
        for one in rows
    ]


def _explained(ctx: CommandContext, decision_id: str) -> Json:
    told = explanations.explain(ctx, decision_id)
    return {**_wire(told), "at": write_micros(told["at"])}


def _evaluated(ctx: CommandContext, body: Parameters) -> Json:
    values = read_variables(body.raw("variables"))
    key, definition_id, anchor = body.text("key"), body.text("definitionId"), body.text("anchor")
    if (key is None) == (definition_id is None):
        raise InvalidRequest("name the decision by key or by definitionId")
    which = {"key": key} if key is not None else {"definition_id": str(definition_id)}
    moment = None if anchor is None else read_instant(anchor, name="anchor")
    return _wire(explanations.evaluate(ctx, named(ctx, which), values, anchor=moment))


def _wire(told: Json) -> Json:
    """The names of the list above; values stay in their stored form, which tells dates from texts."""
    renamed = {"decision": "decisionKey", "definition": "definitionId", "by": "evaluatedBy"}
    shown = {renamed.get(name, name): value for name, value in told.items() if name != "variables"}
    made = told["origin"]
    return {**shown, "origin": None if made is None else _origin(made)}


def _origin(made: Origin) -> Json:
    return {
        "definitionId": made.definition_id,
        "key": made.key,
        "version": made.version,
        "deploymentId": made.deployment_id,
        "release": made.release,
        "author": made.author,
        "approver": made.approver,
        "proposedAt": write_micros(made.proposed_at),
        "effectiveAt": write_micros(made.effective_at),
    }


def own_routes(parts: Parts) -> Iterable[Route]:
    taken = Decisions(parts.commands)
    return [
        ("/api/decisions", taken, None),
        ("/api/decisions/evaluate", taken, "evaluate"),
        ("/api/decisions/{decision_id}", taken, "one"),
    ]
