"""Embedded sub-processes and call activities (BPMN 10.3.5, 10.3.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.bpmn.definition import Element
from engine.bpmn.expressions import Value
from engine.bpmn.outcome import CalledInstanceEnded, CalledInstanceStarted
from engine.bpmn.specs import conversations
from engine.bpmn.specs.activities import Activity
from engine.bpmn.specs.scope_spec import ScopeSpec
from engine.errors import LimitReached
from engine.ids import new_id

if TYPE_CHECKING:
    from engine.bpmn.specs.node import Node
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import SubWorkflow


class SubProcess(Activity):
    """Runs a scope of its own; it is complete when nothing in that scope has anything left to do."""

    def __init__(self, scope_spec: Any, element: Element, body: ScopeSpec, *, name: str | None = None) -> None:
        super().__init__(scope_spec, element, name=name)
        self.body = body

    def execute(self, token: Token) -> bool | None:
        self.open_scope(token)
        inner = token.top.create_subprocess(token, self.body)
        inner.begin(self.body.starts)
        inner.settle()
        return None

    def resume(self, token: Token) -> None:
        inner = token.top.subprocesses.pop(token.id)
        self.leave_scope(token, inner)
        token.complete()

    def leave_scope(self, token: Token, inner: SubWorkflow) -> None:
        """Takes what is needed out of the scope that is complete: what in it can be undone."""
        if self.handler is None and not self.undone_outside and (inner.compensable or self.body.undoing is not None):
            token.workflow.compensable.append([self.name, token.local_variables(), inner.compensable])

    def settles(self, token: Token) -> bool:
        """Tells whether the scope may end when nothing in it has anything left to do."""
        return True

    def inner_finished(self, token: Token, inner: SubWorkflow, child: Token) -> None:
        """Something in the scope is complete; the scope is, when it was the last."""
        inner.settle()

    def _on_cancel(self, token: Token) -> None:
        inner = token.top.subprocesses.pop(token.id, None)
        if inner is not None:
            inner.completed = True
            inner.clear()
            self.cancel_scope(inner)
        super()._on_cancel(token)

    def cancel_scope(self, inner: SubWorkflow) -> None:
        """Does what is due when the scope was taken away."""


@dataclass(frozen=True, slots=True)
class VariableMapping:
    """A variable handed into or out of a called instance; `value` None hands over everything in sight. An `optional`
    one is left out where it is null."""

    target: str
    value: Value | None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """What a call activity calls, in which version, and what it hands over."""

    key: Value
    binding: str
    version: Value | None
    version_tag: str | None
    business_key: Value | None
    handed_in: tuple[VariableMapping, ...]
    handed_out: tuple[VariableMapping, ...]


class CallActivity(SubProcess):
    """Runs an instance of another definition, with variables of its own, inside the state of its root."""

    def __init__(self, scope_spec: Any, element: Element, call: Call, *, name: str | None = None) -> None:
        Activity.__init__(self, scope_spec, element, name=name)
        self.call = call

    def execute(self, token: Token) -> bool | None:
        top = token.top
        self._check_depth(token)
        key = token.evaluate(self.call.key)
        if not isinstance(key, str):
            raise token.fail("the called process is no text")
        with token.blamed():
            definition_id, definition = top.services.definition(
                key, binding=self.call.binding, version=self._version(token)
            )
        if not definition.process.starts:
            raise token.fail(f"the called process {key} has no none start event")
        business_key = None if self.call.business_key is None else token.evaluate(self.call.business_key)
        process_id = new_id()
        handed_in = self._values(token, self.call.handed_in)
        top.scopes.open(process_id, None)
        body = definition.process
        inner = top.create_subprocess(
            token, body, process_id=process_id, definition_id=definition_id, business_key=business_key
        )
        started = CalledInstanceStarted(
            process_id, token.workflow.process_id, token.element_id, definition_id, business_key
        )
        top.steps.append(started)
        for name, value in handed_in.items():
            top.set_local(token, name, value, scope_id=process_id)
        inner.begin(_called_starts(body))
        inner.settle()
        return None

    def _check_depth(self, token: Token) -> None:
        depth, workflow = 1, token.workflow
        while workflow.host is not None:
            depth += workflow.is_process
            workflow = workflow.host.workflow
        if depth > token.top.limits.call_depth:
            raise LimitReached(
                f"processes call each other deeper than {token.top.limits.call_depth}", element_id=token.element_id
            )

    def _version(self, token: Token) -> str | None:
        if self.call.version_tag is not None:
            return self.call.version_tag
        return None if self.call.version is None else str(token.evaluate(self.call.version))

    def _values(self, token: Token, mappings: tuple[VariableMapping, ...]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for mapping in mappings:
            if mapping.value is None:
                values.update(token.variables())
                continue
            value = token.evaluate(mapping.value)
            if value is not None or not mapping.optional:
                values[mapping.target] = value
        return values

    def leave_scope(self, token: Token, inner: SubWorkflow) -> None:
        outer, token.scope_id = token.scope_id, inner.process_id
        handed_out = self._values(token, self.call.handed_out)
        token.scope_id = outer
        token.top.scopes.close(inner.process_id)
        conversations.forget(token.top, inner.process_id)
        token.top.steps.append(CalledInstanceEnded(inner.process_id, "completed", inner.last_end))
        self.receive(token, handed_out)

    def cancel_scope(self, inner: SubWorkflow) -> None:
        inner.top.scopes.close(inner.process_id)
        conversations.forget(inner.top, inner.process_id)
        inner.top.steps.append(CalledInstanceEnded(inner.process_id, "cancelled", inner.last_end))


def _called_starts(body: ScopeSpec) -> tuple[Node, ...]:
    """Returns where a called process begins: at one of its none start events, not at all of them (10.5.2)."""
    begins_with_event = any(node.element.type == "startEvent" for node in body.starts)
    return body.starts[:1] if begins_with_event else body.starts
