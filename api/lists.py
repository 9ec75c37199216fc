"""What the nouns with a list have in common: the list and its count, by GET or, with larger filters, by POST."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import falcon.asgi

from api.commands import Resource, actor_of
from api.params import Parameters
from engine.context import CommandContext


class ListResource(Resource, ABC):
    """A noun of the interface with a list."""

    @abstractmethod
    def listed(self, ctx: CommandContext, parameters: Parameters) -> list[dict[str, Any]]:
        """Returns one page of what matches and the actor may see."""

    @abstractmethod
    def counted(self, ctx: CommandContext, parameters: Parameters) -> dict[str, int]:
        """Returns how many match, as Camunda's CountResultDto."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), self.listed, Parameters.of_query(req))

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), self.listed, await Parameters.of_both(req))

    async def on_get_count(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), self.counted, Parameters.of_query(req))

    async def on_post_count(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), self.counted, await Parameters.of_both(req))
