"""Runs engine commands for asynchronous resources in a bounded pool of threads, so that the loop never waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import falcon.asgi

from api.time_limits import AnswerTooSlow
from engine.context import Actor, CommandContext
from engine.process_engine import ProcessEngine

log = logging.getLogger("marque.http")

P = ParamSpec("P")
R = TypeVar("R")

# On SQLite writers queue anyway; on PostgreSQL this stays below the size of the connection pool.
THREADS = 16


class Commands:
    """One engine, and the threads on which its transactions run."""

    def __init__(self, engine: ProcessEngine, *, threads: int = THREADS) -> None:
        self.engine = engine
        self._seconds = engine.settings.request_seconds
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
        """Runs anything that blocks (a password check, a file) on a thread of the pool.

        Raises AnswerTooSlow when it takes longer than somebody should wait; the thread goes on to the end.
        """
        running = asyncio.get_running_loop().run_in_executor(self._pool, function)
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.shield(running)
        except TimeoutError as cause:
            running.add_done_callback(_note_end)
            raise AnswerTooSlow(
                f"the answer takes longer than {self._seconds} seconds and may still be done: "
                "look, or ask again with the same Idempotency-Key"
            ) from cause


def _note_end(running: asyncio.Future[Any]) -> None:
    """Tells the log what became of a command for whose answer nobody waited."""
    failure = None if running.cancelled() else running.exception()
    log.warning("command.late", extra={"error": type(failure).__name__ if failure else None})


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
