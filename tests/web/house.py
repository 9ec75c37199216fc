"""A whole server of its own for the pages: `python -m tests.web.house FOLDER PORT [real]` makes it and serves.

It has the people of the demonstration (which a `real` one, outside demo mode, has left over from it), the follow-up
call and a process with activities that are started by hand. It runs in a process of its own, because the browser's
driver keeps an event loop running in that of the tests.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from api.composition import build_engine
from api.server import serve
from crm.migrations import VERSIONS as CRM_VERSIONS
from engine import deployments, users
from engine.context import SYSTEM_ACTOR
from engine.database import Database
from engine.migrations import VERSIONS as ENGINE_VERSIONS
from engine.schema import migrate
from engine.settings import Settings
from tests.conftest import ROOT, settings_in, shipped

HERE = Path(__file__).parent
AD_HOC = "roadside_help.bpmn"
START_SECONDS = 60


@contextmanager
def open_house(folder: Path, *, real: bool = False) -> Iterator[str]:
    """Serves a new house on loopback, in demo mode unless it is real; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = folder / "server.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "tests.web.house", str(folder), str(port), *(["real"] if real else [])]
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out)
    try:
        _wait_until_up(process, f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait_until_up(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/readyz") as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the house did not open: {log.read_text()}")


def furnish(settings: Settings) -> None:
    """Makes the databases, the people and the processes."""
    database = Database(settings.database_url)
    migrate(database, (ENGINE_VERSIONS, CRM_VERSIONS))
    database.dispose()
    engine = build_engine(settings)
    engine.run(SYSTEM_ACTOR, users.create_demo_users)
    files = {**shipped("follow_up_call"), AD_HOC: (HERE / AD_HOC).read_bytes()}
    engine.run(SYSTEM_ACTOR, deployments.create, name="house", resources=files)
    engine.close()


def main(folder: Path, port: int, *, real: bool) -> None:
    """Makes a house in an empty folder and serves it until a signal ends it."""
    settings = settings_in(folder, f"sqlite:///{folder / 'marque.db'}")
    settings = replace(settings, port=port, virtual_clock=False, web=ROOT / "web" / "dist")
    furnish(settings)
    serve(replace(settings, demo=not real))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), real="real" in sys.argv[3:])
