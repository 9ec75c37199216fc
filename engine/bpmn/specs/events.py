"""Start, intermediate and end events, and the boundary events of activities (BPMN 10.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.definition import Element
from engine.bpmn.outcome import JobWait, TimerWait
from engine.bpmn.scope import Change
from engine.bpmn.specs.catching import catch_scoped
from engine.bpmn.specs.event_definitions import (
    CancelEventDefinition,
    ClockTimer,
    Condition,
    EventDefinition,
    MultipleEventDefinition,
    Thrown,
    arm,
    rearmed_timer,
)
from engine.bpmn.specs.gateways import waits_in_gateway
from engine.bpmn.specs.node import Node, Step

if TYPE_CHECKING:
    from engine.bpmn.specs.event_sub_processes import Listener
    from engine.bpmn.specs.throws import Throw
    from engine.bpmn.token import Token


class Catching(Node):
    """What waits for an event. `fire` is called when it happened, with the variables that it brings.

    `code_variable` and `message_variable` name variables that shall hold the code and text of what was caught.
    """

    event_definition: EventDefinition
    code_variable: str | None = None
    message_variable: str | None = None

    def fire(self, token: Token, variables: Mapping[str, Any]) -> None:
        """Goes on, now that the event has happened."""
        raise NotImplementedError

    def check_condition(self, token: Token, changed: frozenset[Change]) -> None:
        """Fires a conditional event when its condition turned from false to true."""
        condition = self.event_definition
        assert isinstance(condition, Condition)
        if not condition.concerns(changed):
            return
        holds = token.evaluate(condition.value) is True
        rises = holds and not token.memory["was"]
        token.memory["was"] = holds
        if rises:
            self.fire(token, {})


def disarm(token: Token) -> tuple[TimerWait | None, bool]:
    """Ends the waiting of a token whose event has happened; returns its timer and whether it was conditional."""
    top = token.top
    timer = token.wait[1] if token.wait is not None else None
    top.close_wait(token)
    for trigger in token.children:
        if trigger.wait is not None and trigger.fired:
            top.close_wait(trigger)
        trigger.cancel()
    was_conditional = top.conditionals.pop(token.id, None) is not None
    return timer if isinstance(timer, TimerWait) else None, was_conditional


def wait_again(
    spec: BoundaryEvent | Listener, container: Token, timer: TimerWait | None, was_conditional: bool
) -> None:
    """Arms an event that did not interrupt: a cycle for its next date, other timers not at all."""
    if is_used_up(spec.event_definition):
        return
    if timer is None:
        again = spec.arm_on(container)
        if was_conditional:
            again.memory["was"] = True
        return
    following = rearmed_timer(container, timer)
    if following is not None:
        container.top.open_wait(container.add(spec), following)


def is_used_up(definition: EventDefinition) -> bool:
    """Tells whether an event that needs all of its triggers had a date or duration among them, which comes once."""
    if not isinstance(definition, MultipleEventDefinition):
        return False
    timers = [trigger.event_definition for trigger in definition.triggers]
    return any(isinstance(timer, ClockTimer) and timer.kind != "cycle" for timer in timers)


def goes_on_waiting(spec: Catching) -> bool:
    """Tells whether an event keeps waiting for its other triggers when one of them has happened."""
    definition = spec.event_definition
    interrupting = getattr(spec, "interrupting", True)  # an event in the flow has nothing to interrupt
    return not interrupting and isinstance(definition, MultipleEventDefinition) and not definition.parallel


class StartEvent(Step):
    """Where a scope begins. Whatever triggered it has happened already."""


class IntermediateCatchEvent(Catching, Step):
    """Waits for its event in the flow."""

    def __init__(
        self, scope_spec: Any, element: Element, event_definition: EventDefinition, *, name: str | None = None
    ) -> None:
        super().__init__(scope_spec, element, name=name)
        self.event_definition = event_definition

    def _run_hook(self, token: Token) -> bool | None:
        self.begin(token)
        if token.fired:
            return True
        arm(token, self.event_definition)
        return None

    def fire(self, token: Token, variables: Mapping[str, Any]) -> None:
        timer, _ = disarm(token)
        if waits_in_gateway(token):
            token.parent.task_spec.won_by(token.parent, token)
            self.begin(token)
        elif timer is not None:
            self._wait_for_next(token, timer)
        self.receive(token, variables)
        token.complete()

    def _wait_for_next(self, token: Token, timer: TimerWait) -> None:
        """A cycle sends a token on at each of its dates; another one stays here for the next."""
        following = rearmed_timer(token, timer)
        if following is None:
            return
        again = token.parent.add(self)
        again.flow = token.flow
        again._set_state(TaskState.STARTED)
        self.begin(again)
        token.top.open_wait(again, following)

    def wait_activity(self, token: Token) -> str:
        return str(token.parent.id) if waits_in_gateway(token) else token.id


class FirstOfAll(IntermediateCatchEvent):
    """A start event that needs several triggers: one has started the process, the rest is waited for."""

    def _run_hook(self, token: Token) -> bool | None:
        self.begin(token)
        arm(token, self.event_definition)
        return None


class ThrowEvent(Step):
    """An intermediate throw event, or an end event: does what `throw` says on the way."""

    def __init__(self, scope_spec: Any, element: Element, throws: tuple[Throw, ...] = ()) -> None:
        super().__init__(scope_spec, element)
        self.throws = throws

    def _run_hook(self, token: Token) -> bool | None:
        self.begin(token)
        result: bool | None = True
        for throw in self.throws:
            if token.alive and throw(token) is None:
                result = None
        return result

    def resume(self, token: Token) -> None:
        if token.memory.pop("cancels", False):
            cancel_transaction(token)
        else:
            token.complete()

    def completed_by(self, token: Token, variables: Mapping[str, Any]) -> None:
        """Goes on after a worker has sent the message."""
        token.top.close_wait(token)
        self.receive(token, variables)
        token.complete()


def cancel_transaction(token: Token) -> None:
    """Hands a cancelled transaction to its cancel boundary event. Without one, its branch ends here (BPMN 10.7.2)."""
    host = token.workflow.host
    if host is None or catch_scoped(Thrown(CancelEventDefinition()), host=host):
        return
    activity = host.parent if getattr(host.task_spec, "looped", False) else host
    activity.cancel()
    activity.parent.task_spec.child_finished(activity.parent, activity)


class EndEvent(ThrowEvent):
    """Where a token ends."""

    def begin(self, token: Token) -> None:
        super().begin(token)
        token.workflow.last_end = self.element.id


class LinkEvent(Node):
    """A link: the throwing side goes on at the catching side as if a flow led there (BPMN 10.5.4)."""


class BoundaryEvent(Catching, Step):
    """Guards an activity. It waits inside the activity's token and, when it fires, stands beside it."""

    def __init__(
        self, scope_spec: Any, element: Element, event_definition: EventDefinition, *, interrupting: bool
    ) -> None:
        super().__init__(scope_spec, element)
        self.event_definition = event_definition
        self.interrupting = interrupting

    def arm_on(self, host: Token) -> Token:
        """Begins to wait, inside the token of the guarded activity."""
        waiting = host.add(self)
        arm(waiting, self.event_definition)
        return waiting

    def catches(self, token: Token, thrown: Thrown) -> bool:
        """Tells whether a thrown error, escalation or cancel is for this event."""
        has_happened = token.wait is not None and isinstance(token.wait[1], JobWait)
        return not has_happened and bool(self.event_definition.catches(token, thrown))

    def fire(self, token: Token, variables: Mapping[str, Any]) -> None:
        host = token.parent
        if goes_on_waiting(self):
            self.happen(host.parent.add(self), variables)
            return
        timer, was_conditional = disarm(token)
        token.move_up()
        if self.interrupting:
            host.cancel()
        else:
            wait_again(self, host, timer, was_conditional)
        self.happen(token, variables)

    def happen(self, token: Token, variables: Mapping[str, Any]) -> None:
        """Goes on over the flows of the event."""
        self.receive(token, variables)
        if self.async_before:
            token.top.open_wait(token, JobWait("asyncBefore"))
            return
        self.begin(token)
        token.complete()

    def wait_activity(self, token: Token) -> str:
        has_happened = token.wait is not None and isinstance(token.wait[1], JobWait)
        return token.id if has_happened else str(token.parent.id)
