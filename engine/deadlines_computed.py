"""The due instant of a limit, and when to warn of it: computed on the working calendar, with a trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.clock import to_micros
from engine.context import CommandContext
from engine.values import to_json
from engine.working_calendar import Due, WorkingCalendar, YearNotLoaded
from engine.working_calendar_cache import with_calendar


@dataclass(frozen=True, slots=True)
class Computed:
    """A due instant (µs), when to warn of it, and how both were found."""

    due_at: int | None
    warn_at: tuple[int, ...]
    trace: Mapping[str, Any]
    missing: int | None = None  # the calendar year that nobody has loaded


def compute(ctx: CommandContext, anchor: datetime, limit: Any, unit: str, warn_at: Any) -> Computed:
    """Computes a limit; where the calendar year is not loaded, the due instant is None and the trace says so."""

    def both(calendar: WorkingCalendar) -> tuple[Due, list[datetime]]:
        due = calendar.due_at(anchor, limit, unit)
        return due, calendar.warnings_at(due, anchor, warn_at or ())

    try:
        due, warnings = with_calendar(ctx, both)
    except YearNotLoaded as missing:
        blocked = {"limit": to_json(limit), "unit": unit, "blocked": str(missing), "year": missing.year}
        return Computed(None, (), blocked, missing.year)
    instants = (to_micros(warning) for warning in warnings if anchor < warning < due.due_at)
    return Computed(to_micros(due.due_at), tuple(instants), due.trace)
