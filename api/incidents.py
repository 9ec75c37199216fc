"""/incident: what could not go on by itself, and what operators say and do about it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import falcon.asgi

from api import representations
from api.commands import Commands, actor_of, no_content
from api.lists import Listed, Listing
from api.params import MICROS, TEXT, TEXTS, Filters, Parameters, read_body
from api.routing import Parts, Route
from engine import authorizations, incident_queries, incidents
from engine.context import CommandContext
from engine.errors import NotFound
from engine.incident_queries import INCIDENTS, IncidentQuery

FILTERS: Filters = {
    "incidentId": ("id", TEXT),
    "incidentType": ("type", TEXT),
    "incidentMessage": ("message", TEXT),
    "incidentMessageLike": ("message_like", TEXT),
    "processInstanceId": ("process_instance_id", TEXT),
    "executionId": ("process_instance_id", TEXT),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKeyIn": ("definition_keys", TEXTS),
    "activityId": ("element_id", TEXT),
    "failedActivityId": ("element_id", TEXT),
    "configuration": ("job_id", TEXT),
    "jobDefinitionIdIn": ("job_definition_ids", TEXTS),
    "causeIncidentId": ("id", TEXT),
    "rootCauseIncidentId": ("id", TEXT),
    "incidentTimestampAfter": ("created_after", MICROS),
    "incidentTimestampBefore": ("created_before", MICROS),
}
LISTING = Listing.of(
    INCIDENTS, partial(IncidentQuery, open=True), FILTERS, lambda _ctx, row: representations.incident(row)
)


class Incidents(Listed):
    """Open incidents; resolved ones stand in the history."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, LISTING)

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, incident_id: str) -> None:
        """One open incident."""
        resp.media = representations.incident(await self.commands.read(actor_of(req), _one, incident_id))

    async def on_put_annotation(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, incident_id: str) -> None:
        """Writes a note to an incident."""
        note = Parameters(await read_body(req)).text("annotation")
        await self.commands.run(actor_of(req), _annotate, incident_id, note)
        no_content(resp)

    async def on_delete_annotation(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, incident_id: str
    ) -> None:
        """Removes the note of an incident."""
        await self.commands.run(actor_of(req), _annotate, incident_id, None)
        no_content(resp)

    async def on_delete_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, incident_id: str) -> None:
        """Resolves an incident."""
        await self.commands.run(actor_of(req), _resolve, incident_id)
        no_content(resp)


def _one(ctx: CommandContext, incident_id: str) -> Any:
    found = incident_queries.find(ctx, IncidentQuery(id=incident_id, open=True), limit=1)
    if not found:
        raise NotFound(f"there is no open incident {incident_id}")
    return found[0]


def _resolve(ctx: CommandContext, incident_id: str) -> None:
    authorizations.require(ctx, "Incident", "resolve")
    incidents.resolve(ctx, incident_id)


def _annotate(ctx: CommandContext, incident_id: str, note: str | None) -> None:
    authorizations.require(ctx, "Incident", "resolve")
    incidents.annotate(ctx, incident_id, note)


def rest_routes(parts: Parts) -> Iterable[Route]:
    incident = Incidents(parts.commands)
    return [
        ("/incident", incident, None),
        ("/incident/count", incident, "count"),
        ("/incident/{incident_id}", incident, "one"),
        ("/incident/{incident_id}/annotation", incident, "annotation"),
    ]
