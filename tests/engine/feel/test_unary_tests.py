"""Cells of decision tables."""

from __future__ import annotations

from datetime import date

import pytest

from tests.engine.feel.feel import passes


@pytest.mark.parametrize(
    ("tests", "value", "result"),
    [
        ("-", None, True),
        ("-", 5, True),
        ('"a"', "a", True),
        ('"a", "b"', "b", True),
        ('"a", "b"', "c", False),
        ('not("a", "b")', "c", True),
        ('not("a", "b")', "a", False),
        ("not(null)", 3, True),
        ("< 10", 5, True),
        ("< 10, > 100", 50, False),
        ("[1..10)", 10, False),
        ("(1..10]", 10, True),
        ("-5", -5, True),
        ("true", True, True),
        ("true", False, False),
        ("null", None, True),
        ("null", 3, False),
        ("< 10", None, None),
        ("limit", 7, True),
        ("> limit", 8, True),
        ("? > limit and ? < 10", 8, True),
        ('contains(?, "ar")', "Marque", True),
        ("list", 2, True),
        ('@"2026-09-29"', date(2026, 9, 29), True),
        ('>= date("2026-09-30")', date(2026, 9, 29), False),
        ('not("a") and true', "b", False),
        ("limit > 5", "any text", True),
    ],
)
def test_a_cell_says_which_inputs_it_takes(tests: str, value: object, result: object) -> None:
    assert passes(tests, value, limit=7, list=[1, 2, 3]) is result
