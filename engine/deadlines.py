"""Deadlines: limits of the policy that outlive the task that happens to be open.

    open → warned → met | met_by_message | attempted | late | breached_open | not_applicable | cancelled

Here is the noun and how it is stored; engine/deadlines_ledger.py opens, moves and judges the deadlines of a case.
Source: requirements 3.0, 3.7; A-42, A-50, A-57.

What still runs of an instance lies as JSON on its row (`deadlines_body`), so that completing a task reads no further
table; the table `deadline` is for lists, reports and the executor, written in the same transaction.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.values import dump, load

RUNNING = frozenset({"open", "warned", "breached_open", "attempted"})
UNBREACHED = frozenset({"open", "warned"})


@dataclass(frozen=True, slots=True)
class Deadline:
    """One limit of one case. Instants are UTC microseconds; `row` says which rule set it, `trace` how `due_at` was
    computed (a list: re-dating adds an entry). `due_at` is None while a calendar year that it needs is not loaded."""

    id: str
    process_instance_id: str
    code: str
    state: str
    anchor_at: int
    due_at: int | None
    stop_element: str | None
    stop_on: str
    stop_time: str | None
    escalate_to: tuple[str, ...]
    responsible: str | None
    attempts_needed: int | None
    row: Mapping[str, Any]
    trace: tuple[Any, ...]
    warn_at: tuple[int, ...]
    opened_at: int
    warned_at: int | None = None
    attempted_at: int | None = None
    breached_at: int | None = None
    stopped_at: int | None = None
    attempts: int = 0
    message_sent: bool = False
    on_breach: str | None = None  # the message that the case gets when the breach is written down

    @property
    def running(self) -> bool:
        """Whether it still waits for its element."""
        return self.state in RUNNING and self.stopped_at is None

    @property
    def missing_year(self) -> int | None:
        """The calendar year without which its due instant cannot be computed."""
        missing: int | None = self.trace[-1].get("year") if self.due_at is None and self.trace else None
        return missing

    @property
    def next_at(self) -> int | None:
        """When it next wants attention: a warning, or the due instant."""
        if self.due_at is None or self.state not in UNBREACHED:
            return None
        ahead = [at for at in self.warn_at if at > (self.warned_at or 0) and at < self.due_at]
        return min(ahead, default=self.due_at)


JSON_TUPLES = ("escalate_to", "trace", "warn_at")
TABLE_JSON = ("escalate_to", "row", "trace", "warn_at")
MEMORY_ONLY = ("attempts", "message_sent", "on_breach")


def to_json(deadline: Deadline) -> dict[str, Any]:
    """Returns what is kept on the instance row."""
    return {field.name: getattr(deadline, field.name) for field in dataclasses.fields(deadline)}


def from_json(entry: Mapping[str, Any]) -> Deadline:
    """Returns the deadline of an entry on the instance row."""
    values: dict[str, Any] = dict(entry)
    values.update({name: tuple(values[name]) for name in JSON_TUPLES})
    return Deadline(**values)


def to_row(deadline: Deadline, root_id: str) -> dict[str, Any]:
    """Returns the row of the table `deadline`."""
    row = {name: value for name, value in to_json(deadline).items() if name not in MEMORY_ONLY}
    row.update({name: dump(row[name]) for name in TABLE_JSON}, root_id=root_id, next_at=deadline.next_at)
    return row


def from_row(row: Any) -> Deadline:
    """Returns the deadline of a row of the table, for lists and reports."""
    values = {name: getattr(row, name) for name in _FIELD_NAMES if name not in MEMORY_ONLY}
    values.update({name: load(values[name]) for name in TABLE_JSON})
    return from_json(values)


_FIELD_NAMES = tuple(field.name for field in dataclasses.fields(Deadline))


def provisional_years(trace: Iterable[Mapping[str, Any]]) -> list[int]:
    """Returns the years without a notice on which the last computation of a trace counted."""
    *_, last = [{}, *trace]
    years: list[int] = last.get("provisional", [])
    return years
