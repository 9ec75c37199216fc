"""Due dates of the scenarios, with the wrong answers that a naive calendar would give."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from chinese_calendar import is_workday

from engine.errors import ExecutionFailed, ParseFailed
from engine.working_calendar import LimitInvalid, WorkingCalendar, YearNotLoaded
from engine.working_calendar_files import read_directory

SHANGHAI = ZoneInfo("Asia/Shanghai")
RULES = Path(__file__).parents[2] / "rules" / "calendar"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture(scope="module")
def calendar() -> WorkingCalendar:
    return read_directory(RULES)


@pytest.mark.parametrize("year", [2025, 2026])
def test_the_loaded_years_agree_with_the_published_calendar_day_by_day(calendar: WorkingCalendar, year: int) -> None:
    day = date(year, 1, 1)
    while day.year == year:
        assert calendar.is_working(day) == is_workday(day), day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("anchor", "limit", "unit", "due", "wrong"),
    [
        # S-02: the cross-department answer over National Day, WD4 is the make-up Saturday
        (
            "2026-09-29 16:20",
            5,
            "working_days",
            "2026-10-12 18:00",
            ["2026-10-06 18:00", "2026-10-13 18:00", "2026-10-04 18:00"],
        ),
        # S-09: entry of a lead from a car show, due on a make-up Sunday
        ("2026-09-18 17:30", 1, "working_days", "2026-09-20 18:00", ["2026-09-21 18:00"]),
        # S-10: an erasure request across Spring Festival
        ("2026-02-12 15:00", 3, "working_days", "2026-02-24 18:00", ["2026-02-17 18:00", "2026-02-25 18:00"]),
        # S-04: registration entry, outer limit on a make-up Saturday
        ("2026-05-08 10:05", 1, "working_days", "2026-05-09 18:00", ["2026-05-11 18:00"]),
        # S-04: call-back three calendar days after the car went back
        (
            "2026-05-08 16:40",
            3,
            "calendar_days",
            "2026-05-11 18:00",
            ["2026-05-11 16:40", "2026-05-12 00:00"],
        ),
        # S-01: a holiday does not move limits in hours
        ("2026-10-01 22:30", 10, "minutes", "2026-10-01 22:40", []),
        ("2026-10-01 22:30", 1, "hours", "2026-10-01 23:30", []),
        ("2026-10-01 22:30", 24, "hours", "2026-10-02 22:30", []),
        ("2026-10-01 22:30", 48, "hours", "2026-10-03 22:30", []),
        ("2026-10-01 22:30", 72, "hours", "2026-10-04 22:30", ["2026-10-08 18:00"]),
        # S-02, S-03, S-05, S-06, S-11
        ("2026-09-29 16:20", 48, "hours", "2026-10-01 16:20", []),
        ("2026-02-13 21:40", 72, "hours", "2026-02-16 21:40", []),
        ("2026-05-01 09:00", -30, "minutes", "2026-05-01 08:30", []),
        ("2026-05-12 14:00", 40, "minutes", "2026-05-12 14:40", []),
        ("2026-05-17 09:50", 24, "hours", "2026-05-18 09:50", ["2026-05-18 18:00"]),
        ("2026-02-17 03:15", 24, "hours", "2026-02-18 03:15", []),
        # after 18:00 or on a holiday the date of receipt is still day 0
        ("2026-10-03 21:00", 1, "working_days", "2026-10-08 18:00", ["2026-10-09 18:00"]),
        ("2026-09-28 18:00:01", 1, "working_days", "2026-09-29 18:00", ["2026-09-30 18:00"]),
        ("2026-09-28 23:59:59", 1, "working_days", "2026-09-29 18:00", []),
        ("2026-09-29 00:00", 1, "working_days", "2026-09-30 18:00", ["2026-09-29 18:00"]),
        # DT-05: known change the same day until 24:00; months end on the same or the last day
        ("2026-05-08 10:05", 0, "calendar_days_24", "2026-05-09 00:00", ["2026-05-08 18:00"]),
        ("2026-05-08 10:05", 3, "months", "2026-08-08 18:00", []),
        ("2025-11-30 10:05", 3, "months", "2026-02-28 18:00", []),
        ("2024-02-29 10:05", 12, "months", "2025-02-28 18:00", ["2025-03-01 18:00"]),
        # S-10: the warning one working day before the due instant
        ("2026-02-24 18:00", -1, "working_days", "2026-02-14 18:00", []),
    ],
)
def test_limits_end_when_the_policy_says(
    calendar: WorkingCalendar, anchor: str, limit: int, unit: str, due: str, wrong: list[str]
) -> None:
    found = calendar.due_at(at(anchor), limit, unit).due_at

    assert found == at(due)
    assert found.tzinfo == UTC
    assert found not in [at(answer) for answer in wrong]


def test_a_half_hour_limit_is_exact(calendar: WorkingCalendar) -> None:
    assert calendar.due_at(at("2026-05-01 09:00"), Decimal("0.5"), "hours").due_at == at("2026-05-01 09:30")


def test_the_anchor_may_be_given_in_utc_and_the_local_date_counts(calendar: WorkingCalendar) -> None:
    # 2026-09-19 17:00 UTC is already Sunday 2026-09-20 in Shanghai, a working day by make-up.
    anchor = datetime(2026, 9, 19, 17, tzinfo=UTC)

    assert calendar.due_at(anchor, 1, "working_days").due_at == at("2026-09-21 18:00")


def test_the_trace_shows_each_counted_and_skipped_day_with_its_reason(calendar: WorkingCalendar) -> None:
    trace = calendar.due_at(at("2026-09-29 16:20"), 5, "working_days").trace

    assert [(day["date"], day["day"], day["why"]) for day in trace["counted"]] == [
        ("2026-09-30", 1, "working"),
        ("2026-10-08", 2, "working"),
        ("2026-10-09", 3, "working"),
        ("2026-10-10", 4, "makeup"),
        ("2026-10-12", 5, "working"),
    ]
    assert {day["date"]: day["why"] for day in trace["skipped"]}["2026-10-03"] == "weekend"
    assert {day["date"]: day["why"] for day in trace["skipped"]}["2026-10-05"] == "holiday"
    assert trace["anchor"] == "2026-09-29T16:20:00+08:00"
    assert trace["due_at"] == "2026-10-12T18:00:00+08:00"
    assert trace["calendar"].startswith("2025+2026:")
    assert json.loads(json.dumps(trace)) == trace


def test_a_year_that_is_not_loaded_is_an_error_and_never_a_guess(calendar: WorkingCalendar) -> None:
    with pytest.raises(YearNotLoaded, match=r"2027\.yaml") as refused:
        calendar.due_at(at("2026-12-31 10:00"), 1, "working_days")

    assert refused.value.year == 2027
    assert isinstance(refused.value, ExecutionFailed)


def test_only_counted_days_need_a_loaded_year(calendar: WorkingCalendar) -> None:
    assert calendar.due_at(at("2026-12-31 10:00"), 72, "hours").due_at == at("2027-01-03 10:00")
    assert calendar.due_at(at("2026-12-30 10:00"), 1, "working_days").due_at == at("2026-12-31 18:00")


@pytest.mark.parametrize(
    ("limit", "unit"), [(Decimal("1.5"), "working_days"), (1, "weeks"), ("soon", "hours"), (None, "hours")]
)
def test_a_limit_that_makes_no_sense_is_refused(calendar: WorkingCalendar, limit: Decimal, unit: str) -> None:
    with pytest.raises(LimitInvalid):
        calendar.due_at(at("2026-05-01 09:00"), limit, unit)


def test_warnings_are_percentages_or_said_in_words(calendar: WorkingCalendar) -> None:
    leak = at("2026-02-17 03:15")
    due = calendar.due_at(leak, 24, "hours")

    assert calendar.warnings_at(due, leak, [50, "20 hours after"]) == [
        at("2026-02-17 15:15"),
        at("2026-02-17 23:15"),
    ]


def test_a_warning_one_working_day_before_skips_the_holiday(calendar: WorkingCalendar) -> None:
    asked = at("2026-02-12 15:00")

    warnings = calendar.warnings_at(calendar.due_at(asked, 3, "working_days"), asked, ["1 working_days before"])

    assert warnings == [at("2026-02-14 18:00")]


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("2026-09-29", "2026-10-12", 5),
        ("2026-10-12", "2026-09-29", -5),
        ("2026-10-01", "2026-10-01", 0),
        ("2026-09-18", "2026-09-20", 1),
    ],
)
def test_working_days_between_two_days(calendar: WorkingCalendar, start: str, end: str, count: int) -> None:
    assert calendar.working_days_between(date.fromisoformat(start), date.fromisoformat(end)) == count


def test_from_november_on_a_missing_next_year_is_reported(calendar: WorkingCalendar) -> None:
    assert calendar.missing_year(at("2026-10-31 23:59")) is None
    assert calendar.missing_year(at("2026-11-01 00:00")) == 2027
    assert calendar.missing_year(at("2025-12-01 00:00")) is None


def test_a_broken_calendar_file_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "2027.yaml").write_text(
        "year: 2027\ndays: [{from: 2028-01-01, to: 2028-01-01, kind: holiday}, {kind: fest}]\n"
    )

    with pytest.raises(ParseFailed) as refused:
        read_directory(tmp_path)

    assert [finding.code for finding in refused.value.findings["2027.yaml"]] == ["calendar-invalid"] * 2
