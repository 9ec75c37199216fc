"""Deadlines that wait for a calendar year: dated as soon as somebody loads it.

A limit that reaches a year which nobody has loaded is never guessed. The deadline runs on without a due instant, an
incident says which year is missing (one per case and year), and loading the year plans a job per case that dates it:
the days and the jobs commit together, so that no crash leaves a deadline behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, or_, select, update

from engine import incidents, models
from engine.clock import to_micros
from engine.context import CommandContext
from engine.deadlines import RUNNING, Deadline, provisional_years
from engine.ids import new_id
from engine.process_engine import jobs_changed
from engine.values import load
from engine.working_calendar import missing_sentence

if TYPE_CHECKING:
    from engine.process_instances import Running

JOB = "recompute"
DEADLINE, TASK, CANDIDATE = models.deadline, models.user_task, models.task_candidate


def plan_recomputation(ctx: CommandContext, year: int) -> int:
    """Plans a job for each case with a deadline that the year may date; returns how many. Jobs that failed for want
    of the year are tried again."""
    cases = _waiting(ctx, year)
    rows = [
        {
            "id": new_id(),
            "type": JOB,
            "process_instance_id": root_id,
            "root_id": root_id,
            "due_at": ctx.now_micros,
            "created_at": ctx.now_micros,
            "payload": str(year).encode(),
            "retries": 3,
            "suspended": False,
        }
        for root_id in cases
    ]
    if rows:
        ctx.connection.execute(insert(models.job), rows)
    job = models.job
    failed = job.c.error == missing_sentence(year)
    ctx.connection.execute(update(job).where(job.c.retries == 0, failed).values(retries=3, due_at=ctx.now_micros))
    jobs_changed(ctx)
    return len(cases)


def _waiting(ctx: CommandContext, year: int) -> list[str]:
    """Returns the cases with a blocked deadline, or one that was computed on provisional days of the year."""
    reaches = to_micros(ctx.now.replace(year=year, month=1, day=1, hour=0, minute=0, second=0, microsecond=0))
    query = (
        select(DEADLINE.c.root_id, DEADLINE.c.due_at, DEADLINE.c.trace)
        .where(DEADLINE.c.state.in_(sorted(RUNNING)), DEADLINE.c.stopped_at.is_(None))
        .where(or_(DEADLINE.c.due_at.is_(None), DEADLINE.c.due_at >= reaches))
    )
    return sorted(
        {
            row.root_id
            for row in ctx.connection.execute(query)
            if row.due_at is None or year in provisional_years(load(row.trace))
        }
    )


def recompute(ctx: CommandContext, running: Running, year: int) -> list[Deadline]:
    """Dates the deadlines of one case again; what fell due meanwhile is a breach at once. Returns the breached ones.

    The caller writes the case down.
    """
    breached = []
    for deadline in running.ledger.running():
        dated = running.ledger.recompute(ctx, deadline.id, year=year)
        if dated is None:
            continue
        attended = running.ledger.attend(ctx, deadline.id) or dated
        _retime_task(ctx, running.root_id, attended)
        if attended.breached_at is not None:
            breached.append(attended)
    missing = {known for deadline in running.ledger.running() if (known := deadline.missing_year) is not None}
    for one in sorted(missing):
        incidents.open_missing_year(ctx, one, process_instance_id=running.root_id)
    return breached


def _retime_task(ctx: CommandContext, root_id: str, deadline: Deadline) -> None:
    """The open task of the element shows the due time, and sorts by it."""
    here = (TASK.c.root_id == root_id, TASK.c.element_id == deadline.stop_element, TASK.c.state == "open")
    ids = list(ctx.connection.execute(select(TASK.c.id).where(*here)).scalars())
    changes = {"due_at": deadline.due_at}
    if ids:
        ctx.connection.execute(update(TASK).where(TASK.c.id.in_(ids)).values(deadline_id=deadline.id, **changes))
        ctx.connection.execute(update(CANDIDATE).where(CANDIDATE.c.task_id.in_(ids)).values(**changes))
