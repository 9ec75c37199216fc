"""The state of an instance as bytes: tokens, scopes and variables, never the diagram.

JSON without key order that matters and without types that a variable's name could hijack. Variables are embedded in
their stored form; what no operation touches is copied as it is.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from engine.bpmn.outcome import (
    ExternalTaskWait,
    JobWait,
    SubscriptionWait,
    TimerWait,
    UserTaskWait,
    WaitDetails,
)
from engine.bpmn.scheduler import InstanceWorkflow
from engine.bpmn.specs.ad_hoc import AdHocSubProcess
from engine.bpmn.specs.event_definitions import Condition
from engine.bpmn.token import Token
from engine.bpmn.workflow import ROOT_TOKEN, ScopeWorkflow
from engine.clock import from_micros, to_micros
from engine.errors import ExecutionFailed

if TYPE_CHECKING:
    from engine.bpmn.definition import Definition
    from engine.bpmn.instance import Services
    from engine.bpmn.limits import Limits

VERSION = 1


class StoredToken(msgspec.Struct, array_like=True, omit_defaults=True):
    """One token. `flags` is 1 for begun, 2 for fired; `wait` is [id, kind, what the diagram does not tell …]."""

    id: str
    spec: str
    parent: str
    state: int
    flags: int
    flow: str | None = None
    memory: dict[str, Any] | None = None
    wait: list[Any] | None = None


class StoredScope(msgspec.Struct, array_like=True):
    """One variable scope: the id of its parent and the stored form of its values."""

    parent: str | None
    values: dict[str, msgspec.Raw]


class StoredWorkflow(msgspec.Struct, array_like=True):
    """One running scope. `host` is the token of its activity, '' at the top; `last_end` the last end event."""

    host: str
    process_id: str
    definition_id: str
    business_key: str | None
    last_end: str | None
    compensable: list[list[Any]]
    tokens: list[StoredToken]


class StoredInstance(msgspec.Struct, array_like=True):
    """A whole instance."""

    version: int
    scopes: dict[str, StoredScope]
    workflows: list[StoredWorkflow]
    queue: list[str]
    data: dict[str, Any]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(StoredInstance)


def store(top: InstanceWorkflow) -> bytes:
    """Returns the state of an instance."""
    scopes = {
        scope_id: StoredScope(scope.parent, {name: msgspec.Raw(raw) for name, raw in scope.stored.items()})
        for scope_id, scope in top.scopes.items()
    }
    workflows = [_stored_workflow(workflow) for workflow in _outer_first(top)]
    queue = [token.id for token in top.queue if token.alive]
    return _encoder.encode(StoredInstance(VERSION, scopes, workflows, queue, top.data))


def _outer_first(top: InstanceWorkflow) -> list[ScopeWorkflow]:
    inner = sorted(top.subprocesses.values(), key=lambda workflow: workflow.depth)
    return [top, *inner]


def _stored_workflow(workflow: ScopeWorkflow) -> StoredWorkflow:
    return StoredWorkflow(
        "" if workflow.host is None else workflow.host.id,
        workflow.process_id,
        workflow.definition_id,
        workflow.business_key,
        workflow.last_end,
        workflow.compensable,
        [_stored_token(token) for token in workflow.tasks.values() if token is not workflow.task_tree],
    )


def _stored_token(token: Token) -> StoredToken:
    parent = "" if token._parent == ROOT_TOKEN else token._parent
    wait = None if token.wait is None else _stored_wait(token)
    memory = token.internal_data or None
    return StoredToken(
        token.id,
        token.task_spec.name,
        parent or "",
        token._state,
        token.begun | token.fired << 1,
        token.flow,
        memory,
        wait,
    )


def restore(raw: bytes, definition: Definition, *, services: Services, limits: Limits) -> InstanceWorkflow:
    """Returns the instance of a state; raises ExecutionFailed if the state is of another version or diagram."""
    stored = _decoder.decode(raw)
    if stored.version != VERSION:
        raise ExecutionFailed(f"the stored state has version {stored.version}, this program reads {VERSION}")
    first = stored.workflows[0]
    top = InstanceWorkflow(
        definition.process,
        instance_id=first.process_id,
        definition_id=first.definition_id,
        business_key=first.business_key,
        services=services,
        limits=limits,
    )
    for scope_id, scope in stored.scopes.items():
        top.scopes.open(scope_id, scope.parent, {name: bytes(value) for name, value in scope.values.items()})
    top.data.update(stored.data)
    for workflow in stored.workflows:
        _restore_workflow(top, workflow)
    top.queue.extend(top.tokens_by_id[token_id] for token_id in stored.queue)
    return top


def _restore_workflow(top: InstanceWorkflow, stored: StoredWorkflow) -> None:
    workflow: ScopeWorkflow = top if not stored.host else _open_inner(top, stored)
    workflow.last_end = stored.last_end
    workflow.compensable = stored.compensable
    for token in _containers_first(stored.tokens):
        _restore_token(workflow, token)


def _containers_first(tokens: list[StoredToken]) -> list[StoredToken]:
    """A token that moved out of its container is older than the token that now contains others of its kind."""
    known = {""}
    ordered, waiting = [], tokens
    while waiting:
        late = []
        for token in waiting:
            if token.parent in known:
                known.add(token.id)
                ordered.append(token)
            else:
                late.append(token)
        if len(late) == len(waiting):
            raise ExecutionFailed("the stored state holds tokens without the token that contains them")
        waiting = late
    return ordered


def _open_inner(top: InstanceWorkflow, stored: StoredWorkflow) -> ScopeWorkflow:
    host = top.tokens_by_id[stored.host]
    if stored.process_id == host.workflow.process_id:
        spec = host.task_spec.body
    else:
        spec = top.services.definition_by_id(stored.definition_id).process
    return top.create_subprocess(
        host,
        spec,
        process_id=stored.process_id,
        definition_id=stored.definition_id,
        business_key=stored.business_key,
    )


def _restore_token(workflow: ScopeWorkflow, stored: StoredToken) -> None:
    spec = workflow.spec.task_specs.get(stored.spec)
    if spec is None:
        raise ExecutionFailed(f"the diagram has no element {stored.spec}", element_id=stored.spec)
    top = workflow.top
    parent = workflow.tasks[stored.parent or ROOT_TOKEN]
    token = Token(workflow, spec, parent, state=stored.state, id=stored.id)
    token.begun, token.fired, token.flow = bool(stored.flags & 1), bool(stored.flags & 2), stored.flow
    token.internal_data = stored.memory or {}
    if token.id in top.scopes:
        token.scope_id = token.id
    if isinstance(spec, AdHocSubProcess) and spec.by_hand and stored.flags & 1 and "enough" not in token.memory:
        top.by_hand[token.id] = token
    if "counts" in token.internal_data:
        workflow.joins[spec.name] = token
    if "was" in token.internal_data and isinstance(spec.event_definition, Condition):
        top.conditionals[token.id] = token
    if stored.wait is not None:
        _restore_wait(top, token, stored.wait)


# ---------------------------------------------------------------- waits


def _stored_wait(token: Token) -> list[Any]:
    assert token.wait is not None
    wait_id, details = token.wait
    match details:
        case UserTaskWait():
            people = [details.assignee, list(details.candidate_users), list(details.candidate_groups)]
            return [wait_id, "user", *people, _micros(details.due_at), _micros(details.follow_up_at), details.priority]
        case ExternalTaskWait():
            return [wait_id, "external", details.topic, details.priority, details.properties]
        case TimerWait():
            return [wait_id, "timer", to_micros(details.due_at), details.cycle]
        case SubscriptionWait():
            return [wait_id, details.event_type, details.event_name]
    return [wait_id, "job", details.kind]


def _restore_wait(top: InstanceWorkflow, token: Token, stored: list[Any]) -> None:
    wait_id = stored[0]
    details = _details(token, stored[1], stored[2:])
    token.wait = (wait_id, details)
    top.waits[wait_id] = token
    if isinstance(details, SubscriptionWait):
        top.event_manager.add_task(token)


def _details(token: Token, kind: str, values: list[Any]) -> WaitDetails:
    match kind:
        case "user":
            return _user_task(token, values)
        case "external":
            return ExternalTaskWait(*values)
        case "timer":
            return TimerWait(from_micros(values[0]), values[1])
        case "job":
            return JobWait(*values)
    return SubscriptionWait(kind, *values)  # type: ignore[arg-type]


def _user_task(token: Token, values: list[Any]) -> UserTaskWait:
    assignee, users, groups, due, follow_up, priority = values
    element = token.task_spec.element
    return UserTaskWait(
        name=element.name,
        name_en=element.name_en,
        assignee=assignee,
        candidate_users=tuple(users),
        candidate_groups=tuple(groups),
        due_at=None if due is None else from_micros(due),
        follow_up_at=None if follow_up is None else from_micros(follow_up),
        priority=priority,
        form_ref=element.form_ref,
        form_key=element.form_key,
    )


def _micros(instant: datetime | None) -> int | None:
    return None if instant is None else to_micros(instant)
