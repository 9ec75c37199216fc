"""/decision-definition and /decision-requirements-definition: tables, looked at and tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import falcon.asgi

from api import representations
from api.commands import Commands, Resource, actor_of
from api.lists import Listed, Listing
from api.params import BOOLEAN, INTEGER, TEXT, TEXTS, Filters, Parameters, read_body
from api.routing import Parts, Route
from api.typed_values import read_variables, write_variable
from engine import decision_definitions, definitions
from engine.context import CommandContext
from engine.decision_definitions import DECISIONS, DecisionQuery
from engine.definitions import Deployed

FILTERS: Filters = {
    "decisionDefinitionId": ("id", TEXT),
    "decisionDefinitionIdIn": ("ids", TEXTS),
    "key": ("key", TEXT),
    "keyLike": ("key_like", TEXT),
    "name": ("name", TEXT),
    "nameLike": ("name_like", TEXT),
    "versionTag": ("version_tag", TEXT),
    "version": ("version", INTEGER),
    "deploymentId": ("deployment_id", TEXT),
    "latestVersion": ("latest", BOOLEAN),
}


LISTING = Listing.of(DECISIONS, DecisionQuery, FILTERS, lambda _ctx, one: representations.decision_definition(one))


class DecisionDefinitions(Listed):
    """Decisions by id, or by key in the version that is in force."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands, LISTING)

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        """One decision definition."""
        resp.media = await self.commands.read(actor_of(req), _shown, which, representations.decision_definition)

    async def on_get_xml(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        """The table as it was deployed."""
        resp.media = await self.commands.read(actor_of(req), _xml, which)

    async def on_post_evaluate(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        """Evaluates a decision for variables."""
        values = read_variables(Parameters(await read_body(req)).raw("variables"))
        resp.media = await self.commands.read(actor_of(req), _evaluate, which, values)


class DecisionRequirements(Resource):
    """The files in which decisions lie together. Ours have no id of their own: there is none to list."""

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Files of decisions that require each other."""
        resp.media = []

    async def on_get_count(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Counts files of decisions that require each other."""
        resp.media = {"count": 0}


def named(ctx: CommandContext, which: dict[str, str]) -> Deployed:
    """Returns the decision that a path names by id or by key; raises NotFound."""
    if "key" in which:
        return decision_definitions.latest(ctx, which["key"])
    return decision_definitions.get(ctx, which["definition_id"])


def _shown(ctx: CommandContext, which: dict[str, str], show: Callable[[Deployed], dict[str, Any]]) -> dict[str, Any]:
    return show(named(ctx, which))


def _xml(ctx: CommandContext, which: dict[str, str]) -> dict[str, Any]:
    deployed = named(ctx, which)
    return {"id": deployed.id, "dmnXml": definitions.body_of(ctx, deployed.resource_id).decode()}


def _evaluate(ctx: CommandContext, which: dict[str, str], values: dict[str, Any]) -> list[dict[str, Any]]:
    """One object of typed outputs for each row that fired."""
    result = decision_definitions.evaluate(ctx, named(ctx, which), values)
    return [{name: write_variable(value) for name, value in row.items()} for row in result]


def rest_routes(parts: Parts) -> Iterable[Route]:
    decisions, requirements = DecisionDefinitions(parts.commands), DecisionRequirements(parts.commands)
    yield "/decision-definition", decisions, None
    yield "/decision-definition/count", decisions, "count"
    for base in ("/decision-definition/{definition_id}", "/decision-definition/key/{key}"):
        yield base, decisions, "one"
        yield f"{base}/xml", decisions, "xml"
        yield f"{base}/evaluate", decisions, "evaluate"
    yield "/decision-requirements-definition", requirements, None
    yield "/decision-requirements-definition/count", requirements, "count"
