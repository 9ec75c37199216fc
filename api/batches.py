"""/batch: operations on many instances, and how far they are."""

from __future__ import annotations

from typing import Any

import falcon.asgi

from api.commands import Resource, actor_of, no_content
from api.params import Parameters, read_body
from api.times import write_micros
from engine import batches
from engine.batches import Batch
from engine.context import CommandContext
from engine.errors import InvalidRequest


class Batches(Resource):
    """Batches, newest first."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        found = await self.commands.read(actor_of(req), _listed, Parameters.of_query(req))
        resp.media = [represented(one) for one in found]

    async def on_get_count(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        found = await self.commands.read(actor_of(req), _listed, Parameters.of_query(req))
        resp.media = {"count": len(found)}

    async def on_get_statistics(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        found = await self.commands.read(actor_of(req), _listed, Parameters.of_query(req))
        resp.media = [_statistics(one) for one in found]

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, batch_id: str) -> None:
        resp.media = _statistics(await self.commands.read(actor_of(req), batches.get, batch_id))

    async def on_delete_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, batch_id: str) -> None:
        await self.commands.run(actor_of(req), batches.remove, batch_id)
        no_content(resp)

    async def on_put_suspended(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, batch_id: str) -> None:
        suspended = Parameters(await read_body(req)).boolean("suspended")
        if suspended is None:
            raise InvalidRequest("suspended is missing")
        await self.commands.run(actor_of(req), batches.set_suspended, batch_id, suspended=suspended)
        no_content(resp)


def _listed(ctx: CommandContext, parameters: Parameters) -> list[Batch]:
    batch_id = parameters.text("batchId")
    if batch_id is not None:
        return [batches.get(ctx, batch_id)]
    first, limit = parameters.page()
    return batches.find(ctx, type=parameters.text("type"), first=first, limit=limit)


def represented(one: Batch) -> dict[str, Any]:
    """BatchDto."""
    return {
        "id": one.id,
        "type": one.type,
        "totalJobs": one.total,
        "jobsCreated": one.total,
        "batchJobsPerSeed": one.total,
        "invocationsPerBatchJob": 1,
        "seedJobDefinitionId": None,
        "monitorJobDefinitionId": None,
        "batchJobDefinitionId": None,
        "suspended": bool(one.suspended),
        "tenantId": None,
        "createUserId": one.created_by,
        "startTime": write_micros(one.created_at),
        "executionStartTime": write_micros(one.created_at),
    }


def _statistics(one: Batch) -> dict[str, Any]:
    """BatchStatisticsDto. Camunda counts what failed among what remains."""
    counts = {"remainingJobs": one.remaining + one.failed, "completedJobs": one.completed, "failedJobs": one.failed}
    return represented(one) | counts
