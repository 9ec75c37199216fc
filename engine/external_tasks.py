"""External tasks: work for a topic, fetched, locked and reported on by workers outside.

    waits ──fetch_and_lock──▶ locked ──complete / bpmn_error──▶ the instance goes on (row removed)
      ▲                         │ extend_lock, or the lock runs out
      └── retryTimeout ── fail ─┘ retries 0: incident, until somebody sets retries again

A lock is a column with an instant on the engine's clock, taken with SKIP LOCKED, so any number of workers may fetch at
once and a worker that dies gives its task back by itself. Topics that the house handles are jobs (engine/handlers.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, or_, update

from engine import authorizations, models, process_instances, releases, variables
from engine.bpmn.outcome import Outcome, Step
from engine.context import CommandContext
from engine.errors import InvalidRequest
from engine.external_task_queries import HAS_RETRIES, ROWS, TASK, ExternalTask, get, is_locked
from engine.handlers import Handler, HandlerTask
from engine.incidents import open_incident, resolve_of_job
from engine.outcome_rows import external_tasks_changed
from engine.process_instances import Running
from engine.values import load
from engine.variable_conditions import VariableCondition, holds

MESSAGE_LENGTH = 666  # as in Camunda: a message is one line, the rest belongs into the details
DETAILS_LENGTH = 64 * 1024
MAX_TASKS = 1_000
INCIDENT = "failedExternalTask"


@dataclass(frozen=True, slots=True)
class TopicRequest:
    """One topic that a worker asks for. Durations are milliseconds; `variables` None asks for all."""

    topic: str
    lock_duration_ms: int
    variables: tuple[str, ...] | None = None
    local_variables: bool = False
    business_key: str | None = None
    definition_id: str | None = None
    definition_ids: tuple[str, ...] | None = None
    definition_key: str | None = None
    definition_keys: tuple[str, ...] | None = None
    version_tag: str | None = None
    conditions: tuple[VariableCondition, ...] = ()
    with_properties: bool = False


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What a worker asks for; with `use_priority` the most urgent comes first, else the oldest."""

    worker_id: str
    max_tasks: int
    topics: tuple[TopicRequest, ...]
    use_priority: bool = False

    def __post_init__(self) -> None:
        if not self.worker_id:
            raise InvalidRequest("workerId is missing")
        if any(topic.lock_duration_ms <= 0 for topic in self.topics):
            raise InvalidRequest("lockDuration must be a positive number of milliseconds")


@dataclass(frozen=True, slots=True)
class LockedTask:
    """A task that the worker has now, with the variables it asked for; personal ones as references."""

    task: ExternalTask
    variables: Mapping[str, Any]
    properties: Mapping[str, str] = field(default_factory=dict)


# ------------------------------------------------------------ fetching


def is_available(ctx: CommandContext, request: FetchRequest) -> bool:
    """Tells whether a fetch would find something: a read, so that those who wait do not queue for the writer."""
    authorizations.require(ctx, "ExternalTask", "work")
    if not request.topics:
        return False
    found = ROWS.with_only_columns(TASK.c.id, maintain_column_froms=True).where(_wanted(ctx, request)).limit(1)
    return ctx.connection.execute(found).first() is not None


def fetch_and_lock(ctx: CommandContext, request: FetchRequest) -> list[LockedTask]:
    """Locks up to `max_tasks` free tasks of the topics for a worker and returns them with their variables."""
    authorizations.require(ctx, "ExternalTask", "work")
    if not request.topics or request.max_tasks < 1:
        return []
    which = case(*[(_matches(topic), literal(number)) for number, topic in enumerate(request.topics)])
    order = (TASK.c.priority.desc(),) if request.use_priority else ()
    query = (
        ROWS.add_columns(which.label("topic_number"))
        .where(_wanted(ctx, request))
        .order_by(*order, TASK.c.created_at, TASK.c.id)
        .limit(min(request.max_tasks, MAX_TASKS))
        .with_for_update(of=TASK, skip_locked=True)
    )
    rows = ctx.connection.execute(query).all()
    return [_locked(ctx, request, ExternalTask(*row[:-1]), request.topics[row[-1]]) for row in rows]


def _wanted(ctx: CommandContext, request: FetchRequest) -> ColumnElement[bool]:
    return and_(
        or_(*[_matches(topic) for topic in request.topics]),
        ~is_locked(ctx),
        HAS_RETRIES,
        process_instances.INSTANCE.c.state == process_instances.ACTIVE,
        # Nothing leaves a sandbox.
        releases.outside_sandboxes(TASK.c.root_id),
    )


def _matches(topic: TopicRequest) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [TASK.c.topic == topic.topic]
    for column, value in (
        (TASK.c.business_key, topic.business_key),
        (TASK.c.definition_id, topic.definition_id),
        (TASK.c.definition_key, topic.definition_key),
    ):
        if value is not None:
            conditions.append(column == value)
    if topic.definition_ids is not None:
        conditions.append(TASK.c.definition_id.in_(topic.definition_ids))
    if topic.definition_keys is not None:
        conditions.append(TASK.c.definition_key.in_(topic.definition_keys))
    if topic.version_tag is not None:
        conditions.append(models.definition.c.version_tag == topic.version_tag)
    conditions += [holds(condition, TASK.c.root_id) for condition in topic.conditions]
    return and_(*conditions)


def _locked(ctx: CommandContext, request: FetchRequest, task: ExternalTask, topic: TopicRequest) -> LockedTask:
    expires = ctx.now_micros + topic.lock_duration_ms * 1000
    _change(ctx, task, worker_id=request.worker_id, locked_by=ctx.actor.user_id, lock_expires_at=expires)
    held = replace(task, worker_id=request.worker_id, locked_by=ctx.actor.user_id, lock_expires_at=expires)
    row = process_instances.get(ctx, task.root_id)
    if topic.local_variables:
        seen = variables.of_instance(ctx, task.root_id, scope_id=task.activity_id)
    else:
        seen = process_instances.running_from(ctx, row).instance.typed_variables(task.scope_id)
    wanted = {name: value for name, value in seen.items() if topic.variables is None or name in topic.variables}
    return LockedTask(held, wanted, load(task.properties) if topic.with_properties else {})


# ------------------------------------------------------------ reporting


def complete(
    ctx: CommandContext,
    task_id: str,
    *,
    worker_id: str,
    values: Mapping[str, Any] | None = None,
    local_values: Mapping[str, Any] | None = None,
) -> None:
    """Hands in the result of a task; the instance goes on in this transaction.

    `local_values` stay inside the task, for its output parameters. Raises InvalidRequest if another worker has it.
    """
    running, task = _held(ctx, task_id, worker_id, "completed")
    steps: tuple[Step, ...] = ()
    if local_values:
        absorbed = variables.enter_into(ctx, running, dict(local_values))
        steps = running.instance.set_variables(absorbed, scope_id=task.activity_id).steps
    accepted = variables.accept_into(ctx, running, dict(values or {}))
    outcome = running.instance.complete(task.id, accepted)
    _report(ctx, running, task, Outcome(steps + outcome.steps), "external_task.completed")


def throw_error(
    ctx: CommandContext,
    task_id: str,
    *,
    worker_id: str,
    code: str,
    message: str = "",
    values: Mapping[str, Any] | None = None,
) -> None:
    """Reports a BPMN error, which the diagram catches or, if it does not, ends the instance as failed."""
    if not code:
        raise InvalidRequest("errorCode is missing")
    running, task = _held(ctx, task_id, worker_id, "failed with a BPMN error")
    accepted = variables.accept_into(ctx, running, dict(values or {}))
    outcome = running.instance.throw_error(task.id, code, message, accepted)
    _report(ctx, running, task, outcome, "external_task.error_thrown", code=code)


def fail(
    ctx: CommandContext,
    task_id: str,
    *,
    worker_id: str,
    message: str | None,
    details: str | None,
    retries: int,
    retry_timeout_ms: int,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Reports that a task could not be done. It is tried again after the timeout; with no retries an incident opens.

    What a worker writes into message and details may quote a value of the case: personal ones are blotted out.
    """
    if retries < 0 or retry_timeout_ms < 0:
        raise InvalidRequest("retries and retryTimeout must not be negative")
    running, task = _held(ctx, task_id, worker_id, "reported as failed")
    blot = variables.blotter(ctx, running)
    said = blot(message)[:MESSAGE_LENGTH] if message else None
    told = blot(details)[:DETAILS_LENGTH] if details else None
    expires = ctx.now_micros + retry_timeout_ms * 1000
    _change(ctx, task, retries=retries, error_message=said, error_details=told, lock_expires_at=expires)
    outcome = process_instances.NOTHING
    if values:
        outcome = running.instance.set_variables(variables.accept_into(ctx, running, values), scope_id=task.scope_id)
    body = _body(task) | {"retries": retries, "error": said}
    process_instances.apply(ctx, running, outcome, kind="external_task.failed", body=body)
    if retries == 0:
        _open_incident(ctx, task, said)


def _report(
    ctx: CommandContext, running: Running, task: ExternalTask, outcome: Outcome, kind: str, **more: Any
) -> None:
    process_instances.apply(ctx, running, outcome, kind=kind, body=_body(task) | more)
    if task.error_message is not None or task.retries == 0:
        resolve_of_job(ctx, task.id)


def _body(task: ExternalTask) -> dict[str, Any]:
    return {"task": task.id, "element": task.element_id, "topic": task.topic, "worker": task.worker_id}


def _open_incident(ctx: CommandContext, task: ExternalTask, message: str | None) -> None:
    open_incident(
        ctx,
        type=INCIDENT,
        message=message or f"the topic {task.topic} could not be worked on",
        process_instance_id=task.root_id,
        definition_id=task.definition_id,
        element_id=task.element_id,
        job_id=task.id,
    )


# ------------------------------------------------------------ locks, retries, priority


def extend_lock(ctx: CommandContext, task_id: str, *, worker_id: str, new_duration_ms: int) -> None:
    """Gives the worker more time, counted from now."""
    task = _task(ctx, task_id)
    _require_worker(task, worker_id, "extended")
    _lock(ctx, task, worker_id, new_duration_ms)


def lock(ctx: CommandContext, task_id: str, *, worker_id: str, duration_ms: int) -> None:
    """Locks one task by id; one that another worker has is refused."""
    task = _task(ctx, task_id)
    if task.worker_id not in {None, worker_id} and (task.lock_expires_at or 0) > ctx.now_micros:
        raise InvalidRequest(f"External task {task.id} is locked by worker {task.worker_id}")
    _lock(ctx, task, worker_id, duration_ms)


def _lock(ctx: CommandContext, task: ExternalTask, worker_id: str, duration_ms: int) -> None:
    if duration_ms <= 0 or not worker_id:
        raise InvalidRequest("a lock needs a workerId and a positive number of milliseconds")
    expires = ctx.now_micros + duration_ms * 1000
    _change(ctx, task, worker_id=worker_id, locked_by=ctx.actor.user_id, lock_expires_at=expires)


def unlock(ctx: CommandContext, task_id: str) -> None:
    """Takes a task away from its worker, so that another may fetch it."""
    task = _task(ctx, task_id)
    _change(ctx, task, worker_id=None, locked_by=None, lock_expires_at=None)
    external_tasks_changed(ctx, [task.topic])


def set_retries(ctx: CommandContext, task_id: str, retries: int) -> None:
    """Lets a failed task be tried again (its incident is closed), or opens an incident with 0."""
    if retries < 0:
        raise InvalidRequest("the number of retries cannot be negative")
    task = _task(ctx, task_id)
    _change(ctx, task, retries=retries)
    if retries == 0:
        _open_incident(ctx, task, task.error_message)
    else:
        resolve_of_job(ctx, task.id)
        external_tasks_changed(ctx, [task.topic])


def set_priority(ctx: CommandContext, task_id: str, priority: int) -> None:
    """Lets a task be fetched earlier or later than others."""
    _change(ctx, _task(ctx, task_id), priority=priority)


def _task(ctx: CommandContext, task_id: str) -> ExternalTask:
    authorizations.require(ctx, "ExternalTask", "work")
    return get(ctx, task_id)


def _held(ctx: CommandContext, task_id: str, worker_id: str, what: str) -> tuple[Running, ExternalTask]:
    """Returns a task with its instance; both are read again under the lock of the instance, because a second report
    of the same task may have been faster."""
    task = _task(ctx, task_id)
    _require_worker(task, worker_id, what)
    running = process_instances.load(ctx, task.root_id)
    return running, get(ctx, task_id)


def _require_worker(task: ExternalTask, worker_id: str, what: str) -> None:
    if task.worker_id is None or task.worker_id != worker_id:
        holder = f"locked by worker {task.worker_id}" if task.worker_id else "not locked"
        raise InvalidRequest(f"External Task {task.id} cannot be {what} by this worker. It is {holder}.")


def _change(ctx: CommandContext, task: ExternalTask, **values: Any) -> None:
    ctx.connection.execute(update(TASK).where(TASK.c.id == task.id).values(**values))


__all__ = [
    "ExternalTask",
    "FetchRequest",
    "Handler",
    "HandlerTask",
    "LockedTask",
    "TopicRequest",
    "complete",
    "extend_lock",
    "fail",
    "fetch_and_lock",
    "is_available",
    "lock",
    "set_priority",
    "set_retries",
    "throw_error",
    "unlock",
]
