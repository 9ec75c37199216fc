"""/version, /engine, /identity, /user: what clients ask before they do anything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import falcon.asgi

from api.commands import Commands, Resource, actor_of
from api.params import Parameters, read_body
from api.routing import Parts, Route
from api.security import Doorkeeper
from engine import authorizations, users
from engine.context import CommandContext
from engine.errors import Forbidden, Unauthenticated
from engine.users import User

# The version of Camunda 7's contract that is spoken here; clients refuse to talk to an unknown one.
CONTRACT_VERSION = "7.24.0"


class Version(Resource):
    """The contract's version."""

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = {"version": CONTRACT_VERSION}


class Engines(Resource):
    """There is one engine, under the name that clients expect."""

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = [{"name": "default"}]


class Identity(Resource):
    """Verifies a password, and tells the groups of a user: roles."""

    def __init__(self, commands: Commands, doorkeeper: Doorkeeper) -> None:
        super().__init__(commands)
        self._doorkeeper = doorkeeper

    async def on_post_verify(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Tells whether a name and a password belong together."""
        body = Parameters(await read_body(req))
        name, password = body.required("username"), body.required("password")
        try:
            await self._doorkeeper.verify(name, password)
        except Unauthenticated as refused:
            req.context.refused = refused  # for the access log: the answer is a 200, as clients expect
            resp.media = {"authenticatedUser": name, "authenticated": False}
        else:
            resp.media = {"authenticatedUser": name, "authenticated": True}

    async def on_get_groups(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """The roles of a user as groups, and who shares them."""
        user_id = Parameters.of_query(req).required("userId")
        resp.media = await self.commands.read(actor_of(req), _groups, user_id)

    async def on_get_profile(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, user_id: str) -> None:
        """Name and id of a user."""
        user = await self.commands.read(actor_of(req), _user, user_id)
        resp.media = {"id": user.id, "firstName": user.name, "lastName": None, "email": None}


def _user(ctx: CommandContext, user_id: str) -> User:
    """Everybody reads the own profile; those of others need the right to."""
    if user_id != ctx.actor.user_id and not authorizations.may(ctx, "User", "read"):
        raise Forbidden(
            f"user {ctx.actor.user_id} may not read User",
            user_id=ctx.actor.user_id,
            resource="User",
            operation="read",
        )
    return users.get(ctx, user_id)


def _groups(ctx: CommandContext, user_id: str) -> dict[str, Any]:
    user = _user(ctx, user_id)
    names = users.role_names(ctx)
    groups = [{"id": role, "name": names.get(role, (role, role))[0]} for role in user.roles]
    members = [{"id": user.id, "firstName": user.name, "lastName": None, "displayName": user.name}]
    return {"groups": groups, "groupUsers": members}


def rest_routes(parts: Parts) -> Iterable[Route]:
    who = Identity(parts.commands, parts.doorkeeper)
    return [
        ("/version", Version(parts.commands), None),
        ("/engine", Engines(parts.commands), None),
        ("/identity/verify", who, "verify"),
        ("/identity/groups", who, "groups"),
        ("/user/{user_id}/profile", who, "profile"),
    ]
