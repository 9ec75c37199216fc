"""/decision-definition and /decision-requirements-definition: tables, looked at and tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import falcon.asgi

from api import representations
from api.commands import Resource, actor_of
from api.params import BOOLEAN, INTEGER, TEXT, TEXTS, Filters, Parameters, read_body, read_filters
from api.typed_values import read_variables, write_variable
from engine import decision_definitions, definitions
from engine.context import CommandContext
from engine.decision_definitions import DecisionQuery
from engine.definitions import Deployed

FILTERS: Filters = {
    "decisionDefinitionId": ("id", TEXT),
    "decisionDefinitionIdIn": ("ids", TEXTS),
    "key": ("key", TEXT),
    "name": ("name", TEXT),
    "version": ("version", INTEGER),
    "deploymentId": ("deployment_id", TEXT),
    "latestVersion": ("latest", BOOLEAN),
}


class DecisionDefinitions(Resource):
    """Decisions by id, or by key in the version that is in force."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), _listed, Parameters.of_query(req))

    async def on_get_count(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        query = _query(Parameters.of_query(req))
        resp.media = {"count": await self.commands.read(actor_of(req), decision_definitions.count, query)}

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        resp.media = await self.commands.read(actor_of(req), _shown, which, representations.decision_definition)

    async def on_get_xml(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        resp.media = await self.commands.read(actor_of(req), _xml, which)

    async def on_post_evaluate(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        values = read_variables(Parameters(await read_body(req)).raw("variables"))
        resp.media = await self.commands.read(actor_of(req), _evaluate, which, values)


class DecisionRequirements(Resource):
    """The files in which decisions lie together. Ours have no id of their own: there is none to list."""

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = []

    async def on_get_count(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = {"count": 0}


def named(ctx: CommandContext, which: dict[str, str]) -> Deployed:
    """Returns the decision that a path names by id or by key; raises NotFound."""
    if "key" in which:
        return decision_definitions.latest(ctx, which["key"])
    return decision_definitions.get(ctx, which["definition_id"])


def _query(parameters: Parameters) -> DecisionQuery:
    query: DecisionQuery = read_filters(DecisionQuery, FILTERS, parameters)
    return query


def _listed(ctx: CommandContext, parameters: Parameters) -> list[dict[str, Any]]:
    first, limit = parameters.page()
    if limit == 0:
        return []
    found = decision_definitions.find(ctx, _query(parameters), first=first, limit=limit)
    return [representations.decision_definition(one) for one in found]


def _shown(ctx: CommandContext, which: dict[str, str], show: Callable[[Deployed], dict[str, Any]]) -> dict[str, Any]:
    return show(named(ctx, which))


def _xml(ctx: CommandContext, which: dict[str, str]) -> dict[str, Any]:
    deployed = named(ctx, which)
    return {"id": deployed.id, "dmnXml": definitions.body_of(ctx, deployed.resource_id).decode()}


def _evaluate(ctx: CommandContext, which: dict[str, str], values: dict[str, Any]) -> list[dict[str, Any]]:
    """One object of typed outputs for each row that fired."""
    result = decision_definitions.evaluate(ctx, named(ctx, which), values)
    return [{name: write_variable(value) for name, value in row.items()} for row in result]
