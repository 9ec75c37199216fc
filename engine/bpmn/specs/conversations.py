"""Conversations: which messages are meant for an instance, by the values of correlation keys (BPMN 8.4.2).

The first message that a process sends or receives with all properties of a key gives the key its values; from then on
a message that carries other values is for somebody else. A correlation subscription takes the values from the data of
the process instead, as they are when a message arrives. The instances of a loop are conversations of their own, so
that each can wait for its own answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from engine.bpmn.expressions import Value
from engine.feel import Environment, FeelError
from engine.feel.values import Opaque
from engine.values import decode, encode

if TYPE_CHECKING:
    from engine.bpmn.scheduler import InstanceWorkflow
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ScopeWorkflow

Standing = Literal["foreign", "open", "held"]
"""What a message is to somebody who waits for its name: meant for others, for whoever it may be, or for just this."""

CONVERSATIONS = "conversations"
Values = list[Any]


@dataclass(frozen=True, slots=True)
class Property:
    """One field of a key: where its value stands in each message (by name), and in the data of the process."""

    retrieval: Mapping[str, Value]
    binding: Value | None


@dataclass(frozen=True, slots=True)
class Key:
    """A correlation key as one process sees it."""

    id: str
    properties: tuple[Property, ...]

    def knows(self, message: str) -> bool:
        """Tells whether the messages of a name can carry the key."""
        return bool(self.properties) and all(message in one.retrieval for one in self.properties)

    def carried_by(self, message: str, payload: Mapping[str, Any], environment: Environment) -> Values | None:
        """Returns the values that a message carries, None unless it carries all of them."""
        values = [_value(one.retrieval[message], payload, environment) for one in self.properties]
        return None if None in values else values

    def expected_by(self, token: Token) -> Values | None:
        """Returns the values that the process waits for at a token, None if any is open."""
        bindings = [one.binding for one in self.properties if one.binding is not None]
        if len(bindings) == len(self.properties):
            environment = token.top.services.environment
            values = [_value(binding, token.variables(), environment) for binding in bindings]
            if None not in values:
                return values
        return _held(token.top, _holders(token), self.id)


def _value(rule: Value, payload: Mapping[str, Any], environment: Environment) -> Any:
    """A message (or process) of another shape has no value, and a personal one is compared with nothing."""
    try:
        value = rule.evaluate(payload, environment)
    except FeelError:
        return None
    return None if isinstance(value, Opaque) else value


def standing(token: Token, message: str, payload: Mapping[str, Any]) -> Standing:
    """Returns what a message is to a token that waits for its name."""
    keys = _keys(token.workflow, message)
    matched = carries = expects = False
    for key in keys:
        carried = key.carried_by(message, payload, token.top.services.environment)
        expected = key.expected_by(token)
        carries, expects = carries or carried is not None, expects or expected is not None
        if carried is not None and expected is not None:
            if carried != expected:
                return "foreign"
            matched = True
    if expects and not carries:
        return "foreign"
    return "held" if matched else "open"


def received(token: Token, message: str, payload: Mapping[str, Any]) -> None:
    """Gives the keys that a received message carries their values, where they have none yet."""
    _begin(token.top, token.workflow, _holders(token), message, payload)


def started(top: InstanceWorkflow, message: str, payload: Mapping[str, Any]) -> None:
    """Gives the keys that the starting message carries their values."""
    _begin(top, top, (top.process_id,), message, payload)


def sent(token: Token, message: str, payload: Mapping[str, Any]) -> None:
    """Gives the keys that a message sent carries their values; raises ExecutionFailed if they have others already."""
    top, holders = token.top, _holders(token)
    for key in _keys(token.workflow, message):
        carried = key.carried_by(message, payload, top.services.environment)
        held = _held(top, holders, key.id)
        if carried is not None and held is not None and carried != held:
            raise token.fail(
                f"the message {message} carries other values of the correlation key {key.id} than the conversation has",
                code="correlationMismatch",
            )
    _begin(top, token.workflow, holders, message, payload)


def forget(top: InstanceWorkflow, holder: str) -> None:
    """Ends the conversations of a loop instance or called process that is over."""
    conversations = top.data.get(CONVERSATIONS)
    if conversations is not None and conversations.pop(holder, None) is not None and not conversations:
        del top.data[CONVERSATIONS]


# ------------------------------------------------------------ inside


def _keys(workflow: ScopeWorkflow, message: str) -> list[Key]:
    while not workflow.is_process:
        assert workflow.host is not None
        workflow = workflow.host.workflow
    return [key for key in workflow.spec.correlation if key.knows(message)]


def _holders(token: Token) -> tuple[str, ...]:
    """Returns who can hold the values of a key for a token: loop instances around it, then its process."""
    return tuple(_around(token))


def _around(token: Token) -> Iterator[str]:
    while True:
        workflow = token.workflow
        current: Token | None = token
        while current is not None and current is not workflow.task_tree:
            if getattr(current.task_spec, "looped", False):
                yield current.id
            current = current.parent
        if workflow.is_process:
            yield workflow.process_id
            return
        assert workflow.host is not None
        token = workflow.host


def _held(top: InstanceWorkflow, holders: tuple[str, ...], key_id: str) -> Values | None:
    conversations = top.data.get(CONVERSATIONS, {})
    for holder in holders:
        stored = conversations.get(holder, {}).get(key_id)
        if stored is not None:
            values: Values = decode(stored.encode())
            return values
    return None


def _begin(
    top: InstanceWorkflow,
    workflow: ScopeWorkflow,
    holders: tuple[str, ...],
    message: str,
    payload: Mapping[str, Any],
) -> None:
    for key in _keys(workflow, message):
        carried = key.carried_by(message, payload, top.services.environment)
        if carried is not None and _held(top, holders, key.id) is None:
            conversations = top.data.setdefault(CONVERSATIONS, {})
            conversations.setdefault(holders[0], {})[key.id] = encode(carried).decode()
