"""The job executor inside a server process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.job_executor import JobExecutor
from engine.process_engine import ProcessEngine


class Executor:
    """The job executor of this process: lives from the first request the server could take to the last."""

    def __init__(self, engine: ProcessEngine, *, wanted: bool) -> None:
        self._engine = engine
        self._wanted = wanted
        self._running: JobExecutor | None = None

    async def process_startup(self, _scope: dict[str, Any], _event: dict[str, Any]) -> None:
        if self._wanted:
            self._running = JobExecutor(self._engine)
            self._running.start()

    async def process_shutdown(self, _scope: dict[str, Any], _event: dict[str, Any]) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Holds the executor, if it runs, between two jobs."""
        if self._running is None:
            yield
            return
        with self._running.paused():
            yield
