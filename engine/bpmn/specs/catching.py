"""Who catches a thrown error, escalation or cancel: the innermost scope first, outwards (BPMN 10.5.7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.bpmn.specs.event_definitions import (
    CancelEventDefinition,
    ErrorEventDefinition,
    MultipleEventDefinition,
    Thrown,
)

if TYPE_CHECKING:
    from engine.bpmn.specs.event_sub_processes import Listener
    from engine.bpmn.specs.events import BoundaryEvent
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ScopeWorkflow


def catch_scoped(thrown: Thrown, *, workflow: ScopeWorkflow | None = None, host: Token | None = None) -> bool:
    """Fires the event that catches what was thrown inside `workflow`, or by the activity `host` itself.

    In each scope the event sub-processes come first, then the boundary events of the activity that holds the scope.
    A specific code goes before an event that catches every code. What an event sub-process throws itself does not
    begin it again. False: nobody catches it.
    """
    while True:
        if host is not None:
            if _fire(thrown, _boundaries(host)):
                return True
            if isinstance(thrown.event_definition, CancelEventDefinition):
                return False
            workflow = host.workflow
        if workflow is None:
            return False
        if _fire(thrown, [token for token in workflow.task_tree.children if not _begins(token, host)]):
            return True
        host = workflow.host
        if host is None:
            return False


def _begins(token: Token, running: Token | None) -> bool:
    """Tells whether a token waits for the start of the event sub-process that runs."""
    started = getattr(token.task_spec, "sub_process", None)
    return running is not None and started is not None and running.task_spec is started


def _boundaries(host: Token) -> list[Token]:
    """Returns what guards an activity; an instance of a loop is guarded by the events of its body."""
    guards = list(host.children)
    if getattr(host.task_spec, "looped", False):
        guards += host.parent.children
    return guards


def _fire(thrown: Thrown, tokens: list[Token]) -> bool:
    catching = sorted(_catching(thrown, tokens), key=lambda token: _code(token) is None)
    return any(_happens(token, thrown) for token in catching)


def _happens(token: Token, thrown: Thrown) -> bool:
    """Lets a catching event happen. One that needs all of its triggers only notes this one, unless it is the last;
    an error that was only noted goes on outwards, because the activity that threw it has failed all the same."""
    spec = token.task_spec
    variables = caught_variables(spec, thrown)
    definition = spec.event_definition
    if not isinstance(definition, MultipleEventDefinition) or not definition.parallel:
        spec.fire(token, variables)
        return True
    triggers = token.children
    noted = [trigger for trigger in triggers if trigger.task_spec.event_definition.catches(trigger, thrown)]
    if not noted:
        return False
    noted[0].task_spec.fire(noted[0], variables)
    return len(triggers) == 1 or not isinstance(thrown.event_definition, ErrorEventDefinition)


def _code(token: Token) -> str | None:
    code: str | None = getattr(token.task_spec.event_definition, "code", None)
    return code


def _catching(thrown: Thrown, tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.task_spec.catches(token, thrown):
            yield token


def caught_variables(spec: BoundaryEvent | Listener, thrown: Thrown) -> dict[str, object]:
    """Returns the variables of a thrown event, with its code and message where the catching event asks for them."""
    variables = dict(thrown.variables)
    for name, value in ((spec.code_variable, thrown.code), (spec.message_variable, thrown.message)):
        if name is not None:
            variables[name] = value
    return variables
