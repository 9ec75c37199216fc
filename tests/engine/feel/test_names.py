"""Names of several words, names with signs, names in Chinese, and the names an expression reads."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.feel import compile_expression, compile_unary_tests
from engine.feel.expression import Expression
from tests.engine.feel.feel import ENVIRONMENT, feel


def _of(text: str, names: dict[str, object]) -> object:
    return compile_expression(text, names).evaluate(names, ENVIRONMENT)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("first name", "Li"),
        ("first  name", "Li"),
        ("a-b", 100),
        ("a - b", -1),
        ("a", 1),
        ("a + a-b", 101),
        ("date and time of visit", "2026"),
        ("金额（元） > 3", True),
        ('客户等级 = "金"', True),
        ("rate/km * 2", 14),
    ],
)
def test_the_longest_known_name_wins(text: str, value: object) -> None:
    names: dict[str, object] = {
        "first name": "Li",
        "a": 1,
        "b": 2,
        "a-b": 100,
        "date and time of visit": "2026",
        "金额（元）": 5,
        "客户等级": "金",
        "rate/km": 7,
    }
    assert _of(text, names) == value


def test_undeclared_words_side_by_side_are_one_name() -> None:
    assert compile_expression('first name = "Li"').evaluate({"first name": "Li"}, ENVIRONMENT) is True


def test_an_unknown_variable_is_null() -> None:
    assert feel("unheard of = null") is True


def test_a_variable_does_not_hide_the_function_of_its_name() -> None:
    assert feel("count(list) + count", count=5, list=[1, 2]) == 7


def _reads(compiled: Expression) -> set[str]:
    return set(compiled.names)


def test_an_expression_knows_the_variables_it_reads() -> None:
    read = _reads(compile_expression("for i in orders return i.amount + rate * count([i])"))
    assert read == {"orders", "rate"}


def test_parameters_entries_and_functions_are_no_variables() -> None:
    assert _reads(compile_expression("{a: x, f: function(p) p + a + y}.a + abs(z)")) == {"x", "y", "z"}


def test_a_name_in_a_filter_may_be_a_variable() -> None:
    assert _reads(compile_expression("orders[amount > limit]")) == {"orders", "amount", "limit"}


def test_unary_tests_know_the_variables_they_read() -> None:
    assert compile_unary_tests("> limit, ? + bonus > 3").names == {"limit", "bonus"}


@pytest.mark.parametrize("text", ["__class__", "x.__class__", "x.__dict__", "_private", 'get value(c, "__init__")'])
def test_names_with_underscores_are_names_like_any_other(text: str) -> None:
    assert feel(text, x="text", c={}) is None
    assert feel("x.__class__", x={"__class__": 7}) == 7


@pytest.mark.parametrize(("text", "expected"), [
    ("floor(number)", 7), ("string(count)", "5"), ("sum([count, number])", 12.5),
    ("floor(if true then number else 1)", 7),
])  # fmt: skip
def test_a_variable_named_like_a_function_is_the_variable_among_arguments_too(text: str, expected: object) -> None:
    variables = {"number": Decimal("7.5"), "count": 5}
    assert compile_expression(text).evaluate(variables, ENVIRONMENT) == expected
