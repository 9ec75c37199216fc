"""Reads numbers as written in expressions and by number()."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from engine.feel.arithmetic import LIMIT, settled


def read_number(text: str) -> int | Decimal | None:
    """Returns the number of digits that the lexer has found; null beyond what 34 digits can hold."""
    if len(text) <= 34 and text.isdigit():
        return int(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return settled(number)


def negative(number: int | Decimal) -> int | Decimal:
    """Returns the number with the other sign, exactly; Python's own minus would round to 28 digits."""
    return number.copy_negate() if isinstance(number, Decimal) else -number


def simplest(number: int | Decimal) -> int | Decimal:
    """Returns an int for a whole number of moderate size, for counting and indexing."""
    if isinstance(number, Decimal) and -LIMIT < number < LIMIT and number == number.to_integral_value():
        return int(number)
    return number
