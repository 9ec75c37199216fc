"""Built-in functions, family by family; the test kit has many more cases."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.feel.builtins import BUILTINS
from tests.engine.feel.feel import feel

STANDARD = (
    "number, string, not, date, time, date and time, duration, years and months duration, substring, string length,"
    " upper case, lower case, substring before, substring after, replace, contains, starts with, ends with, matches,"
    " split, string join, list contains, count, min, max, sum, mean, all, any, sublist, append, concatenate,"
    " insert before, remove, reverse, index of, union, distinct values, flatten, product, median, stddev, mode,"
    " list replace, decimal, floor, ceiling, round up, round down, round half up, round half down, abs, modulo, sqrt,"
    " log, exp, odd, even, is, before, after, meets, met by, overlaps, overlaps before, overlaps after, finishes,"
    " finished by, includes, during, starts, started by, coincides, day of year, day of week, month of year,"
    " week of year, sort, get value, get entries, context, context put, context merge, now, today, range"
)


def test_every_function_of_the_standard_is_there() -> None:
    assert {name.strip() for name in STANDARD.split(",")} <= BUILTINS.keys()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('substring("foobar", -2, 1)', "a"),
        ('substring("🐎ab", 1, 1)', "🐎"),
        ('substring("foobar", 7)', None),
        ('string length("\\uD83D\\uDC0E")', 1),
        ('substring after("foobar", "")', "foobar"),
        ('string join(["a", null, "c"], "-")', "a-c"),
        ('string([1, "a", {b: null}])', '[1, "a", {b: null}]'),
        ("string(1.50)", "1.50"),
        ("string(null)", None),
        ('number("1 000,5", " ", ",")', Decimal("1000.5")),
        ('number("1,5")', None),
        ("decimal(2.5, 0)", 2),
        ("decimal(0.515, 2)", Decimal("0.52")),
        ("round half up(-5.5, 0)", -6),
        ("round half down(5.5, 0)", 5),
        ("round up(1.121, 2)", Decimal("1.13")),
        ("floor(-1.56, 1)", Decimal("-1.6")),
        ("ceiling(1.2)", 2),
        ("modulo(-12, 5)", 3),
        ("modulo(10.1, -4.5)", Decimal("-3.4")),
        ("sqrt(-1)", None),
        ("odd(5)", True),
        ("even(-2)", True),
        ('abs(@"-P1D") = @"P1D"', True),
        ("max([1, 3, 2])", 3),
        ("max(1, 3, 2)", 3),
        ('min(1, "a")', None),
        ("sum([])", None),
        ("count([])", 0),
        ("mean([1, 2, 4])", Decimal("2.333333333333333333333333333333333")),
        ("median([8, 2, 5, 7])", 6),
        ("mode([6, 1, 9, 6, 1])", [1, 6]),
        ("all([true, null])", None),
        ("any([true, null])", True),
        ("any([true, 1])", None),
        ("append([1], [2])", [1, [2]]),
        ("concatenate([1], [2, 3])", [1, 2, 3]),
        ("sublist([4, 5, 6], -2, 1)", [5]),
        ("insert before([1, 3], 2, 2)", [1, 2, 3]),
        ("remove([1, 2, 3], -1)", [1, 2]),
        ("list replace([2, 4, 7], function(a, b) a < b, 5)", [5, 5, 7]),
        ("union([1, 2], [2, 3])", [1, 2, 3]),
        ('distinct values([1, 2.0, 2, true, "2"])', [1, 2, True, "2"]),
        ("index of([1, 2, 3, 2], 2)", [2, 4]),
        ("flatten([1, [2, [3]], []])", [1, 2, 3]),
        ("sort([3, 1, 2], function(a, b) a > b)", [3, 2, 1]),
        ('sort([3, "a"])', None),
        ('get value({a: 1}, "a")', 1),
        ("get entries({a: 1})", [{"key": "a", "value": 1}]),
        ('context([{key: "a", value: 1}])', {"a": 1}),
        ('context put({x: {y: 1}}, ["x", "y"], 2)', {"x": {"y": 2}}),
        ("context merge([{a: 1}, {a: 2, b: 3}])", {"a": 2, "b": 3}),
        ("before(1, [2..3])", True),
        ("overlaps before([1..5], [3..8])", True),
        ("during(5, [1..5))", False),
        ("includes([1..10], [1..10])", True),
        ('5 in range("(..5]")', True),
        ('range("[5..1]")', None),
        ("bkm(2)", None),
    ],
)
def test_a_function_gives_its_value(text: str, value: object) -> None:
    assert feel(text, bkm=None) == value


@pytest.mark.parametrize(
    "text",
    ["abs()", "abs(1, 2)", 'abs("1")', "abs(null)", "abs(number: 1)", "substring(1, 1)", "count()", "floor(1.5, null)"],
)
def test_wrong_arguments_give_null(text: str) -> None:
    assert feel(text) is None


def test_arguments_may_be_named() -> None:
    assert feel('substring(start position: 3, string: "foobar")') == "obar"


def test_a_list_of_one_stands_for_its_item_and_an_item_for_its_list() -> None:
    assert feel('upper case(["a"])') == "A"
    assert feel("count(5)") == 1
