"""The working calendar as people administer it: the loaded years, loading one more, and looking ahead.

`rules/calendar/<year>.yaml` seeds the table; when the State Council publishes a year, an administrator loads it. It is
in force at once and in all processes, without an approval: it is law, and no case may wait for it (DT-16).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import insert

from engine import authorizations, deadlines_blocked, history, incidents, models
from engine import working_calendar_table as table
from engine.clock import to_micros
from engine.context import CommandContext
from engine.errors import InvalidRequest, NotFound
from engine.working_calendar import Due
from engine.working_calendar_cache import with_calendar
from engine.working_calendar_files import CalendarYear, parse_year
from engine.working_calendar_table import Said

FILE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class LoadedYear:
    """One year of the table: its days that the notice names, how many people work, who loaded it and from what."""

    year: int
    said: Said
    working_days: int
    listed: tuple[tuple[date, str], ...]


def years(ctx: CommandContext) -> list[LoadedYear]:
    """Returns the loaded years in order."""
    authorizations.require(ctx, "Calendar", "read")
    said = table.said_of_years(ctx.connection)
    return [_loaded(year, said[year.year]) for year in table.stored_years(ctx.connection)]


def get(ctx: CommandContext, number: int) -> LoadedYear:
    """Returns one loaded year; raises NotFound."""
    found = next((one for one in years(ctx) if one.year == number), None)
    if found is None:
        raise NotFound(f"the working calendar of {number} is not loaded")
    return found


def missing_year(ctx: CommandContext) -> int | None:
    """Returns next year from 1 November on while it is not loaded."""
    authorizations.require(ctx, "Calendar", "read")
    return ctx.engine.calendar.missing_year(ctx.now)


def due(ctx: CommandContext, anchor: datetime, limit: int | Decimal, unit: str) -> Due:
    """Computes a limit as the deadlines do, for somebody who wants to know; raises YearNotLoaded, LimitInvalid."""
    authorizations.require(ctx, "Calendar", "read")
    return with_calendar(ctx, lambda calendar: calendar.due_at(anchor, limit, unit))


def load(ctx: CommandContext, body: bytes, *, name: str = "calendar.yaml") -> LoadedYear:
    """Takes a year into force, over what was there; raises ParseFailed, Forbidden.

    Deadlines that waited for the year, or were computed on its provisional days, are dated again by jobs that commit
    together with the days; incidents that said that it is missing are closed.
    """
    authorizations.require(ctx, "Calendar", "load")
    if len(body) > FILE_BYTES:
        raise InvalidRequest(f"a calendar file has at most {FILE_BYTES} bytes")
    year = parse_year(body, name=name)
    before = table.replace_year(ctx.connection, year, by=ctx.actor.user_id, at=ctx.now_micros)
    cases = deadlines_blocked.plan_recomputation(ctx, year.year)
    incidents.resolve_missing_year(ctx, year.year)
    details = {
        "year": year.year,
        "source": year.source,
        "provisional": year.provisional,
        "sha256": year.sha256,
        "changed": _changes(before, year),
        "cases": cases,
    }
    history.record(ctx, history.ADMIN_CHAIN, "calendar.loaded", details)
    ctx.after_commit.append(ctx.engine.calendars.forget)
    return _loaded(year, Said(year.source, year.provisional, year.sha256, ctx.actor.user_id, ctx.now_micros))


def watch(ctx: CommandContext) -> None:
    """Opens one incident from 1 November on while next year is missing, and plans the look of the year after."""
    missing = with_calendar(ctx, lambda calendar: calendar).missing_year(ctx.now)
    if missing is not None:
        incidents.open_missing_year(ctx, missing)
    following = table.first_of_november(ctx.now, ctx.engine.calendar.zone)
    values = {"id": table.WATCH, "type": table.WATCH, "due_at": to_micros(following), "created_at": ctx.now_micros}
    ctx.connection.execute(insert(models.job).values(**values, retries=3, suspended=False))


def _loaded(year: CalendarYear, said: Said) -> LoadedYear:
    listed = ((day, kind) for day, kind in year.kinds.items() if kind in {"holiday", "makeup"})
    return LoadedYear(year.year, said, sum(year.days.values()), tuple(listed))


def _changes(before: CalendarYear | None, year: CalendarYear) -> list[dict[str, str]] | None:
    """Returns the days whose kind changed, None for a year that was not there."""
    if before is None:
        return None
    return [
        {"date": day.isoformat(), "was": before.kinds.get(day, ""), "is": kind}
        for day, kind in year.kinds.items()
        if before.kinds.get(day) != kind
    ]
