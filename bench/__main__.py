"""Runs the benchmarks and prints a table: `make bench`. CPU per operation; ratios come from alternating runs."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import completion, expressions, loop

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Measures everything, prints a table and writes bench/results/bench.json."""
    compared = completion.compare_all()
    looped = loop.run(2_000)
    small = expressions.run()
    rows = [
        *_completion_rows("12 steps, 3 user tasks", compared["small"]),
        *_completion_rows("63 nodes, 12 user tasks", compared["large"]),
        ("loop: cost of the last tenth ÷ the first", f"{looped['growth']}", "0.8 … 1.2"),
        ("loop: state", f"{looped['state_bytes']} bytes", "< 20,000"),
        ("FEEL condition, compiled", f"{small['condition_us']} µs", "≤ 5"),
        ("decision of 10 rows with explanation", f"{small['decision_10_rows_us']} µs CPU", "≤ 150"),
        ("decision of 1,000 rows with explanation", f"{small['decision_1000_rows_us']} µs CPU", "≤ 1,000"),
    ]
    table = Table("measured", "value", "goal")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "bench.json").write_text(json.dumps({"completion": compared, "loop": looped, "small": small}, indent=1))


def _completion_rows(shape: str, result: dict[str, float]) -> list[tuple[str, str, str]]:
    return [
        (f"completion in process, {shape}: naive application", f"{result['naive_ms']} ms CPU", ""),
        (f"completion in process, {shape}: ours", f"{result['ours_ms']} ms CPU", ""),
        ("naive ÷ ours, median of alternating pairs", f"{result['ratio']}", "≥ 4"),
    ]


if __name__ == "__main__":
    main()
