"""External tasks as lists: found and counted by what workers and operators ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from engine import authorizations, models
from engine.context import CommandContext
from engine.errors import NotFound
from engine.queries import equal, ordered

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


ROWS: Select[Any] = (
    select(
        *[TASK.c[name] for name in ExternalTask.__slots__ if name not in {"suspended", "version_tag"}],
        (INSTANCE.c.state != ACTIVE).label("suspended"),
        models.definition.c.version_tag,
    )
    .join(INSTANCE, INSTANCE.c.id == TASK.c.root_id)
    .join(models.definition, models.definition.c.id == TASK.c.definition_id)
)

SORTS: Mapping[str, ColumnElement[Any]] = {
    "id": TASK.c.id,
    "lockExpirationTime": TASK.c.lock_expires_at,
    "processInstanceId": TASK.c.process_instance_id,
    "processDefinitionId": TASK.c.definition_id,
    "processDefinitionKey": TASK.c.definition_key,
    "taskPriority": TASK.c.priority,
    "createTime": TASK.c.created_at,
}


@dataclass(frozen=True, slots=True)
class ExternalTaskQuery:
    """Filters of external tasks. None means "any"."""

    id: str | None = None
    ids: tuple[str, ...] | None = None
    topic: str | None = None
    worker_id: str | None = None
    locked: bool | None = None
    not_locked: bool | None = None
    lock_expires_before: int | None = None
    lock_expires_after: int | None = None
    element_id: str | None = None
    element_ids: tuple[str, ...] | None = None
    process_instance_id: str | None = None
    process_instance_ids: tuple[str, ...] | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    business_key: str | None = None
    active: bool | None = None
    suspended: bool | None = None
    with_retries_left: bool | None = None
    no_retries_left: bool | None = None
    priority_at_least: int | None = None
    priority_at_most: int | None = None


def find(
    ctx: CommandContext,
    query: ExternalTaskQuery,
    *,
    sort: Iterable[tuple[str, str]] = (),
    first: int = 0,
    limit: int | None = None,
) -> list[ExternalTask]:
    """Returns external tasks, oldest first unless sorted otherwise."""
    authorizations.require(ctx, "ExternalTask", "read")
    statement = ROWS.where(*_conditions(ctx, query))
    statement = ordered(statement, SORTS, sort, TASK.c.created_at, TASK.c.id).offset(first).limit(limit)
    return [ExternalTask(*row) for row in ctx.connection.execute(statement)]


def count(ctx: CommandContext, query: ExternalTaskQuery) -> int:
    """Returns how many external tasks match."""
    authorizations.require(ctx, "ExternalTask", "read")
    matching = ROWS.where(*_conditions(ctx, query)).subquery()
    return ctx.connection.execute(select(func.count()).select_from(matching)).scalar_one()


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


def _conditions(ctx: CommandContext, query: ExternalTaskQuery) -> Iterable[ColumnElement[bool]]:
    yield from equal(
        (TASK.c.id, query.id),
        (TASK.c.topic, query.topic),
        (TASK.c.worker_id, query.worker_id),
        (TASK.c.element_id, query.element_id),
        (TASK.c.process_instance_id, query.process_instance_id),
        (TASK.c.definition_id, query.definition_id),
        (TASK.c.definition_key, query.definition_key),
        (TASK.c.business_key, query.business_key),
    )
    for column, values in (
        (TASK.c.id, query.ids),
        (TASK.c.element_id, query.element_ids),
        (TASK.c.process_instance_id, query.process_instance_ids),
    ):
        if values is not None:
            yield column.in_(values)
    yield from _ranges(query)
    for wanted, condition in (
        (query.locked, is_locked(ctx)),
        (query.not_locked, ~is_locked(ctx)),
        (query.active, INSTANCE.c.state == ACTIVE),
        (query.suspended, INSTANCE.c.state != ACTIVE),
        (query.with_retries_left, has_retries()),
        (query.no_retries_left, ~has_retries()),
    ):
        if wanted:
            yield condition


def _ranges(query: ExternalTaskQuery) -> Iterable[ColumnElement[bool]]:
    if query.lock_expires_before is not None:
        yield TASK.c.lock_expires_at < query.lock_expires_before
    if query.lock_expires_after is not None:
        yield TASK.c.lock_expires_at > query.lock_expires_after
    if query.priority_at_least is not None:
        yield TASK.c.priority >= query.priority_at_least
    if query.priority_at_most is not None:
        yield TASK.c.priority <= query.priority_at_most


def is_locked(ctx: CommandContext) -> ColumnElement[bool]:
    """Returns the condition that a worker has the task; a task that failed waits behind a lock, too."""
    return and_(TASK.c.lock_expires_at.is_not(None), TASK.c.lock_expires_at > ctx.now_micros)


def has_retries() -> ColumnElement[bool]:
    """Returns the condition that the task may be tried: no failure said otherwise."""
    return or_(TASK.c.retries.is_(None), TASK.c.retries > 0)
