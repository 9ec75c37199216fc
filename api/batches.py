"""/batch: operations on many instances, and how far they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import falcon.asgi

from api.commands import Commands, actor_of, no_content
from api.lists import Listed, Listing
from api.params import BOOLEAN, TEXT, Filters, Parameters, read_body
from api.routing import Parts, Route
from api.times import write_micros
from engine import batches
from engine.batches import BATCHES, Batch, BatchQuery
from engine.context import CommandContext
from engine.errors import InvalidRequest

FILTERS: Filters = {
    "batchId": ("id", TEXT),
    "type": ("type", TEXT),
    "suspended": ("suspended", BOOLEAN),
    "completed": ("completed", BOOLEAN),
}


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


def _historic(_ctx: CommandContext, one: Batch) -> dict[str, Any]:
    """HistoricBatchDto; when the last of its jobs was done is not kept."""
    told = {name: value for name, value in represented(one).items() if name not in {"suspended", "jobsCreated"}}
    return told | {"endTime": None, "removalTime": None}


LISTING = Listing.of(BATCHES, BatchQuery, FILTERS, lambda _ctx, one: represented(one))
STATISTICS = replace(LISTING, show=lambda _ctx, one: _statistics(one))
HISTORY = replace(LISTING, show=_historic)


class Batches(Listed):
    """Batches, newest first."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, LISTING)

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, batch_id: str) -> None:
        """One batch and how far it is."""
        resp.media = _statistics(await self.commands.read(actor_of(req), batches.get, batch_id))

    async def on_delete_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, batch_id: str) -> None:
        """Drops a batch and what of it has not run; what is done stays done."""
        await self.commands.run(actor_of(req), batches.remove, batch_id)
        no_content(resp)

    async def on_put_suspended(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, batch_id: str) -> None:
        """Holds a batch, or lets it go on."""
        suspended = Parameters(await read_body(req)).boolean("suspended")
        if suspended is None:
            raise InvalidRequest("suspended is missing")
        await self.commands.run(actor_of(req), batches.set_suspended, batch_id, suspended=suspended)
        no_content(resp)


def rest_routes(parts: Parts) -> Iterable[Route]:
    many = Batches(parts.commands)
    counted, past = (Listed(parts.commands, one) for one in (STATISTICS, HISTORY))
    return [
        ("/batch", many, None),
        ("/batch/count", many, "count"),
        ("/batch/statistics", counted, None),
        ("/batch/statistics/count", counted, "count"),
        ("/history/batch", past, None),
        ("/history/batch/count", past, "count"),
        ("/batch/{batch_id}", many, "one"),
        ("/batch/{batch_id}/suspended", many, "suspended"),
    ]
