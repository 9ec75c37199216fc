"""Calls function values: user-defined functions, and built-ins handed on as values."""

from __future__ import annotations

from typing import Any

from engine.feel.limits import Work
from engine.feel.types import coerced
from engine.feel.values import FeelFunction, refuse


def invoke(function: FeelFunction, arguments: list[Any], work: Work) -> Any:
    """Calls a function value; null if the number or the types of the arguments do not fit."""
    if not function.variadic and len(arguments) != len(function.parameters):
        return None
    if function.types:
        fitted = [coerced(value, each, work) for value, each in zip(arguments, function.types, strict=True)]
        if any(after is None and before is not None for after, before in zip(fitted, arguments, strict=True)):
            return None
        arguments = fitted
    work.enter()
    result = function.call(work, arguments)
    work.call_depth -= 1
    return result if function.result is None else coerced(result, function.result, work)


def call_value(value: Any, names: tuple[str, ...] | None, arguments: list[Any], work: Work) -> Any:
    if type(value) is not FeelFunction:
        refuse(value)
        return None
    if names is not None:
        if set(names) != set(value.parameters) or len(names) != len(value.parameters):
            return None
        by_name = dict(zip(names, arguments, strict=True))
        arguments = [by_name[name] for name in value.parameters]
    return invoke(value, arguments, work)
