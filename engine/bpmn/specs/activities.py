"""Activities: steps that events can guard and compensation can undo (BPMN 10.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.bpmn.definition import Element
from engine.bpmn.specs.node import Step

if TYPE_CHECKING:
    from engine.bpmn.specs.events import BoundaryEvent
    from engine.bpmn.token import Token


class Activity(Step):
    """Base of tasks, sub-processes and call activities. Does nothing and goes on: a plain or manual task.

    `boundaries` are the events that guard it; `undone_outside`: the loop around it has a handler for all instances.
    """

    def __init__(self, scope_spec: Any, element: Element, *, name: str | None = None) -> None:
        super().__init__(scope_spec, element, name=name)
        self.boundaries: tuple[BoundaryEvent, ...] = ()
        self.undone_outside = False

    def _run_hook(self, token: Token) -> bool | None:
        self.begin(token)
        self.guard(token)
        return self.execute(token)

    def guard(self, token: Token) -> None:
        """Sets the events that guard the activity."""
        for boundary in self.boundaries:
            boundary.arm_on(token)

    def execute(self, token: Token) -> bool | None:
        """Does the work. None: something outside has to complete it."""
        return True

    def completed_by(self, token: Token, variables: Mapping[str, Any]) -> None:
        """Goes on after somebody outside has done the work."""
        token.top.close_wait(token)
        self.receive(token, variables)
        token.complete()

    def _on_complete_hook(self, token: Token) -> None:
        for guard in token.children:
            guard.cancel()
        if self.handler is not None:
            self.remember(token)
        super()._on_complete_hook(token)

    def remember(self, token: Token) -> None:
        """Notes that the activity is complete and can be undone."""
        token.workflow.compensable.append([self.name, token.local_variables(), None])
