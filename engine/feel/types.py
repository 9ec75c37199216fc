"""Types named in expressions: `instance of`, parameters of functions, results (DMN 1.5, 10.3.2.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.feel.limits import Work
from engine.feel.values import (
    BOOLEAN,
    CONTEXT,
    DATE,
    DATE_TIME,
    DAYS,
    FUNCTION,
    LIST,
    MONTHS,
    NUMBER,
    RANGE,
    STRING,
    TIME,
    FeelFunction,
    Range,
    kind_of,
)
from engine.feel.wide import day_of, fixed_zone, make_datetime

ANY = "Any"
SIMPLE_TYPES = (BOOLEAN, CONTEXT, DATE, DATE_TIME, DAYS, FUNCTION, LIST, MONTHS, NUMBER, RANGE, STRING, TIME)


@dataclass(frozen=True, slots=True)
class Type:
    """A type: its kind, what it holds (list items, range ends), entries of a context, or a function's signature."""

    kind: str
    item: Type | None = None
    entries: Mapping[str, Type] | None = None
    parameters: tuple[Type, ...] | None = None
    result: Type | None = None
    allowed: Any = field(default=None, compare=False)


ANYTHING = Type(ANY)


def conforms(value: Any, wanted: Type, work: Work, *, null_conforms: bool = True) -> bool:
    """Tells whether a value belongs to a type. Null belongs to every type, but is an instance of none."""
    work.charge(1)
    if value is None:
        return null_conforms
    if wanted.kind == ANY:
        kind_of(value)
        return True
    if wanted.kind != kind_of(value):
        return False
    if wanted.kind == LIST and wanted.item is not None:
        return all(conforms(item, wanted.item, work) for item in value)
    if wanted.kind == CONTEXT and wanted.entries is not None:
        return all(key in value and conforms(value[key], each, work) for key, each in wanted.entries.items())
    if wanted.kind == RANGE and wanted.item is not None:
        return _range_conforms(value, wanted.item, work)
    if wanted.kind == FUNCTION and wanted.parameters is not None:
        return _function_conforms(value, wanted)
    return True


def _range_conforms(value: Range, item: Type, work: Work) -> bool:
    ends = [end for end in (value.start, value.end) if end is not None]
    return bool(ends) and all(conforms(end, item, work) for end in ends)


def _function_conforms(value: FeelFunction, wanted: Type) -> bool:
    assert wanted.parameters is not None
    if value.variadic or len(value.parameters) != len(wanted.parameters):
        return False
    own = value.types or (None,) * len(value.parameters)
    matches = all(a is None or _narrower(b, a) for a, b in zip(own, wanted.parameters, strict=True))
    result = value.result
    return matches and (wanted.result is None or result is None or _narrower(result, wanted.result))


def _narrower(narrow: Type, wide: Type) -> bool:
    """Tells whether every value of `narrow` belongs to `wide`."""
    if wide.kind == ANY or narrow == wide:
        return True
    if narrow.kind != wide.kind:
        return False
    if wide.item is not None:
        return narrow.item is not None and _narrower(narrow.item, wide.item)
    if wide.entries is not None:
        own = narrow.entries or {}
        return all(key in own and _narrower(own[key], each) for key, each in wide.entries.items())
    return wide.parameters is None


def coerced(value: Any, wanted: Type | None, work: Work) -> Any:
    """Returns the value as the type wants it, null if it cannot be (DMN 1.5, 10.3.2.9.4).

    A list of one becomes its item, and a date becomes midnight UTC where a date and time is wanted.
    """
    if wanted is None or value is None or conforms(value, wanted, work):
        return value
    kind = kind_of(value)
    if kind == LIST and len(value) == 1 and wanted.kind != LIST and conforms(value[0], wanted, work):
        return value[0]
    if wanted.kind == LIST and kind != LIST and conforms([value], wanted, work):
        return [value]
    if kind == DATE and wanted.kind == DATE_TIME:
        return midnight(value)
    return None


def midnight(value: Any) -> Any:
    """Returns the date and time at the start of a date, in UTC."""
    return make_datetime(day_of(value), 0, fixed_zone(0))
