"""A server that is told to leave finishes what it began: nothing that it acknowledged is lost."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

from engine import process_instances, users
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from tests.api.test_server import Server, server

__all__ = ["server"]
STOP_SECONDS = 30


def test_what_was_acknowledged_while_leaving_is_there(server: Server, engine: ProcessEngine) -> None:
    acknowledged: list[str] = []

    def work() -> None:
        body: Any = {"processKey": "calls", "data": {"subject": "x"}}
        try:
            while True:
                status, started = server.ask("POST", "/api/start", body)
                if status == 200:
                    acknowledged.append(started["processInstanceId"])
        except (OSError, ValueError):
            return  # the server has left, or it cut a request that it never answered

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + STOP_SECONDS
    while len(acknowledged) < 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    server.process.send_signal(signal.SIGTERM)

    assert server.process.wait(timeout=STOP_SECONDS) == 0
    for thread in threads:
        thread.join(STOP_SECONDS)
    assert len(acknowledged) >= 5
    for instance_id in acknowledged:
        assert engine.read(SYSTEM_ACTOR, process_instances.get, instance_id).id == instance_id
    assert "Traceback" not in server.log.read_text()


def test_who_waits_for_work_is_answered_when_the_server_leaves(server: Server, engine: ProcessEngine) -> None:
    engine.run(SYSTEM_ACTOR, users.create, "worker", name="w", roles=["WORKER"], password="marque-demo")
    asked: Any = {"workerId": "w", "maxTasks": 1, "asyncResponseTimeout": 60_000}
    asked["topics"] = [{"topicName": "nothing", "lockDuration": 1000}]
    answers: list[tuple[int, Any]] = []
    waiting = threading.Thread(
        target=lambda: answers.append(
            server.ask("POST", "/engine-rest/external-task/fetchAndLock", asked, name="worker")
        )
    )
    waiting.start()
    time.sleep(2)
    assert waiting.is_alive()
    told = time.monotonic()
    server.process.send_signal(signal.SIGTERM)

    waiting.join(STOP_SECONDS)
    assert answers == [(200, [])]
    assert server.process.wait(timeout=STOP_SECONDS) == 0
    assert time.monotonic() - told < 15
    assert "Traceback" not in server.log.read_text()
