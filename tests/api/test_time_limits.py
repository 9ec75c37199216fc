"""Neither a body that trickles in nor an answer that never comes holds anything for ever; who has left gets no work."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import replace
from queue import Queue
from typing import Any
from urllib.parse import urlsplit

import pytest
from falcon import testing

from api import starts
from api.app import create_app
from crm import attachments
from engine import deployments, process_definitions, process_instances, users
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from engine.settings import read_settings
from tests.api.desk import FILES, Person, basic
from tests.api.test_external_tasks import DIAGRAM, FETCH, TOPIC
from tests.api.test_server import Server, server

__all__ = ["server"]


@pytest.fixture
def upload_seconds(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("MARQUE_UPLOAD_SECONDS", "1")
    return 1


def _open(server: Server, path: str, body: bytes, *, length: int | None = None, name: str = "csr") -> socket.socket:
    """Sends a request over a socket of its own, perhaps with less body than it says."""
    address = urlsplit(server.url)
    made = socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=20)
    size = len(body) if length is None else length
    head = (
        f"POST {path} HTTP/1.1\r\nHost: here\r\nAuthorization: {basic(name)}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    )
    made.sendall(head.encode() + body)
    return made


@pytest.mark.parametrize("sent", [b"", b'{"processKey": "ca'])
def test_a_body_that_does_not_arrive_is_not_waited_for(upload_seconds: int, server: Server, sent: bytes) -> None:
    with _open(server, "/api/start", sent, length=100) as connection:
        answer = connection.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 408")
    assert f"within {upload_seconds} seconds" in answer
    assert "Traceback" not in server.log.read_text()


@pytest.fixture
def hurried(engine: ProcessEngine) -> Person:
    """Somebody who is answered within a second, one way or the other."""
    engine.settings = replace(engine.settings, request_seconds=1)
    engine.run(SYSTEM_ACTOR, users.create, "csr", name="C", roles=("CSR",), password="marque-demo")
    files = {name: body.encode() for name, body in FILES.items()}
    engine.run(SYSTEM_ACTOR, deployments.create, name="test", resources=files)
    csr = Person(testing.TestClient(create_app(engine, run_jobs=False)), "csr")
    assert csr.get("/api/tasks").status_code == 200  # the password is checked and remembered
    return csr


def test_a_command_that_takes_too_long_is_answered_and_still_done(engine: ProcessEngine, hurried: Person) -> None:
    csr = hurried
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with engine.database.write():  # on SQLite there is one writer
            held.set()
            free.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    answer = csr.post("/api/start", {"processKey": "calls", "data": {"subject": "x"}})
    free.set()
    holder.join()

    assert answer.status_code == 503
    assert "Idempotency-Key" in answer.json["message"]
    until = time.monotonic() + 10
    while not (found := csr.get("/engine-rest/task").json) and time.monotonic() < until:
        time.sleep(0.05)
    assert len(found) == 1


def test_what_was_answered_too_late_is_not_done_again_under_its_key(
    engine: ProcessEngine, hurried: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, seconds = starts._start, [1.5, 0.0]

    def slow(*given: Any, **named: Any) -> Any:
        time.sleep(seconds.pop(0))
        return start(*given, **named)

    monkeypatch.setattr(starts, "_start", slow)
    key = {"Idempotency-Key": "only-once"}
    body = {"processKey": "calls", "data": {"subject": "x"}}
    late = hurried.post("/api/start", body, headers=key)
    again = hurried.post("/api/start", body, headers=key)

    until = time.monotonic() + 10
    while not (found := hurried.get("/engine-rest/task").json) and time.monotonic() < until:
        time.sleep(0.05)
    assert (late.status_code, again.status_code, len(found)) == (503, 409, 1)
    assert "look before you try again" in again.json["message"]
    assert len(seconds) == 1


def test_a_file_whose_row_takes_too_long_stays_where_its_row_will_look_for_it(
    hurried: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried.post("/api/start", {"processKey": "calls", "data": {"subject": "x"}})
    (case,) = hurried.get("/engine-rest/process-instance").json
    quick, made = attachments.add, Queue[str]()

    def slow(*given: Any, **named: Any) -> Any:
        time.sleep(1.5)
        one = quick(*given, **named)
        made.put(one.reference["attachment_id"])
        return one

    monkeypatch.setattr(attachments, "add", slow)
    picture = b"\x89PNG\r\n\x1a\n" + b"0" * 1000
    answer = hurried.send("POST", f"/api/attachments?processInstanceId={case['id']}", picture)

    assert answer.status_code == 503
    path, until = f"/api/attachments/{made.get(timeout=10)}", time.monotonic() + 10
    while (found := hurried.get(path)).status_code == 404 and time.monotonic() < until:
        time.sleep(0.05)
    assert found.content == picture


def test_a_worker_who_has_left_gets_no_task(server: Server, engine: ProcessEngine) -> None:
    for name in ("left", "stayed"):
        engine.run(SYSTEM_ACTOR, users.create, name, name=name, roles=["WORKER"], password="marque-demo")
    engine.run(SYSTEM_ACTOR, deployments.create, name="payment", resources={"payment.bpmn": DIAGRAM.encode()})

    def request(worker: str, wait: int) -> dict[str, Any]:
        return {"workerId": worker, "maxTasks": 1, "asyncResponseTimeout": wait, "topics": [TOPIC]}

    with _open(server, FETCH, json.dumps(request("left", 30_000)).encode(), name="left"):
        time.sleep(1)
    time.sleep(0.5)
    started = engine.read(SYSTEM_ACTOR, process_definitions.latest, "payment")
    engine.run(SYSTEM_ACTOR, process_instances.start, started)
    time.sleep(4)  # longer than those who wait look by themselves
    status, found = server.ask("POST", FETCH, request("stayed", 0), name="stayed")

    assert status == 200
    assert [task["workerId"] for task in found] == ["stayed"]


def test_the_limits_are_settings() -> None:
    read = read_settings({"MARQUE_REQUEST_SECONDS": "5", "MARQUE_UPLOAD_SECONDS": "7"})
    assert (read.request_seconds, read.upload_seconds) == (5, 7)
