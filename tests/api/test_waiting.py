"""Workers that wait at one process hear of work that another one made."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from api.composition import build_engine
from api.waiting import FALLBACK_SECONDS, Waiters
from engine import deployments, process_definitions, process_instances
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.external_tasks import FetchRequest, TopicRequest, is_available
from engine.process_engine import ProcessEngine
from tests.api.test_external_tasks import DIAGRAM

ASKED = FetchRequest("w1", 1, (TopicRequest("charge", 1000),))


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    return postgresql_url


def test_a_commit_of_another_process_wakes_who_waits_here(engine: ProcessEngine) -> None:
    other = build_engine(replace(engine.settings), engine.clock)
    resources = {"payment.bpmn": DIAGRAM.encode()}
    other.run(SYSTEM_ACTOR, deployments.create, name="payment", resources=resources)

    def start(ctx: CommandContext) -> None:
        process_instances.start(ctx, process_definitions.latest(ctx, "payment"))

    async def play() -> float:
        waiters = Waiters(engine)

        async def look() -> bool:
            return await asyncio.to_thread(engine.read, SYSTEM_ACTOR, is_available, ASKED)

        polled = asyncio.create_task(waiters.poll(["charge"], look, timeout_seconds=20))
        await asyncio.sleep(1)
        assert not polled.done()
        began = time.monotonic()
        await asyncio.to_thread(other.run, SYSTEM_ACTOR, start)
        assert await polled
        await waiters.process_shutdown({}, {})
        return time.monotonic() - began

    waited = asyncio.run(play())
    other.close()
    # One second of the fallback has passed before the work was made.
    assert waited < FALLBACK_SECONDS - 1
