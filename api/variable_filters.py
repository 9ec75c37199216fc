"""Conditions on variables as queries send them: `amount_gteq_100,part_like_%brake%`, or a list of objects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from api.params import Reader
from api.times import read_instant
from engine.errors import InvalidRequest
from engine.values import Value, load
from engine.variable_conditions import OPERATORS, VariableCondition

_ONE = re.compile(
    rf"(?P<name>.+?)_(?P<operator>{'|'.join(sorted(OPERATORS, key=len, reverse=True))})_(?P<value>.*)", re.S
)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*")
MAX_CONDITIONS = 50


def read_conditions(given: Any) -> tuple[VariableCondition, ...]:
    """Reads `name_operator_value` parts separated by commas, or [{name, operator, value}]."""
    entries = [_from_text(part) for part in given.split(",")] if isinstance(given, str) else given
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise InvalidRequest("variables must be a list of {name, operator, value}")
    if len(entries) > MAX_CONDITIONS:
        raise InvalidRequest(f"a query has at most {MAX_CONDITIONS} conditions on variables")
    return tuple(_condition(entry) for entry in entries)


def _condition(entry: Mapping[str, Any]) -> VariableCondition:
    name, operator, value = entry.get("name"), entry.get("operator", "eq"), entry.get("value")
    if not isinstance(name, str) or not isinstance(operator, str):
        raise InvalidRequest("a condition on a variable has a name and an operator")
    return VariableCondition(name, operator, _typed(value))


def _typed(value: Any) -> Value:
    """JSON has no instants: what is written like one is one, as in Camunda's clients."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return read_instant(value, name="value")
        except InvalidRequest:
            return value
    return value


def _from_text(part: str) -> Mapping[str, Any]:
    found = _ONE.fullmatch(part)
    if found is None:
        raise InvalidRequest("variables are given as name_operator_value")
    like = found["operator"] in {"like", "notLike"}
    return {
        "name": found["name"],
        "operator": found["operator"],
        "value": found["value"] if like else _inferred(found["value"]),
    }


def _inferred(text: str) -> Value:
    """A query string has no types: what reads as a number or a truth value is one, as in Camunda."""
    try:
        value = load(text)
    except InvalidRequest:
        return text
    return text if isinstance(value, (list, dict)) else value


CONDITIONS: Reader = lambda parameters, name: read_conditions(parameters.raw(name))  # noqa: E731
