"""What an expression looks into is known without evaluating it, and evaluation agrees."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.feel import Environment, FeelError, compile_expression
from engine.feel.reading import names_looked_into
from engine.values import PersonalRef

NOW = Environment(now=datetime(2026, 9, 1, tzinfo=UTC))
SECRET = PersonalRef("ref", "digest", "FREE")
HARMLESS = [
    "x",
    "x = null",
    "null != x",
    "x in (null)",
    "[x, 1]",
    "{a: x, b: a = null}",
    "if x = null then 1 else x",
    "x instance of string",
    "for i in [1] return x",
    "for x in [1] return x + 1",
    "some x in [1] satisfies x > 0",
    "(function(x) x + 1)(1)",
    "[1, 2][x != null]",
]
REFUSED = [
    "x + 1",
    'x = "a"',
    "x and true",
    "not(x)",
    "if x then 1 else 2",
    "string(x)",
    "x.a",
    "x[1]",
    "-x",
    "for i in x return 1",
    "some i in [1] satisfies x",
    "x between 1 and 2",
    "{a: string(x)}",
    '{a: 1, b: if x = "a" then 1 else 2}',
]


@pytest.mark.parametrize("text", HARMLESS)
def test_a_null_test_or_handing_on_looks_into_nothing(text: str) -> None:
    compile_expression(text).evaluate({"x": SECRET}, NOW)

    assert names_looked_into(text, result_is_kept=True) == set()


@pytest.mark.parametrize("text", REFUSED)
def test_what_evaluation_refuses_is_known_before(text: str) -> None:
    with pytest.raises(FeelError):
        compile_expression(text).evaluate({"x": SECRET}, NOW)

    assert names_looked_into(text, result_is_kept=True) == {"x"}


def test_a_result_that_is_not_kept_is_looked_into() -> None:
    assert names_looked_into("x", result_is_kept=False) == {"x"}
    assert names_looked_into("x = null", result_is_kept=False) == set()


def test_a_name_with_spaces_is_found_where_it_is_known() -> None:
    assert names_looked_into("first name + 1", ["first name"], result_is_kept=True) == {"first name"}
