"""ISO 8601 instants, durations and repetitions (BPMN 10.5.5) and cron, reckoned on our clock and within a century.

The library's own arithmetic reads the wall clock and walks month by month, so that `P99999999999Y` hangs it.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from engine.bpmn.cron import NotCron, looks_like_cron, parse_cron
from engine.bpmn.limits import DEFAULT_LIMITS, Limits
from engine.bpmn.outcome import TimerWait
from engine.clock import as_utc
from engine.errors import LimitReached
from engine.feel.values import YearsMonthsDuration

TimerKind = Literal["date", "duration", "cycle"]

_DURATION = re.compile(
    r"(?P<sign>-?)P(?=.)(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?",
    re.ASCII,
)
_CYCLE = re.compile(r"R(?P<count>\d*)/(?P<first>[^/]+)(?:/(?P<second>[^/]+))?", re.ASCII)
_MAX_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: whole months, which depend on the calendar of the instant's own zone, and an exact rest."""

    months: int
    rest: timedelta

    def after(self, instant: datetime) -> datetime:
        """Returns the instant that lies this much later; the 31st becomes the last day of a shorter month."""
        return _add_months(instant, self.months) + self.rest

    def before(self, instant: datetime) -> datetime:
        """Returns the instant that lies this much earlier."""
        return _add_months(instant, -self.months) - self.rest


@dataclass(frozen=True, slots=True)
class Cycle:
    """A repetition. `count` None repeats for ever; `start` None counts from the moment the timer is set."""

    count: int | None
    start: datetime | None
    interval: Duration
    interval_text: str

    def remaining(self, fired: int) -> str:
        """Returns the repetition that is left after some firings, as ISO 8601 without a start."""
        count = "" if self.count is None else str(self.count - fired)
        return f"R{count}/{self.interval_text}"


class NotATimer(ValueError):
    """A text or value that names no instant, duration or repetition."""


def parse_duration(text: str) -> Duration:
    """Reads an ISO 8601 duration; raises NotATimer."""
    found = _DURATION.fullmatch(text.strip().upper())
    if found is None or any(len(part) > _MAX_DIGITS for part in found.groupdict(default="").values()):
        raise NotATimer(f"{text[:80]!r} is no ISO 8601 duration")
    numbers = {name: value for name, value in found.groupdict().items() if value and name != "sign"}
    sign = -1 if found["sign"] else 1
    months = int(numbers.get("years", 0)) * 12 + int(numbers.get("months", 0))
    try:
        rest = timedelta(
            weeks=int(numbers.get("weeks", 0)),
            days=int(numbers.get("days", 0)),
            hours=int(numbers.get("hours", 0)),
            minutes=int(numbers.get("minutes", 0)),
            seconds=float(numbers.get("seconds", "0").replace(",", ".")),
        )
    except OverflowError as cause:
        raise LimitReached(f"the duration {text} is too long") from cause
    return Duration(sign * months, sign * rest)


def parse_instant(text: str, zone: str) -> datetime:
    """Reads an ISO 8601 date or date-time; what names no zone is local time in `zone`. Raises NotATimer."""
    try:
        return as_instant(datetime.fromisoformat(text.strip()), zone)
    except ValueError as cause:
        raise NotATimer(f"{text[:80]!r} is no ISO 8601 date") from cause


def as_instant(value: date | datetime, zone: str) -> datetime:
    """Returns a date (its first moment) or date-time as an instant in UTC."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time.min, ZoneInfo(zone))
    return as_utc(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone)))


def parse_cycle(text: str, zone: str) -> Cycle:
    """Reads a repetition `R3/PT1H`, `R/2026-10-01T09:00:00+08:00/P1D` or `R2/P1D/2026-…`; raises NotATimer."""
    found = _CYCLE.fullmatch(text.strip())
    if found is None or len(found["count"]) > _MAX_DIGITS:
        raise NotATimer(f"{text[:80]!r} is no ISO 8601 repetition")
    count = int(found["count"]) if found["count"] else None
    if count == 0:
        raise NotATimer(f"{text[:80]!r} never fires")
    first, second = found["first"], found["second"]
    if first.upper().startswith("P"):
        interval = parse_duration(first)
        start = interval.before(parse_instant(second, zone)) if second else None
        return Cycle(count, start, interval, first)
    if second is None:
        raise NotATimer(f"{text[:80]!r} has no duration")
    return Cycle(count, parse_instant(first, zone), parse_duration(second), second)


def first_due(kind: TimerKind, value: Any, *, now: datetime, zone: str, limits: Limits = DEFAULT_LIMITS) -> TimerWait:
    """Returns when a timer set now is due, and what is left of its repetition after that.

    `value` is the text of the diagram or what its expression yields (text, date, date-time or duration). Raises
    NotATimer if it is none of them, LimitReached if the instant lies out of reach or the repetition is too fast.
    """
    local = now.astimezone(ZoneInfo(zone))
    if kind == "cycle" and isinstance(value, str):
        if looks_like_cron(value):
            return _next_of_cron(value, local, limits)
        return _first_of_cycle(parse_cycle(value, zone), local, limits)
    return TimerWait(_within(_due(kind, value, local, zone), local, limits))


def next_due(timer: TimerWait, *, now: datetime, zone: str, limits: Limits = DEFAULT_LIMITS) -> TimerWait | None:
    """Returns the next firing of a repetition that just fired, None if it is used up.

    Repetitions missed while nothing ran are not made up in a burst: the next one lies in the future.
    """
    if timer.cycle is None:
        return None
    if looks_like_cron(timer.cycle):
        return _next_of_cron(timer.cycle, max(now, timer.due_at).astimezone(ZoneInfo(zone)), limits)
    cycle = parse_cycle(timer.cycle, zone)
    last = timer.due_at.astimezone(ZoneInfo(zone))
    due = cycle.interval.after(last)
    if due <= now:
        due = _skip_missed(cycle.interval, last, now)
    left = None if cycle.count == 1 else cycle.remaining(1)
    return TimerWait(_within(due, now, limits), left)


def _next_of_cron(text: str, local: datetime, limits: Limits) -> TimerWait:
    try:
        due = parse_cron(text).after(local, days=limits.due_years * 366)
    except NotCron as cause:
        raise NotATimer(str(cause)) from cause
    if due is None:
        raise LimitReached(f"the timer {text} never fires within {limits.due_years} years")
    return TimerWait(_within(due, local, limits), text.strip())


def _skip_missed(interval: Duration, due: datetime, now: datetime) -> datetime:
    if interval.months == 0:
        missed = (now - due) // interval.rest
        return due + (missed + 1) * interval.rest
    while due <= now:
        due = interval.after(due)
    return due


def _first_of_cycle(cycle: Cycle, now: datetime, limits: Limits) -> TimerWait:
    if cycle.interval.after(now) < now + timedelta(seconds=limits.timer_cycle_seconds):
        raise LimitReached(f"a timer repeats faster than every {limits.timer_cycle_seconds} seconds")
    due = cycle.start if cycle.start is not None else cycle.interval.after(now)
    left = None if cycle.count == 1 else cycle.remaining(1)
    return TimerWait(_within(due, now, limits), left)


def _due(kind: TimerKind, value: Any, now: datetime, zone: str) -> datetime:
    if isinstance(value, (date, datetime)):
        return as_instant(value, zone)
    if isinstance(value, timedelta):
        return _plus(Duration(0, value), now)
    if isinstance(value, YearsMonthsDuration):
        return _plus(Duration(value.months, timedelta()), now)
    if not isinstance(value, str):
        raise NotATimer(f"a {type(value).__name__} is no {kind}")
    if value.strip().upper().lstrip("-").startswith("P"):
        return _plus(parse_duration(value), now)
    return parse_instant(value, zone)


def _plus(duration: Duration, now: datetime) -> datetime:
    try:
        return duration.after(now)
    except (OverflowError, ValueError) as cause:
        raise LimitReached("a timer lies beyond the calendar") from cause


def _within(due: datetime, now: datetime, limits: Limits) -> datetime:
    if abs(due.year - now.year) > limits.due_years:
        raise LimitReached(f"a timer lies more than {limits.due_years} years away")
    return as_utc(due)


def _add_months(instant: datetime, months: int) -> datetime:
    if not months:
        return instant
    index = instant.year * 12 + instant.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        raise LimitReached("a timer lies beyond the calendar")
    return instant.replace(year=year, month=month + 1, day=min(instant.day, calendar.monthrange(year, month + 1)[1]))
