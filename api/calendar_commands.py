"""`marque calendar`: the working calendar at the command line."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

import click
from rich.console import Console
from rich.table import Table

from engine import calendars
from engine.clock import as_utc
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from engine.working_calendar import UNITS, Due


class Opened(Protocol):
    """Opens one engine for the length of a command."""

    def __call__(self) -> AbstractContextManager[ProcessEngine]: ...


def calendar_group(opened: Opened, console: Console) -> click.Group:
    """Returns the command group."""

    @click.group("calendar")
    def group() -> None:
        """Working days: load a year, show it, ask when a limit ends."""

    @group.command("load")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    def load(file: Path) -> None:
        """Take a year into force; deadlines that waited for it are dated at once.

        Example: marque calendar load rules/calendar/2027.yaml
        """
        with opened() as engine:
            loaded = engine.run(SYSTEM_ACTOR, calendars.load, file.read_bytes(), name=file.name)
        doubt = ", provisional" if loaded.said.provisional else ""
        console.print(f"{loaded.year}: {loaded.working_days} working days{doubt} ({loaded.said.source})", markup=False)

    @group.command("show")
    @click.argument("year", type=int, required=False)
    def show(year: int | None) -> None:
        """Show the loaded years, or the days of one year that differ from the week.

        Example: marque calendar show 2026
        """
        with opened() as engine:
            if year is None:
                console.print(_overview(engine.read(SYSTEM_ACTOR, calendars.years)))
                return
            found = engine.read(SYSTEM_ACTOR, calendars.get, year)
        for day, kind in found.listed:
            console.print(f"{day:%Y-%m-%d %a}  {kind}", markup=False)

    @group.command("due")
    @click.argument("anchor")
    @click.argument("limit", type=int)
    @click.argument("unit", type=click.Choice(UNITS))
    def due(anchor: str, limit: int, unit: str) -> None:
        """Say when a limit ends that begins at ANCHOR, and why.

        Example: marque calendar due "2026-09-29 16:20" 5 working_days
        """
        with opened() as engine:
            at = datetime.fromisoformat(anchor)
            at = at if at.tzinfo else at.replace(tzinfo=engine.calendar.zone)
            found = engine.read(SYSTEM_ACTOR, calendars.due, as_utc(at), limit, unit)
        for line in told(found):
            console.print(line, markup=False)

    return group


def told(due: Due) -> list[str]:
    """Returns a due instant and its trace as lines for people."""
    trace = due.trace
    lines = [f"{trace['due_at']}  (calendar {trace['calendar']})"]
    lines += [f"  {day['day']}  {day['date']}  {day['why']}" for day in trace.get("counted", ())]
    if trace.get("skipped"):
        lines.append("  skipped: " + ", ".join(f"{day['date']} {day['why']}" for day in trace["skipped"]))
    if trace.get("provisional"):
        lines.append(f"  provisional: {', '.join(map(str, trace['provisional']))} is not official yet")
    return lines


def _overview(years: list[calendars.LoadedYear]) -> Table:
    table = Table("year", "working days", "provisional", "loaded by", "source")
    for one in years:
        doubt = "yes" if one.said.provisional else ""
        table.add_row(str(one.year), str(one.working_days), doubt, one.said.by, one.said.source)
    return table
