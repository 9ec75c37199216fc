"""Event sub-processes (BPMN 10.3.5): a listener waits in the scope around them and starts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from engine.bpmn.definition import Element
from engine.bpmn.outcome import TimerWait
from engine.bpmn.specs.event_definitions import EventDefinition, Thrown, arm
from engine.bpmn.specs.events import Catching, disarm, goes_on_waiting, wait_again
from engine.bpmn.specs.sub_processes import SubProcess

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import SubWorkflow


class EventSubProcess(SubProcess):
    """The body of an event sub-process; `begin_with` in the token's memory names the start event that fired."""

    handles_events: ClassVar[bool] = True

    def execute(self, token: Token) -> bool | None:
        self.open_scope(token)
        inner = token.top.create_subprocess(token, self.body)
        inner.begin((self.body.entries[token.memory["begin_with"]],), fired=True)
        inner.settle()
        return None

    def leave_scope(self, token: Token, inner: SubWorkflow) -> None:
        """One that interrupted the scope around it also ends that scope: its end event is the scope's last."""
        if token.memory.get("interrupts") and inner.last_end is not None:
            token.workflow.last_end = inner.last_end


class Listener(Catching):
    """Waits for the start event of an event sub-process as long as the scope around it lives."""

    keeps_alive: ClassVar[bool] = False

    def __init__(
        self,
        scope_spec: Any,
        element: Element,
        event_definition: EventDefinition,
        *,
        sub_process: EventSubProcess,
        interrupting: bool,
    ) -> None:
        super().__init__(scope_spec, element, name=f"{element.id}#listener")
        self.event_definition = event_definition
        self.sub_process = sub_process
        self.interrupting = interrupting

    def arm_on(self, root: Token) -> Token:
        """Begins to wait, in the scope whose containing token is `root`."""
        waiting = root.add(self)
        arm(waiting, self.event_definition)
        return waiting

    def catches(self, token: Token, thrown: Thrown) -> bool:
        """Tells whether a thrown error or escalation starts the event sub-process."""
        return bool(self.event_definition.catches(token, thrown))

    def fire(self, token: Token, variables: Mapping[str, Any]) -> None:
        root, workflow = token.parent, token.workflow
        timer: TimerWait | None = None
        was_conditional, waits_on = False, goes_on_waiting(self)
        if not waits_on:
            timer, was_conditional = disarm(token)
            token.remove()
        started = root.add(self.sub_process)
        started.memory["begin_with"] = self.element.id
        started.memory["interrupts"] = self.interrupting
        if self.interrupting:
            workflow.clear(keep=lambda other: other is started)
        elif not waits_on:
            wait_again(self, root, timer, was_conditional)
        self.sub_process.receive(started, variables)
        started._ready()

    def receive(self, token: Token, variables: Mapping[str, Any]) -> None:
        """Writes what one of several triggers brought, before the others have happened."""
        self.sub_process.receive(token, variables)

    def wait_activity(self, token: Token) -> str:
        return token.workflow.activity_id or token.workflow.process_id
