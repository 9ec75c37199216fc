"""/job-definition: the elements of diagrams that make jobs, and all jobs of one of them at once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import falcon.asgi

from api.commands import Commands, actor_of, no_content
from api.jobs import read_retries
from api.lists import Listed, Listing
from api.params import BOOLEAN, TEXT, TEXTS, Filters, Parameters, read_body
from api.routing import Parts, Route
from engine import job_definitions
from engine.context import CommandContext
from engine.errors import InvalidRequest
from engine.job_definitions import JobDefinition, JobDefinitionQuery

FILTERS: Filters = {
    "jobDefinitionId": ("id", TEXT),
    "activityIdIn": ("element_ids", TEXTS),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKey": ("definition_key", TEXT),
    "jobType": ("type", TEXT),
    "jobConfiguration": ("configuration", TEXT),
    "active": ("active", BOOLEAN),
    "suspended": ("suspended", BOOLEAN),
    "withOverridingJobPriority": ("overriding_priority", BOOLEAN),
}


def _shown(_ctx: CommandContext, one: JobDefinition) -> dict[str, Any]:
    """JobDefinitionDto."""
    return {
        "id": one.id,
        "processDefinitionId": one.definition.id,
        "processDefinitionKey": one.definition.key,
        "activityId": one.element_id,
        "jobType": one.type,
        "jobConfiguration": one.configuration,
        "overridingJobPriority": None,
        "suspended": one.suspended,
        "tenantId": None,
        "deploymentId": one.definition.deployment_id,
    }


LISTING = Listing(
    JobDefinitionQuery, FILTERS, job_definitions.SORTS, job_definitions.find, job_definitions.count, _shown
)


class JobDefinitions(Listed):
    """What makes jobs in the diagrams in force."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, LISTING)

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, job_definition_id: str) -> None:
        """One job definition."""
        resp.media = await self.commands.read(actor_of(req), _one, job_definition_id)

    async def on_put_suspended(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, job_definition_id: str
    ) -> None:
        """Holds the jobs of a definition, or lets them run."""
        body = Parameters(await read_body(req))
        suspended, include = body.boolean("suspended"), bool(body.boolean("includeJobs"))
        if suspended is None:
            raise InvalidRequest("suspended is missing")
        if body.raw("executionDate"):
            raise InvalidRequest("executionDate is not supported for jobs; hold the definition or the instance later")
        hold = partial(job_definitions.set_suspended, suspended=suspended, include_jobs=include)
        await self.commands.run(actor_of(req), hold, job_definition_id)
        no_content(resp)

    async def on_put_retries(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, job_definition_id: str
    ) -> None:
        """Sets how often the jobs of a definition may still be tried."""
        retries = read_retries(Parameters(await read_body(req)))
        await self.commands.run(actor_of(req), job_definitions.set_retries, job_definition_id, retries)
        no_content(resp)


def _one(ctx: CommandContext, job_definition_id: str) -> dict[str, Any]:
    return _shown(ctx, job_definitions.get(ctx, job_definition_id))


def rest_routes(parts: Parts) -> Iterable[Route]:
    element = JobDefinitions(parts.commands)
    return [
        ("/job-definition", element, None),
        ("/job-definition/count", element, "count"),
        ("/job-definition/{job_definition_id}", element, "one"),
        ("/job-definition/{job_definition_id}/retries", element, "retries"),
        ("/job-definition/{job_definition_id}/suspended", element, "suspended"),
    ]
