"""What all flow nodes share: how a token arrives, is recorded and goes on over the sequence flows.

The library drives a node through `_update` (a token arrived) → `_ready` → `_run` → `complete` → `_on_complete`. Its
prediction of future tasks is left out: successors exist from the moment their predecessor is complete, over exactly
the flows that were chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.definition import Element
from engine.bpmn.expressions import Value
from engine.bpmn.outcome import ActivityEnded, ActivityStarted, FlowTaken, JobWait

if TYPE_CHECKING:
    from engine.bpmn.specs.event_definitions import Thrown
    from engine.bpmn.token import Token


@dataclass(frozen=True, slots=True, eq=False)
class FlowSpec:
    """A sequence flow. `id` is the owner's, None for a step that the diagram does not draw (a link)."""

    id: str | None
    target: Node
    condition: Value | None = None
    is_default: bool = False


class Node(BpmnSpecMixin):
    """Base of all flow nodes. `element` is what the owner drew; several nodes may stand for one element.

    `keeps_alive` tells whether a token here keeps its scope from completing; `handles_events` marks event
    sub-processes; `handler` names the node that undoes this one.
    """

    keeps_alive: ClassVar[bool] = True
    handles_events: ClassVar[bool] = False
    handler: str | None = None

    def __init__(self, scope_spec: Any, element: Element, *, name: str | None = None) -> None:
        super().__init__(scope_spec, name or element.id)
        self.element = element
        self.lead_over(())
        self.incoming_ids: tuple[str, ...] = ()
        self.async_before = False
        self.async_after = False
        self.completion_quantity = 1

    # ------------------------------------------------------------ the library's life cycle

    def test(self) -> None:
        """The library's check of inputs; `lint` has done it."""

    def _predict(self, my_task: Token, *_: Any, **__: Any) -> None:
        """Predicts nothing: the library would build all reachable tasks and recurse endlessly on `A → A`."""

    def _update_hook(self, token: Token) -> bool:
        if self.async_before:
            token.top.open_wait(token, JobWait("asyncBefore"))
            return False
        return True

    def _on_ready_hook(self, token: Token) -> None:
        token.top.push(token)

    def _run_hook(self, token: Token) -> bool | None:
        self.begin(token)
        return True

    def _on_complete_hook(self, token: Token) -> None:
        self.finish(token)
        if self.async_after:
            token._set_state(TaskState.STARTED)
            token.top.open_wait(token, JobWait("asyncAfter"))
        else:
            self.leave(token)

    def _on_cancel(self, token: Token) -> None:
        top = token.top
        top.close_wait(token, cancelled=True)
        if token.begun:
            token.begun = False
            top.steps.append(ActivityEnded(token.id, self.element.id, True))
        top.scopes.close(token.id)

    # ------------------------------------------------------------ the steps of one activity instance

    def begin(self, token: Token) -> None:
        """Records that the node was entered."""
        token.begun = True
        container = token.parent
        parent_id = token.workflow.activity_id if container is token.workflow.task_tree else container.id
        element = self.element
        token.top.steps.append(
            ActivityStarted(token.id, element.id, element.type, token.workflow.process_id, parent_id)
        )

    def finish(self, token: Token) -> None:
        """Records that the node was left."""
        if token.begun:
            token.begun = False
            token.top.steps.append(ActivityEnded(token.id, self.element.id))

    def run_job(self, token: Token) -> None:
        """Goes on after an asynchronous continuation."""
        after = isinstance(token.wait[1], JobWait) and token.wait[1].kind == "asyncAfter"  # type: ignore[index]
        token.top.close_wait(token)
        if not after:
            token._ready()
            return
        self.leave(token)
        token._set_state(TaskState.COMPLETED)
        token.workflow._task_completed_notify(token)

    def resume(self, token: Token) -> None:
        """Goes on when what lies inside the activity is done."""
        token.complete()

    def all_undone(self, token: Token) -> None:
        """Goes on when everything that this token had undone is undone."""
        token.top.push(token)

    def catches(self, token: Token, thrown: Thrown) -> bool:
        """Tells whether a thrown error, escalation or cancel is for a token that waits here."""
        return False

    def only_swallows(self, token: Token) -> bool:
        """Tells whether a token stands here only to swallow what comes late; complex gateways have such."""
        return False

    def child_finished(self, token: Token, child: Token) -> None:
        """Something inside this token is complete and gone."""

    def wait_activity(self, token: Token) -> str:
        """Returns the activity instance that a wait of this token belongs to."""
        return token.id

    def try_late(self, token: Token) -> bool:
        """Tries to go on when nothing else can move; only inclusive joins do."""
        return False

    # ------------------------------------------------------------ sequence flows

    def lead_over(self, flows: tuple[FlowSpec, ...]) -> None:
        """Gives the node its outgoing flows; `has_choice` tells whether one of them depends on anything."""
        self.outgoing = flows
        self.has_choice = any(flow.condition is not None or flow.is_default for flow in flows)

    def leave(self, token: Token) -> None:
        """Puts a token at the end of each flow that is taken."""
        for _ in range(self.completion_quantity):
            for flow in self.choose(token):
                self.send(token, flow)

    def choose(self, token: Token) -> tuple[FlowSpec, ...]:
        """Returns the flows taken: all without condition, those whose condition holds, else the default (13.3.1).

        An activity none of whose conditions holds takes no flow: its token ends there (8.4.13)."""
        if not self.has_choice:
            return self.outgoing
        free = [flow for flow in self.outgoing if flow.condition is None and not flow.is_default]
        held = [flow for flow in self.outgoing if flow.condition is not None and self.holds(token, flow)]
        taken = tuple(flow for flow in self.outgoing if flow in held or flow in free)
        return taken if held else taken + tuple(flow for flow in self.outgoing if flow.is_default)

    def holds(self, token: Token, flow: FlowSpec, **extra: Any) -> bool:
        """Returns what the condition of a flow says; raises ExecutionFailed if it says neither true nor false.

        `extra` are variables that exist for this condition alone."""
        assert flow.condition is not None
        value = token.evaluate(flow.condition, **extra)
        if not isinstance(value, bool):
            raise token.fail(f"the condition of flow {flow.id} yields neither true nor false")
        return value

    def send(self, token: Token, flow: FlowSpec) -> None:
        """Puts a token at the end of one flow, in the same container."""
        top = token.top
        successor = token.parent.add(flow.target)
        if flow.id is not None:
            successor.flow = flow.id
            top.steps.append(FlowTaken(flow.id, token.workflow.process_id))
        flow.target._update(successor)


class Step(Node):
    """A node that has variables of its own: activities and events with input and output mappings.

    `looped`: instances of it are contained in a loop body, which opens and closes their scope.
    """

    def __init__(self, scope_spec: Any, element: Element, *, name: str | None = None) -> None:
        super().__init__(scope_spec, element, name=name)
        self.input_mappings: tuple[tuple[str, Value], ...] = ()
        self.output_mappings: tuple[tuple[str, Value], ...] = ()
        self.looped = False

    def begin(self, token: Token) -> None:
        super().begin(token)
        if self.input_mappings:
            self.open_scope(token)
            for name, value in self.input_mappings:
                token.top.set_local(token, name, token.evaluate(value))

    def open_scope(self, token: Token) -> None:
        """Gives the token a variable scope of its own, unless it has one."""
        if token.id not in token.top.scopes:
            token.top.scopes.open(token.id, token.scope_id)
            token.scope_id = token.id

    def finish(self, token: Token) -> None:
        top = token.top
        for name, value in self.output_mappings:
            self._put_out(token, name, token.evaluate(value))
        if token.scope_id == token.id and not self.looped:
            top.scopes.close(token.id)
            token.scope_id = token.parent.scope_id
        super().finish(token)

    def _put_out(self, token: Token, name: str, value: Any) -> None:
        top = token.top
        if token.scope_id != token.id:
            top.set_variable(token, name, value)
        elif self.looped and name in top.scopes.local(token.id):
            top.set_local(token, name, value)
        else:
            top.set_variable(token, name, value, scope_id=top.scopes.local(token.id).parent)

    def receive(self, token: Token, variables: Any) -> None:
        """Writes variables that came from outside, by the rules of visibility."""
        for name, value in variables.items():
            token.top.set_variable(token, name, value)
