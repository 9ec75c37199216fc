"""How long a request may take to arrive and to be answered, and whether its sender still waits.

A body that trickles in and an answer that never comes both hold a connection; neither may hold it for ever. What a
slow command does is not undone: its transaction ends as it ends, and who asks again with the same Idempotency-Key is
told what became of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import falcon
import falcon.asgi

from engine.errors import MarqueError
from engine.values import dump

Event = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
GONE = "marque.gone"  # in the ASGI scope: what to await to learn that the sender has left


class BodyTooSlow(MarqueError):
    """The request did not arrive in time; nothing was done."""


class AnswerTooSlow(MarqueError):
    """The command takes longer than somebody should wait; it may still be done."""


class BoundedApp(falcon.asgi.App[Any, Any]):
    """The application, with a bound on how long a body may take to arrive.

    `on_leaving` is called on the event loop once the process is told to end (`api/server_worker.py`).
    """

    def __init__(self, *, body_seconds: float, **options: Any) -> None:
        super().__init__(**options)
        self._body_seconds = body_seconds
        self.on_leaving: list[Callable[[], None]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # type: ignore[override]
        """Serves one request (ASGI)."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        arrival = Arrival(receive, self._body_seconds)
        try:
            await super().__call__({**scope, GONE: arrival.gone}, arrival.receive, send)
        except BodyTooSlow as slow:  # before any resource was asked
            await _refuse(send, slow)


class Arrival:
    """Hands on the events of one request while its time lasts."""

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._seconds = seconds
        self._until = asyncio.get_running_loop().time() + seconds
        self._complete = False

    async def receive(self) -> Event:
        """Returns the next event; raises BodyTooSlow once the time of the body is over."""
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                event = await self._receive()
        except TimeoutError as cause:
            raise BodyTooSlow(f"the request did not arrive within {self._seconds:g} seconds") from cause
        self._complete = event["type"] != "http.request" or not event.get("more_body", False)
        return event

    async def gone(self) -> None:
        """Returns when the sender has left. Only for a resource that has read the whole body."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def _refuse(send: Send, slow: BodyTooSlow) -> None:
    body = dump({"type": "InvalidRequestException", "message": str(slow), "code": None})
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 408, "headers": headers})
    await send({"type": "http.response.body", "body": body})
