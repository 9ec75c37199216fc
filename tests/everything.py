"""Runs every check and test, one stage after the other, and fails if any stage fails: this is `make test`."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

STAGES: Sequence[tuple[str, Sequence[str]]] = (
    ("format", (str(BIN / "ruff"), "format", "--check", ".")),
    ("lint", (str(BIN / "ruff"), "check", ".")),
    ("types", (str(BIN / "mypy"),)),
    ("import rules", (str(BIN / "lint-imports"),)),
    ("diagrams, tables, forms", (str(BIN / "marque"), "check", "--layout", "processes", "rules")),
    ("scenarios and table cases", (str(BIN / "marque"), "test", "processes", "rules")),
    ("tests", (sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "--ignore=tests/web", "tests")),
    # The browser's driver keeps an event loop running in its process, which no test of the interface can bear.
    ("pages in a browser", (sys.executable, "-m", "pytest", "tests/web")),
)


def main() -> int:
    """Returns 0 if every stage passed."""
    failed = []
    for name, command in STAGES:
        print(f"── {name}", flush=True)
        started = time.monotonic()
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            failed.append(name)
        print(f"   {time.monotonic() - started:.0f} s", flush=True)
    print(f"failed: {', '.join(failed)}" if failed else f"all {len(STAGES)} stages passed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
