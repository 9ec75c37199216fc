"""Jobs: what has to happen by itself, and when. Each runs in a transaction of its own, at least once and never twice.

    due ──run──▶ done (row removed)
     ▲            │ failed: rolled back, then retries − 1 and a later due_at
     └────────────┤
                  └─ retries 0 ──▶ incident; somebody sets retries again

A job is taken with its row locked for the length of its transaction, so a killed executor leaves no lease behind and
a second executor skips it (SKIP LOCKED). Deadlines want attention in the same way (`deadline.next_at`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from engine import (
    batches,
    calendars,
    deadlines,
    deadlines_blocked,
    job_retries,
    models,
    outcome_rows,
    process_instances,
    proposals,
    releases,
    scheduled_suspensions,
    signals,
    start_timers,
    variables,
    working_calendar_table,
)
from engine.context import CommandContext
from engine.errors import ExecutionFailed, MarqueError, NotCorrelated, NotFound
from engine.external_tasks import HandlerTask
from engine.incidents import open_incident, resolve_of_job
from engine.messages import Message, correlate, deliver_later
from engine.process_instances import Running
from engine.values import from_json, load

DEADLINE_RETRY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is due: a job or a deadline, by id."""

    kind: str
    id: str
    due_at: int


def next_due(ctx: CommandContext, until: int) -> Due | None:
    """Returns the earliest thing that is due by an instant (µs), without taking it."""
    job, deadline = models.job, models.deadline
    found = [
        Due(kind, row[0], row[1])
        for kind, query in (
            (
                "job",
                select(job.c.id, job.c.due_at)
                .where(job.c.retries > 0, job.c.suspended.is_(False))
                .order_by(job.c.due_at, job.c.id),
            ),
            (
                "deadline",
                select(deadline.c.id, deadline.c.next_at)
                .where(deadline.c.next_at.is_not(None))
                .order_by(deadline.c.next_at, deadline.c.id),
            ),
        )
        if (row := ctx.connection.execute(query.limit(1)).one_or_none()) is not None
    ]
    earliest = min(found, key=lambda due: (due.due_at, due.kind), default=None)
    return earliest if earliest is not None and earliest.due_at <= until else None


def take_and_run(ctx: CommandContext, *, skip: frozenset[str] = frozenset()) -> str | None:
    """Takes the earliest due thing that no other executor holds and runs it; returns its id, None if none is due."""
    row = _take_job(ctx, skip)
    deadline = _take_deadline(ctx, skip)
    work: Callable[[CommandContext, Any], None]
    if row is not None and (deadline is None or row.due_at <= deadline.next_at):
        taken, work = row, run
    elif deadline is not None:
        taken, work = deadline, attend
    else:
        return None
    try:
        work(ctx, taken)
    except Exception as failure:
        # Anything at all, a bug of ours too: it becomes a failed try and in the end an incident, so that one job that
        # cannot run neither stops the others nor is forgotten.
        raise JobFailed(taken.id) from failure
    return str(taken.id)


class JobFailed(Exception):
    """Carries the id of what failed through the rollback; the cause is chained."""

    def __init__(self, job_id: str) -> None:
        super().__init__(job_id)
        self.job_id = job_id


def _take_job(ctx: CommandContext, skip: frozenset[str]) -> Any:
    table = models.job
    query = (
        select(table)
        .where(
            table.c.retries > 0,
            table.c.suspended.is_(False),
            table.c.due_at <= ctx.now_micros,
            table.c.id.not_in(skip),
        )
        .order_by(table.c.due_at, table.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return ctx.connection.execute(query).one_or_none()


def _take_deadline(ctx: CommandContext, skip: frozenset[str]) -> Any:
    table = models.deadline
    query = (
        select(table.c.id, table.c.root_id, table.c.next_at)
        .where(table.c.next_at <= ctx.now_micros, table.c.id.not_in(skip))
        .order_by(table.c.next_at, table.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return ctx.connection.execute(query).one_or_none()


# ------------------------------------------------------------ running one job


def run(ctx: CommandContext, job: Any) -> None:
    """Does what a job is for and removes it, all in this transaction."""
    payload = load(job.payload) if job.payload else {}
    # The row goes first: the next firing of a cycle keeps the wait's id and comes with the outcome.
    ctx.connection.execute(delete(models.job).where(models.job.c.id == job.id))
    RUNNERS[job.type](ctx, job, payload)
    if job.error is not None:  # it failed before
        resolve_of_job(ctx, job.id)


def _late(ctx: CommandContext, job: Any) -> dict[str, Any]:
    return {"job": job.id, "due": job.due_at, "fired_late_by": ctx.now_micros - job.due_at}


def _run_timer(ctx: CommandContext, job: Any, _payload: Mapping[str, Any]) -> None:
    running = process_instances.load(ctx, job.root_id)
    outcome = running.instance.fire_timer(job.wait_id)
    process_instances.apply(
        ctx, running, outcome, kind="timer.fired", body={"element": job.element_id, **_late(ctx, job)}
    )


def _run_async(ctx: CommandContext, job: Any, _payload: Mapping[str, Any]) -> None:
    running = process_instances.load(ctx, job.root_id)
    outcome = running.instance.run_job(job.wait_id)
    process_instances.apply(ctx, running, outcome, kind="instance.continued", body={"element": job.element_id})


def _run_handler(ctx: CommandContext, job: Any, payload: Mapping[str, Any]) -> None:
    running = process_instances.load(ctx, job.root_id)
    task = HandlerTask(
        id=job.id,
        topic=payload["topic"],
        process_instance_id=job.process_instance_id,
        element_id=job.element_id,
        business_key=running.row.business_key,
        variables=running.instance.variables(payload.get("scope", "")),
        properties=payload["properties"],
    )
    values = variables.accept_into(ctx, running, _handled(ctx, running, task))
    outcome = running.instance.complete(job.wait_id, values)
    process_instances.apply(
        ctx, running, outcome, kind="service.done", body={"element": job.element_id, "topic": task.topic}
    )


def _handled(ctx: CommandContext, running: Running, task: HandlerTask) -> Mapping[str, Any]:
    """Returns what the handler of a topic says; in a sandbox nothing is done, so that nobody outside hears of it."""
    if running.row.sandbox:
        return {}
    handler = ctx.engine.handlers.get(task.topic)
    if handler is None:
        raise ExecutionFailed(f"nobody handles the topic {task.topic}", element_id=task.element_id)
    return handler(ctx, task)


def _run_delivery(ctx: CommandContext, job: Any, payload: Mapping[str, Any]) -> None:
    if "to" in payload:
        signals.deliver(ctx, job, payload)
        return
    values = {name: from_json(value) for name, value in payload["variables"].items()}
    if payload["event"] == "signal":
        signals.broadcast(ctx, payload["name"], values, sender=payload["sender"])
        return
    try:
        message = Message(
            payload["name"],
            business_key=payload["businessKey"],
            variables=values,
            sender=payload["sender"],
            on_behalf_of=payload["onBehalfOf"],
            is_sent=True,
            process_instance_id=payload.get("processInstanceId"),
        )
        correlate(ctx, message)
    except NotCorrelated:
        if not payload["optional"]:
            raise


def _run_start_timer(ctx: CommandContext, job: Any, payload: Mapping[str, Any]) -> None:
    deployed = ctx.engine.definitions.deployed(ctx, job.definition_id)
    start_timers.plan_next(ctx, job, payload["cycle"])
    because = _late(ctx, job)
    process_instances.start(ctx, deployed, start_event_id=job.element_id, cause="started_by_timer", because=because)


def _run_recompute(ctx: CommandContext, job: Any, payload: Any) -> None:
    """Dates the deadlines of a case that waited for a calendar year."""
    running = process_instances.running_from(ctx, process_instances.get(ctx, job.root_id, lock=True))
    breached = deadlines_blocked.recompute(ctx, running, int(payload))
    for deadline in breached:
        escalate(ctx, running.root_id, deadline)
    if running.ledger.changed:
        process_instances.apply(ctx, running, kind="deadline.recomputed", body={"year": int(payload)})


def _run_watch(ctx: CommandContext, _job: Any, _payload: Any) -> None:
    calendars.watch(ctx)


def _run_release(ctx: CommandContext, _job: Any, payload: Mapping[str, Any]) -> None:
    proposals.come_into_force(ctx, payload["proposal"])


RUNNERS: Mapping[str, Callable[[CommandContext, Any, Any], None]] = {
    "timer": _run_timer,
    "async": _run_async,
    "handler": _run_handler,
    "delivery": _run_delivery,
    "start_timer": _run_start_timer,
    batches.JOB: batches.run,
    "release": _run_release,
    scheduled_suspensions.JOB: scheduled_suspensions.run,
    deadlines_blocked.JOB: _run_recompute,
    working_calendar_table.WATCH: _run_watch,
}


# ------------------------------------------------------------ deadlines that want attention


def attend(ctx: CommandContext, taken: Any) -> None:
    """Warns of a deadline or writes down its breach, and adds the escalated roles to the open task."""
    row = process_instances.get(ctx, taken.root_id, lock=True)
    running = process_instances.running_from(ctx, row)
    changed = running.ledger.attend(ctx, taken.id)
    if changed is None:
        # The row says that something is due, the instance says no: the row is stale and put right.
        ctx.connection.execute(update(models.deadline).where(models.deadline.c.id == taken.id).values(next_at=None))
        return
    breached = changed.breached_at is not None
    kind = "deadline.escalated" if breached else "deadline.warned"
    if breached:
        escalate(ctx, running.root_id, changed)
    process_instances.apply(ctx, running, kind=kind, body={"code": changed.code})


def escalate(ctx: CommandContext, root_id: str, deadline: deadlines.Deadline) -> None:
    """The escalated roles become candidates of the open task; it stays with its owner (requirements 2.4).

    Where the table names a message for the breach, the case gets it, if its diagram waits for it.
    """
    if deadline.on_breach is not None:
        deliver_later(ctx, deadline.on_breach, root_id=root_id, element_id=deadline.stop_element)
    tasks, candidates = models.user_task, models.task_candidate
    open_tasks = ctx.connection.execute(
        select(tasks.c.id, tasks.c.due_at).where(
            tasks.c.root_id == root_id,
            tasks.c.element_id == deadline.stop_element,
            tasks.c.state == "open",
            releases.outside_sandboxes(tasks.c.root_id),
        )
    ).all()
    rows = [
        outcome_rows.candidate(task.id, "escalation", role, task.due_at)
        for task in open_tasks
        for role in deadline.escalate_to
    ]
    if rows:
        ctx.connection.execute(insert(candidates), rows)


# ------------------------------------------------------------ failure and repair


def fail(ctx: CommandContext, job_id: str, failure: BaseException) -> None:
    """Lowers the retries of a failed job and plans the next try; at zero an incident opens."""
    table = models.job
    job = ctx.connection.execute(select(table).where(table.c.id == job_id)).one_or_none()
    if job is None:
        _fail_deadline(ctx, job_id, failure)
        return
    left = job.retries - 1
    message = describe(failure)
    ctx.connection.execute(
        update(table)
        .where(table.c.id == job_id)
        .values(retries=left, error=message, due_at=job_retries.next_due(ctx, job, left))
    )
    if left == 0:
        open_incident(
            ctx,
            type="failedJob",
            message=message,
            process_instance_id=job.root_id,
            definition_id=job.definition_id,
            element_id=job.element_id,
            job_id=job.id,
        )


def _fail_deadline(ctx: CommandContext, deadline_id: str, failure: BaseException) -> None:
    table = models.deadline
    row = ctx.connection.execute(select(table).where(table.c.id == deadline_id)).one_or_none()
    if row is None:
        return
    ctx.connection.execute(
        update(table).where(table.c.id == deadline_id).values(next_at=ctx.now_micros + to_micros_delta(DEADLINE_RETRY))
    )
    open_incident(
        ctx,
        type="failedDeadline",
        message=describe(failure),
        process_instance_id=row.root_id,
        element_id=row.stop_element,
    )


def describe(failure: BaseException) -> str:
    """Returns what an incident may say of a failure: our own errors in full, others by their class only, because a
    foreign message may quote a value."""
    return str(failure) if isinstance(failure, MarqueError) else type(failure).__name__


def to_micros_delta(delta: timedelta) -> int:
    """Returns a span in whole microseconds."""
    return delta // timedelta(microseconds=1)


def set_retries(ctx: CommandContext, job_id: str, retries: int) -> None:
    """Lets a failed job be tried again now; closes its incident."""
    table = models.job
    changed = ctx.connection.execute(
        update(table).where(table.c.id == job_id).values(retries=retries, due_at=ctx.now_micros)
    )
    if changed.rowcount != 1:
        raise NotFound(f"there is no job {job_id}")
    if retries > 0:
        resolve_of_job(ctx, job_id)


def change(ctx: CommandContext, job_id: str, **columns: Any) -> None:
    """Changes when a job is due, or holds it; raises NotFound."""
    table = models.job
    if ctx.connection.execute(update(table).where(table.c.id == job_id).values(**columns)).rowcount != 1:
        raise NotFound(f"there is no job {job_id}")


def run_now(ctx: CommandContext, job_id: str) -> None:
    """Runs one job in this transaction, whether or not it is due; what fails stays as it was."""
    table = models.job
    job = ctx.connection.execute(select(table).where(table.c.id == job_id).with_for_update()).one_or_none()
    if job is None:
        raise NotFound(f"there is no job {job_id}")
    run(ctx, job)
