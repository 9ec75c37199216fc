"""Activities that run several times (BPMN 10.3.8): a body token contains one token per instance.

Items, `loopCounter` and the output item live in a scope of each instance; `nrOfInstances` and its kin in the scope of
the body. Outputs are kept in the order of the inputs, whatever the order of completion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.definition import Element
from engine.bpmn.expressions import Value
from engine.bpmn.specs.activities import Activity
from engine.bpmn.specs.event_definitions import EventDefinition, Signal
from engine.bpmn.specs.gateways import waits_in_gateway
from engine.bpmn.specs.tasks import ReceiveTask
from engine.bpmn.specs.throws import Throw
from engine.errors import LimitReached
from engine.values import decode, encode

if TYPE_CHECKING:
    from engine.bpmn.token import Token


NAMELESS = Signal("")
"""What `one` and `none` throw if they name nothing (BPMN 10.3.8): for a signal event without name at the border."""

COUNTERS = ("numberOf", "nrOf")
"""BPMN and Camunda begin the names of the counters of a multi-instance differently (BPMN table 10.31)."""


@dataclass(frozen=True, slots=True)
class ImplicitThrow:
    """An event that a multi-instance throws by itself; `throw` does so where no event of its border catches it."""

    event_definition: EventDefinition
    throw: Throw


@dataclass(frozen=True, slots=True)
class MultiInstance:
    """The multi-instance characteristics of an activity.

    `behavior` says which completions throw an event (BPMN 10.3.8): all instances together throw none, `one` throws at
    the first completion, `none` at each, `complex` where a condition of its own holds, which also ends the loop. Where
    `one` and `none` name no event, they throw a signal that only the border of the activity sees.
    """

    sequential: bool
    cardinality: Value | None
    collection: Value | None
    element_variable: str | None
    output_collection: str | None
    output_element: str | None
    condition: Value | None
    outputs: tuple[tuple[str, Value], ...] = ()
    behavior: str = "all"
    behavior_event: ImplicitThrow | None = None
    complex_behaviors: tuple[tuple[Value, ImplicitThrow | None], ...] = ()


@dataclass(frozen=True, slots=True)
class StandardLoop:
    """The standard loop of an activity: as long as `condition` holds, at most `maximum` times."""

    condition: Value | None
    test_before: bool
    maximum: int | None


class LoopBody(Activity):
    """Base of what contains the instances of one activity; `instance` is the activity itself.

    `event_definition` is what a looped receive task waits for when it follows an event-based gateway.
    """

    def __init__(self, scope_spec: Any, element: Element, instance: Activity) -> None:
        super().__init__(scope_spec, element, name=instance.element.id)
        self.instance = instance
        if isinstance(instance, ReceiveTask):
            self.event_definition = instance.event_definition

    def start(self, token: Token, index: int) -> Token:
        """Starts one instance in a scope of its own."""
        top = token.top
        child = token.add(self.instance)
        child.memory["index"] = index
        child.fired, token.fired = token.fired, False
        top.scopes.open(child.id, token.scope_id)
        child.scope_id = child.id
        top.set_local(child, "loopCounter", index + 1)
        return child

    def fire(self, token: Token, variables: Mapping[str, Any]) -> None:
        """Begins with the message that won at the gateway: it is that of the first instance."""
        token.top.close_wait(token)
        token.parent.task_spec.won_by(token.parent, token)
        self.receive(token, variables)
        token.fired = True
        token._ready()

    def wait_activity(self, token: Token) -> str:
        return str(token.parent.id) if waits_in_gateway(token) else token.id

    def child_finished(self, token: Token, child: Token) -> None:
        if self.handler is not None:
            token.memory.setdefault("undoable", []).append(child.local_variables())
        self.instance_finished(token, child)
        token.top.scopes.close(child.id)

    def remember(self, token: Token) -> None:
        """Notes each instance that is complete: each is undone by itself, with its own variables (BPMN 10.7)."""
        for variables in token.memory.pop("undoable", []):
            token.workflow.compensable.append([self.name, variables, None])

    def instance_finished(self, token: Token, child: Token) -> None:
        """Decides how to go on after one instance; its scope is still there."""
        raise NotImplementedError


class StandardLoopBody(LoopBody):
    """Runs its activity again and again."""

    def __init__(self, scope_spec: Any, element: Element, instance: Activity, loop: StandardLoop) -> None:
        super().__init__(scope_spec, element, instance)
        self.loop = loop

    def execute(self, token: Token) -> bool | None:
        self.open_scope(token)
        token.memory["done"] = 0
        if self.loop.test_before and not self._goes_on(token):
            return True
        self.instance._update(self.start(token, 0))
        return None

    def instance_finished(self, token: Token, child: Token) -> None:
        token.memory["done"] += 1
        if self._goes_on(token):
            self.instance._update(self.start(token, token.memory["done"]))
        else:
            token.top.push(token)

    def _goes_on(self, token: Token) -> bool:
        done = token.memory["done"]
        token.top.scopes.set_local(token.scope_id, "loopCounter", done)
        if self.loop.maximum is not None and done >= self.loop.maximum:
            return False
        return self.loop.condition is None or token.evaluate(self.loop.condition) is True


class MultiInstanceBody(LoopBody):
    """Runs its activity once per item, one after the other or all at once."""

    def __init__(self, scope_spec: Any, element: Element, instance: Activity, loop: MultiInstance) -> None:
        super().__init__(scope_spec, element, instance)
        self.loop = loop

    def execute(self, token: Token) -> bool | None:
        items, keys = self._items(token)
        if len(items) > token.top.limits.multi_instances:
            raise LimitReached(
                f"{len(items)} instances of {token.element_id}, more than {token.top.limits.multi_instances}",
                element_id=token.element_id,
            )
        memory = token.memory
        memory.update(total=len(items), next=0, done=0, terminated=0, out={}, keys=keys)
        memory["items"] = [encode(item).decode() for item in items] if self.loop.collection is not None else None
        self.open_scope(token)
        if not items:
            self._put_collection(token)
            return True
        for _ in range(1 if self.loop.sequential else len(items)):
            if token.alive:
                self._start_next(token)
        return None

    def _items(self, token: Token) -> tuple[list[Any], list[str] | None]:
        if self.loop.collection is not None:
            value = token.evaluate(self.loop.collection)
            if isinstance(value, dict):
                return list(value.values()), list(value)
            if not isinstance(value, list):
                raise token.fail("the collection of the multi-instance is no list")
            return value, None
        assert self.loop.cardinality is not None
        count = token.evaluate(self.loop.cardinality)
        if isinstance(count, bool) or not isinstance(count, (int, Decimal)) or count != int(count) or count < 0:
            raise token.fail("the number of instances is no whole number of at least 0")
        if count > token.top.limits.multi_instances:
            raise LimitReached(f"{count} instances of {token.element_id}", element_id=token.element_id)
        return [None] * int(count), None

    def _start_next(self, token: Token) -> None:
        memory, top = token.memory, token.top
        index = memory["next"]
        memory["next"] = index + 1
        child = self.start(token, index)
        if memory["items"] is not None and self.loop.element_variable is not None:
            top.set_local(child, self.loop.element_variable, decode(memory["items"][index].encode()))
        if self.loop.output_element is not None and self.loop.output_element not in top.scopes.local(child.id):
            top.scopes.local(child.id).set(self.loop.output_element, None)
        self._count(token)
        self.instance._update(child)

    def instance_finished(self, token: Token, child: Token) -> None:
        memory = token.memory
        if self.loop.output_element is not None:
            memory["out"][str(child.memory["index"])] = encode(child.variables()[self.loop.output_element]).decode()
        memory["done"] += 1
        self._count(token)
        enough = self.loop.condition is not None and child.evaluate(self.loop.condition) is True
        enough = self._throw(token, child) or enough
        if not token.alive:
            return
        if enough or memory["done"] == memory["total"]:
            self._finish(token)
        elif self.loop.sequential:
            self._start_next(token)

    def _throw(self, token: Token, child: Token) -> bool:
        """Throws what the behaviour asks for at this completion; True when that ends the loop."""
        loop = self.loop
        if loop.behavior == "complex":
            due = [event for condition, event in loop.complex_behaviors if child.evaluate(condition) is True]
            for event in due:
                if event is not None:
                    self._happen(token, event)
            return bool(due)
        at_each = loop.behavior == "none" or (loop.behavior == "one" and token.memory["done"] == 1)
        if at_each:
            self._happen(token, loop.behavior_event)
        return False

    def _happen(self, token: Token, implicit: ImplicitThrow | None) -> None:
        """Lets the boundary event of the same trigger happen, without interrupting the activity; what no boundary event
        is for is thrown to everybody."""
        definition = NAMELESS if implicit is None else implicit.event_definition
        for guard in self.boundaries:
            if guard.event_definition == definition:
                guard.happen(token.parent.add(guard), {})
                return
        if implicit is not None:
            implicit.throw(token)

    def _count(self, token: Token) -> None:
        memory = token.memory
        counted = {
            "Instances": memory["total"],
            "CompletedInstances": memory["done"],
            "ActiveInstances": memory["next"] - memory["done"] - memory["terminated"],
            "TerminatedInstances": memory["terminated"],
        }
        for name, number in counted.items():
            for prefix in COUNTERS:
                token.top.scopes.set_local(token.scope_id, prefix + name, number)

    def _finish(self, token: Token) -> None:
        memory = token.memory
        memory["terminated"] = sum(child.task_spec is self.instance for child in token.children)
        self._count(token)
        for child in token.children:
            if child.task_spec is self.instance:
                child.cancel()
        self._put_collection(token)
        token.top.push(token)

    def _put_collection(self, token: Token) -> None:
        if self.loop.output_collection is None:
            return
        memory = token.memory
        out = [memory["out"].get(str(index)) for index in range(memory["total"])]
        values = [None if stored is None else decode(stored.encode()) for stored in out]
        result: Any = values if memory["keys"] is None else dict(zip(memory["keys"], values, strict=True))
        gathered = {self.loop.output_collection: result}
        mapped = {target: token.evaluate(value, **gathered) for target, value in self.loop.outputs}
        for name, value in (mapped or gathered).items():
            token.top.set_variable(token, name, value, scope_id=token.parent.scope_id)

    def resume(self, token: Token) -> None:
        if token._state == TaskState.STARTED:
            token.complete()
