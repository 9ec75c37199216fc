"""Incidents: what could not go on, why, and for whom it waits. Nothing is ever skipped instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from engine import history, models
from engine.context import CommandContext
from engine.errors import NotFound
from engine.ids import new_id
from engine.sql import Statement
from engine.working_calendar import missing_sentence

MESSAGE_LENGTH = 2000
MISSING_YEAR = "calendarMissing"
INCIDENT = models.incident
# By case as well, because that is what the table has an index for.
RESOLVE_ONE = Statement(
    update(INCIDENT)
    .where(
        INCIDENT.c.root_id == bindparam("case"),
        INCIDENT.c.job_id == bindparam("withdrawn"),
        INCIDENT.c.resolved_at.is_(None),
    )
    .values(resolved_at=bindparam("at"))
)
RESOLVE_ALL = Statement(
    update(INCIDENT)
    .where(INCIDENT.c.root_id == bindparam("case"), INCIDENT.c.resolved_at.is_(None))
    .values(resolved_at=bindparam("at"))
)


def open_incident(
    ctx: CommandContext,
    *,
    type: str,
    message: str,
    process_instance_id: str | None = None,
    definition_id: str | None = None,
    element_id: str | None = None,
    job_id: str | None = None,
) -> str:
    """Records that something could not go on; returns the incident's id. The same fault is recorded once."""
    table = models.incident
    same = ctx.connection.execute(
        select(table.c.id).where(
            table.c.process_instance_id == process_instance_id,
            table.c.element_id == element_id,
            table.c.type == type,
            table.c.resolved_at.is_(None),
            *((table.c.message == message,) if type == MISSING_YEAR else ()),  # one for each year
        )
    ).scalar()
    if same is not None:
        return str(same)
    incident_id = new_id()
    ctx.connection.execute(
        insert(table).values(
            id=incident_id,
            type=type,
            process_instance_id=process_instance_id,
            root_id=process_instance_id,
            definition_id=definition_id,
            element_id=element_id,
            job_id=job_id,
            message=message[:MESSAGE_LENGTH],
            created_at=ctx.now_micros,
        )
    )
    details = {"incident": incident_id, "type": type, "instance": process_instance_id, "element": element_id}
    history.record(ctx, history.ADMIN_CHAIN, "incident.opened", details)
    return incident_id


def resolve(ctx: CommandContext, incident_id: str) -> None:
    """Marks an incident as dealt with; raises NotFound."""
    table = models.incident
    changed = ctx.connection.execute(
        update(table).where(table.c.id == incident_id, table.c.resolved_at.is_(None)).values(resolved_at=ctx.now_micros)
    )
    if changed.rowcount != 1:
        raise NotFound(f"there is no open incident {incident_id}")
    history.record(ctx, history.ADMIN_CHAIN, "incident.resolved", {"incident": incident_id})


def annotate(ctx: CommandContext, incident_id: str, annotation: str | None) -> None:
    """Keeps what operators note on an open incident; a later note takes the place of an earlier one."""
    table = models.incident
    kept = None if annotation is None else annotation[:MESSAGE_LENGTH]
    changed = ctx.connection.execute(update(table).where(table.c.id == incident_id).values(annotation=kept))
    if changed.rowcount != 1:
        raise NotFound(f"there is no incident {incident_id}")


def get(ctx: CommandContext, incident_id: str) -> Any:
    """Returns an open incident; raises NotFound."""
    table = models.incident
    query = select(table).where(table.c.id == incident_id, table.c.resolved_at.is_(None))
    row = ctx.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no open incident {incident_id}")
    return row


def resolve_of_job(ctx: CommandContext, job_id: str) -> None:
    """Closes the incidents of a job that went through at last."""
    table = models.incident
    ctx.connection.execute(
        update(table).where(table.c.job_id == job_id, table.c.resolved_at.is_(None)).values(resolved_at=ctx.now_micros)
    )


def resolve_of_jobs(ctx: CommandContext, job_ids: Sequence[str]) -> None:
    """Closes the incidents of jobs that are tried again, or that a newer version replaces."""
    table = models.incident
    ctx.connection.execute(
        update(table)
        .where(table.c.job_id.in_(job_ids), table.c.resolved_at.is_(None))
        .values(resolved_at=ctx.now_micros)
    )


def resolve_withdrawn(ctx: CommandContext, root_id: str, job_ids: Sequence[str]) -> None:
    """Closes the incidents of jobs and external tasks of a case that nobody will run any more."""
    RESOLVE_ONE.run_many(
        ctx.connection, [{"case": root_id, "withdrawn": job_id, "at": ctx.now_micros} for job_id in job_ids]
    )


def resolve_of_instance(ctx: CommandContext, root_id: str) -> None:
    """Closes all incidents of a case that is over."""
    RESOLVE_ALL.run(ctx.connection, case=root_id, at=ctx.now_micros)


def open_missing_year(ctx: CommandContext, year: int, *, process_instance_id: str | None = None) -> str:
    """Says that a calendar year is missing: for a case whose deadline reaches it, or for the house. Once for each."""
    return open_incident(
        ctx, type=MISSING_YEAR, message=missing_sentence(year), process_instance_id=process_instance_id
    )


def resolve_missing_year(ctx: CommandContext, year: int) -> None:
    """Closes all incidents that wait for a calendar year, because it is loaded now."""
    table = models.incident
    waiting = select(table.c.id).where(table.c.message == missing_sentence(year), table.c.resolved_at.is_(None))
    for incident_id in ctx.connection.execute(waiting).scalars().all():
        resolve(ctx, incident_id)


def open_of(ctx: CommandContext, process_instance_id: str | None = None) -> list[Any]:
    """Returns open incidents, oldest first."""
    table = models.incident
    query = select(table).where(table.c.resolved_at.is_(None)).order_by(table.c.created_at)
    if process_instance_id is not None:
        query = query.where(table.c.root_id == process_instance_id)
    return list(ctx.connection.execute(query))
