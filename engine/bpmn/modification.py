"""Changes where a running instance stands: takes tokens away and puts tokens down, by hand and at once.

All instructions of one modification are one operation: what is taken away first does not end the instance if a later
instruction puts a token down. A scope in which nothing is left is cancelled, not completed: it did not reach its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.definition import Definition
from engine.bpmn.instance import Instance
from engine.bpmn.limits import DEFAULT_LIMITS, Limits
from engine.bpmn.migration_maps import Placed, nodes_of
from engine.bpmn.outcome import Outcome
from engine.bpmn.scheduler import InstanceWorkflow
from engine.bpmn.scope import ROOT
from engine.bpmn.specs.event_sub_processes import EventSubProcess, Listener
from engine.bpmn.specs.events import BoundaryEvent, StartEvent
from engine.bpmn.specs.joins import Join
from engine.bpmn.specs.loops import LoopBody, MultiInstanceBody
from engine.bpmn.specs.node import FlowSpec, Node, Step
from engine.bpmn.specs.sub_processes import CallActivity, SubProcess
from engine.bpmn.token import Token
from engine.bpmn.workflow import ScopeWorkflow
from engine.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from engine.bpmn.instance import Services

Kind = Literal["cancel", "startBeforeActivity", "startAfterActivity", "startTransition"]


@dataclass(frozen=True, slots=True)
class Change:
    """One instruction. `element_id` is a flow for `startTransition`. `activity_id` names one activity instance to
    cancel; `ancestor_id` the one in whose scope to start. `variables` are set as seen from there, `local` at it."""

    kind: Kind
    element_id: str | None = None
    activity_id: str | None = None
    ancestor_id: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    local: Mapping[str, Any] = field(default_factory=dict)


def modify(instance: Instance, changes: Sequence[Change], *, definition: Definition, process_id: str) -> Outcome:
    """Carries out the instructions in order on the (called) instance `process_id`, then goes on.

    Raises NotFound for what the diagram or the instance does not have, InvalidRequest for what is ambiguous.
    """
    workflow = instance._workflow
    hand = _Hand(workflow, definition, process_id)
    for change in changes:
        hand.carry_out(change)
    hand.clear_empty_scopes()
    return instance._run()


def start_at(
    definition: Definition,
    *,
    changes: Sequence[Change],
    instance_id: str,
    definition_id: str,
    services: Services,
    variables: Mapping[str, Any],
    business_key: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[Instance, Outcome]:
    """Starts an instance at the elements named instead of at a start event."""
    workflow = InstanceWorkflow(
        definition.process,
        instance_id=instance_id,
        definition_id=definition_id,
        business_key=business_key,
        services=services,
        limits=limits,
    )
    workflow.put_variables(ROOT, variables)
    workflow.begin(())
    instance = Instance(workflow)
    return instance, modify(instance, changes, definition=definition, process_id=instance_id)


class _Hand:
    """Carries out instructions on one (called) instance."""

    def __init__(self, top: InstanceWorkflow, definition: Definition, process_id: str) -> None:
        self._top = top
        self._definition = definition
        self._process_id = process_id
        self._nodes = nodes_of(definition)

    def carry_out(self, change: Change) -> None:
        match change.kind:
            case "cancel":
                self._cancel(change)
            case "startBeforeActivity":
                self._start_before(change)
            case "startAfterActivity":
                self._start_after(change)
            case "startTransition":
                self._start_transition(change)

    # ------------------------------------------------------------ cancel

    def _cancel(self, change: Change) -> None:
        if change.activity_id is not None:
            token = self._top.tokens_by_id.get(change.activity_id)
            if token is None or token.workflow.process_id != self._process_id:
                raise NotFound(f"the instance has no activity instance {change.activity_id}")
            self._cancel_one(token)
            return
        element_id = change.element_id or ""
        self._placed(element_id)
        found = [token for token in self._tokens() if token.element_id == element_id and token.parent is not None]
        if not found:
            raise NotFound(f"the instance is not at {element_id}")
        for token in found:
            if token.alive:
                (token.parent if _is_in_loop(token) else token).cancel()

    def _cancel_one(self, token: Token) -> None:
        """One instance of a parallel loop goes, the others stay; a loop without instances goes as a whole."""
        if not _is_in_loop(token):
            token.cancel()
            return
        body = token.parent
        spec = body.task_spec
        others = [child for child in body.children if child is not token and child.task_spec is spec.instance]
        if not others or not isinstance(spec, MultiInstanceBody):
            body.cancel()
            return
        token.cancel()
        body.memory["done"] += 1
        spec._count(body)

    # ------------------------------------------------------------ start

    def _start_before(self, change: Change) -> None:
        placed = self._placed(change.element_id or "")
        self._refuse_event(placed.spec)
        workflow = self._scope_for(placed, change)
        token = workflow.task_tree.add(placed.spec)
        self._set_variables(token, change)
        token.fired = isinstance(placed.spec, StartEvent)
        if isinstance(placed.spec, Join):
            # Whoever starts at a join by hand means "go on from here": nobody else will come to fill its flows.
            token._ready()
        else:
            placed.spec._update(token)

    def _start_after(self, change: Change) -> None:
        placed = self._placed(change.element_id or "")
        if not placed.spec.outgoing:
            raise InvalidRequest(f"no flow leads on from {change.element_id}")
        with _Stand(self._scope_for(placed, change), placed.spec) as token:
            self._set_variables(token, change)
            placed.spec.leave(token)

    def _start_transition(self, change: Change) -> None:
        flow, placed = self._flow(change.element_id or "")
        with _Stand(self._scope_for(placed, change), placed.spec) as token:
            self._set_variables(token, change)
            placed.spec.send(token, flow)

    def _flow(self, flow_id: str) -> tuple[FlowSpec, Placed]:
        for placed in self._nodes.values():
            for flow in placed.spec.outgoing:
                if flow.id == flow_id:
                    return flow, placed
        raise NotFound(f"the diagram has no sequence flow {flow_id}")

    def _refuse_event(self, spec: Node) -> None:
        if isinstance(spec, (BoundaryEvent, Listener, EventSubProcess)):
            raise InvalidRequest(
                f"{spec.element.id} waits beside the flow and cannot be started; start after it, or inside it"
            )

    def _set_variables(self, token: Token, change: Change) -> None:
        for name, value in change.variables.items():
            token.top.set_variable(token, name, value)
        if not change.local:
            return
        if not isinstance(token.task_spec, Step) or token.task_spec.name not in self._nodes:
            raise InvalidRequest(f"{token.element_id} has no variables of its own")
        token.task_spec.open_scope(token)
        for name, value in change.local.items():
            token.top.set_local(token, name, value)

    # ------------------------------------------------------------ scopes

    def _scope_for(self, placed: Placed, change: Change) -> ScopeWorkflow:
        """Returns the running scope in which a node lies; opens the sub-processes around it where none runs."""
        running = [one for one in self._workflows() if one.spec is placed.scope]
        if change.ancestor_id is not None:
            running = [one for one in running if change.ancestor_id in self._ancestors(one)]
            if not running:
                raise NotFound(f"no scope of {placed.spec.element.id} runs inside {change.ancestor_id}")
        if len(running) > 1:
            raise InvalidRequest(
                f"{placed.spec.element.id} lies in {len(running)} running scopes; name the ancestorActivityInstanceId"
            )
        return running[0] if running else self._open_around(placed, change)

    def _ancestors(self, workflow: ScopeWorkflow) -> Iterator[str]:
        yield workflow.process_id
        while workflow.host is not None and workflow.process_id == self._process_id:
            yield workflow.host.id
            workflow = workflow.host.workflow

    def _open_around(self, placed: Placed, change: Change) -> ScopeWorkflow:
        host = next((one for one in self._nodes.values() if _is_host(one.spec, placed.scope)), None)
        if host is None:
            raise NotFound(f"no scope of {placed.spec.element.id} runs")
        if any(isinstance(one.spec, LoopBody) and one.spec.instance is host.spec for one in self._nodes.values()):
            raise InvalidRequest(f"{host.spec.element.id} is a loop; start the loop itself")
        outer = self._scope_for(host, Change(change.kind, ancestor_id=None))
        token = outer.task_tree.add(host.spec)
        token._set_state(TaskState.STARTED)
        spec = host.spec
        assert isinstance(spec, SubProcess)
        spec.begin(token)
        spec.guard(token)
        spec.open_scope(token)
        if isinstance(spec, EventSubProcess):
            token.memory.update(begin_with="", interrupts=False)
        inner = self._top.create_subprocess(token, spec.body)
        inner.begin(())
        return inner

    def clear_empty_scopes(self) -> None:
        """Cancels what holds nothing any more, from the inside outwards."""
        inner = sorted(self._top.subprocesses.values(), key=lambda workflow: -workflow.depth)
        for workflow in [*inner, self._top]:
            if workflow.completed or any(token.keeps_alive for token in workflow.tokens()):
                continue
            if workflow.host is None:
                self._top.end("cancelled")
            elif workflow.host.alive:
                outer = workflow.host.parent if _is_in_loop(workflow.host) else workflow.host
                outer.cancel()

    # ------------------------------------------------------------ looking around

    def _placed(self, element_id: str) -> Placed:
        placed = self._nodes.get(element_id.partition("#")[0])
        if placed is None or ("#" in element_id and element_id not in self._definition.elements):
            raise NotFound(f"the diagram has no element {element_id}")
        return placed

    def _workflows(self) -> list[ScopeWorkflow]:
        everything: list[ScopeWorkflow] = [self._top, *self._top.subprocesses.values()]
        return [one for one in everything if one.process_id == self._process_id and not one.completed]

    def _tokens(self) -> Iterator[Token]:
        for workflow in self._workflows():
            for token in workflow.tokens():
                if not isinstance(token.task_spec, (BoundaryEvent, Listener)):
                    yield token


class _Stand:
    """A token that only lends its place while others are put down from it."""

    def __init__(self, workflow: ScopeWorkflow, spec: Node) -> None:
        self._token = workflow.task_tree.add(spec)

    def __enter__(self) -> Token:
        return self._token

    def __exit__(self, *_: object) -> None:
        self._token.top.scopes.close(self._token.id)
        self._token.remove()


def _is_in_loop(token: Token) -> bool:
    parent = token.parent
    return (
        parent is not None and isinstance(parent.task_spec, LoopBody) and token.task_spec is parent.task_spec.instance
    )


def _is_host(spec: Node, scope: object) -> bool:
    is_plain = isinstance(spec, SubProcess) and not isinstance(spec, CallActivity)
    return is_plain and not spec.name.endswith("#undo") and getattr(spec, "body", None) is scope
