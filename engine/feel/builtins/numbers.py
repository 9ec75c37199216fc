"""Numeric functions (DMN 1.5, 10.3.4.5)."""

from __future__ import annotations

from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)
from typing import Any

from engine.feel.arithmetic import CONTEXT, bounded, months, settled
from engine.feel.builtins.registry import builtin
from engine.feel.limits import Work
from engine.feel.number_text import simplest
from engine.feel.values import DAYS, MONTHS, kind_of
from engine.feel.wide import duration_nanos, make_duration

_LOWEST_SCALE, _HIGHEST_SCALE = -6111, 6176
_WIDE = Context(prec=12_400, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


def rounded(number: int | Decimal, scale: int | Decimal, how: str) -> int | Decimal | None:
    """Returns the number rounded to `scale` digits after the point; null beyond the scales of decimal128."""
    places = int(max(min(scale, 10**6), -(10**6)))
    if not _LOWEST_SCALE <= places <= _HIGHEST_SCALE:
        return None
    value = Decimal(bounded(number))
    if not value.is_finite():
        return None
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    if -exponent <= places and (places >= 0 or exponent >= -places):
        return settled(number)
    return settled(value.quantize(Decimal((0, (1,), -places)), rounding=how, context=_WIDE))


@builtin("decimal(n: number, scale: number) -> number")
def decimal(work: Work, number: Any, scale: Any) -> Any:
    """The number with that many digits after the point, halves to even."""
    return rounded(number, scale, ROUND_HALF_EVEN)


@builtin("floor(n: number) -> number", "floor(n: number, scale: number) -> number")
def floor(work: Work, number: Any, scale: Any = 0) -> Any:
    """The greatest number of that scale that is not greater."""
    return _simple(rounded(number, scale, ROUND_FLOOR))


@builtin("ceiling(n: number) -> number", "ceiling(n: number, scale: number) -> number")
def ceiling(work: Work, number: Any, scale: Any = 0) -> Any:
    """The smallest number of that scale that is not smaller."""
    return _simple(rounded(number, scale, ROUND_CEILING))


@builtin("round up(n: number, scale: number) -> number")
def round_up(work: Work, number: Any, scale: Any) -> Any:
    """Rounded away from zero."""
    return rounded(number, scale, ROUND_UP)


@builtin("round down(n: number, scale: number) -> number")
def round_down(work: Work, number: Any, scale: Any) -> Any:
    """Rounded towards zero."""
    return rounded(number, scale, ROUND_DOWN)


@builtin("round half up(n: number, scale: number) -> number")
def round_half_up(work: Work, number: Any, scale: Any) -> Any:
    """Rounded to the nearest, halves away from zero."""
    return rounded(number, scale, ROUND_HALF_UP)


@builtin("round half down(n: number, scale: number) -> number")
def round_half_down(work: Work, number: Any, scale: Any) -> Any:
    """Rounded to the nearest, halves towards zero."""
    return rounded(number, scale, ROUND_HALF_DOWN)


def _simple(number: int | Decimal | None) -> int | Decimal | None:
    return None if number is None else simplest(number)


@builtin("abs(n: number|days and time duration|years and months duration) -> same")
def absolute(work: Work, value: Any) -> Any:
    """The value without its sign."""
    kind = kind_of(value)
    if kind == DAYS:
        return make_duration(abs(duration_nanos(value)))
    if kind == MONTHS:
        return months(abs(value.months))
    return abs(value) if type(value) is int else settled(CONTEXT.abs(value))


@builtin("modulo(dividend: number, divisor: number) -> number")
def modulo(work: Work, dividend: Any, divisor: Any) -> Any:
    """The rest of the division, with the sign of the divisor."""
    if not divisor:
        return None
    if type(dividend) is int and type(divisor) is int:
        return settled(dividend % divisor)
    top, bottom = settled(dividend), settled(divisor)
    if top is None or not bottom or abs(Decimal(top).adjusted() - Decimal(bottom).adjusted()) > 12_000:
        return None
    rest = _WIDE.remainder(Decimal(top), Decimal(bottom))
    if rest and (rest < 0) != (bottom < 0):
        rest = _WIDE.add(rest, Decimal(bottom))
    return settled(rest)


@builtin("sqrt(number: number) -> number")
def sqrt(work: Work, number: Any) -> Any:
    """The square root; null for negative numbers."""
    return None if number < 0 else settled(CONTEXT.sqrt(CONTEXT.plus(bounded(number))))


@builtin("log(number: number) -> number")
def log(work: Work, number: Any) -> Any:
    """The natural logarithm; null for zero and negative numbers."""
    work.charge(100)
    return None if number <= 0 else settled(CONTEXT.ln(CONTEXT.plus(bounded(number))))


@builtin("exp(number: number) -> number")
def exp(work: Work, number: Any) -> Any:
    """e to the power of the number."""
    work.charge(100)
    return settled(CONTEXT.exp(CONTEXT.plus(bounded(number))))


@builtin("odd(number: number) -> boolean")
def odd(work: Work, number: Any) -> bool | None:
    """Tells whether a whole number is odd."""
    rest = modulo(work, number, 2)
    return bool(rest == 1) if rest is not None else None


@builtin("even(number: number) -> boolean")
def even(work: Work, number: Any) -> bool | None:
    """Tells whether a whole number is even."""
    rest = modulo(work, number, 2)
    return bool(rest == 0) if rest is not None else None
