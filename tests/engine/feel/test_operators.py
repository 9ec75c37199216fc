"""Arithmetic, logic, comparison, conditions, loops, filters and paths."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from engine.feel.values import YearsMonthsDuration
from tests.engine.feel.feel import feel


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 / 4", Decimal("2.5")),
        ("-2 ** 2", 4),
        ("2 ** 3 ** 2", 64),
        ("2 ** -1", Decimal("0.5")),
        ("--10", 10),
        ("0.1 + 0.2", Decimal("0.3")),
        ("-1.234567890123456789012345678901234", Decimal("-1.234567890123456789012345678901234")),
        ("-(1.234567890123456789012345678901234)", Decimal("-1.234567890123456789012345678901234")),
        ("abs(-1.234567890123456789012345678901234)", Decimal("1.234567890123456789012345678901234")),
        ("1 / 3", Decimal("0.3333333333333333333333333333333333")),
        ("99999999999999999999999999999999999 + 1", Decimal("1.000000000000000000000000000000000E+35")),
        ('"Mar" + "que"', "Marque"),
        ('@"P1D" + @"PT12H"', timedelta(days=1, hours=12)),
        ('@"P1Y" - @"P2M"', YearsMonthsDuration(10)),
        ('@"P1D" * 3', timedelta(days=3)),
        ('@"P1Y" / @"P1M"', 12),
        ('-@"P1D"', timedelta(days=-1)),
    ],
)
def test_arithmetic_is_exact(text: str, value: object) -> None:
    assert feel(text) == value


@pytest.mark.parametrize(
    "text",
    ["1 / 0", "0 / 0", '1 + "1"', '"a" * 2', "1 + null", "true + true", '@"2026-01-01" + 1', "-[1]", "10 ** 7000"],
)
def test_what_the_standard_does_not_define_is_null(text: str) -> None:
    assert feel(text) is None


@pytest.mark.parametrize(
    ("left", "right", "conjunction", "disjunction"),
    [
        ("true", "true", True, True),
        ("true", "false", False, True),
        ("false", "false", False, False),
        ("true", "null", None, True),
        ("false", "null", False, None),
        ("null", "null", None, None),
        ("true", '"text"', None, True),
        ("1", "false", False, None),
    ],
)
def test_logic_has_three_values(left: str, right: str, conjunction: object, disjunction: object) -> None:
    for first, second in ((left, right), (right, left)):
        assert feel(f"{first} and {second}") is conjunction
        assert feel(f"{first} or {second}") is disjunction
        assert feel(f"{first} and {second} and true") is conjunction
        assert feel(f"{first} or {second} or false") is disjunction


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 = 1.0", True),
        ('"a" = "a"', True),
        ("null = null", True),
        ('x = "open"', False),
        ("x != null", False),
        ('1 = "1"', None),
        ("true = 1", None),
        ("[1, 2] = [1, 2.0]", True),
        ("{a: 1, b: 2} = {b: 2, a: 1}", True),
        ("[1..3] = [1..3]", True),
        ("[1..3] = [1..3)", False),
        ("2 > null", None),
        ('2 > "1"', None),
        ('"a" < "b"', True),
        ("3 between 1 and 3", True),
        ("4 between 1 and 3", False),
        ("null between 1 and 3", None),
        ("2 in [1..3]", True),
        ("3 in [1..3)", False),
        ("3 in ]1..3[", False),
        ("2 in (1, 2, 3)", True),
        ("2 in (< 2, > 5)", False),
        ('"b" in ("a", "b")', True),
        ("5 in (? > 3)", True),
        ("[1, 2] in [[1, 2], [3]]", True),
        ("4 in [[1..3], [4..6]]", True),
        ("1 in [1..null)", None),
    ],
)
def test_values_compare_within_their_kind(text: str, value: object) -> None:
    assert feel(text, x=None) is value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("if 1 < 2 then 10 else 20", 10),
        ("if null then 10 else 20", 20),
        ('if "yes" then 10 else 20', 20),
        ("for i in 1..3 return i * i", [1, 4, 9]),
        ("for i in 3..1 return i", [3, 2, 1]),
        ("for i in [2..4) return i", [2, 3]),
        ("for i in 1..2, j in [i, 10] return i + j", [2, 11, 4, 12]),
        ("for i in 1..4 return if i = 1 then 1 else i * partial[-1]", [1, 2, 6, 24]),
        ('for i in "a".."c" return i', None),
        ("for i in null return i", None),
        ("some i in [1, 2] satisfies i > 1", True),
        ("every i in [1, 2] satisfies i > 1", False),
        ("some i in [] satisfies true", False),
        ("every i in [] satisfies false", True),
        ("some i in [1, null] satisfies i > 1", None),
    ],
)
def test_conditions_and_loops(text: str, value: object) -> None:
    assert feel(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[10, 20, 30][2]", 20),
        ("[10, 20, 30][-1]", 30),
        ("[10, 20, 30][4]", None),
        ("[10, 20, 30][item > 10]", [20, 30]),
        ("[{x: 1}, {x: 2}][x > 1]", [{"x": 2}]),
        ("[{item: 1}, {item: 2}][item > 1]", [{"item": 2}]),
        ("[{x: 1}, {x: 2}].x", [1, 2]),
        ("[{x: 1}, {y: 2}].x", [1, None]),
        ("[1, 2, 3][item > limit]", [3]),
        ("5[true]", [5]),
        ("{a: {b: 7}}.a.b", 7),
        ("{a: 7}.b", None),
        ("{first name: 7}.first name", 7),
        ('{"a+b": 7}.a+b', 7),
        ("{a: 1, b: a + 1}.b", 2),
        ('@"2026-09-29".weekday', 2),
        ("[1..5].end", 5),
        ("(1).x", None),
        ('("text").upper', None),
    ],
)
def test_filters_and_paths(text: str, value: object) -> None:
    assert feel(text, limit=2) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(function(a, b) a - b)(5, 3)", 2),
        ("(function(a, b) a - b)(b: 5, a: 3)", -2),
        ('(function(a: number) a)("1")', None),
        ("(function(a) a)(1, 2)", None),
        ("{f: function(n) if n <= 1 then 1 else n * f(n - 1), r: f(5)}.r", 120),
        ("{add: function(x) function(y) x + y, r: add(2)(3)}.r", 5),
        ("(for i in [1, 2] return function() i)[1]()", 1),
        ("1()", None),
    ],
)
def test_functions_are_values_that_remember_what_they_see(text: str, value: object) -> None:
    assert feel(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 instance of number", True),
        ("null instance of Any", False),
        ('[1, "a"] instance of list<number>', False),
        ("{a: 1, b: 2} instance of context<a: number>", True),
        ("abs instance of function<number> -> number", True),
        ("[1..2] instance of range<number>", True),
        ('@"P1D" instance of days and time duration', True),
        ('@"2026-01-01T00:00:00" instance of date', False),
    ],
)
def test_instance_of(text: str, value: bool) -> None:
    assert feel(text) is value
