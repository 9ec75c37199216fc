"""Messages that instances sent before anybody waited for them: kept, and delivered when somebody does.

A delivery is a job. While nobody waits it is tried again as any failed job, and after its retries an incident says so;
nothing is dropped. Whoever begins to wait for the name (with the business key, if the message names one) makes it due
again in the same transaction. `optional` messages are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, case, or_, select, update

from engine import models
from engine.context import CommandContext
from engine.process_engine import jobs_changed
from engine.sql import Statement

JOB = models.job
# A delivery that an executor holds at this moment looks for its receiver by itself; waiting for it could deadlock.
_PARKED = (
    select(JOB.c.id)
    .where(
        JOB.c.message_name == bindparam("awaited_name"),
        JOB.c.error.is_not(None),
        or_(
            JOB.c.message_key.is_(None),
            bindparam("any_key") == 1,
            JOB.c.message_key == bindparam("awaited_key"),
        ),
    )
    .with_for_update(skip_locked=True)
)
_WAKE = Statement(
    update(JOB)
    .where(JOB.c.id.in_(_PARKED))
    .values(due_at=bindparam("wake_at"), retries=case((JOB.c.retries == 0, 1), else_=JOB.c.retries))
)


def wake_for(ctx: CommandContext, root_id: str) -> None:
    """Makes due what was kept while an instance could not receive it."""
    table = models.event_subscription
    waits = select(table.c.event_name, table.c.business_key).where(
        table.c.root_id == root_id, table.c.event_type == "message"
    )
    wake(ctx, [(row.event_name, row.business_key) for row in ctx.connection.execute(waits)])


def wake(ctx: CommandContext, awaited: Iterable[tuple[str, str | None]], *, any_key: bool = False) -> None:
    """Makes parked deliveries due for those who wait: pairs of message name and business key. `any_key`: a start
    event, which takes messages with every business key."""
    rows = [
        {"awaited_name": name, "awaited_key": key or "", "any_key": int(any_key), "wake_at": ctx.now_micros}
        for name, key in sorted(set(awaited), key=str)
    ]
    if len(rows) == 1:
        if _WAKE.run(ctx.connection, **rows[0]):
            jobs_changed(ctx)
    elif rows:
        _WAKE.run_many(ctx.connection, rows)
        jobs_changed(ctx)
