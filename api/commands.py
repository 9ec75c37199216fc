"""Runs engine commands for asynchronous resources in a bounded pool of threads, so that the loop never waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import falcon.asgi

from engine.context import Actor, CommandContext
from engine.process_engine import ProcessEngine

P = ParamSpec("P")
R = TypeVar("R")

# On SQLite writers queue anyway; on PostgreSQL this stays below the size of the connection pool.
THREADS = 16


class Commands:
    """One engine, and the threads on which its transactions run."""

    def __init__(self, engine: ProcessEngine, *, threads: int = THREADS) -> None:
        self.engine = engine
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="command")

    async def run(
        self,
        actor: Actor,
        command: Callable[Concatenate[CommandContext, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Runs a command in a writing transaction."""
        return await self.call(partial(self.engine.run, actor, command, *args, **kwargs))

    async def read(
        self,
        actor: Actor,
        query: Callable[Concatenate[CommandContext, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Runs a query in a reading transaction."""
        return await self.call(partial(self.engine.read, actor, query, *args, **kwargs))

    async def call(self, function: Callable[[], R]) -> R:
        """Runs anything that blocks (a password check, a file) on a thread of the pool."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, function)


class Resource:
    """A noun of the interface: decodes a request, runs one command, answers with its representation.

    `public` resources answer whoever asks; all others somebody who is logged in.
    """

    public = False

    def __init__(self, commands: Commands) -> None:
        self.commands = commands


def actor_of(req: falcon.asgi.Request) -> Actor:
    """Returns who asks, as the middleware found out before any resource was reached."""
    return cast(Actor, req.context.actor)


def no_content(resp: falcon.asgi.Response) -> None:
    """Answers 204: it is done and there is nothing to say."""
    resp.status = falcon.HTTP_204
    resp.content_type = cast(Any, None)
