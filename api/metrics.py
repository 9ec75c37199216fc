"""/metrics and the statistics of process definitions: numbers without a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import falcon.asgi
from sqlalchemy import ColumnElement, and_, func, select

from api import representations
from api.commands import Resource, actor_of
from api.params import Parameters
from api.routing import Parts, Route
from api.times import write_micros
from engine import authorizations, models, process_definitions
from engine.context import CommandContext
from engine.errors import NotFound
from engine.process_definitions import DefinitionQuery
from engine.releases import outside_sandboxes

ACTIVITY, INSTANCE, INCIDENT = models.activity_instance, models.process_instance, models.incident
DECISION = models.decision_instance
# A trial of a proposal is nothing that happened; a called instance is part of the one that called it.
OF_WORK = outside_sandboxes(ACTIVITY.c.root_id)
OF_ROOTS = and_(INSTANCE.c.id == INSTANCE.c.root_id, INSTANCE.c.release >= 0)
OF_DECISIONS = outside_sandboxes(DECISION.c.root_id)
Metric = tuple[ColumnElement[Any], ColumnElement[bool]]
METRICS: Mapping[str, Metric] = {
    "activity-instance-start": (ACTIVITY.c.started_at, OF_WORK),
    "flow-node-instances": (ACTIVITY.c.started_at, OF_WORK),
    "activity-instance-end": (ACTIVITY.c.ended_at, OF_WORK),
    "root-process-instance-start": (INSTANCE.c.started_at, OF_ROOTS),
    "process-instances": (INSTANCE.c.started_at, OF_ROOTS),
    "executed-decision-instances": (DECISION.c.at, OF_DECISIONS),
    "decision-instances": (DECISION.c.at, OF_DECISIONS),
}
"""Name of a metric -> the instants that it counts, and which of them count."""
INTERVAL_SECONDS, MAX_SECONDS, MAX_INTERVALS = 900, 31_536_000, 200


class Metrics(Resource):
    """How often something happened."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Sums per interval (15 minutes unless asked otherwise), the newest first, of the last days at most."""
        resp.media = await self.commands.read(actor_of(req), _intervals, Parameters.of_query(req))

    async def on_get_sum(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        """How often something happened in a time span."""
        resp.media = {"result": await self.commands.read(actor_of(req), _sum, name, Parameters.of_query(req))}


class Statistics(Resource):
    """How many instances run on each version in force, and how many incidents are open there."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), _statistics)


def _intervals(ctx: CommandContext, parameters: Parameters) -> list[dict[str, Any]]:
    """MetricsIntervalResultDto."""
    authorizations.require(ctx, "Metrics", "read")
    seconds = parameters.integer("interval", least=1, most=MAX_SECONDS) or INTERVAL_SECONDS
    first, limit = parameters.integer("firstResult") or 0, parameters.integer("maxResults")
    shown = min(MAX_INTERVALS if limit is None else limit, MAX_INTERVALS)
    end = parameters.micros("endDate")
    end = ctx.now_micros + 1 if end is None else end
    width = seconds * 1_000_000
    start = max(parameters.micros("startDate") or 0, end - (first + shown) * width)
    found: list[dict[str, Any]] = []
    for name in _metrics(parameters.text("name")):
        at, counts = METRICS[name]
        slot = at // width
        query = select(slot.label("slot"), func.count()).where(at >= start, at < end, counts).group_by(slot)
        found += [
            {"timestamp": write_micros(int(row[0]) * width), "name": name, "reporter": None, "value": row[1]}
            for row in ctx.connection.execute(query.order_by(slot.desc()))
        ]
    found.sort(key=lambda one: one["timestamp"], reverse=True)
    return found[first : first + shown]


def _metrics(name: str | None) -> list[str]:
    if name is not None and name not in METRICS:
        raise NotFound(f"there is no metric of this name; there are {', '.join(sorted(METRICS))}")
    return sorted(METRICS) if name is None else [name]


def _sum(ctx: CommandContext, name: str, parameters: Parameters) -> int:
    authorizations.require(ctx, "Metrics", "read")
    (name,) = _metrics(name)
    at, counts = METRICS[name]
    query = select(func.count()).where(at.is_not(None), counts)
    after, before = parameters.micros("startDate"), parameters.micros("endDate")
    if after is not None:
        query = query.where(at >= after)
    if before is not None:
        query = query.where(at < before)
    return ctx.connection.execute(query).scalar_one()


def _statistics(ctx: CommandContext) -> list[dict[str, Any]]:
    """ProcessDefinitionStatisticsResultDto."""
    authorizations.require(ctx, "ProcessInstance", "read_any")
    running = _counted(ctx, INSTANCE.c.definition_id, and_(INSTANCE.c.ended_at.is_(None), INSTANCE.c.release >= 0))
    failing = _counted(
        ctx, INCIDENT.c.definition_id, and_(INCIDENT.c.resolved_at.is_(None), outside_sandboxes(INCIDENT.c.root_id))
    )
    return [
        {
            "id": one.id,
            "instances": running.get(one.id, 0),
            "failedJobs": failing.get(one.id, 0),
            "incidents": [],
            "definition": representations.process_definition(one),
            "@class": "org.camunda.bpm.engine.rest.dto.repository.ProcessDefinitionStatisticsResultDto",
        }
        for one in process_definitions.find(ctx, DefinitionQuery(latest=True))
    ]


def _counted(ctx: CommandContext, column: Any, condition: Any) -> dict[str, int]:
    rows = ctx.connection.execute(select(column, func.count()).where(condition).group_by(column))
    return {row[0]: row[1] for row in rows}


def rest_routes(parts: Parts) -> Iterable[Route]:
    return [
        ("/process-definition/statistics", Statistics(parts.commands), None),
        ("/metrics", Metrics(parts.commands), None),
        ("/metrics/{name}/sum", Metrics(parts.commands), "sum"),
    ]
