"""Two real worker processes: whichever is asked tells what all of them did."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import users
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from engine.settings import Settings
from tests.api.desk import basic
from tests.api.test_server import Server, _environment, _free_port, _wait_until_up

COUNTED = 'marque_requests_total{method="GET",route="/healthz",status="200"}'
TIMED = 'marque_request_seconds_count{method="GET",route="/healthz"}'
PATIENCE_SECONDS = 30
ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(engine: ProcessEngine, settings: Settings, tmp_path: Path) -> Iterator[Server]:
    """The web line of the Procfile with two workers."""
    for name, roles in (("csr", ("CSR",)), ("admin", ("ADMIN",))):
        engine.run(SYSTEM_ACTOR, users.create, name, name=name, roles=roles, password="marque-demo")
    port, log, scratch = _free_port(), tmp_path / "server.log", tmp_path / "scratch"
    scratch.mkdir()
    line = next(one for one in (ROOT / "Procfile").read_text().splitlines() if one.startswith("web: "))
    environment = {**_environment(settings, port), "TMPDIR": str(scratch), "WEB_CONCURRENCY": "2", "PORT": str(port)}
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["sh", "-c", f"exec {sys.executable} -m {line.removeprefix('web: ')}"],
            env=environment,
            stdout=out,
            stderr=out,
        )
    started = Server(f"http://127.0.0.1:{port}", process, log)
    try:
        _wait_until_up(started)
        yield started
    finally:
        process.kill()
        process.wait()


def _workers(server: Server) -> list[int]:
    pid = server.process.pid
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _wait_for_workers(server: Server, without: int | None = None) -> list[int]:
    """Returns two workers that listen."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        pids = _workers(server)
        if len(pids) == 2 and without not in pids and all(_alone(server, pid, pids) for pid in pids):
            return pids
        time.sleep(0.2)
    pytest.fail(f"there are no two workers: {server.log.read_text()}")


def _alone(server: Server, pid: int, pids: list[int]) -> bool:
    """Tells whether this worker answers while the others are held."""
    others = [one for one in pids if one != pid]
    for other in others:
        os.kill(other, signal.SIGSTOP)
    try:
        with urllib.request.urlopen(f"{server.url}/api/docs", timeout=1):
            return True
    except OSError:
        return False
    finally:
        for other in others:
            os.kill(other, signal.SIGCONT)


def _ask(server: Server, times: int, *, held: int) -> None:
    """Asks the worker that is not held."""
    os.kill(held, signal.SIGSTOP)
    try:
        for _ in range(times):
            with urllib.request.urlopen(f"{server.url}/healthz", timeout=PATIENCE_SECONDS) as answer:
                assert answer.status == 200
    finally:
        os.kill(held, signal.SIGCONT)


def _sample(server: Server, name: str, *, held: int | None = None) -> float:
    """Returns a number as the worker tells it that is not held."""
    request = urllib.request.Request(f"{server.url}/metrics", headers={"Authorization": basic("admin")})
    if held is not None:
        os.kill(held, signal.SIGSTOP)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            lines = answer.read().decode().splitlines()
    finally:
        if held is not None:
            os.kill(held, signal.SIGCONT)
    (found,) = [line for line in lines if line.startswith(f"{name} ")]
    return float(found.rsplit(" ", 1)[1])


def test_whichever_worker_answers_tells_the_requests_of_both(server: Server) -> None:
    first, second = _wait_for_workers(server)
    _ask(server, 25, held=first)
    _ask(server, 15, held=second)

    pools = set()
    for held in (first, second):
        assert _sample(server, COUNTED, held=held) == 40
        assert _sample(server, TIMED, held=held) == 40
        assert _sample(server, "marque_incidents_open", held=held) == 0
        pools.add(_sample(server, 'marque_pool_connections{state="in_use"}', held=held))
    assert len(pools) == 1


def test_a_worker_that_dies_and_is_replaced_lowers_no_counter(server: Server) -> None:
    first, second = _wait_for_workers(server)
    _ask(server, 3, held=first)
    _ask(server, 4, held=second)

    os.kill(first, signal.SIGKILL)
    pids = _wait_for_workers(server, without=first)

    assert [_sample(server, COUNTED, held=pid) for pid in pids] == [7, 7]
    for pid in pids:
        _ask(server, 2, held=pid)
    assert [_sample(server, COUNTED, held=pid) for pid in pids] == [11, 11]


def test_the_files_begin_with_the_server_and_end_with_it(server: Server, tmp_path: Path) -> None:
    _wait_for_workers(server)
    (folder,) = (tmp_path / "scratch").glob("marque-metrics-*")
    assert list(folder.glob("counter_*.db"))
    assert folder.stat().st_mode & 0o077 == 0

    server.process.send_signal(signal.SIGTERM)

    assert server.process.wait(PATIENCE_SECONDS) == 0
    assert not folder.exists()
