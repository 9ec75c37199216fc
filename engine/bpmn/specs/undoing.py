"""How completed activities are undone (BPMN 10.7): in reverse order, each once.

A scope remembers what was completed in it (`compensable`, oldest first) as records `[name, local variables, records of
its inside]`. Whoever throws compensation takes the records, starts the handlers one after the other and waits for
them. The inside of a completed sub-process is undone in a scope opened anew, with the variables it had at its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ScopeWorkflow

Record = list[Any]


def compensation_scope(workflow: ScopeWorkflow) -> ScopeWorkflow:
    """Returns the scope whose activities are meant: for an event sub-process, the one around it."""
    while workflow.host is not None and workflow.host.task_spec.handles_events:
        workflow = workflow.host.workflow
    return workflow


def take_records(workflow: ScopeWorkflow, activity: str | None) -> list[Record]:
    """Takes the records of one activity, or all, out of the scope: nothing is undone twice."""
    taken = [record for record in workflow.compensable if activity in (None, record[0].partition("#")[0])]
    workflow.compensable = [record for record in workflow.compensable if record not in taken]
    return taken


def undo(thrower: Token, workflow: ScopeWorkflow, records: list[Record]) -> None:
    """Makes the thrower wait until all records are undone, the newest first."""
    thrower.memory["undo"] = records
    undo_next(thrower, workflow)


def undo_next(thrower: Token, workflow: ScopeWorkflow) -> None:
    """Starts the next handler, or lets the thrower go on when none is left."""
    if thrower.memory["undo"]:
        start_handler(workflow, thrower.memory["undo"].pop(), thrower=thrower)
    else:
        del thrower.memory["undo"]
        thrower.task_spec.all_undone(thrower)


def start_handler(workflow: ScopeWorkflow, record: Record, *, thrower: Token | None) -> None:
    """Starts what undoes one record: the handler drawn at it, or the inside of the sub-process."""
    name, variables, inside = record
    spec = workflow.spec.node(name)
    handler = workflow.spec.node(spec.handler if spec.handler is not None else f"{name}#undo")
    token = workflow.task_tree.add(handler)
    if thrower is not None:
        token.memory["thrower"] = thrower.id
    if inside is not None:
        token.memory["inside"] = inside
    if variables is not None:
        stored = {key: value.encode() for key, value in variables.items()}
        token.top.scopes.open(token.id, token.scope_id, stored)
        token.scope_id = token.id
    handler._update(token)


def handler_finished(workflow: ScopeWorkflow, handler: Token) -> None:
    """Tells whoever waits for a handler that it is done."""
    thrower = workflow.top.tokens_by_id.get(handler.memory["thrower"])
    if thrower is not None and thrower.alive:
        undo_next(thrower, workflow)
