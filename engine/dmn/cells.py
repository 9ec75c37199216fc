"""Understands the simple cells of a table: `-`, values, comparisons, intervals, lists of them and `not(…)`.

What is understood here can be compiled to durable_rules and checked for overlaps and gaps; any other FEEL is left
to the FEEL evaluator. The meaning is that of unary tests (DMN 1.5, 7.3.1 and 10.3.2.10).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

Value = Decimal | str | bool | date | datetime | None
Kind = Literal["number", "string", "boolean", "date", "date and time"]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>-?\s*(?:\d+(?:\.\d+)?|\.\d+)(?!\w|\.\w))
    | (?P<at>@"[^"\\]*")
    | (?P<date>(?:date|date\s+and\s+time)\s*\(\s*"[^"\\]*"\s*\))
    | (?P<string>"(?:[^"\\]|\\["\\nt])*")
    | (?P<word>true\b|false\b|null\b|not\b)
    | (?P<sign><=|>=|<|>|=|\.\.|\[|\]|\(|\)|,)
    )""",
    re.VERBOSE,
)
_ESCAPES = {'\\"': '"', "\\\\": "\\", "\\n": "\n", "\\t": "\t"}
_MAX_CELL = 20_000


@dataclass(frozen=True, slots=True)
class Span:
    """All values between two ends; an end that is None is open, so `= v` is the span from v to v."""

    low: Value
    high: Value
    low_included: bool = True
    high_included: bool = True
    is_null: bool = False

    @property
    def values(self) -> tuple[Value, ...]:
        """The ends that are given."""
        return tuple(value for value in (self.low, self.high) if value is not None)

    @property
    def is_point(self) -> bool:
        """Tells whether the span is one value."""
        return self.low is not None and self.low == self.high and self.low_included and self.high_included

    @property
    def is_empty(self) -> bool:
        """Tells whether lower and upper limit are the wrong way round."""
        if self.is_null or self.low is None or self.high is None:
            return False
        low: Any = self.low
        return bool(low > self.high or (low == self.high and not self.is_point))

    def holds(self, value: Value) -> bool:
        """Tells whether a value of the same kind lies in the span."""
        if self.is_null or value is None:
            return self.is_null and value is None
        here: Any = value
        if self.low is not None and (here < self.low or (here == self.low and not self.low_included)):
            return False
        above = self.high is not None and (here > self.high or (here == self.high and not self.high_included))
        return not above


@dataclass(frozen=True, slots=True)
class SimpleCell:
    """A cell whose meaning is known: any of the spans, or none of them. No spans at all means any value."""

    spans: tuple[Span, ...] = ()
    negated: bool = False

    @property
    def is_any(self) -> bool:
        """Tells whether every value, null included, passes."""
        return not self.spans

    def holds(self, value: Value) -> bool:
        """Tells whether a value of the column's kind passes."""
        return self.is_any or any(span.holds(value) for span in self.spans) != self.negated

    @property
    def values(self) -> Iterator[Value]:
        """All values that the cell names."""
        return (value for span in self.spans for value in span.values)


ANY = SimpleCell()


def parse_cell(text: str) -> SimpleCell | None:
    """Returns the meaning of a cell, or None if it is FEEL of another kind."""
    if text.strip() in ("", "-"):
        return ANY
    tokens = _tokens(text)
    return None if tokens is None else _Parser(tokens).cell()


def kind_of(value: Value) -> Kind:
    """Returns the FEEL type of a value that a cell names."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Decimal):
        return "number"
    if isinstance(value, datetime):
        return "date and time"
    return "date" if isinstance(value, date) else "string"


def _tokens(text: str) -> list[tuple[str, Any]] | None:
    if len(text) > _MAX_CELL:
        return None
    found: list[tuple[str, Any]] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        group = match.lastgroup or ""
        token = _token(group, match.group(group))
        if token is None:
            return None
        found.append(token)
        position = match.end()
    return found


def _token(group: str, text: str) -> tuple[str, Any] | None:
    """A value as ("value", v), everything else as (text, None); None if a date is no date."""
    if group == "number":
        return "value", Decimal("".join(text.split()))
    if group == "string":
        return "value", re.sub(r'\\["\\nt]', lambda escape: _ESCAPES[escape.group()], text[1:-1])
    if group in ("at", "date"):
        moment = _moment(text[text.index('"') + 1 : text.rindex('"')])
        wants_time = group == "date" and "time" in text
        is_time = isinstance(moment, datetime)
        return None if moment is None or (group == "date" and wants_time != is_time) else ("value", moment)
    if text in ("true", "false"):
        return "value", text == "true"
    return text, None


def _moment(text: str) -> date | datetime | None:
    """A date, or an instant with an offset; local times and named zones are left to FEEL."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})", text):
            return datetime.fromisoformat(text)
    except ValueError:
        return None
    return None


class _Parser:
    """Reads the tokens of one cell; every method returns None for what is not simple."""

    def __init__(self, tokens: list[tuple[str, Any]]) -> None:
        self.tokens = tokens
        self.at = 0

    def cell(self) -> SimpleCell | None:
        negated = self._take("not")
        if negated and not self._take("("):
            return None
        spans: list[Span] = []
        while True:
            span = self._span()
            if span is None:
                return None
            spans.append(span)
            if not self._take(","):
                break
        if negated and not self._take(")"):
            return None
        if self.at != len(self.tokens) or len({kind_of(v) for s in spans for v in s.values}) > 1:
            return None
        if negated and not all(span.is_point or span.is_null for span in spans):
            return None  # not(< 5) is null for null, which is neither yes nor no
        return SimpleCell(tuple(spans), negated)

    def _span(self) -> Span | None:
        if self._take("null"):
            return Span(None, None, is_null=True)
        for sign in ("<=", "<", ">=", ">", "="):
            if self._take(sign):
                return self._comparison(sign)
        for sign in ("[", "(", "]"):
            if self._take(sign):
                return self._interval(sign == "[")
        value = self._value()
        return None if value is None else Span(value, value)

    def _comparison(self, sign: str) -> Span | None:
        value = self._value()
        if value is None or (sign != "=" and isinstance(value, bool)):
            return None
        if sign == "=":
            return Span(value, value)
        if sign in ("<", "<="):
            return Span(None, value, high_included=sign == "<=")
        return Span(value, None, low_included=sign == ">=")

    def _interval(self, low_included: bool) -> Span | None:
        low = self._value()
        if low is None or isinstance(low, bool) or not self._take(".."):
            return None
        high = self._value()
        if high is None or kind_of(high) != kind_of(low):
            return None
        for sign in ("]", ")", "["):
            if self._take(sign):
                return Span(low, high, low_included, sign == "]")
        return None

    def _value(self) -> Value:
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "value":
            self.at += 1
            value: Value = self.tokens[self.at - 1][1]
            return value
        return None

    def _take(self, text: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == (text, None):
            self.at += 1
            return True
        return False
