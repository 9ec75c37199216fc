"""Long polls: requests that wait for a topic without holding a thread.

A waiting request is one future in this process. It wakes when a transaction here lets somebody fetch from its topic,
when PostgreSQL says that another process did (LISTEN, one connection per process, opened with the first who waits),
and now and then by itself, because locks run out silently. Those who wake look one after the other (`GATES` at a
time): however many wait, other requests find free threads.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import psycopg
from sqlalchemy.engine import make_url

from engine.errors import InvalidRequest
from engine.outcome_rows import CHANNEL
from engine.process_engine import ProcessEngine
from engine.values import load

log = logging.getLogger("marque.waiting")

T = TypeVar("T")

GATES = 2
FALLBACK_SECONDS = 2.5
STAGGERS = 20  # those who came together do not look together again
RECONNECT_SECONDS = 1.0


async def never() -> None:
    """Never returns."""
    await asyncio.Event().wait()


class Waiters:
    """Those who wait for topics in this process. Lives on one event loop."""

    def __init__(self, engine: ProcessEngine) -> None:
        self._engine = engine
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._gate = asyncio.Semaphore(GATES)
        self._turn = 0
        self._leaving = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener: asyncio.Task[None] | None = None
        engine.on_external_tasks.append(self.wake_from_thread)

    async def poll(
        self,
        topics: Iterable[str],
        look: Callable[[], Awaitable[T]],
        *,
        timeout_seconds: float,
        gone: Callable[[], Awaitable[None]] = never,
    ) -> T | None:
        """Returns what `look` finds as soon as it finds something; None once the time is over.

        Nothing is looked for any more once `gone` returns: what would be locked then, nobody would ever work on.
        """
        loop = self._start()
        until = loop.time() + timeout_seconds
        async with self._listening(topics) as event, _watching(gone, event) as watched:
            while True:
                event.clear()
                async with self._gate:
                    if watched.done():
                        return None
                    found = await look()
                left = until - loop.time()
                if found or left <= 0 or self._leaving:
                    return found
                with suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), min(left, self._fallback()))

    def _fallback(self) -> float:
        self._turn = (self._turn + 1) % STAGGERS
        return FALLBACK_SECONDS * (1 + self._turn / STAGGERS)

    @asynccontextmanager
    async def _listening(self, topics: Iterable[str]) -> AsyncIterator[asyncio.Event]:
        event, named = asyncio.Event(), set(topics)
        for topic in named:
            self._waiting.setdefault(topic, set()).add(event)
        try:
            yield event
        finally:
            for topic in named:
                self._waiting[topic].discard(event)
                if not self._waiting[topic]:
                    del self._waiting[topic]

    def wake_from_thread(self, topics: Iterable[str]) -> None:
        """Called after a commit, on whatever thread made it."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.wake, list(topics))

    def wake(self, topics: Iterable[str]) -> None:
        """Wakes those who wait for one of the topics; no topic named means all."""
        for topic in list(topics) or list(self._waiting):
            for event in self._waiting.get(topic, ()):
                event.set()

    def leave(self) -> None:
        """Answers everybody who waits with what there is: the process is about to end, and they ask the next one."""
        self._leaving = True
        self.wake(())

    # -------------------------------------------------------- between processes

    def _start(self) -> asyncio.AbstractEventLoop:
        loop = self._loop = asyncio.get_running_loop()
        if not self._engine.database.is_sqlite and (self._listener is None or self._listener.done()):
            self._listener = loop.create_task(self._listen())
        return loop

    async def _listen(self) -> None:
        """Listens for as long as the process lives; a lost connection is opened again, meanwhile the fallback polls."""
        address = make_url(self._engine.settings.database_url).set(drivername="postgresql")
        text = address.render_as_string(hide_password=False)
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(text, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self.wake(())
                    async for notified in connection.notifies():
                        self.wake(_topics(notified.payload))
            except psycopg.Error as lost:
                log.warning("listener.lost", extra={"error": type(lost).__name__})
            await asyncio.sleep(RECONNECT_SECONDS)

    async def process_shutdown(self, _scope: dict[str, Any], _event: dict[str, Any]) -> None:
        """Ends the listening when the server ends."""
        if self._listener is not None:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener


@asynccontextmanager
async def _watching(gone: Callable[[], Awaitable[None]], event: asyncio.Event) -> AsyncIterator[asyncio.Future[None]]:
    """Waits beside the work until somebody has left, and wakes who waits for him."""
    watched = asyncio.ensure_future(gone())
    watched.add_done_callback(lambda _: event.set())
    try:
        yield watched
    finally:
        watched.cancel()
        with suppress(asyncio.CancelledError):
            await watched


def _topics(payload: str) -> list[str]:
    """Returns the topics of a notification; whoever else writes to the channel wakes everybody."""
    try:
        topics = load(payload)
    except InvalidRequest:
        return []
    return [topic for topic in topics if isinstance(topic, str)] if isinstance(topics, list) else []
