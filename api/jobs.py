"""/job: what happens by itself, and new tries for what failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import falcon
import falcon.asgi

from api import representations
from api.commands import Commands, actor_of, no_content
from api.lists import Listed, Listing
from api.params import BOOLEAN, BOUNDS, TEXT, TEXTS, Filters, Parameters, read_body
from api.routing import Parts, Route
from engine import authorizations, job_queries, jobs
from engine.context import CommandContext
from engine.errors import InvalidRequest
from engine.job_queries import JOBS, JobQuery

FILTERS: Filters = {
    "jobId": ("id", TEXT),
    "jobIds": ("ids", TEXTS),
    "jobDefinitionId": ("job_definition_id", TEXT),
    "processInstanceId": ("process_instance_id", TEXT),
    "processInstanceIds": ("process_instance_ids", TEXTS),
    "executionId": ("process_instance_id", TEXT),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKey": ("definition_key", TEXT),
    "activityId": ("element_id", TEXT),
    "failedActivityId": ("element_id", TEXT),
    "timers": ("timers", BOOLEAN),
    "messages": ("messages", BOOLEAN),
    "executable": ("executable", BOOLEAN),
    "noRetriesLeft": ("failed", BOOLEAN),
    "withRetriesLeft": ("hopeful", BOOLEAN),
    "active": ("active", BOOLEAN),
    "suspended": ("suspended", BOOLEAN),
    "withException": ("with_error", BOOLEAN),
    "exceptionMessage": ("error", TEXT),
    "dueDates": ("due", BOUNDS),
    "createTimes": ("created", BOUNDS),
}
MAX_RETRIES = 100
LISTING = Listing.of(JOBS, JobQuery, FILTERS, lambda _ctx, row: representations.job(row))


class Jobs(Listed):
    """Jobs that wait, and new tries for failed ones."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, LISTING)

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, job_id: str) -> None:
        """One job."""
        resp.media = representations.job(await self.commands.read(actor_of(req), job_queries.get, job_id))

    async def on_put_retries(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, job_id: str) -> None:
        """Sets how often a job may still be tried."""
        await self.commands.run(actor_of(req), _set_retries, job_id, read_retries(Parameters(await read_body(req))))
        no_content(resp)

    async def on_post_execute(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, job_id: str) -> None:
        """Runs a job now."""
        await self.commands.run(actor_of(req), _execute, job_id)
        no_content(resp)

    async def on_put_duedate(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, job_id: str) -> None:
        """Sets when a job is due."""
        due_at = Parameters(await read_body(req)).micros("duedate")
        if due_at is None:
            raise InvalidRequest("duedate is missing: a job without one would never run")
        await self.commands.run(actor_of(req), _change, job_id, {"due_at": due_at})
        no_content(resp)

    async def on_put_suspended(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, job_id: str) -> None:
        """Holds a job, or lets it run."""
        suspended = Parameters(await read_body(req)).boolean("suspended")
        if suspended is None:
            raise InvalidRequest("suspended is missing")
        await self.commands.run(actor_of(req), _change, job_id, {"suspended": suspended})
        no_content(resp)

    async def on_get_stacktrace(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, job_id: str) -> None:
        """What the last failure of a job said."""
        found = await self.commands.read(actor_of(req), job_queries.get, job_id)
        resp.content_type = falcon.MEDIA_TEXT
        # A stack trace may quote a value; the message says what may be said.
        resp.text = found.error or ""


def read_retries(body: Parameters) -> int:
    """Reads how often something that failed is tried again."""
    retries = body.integer("retries", most=MAX_RETRIES)
    if retries is None:
        raise InvalidRequest("retries is missing")
    return retries


def _set_retries(ctx: CommandContext, job_id: str, retries: int) -> None:
    authorizations.require(ctx, "Job", "retry")
    jobs.set_retries(ctx, job_id, retries)


def _execute(ctx: CommandContext, job_id: str) -> None:
    authorizations.require(ctx, "Job", "retry")
    jobs.run_now(ctx, job_id)


def _change(ctx: CommandContext, job_id: str, columns: Mapping[str, Any]) -> None:
    authorizations.require(ctx, "Job", "retry")
    jobs.change(ctx, job_id, **columns)


def rest_routes(parts: Parts) -> Iterable[Route]:
    job = Jobs(parts.commands)
    return [
        ("/job", job, None),
        ("/job/count", job, "count"),
        ("/job/{job_id}", job, "one"),
        ("/job/{job_id}/retries", job, "retries"),
        ("/job/{job_id}/execute", job, "execute"),
        ("/job/{job_id}/duedate", job, "duedate"),
        ("/job/{job_id}/suspended", job, "suspended"),
        ("/job/{job_id}/stacktrace", job, "stacktrace"),
    ]
