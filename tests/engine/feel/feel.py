"""Shorthands of the FEEL tests: one fixed instant, and values written as FEEL text where that reads better."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from engine.feel import Environment, compile_expression, compile_unary_tests
from engine.feel.limits import Work

NOW = datetime(2026, 9, 29, 8, 20, tzinfo=UTC)  # 16:20 in Shanghai
ENVIRONMENT = Environment(now=NOW)


def feel(text: str, /, **variables: Any) -> Any:
    """Returns the value of an expression."""
    return compile_expression(text, variables).evaluate(variables, ENVIRONMENT)


def passes(tests: str, value: Any, /, **variables: Any) -> bool | None:
    """Tells whether a value passes unary tests."""
    return compile_unary_tests(tests, variables).evaluate(value, variables, ENVIRONMENT)


def work() -> Work:
    """Returns a fresh account of work."""
    return Work(ENVIRONMENT)
