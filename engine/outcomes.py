"""Turns the steps of an outcome into rows, and opens, stops and cancels deadlines on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import structs

from engine import branches, decisions, job_retries
from engine.bpmn import outcome as bpmn
from engine.clock import to_micros
from engine.context import CommandContext
from engine.errors import LimitReached
from engine.ids import new_id
from engine.outcome_rows import TASK, Row, Rows, candidate
from engine.values import dump, encode, to_json

if TYPE_CHECKING:
    from engine.process_instances import Running

FILLER: Row = dict.fromkeys(column.name for column in TASK.c if column.nullable)
CANCELS_DEADLINES = "deadline.cancel"  # property of an element: whoever comes here works against no limit any more


def gather(ctx: CommandContext, running: Running, outcome: bpmn.Outcome) -> Rows:
    """Reads the steps in order; opens, stops and cancels deadlines on the way."""
    rows = Rows()
    for step in outcome.steps:
        GATHERERS[type(step)](ctx, running, rows, step)
    if rows.variables:
        _check_count(ctx, running)
    return rows


def _check_count(ctx: CommandContext, running: Running) -> None:
    limit, live = ctx.engine.settings.limits.variables, running.instance_or_none
    if live is not None and live.variable_count > limit:
        raise LimitReached(f"the instance holds more than {limit} variables", code="tooManyVariables")


def _check_message(ctx: CommandContext, step: bpmn.MessageSent | bpmn.SignalSent) -> None:
    limit = ctx.engine.settings.limits.message_bytes
    if len(encode(step.variables)) > limit:
        raise LimitReached(
            f"{step.name} carries more than {limit} bytes", element_id=step.element_id, code="messageTooLarge"
        )


# ------------------------------------------------------------ one step each


def _activity_started(ctx: CommandContext, running: Running, rows: Rows, step: bpmn.ActivityStarted) -> None:
    element = running.element(step.process_id, step.element_id)
    if element is not None and element.properties.get(CANCELS_DEADLINES) == "true":
        running.ledger.cancel_running()
    rows.steps.append({"s": "started", "e": step.element_id, "a": step.activity_id})
    rows.activities[step.activity_id] = {
        "id": step.activity_id,
        "process_instance_id": step.process_id,
        "root_id": running.root_id,
        "definition_id": running.definition_id_of(step.process_id),
        "definition_key": running.definition_key_of(step.process_id),
        "parent_id": step.parent_id,
        "element_id": step.element_id,
        "element_type": step.element_type,
        "name": element.name if element else None,
        "started_at": ctx.now_micros,
        "ended_at": None,
        "cancelled": False,
    }


def _activity_ended(ctx: CommandContext, running: Running, rows: Rows, step: bpmn.ActivityEnded) -> None:
    rows.steps.append(
        {"s": "cancelled" if step.cancelled else "completed", "e": step.element_id, "a": step.activity_id}
    )
    row = rows.activities.get(step.activity_id)
    if row is None:
        # It was started in an earlier transaction; on conflict only these two columns are written.
        row = rows.activities[step.activity_id] = {
            "id": step.activity_id,
            "process_instance_id": running.root_id,
            "root_id": running.root_id,
            "definition_id": running.deployed.id,
            "definition_key": running.deployed.key,
            "parent_id": None,
            "element_id": step.element_id,
            "element_type": "",
            "name": None,
            "started_at": ctx.now_micros,
        }
    row.update(ended_at=ctx.now_micros, cancelled=step.cancelled)
    if running.ledger and not step.cancelled:
        known = partial(_variables, running)
        running.ledger.stop(ctx, step.element_id, "completed", reported=running.reported, known=known)


def _wait_opened(ctx: CommandContext, running: Running, rows: Rows, step: bpmn.WaitOpened) -> None:
    rows.steps.append({"s": "waits", "e": step.element_id, "w": step.wait_id})
    common: Row = {
        "id": step.wait_id,
        "process_instance_id": step.process_id,
        "root_id": running.root_id,
        "definition_id": running.definition_id_of(step.process_id),
        "element_id": step.element_id,
    }
    match step.details:
        case bpmn.UserTaskWait() as details:
            rows.tasks[step.wait_id] = _task_row(ctx, running, rows, step, details, common)
        case bpmn.ExternalTaskWait() as details:
            _external_opened(ctx, running, rows, step, details, common)
        case bpmn.TimerWait() as details:
            rows.jobs[step.wait_id] = _job(ctx, running, common, "timer", due_at=to_micros(details.due_at))
        case bpmn.JobWait():
            rows.jobs[step.wait_id] = _job(ctx, running, common, "async", due_at=ctx.now_micros)
        case bpmn.SubscriptionWait() as details:
            rows.subscriptions[step.wait_id] = common | {
                "event_type": details.event_type,
                "event_name": details.event_name,
                "definition_key": running.definition_key_of(step.process_id),
                "wait_id": step.wait_id,
                "business_key": running.row.business_key,
                "created_at": ctx.now_micros,
            }


def _task_row(
    ctx: CommandContext,
    running: Running,
    rows: Rows,
    step: bpmn.WaitOpened,
    details: bpmn.UserTaskWait,
    common: Row,
) -> Row:
    running.ledger.stop(ctx, step.element_id, "opened")
    deadline = running.ledger.for_element(step.element_id)
    diagram_due = to_micros(details.due_at) if details.due_at else None
    due_at = deadline.due_at if deadline else diagram_due
    assignee = details.assignee
    if running.row.sandbox:  # a trial bothers nobody: its tasks are those of its starter
        assignee = assignee if assignee == running.row.started_by else None
        details = structs.replace(details, candidate_groups=(), candidate_users=(running.row.started_by,))
    for kind, names in (("group", details.candidate_groups), ("user", details.candidate_users)):
        rows.candidates += [candidate(step.wait_id, kind, name, due_at) for name in dict.fromkeys(names)]
    if deadline is not None and deadline.breached_at is not None and not running.row.sandbox:
        rows.candidates += [candidate(step.wait_id, "escalation", role, due_at) for role in deadline.escalate_to]
    if assignee:
        running.ledger.stop(ctx, step.element_id, "started", known=partial(_variables, running))
    return common | {
        "definition_key": running.definition_key_of(step.process_id),
        "activity_id": step.activity_id,
        "scope_id": step.scope_id,
        "name": details.name,
        "name_en": details.name_en,
        "business_key": running.row.business_key,
        "customer_ref": running.customer_ref,
        "assignee": assignee,
        "owner": None,
        "delegation_state": None,
        "priority": details.priority,
        "form_ref": details.form_ref,
        "form_key": details.form_key,
        "created_at": ctx.now_micros,
        "claimed_at": ctx.now_micros if assignee else None,
        "due_at": due_at,
        "diagram_due_at": diagram_due,
        "follow_up_at": to_micros(details.follow_up_at) if details.follow_up_at else None,
        "deadline_id": deadline.id if deadline else None,
        "state": "open",
        "closed_at": None,
        "closed_by": None,
        "acting_for": None,
    }


def _external_opened(
    ctx: CommandContext,
    running: Running,
    rows: Rows,
    step: bpmn.WaitOpened,
    details: bpmn.ExternalTaskWait,
    common: Row,
) -> None:
    """A topic that the house handles itself becomes a job; any other waits for a worker.

    In a sandbox every topic is a job that does nothing: no worker outside shall act on a trial.
    """
    properties = dict(details.properties or {})
    if details.topic in ctx.engine.handlers or running.row.sandbox:
        payload = {"topic": details.topic, "properties": properties, "scope": step.scope_id}
        rows.jobs[step.wait_id] = _job(ctx, running, common, "handler", due_at=ctx.now_micros, payload=payload)
        return
    rows.external[step.wait_id] = common | {
        "definition_key": running.definition_key_of(step.process_id),
        "activity_id": step.activity_id,
        "scope_id": step.scope_id,
        "topic": details.topic,
        "business_key": running.row.business_key,
        "priority": details.priority,
        "properties": dump(properties),
        "created_at": ctx.now_micros,
    }


def _job(ctx: CommandContext, running: Running, common: Row, kind: str, *, due_at: int, payload: Any = None) -> Row:
    elements = running.definition_of(common["process_instance_id"]).elements
    return common | {
        "retries": job_retries.tries(elements, common["element_id"]),
        "type": kind,
        "wait_id": common["id"],
        "due_at": due_at,
        "payload": None if payload is None else dump(payload),
        "created_at": ctx.now_micros,
    }


def _wait_closed(ctx: CommandContext, running: Running, rows: Rows, step: bpmn.WaitClosed) -> None:
    rows.steps.append({"s": "withdrawn" if step.cancelled else "done", "e": step.element_id, "w": step.wait_id})
    opened: dict[str, Row]
    match step.kind:
        case "user_task":
            if step.wait_id in rows.tasks:
                rows.tasks[step.wait_id].update(_closed(ctx, step))
                rows.candidates = [row for row in rows.candidates if row["task_id"] != step.wait_id]
                return
            rows.tasks[step.wait_id] = _closed_before(running, step) | _closed(ctx, step)
            return
        case "external_task":
            # A topic may be handled by a job of the house; which of the two it was is known by the handler table.
            rows.jobs.pop(step.wait_id, None)
            opened, closed = rows.external, rows.external_closed
            rows.jobs_closed.append(step.wait_id)
            if step.cancelled:
                rows.external_withdrawn.append(step.wait_id)
        case "timer" | "job":
            opened, closed = rows.jobs, rows.jobs_closed
        case "subscription":
            opened, closed = rows.subscriptions, rows.subscriptions_closed
    if opened.pop(step.wait_id, None) is None:
        closed.append(step.wait_id)


def _closed_before(running: Running, step: bpmn.WaitClosed) -> Row:
    """A row that exists already: on conflict only what `_closed` says is written, the rest only fills the insert."""
    return FILLER | {
        "id": step.wait_id,
        "process_instance_id": running.root_id,
        "root_id": running.root_id,
        "definition_id": running.deployed.id,
        "definition_key": running.deployed.key,
        "element_id": step.element_id,
        "activity_id": "",
        "scope_id": "",
        "name": "",
        "name_en": "",
        "priority": 0,
        "created_at": 0,
    }


def _closed(ctx: CommandContext, step: bpmn.WaitClosed) -> Row:
    return {
        "state": "cancelled" if step.cancelled else "completed",
        "closed_at": ctx.now_micros,
        "closed_by": None if step.cancelled else ctx.actor.user_id,
    }


def _variable_set(ctx: CommandContext, running: Running, rows: Rows, step: bpmn.VariableSet) -> None:
    value, limit = to_json(step.value), ctx.engine.settings.limits.variable_bytes
    stored = dump(value)
    if len(stored) > limit:
        raise LimitReached(f"the variable {step.name} is larger than {limit} bytes", code="variableTooLarge")
    rows.steps.append({"s": "set", "n": step.name, "c": step.scope_id, "v": value})
    if step.name == "customer_ref" and isinstance(step.value, str):
        running.customer_ref = step.value
    if step.name == branches.VARIABLE and not step.scope_id:
        running.branch_id = branches.of_value(step.value)
    rows.variables.append(
        {
            "id": new_id(),
            "process_instance_id": running.root_id,
            "root_id": running.root_id,
            "scope_id": step.scope_id,
            "activity_id": step.activity_id,
            "name": step.name,
            "value": stored,
            "deleted": step.deleted,
            "at": ctx.now_micros,
        }
    )


def _decision_taken(ctx: CommandContext, running: Running, rows: Rows, step: bpmn.DecisionTaken) -> None:
    recorded = decisions.as_json(step.result)
    rows.steps.append({"s": "decided", "e": step.element_id, "d": recorded})
    rows.decisions.append(
        {
            "id": new_id(),
            "process_instance_id": running.root_id,
            "root_id": running.root_id,
            "element_id": step.element_id,
            "activity_id": step.activity_id,
            "decision_key": step.result.decision_key,
            "definition_id": step.result.definition_id,
            "version": step.result.version,
            "evaluated_by": step.result.evaluated_by,
            "at": ctx.now_micros,
            "body": dump(recorded),
        }
    )
    if step.opens_deadlines:
        rows.retimed += running.ledger.open_from(ctx, running.root_id, step, partial(_variables, running))


def _variables(running: Running) -> Mapping[str, Any]:
    return running.instance.variables()


def _message_sent(ctx: CommandContext, running: Running, rows: Rows, step: bpmn.MessageSent) -> None:
    _check_message(ctx, step)
    payload = {
        "event": "message",
        "name": step.name,
        "businessKey": step.business_key,
        "variables": {name: to_json(value) for name, value in step.variables.items()},
        "optional": step.optional,
        "sender": running.root_id,
        "onBehalfOf": _person(ctx, running),
    }
    if running.row.sandbox:  # it may reach its own sender and no other case
        payload |= {"processInstanceId": running.root_id, "optional": True}
    _delivery(ctx, running, rows, step.element_id, payload)
    if not payload["optional"]:
        job_id = rows.steps[-1]["job"]
        rows.jobs[job_id] |= {"message_name": step.name, "message_key": step.business_key}


def _person(ctx: CommandContext, running: Running) -> str | None:
    """Returns who is the first employee of a case that a message of this one starts: who acts, else who opened it."""
    if not ctx.actor.is_system:
        return ctx.actor.user_id
    opened_by = running.instance.variables().get("opened_by")
    return opened_by if isinstance(opened_by, str) else None


def _signal_sent(ctx: CommandContext, running: Running, rows: Rows, step: bpmn.SignalSent) -> None:
    _check_message(ctx, step)
    if running.row.sandbox:
        rows.steps.append({"s": "kept", "e": step.element_id, "event": "signal", "n": step.name})
        return
    payload = {
        "event": "signal",
        "name": step.name,
        "variables": {name: to_json(value) for name, value in step.variables.items()},
        "optional": True,
        "sender": running.root_id,
    }
    _delivery(ctx, running, rows, step.element_id, payload)


def _delivery(ctx: CommandContext, running: Running, rows: Rows, element_id: str, payload: Row) -> None:
    job_id = new_id()
    rows.steps.append({"s": "sent", "e": element_id, "event": payload["event"], "n": payload["name"], "job": job_id})
    rows.jobs[job_id] = {
        "id": job_id,
        "process_instance_id": running.root_id,
        "root_id": running.root_id,
        "definition_id": running.deployed.id,
        "element_id": element_id,
        "type": "delivery",
        "wait_id": None,
        "due_at": ctx.now_micros,
        "payload": dump(payload),
        "created_at": ctx.now_micros,
    }


def _called_started(ctx: CommandContext, running: Running, rows: Rows, step: bpmn.CalledInstanceStarted) -> None:
    running.called[step.process_id] = step.definition_id
    deployed = ctx.engine.definitions.deployed(ctx, step.definition_id)
    rows.steps.append({"s": "called", "e": step.element_id, "i": step.process_id, "definition": step.definition_id})
    rows.instances.append(
        {
            "id": step.process_id,
            "root_id": running.root_id,
            "parent_id": step.parent_process_id,
            "definition_id": deployed.id,
            "definition_key": deployed.key,
            "release": running.row.release,
            "business_key": step.business_key,
            "customer_ref": running.customer_ref,
            "state": "ACTIVE",
            "started_at": ctx.now_micros,
            "started_by": ctx.actor.user_id,
            "revision": 0,
            "chain_count": 0,
        }
    )


def _called_ended(ctx: CommandContext, running: Running, rows: Rows, step: bpmn.CalledInstanceEnded) -> None:
    rows.instances_ended.append(step)
    rows.steps.append({"s": "called.ended", "i": step.process_id, "end": step.end_event_id})


def _flow_taken(ctx: CommandContext, running: Running, rows: Rows, step: bpmn.FlowTaken) -> None:
    rows.steps.append({"s": "flow", "e": step.flow_id})


def _instance_ended(ctx: CommandContext, running: Running, rows: Rows, step: bpmn.InstanceEnded) -> None:
    running.ledger.cancel_running()
    rows.ended = step
    rows.steps.append({"s": "ended", "state": step.state, "end": step.end_event_id, "error": step.error_code})


def _stalled(ctx: CommandContext, running: Running, rows: Rows, step: bpmn.Stalled) -> None:
    rows.stalled.append(step)
    rows.steps.append({"s": "stalled", "e": list(step.element_ids)})


GATHERERS: Mapping[type[bpmn.Step], Callable[[CommandContext, Running, Rows, Any], None]] = {
    bpmn.ActivityStarted: _activity_started,
    bpmn.ActivityEnded: _activity_ended,
    bpmn.FlowTaken: _flow_taken,
    bpmn.WaitOpened: _wait_opened,
    bpmn.WaitClosed: _wait_closed,
    bpmn.VariableSet: _variable_set,
    bpmn.DecisionTaken: _decision_taken,
    bpmn.MessageSent: _message_sent,
    bpmn.SignalSent: _signal_sent,
    bpmn.CalledInstanceStarted: _called_started,
    bpmn.CalledInstanceEnded: _called_ended,
    bpmn.InstanceEnded: _instance_ended,
    bpmn.Stalled: _stalled,
}
