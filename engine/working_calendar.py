"""When a limit ends: the statutory working calendar (DT-16) and the arithmetic of A-09 … A-12 and A-60.

Hours and minutes run by the clock, day and night. Working days are those of the State Council with make-up
days; the day of the anchor is not counted and the last one ends at 18:00. Calendar days and months end at 18:00
of the last day, or at 24:00 where the rule says so. A year that is not loaded is an error, never a guess.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.clock import MICROSECOND, as_utc
from engine.errors import ExecutionFailed

UNITS = ("minutes", "hours", "working_days", "calendar_days", "calendar_days_24", "months")
CLOCK_UNITS = {"minutes": 60_000_000, "hours": 3_600_000_000}
CLOSE_OF_BUSINESS = time(18)
LONGEST_COUNT = 4000
NOVEMBER = 11


class YearNotLoaded(ExecutionFailed):
    """A computation reached a year whose working days nobody has loaded yet."""

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(missing_sentence(year), code="yearNotLoaded")


def missing_sentence(year: int) -> str:
    """Returns the sentence that says that a year is missing; incidents about it are found by it again."""
    return f"the working calendar of {year} is not loaded; load rules/calendar/{year}.yaml and try again"


class LimitInvalid(ExecutionFailed):
    """A limit is no number, not whole where days are counted, or of an unknown unit."""


@dataclass(frozen=True, slots=True)
class Due:
    """When a limit ends, in UTC, and how that was found (JSON-able, for the history)."""

    due_at: datetime
    trace: Mapping[str, Any]


class WorkingCalendar:
    """The loaded days and what follows from them.

    `days` maps every day of every loaded year to "is a working day"; `version` names the state of the table
    and stands in each trace; `close` is the close of business (A-11); `provisional` are years without a notice of
    the State Council, and every trace that counts on one says so.
    """

    def __init__(
        self,
        days: Mapping[date, bool],
        version: str,
        close: time = CLOSE_OF_BUSINESS,
        zone: str = "Asia/Shanghai",
        provisional: frozenset[int] = frozenset(),
    ) -> None:
        self.days = dict(days)
        self.version = version
        self.close = close
        self.zone = ZoneInfo(zone)
        self.years = frozenset(day.year for day in days)
        self.provisional = provisional

    def is_working(self, day: date) -> bool:
        """Tells whether people work on that day; raises YearNotLoaded."""
        if day.year not in self.years:
            raise YearNotLoaded(day.year)
        return self.days[day]

    def reason(self, day: date) -> str:
        """Says why the day counts or not: `working`, `makeup`, `weekend` or `holiday`."""
        weekend = day.weekday() >= calendar.SATURDAY
        if self.is_working(day):
            return "makeup" if weekend else "working"
        return "weekend" if weekend else "holiday"

    def due_at(self, anchor: datetime, limit: int | Decimal, unit: str) -> Due:
        """Computes the end of a limit from its anchor; raises YearNotLoaded and LimitInvalid."""
        local = as_utc(anchor).astimezone(self.zone)
        if unit in CLOCK_UNITS:
            micros = _whole(_number(limit) * CLOCK_UNITS[unit], "microseconds")
            return self._due(local, limit, unit, as_utc(anchor) + micros * MICROSECOND)
        if unit == "working_days":
            counted, skipped, last = self._count(local.date(), _whole(_number(limit), unit))
            steps: dict[str, Any] = {"counted": counted, "skipped": skipped, **self._doubt(counted, skipped)}
            return self._due(local, limit, unit, self._at_close(last), steps)
        if unit in UNITS:
            return self._due(local, limit, unit, self._calendar_end(local.date(), _number(limit), unit))
        raise LimitInvalid(f"{unit!r} is no unit of a limit; use one of {', '.join(UNITS)}")

    def warnings_at(self, due: Due, anchor: datetime, warn_at: Sequence[int | Decimal | str]) -> list[datetime]:
        """Returns the instants of the pre-warnings in UTC, in order.

        A number is a percentage of the limit; a text is `12 hours after` (the anchor) or
        `1 working_days before` (the due instant).
        """
        return sorted(self._warning_at(due, as_utc(anchor), warning) for warning in warn_at)

    def working_days_between(self, start: date | datetime, end: date | datetime) -> int:
        """Counts working days after `start` up to and including `end`; negative when `end` lies before."""
        first, last = self._local_date(start), self._local_date(end)
        if last < first:
            return -self.working_days_between(last, first)
        return sum(self.is_working(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))

    def missing_year(self, now: datetime) -> int | None:
        """Returns next year from 1 November on if it is not loaded yet, so that somebody is warned."""
        local = as_utc(now).astimezone(self.zone)
        following = local.year + 1
        return following if local.month >= NOVEMBER and following not in self.years else None

    def _local_date(self, day: date | datetime) -> date:
        return as_utc(day).astimezone(self.zone).date() if isinstance(day, datetime) else day

    def _at_close(self, day: date) -> datetime:
        return datetime.combine(day, self.close, self.zone).astimezone(UTC)

    def _count(self, start: date, limit: int) -> tuple[list[dict[str, Any]], list[dict[str, str]], date]:
        """Walks working days from the day after `start` (A-12), backwards for a negative limit."""
        counted: list[dict[str, Any]] = []
        skipped: list[dict[str, str]] = []
        last = start
        for day in _days_from(start, 1 if limit > 0 else -1):
            if len(counted) == abs(limit):
                break
            why = self.reason(day)
            if why in ("working", "makeup"):
                counted.append({"date": day.isoformat(), "day": len(counted) + 1, "why": why})
                last = day
            else:
                skipped.append({"date": day.isoformat(), "why": why})
        return counted, skipped, last

    def _doubt(self, *walked: Sequence[Mapping[str, Any]]) -> dict[str, list[int]]:
        """Names the provisional years among the days that were walked, nothing where there are none."""
        years = {int(day["date"][:4]) for days in walked for day in days} & self.provisional
        return {"provisional": sorted(years)} if years else {}

    def _calendar_end(self, start: date, limit: Decimal, unit: str) -> datetime:
        """A-60: the first day is not counted; the last ends at close of business or at 24:00."""
        whole = _whole(limit, unit)
        last = add_months(start, whole) if unit == "months" else _add_days(start, whole)
        if unit == "calendar_days_24":
            return datetime.combine(_add_days(last, 1), time(0), self.zone).astimezone(UTC)
        return self._at_close(last)

    def _due(
        self,
        local: datetime,
        limit: int | Decimal,
        unit: str,
        due_at: datetime,
        steps: Mapping[str, Any] | None = None,
    ) -> Due:
        trace: dict[str, Any] = {
            "anchor": local.isoformat(),
            "limit": int(limit) if limit == int(limit) else str(limit),
            "unit": unit,
            "due_at": due_at.astimezone(self.zone).isoformat(),
            "zone": self.zone.key,
            "calendar": self.version,
        }
        if unit not in CLOCK_UNITS:
            trace["close"] = "24:00" if unit == "calendar_days_24" else self.close.strftime("%H:%M")
        return Due(due_at, {**trace, **(steps or {})})

    def _warning_at(self, due: Due, anchor: datetime, warning: int | Decimal | str) -> datetime:
        if not isinstance(warning, str):
            micros = Decimal((due.due_at - anchor) // MICROSECOND) * _number(warning) / 100
            return anchor + int(micros.to_integral_value()) * MICROSECOND
        match warning.split():
            case [amount, unit, "after"]:
                return self.due_at(anchor, _number(amount), unit).due_at
            case [amount, unit, "before"]:
                return self.due_at(due.due_at, -_number(amount), unit).due_at
        raise LimitInvalid(f'{warning!r} is no warning; write a percentage or "12 hours after" the anchor')


def _days_from(start: date, step: int) -> Iterator[date]:
    for count in range(1, LONGEST_COUNT):
        yield _add_days(start, count * step)
    raise LimitInvalid(f"the limit reaches more than {LONGEST_COUNT} days")


def _add_days(start: date, days: int) -> date:
    try:
        return start + timedelta(days=days)
    except OverflowError as error:
        raise LimitInvalid(f"{days} days from {start} is no date") from error


def add_months(start: date, months: int) -> date:
    """The same day of a later month, or its last day when it has no such day (Civil Code art. 202)."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not 1 <= year <= 9998:
        raise LimitInvalid(f"{months} months from {start} is no date")
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def _number(value: object) -> Decimal:
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) and value is not None else Decimal("NaN")
    except ArithmeticError as error:
        raise LimitInvalid(f"{value!r} is no number, so it cannot be a limit") from error
    if not number.is_finite():
        raise LimitInvalid(f"{value!r} is no number, so it cannot be a limit")
    return number


def _whole(number: Decimal, unit: str) -> int:
    if number != number.to_integral_value():
        raise LimitInvalid(f"a limit in {unit} has to be a whole number, not {number}")
    return int(number)
