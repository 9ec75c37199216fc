"""Decisions as the running flows ask them: the version that the release holds, with the house's calendar at hand."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine import definitions
from engine.clock import as_utc
from engine.context import CommandContext
from engine.definitions import Deployed
from engine.dmn.result import DecisionResult
from engine.feel import Environment
from engine.values import encode, to_json
from engine.working_calendar import WorkingCalendar
from engine.working_calendar_cache import with_calendar


def environment(ctx: CommandContext) -> Environment:
    """Returns what FEEL may know besides the variables: the instant of the transaction and the house's functions."""

    def add_working_days(anchor: Any, days: Any) -> Any:
        return with_calendar(ctx, lambda calendar: _add_working_days(calendar, anchor, days))

    def working_days_between(start: Any, end: Any) -> Any:
        if isinstance(start, date) and isinstance(end, date):
            first, last = _day(start), _day(end)
            return with_calendar(ctx, lambda calendar: calendar.working_days_between(first, last))
        return None

    return Environment(
        now=ctx.now,
        functions={
            "add working days": add_working_days,
            "working days between": working_days_between,
            "digest": digest,
        },
        limits=ctx.engine.settings.limits.expressions,
    )


def digest(value: Any) -> str:
    """Returns the SHA-256 of a value's stored form, in hexadecimal: what a signature refers to."""
    return hashlib.sha256(encode(value)).hexdigest()


def _add_working_days(calendar: WorkingCalendar, anchor: Any, days: Any) -> Any:
    if isinstance(anchor, datetime) and anchor.tzinfo and isinstance(days, (int, Decimal)):
        return calendar.due_at(anchor, days, "working_days").due_at
    return None


def _day(value: date) -> date:
    return as_utc(value).date() if isinstance(value, datetime) and value.tzinfo else value


def decide(
    ctx: CommandContext, deployed: Deployed, variables: Mapping[str, Any], *, anchor: datetime | None = None
) -> DecisionResult:
    """Evaluates a deployed decision; the result names the version that decided and the variables that it read."""
    model = ctx.engine.definitions.decision(ctx, deployed.id)
    result = model.decide(deployed.key, variables, environment(ctx), anchor=anchor)
    read = {name: variables.get(name) for name in sorted(model.model.decisions[deployed.key].input_names)}
    return dataclasses.replace(
        result, definition_id=deployed.id, version=deployed.version, anchor=anchor, variables=read
    )


def decide_by_key(
    ctx: CommandContext,
    key: str,
    variables: Mapping[str, Any],
    *,
    release: int,
    anchor: datetime | None = None,
) -> DecisionResult:
    """Evaluates the decision that a release holds under `key`."""
    return decide(ctx, definitions.resolve(ctx, "decision", key, release=release), variables, anchor=anchor)


def as_json(result: DecisionResult) -> dict[str, Any]:
    """Returns the recorded form: inputs, output, rows with provenance and clause, and what was asked on the way.

    `variables` are there for the decision itself, not for those that it asked; older records lack them.
    """
    read = {"variables": {name: to_json(value) for name, value in result.variables.items()}} if result.variables else {}
    return read | {
        "decision": result.decision_key,
        "definition": result.definition_id,
        "version": result.version,
        "digest": result.digest,
        "by": result.evaluated_by,
        "hitPolicy": result.hit_policy,
        "anchor": to_json(result.anchor),
        "inputs": {name: to_json(value) for name, value in result.inputs.items()},
        "output": to_json(result.output),
        "rows": [
            {
                "row": row.row_id,
                "index": row.index,
                "outputs": {name: to_json(value) for name, value in row.outputs.items()},
                "provenance": dict(row.provenance),
                "clause": row.clause,
                "noteZh": row.note_zh,
                "noteEn": row.note_en,
            }
            for row in result.rows
        ],
        "required": [as_json(required) for required in result.required],
    }
