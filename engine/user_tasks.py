"""User tasks: claimed, completed, tried; each step guarded by role, holder and form, and written into the history."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import (
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

from engine import authorizations, decisions, models, process_instances, separations, variables
from engine.context import CommandContext
from engine.errors import Conflict, InvalidRequest, NotFound
from engine.forms import Form
from engine.ids import new_id
from engine.process_instances import COLUMNS, ProcessInstance, Running
from engine.sql import Statement
from engine.user_task_queries import (
    SORTS,
    TASK,
    TASK_COLUMNS,
    Candidates,
    TaskQuery,
    UserTask,
    candidates_of,
    count,
    find,
    get,
    next_for,
)
from engine.values import PersonalRef, decode, encode, plain

CANDIDATE = models.task_candidate
PENDING = "PENDING"


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


def claim(ctx: CommandContext, task_id: str, user_id: str | None = None) -> UserTask:
    """Makes a task somebody's own. Raises Conflict naming the holder if somebody else was faster."""
    wanted = user_id or ctx.actor.user_id
    running, task = open_task(ctx, task_id, operation="claim")
    if task.assignee == wanted:
        return task
    mine = wanted == ctx.actor.user_id
    covered = running.acting_for if mine else None
    if task.assignee is not None and covered is None and not (mine and task.acting_for == wanted):
        raise Conflict(f"task {task.id} is claimed by {task.assignee}", holder=task.assignee)
    if not mine:
        separations.require(ctx, task, wanted)
    return _assign(ctx, running, task, wanted, kind="task.claimed", acting_for=covered)


def unclaim(ctx: CommandContext, task_id: str) -> UserTask:
    """Gives a task back to its groups."""
    running, task = open_task(ctx, task_id, operation="unclaim")
    if task.assignee is None:
        return task
    # What a substitute took from the absent person by name has no groups to go back to.
    back = task.acting_for if not candidates_of(ctx, [task.id]) else None
    return _assign(ctx, running, task, back, kind="task.unclaimed")


def assign(ctx: CommandContext, task_id: str, user_id: str | None) -> UserTask:
    """Hands a task to somebody, whoever had it."""
    running, task = open_task(ctx, task_id, operation="assign")
    separations.require(ctx, task, user_id)
    return _assign(ctx, running, task, user_id, kind="task.assigned")


def _assign(
    ctx: CommandContext,
    running: Running,
    task: UserTask,
    assignee: str | None,
    *,
    kind: str,
    acting_for: str | None = None,
) -> UserTask:
    first_time = task.claimed_at is None and assignee is not None
    if first_time:
        known = partial(running.instance.variables, task.scope_id)
        running.ledger.stop(ctx, task.element_id, "started", known=known)
    claimed_at = ctx.now_micros if first_time else task.claimed_at
    values = {"assignee": assignee, "claimed_at": claimed_at, "acting_for": acting_for}
    ctx.connection.execute(update(TASK).where(TASK.c.id == task.id).values(values))
    body = {"task": task.id, "element": task.element_id, "assignee": assignee, "was": task.assignee}
    body |= _named(acting_for)
    process_instances.apply(ctx, running, kind=kind, body=body)
    return get(ctx, task_id=task.id)


def complete(ctx: CommandContext, task_id: str, values: Mapping[str, Any] | None = None) -> ProcessInstance:
    """Completes a task: checks its form, lets the instance run on, and writes all of it in this transaction.

    Raises FormInvalid with messages per field, Forbidden, Conflict if it is done already or somebody else has it.
    """
    running, task = open_task(ctx, task_id, operation="complete")
    if task.delegation_state == PENDING:
        raise InvalidRequest(f"task {task.id} is delegated; it is resolved before {task.owner} completes it")
    accepted = _checked(ctx, running, task, dict(values or {}))
    running.reported = accepted
    outcome = running.instance.complete(task.id, accepted)
    if running.acting_for != task.acting_for:
        ctx.connection.execute(update(TASK).where(TASK.c.id == task.id).values(acting_for=running.acting_for))
    body = {"task": task.id, "element": task.element_id, "assignee": task.assignee, **_named(running.acting_for)}
    return process_instances.apply(ctx, running, outcome, kind="task.completed", body=body)


def _named(acting_for: str | None) -> dict[str, str]:
    """Returns what an event says of the absent person for whom its actor acted, next to the actor."""
    return {} if acting_for is None else {"actingFor": acting_for}


def record_attempt(ctx: CommandContext, task_id: str, values: Mapping[str, Any]) -> UserTask:
    """Keeps what was tried on a task without completing it (a call that reached nobody, A-42, A-50)."""
    running, task = open_task(ctx, task_id, operation="complete")
    form = variables.find_form(ctx, task.form_ref, running.row.release) if task.form_ref else None
    visible = running.instance.variables(task.scope_id)
    typed = dict(values)
    if form is not None:
        typed = form.attempt(values, variables=visible, environment=decisions.environment(ctx))
        ctx.engine.attachments.require(ctx, [task.root_id], typed)
    kept = variables.enter_into(ctx, running, typed)
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
    body |= _named(running.acting_for)
    process_instances.apply(ctx, running, kind="task.attempted", body=body)
    return task


# How a form names an attempt that leaves a message instead of a conversation.
MESSAGE_METHODS = frozenset({"sms", "message", "wechat", "email"})


def _checked(ctx: CommandContext, running: Running, task: UserTask, values: dict[str, Any]) -> dict[str, Any]:
    form = variables.find_form(ctx, task.form_ref, running.row.release) if task.form_ref else None
    if form is None:
        return variables.accept_into(ctx, running, values)
    visible = running.instance.variables(task.scope_id)
    # A field that was shown masked is not sent back; leaving it out neither wipes what is known nor blocks anybody.
    kept = frozenset(name for name, value in visible.items() if isinstance(value, PersonalRef) and name not in values)
    given = {name: plain(value) for name, value in values.items()}
    typed = form.validate(given, variables=visible, environment=decisions.environment(ctx), kept=kept)
    ctx.engine.attachments.require(ctx, [task.root_id], typed)
    return variables.enter_into(ctx, running, typed)


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


def open_task(ctx: CommandContext, task_id: str, *, operation: str) -> tuple[Running, UserTask]:
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
    standing_in = authorizations.acting_for(ctx, task, is_candidate=candidate)
    if operation == "complete" and not _is_free_for(ctx, task, standing_in):
        raise Conflict(f"task {task.id} is claimed by {task.assignee}", holder=task.assignee)
    if operation in {"claim", "complete"}:
        separations.require(ctx, task, ctx.actor.user_id, standing_in)
    running = process_instances.running_from(ctx, instance_row)
    running.acting_for = standing_in
    running.task_id = task.id
    return running, task


def _is_free_for(ctx: CommandContext, task: UserTask, standing_in: str | None) -> bool:
    return ctx.actor.is_system or task.assignee in {None, ctx.actor.user_id} or task.assignee == standing_in


# ------------------------------------------------------------ handing over, telling


def delegate(ctx: CommandContext, task_id: str, user_id: str) -> UserTask:
    """Lets somebody else do a part of the work; the task comes back to its owner when it is resolved."""
    running, task = open_task(ctx, task_id, operation="assign")
    separations.require(ctx, task, user_id)
    owner = task.owner or task.assignee or ctx.actor.user_id
    return update_task(ctx, running, task, "task.delegated", assignee=user_id, owner=owner, delegation_state=PENDING)


def resolve(ctx: CommandContext, task_id: str) -> UserTask:
    """Gives a delegated task back to its owner."""
    running, task = open_task(ctx, task_id, operation="complete")
    return update_task(ctx, running, task, "task.resolved", assignee=task.owner, delegation_state="RESOLVED")


def change(ctx: CommandContext, task_id: str, **columns: Any) -> UserTask:
    """Changes who has a task, until when and how urgent it is; name and description are the diagram's."""
    running, task = open_task(ctx, task_id, operation="assign")
    separations.require(ctx, task, columns.get("assignee"))
    return update_task(ctx, running, task, "task.updated", **columns)


def update_task(ctx: CommandContext, running: Running, task: UserTask, kind: str, **columns: Any) -> UserTask:
    """Writes columns of an open task and the event that tells of it."""
    assignee = columns.get("assignee", task.assignee)
    if assignee != task.assignee:
        columns["acting_for"] = None
    ctx.connection.execute(update(TASK).where(TASK.c.id == task.id).values(**columns))
    body = {"task": task.id, "element": task.element_id, "assignee": assignee, "was": task.assignee}
    process_instances.apply(ctx, running, kind=kind, body=body)
    return get(ctx, task_id=task.id)


def throw_error(
    ctx: CommandContext, task_id: str, code: str, *, message: str = "", values: Mapping[str, Any] | None = None
) -> None:
    """Ends a task by a BPMN error, which the diagram catches or which ends the instance as failed."""
    running, task = open_task(ctx, task_id, operation="complete")
    accepted = variables.accept_into(ctx, running, dict(values or {}))
    outcome = running.instance.throw_error(task.id, code, message, accepted)
    body = {"task": task.id, "element": task.element_id, "code": code}
    process_instances.apply(ctx, running, outcome, kind="task.error_thrown", body=body)


def throw_escalation(ctx: CommandContext, task_id: str, code: str, values: Mapping[str, Any] | None = None) -> None:
    """Throws an escalation from a task, which goes on waiting unless the diagram interrupts it."""
    running, task = open_task(ctx, task_id, operation="complete")
    accepted = variables.accept_into(ctx, running, dict(values or {}))
    outcome = running.instance.throw_escalation(task.id, code, accepted)
    body = {"task": task.id, "element": task.element_id, "code": code}
    process_instances.apply(ctx, running, outcome, kind="task.escalation_thrown", body=body)


__all__ = [
    "SORTS",
    "TASK",
    "TASK_COLUMNS",
    "Candidates",
    "TaskQuery",
    "UserTask",
    "assign",
    "attempts_of",
    "candidates_of",
    "claim",
    "complete",
    "count",
    "find",
    "form_of",
    "get",
    "next_for",
    "record_attempt",
    "unclaim",
]
