"""The library's event definitions, and those that it lacks or reckons on the wrong clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    SignalEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import CancelEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from engine.bpmn.expressions import Value
from engine.bpmn.outcome import SubscriptionWait, TimerWait
from engine.bpmn.scope import Change
from engine.bpmn.timers import NotATimer, TimerKind, first_due, next_due

if TYPE_CHECKING:
    from engine.bpmn.specs.multiple_events import Trigger
    from engine.bpmn.token import Token

__all__ = [
    "CancelEventDefinition",
    "ClockTimer",
    "CompensationEventDefinition",
    "Condition",
    "ErrorEventDefinition",
    "EscalationEventDefinition",
    "EventDefinition",
    "Message",
    "MultipleEventDefinition",
    "Signal",
    "Thrown",
    "arm",
    "name_at",
    "rearmed_timer",
]


BEGINS: Change = ("", "")


class ClockTimer(TimerEventDefinition):
    """A timer that is reckoned on our clock; the engine's jobs decide when it fires."""

    def __init__(self, kind: TimerKind, value: Value) -> None:
        super().__init__(name=kind, expression="")
        self.kind = kind
        self.value = value


class Message(MessageEventDefinition):
    """A message; `value` yields its name where the diagram computes it."""

    def __init__(self, name: str, value: Value | None = None) -> None:
        super().__init__(name)
        self.value = value


class Signal(SignalEventDefinition):
    """A signal; `value` yields its name where the diagram computes it."""

    def __init__(self, name: str, value: Value | None = None) -> None:
        super().__init__(name)
        self.value = value


MAX_NAME = 255


def name_at(token: Token, name: str, value: Value | None) -> str:
    """Returns the name of a message or signal at a token; raises ExecutionFailed if what is computed is no name."""
    found = name if value is None else token.evaluate(value)
    if not isinstance(found, str) or not 0 < len(found) <= MAX_NAME:
        raise token.fail(f"the name of what it sends or waits for is no text of 1 to {MAX_NAME} characters")
    return found


class Condition(ConditionalEventDefinition):
    """A condition over variables; `variable` limits it to changes of one (camunda:variableName), `changes` to kinds of
    changes (camunda:variableEvents: create, update, delete)."""

    def __init__(self, value: Value, variable: str | None, changes: frozenset[str] | None) -> None:
        super().__init__(expression="")
        self.value = value
        self.variable = variable
        self.changes = changes

    def concerns(self, changed: frozenset[Change]) -> bool:
        """Tells whether the condition has to be looked at again; it always is when it begins to wait."""
        return BEGINS in changed or any(
            self.variable in (None, name) and (self.changes is None or kind in self.changes) for name, kind in changed
        )


class CompensationEventDefinition(EventDefinition):
    """Undoes completed activities; `activity` None means all of the scope."""

    def __init__(self, activity: str | None) -> None:
        super().__init__(name=activity)
        self.activity = activity


@dataclass(frozen=True, slots=True)
class Thrown:
    """An event on its way to whoever catches it, with what it carries."""

    event_definition: EventDefinition
    variables: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""

    @property
    def code(self) -> str | None:
        """The error or escalation code."""
        code: str | None = getattr(self.event_definition, "code", None)
        return code


class MultipleEventDefinition(EventDefinition):
    """Several triggers; each waits with a token of its own inside the token of the event."""

    def __init__(self, triggers: tuple[Trigger, ...], *, parallel: bool) -> None:
        super().__init__()
        self.triggers = triggers
        self.parallel = parallel

    def catches(self, my_task: Token, event: Thrown) -> bool:
        """Tells whether a thrown error or escalation is one of the triggers."""
        return any(trigger.event_definition.catches(my_task, event) for trigger in self.triggers)

    def arm_on(self, token: Token) -> None:
        """Begins to wait for every trigger."""
        for trigger in self.triggers:
            if token.alive:
                arm(token.add(trigger), trigger.event_definition)


def arm(token: Token, definition: EventDefinition) -> None:
    """Makes the token wait for the event. Errors, escalations, cancel and compensation are looked up when thrown; so
    is a signal without name, which only the loop that is guarded throws."""
    top = token.top
    if isinstance(definition, ClockTimer):
        top.open_wait(token, _timer(token, definition))
    elif isinstance(definition, Message):
        top.open_wait(token, SubscriptionWait("message", name_at(token, definition.name, definition.value)))
    elif isinstance(definition, Signal) and (definition.name or definition.value):
        top.open_wait(token, SubscriptionWait("signal", name_at(token, definition.name, definition.value)))
    elif isinstance(definition, MultipleEventDefinition):
        definition.arm_on(token)
    elif isinstance(definition, Condition):
        token.memory["was"] = False
        top.conditionals[token.id] = token
        top.scopes.changed.add(BEGINS)


def _timer(token: Token, definition: ClockTimer) -> TimerWait:
    top = token.top
    try:
        return first_due(
            definition.kind,
            token.evaluate(definition.value),
            now=top.services.now,
            zone=top.services.environment.zone,
            limits=top.limits,
        )
    except NotATimer as error:
        raise token.fail(f"its timer yields no {definition.kind} in ISO 8601") from error


def rearmed_timer(token: Token, timer: TimerWait) -> TimerWait | None:
    """Returns the next firing of a repeating timer, None if there is none."""
    services = token.top.services
    return next_due(timer, now=services.now, zone=services.environment.zone, limits=token.top.limits)
