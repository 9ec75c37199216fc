"""/metrics and the statistics of process definitions: numbers without a case."""

from __future__ import annotations

from typing import Any

import falcon.asgi
from sqlalchemy import func, select

from api import representations
from api.commands import Resource, actor_of
from api.params import Parameters
from engine import authorizations, models, process_definitions
from engine.context import CommandContext
from engine.errors import NotFound
from engine.process_definitions import DefinitionQuery

ACTIVITY, INSTANCE, INCIDENT = models.activity_instance, models.process_instance, models.incident
# name of a metric -> the column whose rows it counts, and the instant they are dated by
METRICS = {
    "activity-instance-start": (ACTIVITY.c.id, ACTIVITY.c.started_at),
    "flow-node-instances": (ACTIVITY.c.id, ACTIVITY.c.started_at),
    "activity-instance-end": (ACTIVITY.c.id, ACTIVITY.c.ended_at),
    "root-process-instance-start": (INSTANCE.c.id, INSTANCE.c.started_at),
    "process-instances": (INSTANCE.c.id, INSTANCE.c.started_at),
    "executed-decision-instances": (models.decision_instance.c.id, models.decision_instance.c.at),
    "decision-instances": (models.decision_instance.c.id, models.decision_instance.c.at),
}


class Metrics(Resource):
    """How often something happened."""

    async def on_get_sum(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        resp.media = {"result": await self.commands.read(actor_of(req), _sum, name, Parameters.of_query(req))}


class Statistics(Resource):
    """How many instances run on each version in force, and how many incidents are open there."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), _statistics)


def _sum(ctx: CommandContext, name: str, parameters: Parameters) -> int:
    authorizations.require(ctx, "Metrics", "read")
    if name not in METRICS:
        raise NotFound(f"there is no metric of this name; there are {', '.join(sorted(METRICS))}")
    counted, at = METRICS[name]
    query = select(func.count(counted)).where(at.is_not(None))
    after, before = parameters.micros("startDate"), parameters.micros("endDate")
    if after is not None:
        query = query.where(at >= after)
    if before is not None:
        query = query.where(at < before)
    return ctx.connection.execute(query).scalar_one()


def _statistics(ctx: CommandContext) -> list[dict[str, Any]]:
    """ProcessDefinitionStatisticsResultDto."""
    authorizations.require(ctx, "ProcessInstance", "read_any")
    running = _counted(ctx, INSTANCE.c.definition_id, INSTANCE.c.ended_at.is_(None))
    failing = _counted(ctx, INCIDENT.c.definition_id, INCIDENT.c.resolved_at.is_(None))
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
