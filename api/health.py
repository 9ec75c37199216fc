"""/healthz and /readyz: for whoever watches the process."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import falcon
import falcon.asgi
from sqlalchemy.exc import SQLAlchemyError

from api.commands import Resource
from api.routing import Parts, Route
from api.times import ZONE
from crm.migrations import VERSIONS as CRM_VERSIONS
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.migrations import VERSIONS as ENGINE_VERSIONS
from engine.schema import current_heads, known_heads


class Health(Resource):
    """The process answers."""

    public = True

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = {"status": "ok"}


class Readiness(Resource):
    """The process can work: the database has the tables of this version and the working days of this year."""

    public = True

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        try:
            reason = await self.commands.read(SYSTEM_ACTOR, _hindrance)
        except SQLAlchemyError:
            reason = "the database does not answer"
        if reason is None:
            resp.media = {"status": "ok"}
            return
        resp.status = falcon.HTTP_503
        resp.media = {"status": "unavailable", "reason": reason}


def _hindrance(ctx: CommandContext) -> str | None:
    """Returns what keeps the process from working, in words that name the remedy."""
    if current_heads(ctx.connection) != _heads():
        return "the schema is not that of this version; run `marque migrate`"
    year = ctx.now.astimezone(ZONE).year
    if year not in ctx.engine.calendar.years:
        return f"the working days of {year} are not loaded; run `marque calendar load`"
    return None


@cache
def _heads() -> frozenset[str]:
    return known_heads((ENGINE_VERSIONS, CRM_VERSIONS))


def own_routes(parts: Parts) -> Iterable[Route]:
    return [
        ("/healthz", Health(parts.commands), None),
        ("/readyz", Readiness(parts.commands), None),
    ]
