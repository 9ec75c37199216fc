"""Reads an entry of a value: contexts, lists of contexts, parts of dates and durations, ends of ranges."""

from __future__ import annotations

from typing import Any

from engine.feel.limits import Work
from engine.feel.temporal import part
from engine.feel.values import CONTEXT, DATE, DATE_TIME, DAYS, LIST, MONTHS, RANGE, TIME, Range, kind_of


def entry(value: Any, name: str, work: Work) -> Any:
    """Returns `value.name`, null where there is none. On a list the result is the list of its items' entries."""
    kind = kind_of(value)
    if kind == CONTEXT:
        return value.get(name)
    if kind == LIST:
        work.items(len(value))
        return [entry(item, name, work) if type(item) is not list else None for item in value]
    if kind in (DATE, TIME, DATE_TIME, DAYS, MONTHS):
        return part(value, name)
    return _range_entry(value, name) if kind == RANGE else None


def _range_entry(value: Range, name: str) -> Any:
    if name == "start":
        return value.start
    if name == "end":
        return value.end
    if name == "start included":
        return value.start_included
    return value.end_included if name == "end included" else None
