"""Ad-hoc sub-processes (BPMN 10.3.5): their activities need no flows, and a condition says when it is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.bpmn.definition import Element
from engine.bpmn.expressions import Value
from engine.bpmn.specs.activities import Activity
from engine.bpmn.specs.scope_spec import ScopeSpec
from engine.bpmn.specs.sub_processes import SubProcess
from engine.errors import Conflict, NotFound

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import SubWorkflow


class AdHocSubProcess(SubProcess):
    """Runs each activity that no flow leads to once: all at once, or one after the other in document order.

    `by_hand` (property `adHoc.start` = `manual`): none runs until somebody starts it, as often as they like.
    After each activity the completion condition is asked. When it holds, what still runs is taken away, or is waited
    for if `cancels_rest` is false. One by hand without a condition ends when somebody says that it is enough.
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
        by_hand: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(scope_spec, element, body, name=name)
        self.condition = condition
        self.sequential = sequential
        self.cancels_rest = cancels_rest
        self.by_hand = by_hand

    def execute(self, token: Token) -> bool | None:
        self.open_scope(token)
        inner = token.top.create_subprocess(token, self.body)
        if self.by_hand:
            inner.begin(())
            token.top.by_hand[token.id] = token
            return None
        token.memory["begun"] = 1 if self.sequential else len(self.body.starts)
        inner.begin(self.body.starts[: token.memory["begun"]])
        inner.settle()
        return None

    def start_activity(self, token: Token, element_id: str) -> None:
        """Starts one of the activities inside because somebody wants it; raises NotFound, Conflict."""
        inner = token.top.inner(token)
        node = next((node for node in self.body.starts if node.element.id == element_id), None)
        if not self.by_hand or node is None or inner is None:
            raise NotFound(f"{token.element_id} has no activity {element_id} that is started by hand")
        if self.sequential and any(other.keeps_alive for other in inner.tokens()):
            raise Conflict(f"the activities of {token.element_id} run one after the other, and one is running")
        node._update(inner.task_tree.add(node))

    def complete_by_hand(self, token: Token) -> None:
        """Ends it because somebody says that it is enough; raises Conflict where a condition says so."""
        if self.condition is not None:
            raise Conflict(f"{token.element_id} ends when its completion condition holds")
        inner = token.top.inner(token)
        assert inner is not None
        self._enough(token, inner)
        inner.settle()

    def _enough(self, token: Token, inner: SubWorkflow) -> None:
        token.memory["enough"] = True
        token.memory["begun"] = len(self.body.starts)
        token.top.by_hand.pop(token.id, None)
        if self.cancels_rest:
            inner.clear()

    def settles(self, token: Token) -> bool:
        return not self.by_hand or bool(token.memory.get("enough"))

    def finish(self, token: Token) -> None:
        token.top.by_hand.pop(token.id, None)
        super().finish(token)

    def inner_finished(self, token: Token, inner: SubWorkflow, child: Token) -> None:
        if isinstance(child.task_spec, Activity) and self._is_enough(token):
            self._enough(token, inner)
        if self.by_hand:
            inner.settle()
            return
        begun = token.memory["begun"]
        if begun < len(self.body.starts) and not any(other.keeps_alive for other in inner.tokens()):
            token.memory["begun"] = begun + 1
            following = inner.task_tree.add(self.body.starts[begun])
            following.task_spec._update(following)
        inner.settle()

    def _is_enough(self, token: Token) -> bool:
        return self.condition is not None and token.evaluate(self.condition) is True
