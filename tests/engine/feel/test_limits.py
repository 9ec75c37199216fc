"""Work is bounded: whatever is written, the answer comes soon, and it is a value or FeelError."""

from __future__ import annotations

import sys
import time
from decimal import Decimal

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from engine.feel import Environment, FeelError, FeelSyntaxError, compile_expression, compile_unary_tests
from tests.engine.feel.feel import ENVIRONMENT, NOW, feel
from tests.engine.feel.fuzz import fuzz


@pytest.mark.parametrize(
    "text",
    [
        "for i in 1..1000000000 return i",
        "for i in 1..100000, j in 1..100000 return 1",
        "count(for i in 1..1000000000 return i)",
        "some i in 1..1000000000 satisfies i < 0",
        'for i in 1..60 return if i = 1 then "ab" else partial[-1] + partial[-1]',
        "for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]]",
        "string(for i in 1..30 return if i = 1 then [1] else [partial[-1], partial[-1]])",
        "{f: function(n) f(n + 1), r: f(1)}.r",
        "{f: function(n) [f(n + 1), f(n + 1)], r: f(1)}.r",
        "{f: function(g) g(g), r: f(f)}.r",
        "sort(for i in 1..50000 return i, function(a, b) count(for j in 1..1000 return j) > a)",
        "for i in 1..100000 return substring(long, 1)",
        "for i in 1..100000 return upper case(long)",
        'replace(long, "x", "yyyy")',
        "distinct values(for i in 1..5000 return {a: i})",
        "flatten(for i in 1..1000 return for j in 1..1000 return j)",
    ],
)
def test_endless_work_is_stopped(text: str) -> None:
    started = time.process_time()
    with pytest.raises(FeelError):
        feel(text, long="x" * 500_000)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("(", ")"), ("[", "]"), ("{a: ", "}"), ("abs(", ")"), ("if a then 1 else ", ""), ("1 in (", ")"),
     ("function() ", ""), ("a[", "]"), ("not(", ")"), ("for i in ", " return i"), ("1 + (", ")"), ("a.b", ".c")],
)  # fmt: skip
def test_deep_nesting_is_refused_before_python_gives_up(opening: str, closing: str) -> None:
    with pytest.raises(FeelError):
        feel(opening * 3000 + "1" + closing * 3000)
    with pytest.raises(FeelSyntaxError):
        compile_unary_tests(opening * 3000 + "1" + closing * 3000)


def test_long_flat_expressions_are_no_problem() -> None:
    assert feel(" + ".join(["1"] * 5000)) == 5000
    assert feel(" and ".join(["true"] * 5000)) is True
    assert feel(f"count([{', '.join(['1'] * 5000)}])") == 5000


def test_a_full_stack_below_is_no_recursion_error() -> None:
    expression = compile_expression("((((1 + (2 * (3 - (4 / (5 + x)))))))) > 1")

    def below(levels: int) -> object:
        return below(levels - 1) if levels else expression.evaluate({"x": 1}, ENVIRONMENT)

    failures = 0
    for levels in range(sys.getrecursionlimit() - 150, sys.getrecursionlimit()):
        try:
            below(levels)
        except FeelError:
            failures += 1
        except RecursionError:  # the caller's own frames did not fit
            break
    assert failures > 0


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(FeelSyntaxError, match="longer"):
        compile_expression("1" * 100_000)


def test_a_number_that_is_none_is_an_error_not_a_crash() -> None:
    with pytest.raises(FeelError):
        feel("x > 3", x=Decimal("NaN"))


def test_a_giant_whole_number_is_no_number_of_feel() -> None:
    giant = 10**300_000
    started = time.process_time()
    for text in ("x + 1", "x * x", "x / 3", "x ** 2", "sqrt(x)", "floor(x)", 'x * @"P1D"'):
        assert feel(text, x=giant) is None
    with pytest.raises(FeelError, match="digits"):
        feel("string(x)", x=giant)
    assert time.process_time() - started < 2


def test_a_value_unknown_to_feel_is_an_error_that_names_its_type_alone() -> None:
    with pytest.raises(FeelError, match="float") as raised:
        feel("x + 1", x=1.5)
    assert "1.5" not in str(raised.value)


def test_random_inputs_raise_nothing_but_feel_errors() -> None:
    report = fuzz(1500, seed=2026)
    assert report.evaluated > 300
    assert report.slowest_seconds < 5


@seed(7)
@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    for compile_text in (compile_expression, compile_unary_tests):
        refused: FeelSyntaxError | None = None
        try:
            compile_text(text)
        except FeelSyntaxError as error:
            refused = error
        assert refused is None or (1 <= refused.line <= text.count("\n") + 1 and 1 <= refused.column <= len(text) + 1)


@seed(7)
@settings(max_examples=200, deadline=None)
@given(st.integers(-(10**40), 10**40), st.integers(-(10**40), 10**40))
def test_whole_numbers_below_34_digits_are_exact(left: int, right: int) -> None:
    limit = 10**34
    for text, exact in (("a + b", left + right), ("a - b", left - right), ("a * b", left * right)):
        result = feel(text, a=left, b=right)
        if max(abs(left), abs(right), abs(exact)) < limit:
            assert result == exact
        else:
            assert abs(result - exact) <= abs(exact) // 10**32 + 10**7


def test_a_domain_function_gets_its_arguments_by_position() -> None:
    environment = Environment(now=NOW, functions={"digest": lambda value: f"<{value}>"})
    assert compile_expression('digest("x")').evaluate({}, environment) == "<x>"
    with pytest.raises(FeelError, match="2 arguments"):
        compile_expression("digest(1, 2)").evaluate({}, environment)
    with pytest.raises(FeelError, match="not available"):
        feel("digest(1)")
