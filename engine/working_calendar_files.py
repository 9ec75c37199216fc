"""Reads the working calendar of each year from `rules/calendar/<year>.yaml` (DT-16)."""

from __future__ import annotations

import calendar
import hashlib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from engine.errors import ParseFailed
from engine.findings import Finding
from engine.working_calendar import WorkingCalendar

KINDS = {"holiday": False, "makeup": True}


def read_directory(path: Path) -> WorkingCalendar:
    """Reads every year of a directory; raises ParseFailed with all faults of all files."""
    days: dict[date, bool] = {}
    findings: dict[str, list[Finding]] = {}
    digest = hashlib.sha256()
    files = sorted(path.glob("[0-9][0-9][0-9][0-9].yaml"))
    for file in files:
        body = file.read_bytes()
        digest.update(body)
        year_days, faults = read_year(body, year=int(file.stem))
        days.update(year_days)
        if faults:
            findings[file.name] = faults
    if findings:
        raise ParseFailed(findings)
    return WorkingCalendar(days, version=f"{'+'.join(file.stem for file in files)}:{digest.hexdigest()[:12]}")


def read_year(body: bytes, *, year: int) -> tuple[dict[date, bool], list[Finding]]:
    """Returns each day of the year with "is a working day", and what is wrong with the file."""
    try:
        table = yaml.safe_load(body)
    except yaml.YAMLError:
        return {}, [_fault("这不是有效的 YAML 文件", "this is no valid YAML")]
    if not isinstance(table, Mapping) or table.get("year") != year or not isinstance(table.get("days"), list):
        return {}, [
            _fault(f"文件须有 year: {year} 和 days 列表", f"the file needs year: {year} and a list of days")
        ]
    days = {day: day.weekday() < calendar.SATURDAY for day in _all_days(date(year, 1, 1), date(year, 12, 31))}
    faults: list[Finding] = []
    seen: set[date] = set()
    for number, entry in enumerate(table["days"], start=1):
        faults += _apply(entry, days, seen, number)
    return days, faults


def _apply(entry: Any, days: dict[date, bool], seen: set[date], number: int) -> list[Finding]:
    """Marks the days of one entry; a day outside the year or listed twice is a fault."""
    span = _span(entry)
    if span is None:
        return [_fault(f"第 {number} 条须有 from、to 和 kind", f"entry {number} needs from, to and kind")]
    faults = []
    for day in _all_days(*span):
        if day not in days or day in seen:
            faults.append(
                _fault(
                    f"第 {number} 条：{day} 不属于本年或重复",
                    f"entry {number}: {day} is outside the year or twice",
                )
            )
            continue
        seen.add(day)
        days[day] = KINDS[entry["kind"]]
    return faults


def _span(entry: Any) -> tuple[date, date] | None:
    if not isinstance(entry, Mapping) or entry.get("kind") not in KINDS:
        return None
    first, last = entry.get("from"), entry.get("to")
    if type(first) is not date or type(last) is not date or not first <= last <= first + timedelta(days=366):
        return None
    return first, last


def _all_days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _fault(zh: str, en: str) -> Finding:
    return Finding("error", "calendar-invalid", zh, en)
