"""A thousand cases moved to the next version in one batch, a transaction each, on SQLite with synchronous=FULL.

python -m bench.migration [cases]
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench import large
from bench.ours import OurApplication, engine_in
from engine import batches, deployments, job_executor, migration_plans, process_definitions
from engine.context import SYSTEM_ACTOR
from engine.migration_plans import Plan


def run(cases: int = 1_000) -> dict[str, float]:
    """Starts the cases, deploys the next version, previews and migrates them all."""
    with tempfile.TemporaryDirectory() as folder, engine_in(Path(folder)) as engine:
        body = large.diagram()
        ours = OurApplication(engine, body, "large")
        ids = [ours.start({"amount": 250}) for _ in range(cases)]
        engine.run(SYSTEM_ACTOR, deployments.create, name="next", resources={"large.bpmn": body + b"\n"})
        target = engine.read(SYSTEM_ACTOR, process_definitions.latest, "large")
        plan: Plan = engine.read(SYSTEM_ACTOR, migration_plans.generate, ours.deployed.id, target.id)
        began = time.perf_counter()
        seen = engine.read(SYSTEM_ACTOR, migration_plans.preview, plan, ids)
        previewed = time.perf_counter() - began
        began, cpu = time.perf_counter(), time.process_time()
        batch = engine.run(SYSTEM_ACTOR, batches.create, batches.MIGRATION, batches.migration_of(plan), ids)
        each: list[float] = []
        while True:
            one = time.perf_counter()
            if job_executor.run_one(engine) is None:
                break
            each.append((time.perf_counter() - one) * 1000)
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        done = engine.read(SYSTEM_ACTOR, batches.get, batch.id)
        return {
            "cases": cases,
            "movable": seen.movable,
            "migrated": done.completed,
            "failed": done.failed,
            "preview_seconds": round(previewed, 2),
            "batch_seconds": round(took, 2),
            "cpu_ms_each": round(cpu * 1000 / cases, 2),
            "median_ms_each": round(statistics.median(each), 2),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }


if __name__ == "__main__":
    print(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000))
