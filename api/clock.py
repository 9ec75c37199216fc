"""/api/clock: the virtual clock of a demonstration; what falls due on the way happens before it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import falcon.asgi
from sqlalchemy import update

from api.commands import Commands, Resource, actor_of
from api.composition import VIRTUAL_NOW
from api.params import Parameters, read_body
from api.routing import Parts, Route
from api.times import read_instant, write_instant
from engine import models
from engine.clock import VirtualClock, to_micros
from engine.context import Actor, CommandContext
from engine.errors import InvalidRequest, NotFound
from engine.job_executor import advance
from engine.sql import upsert_into

_KEEP = upsert_into(models.property_, update=("value",))
Pause = Callable[[], AbstractContextManager[Any]]


class Clock(Resource):
    """Reads and moves the clock; without a virtual one there is no such resource."""

    def __init__(self, commands: Commands, pause_executor: Pause) -> None:
        super().__init__(commands)
        self._pause_executor = pause_executor
        self._one_at_a_time = threading.Lock()

    def _virtual(self) -> VirtualClock:
        clock = self.commands.engine.clock
        if not isinstance(clock, VirtualClock) or not self.commands.engine.settings.virtual_clock:
            raise NotFound("the clock is the real one; it is virtual only with MARQUE_CLOCK=virtual")
        return clock

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """The time of the engine."""
        resp.media = {"now": write_instant(self._virtual().now())}

    async def on_put(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Moves the virtual clock."""
        clock = self._virtual()
        target = read_instant(Parameters(await read_body(req)).required("now"), name="now")
        actor = actor_of(req)
        ran = await self.commands.call(lambda: self._move(clock, target, actor))
        resp.media = {"now": write_instant(clock.now()), "jobs": ran}

    def _move(self, clock: VirtualClock, target: datetime, actor: Actor) -> int:
        engine = self.commands.engine
        with self._one_at_a_time, self._pause_executor():
            if target < clock.now():
                raise InvalidRequest(f"the clock stands at {write_instant(clock.now())} and does not run backwards")
            # Kept before anything runs: a crash on the way must not leave events later than the clock.
            engine.run(actor, _keep, target)
            return advance(engine, clock, target)


def _keep(ctx: CommandContext, instant: datetime) -> None:
    """Keeps the instant. Sessions move along: no real time passed, so whoever is logged in stays logged in."""
    passed = to_micros(instant) - ctx.now_micros
    session = models.session
    ctx.connection.execute(
        update(session).values(created_at=session.c.created_at + passed, last_seen_at=session.c.last_seen_at + passed)
    )
    _KEEP.run(ctx.connection, name=VIRTUAL_NOW, value=instant.isoformat())


def own_routes(parts: Parts) -> Iterable[Route]:
    return [
        ("/api/clock", Clock(parts.commands, parts.executor.paused), None),
    ]
