"""Conversions: number, string, not (DMN 1.5, 10.3.4.1 and 10.3.4.2). Dates are in `temporals`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from engine.feel.builtins.registry import builtin
from engine.feel.limits import Work
from engine.feel.number_text import read_number
from engine.feel.text import write

_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_GROUPINGS = (" ", ",", ".")
_DECIMALS = (",", ".")


@builtin("number(from: string, grouping separator?: string, decimal separator?: string) -> number")
def number(work: Work, text: str, grouping: str | None, decimal: str | None) -> int | Decimal | None:
    """The number that a text shows, with the separators given."""
    if grouping is not None and (grouping not in _GROUPINGS or grouping == decimal):
        return None
    if decimal is not None and decimal not in _DECIMALS:
        return None
    work.text(len(text))
    if grouping is not None:
        text = text.replace(grouping, "")
    if decimal is not None and decimal != ".":
        if "." in text:
            return None
        text = text.replace(decimal, ".")
    return read_number(text) if _NUMBER.fullmatch(text) else None


@builtin("string(from) -> string")
def string(work: Work, value: Any) -> str | None:
    """The text of a value; null stays null."""
    return None if value is None else write(value, work)


@builtin("not(negand: boolean) -> boolean")
def negate(work: Work, value: bool) -> bool:
    """Three-valued not; null for anything but a boolean."""
    return not value
