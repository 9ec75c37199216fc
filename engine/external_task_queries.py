"""External tasks as lists: found and counted by what workers and operators ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from engine import authorizations, models
from engine.context import CommandContext
from engine.errors import NotFound
from engine.queries import Conditions, Selection, above, among, below, equal, since, until, wanted

TASK, INSTANCE = models.external_task, models.process_instance
ACTIVE = "ACTIVE"


@dataclass(frozen=True, slots=True)
class ExternalTask:
    """Work of a topic that waits for a worker. Instants are UTC microseconds.

    `retries` is null until a failure was reported; 0 means an incident is open for it. `locked_by` is the user as
    whom the worker `worker_id` logged in. `suspended` is its instance's.
    """

    id: str
    process_instance_id: str
    root_id: str
    definition_id: str
    definition_key: str
    element_id: str
    activity_id: str
    scope_id: str
    topic: str
    business_key: str | None
    priority: int
    properties: bytes
    created_at: int
    worker_id: str | None
    locked_by: str | None
    lock_expires_at: int | None
    retries: int | None
    error_message: str | None
    error_details: str | None
    suspended: bool
    version_tag: str | None


COLUMNS = (
    *[TASK.c[name] for name in ExternalTask.__slots__ if name not in {"suspended", "version_tag"}],
    (INSTANCE.c.state != ACTIVE).label("suspended"),
    models.definition.c.version_tag,
)
SOURCE = TASK.join(INSTANCE, INSTANCE.c.id == TASK.c.root_id).join(
    models.definition, models.definition.c.id == TASK.c.definition_id
)
ROWS: Select[Any] = select(*COLUMNS).select_from(SOURCE)
# The task may be tried: no failure said otherwise.
HAS_RETRIES = or_(TASK.c.retries.is_(None), TASK.c.retries > 0)


@dataclass(frozen=True, slots=True)
class ExternalTaskQuery:
    """Filters of external tasks. Instants are µs, bounds of them left out; those of priorities are included."""

    id: str | None = equal(TASK.c.id)
    ids: tuple[str, ...] | None = among(TASK.c.id)
    topic: str | None = equal(TASK.c.topic)
    worker_id: str | None = equal(TASK.c.worker_id)
    locked: bool | None = None
    not_locked: bool | None = None
    lock_expires_before: int | None = below(TASK.c.lock_expires_at)
    lock_expires_after: int | None = above(TASK.c.lock_expires_at)
    element_id: str | None = equal(TASK.c.element_id)
    element_ids: tuple[str, ...] | None = among(TASK.c.element_id)
    process_instance_id: str | None = equal(TASK.c.process_instance_id)
    process_instance_ids: tuple[str, ...] | None = among(TASK.c.process_instance_id)
    definition_id: str | None = equal(TASK.c.definition_id)
    definition_key: str | None = equal(TASK.c.definition_key)
    business_key: str | None = equal(TASK.c.business_key)
    active: bool | None = wanted(INSTANCE.c.state == ACTIVE)
    suspended: bool | None = wanted(INSTANCE.c.state != ACTIVE)
    with_retries_left: bool | None = wanted(HAS_RETRIES)
    no_retries_left: bool | None = wanted(~HAS_RETRIES)
    priority_at_least: int | None = since(TASK.c.priority)
    priority_at_most: int | None = until(TASK.c.priority)


def is_locked(ctx: CommandContext) -> ColumnElement[bool]:
    """Returns the condition that a worker has the task; a task that failed waits behind a lock, too."""
    return and_(TASK.c.lock_expires_at.is_not(None), TASK.c.lock_expires_at > ctx.now_micros)


def _conditions(ctx: CommandContext, query: ExternalTaskQuery) -> Conditions:
    if query.locked:
        yield is_locked(ctx)
    if query.not_locked:
        yield ~is_locked(ctx)


# Oldest first.
EXTERNAL_TASKS: Selection[ExternalTaskQuery, ExternalTask] = Selection(
    columns=COLUMNS,
    source=SOURCE,
    sorts={
        "id": TASK.c.id,
        "lockExpirationTime": TASK.c.lock_expires_at,
        "processInstanceId": TASK.c.process_instance_id,
        "processDefinitionId": TASK.c.definition_id,
        "processDefinitionKey": TASK.c.definition_key,
        "taskPriority": TASK.c.priority,
        "createTime": TASK.c.created_at,
    },
    last=(TASK.c.created_at, TASK.c.id),
    show=lambda _ctx, row: ExternalTask(*row),
    right=("ExternalTask", "read"),
    further=_conditions,
)
find, count = EXTERNAL_TASKS.find, EXTERNAL_TASKS.count


def topics(ctx: CommandContext) -> list[str]:
    """Returns the topics for which something waits, by name."""
    authorizations.require(ctx, "ExternalTask", "read")
    return list(ctx.connection.execute(select(TASK.c.topic).distinct().order_by(TASK.c.topic)).scalars())


def get(ctx: CommandContext, task_id: str) -> ExternalTask:
    """Returns an external task; raises NotFound: one that is done or withdrawn is no more."""
    row = ctx.connection.execute(ROWS.where(TASK.c.id == task_id)).one_or_none()
    if row is None:
        raise NotFound(f"External task with id {task_id} does not exist")
    return ExternalTask(*row)
