"""The files in which the processes of one server keep their numbers, so that each of them can tell the sum of all.

Every worker process counts in files of its own, mapped into memory (prometheus_client's multiprocess mode), in one
folder that the master makes when it starts and removes when it leaves. The counters of a worker that died stay in the
sum; its gauges go. These are gunicorn's hooks: `gunicorn -c python:api.metric_files …`; `marque serve` sets them
itself. Without them (tests, an application inside another program) a process counts for itself.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, multiprocess, values

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's own variable; workers inherit it


def on_starting(_master: Any) -> None:
    """Makes an empty folder, below TMPDIR. One from the environment is not taken: it may be that of another server, or
    of the master that this one replaces."""
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="marque-metrics-")


def child_exit(_master: Any, worker: Any) -> None:
    """Takes the gauges of a worker that left or died out of the sum."""
    multiprocess.mark_process_dead(worker.pid, os.environ[FOLDER])  # type: ignore[no-untyped-call]


def on_exit(_master: Any) -> None:
    """Removes the folder; no worker is left."""
    shutil.rmtree(os.environ[FOLDER], ignore_errors=True)


def choose_values() -> Path | None:
    """Has metrics made from now on kept where this process belongs; returns the folder, None if it stands alone.

    The library chooses when it is imported, which in `marque serve` happens before the master has started.
    """
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]
    return Path(os.environ[FOLDER]) if FOLDER in os.environ else None


def summed(folder: Path) -> CollectorRegistry:
    """Returns the numbers of all processes."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
    return registry
