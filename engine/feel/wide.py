"""Dates and times by whole numbers: days since 1970, nanoseconds of the day, and a zone.

All arithmetic of FEEL dates happens on these numbers, so that years up to ±999,999,999 and nanoseconds are exact.
Results become Python's own types whenever these can hold them.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from engine.feel.values import WideDate, WideDateTime, WideDuration, WideTime

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
MAX_YEAR = 999_999_999
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_FIRST_DAY = date.min.toordinal() - _EPOCH_ORDINAL
_LAST_DAY = date.max.toordinal() - _EPOCH_ORDINAL
_CYCLE_DAYS = 146_097  # days of the 400 years after which the Gregorian calendar repeats
_MAX_DELTA_DAYS = 999_999_999
_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+)*")


def day_number(year: int, month: int, day: int) -> int | None:
    """Returns days since 1970-01-01, or None if there is no such date."""
    if not (-MAX_YEAR <= year <= MAX_YEAR and 1 <= month <= 12 and 1 <= day <= 31):
        return None
    cycles, year_of_cycle = divmod(year, 400)
    try:
        ordinal = date(year_of_cycle + 400, month, day).toordinal()
    except ValueError:
        return None
    return ordinal - _EPOCH_ORDINAL + (cycles - 1) * _CYCLE_DAYS


def civil(day: int) -> tuple[int, int, int]:
    """Returns (year, month, day) of days since 1970-01-01."""
    cycles, rest = divmod(day + _EPOCH_ORDINAL - 1, _CYCLE_DAYS)
    found = date.fromordinal(rest + 1)
    return found.year + cycles * 400, found.month, found.day


def make_date(day: int) -> date | WideDate | None:
    """Returns the date of days since 1970, or None beyond the years FEEL knows."""
    if _FIRST_DAY <= day <= _LAST_DAY:
        return date.fromordinal(day + _EPOCH_ORDINAL)
    return WideDate(day) if abs(civil(day)[0]) <= MAX_YEAR else None


def make_time(nanos: int, zone: tzinfo | None) -> time | WideTime:
    """Returns the time of day."""
    micros, rest = divmod(nanos, 1000)
    if rest:
        return WideTime(nanos, zone)
    seconds, micro = divmod(micros, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return time(hour, minute, second, micro, zone)


def make_datetime(day: int, nanos: int, zone: tzinfo | None) -> datetime | WideDateTime | None:
    """Returns date and time; `nanos` may lie outside the day. None beyond the years FEEL knows."""
    carried, nanos = divmod(nanos, DAY)
    day += carried
    if _FIRST_DAY <= day <= _LAST_DAY and nanos % 1000 == 0:
        found = make_time(nanos, zone)
        return datetime.combine(date.fromordinal(day + _EPOCH_ORDINAL), found)  # type: ignore[arg-type]
    return WideDateTime(day, nanos, zone) if abs(civil(day)[0]) <= MAX_YEAR else None


def make_duration(nanos: int) -> timedelta | WideDuration:
    """Returns the days-time duration."""
    micros, rest = divmod(nanos, 1000)
    if rest or abs(nanos) > _MAX_DELTA_DAYS * DAY:
        return WideDuration(nanos)
    return timedelta(microseconds=micros)


def day_of(value: Any) -> int:
    """Returns days since 1970 of a date or a date and time (its local day)."""
    if isinstance(value, (WideDate, WideDateTime)):
        return value.day
    return int(value.toordinal()) - _EPOCH_ORDINAL


def nanos_of(value: Any) -> int:
    """Returns nanoseconds since midnight of a time or a date and time."""
    if isinstance(value, (WideTime, WideDateTime)):
        return value.nanos
    seconds = (value.hour * 60 + value.minute) * 60 + value.second
    return int(seconds) * SECOND + int(value.microsecond) * 1000


def zone_of(value: Any) -> tzinfo | None:
    """Returns the zone of a time or a date and time, None if it is local."""
    if isinstance(value, (WideTime, WideDateTime)):
        return value.zone  # type: ignore[no-any-return]
    return value.tzinfo  # type: ignore[no-any-return]


def duration_nanos(value: Any) -> int:
    """Returns the nanoseconds of a days-time duration."""
    if isinstance(value, WideDuration):
        return value.nanos
    return (int(value.days) * 86_400 + int(value.seconds)) * SECOND + int(value.microseconds) * 1000


def offset_nanos(zone: tzinfo | None, day: int | None, nanos: int) -> int | None:
    """Returns the offset from UTC; None for no zone, or for a named zone without a day to look it up."""
    if zone is None:
        return None
    if day is None:
        found = zone.utcoffset(None)
    else:
        seen = make_datetime(_borrowed(day), nanos - nanos % 1000, zone)
        assert isinstance(seen, datetime)
        found = seen.utcoffset()
    return None if found is None else duration_nanos(found)


def instant_nanos(value: Any) -> tuple[bool, int]:
    """Returns (has a zone, nanoseconds since 1970) of a date and time; local ones count as if in UTC."""
    day, nanos = day_of(value), nanos_of(value)
    if type(value) is datetime:  # it knows which of the two equal readings in an autumn night it is
        own = value.utcoffset()
        offset = None if own is None else duration_nanos(own)
    else:
        offset = offset_nanos(zone_of(value), day, nanos)
    return offset is not None, day * DAY + nanos - (offset or 0)


def from_instant(nanos: int, zone: tzinfo) -> datetime | WideDateTime | None:
    """Returns the date and time that a zone's clock shows at an instant, given in nanoseconds since 1970."""
    day, rest = divmod(nanos, DAY)
    borrowed = _borrowed(day)
    seen = make_datetime(borrowed, rest - rest % 1000, UTC)
    assert isinstance(seen, datetime)
    local = seen.astimezone(zone)
    if borrowed == day and rest % 1000 == 0:
        return local
    offset = local.utcoffset()
    return make_datetime(day, rest + (0 if offset is None else duration_nanos(offset)), zone)


def _borrowed(day: int) -> int:
    """Returns a day that datetime can hold, 400·n years away, where calendars and rules of zones are the same."""
    if _FIRST_DAY + 1 < day < _LAST_DAY - 1:
        return day
    first = _LAST_DAY - 1 - _CYCLE_DAYS if day > 0 else _FIRST_DAY + 2
    return first + (day - first) % _CYCLE_DAYS


def time_nanos(value: Any) -> tuple[str, int]:
    """Returns (clock, nanoseconds since midnight on it) of a time; only times on the same clock compare.

    The clock is UTC for a fixed offset, else that of a named zone, whose offset depends on the day, or a local one.
    """
    zone, nanos = zone_of(value), nanos_of(value)
    offset = offset_nanos(zone, None, nanos)
    if offset is not None:
        return "UTC", nanos - offset
    return zone.key if isinstance(zone, ZoneInfo) else "", nanos


@lru_cache(maxsize=256)
def named_zone(name: str) -> ZoneInfo | None:
    """Returns the zone of the IANA data base, or None if it has none of that name."""
    if not _ZONE_NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # a folder of the data base is an OSError
        return None


def fixed_zone(seconds: int) -> timezone | None:
    """Returns the zone of a fixed offset, None beyond ±18 h (no place on earth has more than 14)."""
    if abs(seconds) > 18 * 3600:
        return None
    return timezone(timedelta(seconds=seconds)) if seconds else UTC
