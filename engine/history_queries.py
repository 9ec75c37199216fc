"""Lists of what runs and what ran: instances, activities and tasks.

Every list is limited to the cases that the actor may see (`authorizations.history_condition`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from engine import models
from engine.context import CommandContext
from engine.process_instances import COLUMNS, ProcessInstance
from engine.queries import Columns, Sorting, among, between, count, equal, like, ordered, seen, wanted
from engine.releases import outside_sandboxes
from engine.user_tasks import UserTask
from engine.variable_conditions import VariableCondition, holds

INSTANCE, ACTIVITY = models.process_instance, models.activity_instance
CALLED = INSTANCE.alias("called_instance")
# An alias, because the condition on what the actor may see asks the table of tasks itself.
TASK = models.user_task.alias("listed_task")
TASK_COLUMNS = [TASK.c[name] for name in UserTask.__struct_fields__]


@dataclass(frozen=True, slots=True)
class InstanceQuery:
    """Filters of instances, running or over. None means "any". `variables` must all hold.

    Sandboxes are listed where `sandbox` or an instance is asked for.
    """

    id: str | None = None
    ids: tuple[str, ...] | None = None
    not_ids: tuple[str, ...] | None = None
    business_key: str | None = None
    business_keys: tuple[str, ...] | None = None
    business_key_like: str | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    definition_keys: tuple[str, ...] | None = None
    not_definition_keys: tuple[str, ...] | None = None
    deployment_id: str | None = None
    super_id: str | None = None
    sub_id: str | None = None
    active_elements: tuple[str, ...] | None = None
    executed_elements: tuple[str, ...] | None = None
    active: bool | None = None
    suspended: bool | None = None
    finished: bool | None = None
    unfinished: bool | None = None
    completed: bool | None = None
    externally_terminated: bool | None = None
    internally_terminated: bool | None = None
    roots_only: bool | None = None
    leaves_only: bool | None = None
    started_before: int | None = None
    started_after: int | None = None
    finished_before: int | None = None
    finished_after: int | None = None
    started_by: str | None = None
    with_incident: bool | None = None
    incident_id: str | None = None
    incident_type: str | None = None
    incident_message: str | None = None
    incident_message_like: str | None = None
    variables: tuple[VariableCondition, ...] = ()
    sandbox: bool | None = None


INSTANCE_SORTS: Columns = {
    "instanceId": INSTANCE.c.id,
    "definitionId": INSTANCE.c.definition_id,
    "definitionKey": INSTANCE.c.definition_key,
    "businessKey": INSTANCE.c.business_key,
    "startTime": INSTANCE.c.started_at,
    "endTime": INSTANCE.c.ended_at,
}


def _instance_conditions(query: InstanceQuery) -> Iterable[ColumnElement[bool]]:
    table = INSTANCE.c
    yield from equal(
        (table.id, query.id),
        (table.business_key, query.business_key),
        (table.definition_id, query.definition_id),
        (table.definition_key, query.definition_key),
        (table.parent_id, query.super_id),
        (table.started_by, query.started_by),
    )
    yield from between(table.started_at, query.started_after, query.started_before)
    yield from between(table.ended_at, query.finished_after, query.finished_before)
    yield from among(
        (table.id, query.ids),
        (table.business_key, query.business_keys),
        (table.definition_key, query.definition_keys),
    )
    yield from like((table.business_key, query.business_key_like))
    if query.not_ids is not None:
        yield table.id.not_in(query.not_ids)
    if query.not_definition_keys is not None:
        yield table.definition_key.not_in(query.not_definition_keys)
    if query.sandbox is not None or (query.id is None and query.ids is None and query.super_id is None):
        yield table.release < 0 if query.sandbox else table.release >= 0
    yield from wanted(
        (query.active, table.state == "ACTIVE"),
        (query.suspended, table.state == "SUSPENDED"),
        (query.finished, table.ended_at.is_not(None)),
        (query.unfinished, table.ended_at.is_(None)),
        (query.completed, table.state == "COMPLETED"),
        (query.externally_terminated, table.state == "EXTERNALLY_TERMINATED"),
        (query.internally_terminated, table.state == "INTERNALLY_TERMINATED"),
        (query.roots_only, table.id == table.root_id),
        (query.leaves_only, ~exists().where(CALLED.c.parent_id == table.id)),
        (query.with_incident, _has_incident()),
    )
    yield from _around(query)
    yield from (holds(one, INSTANCE.c.root_id) for one in query.variables)


def _around(query: InstanceQuery) -> Iterable[ColumnElement[bool]]:
    """Yields the conditions on other rows than the instance's own."""
    table = INSTANCE.c
    if query.deployment_id is not None:
        brought = select(models.definition.c.id).where(models.definition.c.deployment_id == query.deployment_id)
        yield table.definition_id.in_(brought)
    if query.sub_id is not None:
        yield table.id.in_(select(CALLED.c.parent_id).where(CALLED.c.id == query.sub_id))
    for elements, over in ((query.active_elements, False), (query.executed_elements, True)):
        if elements is not None:
            at = exists().where(ACTIVITY.c.root_id == table.root_id, ACTIVITY.c.process_instance_id == table.id)
            ended = ACTIVITY.c.ended_at.is_not(None) if over else ACTIVITY.c.ended_at.is_(None)
            yield at.where(ACTIVITY.c.element_id.in_(elements), ended)
    incident = models.incident.c
    asked = [
        *equal((incident.id, query.incident_id), (incident.type, query.incident_type)),
        *equal((incident.message, query.incident_message)),
        *like((incident.message, query.incident_message_like)),
    ]
    if asked:
        yield _has_incident(*asked)


def _has_incident(*asked: ColumnElement[bool]) -> ColumnElement[bool]:
    table = models.incident.c
    return exists().where(table.root_id == INSTANCE.c.root_id, table.resolved_at.is_(None), *asked)


def find_instances(
    ctx: CommandContext, query: InstanceQuery, *, sort: Sorting = (), first: int = 0, limit: int | None = None
) -> list[ProcessInstance]:
    """Returns instances, newest first unless sorted otherwise."""
    statement = seen(ctx, select(*COLUMNS).where(*_instance_conditions(query)), INSTANCE.c.root_id)
    statement = ordered(statement, INSTANCE_SORTS, sort, INSTANCE.c.id.desc()).offset(first).limit(limit)
    return [ProcessInstance(*row) for row in ctx.connection.execute(statement)]


def count_instances(ctx: CommandContext, query: InstanceQuery) -> int:
    """Returns how many instances match."""
    return count(ctx, select(INSTANCE.c.id).where(*_instance_conditions(query)), INSTANCE.c.root_id)


# ------------------------------------------------------------ activities


@dataclass(frozen=True, slots=True)
class ActivityQuery:
    """Filters of activity instances. None means "any"."""

    id: str | None = None
    process_instance_id: str | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    element_id: str | None = None
    element_type: str | None = None
    name: str | None = None
    assignee: str | None = None
    finished: bool | None = None
    unfinished: bool | None = None
    cancelled: bool | None = None
    completed_scope: bool | None = None
    started_before: int | None = None
    started_after: int | None = None
    finished_before: int | None = None
    finished_after: int | None = None


ACTIVITY_SORTS: Columns = {
    "activityInstanceId": ACTIVITY.c.id,
    "instanceId": ACTIVITY.c.process_instance_id,
    "activityId": ACTIVITY.c.element_id,
    "activityName": ACTIVITY.c.name,
    "activityType": ACTIVITY.c.element_type,
    "startTime": ACTIVITY.c.started_at,
    "endTime": ACTIVITY.c.ended_at,
    "definitionId": ACTIVITY.c.definition_id,
}


def _activity_conditions(query: ActivityQuery) -> Iterable[ColumnElement[bool]]:
    table = ACTIVITY.c
    yield from equal(
        (table.id, query.id),
        (table.process_instance_id, query.process_instance_id),
        (table.definition_id, query.definition_id),
        (table.definition_key, query.definition_key),
        (table.element_id, query.element_id),
        (table.element_type, query.element_type),
        (table.name, query.name),
        (TASK.c.assignee, query.assignee),
    )
    yield from between(table.started_at, query.started_after, query.started_before)
    yield from between(table.ended_at, query.finished_after, query.finished_before)
    yield from wanted(
        (query.finished, table.ended_at.is_not(None)),
        (query.unfinished, table.ended_at.is_(None)),
        (query.cancelled, table.cancelled.is_(True)),
        (query.completed_scope, table.ended_at.is_not(None)),
        (query.completed_scope, table.cancelled.is_(False)),
    )
    if query.id is None and query.process_instance_id is None:
        yield outside_sandboxes(table.root_id)


def find_activities(
    ctx: CommandContext, query: ActivityQuery, *, sort: Sorting = (), first: int = 0, limit: int | None = None
) -> list[Any]:
    """Returns rows of activity instances with `task_id` and `assignee`, in the order of starting."""
    statement = (
        select(ACTIVITY, TASK.c.id.label("task_id"), TASK.c.assignee)
        .join_from(ACTIVITY, TASK, TASK.c.activity_id == ACTIVITY.c.id, isouter=True)
        .where(*_activity_conditions(query))
    )
    statement = seen(ctx, statement, ACTIVITY.c.root_id)
    statement = ordered(statement, ACTIVITY_SORTS, sort, ACTIVITY.c.id.asc()).offset(first).limit(limit)
    return list(ctx.connection.execute(statement))


def count_activities(ctx: CommandContext, query: ActivityQuery) -> int:
    """Returns how many activity instances match."""
    statement = (
        select(ACTIVITY.c.id)
        .join_from(ACTIVITY, TASK, TASK.c.activity_id == ACTIVITY.c.id, isouter=True)
        .where(*_activity_conditions(query))
    )
    return count(ctx, statement, ACTIVITY.c.root_id)


# ------------------------------------------------------------ tasks


@dataclass(frozen=True, slots=True)
class HistoricTaskQuery:
    """Filters of tasks, open or closed. None means "any"."""

    id: str | None = None
    process_instance_id: str | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    business_key: str | None = None
    business_keys: tuple[str, ...] | None = None
    business_key_like: str | None = None
    element_id: str | None = None
    element_ids: tuple[str, ...] | None = None
    activity_id: str | None = None
    activity_ids: tuple[str, ...] | None = None
    name: str | None = None
    name_like: str | None = None
    assignee: str | None = None
    assignee_like: str | None = None
    assigned: bool | None = None
    unassigned: bool | None = None
    owner: str | None = None
    priority: int | None = None
    finished: bool | None = None
    unfinished: bool | None = None
    instance_finished: bool | None = None
    instance_unfinished: bool | None = None
    started_before: int | None = None
    started_after: int | None = None
    finished_before: int | None = None
    finished_after: int | None = None
    due_before: int | None = None
    due_after: int | None = None
    follow_up_before: int | None = None
    follow_up_after: int | None = None
    variables: tuple[VariableCondition, ...] = ()


TASK_SORTS: Columns = {
    "taskId": TASK.c.id,
    "processInstanceId": TASK.c.process_instance_id,
    "processDefinitionId": TASK.c.definition_id,
    "taskName": TASK.c.name,
    "assignee": TASK.c.assignee,
    "startTime": TASK.c.created_at,
    "endTime": TASK.c.closed_at,
    "dueDate": TASK.c.due_at,
    "priority": TASK.c.priority,
    "taskDefinitionKey": TASK.c.element_id,
}


def _task_conditions(query: HistoricTaskQuery) -> Iterable[ColumnElement[bool]]:
    table = TASK.c
    yield from equal(
        (table.id, query.id),
        (table.process_instance_id, query.process_instance_id),
        (table.definition_id, query.definition_id),
        (table.definition_key, query.definition_key),
        (table.business_key, query.business_key),
        (table.element_id, query.element_id),
        (table.activity_id, query.activity_id),
        (table.name, query.name),
        (table.assignee, query.assignee),
        (table.owner, query.owner),
        (table.priority, query.priority),
    )
    yield from among(
        (table.business_key, query.business_keys),
        (table.element_id, query.element_ids),
        (table.activity_id, query.activity_ids),
    )
    yield from like(
        (table.business_key, query.business_key_like),
        (table.name, query.name_like),
        (table.assignee, query.assignee_like),
    )
    yield from between(table.created_at, query.started_after, query.started_before)
    yield from between(table.closed_at, query.finished_after, query.finished_before)
    yield from between(table.due_at, query.due_after, query.due_before)
    yield from between(table.follow_up_at, query.follow_up_after, query.follow_up_before)
    running = exists().where(INSTANCE.c.id == table.process_instance_id, INSTANCE.c.ended_at.is_(None))
    yield from wanted(
        (query.finished, table.state != "open"),
        (query.unfinished, table.state == "open"),
        (query.assigned, table.assignee.is_not(None)),
        (query.unassigned, table.assignee.is_(None)),
        (query.instance_finished, ~running),
        (query.instance_unfinished, running),
    )
    yield from (holds(one, table.root_id) for one in query.variables)
    if query.id is None and query.process_instance_id is None:
        yield outside_sandboxes(table.root_id)


def find_tasks(
    ctx: CommandContext,
    query: HistoricTaskQuery,
    *,
    sort: Sorting = (),
    first: int = 0,
    limit: int | None = None,
) -> list[UserTask]:
    """Returns tasks, open or closed, in the order of their creation."""
    statement = seen(ctx, select(*TASK_COLUMNS).where(*_task_conditions(query)), TASK.c.root_id)
    statement = ordered(statement, TASK_SORTS, sort, TASK.c.id.asc()).offset(first).limit(limit)
    return [UserTask(*row) for row in ctx.connection.execute(statement)]


def count_tasks(ctx: CommandContext, query: HistoricTaskQuery) -> int:
    """Returns how many tasks match."""
    return count(ctx, select(TASK.c.id).where(*_task_conditions(query)), TASK.c.root_id)
