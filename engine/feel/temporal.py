"""Moves dates by durations, subtracts them, and reads their parts (DMN 1.5, 10.3.2.3 and table 65)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.feel.values import DATE, DATE_TIME, DAYS, MONTHS, TIME, YearsMonthsDuration, kind_of
from engine.feel.wide import (
    DAY,
    SECOND,
    civil,
    day_number,
    day_of,
    duration_nanos,
    fixed_zone,
    from_instant,
    instant_nanos,
    make_date,
    make_datetime,
    make_duration,
    make_time,
    nanos_of,
    offset_nanos,
    time_nanos,
    zone_of,
)


def moved(value: Any, duration: Any, *, sign: int) -> Any:
    """Returns a date, time or date and time moved by a duration, forwards for sign 1, backwards for -1."""
    kind = kind_of(value)
    if isinstance(duration, YearsMonthsDuration):
        return None if kind == TIME else _moved_months(kind, value, sign * duration.months)
    nanos = sign * duration_nanos(duration)
    if kind == TIME:
        return make_time((nanos_of(value) + nanos) % DAY, zone_of(value))
    if kind == DATE:
        return make_date(day_of(value) + nanos // DAY)
    return _moved_instant(value, nanos)


def _moved_instant(value: Any, nanos: int) -> Any:
    """Moves along real time: in a named zone the wall clock jumps where summer time begins."""
    zone = zone_of(value)
    if isinstance(zone, ZoneInfo):
        return from_instant(instant_nanos(value)[1] + nanos, zone)
    return make_datetime(day_of(value), nanos_of(value) + nanos, zone)


def _moved_months(kind: str, value: Any, months: int) -> Any:
    """Adds months; a day the month does not have becomes its last."""
    year, month, day = civil(day_of(value))
    years, index = divmod(month - 1 + months, 12)
    found = None
    while found is None and day >= 28:
        found, day = day_number(year + years, index + 1, day), day - 1
    if found is None:
        found = day_number(year + years, index + 1, day)
    if found is None:
        return None
    if kind == DATE:
        return make_date(found)
    return make_datetime(found, nanos_of(value), zone_of(value))


def difference(kind: str, left: Any, other: str, right: Any) -> Any:
    """Returns the duration from right to left; null if only one of them has a zone."""
    if kind == TIME and other == TIME:
        (clock, first), (other_clock, second) = time_nanos(left), time_nanos(right)
        return make_duration(first - second) if clock == other_clock else None
    if kind not in (DATE, DATE_TIME) or other not in (DATE, DATE_TIME):
        return None
    (zoned, first), (also, second) = _instant(kind, left), _instant(other, right)
    if kind != other:  # a date stands for its midnight in UTC
        zoned, also = zoned or kind == DATE, also or other == DATE
    return make_duration(first - second) if zoned == also else None


def _instant(kind: str, value: Any) -> tuple[bool, int]:
    return (False, day_of(value) * DAY) if kind == DATE else instant_nanos(value)


def months_between(start: Any, end: Any) -> int:
    """Returns the whole months from the day of start to the day of end; negative when end is earlier."""
    first, last = civil(day_of(start)), civil(day_of(end))
    months = (last[0] - first[0]) * 12 + last[1] - first[1]
    if months > 0 and last[2] < first[2]:
        return months - 1
    if months < 0 and last[2] > first[2]:
        return months + 1
    return months


def part(value: Any, name: str) -> Any:
    """Returns the property `name` of a date, time, date and time or duration; null if it has none (table 65)."""
    kind = kind_of(value)
    if kind in (DATE, DATE_TIME) and name in ("year", "month", "day", "weekday"):
        if name == "weekday":
            return (day_of(value) + 3) % 7 + 1
        return civil(day_of(value))[("year", "month", "day").index(name)]
    if kind in (TIME, DATE_TIME):
        return _time_part(kind, value, name)
    if kind == DATE:
        return {"hour": 0, "minute": 0, "second": 0, "time offset": timedelta(0)}.get(name)
    if kind == DAYS:
        return _days_part(duration_nanos(value), name)
    if kind == MONTHS and name in ("years", "months"):
        sign = -1 if value.months < 0 else 1
        return sign * divmod(abs(value.months), 12)[("years", "months").index(name)]
    return None


def _time_part(kind: str, value: Any, name: str) -> Any:
    seconds = nanos_of(value) // SECOND
    if name == "hour":
        return seconds // 3600
    if name == "minute":
        return seconds // 60 % 60
    if name == "second":
        return seconds % 60
    zone = zone_of(value)
    if name == "timezone":
        return zone.key if isinstance(zone, ZoneInfo) else None
    if name == "time offset":
        offset = offset_nanos(zone, day_of(value) if kind == DATE_TIME else None, nanos_of(value))
        return None if offset is None else make_duration(offset)
    return None


def _days_part(nanos: int, name: str) -> Any:
    sign, seconds = (-1 if nanos < 0 else 1), abs(nanos) // SECOND
    parts = {
        "days": seconds // 86_400,
        "hours": seconds // 3600 % 24,
        "minutes": seconds // 60 % 60,
        "seconds": seconds % 60,
    }
    return sign * parts[name] if name in parts else None


def time_with_offset(nanos: int, offset: Any) -> Any:
    """Returns the time of day at a fixed offset (a days-time duration), null if there is no such offset."""
    zone = fixed_zone(duration_nanos(offset) // SECOND)
    return None if zone is None else make_time(nanos, zone)
