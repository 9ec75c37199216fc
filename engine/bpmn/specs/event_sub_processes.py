"""Event sub-processes (BPMN 10.3.5): a listener waits in the scope around them and starts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from engine.bpmn.definition import Element
from engine.bpmn.outcome import TimerWait
from engine.bpmn.specs.event_definitions import EventDefinition, Thrown, arm, rearmed_timer
from engine.bpmn.specs.events import Catching
from engine.bpmn.specs.node import Node
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
        top, root, workflow = token.top, token.parent, token.workflow
        timer = token.wait[1] if token.wait is not None else None
        top.close_wait(token)
        was_conditional = top.conditionals.pop(token.id, None) is not None
        token.remove()
        started = root.add(self.sub_process)
        started.memory["begin_with"] = self.element.id
        started.memory["interrupts"] = self.interrupting
        if self.interrupting:
            workflow.clear(keep=lambda other: other is started)
        else:
            self._wait_again(root, timer if isinstance(timer, TimerWait) else None, was_conditional)
        self.sub_process.receive(started, variables)
        started._ready()

    def _wait_again(self, root: Token, timer: TimerWait | None, was_conditional: bool) -> None:
        if timer is None:
            again = self.arm_on(root)
            if was_conditional:
                again.memory["was"] = True
            return
        following = rearmed_timer(root, timer)
        if following is not None:
            root.top.open_wait(root.add(self), following)

    def wait_activity(self, token: Token) -> str:
        return token.workflow.activity_id or token.workflow.process_id


def is_listener(node: Node) -> bool:
    """Tells whether a node listens for an event sub-process."""
    return isinstance(node, Listener)
