"""Throws one group of hostile inputs at an engine of its own and tells what happened, one JSON line per input.

    python -m tests.hostile.attack xml

Runs in a process of its own, so that what an input does to memory can be measured and a crash is seen. Around each
input: the canary file that all injected code tries to touch, a secret in a file and in the environment that must not
come back, CPU seconds, memory, and another instance of the same engine that has to go on.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from falcon import testing

from api.app import create_app
from api.composition import build_engine
from crm.migrations import VERSIONS as CRM_VERSIONS
from engine import deployments, incidents, job_executor, process_definitions, process_instances, users
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR
from engine.errors import ExecutionFailed, InvalidRequest, MarqueError
from engine.migrations import VERSIONS as ENGINE_VERSIONS
from engine.process_engine import ProcessEngine
from engine.schema import migrate
from tests.api.desk import FILES, Person
from tests.conftest import NOW, settings_in
from tests.engine.commands import complete
from tests.engine.diagrams import ONE_TASK

SECRET = "s3cret-that-must-not-leave"
SECRET_NAME = "MARQUE_HOSTILE_SECRET"
GROUPS = ("xml", "structure", "runaway", "expressions", "tables", "forms", "requests")
REFUSED, CONTAINED, RAN = "refused", "contained", "ran"


@dataclass(frozen=True)
class Seen:
    """What became of an input: refused before anything ran, contained while it ran, or it ran and did no harm."""

    verdict: str
    message: str = ""


@dataclass(frozen=True)
class Attack:
    """One hostile input. `named` has to stand in what is answered; `expected` are the verdicts that are right."""

    id: str
    act: Callable[[World], Seen]
    named: str = ""
    expected: tuple[str, ...] = (REFUSED,)


class World:
    """An engine with one honest process, and the doors through which inputs come."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.canary = folder / "canary"
        self.secret_file = folder / "secret.txt"
        self.secret_file.write_text(SECRET)
        os.environ[SECRET_NAME] = SECRET
        settings = replace(settings_in(folder, f"sqlite:///{folder / 'marque.db'}"), demo=True)
        self.engine: ProcessEngine = build_engine(settings, VirtualClock(NOW))
        migrate(self.engine.database, (ENGINE_VERSIONS, CRM_VERSIONS))
        users.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        for name, role in (("owner", "OWNER"), ("csr", "CSR"), ("admin", "ADMIN")):
            self.engine.run(SYSTEM_ACTOR, users.create, name, name=name, roles=(role,), password="marque-demo")
        self.client = testing.TestClient(create_app(self.engine, run_jobs=False))
        self.deploy({"honest.bpmn": ONE_TASK.replace('id="case"', 'id="honest"').encode()})
        self.deploy({name: body.encode() for name, body in FILES.items()})

    def deploy(self, files: Mapping[str, bytes]) -> None:
        self.engine.run(SYSTEM_ACTOR, deployments.create, name="hostile", resources=files)

    # ------------------------------------------------------------ doors

    def upload(self, files: Mapping[str, bytes]) -> Seen:
        """Deploys; what is not refused was accepted."""
        try:
            self.deploy(files)
        except InvalidRequest as refused:
            return Seen(REFUSED, str(refused))
        return Seen(RAN)

    def play(self, files: Mapping[str, bytes], *, key: str = "case", values: Mapping[str, Any] | None = None) -> Seen:
        """Deploys, starts, runs what is due: the first thing that stops it counts."""
        seen = self.upload(files)
        if seen.verdict == REFUSED:
            return seen
        try:
            deployed = self.engine.read(SYSTEM_ACTOR, process_definitions.latest, key)
            case = self.engine.run(SYSTEM_ACTOR, process_instances.start, deployed, values=dict(values or {}))
            for _ in range(20):
                if job_executor.run_one(self.engine) is None:
                    break
        except ExecutionFailed as stopped:
            return Seen(CONTAINED, f"{stopped} [{stopped.element_id}]")
        except MarqueError as refused:
            return Seen(REFUSED, str(refused))
        found = self.engine.read(SYSTEM_ACTOR, incidents.open_of, case.id)
        if found:
            return Seen(CONTAINED, "; ".join(f"{one.message} [{one.element_id}]" for one in found))
        return Seen(RAN)

    def request(self, method: str, path: str, body: Any = None, *, who: str = "owner", **more: Any) -> Seen:
        """Sends a request; a 5xx is a crash."""
        answer = Person(self.client, who).send(method, path, body, **more)
        if answer.status_code >= 500:
            return Seen("crashed", f"{answer.status_code} {answer.text[:500]}")
        return Seen(REFUSED if answer.status_code >= 400 else RAN, answer.text[:20_000])

    # ------------------------------------------------------------ afterwards

    def honest_instance_works(self) -> bool:
        """Starts the honest process and completes its task."""
        deployed = self.engine.read(SYSTEM_ACTOR, process_definitions.latest, "honest")
        case = self.engine.run(SYSTEM_ACTOR, process_instances.start, deployed)
        return complete(self.engine, case.id, "check").state == "COMPLETED"

    def leaks(self, text: str) -> bool:
        """Tells whether the secret came out: in an answer, or into the database."""
        stored = [self.folder / name for name in ("marque.db", "marque.db-wal")]
        return SECRET in text or any(SECRET.encode() in file.read_bytes() for file in stored if file.exists())


def attacks_of(group: str) -> list[Attack]:
    """Returns the inputs of a group."""
    found: list[Attack] = import_module(f"tests.hostile.{group}_attacks").ATTACKS
    return found


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def throw(world: World, attack: Attack) -> dict[str, Any]:
    """Throws one input and reports."""
    gc.collect()
    before, wall, cpu = _memory(), time.perf_counter(), time.process_time()
    try:
        seen = attack.act(world)
    except Exception as crash:
        seen = Seen("crashed", f"{type(crash).__name__}: {crash}"[:2_000])
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {
        "id": attack.id,
        "verdict": seen.verdict,
        "message": seen.message[:2_000],
        "named": attack.named in seen.message,
        "cpu_seconds": round(cpu, 2),
        "wall_seconds": round(wall, 2),
        "grown_mb": _memory() - before,
        "code_ran": world.canary.exists(),
        "leaked": world.leaks(seen.message),
        "honest": world.honest_instance_works(),
    }


def main(group: str, wanted: str = "") -> None:
    """Prints one JSON line per input of a group."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        os.chdir(folder)  # where the injected code would leave its canary
        for attack in attacks_of(group):
            if wanted in attack.id:
                print(json.dumps(throw(world, attack)), flush=True)
        world.engine.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
