"""Tables on durable_rules: the same answer as FEEL, whatever their size, under threads, swaps and forks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import durable_rules_engine as core
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dmn.cells import Kind, parse_cell
from engine.dmn.decision import CompiledModel
from engine.dmn.durable import DurableTable, NotEncodable, PlannedRow, encode
from tests.engine.dmn import agreement
from tests.engine.dmn.tables import NOW, compiled, table_xml

DAY = date(2026, 10, 1)


def planned(kinds: Sequence[Kind], *rows: Sequence[str]) -> DurableTable:
    cells = [[parse_cell(text) for text in row] for row in rows]
    return DurableTable(kinds, [PlannedRow(tuple(cell for cell in row if cell is not None)) for row in cells])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_durable_rules_and_feel_match_the_same_rows(seed: int) -> None:
    report = agreement.run(100, seed)

    assert report.disagreements == []
    assert report.compared + report.on_feel >= 100


def test_most_random_facts_are_really_compared() -> None:
    report = agreement.run(2_000, seed=1)

    assert report.disagreements == []
    assert report.compared > 1_000


@pytest.mark.parametrize("rows", [1, 32, 33, 64, 65, 500])
def test_tables_of_every_size_are_split_so_that_the_engine_can_bear_them(rows: int) -> None:
    table = planned(["number"], *([f">={n}"] for n in range(rows)))

    assert table.match([rows], DAY) == list(range(rows))
    assert table.match([0], DAY) == [0]
    table.close()


def test_a_cell_with_more_values_than_a_ruleset_bears_is_left_to_feel() -> None:
    listed = ", ".join(f'"v{n}"' for n in range(401))

    with pytest.raises(NotEncodable):
        planned(["string"], [listed])


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "number"),
        (1, "boolean"),
        ("9", "number"),
        (Decimal("0.0000001"), "number"),
        (Decimal(10) ** 30, "number"),
        (Decimal("NaN"), "number"),
        (Decimal("1E-999999"), "number"),
        (5, "string"),
        ("x" * 2001, "string"),
        (datetime(2026, 10, 1, tzinfo=UTC), "date"),
        (DAY, "date and time"),
        (datetime(2026, 10, 1), "date and time"),  # noqa: DTZ001  a local time names no instant
    ],
)
def test_a_value_of_another_type_or_too_fine_is_not_encoded(value: Any, kind: Kind) -> None:
    with pytest.raises(NotEncodable):
        encode(value, kind)


def test_numbers_are_scaled_exactly() -> None:
    assert encode(Decimal("99999.99"), "number") == 99_999_990_000
    assert encode(9_000_000_000_001, "number") == 9_000_000_000_001_000_000
    assert encode(Decimal("1.0000000000000000000000000000000000"), "number") == 1_000_000
    with pytest.raises(NotEncodable):
        encode(Decimal("1.0000000000000000000000000000000001"), "number")


def test_a_closed_table_makes_new_rulesets_when_it_is_asked_again() -> None:
    table = planned(["number"], ["5"])
    assert table.match([5], DAY) == [0]

    table.close()
    table.close()

    assert table.match([5], DAY) == [0]


def test_when_the_engine_fails_feel_decides_and_the_fault_does_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    model = compiled(table_xml([("x", "number")], ["out"], [(["5"], ["1"])]))
    assert model.decide("t", {"x": 5}, NOW).evaluated_by == "durable_rules"
    real = core.assert_fact
    monkeypatch.setattr(core, "assert_fact", lambda handle, fact: (1, 0))

    spoiled = model.decide("t", {"x": 5}, NOW)
    monkeypatch.setattr(core, "assert_fact", real)
    healthy = model.decide("t", {"x": 5}, NOW)

    assert (spoiled.output, spoiled.evaluated_by) == (1, "feel")
    assert (healthy.output, healthy.evaluated_by) == (1, "durable_rules")


def test_no_state_of_a_case_survives() -> None:
    table = planned(["number", "number"], ["1", "-"], ["-", "2"])

    for _ in range(2_100):
        assert table.match([1, 0], DAY) == [0]
        assert table.match([0, 2], DAY) == [1]


def test_a_table_is_swapped_under_load_without_a_wrong_answer() -> None:
    def version(number: int) -> CompiledModel:
        rows = [([f"[{n * 10}..{n * 10 + 10})"], [str(n * number)]) for n in range(40)]
        return compiled(table_xml([("x", "number")], ["out"], rows))

    current = (1, version(1))
    wrong: list[Any] = []
    stop = threading.Event()
    decided = [0] * 4

    def ask(worker: int) -> None:
        while not stop.is_set():
            number, model = current
            x = (decided[worker] * 7) % 400
            output = model.decide("t", {"x": x}, NOW).output
            if output != (x // 10) * number:
                wrong.append((x, number, output))
            decided[worker] += 1

    def swap_often() -> None:
        nonlocal current
        for number in range(2, 42):
            _, old = current
            current = (number, version(number))
            old.close()

    workers = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    swap_often()
    stop.set()
    for worker in workers:
        worker.join(30)

    assert wrong == []
    assert all(count > 0 for count in decided)


def test_rulesets_are_compiled_again_in_a_forked_process() -> None:
    code = """
import os
from datetime import date
from engine.dmn.cells import parse_cell
from engine.dmn.durable import DurableTable, PlannedRow
table = DurableTable(["number"], [PlannedRow((parse_cell("5"),))])
day = date(2026, 10, 1)
assert table.match([5], day) == [0]
child = os.fork()
if child == 0:
    matched = table.match([5], day) == [0] and table.match([6], day) == []
    os._exit(0 if matched else 1)
_, status = os.waitpid(child, 0)
assert table.match([5], day) == [0]
raise SystemExit(os.waitstatus_to_exitcode(status))
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=60, cwd=os.getcwd(), capture_output=True)

    assert done.returncode == 0, done.stderr.decode()
