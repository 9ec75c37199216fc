"""What the nouns with a list have in common: the list and its count, by GET or, with larger filters, by POST."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import falcon.asgi

from api.commands import Commands, Resource, actor_of
from api.params import Filters, Parameters, read_filters
from engine.context import CommandContext
from engine.queries import Selection

Show = Callable[[CommandContext, Any], dict[str, Any]]


class ListResource(Resource, ABC):
    """A noun of the interface with a list: the filters that it takes, and by what it can be sorted."""

    filters: Filters
    sorts: Collection[str] = ()

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


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: which filters it takes, how it is read, and how a row is shown."""

    make: Callable[..., Any]
    filters: Filters
    sorts: Collection[str]
    find: Callable[..., list[Any]]
    count: Callable[[CommandContext, Any], int]
    show: Show

    @classmethod
    def of(cls, rows: Selection[Any, Any], make: Callable[..., Any], filters: Filters, show: Show) -> Listing:
        """Declares the list of a selection."""
        return cls(make, filters, rows.sorts, rows.find, rows.count, show)

    def listed(self, ctx: CommandContext, parameters: Parameters) -> list[dict[str, Any]]:
        first, limit = parameters.page()
        sort = parameters.sorting(self.sorts, ())
        query = read_filters(self.make, self.filters, parameters)
        return [self.show(ctx, row) for row in self.find(ctx, query, sort=sort, first=first, limit=limit)]

    def counted(self, ctx: CommandContext, parameters: Parameters) -> dict[str, int]:
        return {"count": self.count(ctx, read_filters(self.make, self.filters, parameters))}


class Listed(ListResource):
    """A noun whose list is declared as a Listing."""

    def __init__(self, commands: Commands, listing: Listing) -> None:
        super().__init__(commands)
        self.listing = listing
        self.filters, self.sorts = listing.filters, listing.sorts

    def listed(self, ctx: CommandContext, parameters: Parameters) -> list[dict[str, Any]]:
        return self.listing.listed(ctx, parameters)

    def counted(self, ctx: CommandContext, parameters: Parameters) -> dict[str, int]:
        return self.listing.counted(ctx, parameters)
