"""A server that is told to leave finishes what it began: nothing that it acknowledged is lost."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

from engine import process_instances
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
