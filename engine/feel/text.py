"""Writes FEEL values as text, as string() does (DMN 1.5, table 72)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from engine.feel.arithmetic import bounded
from engine.feel.errors import FeelError
from engine.feel.limits import MAX_VALUE_DEPTH, Work
from engine.feel.temporal_text import write_temporal
from engine.feel.values import BOOLEAN, CONTEXT, FUNCTION, LIST, NULL, NUMBER, RANGE, STRING, Range, kind_of

_PLAIN_KEY = re.compile(r"[^\W\d][\w ]*")
_SHORT_BITS = 10_000  # what str() writes without complaint
_LONGEST_PLAIN = 40  # digits; beyond, the exponent is written


def write_number(number: int | Decimal) -> str:
    """Returns the digits of a number without needless exponent."""
    if type(number) is int:
        if number.bit_length() < _SHORT_BITS:
            return str(number)
        number = bounded(number)
        if isinstance(number, Decimal):
            raise FeelError("a number of more than 6144 digits is not written as text")
        return str(Decimal(number))
    assert isinstance(number, Decimal)
    if -_LONGEST_PLAIN < number.adjusted() < _LONGEST_PLAIN:
        return format(number, "f")
    return str(number)


def write(value: Any, work: Work, *, quoted: bool = False, depth: int = 0) -> str:
    """Returns the text of any value; strings inside lists and contexts are quoted."""
    work.charge(1)
    kind = kind_of(value)
    if kind == STRING:
        work.text(len(value))
        return _quote(value) if quoted else str(value)
    if kind == NUMBER:
        return write_number(value)
    if kind == BOOLEAN:
        return "true" if value else "false"
    if kind == NULL:
        return "null"
    if kind == FUNCTION:
        return f"function({', '.join(value.parameters)})"
    if kind in (LIST, CONTEXT, RANGE):
        return _write_nested(kind, value, work, depth + 1)
    return write_temporal(value)


def _write_nested(kind: str, value: Any, work: Work, depth: int) -> str:
    if depth > MAX_VALUE_DEPTH:
        raise FeelError(f"a value nested more than {MAX_VALUE_DEPTH} levels deep is not written as text")
    if kind == LIST:
        parts = [write(item, work, quoted=True, depth=depth) for item in value]
        joined = f"[{', '.join(parts)}]"
    elif kind == CONTEXT:
        pairs = [f"{_key(key)}: {write(item, work, quoted=True, depth=depth)}" for key, item in value.items()]
        joined = f"{{{', '.join(pairs)}}}"
    else:
        joined = _write_range(value, work, depth)
    work.text(len(joined))
    return joined


def _write_range(value: Range, work: Work, depth: int) -> str:
    if value.operator is not None and value.operator != "=":
        limit = value.end if value.operator.startswith("<") else value.start
        return f"({value.operator}{write(limit, work, quoted=True, depth=depth)})"
    ends = [write(end, work, quoted=True, depth=depth) for end in (value.start, value.end)]
    return f"{'[' if value.start_included else '('}{'..'.join(ends)}{']' if value.end_included else ')'}"


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else _quote(key)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'
