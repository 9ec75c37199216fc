"""ISO 8601 timers on our clock and in our zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.bpmn.outcome import TimerWait
from engine.bpmn.timers import NotATimer, first_due, next_due, parse_cycle, parse_duration
from engine.errors import LimitReached
from engine.feel.values import YearsMonthsDuration

ZONE = "Asia/Shanghai"
NOW = datetime(2026, 1, 30, 17, 0, tzinfo=UTC)  # 31 January, 01:00 in Shanghai


def due(kind: str, value: object) -> datetime:
    return first_due(kind, value, now=NOW, zone=ZONE).due_at  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("PT1H", NOW + timedelta(hours=1)),
        ("P1DT2H3M4.5S", NOW + timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
        ("P2W", NOW + timedelta(weeks=2)),
        ("P1M", datetime(2026, 2, 27, 17, 0, tzinfo=UTC)),
        ("P1Y1M", datetime(2027, 2, 27, 17, 0, tzinfo=UTC)),
        ("-PT1H", NOW - timedelta(hours=1)),
        (timedelta(days=2), NOW + timedelta(days=2)),
        (YearsMonthsDuration(1), datetime(2026, 2, 27, 17, 0, tzinfo=UTC)),
    ],
)
def test_durations_are_counted_on_the_local_calendar(value: object, expected: datetime) -> None:
    assert due("duration", value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-02-01T09:00:00+08:00", datetime(2026, 2, 1, 1, tzinfo=UTC)),
        ("2026-02-01T09:00:00Z", datetime(2026, 2, 1, 9, tzinfo=UTC)),
        ("2026-02-01T09:00:00", datetime(2026, 2, 1, 1, tzinfo=UTC)),
        ("2026-02-01", datetime(2026, 1, 31, 16, tzinfo=UTC)),
        (date(2026, 2, 1), datetime(2026, 1, 31, 16, tzinfo=UTC)),
        (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_dates_without_zone_are_local(value: object, expected: datetime) -> None:
    assert due("date", value) == expected


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "1H", "PT1X", "P1H", "R3", "R0/PT1H", "R/x/PT1H", "R3/2026-01-01T00:00:00Z"]
)
def test_what_is_no_timer_is_told(text: str) -> None:
    with pytest.raises(NotATimer):
        parse_duration(text)
    with pytest.raises(NotATimer):
        parse_cycle(text, ZONE)


@pytest.mark.parametrize("text", ["P101Y", "P999999999999Y", "P999999999999D", "P999999999999M", "-P200Y"])
def test_a_timer_beyond_a_century_reaches_a_limit(text: str) -> None:
    with pytest.raises(LimitReached):
        due("duration", text)


def test_a_cycle_counts_down_and_ends() -> None:
    timer: TimerWait | None = first_due("cycle", "R3/PT10S", now=NOW, zone=ZONE)
    seen = []
    while timer is not None:
        seen.append((timer.due_at - NOW).total_seconds())
        timer = next_due(timer, now=timer.due_at, zone=ZONE)
    assert seen == [10, 20, 30]


def test_a_cycle_may_begin_or_end_at_a_date() -> None:
    begin = datetime(2026, 2, 1, tzinfo=UTC)
    assert due("cycle", "R2/2026-02-01T00:00:00Z/P1D") == begin
    assert due("cycle", "R2/P1D/2026-02-01T00:00:00Z") == begin - timedelta(days=1)


def test_missed_firings_are_not_made_up_in_a_burst() -> None:
    timer = first_due("cycle", "R/PT1H", now=NOW, zone=ZONE)
    following = next_due(timer, now=NOW + timedelta(hours=5, minutes=30), zone=ZONE)
    assert following == TimerWait(NOW + timedelta(hours=6), "R/PT1H")


def test_a_monthly_cycle_keeps_to_local_days() -> None:
    timer = TimerWait(datetime(2026, 1, 14, 16, 30, tzinfo=UTC), "R/P1M")
    following = next_due(timer, now=timer.due_at, zone=ZONE)
    assert following is not None
    assert following.due_at == datetime(2026, 2, 14, 16, 30, tzinfo=UTC)
