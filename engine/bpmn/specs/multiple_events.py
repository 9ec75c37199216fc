"""Events with several triggers (BPMN 10.5.1): any of them suffices, or all are needed (parallel multiple)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.bpmn.definition import Element
from engine.bpmn.specs.event_definitions import EventDefinition
from engine.bpmn.specs.events import Catching

if TYPE_CHECKING:
    from engine.bpmn.token import Token


class Trigger(Catching):
    """One trigger of an event that has several."""

    def __init__(self, scope_spec: Any, element: Element, event_definition: EventDefinition, number: int) -> None:
        super().__init__(scope_spec, element, name=f"{element.id}#trigger{number}")
        self.event_definition = event_definition

    def fire(self, token: Token, variables: Mapping[str, Any]) -> None:
        owner = token.parent
        definition = owner.task_spec.event_definition
        if not definition.parallel:
            token.fired = True
            owner.task_spec.fire(owner, variables)
            return
        token.top.close_wait(token)
        owner.task_spec.receive(owner, variables)
        token.remove()
        if not owner.children:
            owner.task_spec.fire(owner, {})

    def wait_activity(self, token: Token) -> str:
        return str(token.parent.task_spec.wait_activity(token.parent))
