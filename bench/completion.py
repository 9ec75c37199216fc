"""CPU per user-task completion, ours against the naive application, in alternating runs.

    python -m bench.completion

The machine is shared and noisy: both run in turns in the same process, and the ratio of each pair counts.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol

from bench import large
from bench.naive.application import NaiveApplication
from bench.ours import BENCHMARK, OurApplication, engine_in

DATA = {
    "amount": 250,
    "lines": [{"sku": f"S{number}", "quantity": number} for number in range(20)],
    "flags": dict.fromkeys("abcdefgh", True),
}
PAIRS = 7
CASES = 40


class Application(Protocol):
    def start(self, data: dict[str, Any]) -> str: ...
    def open_task(self, case_id: str) -> str: ...
    def complete(self, case_id: str, task_id: str, data: dict[str, Any]) -> None: ...


def run(application: Application, cases: int = CASES) -> float:
    """Returns CPU milliseconds per completion over some cases."""
    spent, count = 0.0, 0
    for _ in range(cases):
        case_id = application.start(dict(DATA))
        while task_id := application.open_task(case_id):
            before = time.process_time()
            application.complete(case_id, task_id, {"step": count, "amount": 250})
            spent += time.process_time() - before
            count += 1
    return spent / count * 1000


def compare(diagram: bytes, key: str, *, pairs: int = PAIRS, cases: int = CASES) -> dict[str, float]:
    """Runs both in turns; returns the medians in ms and the median ratio naive ÷ ours."""
    with tempfile.TemporaryDirectory() as folder, engine_in(Path(folder)) as engine:
        naive = NaiveApplication(f"sqlite:///{folder}/naive.db", diagram, key)
        ours = OurApplication(engine, diagram, key)
        run(naive, 3)
        run(ours, 3)
        measured = [(run(naive, cases), run(ours, cases)) for _ in range(pairs)]
    ratios = [slow / fast for slow, fast in measured]
    return {
        "naive_ms": round(statistics.median(slow for slow, _ in measured), 3),
        "ours_ms": round(statistics.median(fast for _, fast in measured), 3),
        "ratio": round(statistics.median(ratios), 2),
        "worst_ratio": round(min(ratios), 2),
    }


def compare_all(pairs: int = PAIRS) -> dict[str, dict[str, float]]:
    """Compares on the small process (12 steps, 3 user tasks) and on a process of the size of the shipped ones."""
    return {
        "small": compare(BENCHMARK.read_bytes(), "benchmark", pairs=pairs),
        "large": compare(large.diagram(), "large", pairs=pairs, cases=CASES // 4),
    }


if __name__ == "__main__":
    for name, result in compare_all().items():
        print(name, result)
