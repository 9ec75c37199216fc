"""The checks of one visible field: mandatory, limits, pattern, choices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.feel import Expression
from engine.forms.conversions import is_empty
from engine.forms.fields import LIST_TYPES, Field, Limit
from engine.forms.messages import Problem
from engine.forms.patterns import MAX_TEXT_LENGTH

Evaluate = Callable[[Expression], Any]


def problems(field: Field, value: Any, *, evaluate: Evaluate, today: date, complete: bool) -> Iterator[Problem]:
    """Yields what is wrong with the typed value of a visible field.

    An attempt (`complete` False) is not asked for anything that is missing or too short.
    """
    if complete and field.limits.required:
        # As in form-js, false is no answer of a tick, but "no" is one of a choice.
        if field.type == "checkbox" and value is not True:
            yield Problem("must-be-ticked")
        elif is_empty(value):
            yield Problem("required")
    if is_empty(value):
        return
    yield from _length_problems(field, value, evaluate=evaluate, complete=complete)
    yield from _range_problems(field, value, evaluate=evaluate)
    if field.choices is not None and not _chosen_from(_offered(field, evaluate), value):
        yield Problem("choice")
    if field.no_past and isinstance(value, date) and not isinstance(value, datetime) and value < today:
        yield Problem("past")
    if field.limits.pattern is not None and isinstance(value, str):
        yield from _pattern_problems(field, value)


def _length_problems(field: Field, value: Any, *, evaluate: Evaluate, complete: bool) -> Iterator[Problem]:
    if not isinstance(value, (str, list)):
        return
    items = field.type in LIST_TYPES
    # form-js counts the trimmed text.
    length = len(value) if isinstance(value, list) else len(value.strip())
    least = _number(field.limits.min_length, evaluate)
    most = _number(field.limits.max_length, evaluate)
    if complete and least is not None and length < least:
        yield Problem("min-items" if items else "min-length", {"limit": least})
    if most is not None and length > most:
        yield Problem("max-items" if items else "max-length", {"limit": most})


def _range_problems(field: Field, value: Any, *, evaluate: Evaluate) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return
    least, most = _number(field.limits.minimum, evaluate), _number(field.limits.maximum, evaluate)
    if least is not None and value < least:
        yield Problem("min", {"limit": least})
    if most is not None and value > most:
        yield Problem("max", {"limit": most})


def _pattern_problems(field: Field, value: str) -> Iterator[Problem]:
    pattern = field.limits.pattern
    if len(value) > MAX_TEXT_LENGTH:
        yield Problem("max-length", {"limit": MAX_TEXT_LENGTH})
    elif pattern is not None and not pattern.found_in(value):
        zh, en = field.limits.pattern_zh, field.limits.pattern_en
        yield Problem("pattern", {"zh": zh, "en": en or zh})


def _number(limit: Limit | None, evaluate: Evaluate) -> int | Decimal | None:
    if not isinstance(limit, Expression):
        return limit
    value = evaluate(limit)
    return value if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None


def _offered(field: Field, evaluate: Evaluate) -> Iterable[Any]:
    choices = field.choices
    if choices is None or choices.expression is None:
        return choices.values if choices else ()
    offered = evaluate(choices.expression)
    if not isinstance(offered, list):
        return ()
    return [one.get("value") if isinstance(one, Mapping) else one for one in offered]


def _chosen_from(offered: Iterable[Any], value: Any) -> bool:
    """Compares with types, because true is no choice where 1 is offered."""
    known = {(type(one), one) for one in offered if isinstance(one, (str, int))}
    return all((type(one), one) in known for one in (value if isinstance(value, list) else [value]))
