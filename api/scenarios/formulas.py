"""FEEL in scenarios: a text `=quote_hash` inside `with` stands for what the case knows, such as the hash to sign."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.scenarios.script import ScenarioInvalid
from engine.feel import Environment, FeelError, FeelSyntaxError, compile_expression
from engine.values import PersonalRef


def with_formulas(value: Any, variables: Mapping[str, Any], now: datetime) -> Any:
    """Returns the value with every text `=expression` in it replaced by its result; raises ScenarioInvalid."""
    if isinstance(value, Mapping):
        return {key: with_formulas(item, variables, now) for key, item in value.items()}
    if isinstance(value, list):
        return [with_formulas(item, variables, now) for item in value]
    if isinstance(value, str) and value.startswith("="):
        return evaluate(value.removeprefix("="), variables, now)
    return value


def has_formulas(value: Any) -> bool:
    """Says whether a text `=expression` is anywhere in the value."""
    if isinstance(value, Mapping):
        return any(has_formulas(item) for item in value.values())
    if isinstance(value, list):
        return any(has_formulas(item) for item in value)
    return isinstance(value, str) and value.startswith("=")


def evaluate(text: str, variables: Mapping[str, Any], now: datetime) -> Any:
    """Returns what a FEEL expression gives over the variables that are not personal; raises ScenarioInvalid."""
    open_to_all = {name: value for name, value in variables.items() if not isinstance(value, PersonalRef)}
    try:
        expression = compile_expression(text, names=frozenset(open_to_all))
        return expression.evaluate(open_to_all, Environment(now=now))
    except (FeelSyntaxError, FeelError) as wrong:
        raise ScenarioInvalid(f"`{text}` is no FEEL expression that can be computed: {wrong}") from wrong
