"""Equality and order of FEEL values (DMN 1.5, tables 53 and 54). Three-valued: None where they do not compare."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from engine.feel.errors import FeelError
from engine.feel.limits import MAX_VALUE_DEPTH, Work
from engine.feel.values import (
    BOOLEAN,
    CONTEXT,
    DATE,
    DATE_TIME,
    DAYS,
    LIST,
    MONTHS,
    NUMBER,
    RANGE,
    STRING,
    TIME,
    Range,
    kind_of,
)
from engine.feel.wide import day_of, duration_nanos, instant_nanos, time_nanos


def equal(left: Any, right: Any, work: Work, depth: int = 0) -> bool | None:
    """`left = right`: null equals null only; different kinds do not compare (None)."""
    kind, other = type(left), type(right)
    if kind is other and (kind is str or kind is int or kind is bool):
        return bool(left == right)
    if left is None or right is None:
        return left is right
    name = kind_of(left)
    if name != kind_of(right):
        return None
    if name in (NUMBER, STRING, BOOLEAN):
        return bool(left == right)
    if name == LIST:
        return _equal_lists(left, right, work, _deeper(depth))
    if name == CONTEXT:
        return _equal_contexts(left, right, work, _deeper(depth))
    if name == RANGE:
        return _equal_ranges(left, right, work, _deeper(depth))
    keys = _KEYS.get(name)
    if keys is None:
        return left is right
    return bool(keys(left) == keys(right))


def _deeper(depth: int) -> int:
    if depth >= MAX_VALUE_DEPTH:
        raise FeelError(f"values nested more than {MAX_VALUE_DEPTH} levels deep are not compared")
    return depth + 1


def _equal_lists(left: list[Any], right: list[Any], work: Work, depth: int) -> bool | None:
    if len(left) != len(right):
        return False
    work.charge(len(left) + 3)
    return all(equal(a, b, work, depth) is True for a, b in zip(left, right, strict=True))


def _equal_contexts(left: dict[str, Any], right: dict[str, Any], work: Work, depth: int) -> bool | None:
    if left.keys() != right.keys():
        return False
    work.charge(len(left) + 3)
    return all(equal(value, right[key], work, depth) is True for key, value in left.items())


def _equal_ranges(left: Range, right: Range, work: Work, depth: int) -> bool | None:
    if (left.start_included, left.end_included) != (right.start_included, right.end_included):
        return False
    ends = (equal(left.start, right.start, work, depth), equal(left.end, right.end, work, depth))
    return ends == (True, True)


_KEYS: dict[str, Callable[[Any], Any]] = {
    DATE: day_of,
    TIME: time_nanos,
    DATE_TIME: instant_nanos,
    DAYS: duration_nanos,
    MONTHS: lambda value: value.months,
}


# Kinds that Python itself compares as FEEL does, when both sides are of exactly that type.
_NATIVE = frozenset({int, str, date, timedelta})


def _on_one_clock(left: datetime, right: datetime) -> bool:
    return (left.tzinfo is None) == (right.tzinfo is None)


def order(left: Any, right: Any) -> int | None:
    """Returns -1, 0 or 1 as left is smaller, equal or greater; None if the two have no order."""
    kind, other = type(left), type(right)
    if not (kind is other and (kind in _NATIVE or (kind is datetime and _on_one_clock(left, right)))):
        if left is None or right is None:
            return None
        name = kind_of(left)
        if name != kind_of(right):
            return None
        if name not in (NUMBER, STRING):
            keys = _KEYS.get(name)
            if keys is None:
                return None
            left, right = keys(left), keys(right)
            if type(left) is tuple and left[0] != right[0]:  # times without a common clock
                return None
    if left == right:
        return 0
    return -1 if left < right else 1


def less(left: Any, right: Any) -> bool | None:
    """`left < right`."""
    found = order(left, right)
    return None if found is None else found < 0


def at_most(left: Any, right: Any) -> bool | None:
    """`left <= right`."""
    found = order(left, right)
    return None if found is None else found <= 0


def greater(left: Any, right: Any) -> bool | None:
    """`left > right`."""
    found = order(left, right)
    return None if found is None else found > 0


def at_least(left: Any, right: Any) -> bool | None:
    """`left >= right`."""
    found = order(left, right)
    return None if found is None else found >= 0


ORDERED: dict[str, Callable[[Any, Any], bool | None]] = {
    "<": less,
    "<=": at_most,
    ">": greater,
    ">=": at_least,
}


def both(left: bool | None, right: bool | None) -> bool | None:
    """Three-valued and."""
    if left is False or right is False:
        return False
    return True if left is True and right is True else None


def within(value: Any, interval: Range) -> bool | None:
    """Tells whether a value lies in a range; None if they do not compare."""
    if interval.operator is not None:
        if interval.operator == "=":
            return at_most(interval.start, value) and at_most(value, interval.end)
        limit = interval.end if interval.operator.startswith("<") else interval.start
        return ORDERED[interval.operator](value, limit)
    low = order(interval.start, value)
    high = order(value, interval.end)
    if low is None or high is None:
        return None
    above = low < 0 or (low == 0 and interval.start_included)
    return above and (high < 0 or (high == 0 and interval.end_included))


def checked(interval: Range) -> Range | None:
    """Returns the range, null if its ends do not compare or stand the wrong way round."""
    if interval.start is None or interval.end is None:
        return None if interval.start is interval.end else interval
    found = order(interval.start, interval.end)
    return None if found is None or found > 0 else interval
