"""The values of FEEL that Python has no type for, and the kind of every value (DMN 1.5, 10.3.2).

Numbers are int or Decimal with 34 digits, never float. Dates, times and days-time durations are Python's own
wherever these can hold them; years beyond 9999 and nanoseconds use the `Wide…` forms of `engine.feel.wide`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.feel.errors import FeelError


class Opaque:
    """A value that expressions may carry and compare with null, and nothing else (personal references)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, order=True)
class YearsMonthsDuration:
    """A duration in whole months; negative ones run backwards."""

    months: int


@dataclass(frozen=True, slots=True)
class WideDate:
    """A date outside the years 1..9999: days since 1970-01-01, proleptic Gregorian."""

    day: int


@dataclass(frozen=True, slots=True)
class WideTime:
    """A time of day with nanoseconds; `zone` is a tzinfo or None (local)."""

    nanos: int
    zone: Any


@dataclass(frozen=True, slots=True)
class WideDateTime:
    """A date and time outside the years 1..9999, or with nanoseconds."""

    day: int
    nanos: int
    zone: Any


@dataclass(frozen=True, slots=True)
class WideDuration:
    """A days-time duration with nanoseconds, or longer than timedelta holds."""

    nanos: int


@dataclass(frozen=True, slots=True)
class Range:
    """An interval. `operator` is set for the open-ended forms `(< 10)`, whose missing end is None."""

    start: Any
    end: Any
    start_included: bool = True
    end_included: bool = True
    operator: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FeelFunction:
    """Something that can be invoked. `call(work, arguments)` gets one value per parameter, in order.

    `types` holds the declared type of each parameter (or None), `result` that of the result; see `feel.types`.
    `variadic` functions take any number of arguments.
    """

    name: str
    parameters: tuple[str, ...]
    call: Callable[[Any, list[Any]], Any]
    types: tuple[Any, ...] = ()
    result: Any = None
    variadic: bool = False


NULL: Final = "null"
NUMBER: Final = "number"
STRING: Final = "string"
BOOLEAN: Final = "boolean"
DATE: Final = "date"
TIME: Final = "time"
DATE_TIME: Final = "date and time"
DAYS: Final = "days and time duration"
MONTHS: Final = "years and months duration"
LIST: Final = "list"
CONTEXT: Final = "context"
RANGE: Final = "range"
FUNCTION: Final = "function"

_KINDS: Final[dict[type, str]] = {
    type(None): NULL,
    int: NUMBER,
    Decimal: NUMBER,
    str: STRING,
    bool: BOOLEAN,
    date: DATE,
    WideDate: DATE,
    time: TIME,
    WideTime: TIME,
    datetime: DATE_TIME,
    WideDateTime: DATE_TIME,
    timedelta: DAYS,
    WideDuration: DAYS,
    YearsMonthsDuration: MONTHS,
    list: LIST,
    dict: CONTEXT,
    Range: RANGE,
    FeelFunction: FUNCTION,
}


def kind_of(value: object) -> str:
    """Returns the FEEL kind of a value; raises FeelError for what an expression may not read.

    Only exact types count: nothing of a foreign object is ever looked at.
    """
    kind = _KINDS.get(type(value))
    if kind is None:
        refuse(value)
    return kind  # type: ignore[return-value]


def refuse(value: object) -> None:
    """Raises FeelError if the value may not be read; its type is named, never its content."""
    if isinstance(value, Opaque):
        raise FeelError("a personal value can only be compared with null in an expression")
    if type(value) not in _KINDS:
        raise FeelError(f"a value of type {type(value).__name__} is unknown to FEEL")


def is_number(value: object) -> bool:
    """Tells whether a value is a FEEL number."""
    kind = type(value)
    return kind is int or kind is Decimal
