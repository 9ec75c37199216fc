"""The working calendar as one process knows it: always that of the table, read again only when the table changed.

A process asks for the number of the last change at most every few seconds, before a transaction begins; a computation
that meets a year which is not loaded asks at once. So completing a task reads no calendar row, and a year that was
loaded in one process counts in all others without a restart.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from engine.context import CommandContext
from engine.database import Database
from engine.working_calendar import WorkingCalendar, YearNotLoaded
from engine.working_calendar_files import calendar_of, read_years
from engine.working_calendar_table import change_number, is_there, stored_years

T = TypeVar("T")

STALE_SECONDS = 3.0


class CalendarCache:
    """Keeps the calendar in memory. Years that the table lacks are taken from the files beside the rules."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._shipped = {year.year: year for year in read_years(folder)}
        self._lock = threading.Lock()
        self._number: int | None = None  # None until the table was asked for the first time
        self._asked_at = float("-inf")
        self.current: WorkingCalendar = calendar_of(list(self._shipped.values()))

    def keep_up(self) -> None:
        """Asks whether the table changed, unless that was asked just now; called before a transaction begins."""
        if self._is_fresh() or not self._lock.acquire(blocking=self._number is None):
            return
        try:
            if not self._is_fresh():
                with self._database.read() as connection:
                    self._refresh(connection)
        finally:
            self._lock.release()

    def refresh(self, connection: Connection) -> bool:
        """Reads the table again if it changed; tells whether it had.

        Not for a transaction that changes the table itself: what it wrote may still be rolled back.
        """
        with self._lock:
            return self._refresh(connection)

    def forget(self) -> None:
        """Lets the next transaction ask, because this process has just changed the table."""
        self._asked_at = float("-inf")

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._asked_at < STALE_SECONDS

    def _refresh(self, connection: Connection) -> bool:
        if self._number is None and not is_there(connection):
            return False  # before the first migration, which needs an engine, too
        self._asked_at = time.monotonic()
        number, known = change_number(connection), self._number or 0
        self._number = max(number, known)
        if number <= known:
            return False
        years = {**self._shipped, **{year.year: year for year in stored_years(connection)}}
        self.current = calendar_of([years[year] for year in sorted(years)])
        return True


def with_calendar(ctx: CommandContext, compute: Callable[[WorkingCalendar], T]) -> T:
    """Computes with the calendar in force; a missing year may have been loaded by another process a moment ago."""
    try:
        return compute(ctx.engine.calendar)
    except YearNotLoaded:
        if not ctx.engine.calendars.refresh(ctx.connection):
            raise
        return compute(ctx.engine.calendar)
