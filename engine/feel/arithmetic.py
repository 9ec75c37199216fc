"""Adds, subtracts, multiplies, divides and raises FEEL values (DMN 1.5, tables 55 to 60).

Numbers have 34 digits, rounded half to even. What the standard does not define is null.
"""

from __future__ import annotations

from decimal import MAX_EMAX, ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from engine.feel import temporal
from engine.feel.limits import Work
from engine.feel.values import DATE, DATE_TIME, DAYS, MONTHS, NUMBER, TIME, YearsMonthsDuration, kind_of
from engine.feel.wide import duration_nanos, make_duration

DIGITS = 34
CONTEXT = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, traps=[])
LIMIT = 10**DIGITS  # an int below it is exact; beyond, a Decimal is rounded to 34 digits
_EXACT = Context(prec=400, Emax=MAX_EMAX, traps=[])


_INFINITE = Decimal("Infinity")
_MAX_BITS = 20_420  # beyond, an int has more digits than any number of FEEL; converting it would take seconds


def bounded(value: int | Decimal) -> int | Decimal:
    """Returns the number, or infinity for an int beyond all numbers of FEEL."""
    return _INFINITE if type(value) is int and value.bit_length() > _MAX_BITS else value


def settled(value: int | Decimal) -> int | Decimal | None:
    """Rounds a number to 34 digits; null instead of infinity and not-a-number."""
    if type(value) is int and -LIMIT < value < LIMIT:
        return value
    rounded = CONTEXT.plus(bounded(value))
    return rounded if rounded.is_finite() else None


def _rounded(value: int | Decimal) -> Decimal:
    return CONTEXT.plus(bounded(value))


def add(left: Any, right: Any, work: Work) -> Any:
    """`left + right`."""
    kind, other = type(left), type(right)
    if kind is int and other is int:
        total = left + right
        return total if -LIMIT < total < LIMIT else settled(total)
    if kind is str and other is str:
        work.text(len(left) + len(right))
        return left + right
    return _add(kind_of(left), left, kind_of(right), right)


def _add(kind: str, left: Any, other: str, right: Any) -> Any:
    if kind == NUMBER and other == NUMBER:
        return settled(CONTEXT.add(bounded(left), bounded(right)))
    if kind == other == DAYS:
        return make_duration(duration_nanos(left) + duration_nanos(right))
    if kind == other == MONTHS:
        return months(left.months + right.months)
    if other in (DAYS, MONTHS) and kind in (DATE, TIME, DATE_TIME):
        return temporal.moved(left, right, sign=1)
    if kind in (DAYS, MONTHS) and other in (DATE, TIME, DATE_TIME):
        return temporal.moved(right, left, sign=1)
    return None


def subtract(left: Any, right: Any, work: Work) -> Any:
    """`left - right`."""
    if type(left) is int and type(right) is int:
        difference = left - right
        return difference if -LIMIT < difference < LIMIT else settled(difference)
    kind, other = kind_of(left), kind_of(right)
    if kind == NUMBER and other == NUMBER:
        return settled(CONTEXT.subtract(bounded(left), bounded(right)))
    if kind == other == DAYS:
        return make_duration(duration_nanos(left) - duration_nanos(right))
    if kind == other == MONTHS:
        return months(left.months - right.months)
    if other in (DAYS, MONTHS) and kind in (DATE, TIME, DATE_TIME):
        return temporal.moved(left, right, sign=-1)
    return temporal.difference(kind, left, other, right)


def multiply(left: Any, right: Any, work: Work) -> Any:
    """`left * right`."""
    if type(left) is int and type(right) is int and -LIMIT < left < LIMIT and -LIMIT < right < LIMIT:
        product = left * right
        return product if -LIMIT < product < LIMIT else settled(product)
    kind, other = kind_of(left), kind_of(right)
    if kind == NUMBER and other == NUMBER:
        return settled(CONTEXT.multiply(_rounded(left), _rounded(right)))
    if kind == NUMBER:
        kind, left, other, right = other, right, kind, left
    if other != NUMBER or kind not in (DAYS, MONTHS):
        return None
    return _scaled(kind, left, _rounded(right))


def divide(left: Any, right: Any, work: Work) -> Any:
    """`left / right`; division by zero is null."""
    kind, other = kind_of(left), kind_of(right)
    if kind == NUMBER and other == NUMBER:
        if not right:
            return None
        if type(left) is int and type(right) is int and left % right == 0:
            return settled(left // right)
        return settled(CONTEXT.divide(_rounded(left), _rounded(right)))
    if kind in (DAYS, MONTHS) and other == NUMBER:
        return _scaled(kind, left, _rounded(right), divided=True) if right else None
    if kind == other and kind in (DAYS, MONTHS):
        top, bottom = _amount(kind, left), _amount(kind, right)
        return settled(CONTEXT.divide(Decimal(top), Decimal(bottom))) if bottom else None
    return None


def power(left: Any, right: Any, work: Work) -> Any:
    """`left ** right`."""
    if kind_of(left) != NUMBER or kind_of(right) != NUMBER:
        return None
    work.charge(150)
    return settled(CONTEXT.power(_rounded(left), _rounded(right)))


def negate(value: Any, work: Work) -> Any:
    """`-value`."""
    if type(value) is int:
        return -value
    kind = kind_of(value)
    if kind == NUMBER:
        return settled(CONTEXT.minus(value))
    if kind == DAYS:
        return make_duration(-duration_nanos(value))
    return YearsMonthsDuration(-value.months) if kind == MONTHS else None


def months(count: int) -> YearsMonthsDuration | None:
    """Returns the duration of that many months, null when it is longer than all time FEEL knows."""
    return YearsMonthsDuration(count) if abs(count) < 12 * 2_000_000_000 else None


def _amount(kind: str, duration: Any) -> int:
    return duration_nanos(duration) if kind == DAYS else int(duration.months)


def _scaled(kind: str, duration: Any, factor: Decimal, *, divided: bool = False) -> Any:
    amount = Decimal(_amount(kind, duration))
    scaled = _EXACT.divide(amount, factor) if divided else _EXACT.multiply(amount, factor)
    if not scaled.is_finite() or scaled.adjusted() > 30:
        return None
    return make_duration(int(scaled)) if kind == DAYS else months(int(scaled))


BINARY = {"+": add, "-": subtract, "*": multiply, "/": divide, "**": power}
