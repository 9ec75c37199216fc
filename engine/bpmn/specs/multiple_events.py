"""Events with several triggers (BPMN 10.5.1): any of them suffices, or all are needed (parallel multiple)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from engine.bpmn.definition import Element
from engine.bpmn.outcome import TimerWait
from engine.bpmn.specs.event_definitions import EventDefinition, arm, rearmed_timer
from engine.bpmn.specs.events import Catching, goes_on_waiting

if TYPE_CHECKING:
    from engine.bpmn.token import Token


class Trigger(Catching):
    """One trigger of an event that has several. It is the event around it that keeps the scope alive, or does not."""

    keeps_alive: ClassVar[bool] = False

    def __init__(self, scope_spec: Any, element: Element, event_definition: EventDefinition, number: int) -> None:
        super().__init__(scope_spec, element, name=f"{element.id}#trigger{number}")
        self.event_definition = event_definition

    def fire(self, token: Token, variables: Mapping[str, Any]) -> None:
        owner = token.parent
        definition = owner.task_spec.event_definition
        if goes_on_waiting(owner.task_spec):
            self._wait_again(token)
            owner.task_spec.fire(owner, variables)
            return
        if not definition.parallel:
            token.fired = True
            owner.task_spec.fire(owner, variables)
            return
        token.top.close_wait(token)
        owner.task_spec.receive(owner, variables)
        token.remove()
        if not owner.children:
            owner.task_spec.fire(owner, {})

    def _wait_again(self, token: Token) -> None:
        """Waits for the same trigger once more; a date or duration comes once."""
        top = token.top
        timer = token.wait[1] if token.wait is not None else None
        top.close_wait(token)
        if isinstance(timer, TimerWait):
            following = rearmed_timer(token, timer)
            if following is None:
                token.cancel()
            else:
                top.open_wait(token, following)
        elif timer is not None:
            arm(token, self.event_definition)

    def wait_activity(self, token: Token) -> str:
        return str(token.parent.task_spec.wait_activity(token.parent))
