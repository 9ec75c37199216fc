"""/job and /incident: what happens by itself, and what could not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import falcon
import falcon.asgi
from sqlalchemy import Select, func, select

from api import representations
from api.commands import Resource, actor_of, no_content
from api.params import BOOLEAN, TEXT, Filters, Parameters, read_body, read_filters
from engine import authorizations, history_logs, incidents, jobs, models
from engine.context import CommandContext
from engine.errors import InvalidRequest, NotFound
from engine.history_logs import INCIDENT_SORTS, IncidentQuery

FILTERS: Filters = {
    "jobId": ("job_id", TEXT),
    "processInstanceId": ("process_instance_id", TEXT),
    "processDefinitionId": ("definition_id", TEXT),
    "noRetriesLeft": ("failed", BOOLEAN),
    "withRetriesLeft": ("hopeful", BOOLEAN),
}
INCIDENT_FILTERS: Filters = {
    "incidentId": ("id", TEXT),
    "incidentType": ("type", TEXT),
    "processInstanceId": ("process_instance_id", TEXT),
    "executionId": ("process_instance_id", TEXT),
    "processDefinitionId": ("definition_id", TEXT),
    "activityId": ("element_id", TEXT),
}
MAX_RETRIES = 100


class Jobs(Resource):
    """Jobs that wait, and new tries for failed ones."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), _listed, Parameters.of_query(req))

    async def on_get_count(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), _counted, Parameters.of_query(req))

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, job_id: str) -> None:
        resp.media = await self.commands.read(actor_of(req), _one, job_id)

    async def on_put_retries(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, job_id: str) -> None:
        retries = Parameters(await read_body(req)).integer("retries", most=MAX_RETRIES)
        if retries is None:
            raise InvalidRequest("retries is missing")
        await self.commands.run(actor_of(req), _set_retries, job_id, retries)
        no_content(resp)

    async def on_post_execute(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, job_id: str) -> None:
        await self.commands.run(actor_of(req), _execute, job_id)
        no_content(resp)

    async def on_put_duedate(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, job_id: str) -> None:
        due_at = Parameters(await read_body(req)).micros("duedate")
        if due_at is None:
            raise InvalidRequest("duedate is missing: a job without one would never run")
        await self.commands.run(actor_of(req), _change, job_id, {"due_at": due_at})
        no_content(resp)

    async def on_put_suspended(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, job_id: str) -> None:
        suspended = Parameters(await read_body(req)).boolean("suspended")
        if suspended is None:
            raise InvalidRequest("suspended is missing")
        await self.commands.run(actor_of(req), _change, job_id, {"suspended": suspended})
        no_content(resp)

    async def on_get_stacktrace(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, job_id: str) -> None:
        found = await self.commands.read(actor_of(req), _one, job_id)
        resp.content_type = falcon.MEDIA_TEXT
        # A stack trace may quote a value; the message says what may be said.
        resp.text = found["exceptionMessage"] or ""


class Incidents(Resource):
    """Open incidents."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        found = await self.commands.read(actor_of(req), _incidents, Parameters.of_query(req))
        resp.media = [representations.incident(row) for row in found]

    async def on_get_count(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        query = _incident_query(Parameters.of_query(req))
        resp.media = {"count": await self.commands.read(actor_of(req), history_logs.count_incidents, query)}

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, incident_id: str) -> None:
        resp.media = representations.incident(await self.commands.read(actor_of(req), _incident, incident_id))

    async def on_put_annotation(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, incident_id: str) -> None:
        note = Parameters(await read_body(req)).text("annotation")
        await self.commands.run(actor_of(req), _annotate, incident_id, note)
        no_content(resp)

    async def on_delete_annotation(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, incident_id: str
    ) -> None:
        await self.commands.run(actor_of(req), _annotate, incident_id, None)
        no_content(resp)

    async def on_delete_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, incident_id: str) -> None:
        await self.commands.run(actor_of(req), _resolve, incident_id)
        no_content(resp)


def _matching(
    *,
    job_id: str | None = None,
    process_instance_id: str | None = None,
    definition_id: str | None = None,
    failed: bool | None = None,
    hopeful: bool | None = None,
) -> Select[Any]:
    table = models.job
    query = select(table)
    for column, value in (
        (table.c.id, job_id),
        (table.c.process_instance_id, process_instance_id),
        (table.c.definition_id, definition_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if failed:
        query = query.where(table.c.retries == 0)
    return query.where(table.c.retries > 0) if hopeful else query


def _listed(ctx: CommandContext, parameters: Parameters) -> list[dict[str, Any]]:
    authorizations.require(ctx, "Job", "read")
    first, limit = parameters.page()
    query = read_filters(_matching, FILTERS, parameters)
    rows = ctx.connection.execute(query.order_by(models.job.c.due_at, models.job.c.id).offset(first).limit(limit))
    return [_show(ctx, row) for row in rows.all()]


def _counted(ctx: CommandContext, parameters: Parameters) -> dict[str, int]:
    authorizations.require(ctx, "Job", "read")
    matching = read_filters(_matching, FILTERS, parameters).subquery()
    return {"count": ctx.connection.execute(select(func.count()).select_from(matching)).scalar_one()}


def _one(ctx: CommandContext, job_id: str) -> dict[str, Any]:
    authorizations.require(ctx, "Job", "read")
    row = ctx.connection.execute(_matching(job_id=job_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no job {job_id}")
    return _show(ctx, row)


def _show(ctx: CommandContext, row: Any) -> dict[str, Any]:
    key = ctx.engine.definitions.deployed(ctx, row.definition_id).key if row.definition_id else None
    return representations.job(row, definition_key=key)


def _set_retries(ctx: CommandContext, job_id: str, retries: int) -> None:
    authorizations.require(ctx, "Job", "retry")
    jobs.set_retries(ctx, job_id, retries)


def _incident_query(parameters: Parameters) -> IncidentQuery:
    query: IncidentQuery = read_filters(IncidentQuery, INCIDENT_FILTERS, parameters, open=True)
    return query


def _incidents(ctx: CommandContext, parameters: Parameters) -> list[Any]:
    first, limit = parameters.page()
    sort = parameters.sorting(INCIDENT_SORTS, ())
    return history_logs.find_incidents(ctx, _incident_query(parameters), sort=sort, first=first, limit=limit)


def _resolve(ctx: CommandContext, incident_id: str) -> None:
    authorizations.require(ctx, "Incident", "resolve")
    incidents.resolve(ctx, incident_id)


def _execute(ctx: CommandContext, job_id: str) -> None:
    authorizations.require(ctx, "Job", "retry")
    jobs.run_now(ctx, job_id)


def _change(ctx: CommandContext, job_id: str, columns: Mapping[str, Any]) -> None:
    authorizations.require(ctx, "Job", "retry")
    jobs.change(ctx, job_id, **columns)


def _incident(ctx: CommandContext, incident_id: str) -> Any:
    authorizations.require(ctx, "Incident", "read")
    return incidents.get(ctx, incident_id)


def _annotate(ctx: CommandContext, incident_id: str, note: str | None) -> None:
    authorizations.require(ctx, "Incident", "resolve")
    incidents.annotate(ctx, incident_id, note)
