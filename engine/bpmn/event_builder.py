"""Builds the library's event definitions and our throws from the events of the model."""

from __future__ import annotations

from engine.bpmn.definition import Element
from engine.bpmn.expressions import Text, Value
from engine.bpmn.model import Event, Node
from engine.bpmn.specs.compensation import ThrowCancel, ThrowCompensation
from engine.bpmn.specs.event_definitions import (
    CancelEventDefinition,
    ClockTimer,
    CompensationEventDefinition,
    Condition,
    ErrorEventDefinition,
    EscalationEventDefinition,
    EventDefinition,
    Message,
    MultipleEventDefinition,
    Signal,
)
from engine.bpmn.specs.multiple_events import Trigger
from engine.bpmn.specs.scope_spec import ScopeSpec
from engine.bpmn.specs.throws import (
    SendByWorker,
    SendMessage,
    Terminate,
    Throw,
    ThrowError,
    ThrowEscalation,
    ThrowSignal,
)


def trigger_of(scope_spec: ScopeSpec, element: Element, node: Node) -> EventDefinition:
    """Returns what an event waits for, be it one trigger or several."""
    if len(node.events) == 1:
        return event_definition(node.events[0])
    triggers = tuple(
        Trigger(scope_spec, element, event_definition(event), number) for number, event in enumerate(node.events)
    )
    return MultipleEventDefinition(triggers, parallel=node.parallel_multiple)


def event_definition(event: Event) -> EventDefinition:
    """Returns what a catching event waits for."""
    match event.kind:
        case "message":
            return Message(event.name or "", _value(event.name_text))
        case "signal":
            return Signal(event.name or "", _value(event.name_text))
        case "error":
            return ErrorEventDefinition(event.name or "error", event.code)
        case "escalation":
            return EscalationEventDefinition(event.name or "escalation", event.code)
        case "cancel":
            return CancelEventDefinition()
        case "compensation":
            return CompensationEventDefinition(event.ref)
    assert event.text is not None
    if event.kind == "conditional":
        kinds = frozenset(event.variable_events) or None
        return Condition(event.text.value, event.attributes.get("variableName"), kinds)
    assert event.timer_kind is not None
    return ClockTimer(event.timer_kind, event.text.value)


_LATER = {"compensation": 1, "escalation": 2, "error": 3, "cancel": 3, "terminate": 3}
"""What may take the own scope away comes last: an event with several results throws all of them (BPMN 10.5.5)."""


def throws(node: Node) -> tuple[Throw, ...]:
    """Returns what a throwing event does, in the order in which it happens."""
    return tuple(throw(node, event) for event in sorted(node.events, key=lambda event: _LATER.get(event.kind, 0)))


def throw(node: Node, event: Event) -> Throw:
    """Returns what one event of a throwing node, or of a loop, does."""
    match event.kind:
        case "message":
            return send(node, event)
        case "signal":
            payload = tuple((item.target, item.value.value) for item in event.payload if item.value is not None)
            return ThrowSignal(event.name or "", payload, _value(event.name_text))
        case "error":
            return ThrowError(event.code, _value(event.message))
        case "escalation":
            return ThrowEscalation(event.code)
        case "terminate":
            return Terminate()
        case "compensation":
            return ThrowCompensation(event.ref, event.attributes["waitForCompletion"] != "false")
        case "cancel":
            return ThrowCancel()
    raise AssertionError(f"{event.kind} is no throwing event")


def send(node: Node, event: Event | None) -> Throw:
    """Returns how a message leaves the instance: by a worker if a topic is given, else by the engine."""
    if (topic := node.texts.get("topic")) is not None:
        priority = node.texts.get("taskPriority")
        return SendByWorker(topic.value, None if priority is None else priority.value, dict(node.properties))
    key = node.texts.get("message.businessKey")
    return SendMessage(
        (event.name if event is not None else None) or "",
        None if key is None else key.value,
        node.properties.get("message.delivery") == "optional",
        None if event is None else _value(event.name_text),
    )


def _value(text: Text | None) -> Value | None:
    return None if text is None else text.value
