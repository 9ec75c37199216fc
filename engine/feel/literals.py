"""Reads a single literal, as range() takes them: a number, a string, an @-literal, or a date function of a string."""

from __future__ import annotations

import re
from typing import Any

from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import AT, END, NUMBER, STRING, tokens
from engine.feel.number_text import negative, read_number
from engine.feel.temporal_text import read_date, read_datetime, read_duration, read_temporal, read_time

_CALL = re.compile(r'(date and time|date|time|duration)\s*\(\s*"([^"\\]*)"\s*\)')
_READERS = {"date": read_date, "time": read_time, "date and time": read_datetime, "duration": read_duration}


def read_literal(text: str) -> Any:
    """Returns the value of a literal, None if the text is none (or null)."""
    called = _CALL.fullmatch(text)
    if called is not None:
        return _READERS[called[1]](called[2])
    try:
        run = tokens(text)
    except FeelSyntaxError:
        return None
    minus = len(run) == 3 and run[0].text == "-" and run[1].kind == NUMBER
    token = run[1] if minus else run[0]
    if len(run) != 2 + minus or token.kind == END:
        return None
    if token.kind == NUMBER:
        number = read_number(token.text)
        return negative(number) if minus and number is not None else number
    if token.kind == STRING:
        return token.text
    return read_temporal(token.text) if token.kind == AT else None
