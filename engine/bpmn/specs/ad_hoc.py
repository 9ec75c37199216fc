"""Ad-hoc sub-processes (BPMN 10.3.5): their activities need no flows, and a condition says when it is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.bpmn.definition import Element
from engine.bpmn.expressions import Value
from engine.bpmn.specs.activities import Activity
from engine.bpmn.specs.scope_spec import ScopeSpec
from engine.bpmn.specs.sub_processes import SubProcess

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import SubWorkflow


class AdHocSubProcess(SubProcess):
    """Runs each activity that no flow leads to once: all at once, or one after the other in document order.

    After each activity the completion condition is asked. When it holds, what still runs is taken away, or is waited
    for if `cancels_rest` is false.
    """

    def __init__(
        self,
        scope_spec: Any,
        element: Element,
        body: ScopeSpec,
        *,
        condition: Value | None,
        sequential: bool,
        cancels_rest: bool,
        name: str | None = None,
    ) -> None:
        super().__init__(scope_spec, element, body, name=name)
        self.condition = condition
        self.sequential = sequential
        self.cancels_rest = cancels_rest

    def execute(self, token: Token) -> bool | None:
        self.open_scope(token)
        inner = token.top.create_subprocess(token, self.body)
        token.memory["begun"] = 1 if self.sequential else len(self.body.starts)
        inner.begin(self.body.starts[: token.memory["begun"]])
        inner.settle()
        return None

    def inner_finished(self, token: Token, inner: SubWorkflow, child: Token) -> None:
        enough = isinstance(child.task_spec, Activity) and self._is_enough(token)
        if enough:
            token.memory["begun"] = len(self.body.starts)
            if self.cancels_rest:
                inner.clear()
        begun = token.memory["begun"]
        if begun < len(self.body.starts) and not any(other.keeps_alive for other in inner.tokens()):
            token.memory["begun"] = begun + 1
            following = inner.task_tree.add(self.body.starts[begun])
            following.task_spec._update(following)
        inner.settle()

    def _is_enough(self, token: Token) -> bool:
        return self.condition is not None and token.evaluate(self.condition) is True
