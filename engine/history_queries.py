"""Lists of what runs and what ran: instances, activities and tasks.

Every list is limited to the cases that the actor may see (`authorizations.history_condition`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select

from engine import models
from engine.context import CommandContext
from engine.incident_queries import IncidentFilters, held_up
from engine.process_instances import COLUMNS, ProcessInstance
from engine.queries import (
    Conditions,
    Selection,
    among,
    each,
    equal,
    filtering,
    like,
    not_among,
    row_itself,
    since,
    until,
    wanted,
)
from engine.user_tasks import UserTask
from engine.variable_conditions import VariableCondition, holds

INSTANCE, ACTIVITY, INCIDENT = models.process_instance, models.activity_instance, models.incident
CALLED = INSTANCE.alias("called_instance")
# An alias, because the condition on what the actor may see asks the table of tasks itself.
TASK = models.user_task.alias("listed_task")

# ------------------------------------------------------------ instances

IS_OPEN = (INCIDENT.c.root_id == INSTANCE.c.root_id, INCIDENT.c.resolved_at.is_(None))
BROUGHT = select(models.definition.c.id)
AT = exists().where(ACTIVITY.c.root_id == INSTANCE.c.root_id, ACTIVITY.c.process_instance_id == INSTANCE.c.id)


@dataclass(frozen=True, slots=True)
class InstanceQuery(IncidentFilters):
    """Filters of instances, running or over. `variables` must all hold.

    Sandboxes are listed where `sandbox` or an instance is asked for.
    """

    id: str | None = equal(INSTANCE.c.id)
    ids: tuple[str, ...] | None = among(INSTANCE.c.id)
    not_ids: tuple[str, ...] | None = not_among(INSTANCE.c.id)
    business_key: str | None = equal(INSTANCE.c.business_key)
    business_keys: tuple[str, ...] | None = among(INSTANCE.c.business_key)
    business_key_like: str | None = like(INSTANCE.c.business_key)
    definition_id: str | None = equal(INSTANCE.c.definition_id)
    definition_key: str | None = equal(INSTANCE.c.definition_key)
    definition_keys: tuple[str, ...] | None = among(INSTANCE.c.definition_key)
    not_definition_keys: tuple[str, ...] | None = not_among(INSTANCE.c.definition_key)
    deployment_id: str | None = filtering(
        lambda value: INSTANCE.c.definition_id.in_(BROUGHT.where(models.definition.c.deployment_id == value))
    )
    super_id: str | None = equal(INSTANCE.c.parent_id)
    sub_id: str | None = filtering(
        lambda value: INSTANCE.c.id.in_(select(CALLED.c.parent_id).where(CALLED.c.id == value))
    )
    active_elements: tuple[str, ...] | None = filtering(
        lambda elements: AT.where(ACTIVITY.c.element_id.in_(elements), ACTIVITY.c.ended_at.is_(None))
    )
    executed_elements: tuple[str, ...] | None = filtering(
        lambda elements: AT.where(ACTIVITY.c.element_id.in_(elements), ACTIVITY.c.ended_at.is_not(None))
    )
    active: bool | None = wanted(INSTANCE.c.state == "ACTIVE")
    suspended: bool | None = wanted(INSTANCE.c.state == "SUSPENDED")
    finished: bool | None = wanted(INSTANCE.c.ended_at.is_not(None))
    unfinished: bool | None = wanted(INSTANCE.c.ended_at.is_(None))
    completed: bool | None = wanted(INSTANCE.c.state == "COMPLETED")
    externally_terminated: bool | None = wanted(INSTANCE.c.state == "EXTERNALLY_TERMINATED")
    internally_terminated: bool | None = wanted(INSTANCE.c.state == "INTERNALLY_TERMINATED")
    roots_only: bool | None = wanted(INSTANCE.c.id == INSTANCE.c.root_id)
    leaves_only: bool | None = wanted(~exists().where(CALLED.c.parent_id == INSTANCE.c.id))
    started_before: int | None = until(INSTANCE.c.started_at)
    started_after: int | None = since(INSTANCE.c.started_at)
    finished_before: int | None = until(INSTANCE.c.ended_at)
    finished_after: int | None = since(INSTANCE.c.ended_at)
    started_by: str | None = equal(INSTANCE.c.started_by)
    with_incident: bool | None = wanted(exists().where(*IS_OPEN))
    variables: tuple[VariableCondition, ...] = each(lambda one: holds(one, INSTANCE.c.root_id))
    sandbox: bool | None = None


def _conditions(_ctx: CommandContext, query: InstanceQuery) -> Conditions:
    yield from held_up(query, INCIDENT.c.root_id == INSTANCE.c.root_id)
    if query.sandbox is not None or (query.id is None and query.ids is None and query.super_id is None):
        yield INSTANCE.c.release < 0 if query.sandbox else INSTANCE.c.release >= 0


# Newest first.
INSTANCES: Selection[InstanceQuery, ProcessInstance] = Selection(
    columns=COLUMNS,
    source=INSTANCE,
    sorts={
        "instanceId": INSTANCE.c.id,
        "definitionId": INSTANCE.c.definition_id,
        "definitionKey": INSTANCE.c.definition_key,
        "businessKey": INSTANCE.c.business_key,
        "startTime": INSTANCE.c.started_at,
        "endTime": INSTANCE.c.ended_at,
    },
    last=(INSTANCE.c.id.desc(),),
    show=lambda _ctx, row: ProcessInstance(*row),
    cases=INSTANCE.c.root_id,
    further=_conditions,
)
find_instances, count_instances = INSTANCES.find, INSTANCES.count


# ------------------------------------------------------------ activities


@dataclass(frozen=True, slots=True)
class ActivityQuery:
    """Filters of activity instances."""

    id: str | None = equal(ACTIVITY.c.id)
    process_instance_id: str | None = equal(ACTIVITY.c.process_instance_id)
    definition_id: str | None = equal(ACTIVITY.c.definition_id)
    definition_key: str | None = equal(ACTIVITY.c.definition_key)
    element_id: str | None = equal(ACTIVITY.c.element_id)
    element_type: str | None = equal(ACTIVITY.c.element_type)
    name: str | None = equal(ACTIVITY.c.name)
    assignee: str | None = equal(TASK.c.assignee)
    finished: bool | None = wanted(ACTIVITY.c.ended_at.is_not(None))
    unfinished: bool | None = wanted(ACTIVITY.c.ended_at.is_(None))
    cancelled: bool | None = wanted(ACTIVITY.c.cancelled.is_(True))
    completed_scope: bool | None = wanted(ACTIVITY.c.ended_at.is_not(None), ACTIVITY.c.cancelled.is_(False))
    started_before: int | None = until(ACTIVITY.c.started_at)
    started_after: int | None = since(ACTIVITY.c.started_at)
    finished_before: int | None = until(ACTIVITY.c.ended_at)
    finished_after: int | None = since(ACTIVITY.c.ended_at)


# Rows of activity instances with `task_id` and `assignee`, in the order of starting.
ACTIVITIES: Selection[ActivityQuery, Any] = Selection(
    columns=(ACTIVITY, TASK.c.id.label("task_id"), TASK.c.assignee),
    source=ACTIVITY.outerjoin(TASK, TASK.c.activity_id == ACTIVITY.c.id),
    sorts={
        "activityInstanceId": ACTIVITY.c.id,
        "instanceId": ACTIVITY.c.process_instance_id,
        "activityId": ACTIVITY.c.element_id,
        "activityName": ACTIVITY.c.name,
        "activityType": ACTIVITY.c.element_type,
        "startTime": ACTIVITY.c.started_at,
        "endTime": ACTIVITY.c.ended_at,
        "definitionId": ACTIVITY.c.definition_id,
    },
    last=(ACTIVITY.c.id,),
    show=row_itself,
    cases=ACTIVITY.c.root_id,
    sandboxes=ACTIVITY.c.root_id,
)
find_activities = ACTIVITIES.find


# ------------------------------------------------------------ tasks

RUNNING = exists().where(INSTANCE.c.id == TASK.c.process_instance_id, INSTANCE.c.ended_at.is_(None))


@dataclass(frozen=True, slots=True)
class HistoricTaskQuery:
    """Filters of tasks, open or closed."""

    id: str | None = equal(TASK.c.id)
    process_instance_id: str | None = equal(TASK.c.process_instance_id)
    definition_id: str | None = equal(TASK.c.definition_id)
    definition_key: str | None = equal(TASK.c.definition_key)
    business_key: str | None = equal(TASK.c.business_key)
    business_keys: tuple[str, ...] | None = among(TASK.c.business_key)
    business_key_like: str | None = like(TASK.c.business_key)
    element_id: str | None = equal(TASK.c.element_id)
    element_ids: tuple[str, ...] | None = among(TASK.c.element_id)
    activity_id: str | None = equal(TASK.c.activity_id)
    activity_ids: tuple[str, ...] | None = among(TASK.c.activity_id)
    name: str | None = equal(TASK.c.name)
    name_like: str | None = like(TASK.c.name)
    assignee: str | None = equal(TASK.c.assignee)
    assignee_like: str | None = like(TASK.c.assignee)
    assigned: bool | None = wanted(TASK.c.assignee.is_not(None))
    unassigned: bool | None = wanted(TASK.c.assignee.is_(None))
    owner: str | None = equal(TASK.c.owner)
    priority: int | None = equal(TASK.c.priority)
    finished: bool | None = wanted(TASK.c.state != "open")
    unfinished: bool | None = wanted(TASK.c.state == "open")
    instance_finished: bool | None = wanted(~RUNNING)
    instance_unfinished: bool | None = wanted(RUNNING)
    started_before: int | None = until(TASK.c.created_at)
    started_after: int | None = since(TASK.c.created_at)
    finished_before: int | None = until(TASK.c.closed_at)
    finished_after: int | None = since(TASK.c.closed_at)
    due_before: int | None = until(TASK.c.due_at)
    due_after: int | None = since(TASK.c.due_at)
    follow_up_before: int | None = until(TASK.c.follow_up_at)
    follow_up_after: int | None = since(TASK.c.follow_up_at)
    variables: tuple[VariableCondition, ...] = each(lambda one: holds(one, TASK.c.root_id))


# Tasks, open or closed, in the order of their creation.
TASKS: Selection[HistoricTaskQuery, UserTask] = Selection(
    columns=[TASK.c[name] for name in UserTask.__struct_fields__],
    source=TASK,
    sorts={
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
    },
    last=(TASK.c.id,),
    show=lambda _ctx, row: UserTask(*row),
    cases=TASK.c.root_id,
    sandboxes=TASK.c.root_id,
)
