"""The job executor: takes what is due, one transaction each, until nothing is.

1. take the earliest due job or deadline that nobody else holds (FOR UPDATE SKIP LOCKED)
2. run it and remove it in the same transaction
3. if it fails: roll back, then lower its retries in a second short transaction; at zero an incident opens
4. if a race was lost: try again later, that is no failed try
5. when nothing is due: sleep until something is made here, or for the poll interval
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from engine import jobs
from engine.clock import VirtualClock, from_micros, to_micros
from engine.context import SYSTEM_ACTOR
from engine.errors import StaleRevision
from engine.process_engine import ProcessEngine

log = logging.getLogger("marque.jobs")

POLL_SECONDS = 1.0


def run_one(engine: ProcessEngine, skip: frozenset[str] = frozenset()) -> str | None:
    """Runs the earliest due thing; returns its id, or None if nothing is due. A failure is written down."""
    started = time.perf_counter()
    try:
        done = engine.run(SYSTEM_ACTOR, jobs.take_and_run, skip=skip)
    except jobs.JobFailed as failed:
        cause = failed.__cause__ or failed
        if isinstance(cause, StaleRevision):
            return failed.job_id
        engine.run(SYSTEM_ACTOR, jobs.fail, failed.job_id, cause)
        log.warning("job.failed", extra={"job": failed.job_id, "error": type(cause).__name__})
        return failed.job_id
    if done is not None:
        log.info("job.done", extra={"job": done, "ms": round((time.perf_counter() - started) * 1000, 1)})
    return done


def run_due(engine: ProcessEngine) -> int:
    """Runs everything that is due now; returns how many."""
    count = 0
    while run_one(engine) is not None:
        count += 1
    return count


def advance(engine: ProcessEngine, clock: VirtualClock, target: datetime) -> int:
    """Moves a virtual clock to an instant; whatever falls due on the way runs at its own due instant, in order."""
    count = run_due(engine)
    until = to_micros(target)
    while (due := engine.read(SYSTEM_ACTOR, jobs.next_due, until)) is not None:
        at = from_micros(due.due_at)
        if at > clock.now():
            clock.move_to(at)
        if run_one(engine) is None:
            break
        count += 1
    clock.move_to(target)
    return count + run_due(engine)


class JobExecutor:
    """A thread that runs what is due; several of them may run on PostgreSQL, in any number of processes."""

    def __init__(self, engine: ProcessEngine, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._engine = engine
        self._poll_seconds = poll_seconds
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._at_work = threading.Lock()
        self._thread = threading.Thread(target=self._loop, name="job-executor", daemon=True)

    def start(self) -> None:
        self._engine.on_jobs.append(self._wake.set)
        self._thread.start()

    def stop(self, timeout_seconds: float = 30) -> None:
        """Finishes the job at hand and stops."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout_seconds)
        self._engine.on_jobs.remove(self._wake.set)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Holds the thread between two jobs, so that `advance` alone decides what runs at which instant."""
        with self._at_work:
            yield

    def run_until_signalled(self) -> None:
        """Works in this thread until the process is asked to stop; the job at hand is finished first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        self._loop()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                with self._at_work:
                    busy = run_one(self._engine) is not None
            except Exception:
                # Such as a database that does not answer: this thread is the only one that runs jobs, so it outlives
                # whatever it was and tries again after the pause.
                log.exception("executor.failed")
                busy = False
            if not busy:
                self._wake.wait(self._poll_seconds)
