"""/execution: clients of Camunda ask for executions; here each instance is its only one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import falcon.asgi

from api.commands import Commands, actor_of, no_content
from api.lists import Listed, Listing
from api.params import BOOLEAN, TEXT, Filters, Parameters, read_body
from api.process_instances import running
from api.routing import Parts, Route
from api.typed_values import read_variables
from api.variable_filters import CONDITIONS
from engine import messages
from engine.context import CommandContext
from engine.history_queries import INSTANCES, InstanceQuery

FILTERS: Filters = {
    "executionId": ("id", TEXT),
    "processInstanceId": ("id", TEXT),
    "businessKey": ("business_key", TEXT),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKey": ("definition_key", TEXT),
    "active": ("active", BOOLEAN),
    "suspended": ("suspended", BOOLEAN),
    "processVariables": ("variables", CONDITIONS),
    "variables": ("variables", CONDITIONS),
}


def _execution(_ctx: CommandContext, row: Any) -> dict[str, Any]:
    """ExecutionDto."""
    return {"id": row.id, "processInstanceId": row.id, "ended": row.ended_at is not None, "tenantId": None}


LISTING = Listing.of(INSTANCES, partial(InstanceQuery, unfinished=True), FILTERS, _execution)


class Executions(Listed):
    """Running instances, as executions of themselves."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, LISTING)

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str) -> None:
        """One execution: here the instance itself."""
        resp.media = await self.commands.read(actor_of(req), _one, instance_id)

    async def on_post_trigger(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str, name: str
    ) -> None:
        """Hands a message to an instance that waits for it."""
        values = read_variables(Parameters(await read_body(req)).raw("variables"))
        message = messages.Message(name, process_instance_id=instance_id, variables=values)
        await self.commands.run(actor_of(req), messages.correlate, message)
        no_content(resp)


def _one(ctx: CommandContext, instance_id: str) -> dict[str, Any]:
    return _execution(ctx, running(ctx, instance_id))


def rest_routes(parts: Parts) -> Iterable[Route]:
    execution = Executions(parts.commands)
    return [
        ("/execution", execution, None),
        ("/execution/count", execution, "count"),
        ("/execution/{instance_id}", execution, "one"),
        ("/execution/{instance_id}/messageSubscriptions/{name}/trigger", execution, "trigger"),
    ]
