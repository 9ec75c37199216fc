"""Cron expressions of six or seven fields, as Camunda writes them (second minute hour day month weekday [year]).

Understood are `*`, `?`, lists, ranges, steps, names of months and weekdays, `L` (last day, last such weekday), `W`
(nearest working weekday) and `#` (n-th such weekday). Weekdays count from 1 = Sunday.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_YEARS = (1970, 2199)
_PART = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?", re.ASCII)

DayRule = Callable[[date], bool]


class NotCron(ValueError):
    """A text that is no cron expression."""


@dataclass(frozen=True, slots=True)
class Cron:
    """When a cron expression fires. `day` and `weekday` are rules because `L`, `W` and `#` depend on the month."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    years: frozenset[int]
    day: DayRule
    weekday: DayRule

    def after(self, moment: datetime, *, days: int) -> datetime | None:
        """Returns the first firing later than a moment, in the moment's own zone; None if there is none within
        `days`."""
        today = moment.date()
        for offset in range(days + 1):
            day = today + timedelta(days=offset)
            if day.month not in self.months or day.year not in self.years or not (self.day(day) and self.weekday(day)):
                continue
            earliest = moment.time() if offset == 0 else None
            found = self._time(earliest)
            if found is not None:
                return datetime.combine(day, found, moment.tzinfo)
        return None

    def _time(self, later_than: time | None) -> time | None:
        if later_than is None:
            return time(self.hours[0], self.minutes[0], self.seconds[0])
        limit = later_than.replace(microsecond=0)
        for hour in self.hours:
            if hour < limit.hour:
                continue
            for minute in self.minutes:
                if (hour, minute) < (limit.hour, limit.minute):
                    continue
                for second in self.seconds:
                    if (found := time(hour, minute, second)) > limit:
                        return found
        return None


def looks_like_cron(text: str) -> bool:
    """Tells whether a text can only be meant as cron: six or seven fields."""
    return len(text.split()) in (6, 7)


def parse_cron(text: str) -> Cron:
    """Reads a cron expression; raises NotCron saying which field is wrong."""
    fields = text.upper().split()
    if len(fields) not in (6, 7):
        raise NotCron(f"{text[:80]!r} has not six or seven fields")
    second, minute, hour, day, month, weekday = fields[:6]
    year = fields[6] if len(fields) == 7 else "*"
    if day != "?" and weekday != "?" and "*" not in (day, weekday):
        raise NotCron(f"{text[:80]!r} names both days and weekdays; write ? for one of them")
    return Cron(
        tuple(sorted(_numbers(second, 0, 59))),
        tuple(sorted(_numbers(minute, 0, 59))),
        tuple(sorted(_numbers(hour, 0, 23))),
        frozenset(_numbers(month, 1, 12, MONTHS)),
        frozenset(_numbers(year, *_YEARS)),
        _day_rule(day),
        _weekday_rule(weekday),
    )


def _numbers(field: str, low: int, high: int, names: tuple[str, ...] = ()) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise NotCron(f"{part!r} is no part of a cron expression")
        step = int(match["step"] or 1)
        if match["first"] == "*":
            first, last = low, high
        else:
            first = _number(match["first"], low, high, names)
            open_end = match["step"] is not None and match["last"] is None
            last = high if open_end else first
        if match["last"] is not None:
            last = _number(match["last"], low, high, names)
        if step < 1:
            raise NotCron(f"{part!r} steps by nothing")
        values = range(first, last + 1) if first <= last else (*range(first, high + 1), *range(low, last + 1))
        found.update(values[::step])
    return found


def _number(text: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if text in names:
        return names.index(text) + 1
    if not text.isdigit() or len(text) > 4 or not low <= int(text) <= high:
        raise NotCron(f"{text!r} does not lie between {low} and {high}")
    return int(text)


def _day_rule(field: str) -> DayRule:
    if field in ("?", "*"):
        return _any_day
    if field == "L":
        return lambda day: day.day == _last(day)
    if field == "LW":
        return lambda day: day.day == _nearest_workday(day, _last(day))
    if field.endswith("W"):
        wanted = _number(field[:-1], 1, 31, ())
        return lambda day: wanted <= _last(day) and day.day == _nearest_workday(day, wanted)
    days = frozenset(_numbers(field, 1, 31))
    return lambda day: day.day in days


def _weekday_rule(field: str) -> DayRule:
    if field in ("?", "*"):
        return _any_day
    if "#" in field:
        name, _, nth = field.partition("#")
        wanted, number = _number(name, 1, 7, WEEKDAYS), _number(nth, 1, 5, ())
        return lambda day: _weekday(day) == wanted and (day.day - 1) // 7 + 1 == number
    if field.endswith("L") and field != "L":
        last = _number(field[:-1], 1, 7, WEEKDAYS)
        return lambda day: _weekday(day) == last and day.day + 7 > _last(day)
    days = frozenset({7} if field == "L" else _numbers(field, 1, 7, WEEKDAYS))
    return lambda day: _weekday(day) in days


def _any_day(_day: date) -> bool:
    return True


def _weekday(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _last(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_workday(day: date, wanted: int) -> int:
    """Saturday moves to Friday and Sunday to Monday, but never into another month."""
    weekday = day.replace(day=wanted).isoweekday()
    if weekday == 6:
        return wanted - 1 if wanted > 1 else wanted + 2
    if weekday == 7:
        return wanted + 1 if wanted < _last(day) else wanted - 2
    return wanted
