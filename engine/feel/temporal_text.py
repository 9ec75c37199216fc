"""Reads and writes dates, times and durations as text (XML Schema part 2, DMN 1.5 10.3.2.3; zones by name too)."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from engine.feel.arithmetic import months
from engine.feel.values import DATE, DATE_TIME, DAYS, TIME, kind_of
from engine.feel.wide import (
    DAY,
    SECOND,
    civil,
    day_number,
    day_of,
    duration_nanos,
    fixed_zone,
    make_date,
    make_datetime,
    make_duration,
    make_time,
    named_zone,
    nanos_of,
    offset_nanos,
    zone_of,
)

_DATE = r"(?P<year>-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_TIME = (
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9})[0-9]{0,30})?"
    r"(?P<zone>[zZ]|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@[A-Za-z0-9_+\-/]{1,60})?"
)
_DATE_ONLY = re.compile(_DATE)
_TIME_ONLY = re.compile(_TIME)
_DATE_TIME = re.compile(f"{_DATE}T{_TIME}")
_MONTHS = re.compile(r"(-?)P(?:([0-9]{1,12})Y)?(?:([0-9]{1,12})M)?")
_DAYS = re.compile(
    r"(-?)P(?:([0-9]{1,18})D)?"
    r"(?:T(?:([0-9]{1,18})H)?(?:([0-9]{1,18})M)?(?:([0-9]{1,18})(?:\.([0-9]{0,9})[0-9]{0,30})?S)?)?"
)


class _NoSuchZoneError(Exception):
    """The zone of a text does not exist; the whole text is null."""


def read_date(text: str) -> Any:
    """Returns the date of `2026-10-01`, None if the text is none."""
    match = _DATE_ONLY.fullmatch(text)
    day = None if match is None else _day(match)
    return None if day is None else make_date(day)


def read_time(text: str) -> Any:
    """Returns the time of `10:30:00`, `…Z`, `…+08:00` or `…@Asia/Shanghai`, None if the text is none."""
    match = _TIME_ONLY.fullmatch(text)
    try:
        return None if match is None else _read_time(match)
    except _NoSuchZoneError:
        return None


def _read_time(match: re.Match[str]) -> Any:
    nanos = _nanos(match)
    return None if nanos is None else make_time(nanos, _zone(match["zone"]))


def read_datetime(text: str) -> Any:
    """Returns the date and time of `2026-10-01T10:30:00` with any zone of `read_time`; a date alone is midnight."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        midnight = read_date(text)
        return None if midnight is None else make_datetime(day_of(midnight), 0, None)
    day, nanos = _day(match), _nanos(match)
    if day is None or nanos is None:
        return None
    try:
        return make_datetime(day, nanos, _zone(match["zone"]))
    except _NoSuchZoneError:
        return None


def read_duration(text: str) -> Any:
    """Returns the duration of `P1Y2M` or `P1DT2H3M4.5S`, None if the text is none."""
    match = _MONTHS.fullmatch(text)
    if match is not None and (match[2] or match[3]):
        count = int(match[2] or 0) * 12 + int(match[3] or 0)
        return months(-count if match[1] else count)
    match = _DAYS.fullmatch(text)
    if match is None or text[-1] in "PT":
        return None
    days, hours, minutes, seconds = (int(match[index] or 0) for index in (2, 3, 4, 5))
    nanos = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * SECOND + int((match[6] or "").ljust(9, "0"))
    return make_duration(-nanos if match[1] else nanos)


def read_temporal(text: str) -> Any:
    """Returns the value of an @-literal, None if the text is no date, time or duration."""
    for read in (read_date, read_datetime, read_time, read_duration):
        found = read(text)
        if found is not None:
            return found
    return None


def _day(match: re.Match[str]) -> int | None:
    return day_number(int(match["year"]), int(match["month"]), int(match["day"]))


def _nanos(match: re.Match[str]) -> int | None:
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
    if hour > 23 or minute > 59 or second > 59:
        return None
    fraction = int((match["fraction"] or "").ljust(9, "0"))
    return ((hour * 60 + minute) * 60 + second) * SECOND + fraction


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    found: tzinfo | None
    if text in "zZ":
        return fixed_zone(0)
    if text[0] == "@":
        found = named_zone(text[1:])
    else:
        hours, minutes, seconds = (int(part) for part in (text[1:] + ":00").split(":")[:3])
        total = hours * 3600 + minutes * 60 + seconds
        found = fixed_zone(-total if text[0] == "-" else total) if minutes < 60 and seconds < 60 else None
    if found is None:
        raise _NoSuchZoneError
    return found


def write_temporal(value: Any) -> str:
    """Returns the text that reads back as the value."""
    kind = kind_of(value)
    if kind == DATE:
        return _write_date(day_of(value))
    if kind == TIME:
        return _write_time(nanos_of(value)) + _write_zone(zone_of(value), None, nanos_of(value))
    if kind == DATE_TIME:
        day, nanos = day_of(value), nanos_of(value)
        return f"{_write_date(day)}T{_write_time(nanos)}{_write_zone(zone_of(value), day, nanos)}"
    return _write_days(duration_nanos(value)) if kind == DAYS else _write_months(value.months)


def _write_date(day: int) -> str:
    year, month, number = civil(day)
    sign = "-" if year < 0 else ""
    return f"{sign}{abs(year):04d}-{month:02d}-{number:02d}"


def _fraction(nanos: int) -> str:
    return f".{nanos:09d}".rstrip("0") if nanos else ""


def _write_time(nanos: int) -> str:
    seconds, rest = divmod(nanos, SECOND)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{_fraction(rest)}"


def _write_zone(zone: tzinfo | None, day: int | None, nanos: int) -> str:
    if isinstance(zone, ZoneInfo):
        return f"@{zone.key}"
    offset = offset_nanos(zone, day, nanos)
    if offset is None:
        return ""
    if offset == 0:
        return "Z"
    seconds = abs(offset) // SECOND
    text = f"{'-' if offset < 0 else '+'}{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return f"{text}:{seconds % 60:02d}" if seconds % 60 else text


def _write_days(nanos: int) -> str:
    if nanos == 0:
        return "PT0S"
    days, rest = divmod(abs(nanos), DAY)
    seconds, fraction = divmod(rest, SECOND)
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    clock = f"{hours}H" if hours else ""
    clock += f"{minutes}M" if minutes else ""
    clock += f"{seconds}{_fraction(fraction)}S" if seconds or fraction else ""
    head = f"{'-' if nanos < 0 else ''}P{f'{days}D' if days else ''}"
    return f"{head}T{clock}" if clock else head


def _write_months(count: int) -> str:
    if count == 0:
        return "P0M"
    years, rest = divmod(abs(count), 12)
    return f"{'-' if count < 0 else ''}P{f'{years}Y' if years else ''}{f'{rest}M' if rest else ''}"
