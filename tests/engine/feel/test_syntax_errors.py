"""A text that is no FEEL is refused with its place and a way out."""

from __future__ import annotations

import pytest

from engine.feel import FeelSyntaxError, compile_expression, compile_unary_tests


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("1 +", 1, 4, "the expression ends"),
        ("x == 1", 1, 3, '"=", not "=="'),
        ("a && b", 1, 3, '"and"'),
        ("a and\n  b || c", 2, 5, '"or"'),
        ("uper case(x)", 1, 1, 'did you mean "upper case"?'),
        ("amount > 100 adn x", 1, 14, 'did you mean "and"?'),
        ("if a the b else c", 1, 6, 'did you mean "then"?'),
        ('a = "x', 1, 5, "never closed"),
        ("[1, 2", 1, 6, 'expected "]"'),
        ("{a: 1, a: 2}", 1, 8, "two entries"),
        ('@"2026-02-30"', 1, 1, "is no date"),
        ("x instance of nubmer", 1, 15, 'did you mean "number"?'),
        ("（1 + 2）", 1, 1, "full-width"),
        ("a，b", 1, 2, "full-width"),
        ("'a'", 1, 1, "double quotes"),
        ("${x}", 1, 1, "without"),
        ('"\\uD83D"', 1, 1, "surrogate"),
        ("1 /* 2", 1, 3, "comment"),
        ("[1, 2,]", 1, 8, "expected a value"),
        ("x <> 1", 1, 3, '"!=", not "<>"'),
        ("x ≥ 1", 1, 3, '">="'),
        ("done = True", 1, 8, 'did you mean "true"?'),
        ("in", 1, 1, "expected a value"),
        ("f(a: 1, 2)", 1, 9, "named"),
        ("", 1, 1, "expected a value"),
    ],
)
def test_the_error_names_the_place_and_the_remedy(text: str, line: int, column: int, said: str) -> None:
    with pytest.raises(FeelSyntaxError) as raised:
        compile_expression(text)
    assert (raised.value.line, raised.value.column) == (line, column)
    assert said in str(raised.value)


def test_an_unknown_function_is_refused_even_inside_a_branch_that_never_runs() -> None:
    with pytest.raises(FeelSyntaxError, match="there is no function"):
        compile_expression("if true then 1 else launch(1)")


def test_a_domain_function_is_known_only_where_it_is_declared() -> None:
    compile_expression("digest(x)")
    with pytest.raises(FeelSyntaxError, match="digest"):
        compile_expression("digest(x)", functions=())


@pytest.mark.parametrize("text", ["> ", "1,", "not(1", "[1..", "- 1 -", '"a" "b"'])
def test_unary_tests_are_refused_in_the_same_way(text: str) -> None:
    with pytest.raises(FeelSyntaxError):
        compile_unary_tests(text)
