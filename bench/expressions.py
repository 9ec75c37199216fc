"""CPU of a compiled FEEL condition and of a decision with its explanation.

python -m bench.expressions
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

from bench.ours import ROOT
from engine.dmn.decision import compile_model
from engine.dmn.reader import read_dmn
from engine.feel import Environment, compile_expression

ENVIRONMENT = Environment(now=datetime(2026, 10, 1, tzinfo=UTC))
CONDITION = 'amount > 100 and status = "open"'
TABLE = ROOT / "rules" / "dt_04_complaint_deadlines" / "dt_04_complaint_deadlines.dmn"


def microseconds(operation: Callable[[], object], times: int, rounds: int = 9) -> float:
    """Returns the median CPU µs of an operation."""
    measured = []
    for _ in range(rounds):
        before = time.process_time()
        for _ in range(times):
            operation()
        measured.append((time.process_time() - before) / times * 1e6)
    return round(statistics.median(measured), 2)


def run() -> dict[str, float]:
    condition = compile_expression(CONDITION)
    values = {"amount": 250, "status": "open"}
    model = compile_model(read_dmn(TABLE.read_bytes(), name=TABLE.name))
    facts = {"event": "received", "business_line": "rental"}
    result = {
        "condition_us": microseconds(lambda: condition.evaluate(values, ENVIRONMENT), 5_000),
        "decision_us": microseconds(lambda: model.decide("dt_04", facts, ENVIRONMENT), 500),
    }
    model.close()
    return result


if __name__ == "__main__":
    print(run())
