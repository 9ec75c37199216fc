"""/api/password: a new password against the old one."""

from __future__ import annotations

from collections.abc import Iterable

import falcon.asgi

from api.commands import Commands, Resource, no_content
from api.params import Parameters, read_body
from api.routing import Parts, Route
from api.security import Doorkeeper, require_own_page, token_of


class Passwords(Resource):
    """The password of whoever knows it. Public, because the old one says who asks: it may be one that opens nothing
    else any more, such as that of the demonstration outside of it."""

    public = True

    def __init__(self, commands: Commands, doorkeeper: Doorkeeper) -> None:
        super().__init__(commands)
        self._doorkeeper = doorkeeper

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Changes a password against the old one; the other sessions of its user end."""
        require_own_page(req)
        body = Parameters(await read_body(req))
        old, new = body.required("old"), body.required("new")
        # Without a name it is the own one of whoever is logged in.
        name = body.short("username") or (await self._doorkeeper.identify(req)).user.id
        await self._doorkeeper.change_password(name, old, new, session=token_of(req))
        no_content(resp)


def own_routes(parts: Parts) -> Iterable[Route]:
    return [("/api/password", Passwords(parts.commands, parts.doorkeeper), None)]
