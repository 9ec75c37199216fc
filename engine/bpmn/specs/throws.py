"""What throwing events and send tasks do. Each throw returns None when the token has to wait for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.bpmn.expressions import Value
from engine.bpmn.outcome import ExternalTaskWait, MessageSent, SignalSent, SubscriptionWait
from engine.bpmn.specs import conversations
from engine.bpmn.specs.catching import catch_scoped
from engine.bpmn.specs.event_definitions import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    Thrown,
    name_at,
)

if TYPE_CHECKING:
    from engine.bpmn.token import Token

Throw = Callable[["Token"], bool | None]


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Sends a message out of the instance; its input parameters are what it carries."""

    name: str
    business_key: Value | None = None
    optional: bool = False
    value: Value | None = None

    def __call__(self, token: Token) -> bool | None:
        message = name_at(token, self.name, self.value)
        key = None if self.business_key is None else token.evaluate(self.business_key)
        if key is not None and not isinstance(key, str):
            raise token.fail("the business key of the message is no text")
        payload = carried(token)
        conversations.sent(token, message, payload)
        token.top.steps.append(MessageSent(token.element_id, message, key, payload, self.optional))
        return True


def carried(token: Token) -> dict[str, Any]:
    """Returns what a throwing event or send task carries: its input parameters and data inputs (BPMN 10.4.1)."""
    variables = token.variables()
    return {name: variables[name] for name, _ in token.task_spec.input_mappings}


@dataclass(frozen=True, slots=True)
class SendByWorker:
    """Leaves the sending to a worker who fetches the topic."""

    topic: Value
    priority: Value | None = None
    properties: dict[str, str] = field(default_factory=dict)

    def __call__(self, token: Token) -> bool | None:
        token.top.open_wait(token, external_wait(token, self.topic, self.priority, self.properties))
        return None


def external_wait(token: Token, topic: Value, priority: Value | None, properties: dict[str, str]) -> ExternalTaskWait:
    """Returns the wait for a worker; raises ExecutionFailed if the topic is no text or the priority no number."""
    name = token.evaluate(topic)
    if not isinstance(name, str):
        raise token.fail("the topic is no text")
    level = 0 if priority is None else whole_number(token, token.evaluate(priority), "priority")
    return ExternalTaskWait(name, level, properties or None)


def whole_number(token: Token, value: Any, what: str) -> int:
    """Returns a number as int; raises ExecutionFailed if it is none."""
    try:
        return int(value)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise token.fail(f"the {what} is no number") from error


@dataclass(frozen=True, slots=True)
class ThrowSignal:
    """Tells everybody who waits for the signal: inside this instance at once, elsewhere by the engine."""

    name: str
    payload: tuple[tuple[str, Value], ...] = ()
    value: Value | None = None

    def __call__(self, token: Token) -> bool | None:
        top = token.top
        signal = name_at(token, self.name, self.value)
        payload = carried(token) | {name: token.evaluate(value) for name, value in self.payload}
        top.steps.append(SignalSent(token.element_id, signal, payload))
        awaited = SubscriptionWait("signal", signal)
        waiting = [other for _, other in sorted(top.event_manager.tasks.items()) if other is not token]
        for other in waiting:
            if other.alive and other.wait is not None and other.wait[1] == awaited:
                other.task_spec.fire(other, payload)
        return True


@dataclass(frozen=True, slots=True)
class ThrowError:
    """Throws a BPMN error; uncaught, it ends the whole instance. `message` is its text (camunda:errorMessage)."""

    code: str | None
    message: Value | None = None

    def __call__(self, token: Token) -> bool | None:
        text = "" if self.message is None else str(token.evaluate(self.message) or "")
        thrown = Thrown(ErrorEventDefinition("error", self.code), carried(token), text)
        if not catch_scoped(thrown, workflow=token.workflow):
            token.top.end("failed", self.code or "")
        return True


@dataclass(frozen=True, slots=True)
class ThrowEscalation:
    """Throws an escalation; uncaught, nothing happens and the token goes on."""

    code: str | None

    def __call__(self, token: Token) -> bool | None:
        thrown = Thrown(EscalationEventDefinition("escalation", self.code), carried(token))
        catch_scoped(thrown, workflow=token.workflow)
        return True


class Terminate:
    """Takes away every other token of the scope, which then is complete (BPMN 10.5.6)."""

    def __call__(self, token: Token) -> bool | None:
        workflow = token.workflow
        workflow.clear(keep=lambda other: other is token)
        if workflow is token.top:
            workflow.data["terminated"] = True
        return True
