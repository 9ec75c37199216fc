"""Date and time functions (DMN 1.5, 10.3.4.1, 10.3.4.7, 10.3.4.8)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.feel.arithmetic import CONTEXT
from engine.feel.builtins.registry import builtin
from engine.feel.compare import equal
from engine.feel.limits import Work
from engine.feel.number_text import simplest
from engine.feel.temporal import months_between, time_with_offset
from engine.feel.temporal_text import read_date, read_datetime, read_duration, read_time
from engine.feel.values import DATE, DATE_TIME, TIME, YearsMonthsDuration, kind_of
from engine.feel.wide import (
    SECOND,
    civil,
    day_number,
    day_of,
    fixed_zone,
    from_instant,
    instant_nanos,
    make_date,
    make_datetime,
    make_time,
    named_zone,
    nanos_of,
    zone_of,
)

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def _whole(number: int | Decimal) -> int | None:
    found = simplest(number)
    return found if type(found) is int else None


@builtin("date(from: string|date|date and time) -> date")
def date(work: Work, value: Any) -> Any:
    """The date of a text, or the local day of a date and time."""
    return read_date(value) if type(value) is str else make_date(day_of(value))


@builtin("date(year: number, month: number, day: number) -> date")
def date_of_parts(work: Work, year: Any, month: Any, day: Any) -> Any:
    """The date with those parts, null if there is none."""
    parts = [_whole(part) for part in (year, month, day)]
    if None in parts:
        return None
    found = day_number(*parts)  # type: ignore[arg-type]
    return None if found is None else make_date(found)


@builtin("time(from: string|time|date and time) -> time")
def time(work: Work, value: Any) -> Any:
    """The time of a text or of a date and time; midnight UTC for a date."""
    return read_time(value) if type(value) is str else make_time(nanos_of(value), zone_of(value))


@builtin("time(hour: number, minute: number, second: number, offset?: days and time duration) -> time")
def time_of_parts(work: Work, hour: Any, minute: Any, second: Any, offset: Any) -> Any:
    """The time with those parts; seconds may have a fraction."""
    hours, minutes = _whole(hour), _whole(minute)
    if hours is None or minutes is None or not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= second < 60):
        return None
    nanos = (hours * 60 + minutes) * 60 * SECOND + int(CONTEXT.multiply(Decimal(second), Decimal(SECOND)))
    return make_time(nanos, None) if offset is None else time_with_offset(nanos, offset)


@builtin("date and time(from: string|date and time) -> date and time")
def date_and_time(work: Work, value: Any) -> Any:
    """The date and time of a text."""
    return read_datetime(value) if type(value) is str else value


@builtin("date and time(date: date|date and time, time: time) -> date and time")
def date_and_time_of_parts(work: Work, day: Any, clock: Any) -> Any:
    """The date and the time together; the zone is that of the time."""
    return make_datetime(day_of(day), nanos_of(clock), zone_of(clock))


@builtin("date and time(date: date and time, timezone: string) -> date and time")
def date_and_time_in_zone(work: Work, value: Any, zone: str) -> Any:
    """The same instant as people read it in another zone."""
    wanted = named_zone(zone) or getattr(read_time(f"00:00:00{zone}"), "tzinfo", None)
    zoned, nanos = instant_nanos(value)
    return from_instant(nanos, wanted) if wanted is not None and zoned else None


@builtin("duration(from: string|days and time duration|years and months duration) -> Any")
def duration(work: Work, value: Any) -> Any:
    """The duration of a text."""
    return read_duration(value) if type(value) is str else value


@builtin("years and months duration(from: date|date and time, to: date|date and time) -> years and months duration")
def years_and_months(work: Work, start: Any, end: Any) -> YearsMonthsDuration:
    """The whole months between two days."""
    return YearsMonthsDuration(months_between(start, end))


@builtin("now() -> date and time")
def now(work: Work) -> Any:
    """The present instant, in the zone of the environment."""
    return _local_now(work)


@builtin("today() -> date")
def today(work: Work) -> Any:
    """The present day, in the zone of the environment."""
    return _local_now(work).date()


def _local_now(work: Work) -> datetime:
    return work.surroundings.now.astimezone(named_zone(work.surroundings.zone) or fixed_zone(0))


@builtin("day of year(date: date|date and time) -> number")
def day_of_year(work: Work, value: Any) -> int:
    """1 for the first of January."""
    first = day_number(civil(day_of(value))[0], 1, 1)
    assert first is not None
    return day_of(value) - first + 1


@builtin("day of week(date: date|date and time) -> string")
def day_of_week(work: Work, value: Any) -> str:
    """The English name of the day."""
    return _DAYS[(day_of(value) + 3) % 7]


@builtin("month of year(date: date|date and time) -> string")
def month_of_year(work: Work, value: Any) -> str:
    """The English name of the month."""
    return _MONTHS[civil(day_of(value))[1] - 1]


@builtin("week of year(date: date|date and time) -> number")
def week_of_year(work: Work, value: Any) -> int:
    """The number of the week by ISO 8601: weeks begin on Monday, the first one has the first Thursday."""
    thursday = day_of(value) - (day_of(value) + 3) % 7 + 3
    first = day_number(civil(thursday)[0], 1, 1)
    assert first is not None
    return (thursday - first) // 7 + 1


@builtin("last day of month(date: date|date and time) -> number")
def last_day_of_month(work: Work, value: Any) -> int:
    """28 to 31."""
    year, month, _ = civil(day_of(value))
    return next(day for day in (31, 30, 29, 28) if day_number(year, month, day) is not None)


@builtin("is(value1, value2) -> boolean")
def is_same(work: Work, left: Any, right: Any) -> bool:
    """Tells whether two values are the same in kind, value and zone."""
    if left is None or right is None:
        return left is right
    kind = kind_of(left)
    if kind != kind_of(right):
        return False
    if kind in (TIME, DATE_TIME):
        return _reading(left) == _reading(right)
    return equal(left, right, work) is True


def _reading(value: Any) -> tuple[Any, ...]:
    day = day_of(value) if kind_of(value) in (DATE, DATE_TIME) else None
    zone = zone_of(value)
    return day, nanos_of(value), getattr(zone, "key", zone)
