"""Lists of jobs, for who operates the house. Jobs of sandboxes are listed where their instance is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from engine import authorizations, models
from engine.context import CommandContext
from engine.errors import NotFound
from engine.queries import Bounds, Columns, Sorting, among, bounded, equal, like, ordered, wanted
from engine.releases import outside_sandboxes

JOB, DEFINITION = models.job, models.definition
TIMER_TYPES = ("timer", "start_timer")


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Filters of jobs. None means "any"; bounds are instants in µs."""

    id: str | None = None
    ids: tuple[str, ...] | None = None
    process_instance_id: str | None = None
    process_instance_ids: tuple[str, ...] | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    element_id: str | None = None
    job_definition_id: str | None = None
    timers: bool | None = None
    messages: bool | None = None
    executable: bool | None = None
    failed: bool | None = None
    hopeful: bool | None = None
    active: bool | None = None
    suspended: bool | None = None
    with_error: bool | None = None
    error: str | None = None
    due: Bounds = ()
    created: Bounds = ()


JOB_SORTS: Columns = {
    "jobId": JOB.c.id,
    "executionId": JOB.c.process_instance_id,
    "processInstanceId": JOB.c.process_instance_id,
    "processDefinitionId": JOB.c.definition_id,
    "processDefinitionKey": DEFINITION.c.key,
    "jobRetries": JOB.c.retries,
    "jobDueDate": JOB.c.due_at,
}


def job_definition_id(definition_id: str | None, element_id: str | None) -> str | None:
    """Returns the id under which the jobs of one element of a diagram belong together."""
    return f"{definition_id}:{element_id}" if definition_id and element_id else None


def _conditions(ctx: CommandContext, query: JobQuery) -> Iterable[ColumnElement[bool]]:
    table = JOB.c
    yield from equal(
        (table.id, query.id),
        (table.process_instance_id, query.process_instance_id),
        (table.definition_id, query.definition_id),
        (DEFINITION.c.key, query.definition_key),
        (table.element_id, query.element_id),
        (table.definition_id + ":" + table.element_id, query.job_definition_id),
    )
    yield from among((table.id, query.ids), (table.process_instance_id, query.process_instance_ids))
    yield from like((table.error, query.error))
    yield from bounded((table.due_at, query.due), (table.created_at, query.created))
    yield from wanted(
        (query.timers, table.type.in_(TIMER_TYPES)),
        (query.messages, table.type.not_in(TIMER_TYPES)),
        (query.executable, table.retries > 0),
        (query.executable, table.due_at <= ctx.now_micros),
        (query.executable, table.suspended.is_(False)),
        (query.failed, table.retries == 0),
        (query.hopeful, table.retries > 0),
        (query.active, table.suspended.is_(False)),
        (query.suspended, table.suspended.is_(True)),
        (query.with_error, table.error.is_not(None)),
    )
    if query.id is None and query.process_instance_id is None:
        yield outside_sandboxes(table.root_id)


def _statement(ctx: CommandContext, query: JobQuery, *columns: Any) -> Select[Any]:
    authorizations.require(ctx, "Job", "read")
    joined = JOB.outerjoin(DEFINITION, DEFINITION.c.id == JOB.c.definition_id)
    return select(*columns).select_from(joined).where(*_conditions(ctx, query))


def find(
    ctx: CommandContext, query: JobQuery, *, sort: Sorting = (), first: int = 0, limit: int | None = None
) -> list[Any]:
    """Returns rows of jobs with `definition_key`, the earliest due first."""
    statement = _statement(ctx, query, JOB, DEFINITION.c.key.label("definition_key"))
    statement = ordered(statement, JOB_SORTS, sort, JOB.c.due_at, JOB.c.id)
    return list(ctx.connection.execute(statement.offset(first).limit(limit)))


def count(ctx: CommandContext, query: JobQuery) -> int:
    """Returns how many jobs match."""
    found: int = ctx.connection.execute(_statement(ctx, query, func.count(JOB.c.id))).scalar_one()
    return found


def get(ctx: CommandContext, job_id: str) -> Any:
    """Returns one job; raises NotFound."""
    found = find(ctx, JobQuery(id=job_id), limit=1)
    if not found:
        raise NotFound(f"there is no job {job_id}")
    return found[0]
