"""How long it takes to take 100,000 recorded decisions again with a changed table.

    python -m bench.backtest [decisions]

The history is generated: customers with random rent, rentals and referrals, each decided once by the tier table in
force and recorded as the engine records it. The draft moves one limit. All facts differ, so nothing is remembered;
a second run on facts that repeat shows what remembering brings.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bench.ours import ROOT, engine_in
from engine import decisions, definitions, deployments, models, releases
from engine.clock import to_micros
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.dmn.decision import compile_model
from engine.dmn.reader import read_dmn
from engine.ids import new_id
from engine.process_engine import ProcessEngine
from engine.simulations import Question, Report, backtest
from engine.values import dump

KEY, TABLE = "dt_01", ROOT / "rules" / "dt_01_rental_tier" / "dt_01_rental_tier.dmn"
LIMIT_BEFORE, LIMIT_AFTER = b"5000000", b"6000000"
DECISIONS = 100_000
BATCH = 2_000


def run(number: int = DECISIONS, *, distinct: int | None = None) -> dict[str, Any]:
    """Generates a history and replays it; `distinct` is how many different customers there are (None: all)."""
    source = TABLE.read_bytes()
    draft_source = source.replace(LIMIT_BEFORE, LIMIT_AFTER)
    assert draft_source != source
    with tempfile.TemporaryDirectory() as folder, engine_in(Path(folder)) as engine:
        engine.run(SYSTEM_ACTOR, deployments.create, name="bench", resources={TABLE.name: source})
        since = engine.clock.now() - timedelta(days=300)
        _generate(engine, number, since, distinct)
        draft = compile_model(read_dmn(draft_source, name=TABLE.name))
        started, cpu = time.perf_counter(), time.process_time()
        report = engine.read(SYSTEM_ACTOR, backtest, draft, Question(KEY, since), source=draft_source)
        spent = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu}
        draft.close()
    return _told(report, spent)


def _told(report: Report, spent: dict[str, float]) -> dict[str, Any]:
    return {
        "decisions": report.replayed,
        "changed": report.changed,
        "failed": report.failed,
        "seconds": round(spent["seconds"], 1),
        "cpu_seconds": round(spent["cpu_seconds"], 1),
        "us_per_decision": round(spent["cpu_seconds"] / report.replayed * 1e6, 1),
    }


def _generate(engine: ProcessEngine, number: int, since: datetime, distinct: int | None) -> None:
    chance = random.Random(20_261_001)
    people = [_customer(chance) for _ in range(distinct or number)]
    for first in range(0, number, BATCH):
        engine.run(SYSTEM_ACTOR, _record, people, since, range(first, min(first + BATCH, number)))


def _customer(chance: random.Random) -> dict[str, Any]:
    return {
        "rent_fen": chance.randrange(0, 20_000_000),
        "rental_count": chance.randrange(0, 12),
        "referral_count": chance.randrange(0, 5),
    }


def _record(ctx: CommandContext, people: list[dict[str, Any]], since: datetime, numbers: range) -> None:
    deployed = definitions.resolve(ctx, "decision", KEY, release=releases.current(ctx))
    ctx.connection.execute(insert(models.decision_instance), list(_rows(ctx, deployed, people, since, numbers)))


def _rows(
    ctx: CommandContext,
    deployed: definitions.Deployed,
    people: list[dict[str, Any]],
    since: datetime,
    numbers: range,
) -> Iterator[dict[str, Any]]:
    for number in numbers:
        result = decisions.decide(ctx, deployed, people[number % len(people)])
        yield {
            "id": new_id(),
            "decision_key": KEY,
            "definition_id": deployed.id,
            "version": deployed.version,
            "evaluated_by": result.evaluated_by,
            "at": to_micros(since + timedelta(minutes=number)),
            "body": dump(decisions.as_json(result)),
        }


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else DECISIONS
    print("all facts differ:  ", run(wanted))
    print("1,000 customers:   ", run(wanted, distinct=1_000))
