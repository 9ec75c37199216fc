"""Exclusive and event-based gateways (BPMN 10.6.2, 10.6.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.outcome import FlowTaken
from engine.bpmn.specs.event_definitions import arm
from engine.bpmn.specs.node import FlowSpec, Node

if TYPE_CHECKING:
    from engine.bpmn.token import Token


class ExclusiveGateway(Node):
    """Takes the first flow whose condition holds, in document order, else the default flow.

    A flow without condition is the default wherever it stands; the checks let through one at most.
    """

    def choose(self, token: Token) -> tuple[FlowSpec, ...]:
        default: FlowSpec | None = None
        for flow in self.outgoing:
            if flow.is_default or flow.condition is None:
                default = flow
            elif self.holds(token, flow):
                return (flow,)
        if default is not None:
            return (default,)
        if self.outgoing:
            raise token.fail("no condition of the outgoing flows holds and there is no default flow")
        return ()


class EventBasedGateway(Node):
    """Waits for several events at once; the first one wins and takes the others away (deferred choice).

    Each event waits with a token of its own inside the gateway's token, so that each timer has its own due date.
    """

    def _run_hook(self, token: Token) -> bool | None:
        self.begin(token)
        for flow in self.outgoing:
            if token.alive:
                waiting = token.add(flow.target)
                waiting.flow = flow.id
                arm(waiting, flow.target.event_definition)
        return None

    def won_by(self, token: Token, event: Token) -> None:
        """Lets one event go on: it moves out of the gateway's token, which ends with all other events."""
        event.move_up()
        for other in token.children:
            other.cancel()
        self.finish(token)
        self.record_flow(event)
        token._set_state(TaskState.COMPLETED)
        token.remove()

    def record_flow(self, event: Token) -> None:
        """Records the flow over which the winning event is reached."""
        if event.flow is not None:
            event.top.steps.append(FlowTaken(event.flow, event.workflow.process_id))


def waits_in_gateway(token: Token) -> bool:
    """Tells whether a token is one of the events of an event-based gateway."""
    parent: Any = token.parent
    return parent is not None and isinstance(parent.task_spec, EventBasedGateway)
