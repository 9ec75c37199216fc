"""Lists of jobs, for who operates the house. Jobs of sandboxes are listed where their instance is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine import models
from engine.context import CommandContext
from engine.errors import NotFound
from engine.queries import Bounds, Conditions, Selection, among, bounded, equal, like, row_itself, wanted

JOB, DEFINITION = models.job, models.definition
TIMER_TYPES = ("timer", "start_timer")


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Filters of jobs. Bounds are instants in µs."""

    id: str | None = equal(JOB.c.id)
    ids: tuple[str, ...] | None = among(JOB.c.id)
    process_instance_id: str | None = equal(JOB.c.process_instance_id)
    process_instance_ids: tuple[str, ...] | None = among(JOB.c.process_instance_id)
    definition_id: str | None = equal(JOB.c.definition_id)
    definition_key: str | None = equal(DEFINITION.c.key)
    element_id: str | None = equal(JOB.c.element_id)
    job_definition_id: str | None = equal(JOB.c.definition_id + ":" + JOB.c.element_id)
    timers: bool | None = wanted(JOB.c.type.in_(TIMER_TYPES))
    messages: bool | None = wanted(JOB.c.type.not_in(TIMER_TYPES))
    executable: bool | None = wanted(JOB.c.retries > 0, JOB.c.suspended.is_(False))  # and due
    failed: bool | None = wanted(JOB.c.retries == 0)
    hopeful: bool | None = wanted(JOB.c.retries > 0)
    active: bool | None = wanted(JOB.c.suspended.is_(False))
    suspended: bool | None = wanted(JOB.c.suspended.is_(True))
    with_error: bool | None = wanted(JOB.c.error.is_not(None))
    error: str | None = like(JOB.c.error)
    due: Bounds = bounded(JOB.c.due_at)
    created: Bounds = bounded(JOB.c.created_at)


def _due(ctx: CommandContext, query: JobQuery) -> Conditions:
    if query.executable:
        yield JOB.c.due_at <= ctx.now_micros


# Rows of jobs with `definition_key`, the earliest due first.
JOBS: Selection[JobQuery, Any] = Selection(
    columns=(JOB, DEFINITION.c.key.label("definition_key")),
    source=JOB.outerjoin(DEFINITION, DEFINITION.c.id == JOB.c.definition_id),
    sorts={
        "jobId": JOB.c.id,
        "executionId": JOB.c.process_instance_id,
        "processInstanceId": JOB.c.process_instance_id,
        "processDefinitionId": JOB.c.definition_id,
        "processDefinitionKey": DEFINITION.c.key,
        "jobRetries": JOB.c.retries,
        "jobDueDate": JOB.c.due_at,
    },
    last=(JOB.c.due_at, JOB.c.id),
    show=row_itself,
    right=("Job", "read"),
    sandboxes=JOB.c.root_id,
    further=_due,
)
find, count = JOBS.find, JOBS.count


def get(ctx: CommandContext, job_id: str) -> Any:
    """Returns one job; raises NotFound."""
    found = find(ctx, JobQuery(id=job_id), limit=1)
    if not found:
        raise NotFound(f"there is no job {job_id}")
    return found[0]


def job_definition_id(definition_id: str | None, element_id: str | None) -> str | None:
    """Returns the id under which the jobs of one element of a diagram belong together."""
    return f"{definition_id}:{element_id}" if definition_id and element_id else None
