"""Reads the working calendar of each year from `rules/calendar/<year>.yaml` (DT-16), or from the published list."""

from __future__ import annotations

import calendar
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from engine.clock import as_utc
from engine.errors import ParseFailed
from engine.findings import Finding
from engine.working_calendar import WorkingCalendar

LISTED = ("holiday", "makeup")
WORKING = frozenset({"working", "makeup"})
YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """One year: the kind of each of its days (working, weekend, holiday, makeup) and where that is written.

    `provisional` says that no notice of the State Council stands behind it yet; `sha256` is that of the file.
    """

    year: int
    kinds: Mapping[date, str]
    source: str
    provisional: bool
    sha256: str

    @property
    def days(self) -> dict[date, bool]:
        """Returns each day with "is a working day"."""
        return {day: kind in WORKING for day, kind in self.kinds.items()}


def read_directory(path: Path) -> WorkingCalendar:
    """Reads every year of a directory; raises ParseFailed with all faults of all files."""
    return calendar_of(read_years(path))


def read_years(path: Path) -> list[CalendarYear]:
    """Returns the years of a directory in order; raises ParseFailed with all faults of all files."""
    years: list[CalendarYear] = []
    findings: dict[str, list[Finding]] = {}
    for file in sorted(path.glob("[0-9][0-9][0-9][0-9].yaml")):
        found, faults = read_year(file.read_bytes(), year=int(file.stem))
        if found is not None:
            years.append(found)
        if faults:
            findings[file.name] = faults
    if findings:
        raise ParseFailed(findings)
    return years


def parse_year(body: bytes, *, name: str) -> CalendarYear:
    """Reads one file, whatever year it is of; raises ParseFailed with all its faults."""
    found, faults = read_year(body)
    if found is None or faults:
        raise ParseFailed({name: faults})
    return found


def calendar_of(years: list[CalendarYear]) -> WorkingCalendar:
    """Puts years together; the version names them and the bytes that they were read from."""
    digest = hashlib.sha256("".join(year.sha256 for year in years).encode()).hexdigest()[:12]
    days = {day: working for year in years for day, working in year.days.items()}
    return WorkingCalendar(
        days,
        f"{_named([year.year for year in years])}:{digest}",
        provisional=frozenset(year.year for year in years if year.provisional),
    )


def _named(years: list[int]) -> str:
    """Names a few years one by one, an unbroken row of many by its ends."""
    if len(years) > 3 and years[-1] - years[0] == len(years) - 1:
        return f"{years[0]}…{years[-1]}"
    return "+".join(map(str, years))


def read_year(body: bytes, *, year: int | None = None) -> tuple[CalendarYear | None, list[Finding]]:
    """Returns the year of a file and what is wrong with it; `year` is the one that its name promises."""
    try:
        table = yaml.safe_load(body)
    except (yaml.YAMLError, ValueError, RecursionError):  # a list in a list in a list …
        return None, [_fault("这不是有效的 YAML 文件", "this is no valid YAML")]
    said = table.get("year") if isinstance(table, Mapping) else None
    if type(said) is not int or said not in YEARS or said != (year or said) or not isinstance(table.get("days"), list):
        wanted = year or "…"
        return None, [
            _fault(f"文件须有 year: {wanted} 和 days 列表", f"the file needs year: {wanted} and a list of days")
        ]
    kinds = ordinary_kinds(said)
    faults: list[Finding] = []
    seen: set[date] = set()
    for number, entry in enumerate(table["days"], start=1):
        faults += _apply(entry, kinds, seen, number)
    source = table.get("source")
    made = CalendarYear(
        year=said,
        kinds=kinds,
        source=source[:255] if isinstance(source, str) and source.strip() else f"{said}.yaml",
        # Whoever does not say that the year is official, or names no source, has not got it from a notice.
        provisional=table.get("provisional", True) is not False or not isinstance(source, str),
        sha256=hashlib.sha256(body).hexdigest(),
    )
    return made, faults


def ordinary_kinds(year: int) -> dict[date, str]:
    """Returns the days of a year as the week has them."""
    return {
        day: "working" if day.weekday() < calendar.SATURDAY else "weekend"
        for day in _all_days(date(year, 1, 1), date(year, 12, 31))
    }


def published_year(year: int, now: datetime) -> CalendarYear | None:
    """Returns a year from the PyPI package `chinesecalendar`, None where it has none.

    It copies the notices by hand, so a year that is not over yet stays provisional until its notice is loaded.
    """
    import chinese_calendar

    ordinary = ordinary_kinds(year)
    try:
        working = {day: chinese_calendar.is_workday(day) for day in ordinary}
    except NotImplementedError:
        return None
    kinds = {day: _kind(ordinary[day], works) for day, works in working.items()}
    written = "\n".join(f"{day} {kind}" for day, kind in kinds.items())
    return CalendarYear(
        year=year,
        kinds=kinds,
        source="PyPI chinesecalendar",
        provisional=year >= as_utc(now).year,
        sha256=hashlib.sha256(written.encode()).hexdigest(),
    )


def _kind(ordinary: str, works: bool) -> str:
    if works:
        return "working" if ordinary == "working" else "makeup"
    return "weekend" if ordinary == "weekend" else "holiday"


def _apply(entry: Any, kinds: dict[date, str], seen: set[date], number: int) -> list[Finding]:
    """Marks the days of one entry; a day outside the year or listed twice is a fault."""
    span = _span(entry)
    if span is None:
        return [_fault(f"第 {number} 条须有 from、to 和 kind", f"entry {number} needs from, to and kind")]
    faults = []
    for day in _all_days(*span):
        if day not in kinds or day in seen:
            faults.append(
                _fault(
                    f"第 {number} 条：{day} 不属于本年或重复",
                    f"entry {number}: {day} is outside the year or twice",
                )
            )
            continue
        seen.add(day)
        kinds[day] = entry["kind"]
    return faults


def _span(entry: Any) -> tuple[date, date] | None:
    if not isinstance(entry, Mapping) or entry.get("kind") not in LISTED:
        return None
    first, last = _date(entry.get("from")), _date(entry.get("to"))
    if first is None or last is None or not first <= last <= first + timedelta(days=366):
        return None
    return first, last


def _date(value: Any) -> date | None:
    """YAML writes dates as such, JSON as text."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if type(value) is date else None


def _all_days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _fault(zh: str, en: str) -> Finding:
    return Finding("error", "calendar-invalid", zh, en)
