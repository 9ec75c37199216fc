"""/execution: clients of Camunda ask for executions; here each instance is its only one."""

from __future__ import annotations

from typing import Any

import falcon.asgi

from api.commands import Resource, actor_of, no_content
from api.params import BOOLEAN, TEXT, Filters, Parameters, read_body, read_filters
from api.process_instances import running
from api.typed_values import read_variables
from api.variable_filters import CONDITIONS
from engine import history_queries, messages
from engine.context import CommandContext
from engine.history_queries import InstanceQuery

FILTERS: Filters = {
    "processInstanceId": ("id", TEXT),
    "businessKey": ("business_key", TEXT),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKey": ("definition_key", TEXT),
    "active": ("active", BOOLEAN),
    "suspended": ("suspended", BOOLEAN),
    "processVariables": ("variables", CONDITIONS),
    "variables": ("variables", CONDITIONS),
}


class Executions(Resource):
    """Running instances, as executions of themselves."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), _listed, Parameters.of_query(req))

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), _listed, await Parameters.of_both(req))

    async def on_get_count(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        query = _query(Parameters.of_query(req))
        resp.media = {"count": await self.commands.read(actor_of(req), history_queries.count_instances, query)}

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str) -> None:
        resp.media = _execution(await self.commands.read(actor_of(req), running, instance_id))

    async def on_post_trigger(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str, name: str
    ) -> None:
        """Hands a message to an instance that waits for it."""
        values = read_variables(Parameters(await read_body(req)).raw("variables"))
        message = messages.Message(name, process_instance_id=instance_id, variables=values)
        await self.commands.run(actor_of(req), messages.correlate, message)
        no_content(resp)


def _query(parameters: Parameters) -> InstanceQuery:
    query: InstanceQuery = read_filters(InstanceQuery, FILTERS, parameters, unfinished=True)
    return query


def _listed(ctx: CommandContext, parameters: Parameters) -> list[dict[str, Any]]:
    first, limit = parameters.page()
    sort = parameters.sorting(history_queries.INSTANCE_SORTS, ())
    found = history_queries.find_instances(ctx, _query(parameters), sort=sort, first=first, limit=limit)
    return [_execution(row) for row in found]


def _execution(row: Any) -> dict[str, Any]:
    """ExecutionDto."""
    return {"id": row.id, "processInstanceId": row.id, "ended": row.ended_at is not None, "tenantId": None}
