"""Reads the values of the kit's test files, and compares results with them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml.etree import QName, _Element

from engine.feel import Environment
from engine.feel.compare import equal
from engine.feel.limits import Work
from engine.feel.temporal_text import read_date, read_datetime, read_duration, read_time
from engine.feel.values import kind_of
from engine.feel.wide import zone_of

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_ANYWHERE = Environment(now=datetime(2026, 1, 1, tzinfo=UTC))
_TOLERANCE = Decimal("1e-8")  # the kit's own: results are compared to about eight digits
_READERS = {
    "date": read_date,
    "time": read_time,
    "dateTime": read_datetime,
    "duration": read_duration,
    "dayTimeDuration": read_duration,
    "yearMonthDuration": read_duration,
}


class UnreadableValueError(Exception):
    """A test file holds a value that the runner cannot read."""


def read_value(element: _Element | None) -> Any:
    """Returns the value of an `inputNode`, `expected`, `item` or `component` element."""
    if element is None or element.get(_NIL) == "true":
        return None
    children = [child for child in element if isinstance(child.tag, str)]
    children = [child for child in children if QName(child).localname != "extensionElements"]
    if not children:
        return None
    first = QName(children[0]).localname
    if first == "value":
        return _simple(children[0])
    if first == "list":
        return None if children[0].get(_NIL) == "true" else _items(children[0])
    return {child.get("name"): read_value(child) for child in children}


def _items(element: _Element) -> list[Any]:
    return [read_value(item) for item in element if isinstance(item.tag, str)]


def _simple(element: _Element) -> Any:
    if element.get(_NIL) == "true":
        return None
    text = element.text or ""
    kind = element.get(_TYPE, "xsd:string").rpartition(":")[2]
    if kind == "boolean":
        return text.strip() in ("true", "1")
    if kind in ("decimal", "double", "float", "integer", "int", "long"):
        return _number(text)
    if kind in _READERS:
        found = _READERS[kind](text.strip())
        if found is None:
            raise UnreadableValueError(f"{text!r} is no {kind}")
        return found
    return text


def _number(text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        raise UnreadableValueError(f"{text!r} is no number") from None


def same(expected: Any, actual: Any) -> bool:
    """Tells whether a result is the expected one; numbers may differ by one part in 10⁸, zones may not differ."""
    if expected is None or actual is None:
        return expected is actual
    if type(expected) is list and type(actual) is list:
        return len(expected) == len(actual) and all(map(same, expected, actual))
    if type(expected) is dict and type(actual) is dict:
        return expected.keys() == actual.keys() and all(same(expected[key], actual[key]) for key in expected)
    kind = kind_of(expected)
    if kind != kind_of(actual):
        return False
    if kind == "number":
        return abs(Decimal(expected) - Decimal(actual)) <= _TOLERANCE * max(Decimal(1), abs(Decimal(expected)))
    if kind in ("time", "date and time") and (zone_of(expected) is None) != (zone_of(actual) is None):
        return False
    return equal(expected, actual, Work(_ANYWHERE)) is True
