"""Decisions that no process takes: asked of the release in force, recorded with their rows, and chained.

What a run, a settlement or a score decides is recorded as a decision of its own; the event of the chain holds the
SHA-256 of what was recorded, so that nobody can alter the reasons unseen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from engine import decisions, models, releases
from engine.clock import to_micros
from engine.context import CommandContext
from engine.dmn.result import DecisionResult
from engine.ids import new_id
from engine.values import dump
from engine.working_calendar import YearNotLoaded
from engine.working_calendar_cache import with_calendar

Output = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ruling:
    """A recorded decision: its id, its result, and the SHA-256 of the recorded form."""

    id: str
    result: DecisionResult
    sha256: str

    @property
    def output(self) -> Output:
        """What the table says; empty where no row matched."""
        return self.result.output if isinstance(self.result.output, Mapping) else {}

    @property
    def row_id(self) -> str | None:
        return row_of(self.result)

    @property
    def entry(self) -> dict[str, Any]:
        """What the chain keeps of it."""
        return {"decision": self.id, "key": self.result.decision_key, "row": self.row_id, "sha256": self.sha256}


def row_of(result: DecisionResult) -> str | None:
    """Returns the id of the first row that fired."""
    return result.rows[0].row_id if result.rows else None


def hold(ctx: CommandContext, chain: str) -> None:
    """Lets whoever else works on what a chain is about wait until this transaction is over.

    To be called before anything is read that the command decides on: on PostgreSQL a later statement sees what the
    other has committed, and the head of the chain alone would not show that an earlier one did not.
    """
    table = models.chain_head
    ctx.connection.execute(select(table.c.events).where(table.c.chain_id == chain).with_for_update())


def ask(
    ctx: CommandContext, key: str, variables: Mapping[str, Any], *, anchor: datetime | None = None
) -> DecisionResult:
    """Asks a decision of the release in force without recording it: a trial, or a question of what would be."""
    release = releases.current(ctx)
    return decisions.decide_by_key(ctx, key, variables, release=release, anchor=anchor or ctx.now)


def record(ctx: CommandContext, result: DecisionResult, about: Mapping[str, str]) -> Ruling:
    """Writes a decision down; `about` names what it is about (a customer, a contract), by reference."""
    body = dump({**decisions.as_json(result), "about": dict(about)})
    ruling = Ruling(new_id(), result, hashlib.sha256(body).hexdigest())
    row = {
        "id": ruling.id,
        "decision_key": result.decision_key,
        "definition_id": result.definition_id,
        "version": result.version,
        "evaluated_by": result.evaluated_by,
        "at": ctx.now_micros,
        "body": body,
    }
    ctx.connection.execute(insert(models.decision_instance), [row])
    return ruling


def rule(
    ctx: CommandContext,
    key: str,
    variables: Mapping[str, Any],
    *,
    about: Mapping[str, str],
    anchor: datetime | None = None,
) -> Ruling:
    """Asks a decision of the release in force and writes it down."""
    return record(ctx, ask(ctx, key, variables, anchor=anchor), about)


def due(ctx: CommandContext, code: str) -> tuple[int | None, bytes]:
    """Returns the due instant (µs) that DT-05 gives for a code, from now, with its trace."""
    result = ask(ctx, "dt_05", {"deadline_code": code, "business_line": "rental"})
    row: Output = result.output
    try:
        found = with_calendar(ctx, lambda calendar: calendar.due_at(ctx.now, row["limit"], row["unit"]))
    except YearNotLoaded as missing:
        return None, dump({"blocked": str(missing), "year": missing.year, "row": row_of(result)})

    return to_micros(found.due_at), dump({**found.trace, "row": row_of(result)})
