"""/healthz and /readyz: for whoever watches the process."""

from __future__ import annotations

import falcon
import falcon.asgi
from sqlalchemy.exc import SQLAlchemyError

from api.commands import Resource
from engine import releases
from engine.context import SYSTEM_ACTOR


class Health(Resource):
    """The process answers."""

    public = True

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = {"status": "ok"}


class Readiness(Resource):
    """The database answers, too, and has its tables."""

    public = True

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        try:
            await self.commands.read(SYSTEM_ACTOR, releases.current)
        except SQLAlchemyError:
            resp.status = falcon.HTTP_503
            resp.media = {"status": "unavailable", "reason": "the database does not answer or has no tables"}
        else:
            resp.media = {"status": "ok"}
