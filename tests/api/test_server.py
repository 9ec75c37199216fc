"""The real server: gunicorn with its asgi worker, over a real socket."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine import deployments, users
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from engine.settings import Settings
from tests.api.desk import FILES, basic

START_SECONDS = 30
SERVE = """
import os
from api.server import serve
from engine.settings import read_settings
serve(read_settings(os.environ))
"""


@dataclass
class Server:
    """A server process and how to ask it."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    pids: list[int] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, *, name: str = "csr") -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": basic(name), "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read() or b"null")


@pytest.fixture
def server(engine: ProcessEngine, settings: Settings, tmp_path: Path) -> Iterator[Server]:
    for name in ("csr", "csr2"):
        engine.run(SYSTEM_ACTOR, users.create, name, name=name, roles=["CSR"], password="marque-demo")
    files = {name: body.encode() for name, body in FILES.items()}
    engine.run(SYSTEM_ACTOR, deployments.create, name="test", resources=files)
    port = _free_port()
    log = tmp_path / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", SERVE], env=_environment(settings, port), stdout=out, stderr=out
        )
    started = Server(f"http://127.0.0.1:{port}", process, log)
    try:
        _wait_until_up(started)
        yield started
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(settings: Settings, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "MARQUE_DATABASE_URL": settings.database_url,
        "MARQUE_KEYSTORE_URL": settings.keystore_url,
        "MARQUE_KEY_FILE": str(settings.key_file),
        "MARQUE_ATTACHMENTS": str(settings.attachments),
        "MARQUE_RULES": str(settings.rules),
        "MARQUE_PORT": str(port),
        "MARQUE_DEMO": "1",  # whose password the people here have
    }


def _wait_until_up(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            if server.ask("GET", "/readyz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the server did not start: {server.log.read_text()}")


def _new_task(server: Server) -> str:
    status, started = server.ask("POST", "/api/start", {"processKey": "calls", "data": {"subject": "x"}})
    assert status == 200, started
    return str(started["next"]["id"])


def test_of_many_who_claim_at_once_exactly_one_gets_the_task(server: Server) -> None:
    task_id = _new_task(server)
    server.ask("GET", "/api/tasks", name="csr2")
    answers: list[tuple[str, int, Any]] = []

    def claim(name: str) -> None:
        answers.append((name, *server.ask("POST", f"/api/tasks/{task_id}/claim", name=name)))

    threads = [threading.Thread(target=claim, args=(name,)) for name in ("csr", "csr2") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = {name for name, status, _ in answers if status == 200}
    assert len(winners) == 1
    losers = [body["holder"] for _, status, body in answers if status == 409]
    assert len(losers) == 4
    assert set(losers) == winners


def test_the_server_finishes_and_leaves_when_it_is_told_to(server: Server) -> None:
    _new_task(server)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=20) == 0
    assert "Traceback" not in server.log.read_text()


def test_each_request_is_one_line_of_json(server: Server) -> None:
    server.ask("GET", "/engine-rest/task?processInstanceBusinessKey=13800001234")
    time.sleep(0.2)
    text = server.log.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert any(one["event"] == "request" and one["path"] == "/engine-rest/task" for one in lines)
    assert "13800001234" not in text
