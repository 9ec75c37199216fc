"""User tasks: found, claimed, completed; each step guarded by role, holder and form, and written into the history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from engine import authorizations, decisions, models, process_instances, releases, variables
from engine.clock import as_utc
from engine.context import CommandContext
from engine.errors import Conflict, NotFound
from engine.forms import Form
from engine.ids import new_id
from engine.process_instances import COLUMNS, ProcessInstance, Running
from engine.sql import Statement
from engine.values import PersonalRef, decode, encode

TASK, CANDIDATE = models.user_task, models.task_candidate


@dataclass(frozen=True, slots=True)
class UserTask:
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


TASK_COLUMNS = [TASK.c[name] for name in UserTask.__slots__]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who may take a task: groups, users, and the groups that an escalation added."""

    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    escalations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Filters of a task list: one declaration for SQL and for the accepted parameters. None means "any".

    `visible_to` limits the list to what somebody may see: own tasks and tasks of own groups. `free_for` leaves out
    what somebody else has already. Tasks of sandboxes are listed where `sandbox`, a task or an instance is asked for.
    """

    id: str | None = None
    process_instance_id: str | None = None
    process_definition_key: str | None = None
    process_definition_id: str | None = None
    business_key: str | None = None
    element_id: str | None = None
    assignee: str | None = None
    unassigned: bool | None = None
    assigned: bool | None = None
    candidate_group: str | None = None
    candidate_groups: tuple[str, ...] | None = None
    candidate_user: str | None = None
    name: str | None = None
    due_before: int | None = None
    due_after: int | None = None
    created_before: int | None = None
    created_after: int | None = None
    priority: int | None = None
    customer_ref: str | None = None
    visible_to: tuple[str, tuple[str, ...]] | None = None
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
    for column, value in (
        (TASK.c.id, query.id),
        (TASK.c.process_instance_id, query.process_instance_id),
        (TASK.c.definition_key, query.process_definition_key),
        (TASK.c.definition_id, query.process_definition_id),
        (TASK.c.business_key, query.business_key),
        (TASK.c.element_id, query.element_id),
        (TASK.c.assignee, query.assignee),
        (TASK.c.name, query.name),
        (TASK.c.priority, query.priority),
        (TASK.c.customer_ref, query.customer_ref),
    ):
        if value is not None:
            yield column == value
    yield from _ranges(query)
    if query.sandbox is not True and query.id is None and query.process_instance_id is None:
        yield releases.outside_sandboxes(TASK.c.root_id)
    if query.unassigned:
        yield TASK.c.assignee.is_(None)
    if query.assigned:
        yield TASK.c.assignee.is_not(None)
    groups = query.candidate_groups or ((query.candidate_group,) if query.candidate_group else None)
    if groups is not None:
        yield _is_candidate(groups, kinds=("group", "escalation"))
    if query.candidate_user is not None:
        yield _is_candidate((query.candidate_user,), kinds=("user",))
    if query.visible_to is not None:
        user_id, roles = query.visible_to
        yield or_(TASK.c.assignee == user_id, _may_take(user_id, roles))
    if query.free_for is not None:
        user_id, roles = query.free_for
        yield or_(TASK.c.assignee == user_id, and_(TASK.c.assignee.is_(None), _may_take(user_id, roles)))


def _ranges(query: TaskQuery) -> Iterable[ColumnElement[bool]]:
    if query.due_before is not None:
        yield TASK.c.due_at < query.due_before
    if query.due_after is not None:
        yield TASK.c.due_at > query.due_after
    if query.created_before is not None:
        yield TASK.c.created_at < query.created_before
    if query.created_after is not None:
        yield TASK.c.created_at > query.created_after


def _is_candidate(names: Iterable[str], *, kinds: tuple[str, ...]) -> ColumnElement[bool]:
    return exists().where(
        CANDIDATE.c.task_id == TASK.c.id, CANDIDATE.c.kind.in_(kinds), CANDIDATE.c.name.in_(list(names))
    )


def _may_take(user_id: str, roles: Iterable[str]) -> ColumnElement[bool]:
    return exists().where(
        CANDIDATE.c.task_id == TASK.c.id,
        or_(
            and_(CANDIDATE.c.kind.in_(("group", "escalation")), CANDIDATE.c.name.in_(list(roles))),
            and_(CANDIDATE.c.kind == "user", CANDIDATE.c.name == user_id),
        ),
    )


# ------------------------------------------------------------ reading


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
    for name, order in sort:
        column = SORTS[name]
        statement = statement.order_by(column.is_(None), column.desc() if order == "desc" else column.asc())
    statement = statement.order_by(TASK.c.id).offset(first)
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


def form_of(ctx: CommandContext, task: UserTask) -> Form | None:
    """Returns the form that the task's release deployed under its form reference."""
    if task.form_ref is None:
        return None
    release = process_instances.get(ctx, task.root_id).release
    return variables.find_form(ctx, task.form_ref, release)


def attempts_of(ctx: CommandContext, task_id: str) -> list[dict[str, Any]]:
    """Returns what was tried on a task without completing it, oldest first; personal values as references."""
    table = models.task_attempt
    rows = ctx.connection.execute(select(table).where(table.c.task_id == task_id).order_by(table.c.at, table.c.id))
    return [{"at": row.at, "by": row.by, "data": decode(row.data)} for row in rows]


# ------------------------------------------------------------ changing


def claim(ctx: CommandContext, task_id: str, user_id: str | None = None) -> UserTask:
    """Makes a task somebody's own. Raises Conflict naming the holder if somebody else was faster."""
    wanted = user_id or ctx.actor.user_id
    running, task = _open_task(ctx, task_id, operation="claim")
    if task.assignee == wanted:
        return task
    if task.assignee is not None:
        raise Conflict(f"task {task.id} is claimed by {task.assignee}", holder=task.assignee)
    return _assign(ctx, running, task, wanted, kind="task.claimed")


def unclaim(ctx: CommandContext, task_id: str) -> UserTask:
    """Gives a task back to its groups."""
    running, task = _open_task(ctx, task_id, operation="unclaim")
    return task if task.assignee is None else _assign(ctx, running, task, None, kind="task.unclaimed")


def assign(ctx: CommandContext, task_id: str, user_id: str | None) -> UserTask:
    """Hands a task to somebody, whoever had it."""
    running, task = _open_task(ctx, task_id, operation="assign")
    return _assign(ctx, running, task, user_id, kind="task.assigned")


def _assign(ctx: CommandContext, running: Running, task: UserTask, assignee: str | None, *, kind: str) -> UserTask:
    first_time = task.claimed_at is None and assignee is not None
    if first_time:
        known = partial(running.instance.variables, task.scope_id)
        running.ledger.stop(ctx, task.element_id, "started", known=known)
    claimed_at = ctx.now_micros if first_time else task.claimed_at
    ctx.connection.execute(update(TASK).where(TASK.c.id == task.id).values(assignee=assignee, claimed_at=claimed_at))
    body = {"task": task.id, "element": task.element_id, "assignee": assignee, "was": task.assignee}
    process_instances.apply(ctx, running, kind=kind, body=body)
    return get(ctx, task_id=task.id)


def complete(ctx: CommandContext, task_id: str, values: Mapping[str, Any] | None = None) -> ProcessInstance:
    """Completes a task: checks its form, lets the instance run on, and writes all of it in this transaction.

    Raises FormInvalid with messages per field, Forbidden, Conflict if it is done already or somebody else has it.
    """
    running, task = _open_task(ctx, task_id, operation="complete")
    accepted = _checked(ctx, running, task, dict(values or {}))
    running.reported = accepted
    outcome = running.instance.complete(task.id, accepted)
    body = {"task": task.id, "element": task.element_id, "assignee": task.assignee}
    return process_instances.apply(ctx, running, outcome, kind="task.completed", body=body)


def record_attempt(ctx: CommandContext, task_id: str, values: Mapping[str, Any]) -> UserTask:
    """Keeps what was tried on a task without completing it (a call that reached nobody, A-42, A-50)."""
    running, task = _open_task(ctx, task_id, operation="complete")
    form = variables.find_form(ctx, task.form_ref, running.row.release) if task.form_ref else None
    visible = running.instance.variables(task.scope_id)
    typed = dict(values)
    if form is not None:
        typed = form.attempt(values, variables=visible, environment=decisions.environment(ctx))
        ctx.engine.attachments.require(ctx, [task.root_id], typed)
    kept = variables.absorb_into(ctx, running, typed)
    ctx.connection.execute(
        insert(models.task_attempt).values(
            id=new_id(),
            task_id=task.id,
            root_id=task.root_id,
            at=ctx.now_micros,
            by=ctx.actor.user_id,
            data=encode(kept),
        )
    )
    by_message = typed.get("method") in MESSAGE_METHODS
    running.ledger.attempt(
        ctx, task.element_id, by_message=by_message, daytime_wished=bool(typed.get("daytime_wished"))
    )
    body = {"task": task.id, "element": task.element_id, "data": {"by_message": by_message}}
    process_instances.apply(ctx, running, kind="task.attempted", body=body)
    return task


# How a form names an attempt that leaves a message instead of a conversation.
MESSAGE_METHODS = frozenset({"sms", "message", "wechat", "email"})


def _checked(ctx: CommandContext, running: Running, task: UserTask, values: dict[str, Any]) -> dict[str, Any]:
    form = variables.find_form(ctx, task.form_ref, running.row.release) if task.form_ref else None
    if form is None:
        return variables.accept_into(ctx, running, values)
    visible = running.instance.variables(task.scope_id)
    typed = form.validate(values, variables=visible, environment=decisions.environment(ctx))
    ctx.engine.attachments.require(ctx, [task.root_id], typed)
    # A field that was shown masked is not sent back; leaving it out must not wipe what is known.
    kept = {name for name, value in visible.items() if isinstance(value, PersonalRef) and name not in values}
    return variables.absorb_into(ctx, running, {name: value for name, value in typed.items() if name not in kept})


def _task_with_instance(dialect: str) -> Select[Any]:
    """Returns the query for a task, its instance and whether a person with some roles (`|A|B|`) may take it."""
    contains = func.instr if dialect == "sqlite" else func.strpos
    roles = bindparam("roles", type_=Text())
    may_take = exists().where(
        CANDIDATE.c.task_id == TASK.c.id,
        or_(
            and_(
                CANDIDATE.c.kind.in_((literal_column("'group'"), literal_column("'escalation'"))),
                contains(roles, literal_column("'|'") + CANDIDATE.c.name + literal_column("'|'")) > literal_column("0"),
            ),
            and_(CANDIDATE.c.kind == literal_column("'user'"), CANDIDATE.c.name == bindparam("user_id")),
        ),
    )
    instance = models.process_instance
    query = (
        select(*TASK_COLUMNS, *[column.label(f"i_{column.name}") for column in COLUMNS], may_take.label("may_take"))
        .join(instance, instance.c.id == TASK.c.root_id)
        .where(TASK.c.id == bindparam("task_id"))
    )
    # People on parallel tasks of one instance queue on its row instead of losing races; the revision stays the truth.
    return query if dialect == "sqlite" else query.with_for_update(of=[TASK, instance])


SELECT_TASK = Statement(_task_with_instance)


def _open_task(ctx: CommandContext, task_id: str, *, operation: str) -> tuple[Running, UserTask]:
    """Reads task and instance with one statement and guards: it exists, is open, and the actor may do this."""
    roles = "|".join(["", *sorted(ctx.actor.roles), ""])
    row = SELECT_TASK.first(ctx.connection, task_id=task_id, roles=roles, user_id=ctx.actor.user_id)
    if row is None:
        raise NotFound(f"there is no task {task_id}")
    split = len(TASK_COLUMNS)
    task, instance_row, candidate = UserTask(*row[:split]), ProcessInstance(*row[split:-1]), bool(row[-1])
    authorizations.require_task(ctx, task, operation, is_candidate=candidate)
    if task.state != "open":
        raise Conflict(
            f"task {task.id} is {task.state} already" + (f" by {task.closed_by}" if task.closed_by else ""),
            holder=task.closed_by,
        )
    process_instances.require_active(instance_row)
    if operation == "complete" and task.assignee not in {None, ctx.actor.user_id} and not ctx.actor.is_system:
        raise Conflict(f"task {task.id} is claimed by {task.assignee}", holder=task.assignee)
    return process_instances.running_from(ctx, instance_row), task


def next_for(ctx: CommandContext, user_id: str, roles: Iterable[str]) -> UserTask | None:
    """Returns the task that somebody should do next: the earliest due of what they have or may take."""
    mine = find(ctx, TaskQuery(free_for=(user_id, tuple(roles))), limit=1)
    return mine[0] if mine else None


__all__ = ["TaskQuery", "UserTask", "as_utc", "claim", "complete", "find", "get"]
