"""Starts the real server and executors as processes, kills them without warning, and starts them again."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
MARQUE = str(Path(sys.executable).parent / "marque")
USER, PASSWORD = "clerk", "a-long-enough-password"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class NoAnswer(Exception):
    """The server was killed or is not up: whether the request was done is unknown."""


class System:
    """One installation: a server process and, on PostgreSQL, an executor process beside it."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.port = free_port()
        self.with_worker = not database_url.startswith("sqlite")
        self.environment = {
            **os.environ,
            "MARQUE_DATABASE_URL": database_url,
            "MARQUE_KEYSTORE_URL": f"sqlite:///{folder / 'keys.db'}",
            "MARQUE_KEY_FILE": str(folder / "marque.key"),
            "MARQUE_ATTACHMENTS": str(folder / "attachments"),
            "MARQUE_PORT": str(self.port),
            "MARQUE_LOG": "warning",
            "MARQUE_REQUESTS_PER_SECOND": "100000",  # the clerks are meant to press hard
            "MARQUE_RULES": str(ROOT / "rules"),
        }
        self.environment.pop("MARQUE_CLOCK", None)
        self._log = (folder / "server.log").open("ab")
        self._headers: dict[str, str] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def command(self, *arguments: str) -> None:
        """Runs a `marque` command to its end."""
        subprocess.run([MARQUE, *arguments], env=self.environment, check=True, stdout=self._log, stderr=self._log)

    def start(self) -> None:
        """Starts whatever does not run, and waits until the server answers."""
        wanted = {"serve", "work"} if self.with_worker else {"serve"}
        for name in wanted:
            if name not in self._processes or self._processes[name].poll() is not None:
                self._processes[name] = subprocess.Popen(
                    [MARQUE, name], env=self.environment, stdout=self._log, stderr=self._log, start_new_session=True
                )
        for _ in range(600):
            try:
                self.request("GET", "/healthz")
                return
            except NoAnswer:
                time.sleep(0.05)
        raise AssertionError("the server did not come up")

    def kill(self, name: str) -> None:
        """Kills a process and its children at once (SIGKILL)."""
        process = self._processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for name in list(self._processes):
            self.kill(name)
        self._log.close()

    @property
    def running(self) -> list[str]:
        return sorted(self._processes)

    def log_in(self) -> None:
        """Opens a session; it lies in the database, so it survives every kill."""
        credentials = {"username": USER, "password": PASSWORD}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/session",
            method="POST",
            data=json.dumps(credentials).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            self._headers = {
                "Cookie": answer.headers["Set-Cookie"].split(";")[0],
                "X-CSRF-Token": json.loads(answer.read())["csrfToken"],
            }

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        """Returns status and JSON; raises NoAnswer if the connection broke before an answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **self._headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                raw = answer.read()
                return answer.status, json.loads(raw) if raw else None
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read() or b"null")
        except (OSError, http.client.HTTPException, json.JSONDecodeError) as cause:
            raise NoAnswer(str(cause)) from cause
