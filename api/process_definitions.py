"""/process-definition: what is deployed, and starting it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import falcon.asgi

from api import forms, representations
from api.commands import Commands, actor_of, no_content
from api.lists import Listed, Listing
from api.params import BOOLEAN, INTEGER, TEXT, TEXTS, Filters, Parameters, read_body
from api.routing import ONE_DEFINITION, Parts, Route
from api.typed_values import read_variables, write_variables
from engine import authorizations, process_definitions, start_forms
from engine.context import CommandContext
from engine.definitions import Deployed
from engine.errors import InvalidRequest, NotFound
from engine.process_definitions import DEFINITIONS, DefinitionQuery
from engine.process_instances import ProcessInstance
from engine.process_statistics import activity_statistics

ACTIVITY_STATISTICS = "org.camunda.bpm.engine.rest.dto.repository.ActivityStatisticsResultDto"
FILTERS: Filters = {
    "processDefinitionId": ("id", TEXT),
    "processDefinitionIdIn": ("ids", TEXTS),
    "key": ("key", TEXT),
    "keysIn": ("keys", TEXTS),
    "keyLike": ("key_like", TEXT),
    "name": ("name", TEXT),
    "nameLike": ("name_like", TEXT),
    "version": ("version", INTEGER),
    "versionTag": ("version_tag", TEXT),
    "versionTagLike": ("version_tag_like", TEXT),
    "withoutVersionTag": ("without_version_tag", BOOLEAN),
    "deploymentId": ("deployment_id", TEXT),
    "resourceName": ("resource_name", TEXT),
    "resourceNameLike": ("resource_name_like", TEXT),
    "latestVersion": ("latest", BOOLEAN),
    "active": ("active", BOOLEAN),
    "suspended": ("suspended", BOOLEAN),
    "incidentId": ("incident_id", TEXT),
    "incidentType": ("incident_type", TEXT),
    "incidentMessage": ("incident_message", TEXT),
    "incidentMessageLike": ("incident_message_like", TEXT),
}


def _represented(ctx: CommandContext, deployed: Deployed) -> dict[str, Any]:
    suspended = process_definitions.is_suspended(ctx, deployed.id)
    return representations.process_definition(deployed, suspended=suspended)


LISTING = Listing.of(DEFINITIONS, DefinitionQuery, FILTERS, _represented)


class ProcessDefinitions(Listed):
    """Diagrams by id, or by key in the version that is in force."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, LISTING)

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        """One process definition."""
        resp.media = await self.commands.read(actor_of(req), _one, which)

    async def on_get_xml(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        """The diagram as it was deployed."""
        resp.media = await self.commands.read(actor_of(req), _xml, which)

    async def on_get_start_form(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        """Key and kind of the start form."""
        resp.media = await self.commands.read(actor_of(req), _start_form, which)

    async def on_get_deployed_start_form(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str
    ) -> None:
        """The start form as it was deployed."""
        resp.media = await self.commands.read(actor_of(req), _deployed_start_form, which)

    async def on_get_form_variables(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        """The fields of the start form, empty: what a start brings is not known before it is sent."""
        only = Parameters.of_query(req).texts("variableNames")
        resp.media = write_variables(await self.commands.read(actor_of(req), _start_fields, which, only))

    async def on_get_diagram(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        """There is no picture beside the diagram itself, which the pages draw from its XML."""
        await self.commands.read(actor_of(req), named, which)
        no_content(resp)

    async def on_get_statistics(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        """Running instances and incidents at each element of one definition."""
        resp.media = await self.commands.read(actor_of(req), _activity_statistics, which)

    async def on_put_time_to_live(self, req: falcon.asgi.Request, _resp: falcon.asgi.Response, **which: str) -> None:
        """Sets how many days the history of ended instances is kept."""
        await self.commands.read(actor_of(req), named, which)
        raise InvalidRequest(
            "the time to live stands in the diagram (camunda:historyTimeToLive), where a second person approves it; "
            "deploy a new version"
        )

    async def on_post_start(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        """Starts an instance, with a business key and variables."""
        await self._start(req, resp, which, with_form=False)

    async def on_post_submit_form(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        """Starts an instance with what its start form was filled in with."""
        await self._start(req, resp, which, with_form=True)

    async def _start(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, which: dict[str, str], *, with_form: bool
    ) -> None:
        body = Parameters(await read_body(req))
        if body.raw("startInstructions"):
            raise InvalidRequest("startInstructions are not supported: an instance starts at a start event")
        values = read_variables(body.raw("variables"), typed=True)
        start = partial(_start, which=which, values=values, body=body, with_form=with_form)
        resp.media = await self.commands.run(actor_of(req), start)


def named(ctx: CommandContext, which: dict[str, str]) -> Deployed:
    """Returns the definition that a path names by id or by key; raises NotFound."""
    if "key" in which:
        return process_definitions.latest(ctx, which["key"])
    return process_definitions.get(ctx, which["definition_id"])


def _one(ctx: CommandContext, which: dict[str, str]) -> dict[str, Any]:
    return _represented(ctx, named(ctx, which))


def _xml(ctx: CommandContext, which: dict[str, str]) -> dict[str, Any]:
    deployed = named(ctx, which)
    return {"id": deployed.id, "bpmn20Xml": process_definitions.xml(ctx, deployed.id).decode()}


def _start_form(ctx: CommandContext, which: dict[str, str]) -> dict[str, Any]:
    start = start_forms.start_of(ctx.engine.definitions.process(ctx, named(ctx, which).id))
    return forms.reference(start.form_ref if start else None, None)


def _deployed_start_form(ctx: CommandContext, which: dict[str, str]) -> Any:
    start = start_forms.start_of(ctx.engine.definitions.process(ctx, named(ctx, which).id))
    schema = forms.start_schema(ctx, start.form_ref if start else None)
    if schema is None:
        raise NotFound(f"the process definition {' '.join(which.values())} has no start form")
    return schema


def _start_fields(ctx: CommandContext, which: dict[str, str], only: tuple[str, ...] | None) -> dict[str, None]:
    deployed = named(ctx, which)
    form = start_forms.form_of(ctx, deployed, start_forms.start_of(ctx.engine.definitions.process(ctx, deployed.id)))
    return dict.fromkeys(name for name in (form.keys if form else ()) if only is None or name in only)


def _activity_statistics(ctx: CommandContext, which: dict[str, str]) -> list[dict[str, Any]]:
    """ActivityStatisticsResultDto."""
    return [
        {"@class": ACTIVITY_STATISTICS, "id": one.element_id, "instances": one.instances, "failedJobs": one.failed_jobs}
        | {"incidents": [{"incidentType": kind, "incidentCount": n} for kind, n in sorted(one.incidents.items())]}
        for one in activity_statistics(ctx, named(ctx, which).id)
    ]


def _start(
    ctx: CommandContext, *, which: dict[str, str], values: dict[str, Any], body: Parameters, with_form: bool
) -> dict[str, Any]:
    instance: ProcessInstance = start_forms.start_instance(
        ctx, named(ctx, which), values, business_key=body.short("businessKey"), with_form=with_form
    )
    written = representations.process_instance(instance)
    if body.boolean("withVariablesInReturn"):
        # What was sent comes back; the rest of the case is read under the rules of reading.
        written["variables"] = write_variables(values)
    return written


def may_start(ctx: CommandContext, deployed: Deployed) -> bool:
    """Tells whether the actor can start this process by hand."""
    start = start_forms.start_of(ctx.engine.definitions.process(ctx, deployed.id))
    return start is not None and authorizations.may_start(ctx, deployed, start.element_id)


def rest_routes(parts: Parts) -> Iterable[Route]:
    definitions = ProcessDefinitions(parts.commands)
    yield "/process-definition", definitions, None
    yield "/process-definition/count", definitions, "count"
    for base in ONE_DEFINITION:
        yield base, definitions, "one"
        yield f"{base}/xml", definitions, "xml"
        yield f"{base}/start", definitions, "start"
        yield f"{base}/submit-form", definitions, "submit_form"
        yield f"{base}/startForm", definitions, "start_form"
        yield f"{base}/deployed-start-form", definitions, "deployed_start_form"
        yield f"{base}/form-variables", definitions, "form_variables"
        yield f"{base}/diagram", definitions, "diagram"
        yield f"{base}/statistics", definitions, "statistics"
        yield f"{base}/history-time-to-live", definitions, "time_to_live"
