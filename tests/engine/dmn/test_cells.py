"""The simple cells: what is understood means what FEEL means, and what is not understood is left alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.dmn.cells import parse_cell
from engine.feel import compile_unary_tests
from tests.engine.dmn.tables import NOW

CELLS = [
    "-",
    "",
    '"a"',
    '"a", "b"',
    'not("a")',
    'not("a", "b")',
    "null",
    "not(null)",
    'null, "a"',
    "true",
    "false",
    "not(true)",
    "5",
    "-5",
    "<5",
    "<= 5",
    "> -5",
    ">=5",
    "=5",
    "[1..5]",
    "(1..5)",
    "]1..5[",
    "[1..5)",
    "1, 3, >=5",
    "null, <2",
    ".5",
    "[0.5..2.25]",
    'date("2026-10-01")',
    '< date("2026-10-01")',
    '@"2026-10-01"',
    '[@"2026-10-01"..@"2026-10-07"]',
    '"say \\"hi\\""',
    '"-"',
]
VALUES: list[Any] = [
    None, "a", "b", "", "-", 'say "hi"', True, False, 0, 1, Decimal("0.5"), Decimal("2.25"), 3, 5, -5, 7,
    date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 7),
]  # fmt: skip


def kind(value: Any) -> str:
    return "number" if type(value) in (int, Decimal) else type(value).__name__


@pytest.mark.parametrize("text", CELLS)
def test_an_understood_cell_means_what_feel_means(text: str) -> None:
    cell = parse_cell(text)
    tests = compile_unary_tests(text if text else "-")

    assert cell is not None
    kinds = {kind(value) for value in cell.values}
    for value in VALUES:
        if value is None or not kinds or kind(value) in kinds:
            plain = Decimal(value) if type(value) is int else value
            assert cell.holds(plain) == (tests.evaluate(value, {}, NOW) is True), value


@pytest.mark.parametrize(
    "text",
    ["x", "> x", "1 + 1", "? > 5", 'starts with(?, "a")', '1, "a"', "not(<5)", "1e5", '@"PT1H"', '< date("soon")'],
)
def test_other_feel_is_left_to_feel(text: str) -> None:
    assert parse_cell(text) is None
