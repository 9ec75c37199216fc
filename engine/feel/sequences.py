"""What loops run over, and the item at a place of a list."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from engine.feel.number_text import simplest
from engine.feel.values import DATE, LIST, NULL, NUMBER, RANGE, Range, kind_of
from engine.feel.wide import day_of, make_date


def at(items: list[Any], place: int | Decimal) -> Any:
    """Returns the item at a place counted from 1, or from the end for negative ones; null beyond the list."""
    index = simplest(place)
    if type(index) is not int or index == 0 or abs(index) > len(items):
        return None
    return items[index - 1 if index > 0 else index]


def sequence(value: Any, *, bare: bool) -> Iterable[Any] | None:
    """Returns what a loop runs over: a list, a range of whole numbers or of dates, a single value; None for null.

    A range written without brackets may run backwards.
    """
    kind = kind_of(value)
    if kind == LIST:
        return list(value)
    if kind == NULL:
        return None
    return _range_sequence(value, bare) if kind == RANGE else [value]


def _range_sequence(interval: Range, bare: bool) -> Iterable[Any] | None:
    if interval.start is None or interval.end is None:
        return None
    start, end = kind_of(interval.start), kind_of(interval.end)
    if start == end == NUMBER:
        low, high = simplest(interval.start), simplest(interval.end)
        if type(low) is not int or type(high) is not int:
            return None
        return _steps(low, high, interval)
    if start == end == DATE:
        days = _steps(day_of(interval.start), day_of(interval.end), interval)
        return (make_date(day) for day in days)
    return None


def _steps(low: int, high: int, interval: Range) -> range:
    step = 1 if low <= high else -1
    first = low if interval.start_included else low + step
    last = high if interval.end_included else high - step
    return range(first, last + step, step)
