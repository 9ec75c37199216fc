"""CPU of a compiled FEEL condition and of a decision with its explanation.

python -m bench.expressions
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

from bench.tables import table
from engine.feel import Environment, compile_expression

ENVIRONMENT = Environment(now=datetime(2026, 10, 1, tzinfo=UTC))
CONDITION = 'amount > 100 and status = "open"'


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
    """Returns µs of a condition, of a decision over 10 rows and of one over 1,000 rows, each with explanation."""
    condition = compile_expression(CONDITION)
    values = {"amount": 250, "status": "open"}
    small, large = table(10), table(1000)
    result = {
        "condition_us": microseconds(lambda: condition.evaluate(values, ENVIRONMENT), 5_000),
        "decision_10_rows_us": microseconds(
            lambda: small.decide("bench", {"amount": 555, "segment": "B"}, ENVIRONMENT), 500
        ),
        "decision_1000_rows_us": microseconds(
            lambda: large.decide("bench", {"amount": 55_555, "segment": "B"}, ENVIRONMENT), 100
        ),
    }
    small.close()
    large.close()
    return result


if __name__ == "__main__":
    print(run())
