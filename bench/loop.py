"""One instance, 10,000 user-task completions: the last must cost what the first did, and the state must stay small.

python -m bench.loop [completions]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.ours import ROOT, OurApplication, engine_in
from engine import process_instances
from engine.context import SYSTEM_ACTOR

DIAGRAM = ROOT / "bench" / "loop.bpmn"


def run(completions: int = 10_000) -> dict[str, float]:
    """Returns CPU ms per completion at the start and at the end (medians over a tenth), and the size of the state."""
    spent: list[float] = []
    with tempfile.TemporaryDirectory() as folder, engine_in(Path(folder)) as engine:
        application = OurApplication(engine, DIAGRAM.read_bytes(), "loop")
        case_id = application.start({"stop": False, "note": "x" * 200})
        for number in range(completions):
            task_id = application.open_task(case_id)
            before = time.process_time()
            application.complete(case_id, task_id, {"number": number, "stop": False})
            spent.append(time.process_time() - before)
        state = len(engine.read(SYSTEM_ACTOR, process_instances.get, case_id).state_body or b"")
    tenth = max(1, completions // 10)
    first, last = (statistics.median(part) * 1000 for part in (spent[:tenth], spent[-tenth:]))
    return {
        "completions": completions,
        "first_ms": round(first, 3),
        "last_ms": round(last, 3),
        "growth": round(last / first, 3),
        "state_bytes": state,
    }


if __name__ == "__main__":
    print(run(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
