"""/api/tokens: what the programs of a user log in with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import falcon
import falcon.asgi

from api.commands import Resource, actor_of, no_content
from api.params import Parameters, read_body
from api.routing import Parts, Route
from api.security import Visitor
from api.times import write_micros
from engine import tokens
from engine.errors import Forbidden
from engine.tokens import DEFAULT_DAYS, MAX_DAYS, ApiToken


class Tokens(Resource):
    """The tokens of the actor; another user's with `userId`, for those who may read users."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """The asker's tokens, without their secrets."""
        user_id = Parameters.of_query(req).short("userId")
        found = await self.commands.read(actor_of(req), tokens.listed, user_id)
        resp.media = [shown(token) for token in found]

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Makes a token for programs; its secret is shown this once."""
        _require_person(req)
        body = Parameters(await read_body(req))
        secret, made = await self.commands.run(
            actor_of(req),
            tokens.create,
            name=body.required("name"),
            roles=body.texts("roles"),
            read_only=body.boolean("readOnly") or False,
            days=body.integer("days", least=1, most=MAX_DAYS) or DEFAULT_DAYS,
        )
        resp.status = falcon.HTTP_201
        resp.media = {**shown(made), "token": secret}

    async def on_delete_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, token_id: str) -> None:
        """Revokes a token."""
        await self.commands.run(actor_of(req), tokens.revoke, token_id)
        no_content(resp)


def _require_person(req: falcon.asgi.Request) -> None:
    """A token that made tokens would outlive its own end, and its roles those that it was given."""
    visitor = cast(Visitor, req.context.visitor)
    if visitor.by_token:
        raise Forbidden(
            "log in yourself to create a token", user_id=visitor.user.id, resource="Token", operation="create"
        )


def shown(token: ApiToken) -> dict[str, Any]:
    """Returns a token without its secret."""
    return {
        "id": token.id,
        "userId": token.user_id,
        "name": token.name,
        "roles": list(token.roles),
        "readOnly": token.read_only,
        "created": write_micros(token.created_at),
        "expires": write_micros(token.expires_at),
        "lastUsed": write_micros(token.last_used_at),
        "revoked": write_micros(token.revoked_at),
    }


def own_routes(parts: Parts) -> Iterable[Route]:
    tokens = Tokens(parts.commands)
    return [
        ("/api/tokens", tokens, None),
        ("/api/tokens/{token_id}", tokens, "one"),
    ]
