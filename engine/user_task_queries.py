"""Lists of open tasks: what a task is, who may take it, and the filters that find it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from engine import models, releases, substitutions
from engine.context import Actor, CommandContext
from engine.errors import NotFound
from engine.queries import among, equal, like, ordered, wanted
from engine.variable_conditions import VariableCondition, holds, holds_in_scope

TASK, CANDIDATE = models.user_task, models.task_candidate
GROUPS = ("group", "escalation")


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


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Filters of a task list: one declaration for SQL and for the accepted parameters. None means "any".

    `visible_to` limits the list to what somebody may see: own tasks, tasks of own groups, tasks of whom they cover;
    `covered_by` are the latter alone. `free_for` leaves out what somebody else has already. `include_assigned` False
    leaves what somebody has out of what candidates are asked for. Tasks of sandboxes are listed where `sandbox`, a
    task or an instance is asked for.
    """

    id: str | None = None
    ids: tuple[str, ...] | None = None
    process_instance_id: str | None = None
    process_instance_ids: tuple[str, ...] | None = None
    process_definition_key: str | None = None
    process_definition_keys: tuple[str, ...] | None = None
    process_definition_id: str | None = None
    business_key: str | None = None
    business_keys: tuple[str, ...] | None = None
    business_key_like: str | None = None
    element_id: str | None = None
    element_ids: tuple[str, ...] | None = None
    element_id_like: str | None = None
    activity_ids: tuple[str, ...] | None = None
    assignee: str | None = None
    assignees: tuple[str, ...] | None = None
    not_assignees: tuple[str, ...] | None = None
    assignee_like: str | None = None
    owner: str | None = None
    delegation_state: str | None = None
    unassigned: bool | None = None
    assigned: bool | None = None
    candidate_group: str | None = None
    candidate_groups: tuple[str, ...] | None = None
    candidate_user: str | None = None
    include_assigned: bool | None = None
    involved_user: str | None = None
    with_candidate_groups: bool | None = None
    without_candidate_groups: bool | None = None
    with_candidate_users: bool | None = None
    without_candidate_users: bool | None = None
    name: str | None = None
    name_like: str | None = None
    due: int | None = None
    due_before: int | None = None
    due_after: int | None = None
    without_due: bool | None = None
    follow_up_before: int | None = None
    follow_up_after: int | None = None
    follow_up_before_or_none: int | None = None
    created: int | None = None
    created_before: int | None = None
    created_after: int | None = None
    priority: int | None = None
    min_priority: int | None = None
    max_priority: int | None = None
    active: bool | None = None
    suspended: bool | None = None
    customer_ref: str | None = None
    process_variables: tuple[VariableCondition, ...] = ()
    task_variables: tuple[VariableCondition, ...] = ()
    visible_to: Actor | None = None
    covered_by: Actor | None = None
    free_for: tuple[str, tuple[str, ...]] | None = None
    sandbox: bool | None = None


SORTS: Mapping[str, ColumnElement[Any]] = {
    "dueDate": TASK.c.due_at,
    "created": TASK.c.created_at,
    "priority": TASK.c.priority,
    "name": TASK.c.name,
    "assignee": TASK.c.assignee,
    "id": TASK.c.id,
    "followUpDate": TASK.c.follow_up_at,
    "instanceId": TASK.c.process_instance_id,
}


def _conditions(query: TaskQuery) -> Iterable[ColumnElement[bool]]:
    yield TASK.c.state == "open"
    yield from equal(
        (TASK.c.id, query.id),
        (TASK.c.process_instance_id, query.process_instance_id),
        (TASK.c.definition_key, query.process_definition_key),
        (TASK.c.definition_id, query.process_definition_id),
        (TASK.c.business_key, query.business_key),
        (TASK.c.element_id, query.element_id),
        (TASK.c.assignee, query.assignee),
        (TASK.c.owner, query.owner),
        (TASK.c.delegation_state, query.delegation_state),
        (TASK.c.name, query.name),
        (TASK.c.due_at, query.due),
        (TASK.c.created_at, query.created),
        (TASK.c.priority, query.priority),
        (TASK.c.customer_ref, query.customer_ref),
    )
    yield from among(
        (TASK.c.id, query.ids),
        (TASK.c.process_instance_id, query.process_instance_ids),
        (TASK.c.definition_key, query.process_definition_keys),
        (TASK.c.business_key, query.business_keys),
        (TASK.c.element_id, query.element_ids),
        (TASK.c.activity_id, query.activity_ids),
        (TASK.c.assignee, query.assignees),
    )
    yield from like(
        (TASK.c.business_key, query.business_key_like),
        (TASK.c.element_id, query.element_id_like),
        (TASK.c.assignee, query.assignee_like),
        (TASK.c.name, query.name_like),
    )
    yield from _ranges(query)
    yield from (holds(one, TASK.c.root_id) for one in query.process_variables)
    yield from (holds_in_scope(one, TASK.c.root_id, TASK.c.activity_id) for one in query.task_variables)
    if query.sandbox is not True and query.id is None and query.process_instance_id is None:
        yield releases.outside_sandboxes(TASK.c.root_id)
    yield from wanted(
        (query.unassigned, TASK.c.assignee.is_(None)),
        (query.assigned, TASK.c.assignee.is_not(None)),
        (query.without_due, TASK.c.due_at.is_(None)),
        (query.active, ~_is_held()),
        (query.suspended, _is_held()),
        (query.with_candidate_groups, _has_candidates(GROUPS)),
        (query.without_candidate_groups, ~_has_candidates(GROUPS)),
        (query.with_candidate_users, _has_candidates(("user",))),
        (query.without_candidate_users, ~_has_candidates(("user",))),
    )
    yield from _candidates(query)
    if query.visible_to is not None:
        yield substitutions.concerns(query.visible_to)
    if query.covered_by is not None:
        yield substitutions.covered(query.covered_by)
    if query.free_for is not None:
        user_id, roles = query.free_for
        may_take = substitutions.named(user_id, roles)
        yield or_(TASK.c.assignee == user_id, and_(TASK.c.assignee.is_(None), may_take))


def _candidates(query: TaskQuery) -> Iterable[ColumnElement[bool]]:
    groups = query.candidate_groups or ((query.candidate_group,) if query.candidate_group else None)
    if groups is not None:
        yield _is_candidate(groups, kinds=GROUPS)
    if query.candidate_user is not None:
        roles = models.user_role
        held = select(roles.c.role).where(roles.c.user_id == query.candidate_user)
        offered = exists().where(
            CANDIDATE.c.task_id == TASK.c.id, CANDIDATE.c.kind.in_(GROUPS), CANDIDATE.c.name.in_(held)
        )
        yield or_(offered, _is_candidate((query.candidate_user,), kinds=("user",)))
    asks_for_candidates = groups is not None or query.candidate_user is not None
    if query.include_assigned is not None and asks_for_candidates and not query.include_assigned:
        yield TASK.c.assignee.is_(None)
    if query.involved_user is not None:
        user = query.involved_user
        yield or_(TASK.c.assignee == user, TASK.c.owner == user, _is_candidate((user,), kinds=("user",)))


def _is_held() -> ColumnElement[bool]:
    table = models.process_instance
    return exists().where(table.c.id == TASK.c.root_id, table.c.state == "SUSPENDED")


def _has_candidates(kinds: tuple[str, ...]) -> ColumnElement[bool]:
    return exists().where(CANDIDATE.c.task_id == TASK.c.id, CANDIDATE.c.kind.in_(kinds))


def _ranges(query: TaskQuery) -> Iterable[ColumnElement[bool]]:
    if query.due_before is not None:
        yield TASK.c.due_at < query.due_before
    if query.due_after is not None:
        yield TASK.c.due_at > query.due_after
    if query.created_before is not None:
        yield TASK.c.created_at < query.created_before
    if query.created_after is not None:
        yield TASK.c.created_at > query.created_after
    if query.follow_up_before is not None:
        yield TASK.c.follow_up_at < query.follow_up_before
    if query.follow_up_after is not None:
        yield TASK.c.follow_up_at > query.follow_up_after
    if query.follow_up_before_or_none is not None:
        yield or_(TASK.c.follow_up_at.is_(None), TASK.c.follow_up_at < query.follow_up_before_or_none)
    if query.min_priority is not None:
        yield TASK.c.priority >= query.min_priority
    if query.max_priority is not None:
        yield TASK.c.priority <= query.max_priority
    if query.not_assignees is not None:
        yield or_(TASK.c.assignee.is_(None), TASK.c.assignee.not_in(query.not_assignees))


def _is_candidate(names: Iterable[str], *, kinds: tuple[str, ...]) -> ColumnElement[bool]:
    return exists().where(
        CANDIDATE.c.task_id == TASK.c.id, CANDIDATE.c.kind.in_(kinds), CANDIDATE.c.name.in_(list(names))
    )


def find(
    ctx: CommandContext,
    query: TaskQuery,
    *,
    sort: Iterable[tuple[str, str]] = (("dueDate", "asc"),),
    first: int = 0,
    limit: int | None = 50,
) -> list[UserTask]:
    """Returns open tasks, by default the earliest due first and those without due time last."""
    statement = select(*TASK_COLUMNS).where(*_conditions(query))
    statement = ordered(statement, SORTS, sort, TASK.c.id).offset(first)
    if limit is not None:
        statement = statement.limit(limit)
    return [UserTask(*row) for row in ctx.connection.execute(statement)]


def count(ctx: CommandContext, query: TaskQuery) -> int:
    """Returns how many open tasks match."""
    statement = select(func.count()).select_from(TASK).where(*_conditions(query))
    return ctx.connection.execute(statement).scalar_one()


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
