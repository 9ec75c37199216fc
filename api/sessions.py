"""/api/session and /api/demo: logging in to the pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import falcon
import falcon.asgi

from api.commands import Commands, Resource, no_content
from api.params import Parameters, read_body
from api.routing import Parts, Route
from api.security import COOKIE, Doorkeeper, Visitor, is_encrypted, require_own_page, require_same_site, token_of
from engine import users
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.errors import Unauthenticated
from engine.sessions import ABSOLUTE, Session
from engine.users import User


class Sessions(Resource):
    """The session of the browser that asks."""

    public = True

    def __init__(self, commands: Commands, doorkeeper: Doorkeeper) -> None:
        super().__init__(commands)
        self._doorkeeper = doorkeeper

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Logs in with a name and a password; sets the session cookie."""
        require_own_page(req)
        body = Parameters(await read_body(req))
        visitor = await self._doorkeeper.verify(body.required("username"), body.required("password"))
        token, session = await self._doorkeeper.open_session(visitor, instead_of=token_of(req))
        resp.set_cookie(
            COOKIE,
            token,
            path="/",
            max_age=int(ABSOLUTE.total_seconds()),
            secure=is_encrypted(req),
            http_only=True,
            same_site="Strict",
        )
        resp.media = await self._shown(visitor.user, session)

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Who is logged in, and the token that writing requests carry."""
        visitor, session = await self._current(req)
        resp.media = await self._shown(visitor.user, session)

    async def on_delete(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Logs out; the session's token is worth nothing from then on."""
        visitor, _ = await self._current(req)
        require_same_site(req, visitor)
        await self._doorkeeper.close_session(token_of(req) or "")
        resp.unset_cookie(COOKIE, path="/", same_site="Strict")
        no_content(resp)

    async def _current(self, req: falcon.asgi.Request) -> tuple[Visitor, Session]:
        visitor = await self._doorkeeper.identify(req)
        if visitor.session is None:
            raise Unauthenticated("there is no session; log in first")
        return visitor, visitor.session

    async def _shown(self, user: User, session: Session) -> dict[str, Any]:
        shown = await self.commands.read(SYSTEM_ACTOR, _user, user)
        demo = self.commands.engine.settings.demo
        return {"user": shown, "csrfToken": session.csrf_token, "demo": demo}


class Demo(Resource):
    """Who can log in to the demonstration; in any other mode it tells nothing."""

    public = True

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        if not self.commands.engine.settings.demo:
            resp.media = {"demo": False, "users": []}
            return
        resp.media = {"demo": True, "users": await self.commands.read(SYSTEM_ACTOR, _demo_users)}


def _user(ctx: CommandContext, user: User) -> dict[str, Any]:
    return {"id": user.id, "name": user.name, "roles": _roles(ctx, user)}


def _roles(ctx: CommandContext, user: User) -> list[dict[str, str]]:
    names = users.role_names(ctx)
    found = ((role, names.get(role, (role, role))) for role in user.roles)
    return [{"code": role, "zh": zh, "en": en} for role, (zh, en) in found]


def _demo_users(ctx: CommandContext) -> list[dict[str, Any]]:
    listed = users.listed(ctx)
    return [{"id": user.id, "roles": _roles(ctx, user)} for user in listed if user.active]


def own_routes(parts: Parts) -> Iterable[Route]:
    return [
        ("/api/session", Sessions(parts.commands, parts.doorkeeper), None),
        ("/api/demo", Demo(parts.commands), None),
    ]
