"""Dates, times, durations, zones; years and fractions beyond what Python's own types hold."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from engine.feel.values import YearsMonthsDuration
from tests.engine.feel.feel import feel

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_values_are_those_of_python() -> None:
    assert feel('date("2026-09-29")') == date(2026, 9, 29)
    assert feel('@"2026-09-29T16:20:00+08:00"') == datetime(2026, 9, 29, 16, 20, tzinfo=timezone(timedelta(hours=8)))
    assert feel('duration("P1DT2H")') == timedelta(days=1, hours=2)
    assert feel('@"P1Y2M"') == YearsMonthsDuration(14)


def test_now_and_today_read_the_environment_in_the_zone_of_people() -> None:
    assert feel("now()") == datetime(2026, 9, 29, 16, 20, tzinfo=SHANGHAI)
    assert feel("string(now())") == "2026-09-29T16:20:00@Asia/Shanghai"
    assert feel("today()") == date(2026, 9, 29)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('date("2026-01-31") + @"P1M"', "2026-02-28"),
        ('date("2024-02-29") + @"P1Y"', "2025-02-28"),
        ('date("2026-01-01") - @"P1D"', "2025-12-31"),
        ('date("2026-01-01") + @"PT36H"', "2026-01-02"),
        ('@"2026-01-01" - @"2025-12-25"', "P7D"),
        ('@"23:30:00" + @"PT1H"', "00:30:00"),
        ('@"2026-03-29T01:30:00@Europe/Paris" + @"PT1H"', "2026-03-29T03:30:00@Europe/Paris"),
        ('@"2026-10-25T01:30:00@Europe/Paris" + @"PT3H"', "2026-10-25T03:30:00@Europe/Paris"),
        ('@"2026-03-28T10:00:00@Europe/Paris" + @"P1M"', "2026-04-28T10:00:00@Europe/Paris"),
        ('@"2026-01-01T00:00:00Z" - @"2026-01-01T08:00:00+08:00"', "PT0S"),
        ('@"999999999-12-31T23:59:59.999999999Z"', "999999999-12-31T23:59:59.999999999Z"),
        ('@"-0044-03-15"', "-0044-03-15"),
        ('@"9999-12-31" + @"P1D"', "10000-01-01"),
        ('@"11:22:33.123456789" + @"PT0.000000001S"', "11:22:33.12345679"),
        ('time(11, 59, 45.5, @"-PT2H")', "11:59:45.5-02:00"),
        ('date and time(@"2026-01-01", @"10:00:00@Asia/Shanghai")', "2026-01-01T10:00:00@Asia/Shanghai"),
        ('date and time(@"2026-01-01T02:00:00Z", "Asia/Shanghai")', "2026-01-01T10:00:00@Asia/Shanghai"),
        ('years and months duration(@"2024-12-31", @"2026-01-30")', "P1Y"),
        ('duration("-PT90S")', "-PT1M30S"),
        ('duration("P0D")', "PT0S"),
    ],
)
def test_arithmetic_and_text_of_dates(text: str, written: str) -> None:
    assert feel(f"string({text})") == written


@pytest.mark.parametrize(
    "text",
    [
        'date("2026-02-30")',
        'date("98-01-01")',
        'time("24:00:00")',
        'time("10:00")',
        'time("10:00:00+19:00")',
        'time("10:00:00@No/Where")',
        'time("10:00:00@America")',
        'date and time("2026-01-01T10:00:00@../../etc/passwd")',
        'duration("P")',
        'duration("PT")',
        'duration("P1DT")',
        'duration("P1Y1D")',
        "date(2026, 13, 1)",
        "time(24, 0, 0)",
        '@"999999999-12-31" + @"P1D"',
        '@"10:00:00" - @"2026-01-01"',
        '@"2026-01-01T10:00:00" - @"2026-01-01T10:00:00Z"',
        '@"2026-01-01T10:00:00" < @"2026-01-01T10:00:00Z"',
    ],
)
def test_there_is_no_such_date_time_or_difference(text: str) -> None:
    assert feel(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('@"2026-01-01T10:00:00+08:00" = @"2026-01-01T02:00:00Z"', True),
        ('is(@"2026-01-01T10:00:00+08:00", @"2026-01-01T02:00:00Z")', False),
        ('@"10:00:00+08:00" = @"02:00:00Z"', True),
        ('@"10:00:00@Europe/Paris" = @"10:00:00@Asia/Dhaka"', False),
        ('@"10:00:00" = @"10:00:00Z"', False),
        ('day of week(@"2026-09-29")', "Tuesday"),
        ('week of year(@"2005-01-01")', 53),
        ('day of year(@"2024-12-31")', 366),
        ('last day of month(@"2024-02-01")', 29),
        ('month of year(@"2026-09-29")', "September"),
        ('@"2026-09-29T16:20:00@Asia/Shanghai".time offset', timedelta(hours=8)),
        ('@"-P1Y2M".months', -2),
        ('@"-P1DT2H".hours', -2),
    ],
)
def test_parts_and_order_of_dates(text: str, value: object) -> None:
    assert feel(text) == value
