"""Lists of open tasks: what a task is, who may take it, and the filters that find it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from sqlalchemy import ColumnElement, and_, exists, or_, select

from engine import models, substitutions
from engine.context import Actor, CommandContext
from engine.errors import NotFound
from engine.queries import (
    Conditions,
    Selection,
    Sorting,
    above,
    among,
    below,
    each,
    equal,
    filtering,
    like,
    since,
    until,
    wanted,
)
from engine.releases import outside_sandboxes
from engine.variable_conditions import VariableCondition, holds, holds_in_scope

TASK, CANDIDATE = models.user_task, models.task_candidate


class UserTask(msgspec.Struct, frozen=True):
    """One task of a person. Instants are UTC microseconds; `state` is open, completed or cancelled."""

    id: str
    process_instance_id: str
    root_id: str
    definition_id: str
    definition_key: str
    element_id: str
    activity_id: str
    scope_id: str
    name: str
    name_en: str
    business_key: str | None
    customer_ref: str | None
    assignee: str | None
    owner: str | None
    delegation_state: str | None
    priority: int
    form_ref: str | None
    form_key: str | None
    created_at: int
    claimed_at: int | None
    due_at: int | None
    follow_up_at: int | None
    deadline_id: str | None
    state: str
    closed_at: int | None
    closed_by: str | None
    acting_for: str | None  # the absent person for whom the assignee, or who closed it, acts or acted


TASK_COLUMNS = [TASK.c[name] for name in UserTask.__struct_fields__]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who may take a task: groups, users, and the groups that an escalation added."""

    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    escalations: tuple[str, ...] = ()


GROUP, USER = ("group", "escalation"), ("user",)
INSTANCE = models.process_instance
IS_HELD = exists().where(INSTANCE.c.id == TASK.c.root_id, INSTANCE.c.state == "SUSPENDED")


def _offered(kinds: tuple[str, ...], *names: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(CANDIDATE.c.task_id == TASK.c.id, CANDIDATE.c.kind.in_(kinds), *names)


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Filters of a task list. None means "any"; instants are µs, bounds of them left out.

    `visible_to` limits the list to what somebody may see: own tasks, tasks of own groups, tasks of whom they cover;
    `covered_by` are the latter alone. `free_for` leaves out what somebody else has already. `include_assigned` False
    leaves what somebody has out of what candidates are asked for. Tasks of sandboxes are listed where `sandbox`, a
    task or an instance is asked for.
    """

    id: str | None = equal(TASK.c.id)
    ids: tuple[str, ...] | None = among(TASK.c.id)
    process_instance_id: str | None = equal(TASK.c.process_instance_id)
    process_instance_ids: tuple[str, ...] | None = among(TASK.c.process_instance_id)
    process_definition_key: str | None = equal(TASK.c.definition_key)
    process_definition_keys: tuple[str, ...] | None = among(TASK.c.definition_key)
    process_definition_id: str | None = equal(TASK.c.definition_id)
    business_key: str | None = equal(TASK.c.business_key)
    business_keys: tuple[str, ...] | None = among(TASK.c.business_key)
    business_key_like: str | None = like(TASK.c.business_key)
    element_id: str | None = equal(TASK.c.element_id)
    element_ids: tuple[str, ...] | None = among(TASK.c.element_id)
    element_id_like: str | None = like(TASK.c.element_id)
    activity_ids: tuple[str, ...] | None = among(TASK.c.activity_id)
    assignee: str | None = equal(TASK.c.assignee)
    assignees: tuple[str, ...] | None = among(TASK.c.assignee)
    not_assignees: tuple[str, ...] | None = filtering(
        lambda users: or_(TASK.c.assignee.is_(None), TASK.c.assignee.not_in(users))
    )
    assignee_like: str | None = like(TASK.c.assignee)
    owner: str | None = equal(TASK.c.owner)
    delegation_state: str | None = equal(TASK.c.delegation_state)
    unassigned: bool | None = wanted(TASK.c.assignee.is_(None))
    assigned: bool | None = wanted(TASK.c.assignee.is_not(None))
    candidate_group: str | None = None
    candidate_groups: tuple[str, ...] | None = None
    candidate_user: str | None = None
    include_assigned: bool | None = None
    involved_user: str | None = filtering(
        lambda user: or_(TASK.c.assignee == user, TASK.c.owner == user, _offered(USER, CANDIDATE.c.name == user))
    )
    with_candidate_groups: bool | None = wanted(_offered(GROUP))
    without_candidate_groups: bool | None = wanted(~_offered(GROUP))
    with_candidate_users: bool | None = wanted(_offered(USER))
    without_candidate_users: bool | None = wanted(~_offered(USER))
    name: str | None = equal(TASK.c.name)
    name_like: str | None = like(TASK.c.name)
    due: int | None = equal(TASK.c.due_at)
    due_before: int | None = below(TASK.c.due_at)
    due_after: int | None = above(TASK.c.due_at)
    without_due: bool | None = wanted(TASK.c.due_at.is_(None))
    follow_up_before: int | None = below(TASK.c.follow_up_at)
    follow_up_after: int | None = above(TASK.c.follow_up_at)
    follow_up_before_or_none: int | None = filtering(
        lambda at: or_(TASK.c.follow_up_at.is_(None), TASK.c.follow_up_at < at)
    )
    created: int | None = equal(TASK.c.created_at)
    created_before: int | None = below(TASK.c.created_at)
    created_after: int | None = above(TASK.c.created_at)
    priority: int | None = equal(TASK.c.priority)
    min_priority: int | None = since(TASK.c.priority)
    max_priority: int | None = until(TASK.c.priority)
    active: bool | None = wanted(~IS_HELD)
    suspended: bool | None = wanted(IS_HELD)
    customer_ref: str | None = equal(TASK.c.customer_ref)
    process_variables: tuple[VariableCondition, ...] = each(lambda one: holds(one, TASK.c.root_id))
    task_variables: tuple[VariableCondition, ...] = each(
        lambda one: holds_in_scope(one, TASK.c.root_id, TASK.c.activity_id)
    )
    visible_to: Actor | None = filtering(substitutions.concerns)
    covered_by: Actor | None = filtering(substitutions.covered)
    free_for: tuple[str, tuple[str, ...]] | None = filtering(lambda somebody: _free_for(*somebody))
    sandbox: bool | None = None


def _free_for(user_id: str, roles: tuple[str, ...]) -> ColumnElement[bool]:
    may_take = substitutions.named(user_id, roles)
    return or_(TASK.c.assignee == user_id, and_(TASK.c.assignee.is_(None), may_take))


def _conditions(_ctx: CommandContext, query: TaskQuery) -> Conditions:
    yield TASK.c.state == "open"
    if query.sandbox is not True and query.id is None and query.process_instance_id is None:
        yield outside_sandboxes(TASK.c.root_id)
    groups = query.candidate_groups or ((query.candidate_group,) if query.candidate_group else None)
    if groups is not None:
        yield _offered(GROUP, CANDIDATE.c.name.in_(groups))
    if query.candidate_user is not None:
        roles = models.user_role
        held = select(roles.c.role).where(roles.c.user_id == query.candidate_user)
        by_name = _offered(USER, CANDIDATE.c.name == query.candidate_user)
        yield or_(_offered(GROUP, CANDIDATE.c.name.in_(held)), by_name)
    asks_for_candidates = groups is not None or query.candidate_user is not None
    if query.include_assigned is not None and asks_for_candidates and not query.include_assigned:
        yield TASK.c.assignee.is_(None)


TASKS: Selection[TaskQuery, UserTask] = Selection(
    columns=TASK_COLUMNS,
    source=TASK,
    sorts={
        "dueDate": TASK.c.due_at,
        "created": TASK.c.created_at,
        "priority": TASK.c.priority,
        "name": TASK.c.name,
        "assignee": TASK.c.assignee,
        "id": TASK.c.id,
        "followUpDate": TASK.c.follow_up_at,
        "instanceId": TASK.c.process_instance_id,
    },
    last=(TASK.c.id,),
    show=lambda _ctx, row: UserTask(*row),
    further=_conditions,
)
SORTS, count = TASKS.sorts, TASKS.count


def find(
    ctx: CommandContext,
    query: TaskQuery,
    *,
    sort: Sorting = (("dueDate", "asc"),),
    first: int = 0,
    limit: int | None = 50,
) -> list[UserTask]:
    """Returns open tasks, by default the earliest due first and those without due time last."""
    return TASKS.find(ctx, query, sort=sort, first=first, limit=limit)


def get(ctx: CommandContext, task_id: str) -> UserTask:
    """Returns a task, open or closed; raises NotFound."""
    row = ctx.connection.execute(select(*TASK_COLUMNS).where(TASK.c.id == task_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no task {task_id}")
    return UserTask(*row)


def held_among(ctx: CommandContext, tasks: Iterable[UserTask]) -> frozenset[str]:
    """Returns the roots of those cases of the tasks that are suspended."""
    table = models.process_instance
    roots = {task.root_id for task in tasks}
    query = select(table.c.id).where(table.c.id.in_(roots), table.c.state == "SUSPENDED")
    return frozenset(ctx.connection.execute(query).scalars()) if roots else frozenset()


def candidates_of(ctx: CommandContext, task_ids: Iterable[str]) -> dict[str, Candidates]:
    """Returns the candidates of several tasks with one statement."""
    found: dict[str, dict[str, list[str]]] = {}
    rows = ctx.connection.execute(
        select(CANDIDATE.c.task_id, CANDIDATE.c.kind, CANDIDATE.c.name)
        .where(CANDIDATE.c.task_id.in_(list(task_ids)))
        .order_by(CANDIDATE.c.name)
    )
    for row in rows:
        found.setdefault(row.task_id, {}).setdefault(row.kind, []).append(row.name)
    return {
        task_id: Candidates(
            tuple(kinds.get("group", ())), tuple(kinds.get("user", ())), tuple(kinds.get("escalation", ()))
        )
        for task_id, kinds in found.items()
    }


def next_for(ctx: CommandContext, user_id: str, roles: Iterable[str]) -> UserTask | None:
    """Returns the task that somebody should do next: the earliest due of what they have or may take."""
    mine = find(ctx, TaskQuery(free_for=(user_id, tuple(roles))), limit=1)
    return mine[0] if mine else None
