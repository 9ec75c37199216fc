"""The rows of one operation, and the statements that send them: one per table, whatever the number of steps."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Table, bindparam, delete, func, select, update

from engine import incidents, models, parked_messages
from engine.bpmn import outcome as bpmn
from engine.context import CommandContext
from engine.deadlines import Deadline
from engine.process_engine import jobs_changed
from engine.sql import Statement, insert_into, upsert_into
from engine.values import dump

if TYPE_CHECKING:
    from engine.process_instances import Running

Row = dict[str, Any]
TASK, CANDIDATE = models.user_task, models.task_candidate


class Rows(msgspec.Struct):
    """What one transaction writes for one root instance, gathered before anything is sent."""

    tasks: dict[str, Row] = {}
    candidates: list[Row] = []
    external: dict[str, Row] = {}
    external_closed: list[str] = []
    external_withdrawn: list[str] = []
    jobs: dict[str, Row] = {}
    jobs_closed: list[str] = []
    subscriptions: dict[str, Row] = {}
    subscriptions_closed: list[str] = []
    activities: dict[str, Row] = {}
    variables: list[Row] = []
    decisions: list[Row] = []
    instances: list[Row] = []
    instances_ended: list[bpmn.CalledInstanceEnded] = []
    retimed: list[Deadline] = []
    steps: list[dict[str, Any]] = []
    ended: bpmn.InstanceEnded | None = None
    stalled: list[bpmn.Stalled] = []


def candidate(task_id: str, kind: str, name: str, due_at: int | None) -> Row:
    """Returns the row that lets a group or person take a task."""
    return {"task_id": task_id, "kind": kind, "name": name, "due_at": due_at}


CALLED_COLUMNS = (
    "id",
    "root_id",
    "parent_id",
    "definition_id",
    "definition_key",
    "release",
    "business_key",
    "customer_ref",
    "state",
    "started_at",
    "started_by",
    "revision",
    "chain_count",
)

# Columns that a new row gets its default for here, because compiled statements know no column defaults.
NEW_JOB: Row = {
    "retries": 3,
    "error": None,
    "suspended": False,
    "payload": None,
    "message_name": None,
    "message_key": None,
}
NEW_EXTERNAL: Row = dict.fromkeys(
    ("worker_id", "locked_by", "lock_expires_at", "retries", "error_message", "error_details")
)
# Processes that serve the workers of one PostgreSQL listen here; the payload is a JSON list of topics.
CHANNEL = "marque_external_task"
PAYLOAD_BYTES = 7_000  # PostgreSQL refuses more than 8,000; longer lists wake everybody

UPSERT_TASK = upsert_into(TASK, update=("state", "closed_at", "closed_by"))
INSERT_CANDIDATE = insert_into(CANDIDATE)
UPSERT_ACTIVITY = upsert_into(models.activity_instance, update=("ended_at", "cancelled"))
UPSERT_DEADLINE = upsert_into(
    models.deadline,
    update=[column.name for column in models.deadline.c if column.name not in {"id", "process_instance_id", "root_id"}],
)
INSERT_VARIABLE = insert_into(models.variable_update)
INSERT_DECISION = insert_into(models.decision_instance)
INSERT_CALLED = insert_into(models.process_instance, columns=CALLED_COLUMNS)
WAIT_TABLES = (models.external_task, models.event_subscription, models.job)
INSERT_WAIT = {table.name: insert_into(table) for table in WAIT_TABLES}
DELETE_WAIT = {table.name: Statement(delete(table).where(table.c.id == bindparam("closed"))) for table in WAIT_TABLES}

CALLED_STATES = {
    "completed": "COMPLETED",
    "cancelled": "EXTERNALLY_TERMINATED",
    "failed": "INTERNALLY_TERMINATED",
}


def write(ctx: CommandContext, running: Running, rows: Rows) -> None:
    """Sends the rows, one statement per table."""
    connection = ctx.connection
    _write_waits(ctx, running.root_id, rows)
    UPSERT_ACTIVITY.run_many(connection, list(rows.activities.values()))
    INSERT_VARIABLE.run_many(connection, rows.variables)
    INSERT_DECISION.run_many(connection, rows.decisions)
    INSERT_CALLED.run_many(connection, rows.instances)
    for ended in rows.instances_ended:
        _write_called_end(ctx, ended)
    if running.ledger.changed:
        _write_deadlines(ctx, running, rows)


def _write_waits(ctx: CommandContext, root_id: str, rows: Rows) -> None:
    connection = ctx.connection
    UPSERT_TASK.run_many(connection, list(rows.tasks.values()))
    INSERT_CANDIDATE.run_many(connection, rows.candidates)
    _replace(ctx, models.external_task, rows.external_closed, [NEW_EXTERNAL | row for row in rows.external.values()])
    _replace(ctx, models.event_subscription, rows.subscriptions_closed, list(rows.subscriptions.values()))
    withdrawn = _replace(ctx, models.job, rows.jobs_closed, [NEW_JOB | row for row in rows.jobs.values()])
    if (withdrawn or rows.external_withdrawn) and rows.ended is None:
        # A job that has run is gone before; one that goes here leaves nothing that anybody could repair. With the
        # case all its incidents close.
        incidents.resolve_withdrawn(ctx, root_id, [*rows.jobs_closed, *rows.external_withdrawn])
    messages = [row for row in rows.subscriptions.values() if row["event_type"] == "message"]
    parked_messages.wake(ctx, [(row["event_name"], row["business_key"]) for row in messages])
    if rows.jobs:
        jobs_changed(ctx)
    if rows.external:
        external_tasks_changed(ctx, [row["topic"] for row in rows.external.values()])


def external_tasks_changed(ctx: CommandContext, topics: Iterable[str]) -> None:
    """Wakes the workers that wait for topics once the transaction is committed: in this process by a call, in the
    other ones by a notification, which PostgreSQL delivers at commit."""
    named = sorted(set(topics))
    ctx.after_commit.extend(partial(call, named) for call in ctx.engine.on_external_tasks)
    if not ctx.engine.database.is_sqlite:
        payload = dump(named).decode()
        short = payload if len(payload.encode()) <= PAYLOAD_BYTES else "[]"
        ctx.connection.execute(select(func.pg_notify(CHANNEL, short)))


def _replace(ctx: CommandContext, table: Table, closed: list[str], opened: list[Row]) -> int:
    """Returns how many of the closed ones were still there."""
    gone = DELETE_WAIT[table.name].run_many(ctx.connection, [{"closed": wait_id} for wait_id in closed])
    INSERT_WAIT[table.name].run_many(ctx.connection, opened)
    return gone


def _write_called_end(ctx: CommandContext, step: bpmn.CalledInstanceEnded) -> None:
    table = models.process_instance
    ctx.connection.execute(
        update(table)
        .where(table.c.id == step.process_id)
        .values(state=CALLED_STATES[step.state], ended_at=ctx.now_micros, end_event=step.end_event_id)
    )


def _write_deadlines(ctx: CommandContext, running: Running, rows: Rows) -> None:
    UPSERT_DEADLINE.run_many(ctx.connection, running.ledger.rows(running.root_id))
    jobs_changed(ctx)
    _retime_open_tasks(ctx, running, rows)


def _retime_open_tasks(ctx: CommandContext, running: Running, rows: Rows) -> None:
    """Tasks that were open before show the new due time of a deadline that was opened or moved just now."""
    elements = {deadline.stop_element for deadline in rows.retimed if deadline.running and deadline.stop_element}
    open_before = running.open_before & elements
    tasks = models.user_task
    for element_id in sorted(open_before):
        deadline = running.ledger.for_element(element_id)
        if deadline is not None:
            ctx.connection.execute(
                update(tasks)
                .where(
                    tasks.c.root_id == running.root_id,
                    tasks.c.element_id == element_id,
                    tasks.c.state == "open",
                )
                .values(due_at=deadline.due_at, deadline_id=deadline.id)
            )
