"""Timer start events: when a process starts by itself, planned as jobs of the newest version."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert, select

from engine import decisions, job_retries, models
from engine.bpmn.definition import StartEvent
from engine.bpmn.outcome import TimerWait
from engine.bpmn.timers import NotATimer, first_due, next_due
from engine.clock import from_micros, to_micros
from engine.context import CommandContext
from engine.errors import InvalidRequest
from engine.feel import compile_expression
from engine.ids import new_id
from engine.process_engine import jobs_changed
from engine.values import dump


def plan_first(ctx: CommandContext, definition_id: str, event: StartEvent) -> None:
    """Plans the first start of a timer start event."""
    text = (event.timer or "").strip()
    environment = decisions.environment(ctx)
    value: Any = compile_expression(text[1:]).evaluate({}, environment) if text.startswith("=") else text
    try:
        timer = first_due(event.timer_kind or "date", value, now=ctx.now, zone=environment.zone)
    except NotATimer as cause:
        raise InvalidRequest(f"the timer of the start event {event.element_id} is none: {cause}") from cause
    _insert(ctx, definition_id, event.element_id, timer)


def plan_next(ctx: CommandContext, job: Any, cycle: str | None) -> None:
    """Plans the next start of a repetition that just fired, if anything is left of it."""
    fired = TimerWait(from_micros(job.due_at), cycle)
    timer = next_due(fired, now=ctx.now, zone=decisions.environment(ctx).zone)
    if timer is not None:
        _insert(ctx, job.definition_id, job.element_id, timer)


def plan_again(ctx: CommandContext) -> None:
    """Plans the starts by timer from now on, as if all had been deployed at this instant (a copy of a database)."""
    table = models.job
    planned = (table.c.type == "start_timer",)
    jobs = ctx.connection.execute(select(table.c.definition_id, table.c.element_id).where(*planned)).all()
    ctx.connection.execute(delete(table).where(*planned))
    for definition_id, element_id in jobs:
        for event in ctx.engine.definitions.process(ctx, definition_id).start_events:
            if event.element_id == element_id:
                plan_first(ctx, definition_id, event)


def _insert(ctx: CommandContext, definition_id: str, element_id: str, timer: TimerWait) -> None:
    elements = ctx.engine.definitions.process(ctx, definition_id).elements
    ctx.connection.execute(
        insert(models.job).values(
            id=new_id(),
            type="start_timer",
            definition_id=definition_id,
            element_id=element_id,
            due_at=to_micros(timer.due_at),
            retries=job_retries.tries(elements, element_id),
            payload=dump({"cycle": timer.cycle}),
            created_at=ctx.now_micros,
        )
    )
    jobs_changed(ctx)
