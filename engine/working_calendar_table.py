"""The table of working days (DT-16): read, written and seeded through a connection.

Each year's rows are replaced as a whole; a property per year says who loaded it from what, and one property counts
the changes, so that other processes notice them with one cheap query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, insert, inspect, select
from sqlalchemy.dialects import postgresql, sqlite

from engine import models
from engine.clock import as_utc, to_micros
from engine.database import Database
from engine.values import dump, load
from engine.working_calendar import NOVEMBER, WorkingCalendar
from engine.working_calendar_files import CalendarYear, calendar_of, published_year, read_years

DAY, PROPERTY = models.working_day, models.property_
NUMBER = "calendar"  # property: how often the table was changed
YEAR = "calendar."  # property per year: who loaded it, from what
FIRST_PUBLISHED = 2004  # as far back as lists of make-up days go
SEEDED = "system"
WATCH = "calendar_watch"  # type and id of the job that looks for next year's calendar


@dataclass(frozen=True, slots=True)
class Said:
    """What is noted of a loaded year besides its days."""

    source: str
    provisional: bool
    sha256: str
    by: str
    at: int


def is_there(connection: Connection) -> bool:
    """Tells whether the database is migrated."""
    return inspect(connection).has_table(PROPERTY.name)


def change_number(connection: Connection) -> int:
    """Returns how often the table was changed."""
    found = connection.execute(select(PROPERTY.c.value).where(PROPERTY.c.name == NUMBER)).scalar_one_or_none()
    return int(found or 0)


def said_of_years(connection: Connection) -> dict[int, Said]:
    """Returns what is noted of each loaded year."""
    rows = connection.execute(select(PROPERTY).where(PROPERTY.c.name.startswith(YEAR, autoescape=True)))
    return {int(row.name.removeprefix(YEAR)): Said(**load(row.value)) for row in rows}


def stored_years(connection: Connection) -> list[CalendarYear]:
    """Returns the years of the table in order."""
    kinds: dict[int, dict[date, str]] = {}
    for row in connection.execute(select(DAY.c.day, DAY.c.kind).order_by(DAY.c.day)):
        day = date.fromisoformat(row.day)
        kinds.setdefault(day.year, {})[day] = row.kind
    said = said_of_years(connection)
    return [
        CalendarYear(year, days, said[year].source, said[year].provisional, said[year].sha256)
        for year, days in kinds.items()
    ]


def replace_year(connection: Connection, year: CalendarYear, *, by: str, at: int) -> CalendarYear | None:
    """Writes a year over what was there and counts the change; returns what was there.

    The counter's row is locked first: two who change the calendar at once do so in turn.
    """
    number = _locked_number(connection)
    before = next((one for one in stored_years(connection) if one.year == year.year), None)
    _write(connection, year, by=by, at=at)
    _set(connection, NUMBER, str(number + 1))
    return before


def _write(connection: Connection, year: CalendarYear, *, by: str, at: int) -> None:
    first, last = f"{year.year}-01-01", f"{year.year}-12-31"
    connection.execute(delete(DAY).where(DAY.c.day.between(first, last)))
    working = year.days
    rows = [
        {
            "day": day.isoformat(),
            "working": working[day],
            "kind": kind,
            "source": year.source,
            "provisional": year.provisional,
        }
        for day, kind in year.kinds.items()
    ]
    connection.execute(insert(DAY), rows)
    said = {"source": year.source, "provisional": year.provisional, "sha256": year.sha256, "by": by, "at": at}
    _set(connection, f"{YEAR}{year.year}", dump(said).decode())


def _set(connection: Connection, name: str, value: str) -> None:
    kind: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = kind.insert(PROPERTY).values(name=name, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def _locked_number(connection: Connection) -> int:
    kind: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(kind.insert(PROPERTY).values(name=NUMBER, value="0").on_conflict_do_nothing())
    query = select(PROPERTY.c.value).where(PROPERTY.c.name == NUMBER).with_for_update()
    return int(connection.execute(query).scalar_one())


# ------------------------------------------------------------ seeding


def seed_database(database: Database, folder: Path, now: datetime) -> list[int]:
    """Seeds a migrated database; one that is not migrated yet is left alone. Returns the years that were written."""
    with database.write() as connection:
        return seed(connection, folder, now) if is_there(connection) else []


def seed(connection: Connection, folder: Path, now: datetime) -> list[int]:
    """Fills the table: the files beside the rules, and the published list for years without a file.

    What an administrator loaded stays. Returns the years that were written. Also plans the look for next year.
    """
    number = _locked_number(connection)
    said = said_of_years(connection)
    shipped = {year.year: year for year in read_years(folder)}
    wanted = [*shipped, *(year for year in range(FIRST_PUBLISHED, as_utc(now).year + 2) if year not in shipped)]
    written = [year for year in sorted(wanted) if _seed_year(connection, year, shipped, said.get(year), now)]
    if written:
        _set(connection, NUMBER, str(number + 1))
    plan_watch(connection, calendar_of(stored_years(connection)), now)
    return written


def _seed_year(
    connection: Connection, year: int, shipped: Mapping[int, CalendarYear], said: Said | None, now: datetime
) -> bool:
    """Writes a year that is missing, or that was seeded from an older edition of the same file."""
    if said is not None and (said.by != SEEDED or year not in shipped):
        return False
    made = shipped.get(year) or published_year(year, now)
    if made is None or (said is not None and said.sha256 == made.sha256):
        return False
    _write(connection, made, by=SEEDED, at=to_micros(now))
    return True


def plan_watch(connection: Connection, known: WorkingCalendar, now: datetime) -> None:
    """Plans the look for next year's calendar, unless it is planned already."""
    table = models.job
    if connection.execute(select(table.c.id).where(table.c.id == WATCH)).first() is not None:
        return
    missing = known.missing_year(now) is not None
    due = as_utc(now) if missing else first_of_november(now, known.zone)
    values = {"id": WATCH, "type": WATCH, "due_at": to_micros(due), "created_at": to_micros(now)}
    connection.execute(insert(table).values(**values, retries=3, suspended=False))


def first_of_november(now: datetime, zone: ZoneInfo) -> datetime:
    """Returns the next 1 November, 00:00, after an instant."""
    local = as_utc(now).astimezone(zone)
    return datetime(local.year + (local.month >= NOVEMBER), NOVEMBER, 1, tzinfo=zone)
