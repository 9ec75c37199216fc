"""A hundred workers in a long poll: what they cost somebody else's request, and how soon new work reaches one.

    python -m bench.longpoll

A real server as a process of its own, workers as HTTP connections; the same request is timed without and with them.
"""

from __future__ import annotations

import base64
import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.api.desk import multipart
from tests.engine.diagrams import diagram, flows
from tests.faults.servers import PASSWORD, System

WORKERS = 100
REQUESTS = 300
WAKE_UPS = 20
LIMIT_MS = 50.0
DIAGRAM = diagram(
    '<startEvent id="begin"/><serviceTask id="charge" camunda:type="external" camunda:topic="charge"/>'
    '<endEvent id="done"/>' + flows("begin>charge", "charge>done"),
    key="payment",
)


def run(database_url: str, folder: Path) -> dict[str, Any]:
    """Returns milliseconds: a trivial request alone and beside the pollers (median, 99 %, worst), and the wake-up."""
    system = System(folder, database_url)
    system.command("migrate")
    roles = [part for role in ("OWNER", "WORKER", "ADMIN") for part in ("--role", role)]
    system.command("user", "add", "robot", "--name", "Robot", *roles, "--password", PASSWORD)
    system.start()
    try:
        return _measure(system.port)
    finally:
        system.stop()


def _measure(port: int) -> dict[str, Any]:
    kind, body = multipart({"payment.bpmn": DIAGRAM}, {"deployment-name": "payment"})
    _send(port, "POST", "/deployment/create", body, kind)
    alone = _timed(port)
    stopping, woken = threading.Event(), _Arrivals()
    threads = [threading.Thread(target=_poll, args=(port, n, stopping, woken)) for n in range(WORKERS)]
    for thread in threads:
        thread.start()
    time.sleep(3)
    beside = _timed(port)
    wake_ups = [_wake_up(port, woken) for _ in range(WAKE_UPS)]
    stopping.set()
    for thread in threads:
        thread.join()
    return {
        "workers": WORKERS,
        "alone_ms": alone,
        "beside_pollers_ms": beside,
        "wake_up_ms": {"median": round(statistics.median(wake_ups), 1), "worst": round(max(wake_ups), 1)},
        "delay_ms": round(beside["worst"] - alone["median"], 1),
    }


class _Arrivals:
    """When a worker got something."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.at = 0.0

    def note(self) -> None:
        self.at = time.perf_counter()
        self.arrived.set()


def _timed(port: int) -> dict[str, float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times = sorted(_time(lambda: _ask(connection, "GET", "/process-definition/count")) for _ in range(REQUESTS))
    connection.close()
    return {
        "median": round(times[REQUESTS // 2], 2),
        "p99": round(times[REQUESTS * 99 // 100], 2),
        "worst": round(times[-1], 2),
    }


def _time(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def _wake_up(port: int, woken: _Arrivals) -> float:
    """Starts an instance; returns how long it takes from the answer until a worker has its task."""
    woken.arrived.clear()
    started = time.perf_counter()
    _send(port, "POST", "/process-definition/key/payment/start", b"{}", "application/json")
    assert woken.arrived.wait(30)
    return (woken.at - started) * 1000


def _poll(port: int, number: int, stopping: threading.Event, woken: _Arrivals) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    request = {
        "workerId": f"w{number}",
        "maxTasks": 1,
        "asyncResponseTimeout": 5_000,
        "topics": [{"topicName": "charge", "lockDuration": 600_000}],
    }
    while not stopping.is_set():
        if _ask(connection, "POST", "/external-task/fetchAndLock", json.dumps(request).encode()):
            woken.note()
    connection.close()


def _send(port: int, method: str, path: str, body: bytes, kind: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        return _ask(connection, method, path, body, kind)
    finally:
        connection.close()


def _ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None = None,
    kind: str = "application/json",
) -> Any:
    token = base64.b64encode(f"robot:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {token}", "Content-Type": kind}
    connection.request(method, f"/engine-rest{path}", body=body, headers=headers)
    answer = connection.getresponse()
    raw = answer.read()
    assert answer.status == 200, (answer.status, raw)
    return json.loads(raw)


def main() -> int:
    """Prints the measurement; 1 if the pollers delay a request by more than the limit."""
    with tempfile.TemporaryDirectory() as name:
        result = run(f"sqlite:///{name}/marque.db", Path(name))
    print(json.dumps(result, indent=1))
    return 0 if result["beside_pollers_ms"]["p99"] - result["alone_ms"]["median"] <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
