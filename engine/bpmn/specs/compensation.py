"""Who has completed activities undone: compensation events and cancelled transactions (BPMN 10.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.bpmn.definition import Element
from engine.bpmn.specs.activities import Activity
from engine.bpmn.specs.events import cancel_transaction
from engine.bpmn.specs.sub_processes import SubProcess
from engine.bpmn.specs.undoing import compensation_scope, start_handler, take_records, undo

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ScopeWorkflow


@dataclass(frozen=True, slots=True)
class ThrowCompensation:
    """Undoes one activity of the scope, or all of them; `waits` until the handlers are done."""

    activity: str | None
    waits: bool = True

    def __call__(self, token: Token) -> bool | None:
        records = take_records(compensation_scope(token.workflow), self.activity)
        if not records:
            return True
        if self.waits:
            undo(token, compensation_scope(token.workflow), records)
            return None
        for record in reversed(records):
            start_handler(compensation_scope(token.workflow), record, thrower=None)
        return True


class ThrowCancel:
    """Ends a transaction: everything in it is taken away, then undone, then its cancel event goes on (10.7.2)."""

    def __call__(self, token: Token) -> bool | None:
        workflow = token.workflow
        workflow.clear(keep=lambda other: other is token)
        records = take_records(workflow, None)
        if records:
            token.memory["cancels"] = True
            undo(token, workflow, records)
        else:
            cancel_transaction(token)
        return None


class UndoSubProcess(SubProcess):
    """Undoes the inside of a completed sub-process: by its event sub-process for that, else activity by activity."""

    def __init__(self, scope_spec: Any, element: Element, undone: SubProcess) -> None:
        Activity.__init__(self, scope_spec, element, name=f"{undone.name}#undo")
        self.body = undone.body

    def execute(self, token: Token) -> bool | None:
        self.open_scope(token)
        inner = token.top.create_subprocess(token, self.body)
        inner.compensable = token.memory.pop("inside")
        if self.body.undoing is not None:
            handler = inner.task_tree.add(self.body.undoing)
            handler.memory["begin_with"] = self.body.undoing_start
            handler._ready()
        else:
            undo(token, inner, take_records(inner, None))
        return None

    def all_undone(self, token: Token) -> None:
        inner = token.top.inner(token)
        if inner is not None:
            inner.settle()

    def leave_scope(self, token: Token, inner: ScopeWorkflow) -> None:
        """Leaves nothing behind: what was undone cannot be undone again."""
