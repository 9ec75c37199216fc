"""Complex gateways (BPMN 10.6.5): an activation condition decides how many tokens suffice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.definition import Element
from engine.bpmn.expressions import Value
from engine.bpmn.specs.joins import NO_FLOW, Join
from engine.bpmn.specs.node import FlowSpec

if TYPE_CHECKING:
    from engine.bpmn.token import Token


class ComplexGateway(Join):
    """Goes on when its condition holds, then swallows what comes late and begins anew. Without a condition it waits
    like an inclusive gateway.

    The condition reads `activationCount`, the number of incoming flows that a token has come over. After going on, the
    gateway expects one token on each flow that had none. It resets, ready for the next round, when they have come, or
    when no token can reach those flows any more but by another way in (13.4.5).

    A reset may send tokens too, if a condition of an outgoing flow asks for it by reading `waitingForStart`: true when
    the gateway goes on, false when it resets.
    """

    def __init__(self, scope_spec: Any, element: Element, condition: Value | None) -> None:
        super().__init__(scope_spec, element)
        self.condition = condition

    def _absorb(self, token: Token) -> Token:
        keeper = token.workflow.joins.get(self.name)
        late = [] if keeper is None else keeper.memory.get("late", [])
        if keeper is not None and token.flow in late:
            late.remove(token.flow)
            token.remove()
            if not late:
                self._reset(keeper)
            return keeper
        return super()._absorb(token)

    def choose(self, token: Token) -> tuple[FlowSpec, ...]:
        if not token.memory.get("resets"):
            return super().choose(token)
        held = tuple(flow for flow in self.outgoing if self._is_asked(flow) and self.holds(token, flow))
        return held or tuple(flow for flow in self.outgoing if flow.is_default)

    def holds(self, token: Token, flow: FlowSpec, **extra: Any) -> bool:
        return super().holds(token, flow, waitingForStart=not token.memory.get("resets"), **extra)

    def _is_asked(self, flow: FlowSpec) -> bool:
        return flow.condition is not None and "waitingForStart" in flow.condition.names

    def is_ready(self, token: Token) -> bool:
        if not token.alive or "late" in token.memory or not token.memory.get("counts"):
            return False
        count = len(token.memory["counts"])
        if self.condition is None:
            return count == len(self.incoming_ids)
        return token.evaluate(self.condition, activationCount=count) is True

    def only_swallows(self, token: Token) -> bool:
        """A gateway that has something to do after its reset keeps its scope alive until then."""
        counted = token.memory.get("counts") or any(self._is_asked(flow) for flow in self.outgoing)
        return "late" in token.memory and not counted

    def _fire(self, token: Token) -> None:
        late = [flow for flow in self.incoming_ids if not token.memory["counts"].get(flow)]
        super()._fire(token)
        if not late:
            return
        workflow = token.workflow
        keeper = workflow.joins.get(self.name)
        if keeper is None:
            keeper = workflow.joins[self.name] = workflow.task_tree.add(self)
            keeper.memory["counts"] = {}
        keeper.memory["late"] = late

    def _reset(self, keeper: Token) -> None:
        """Begins the next round with the tokens that have come too early for it."""
        workflow = keeper.workflow
        del keeper.memory["late"]
        if not keeper.memory["counts"]:
            del workflow.joins[self.name]
            keeper.remove()
        if any(self._is_asked(flow) for flow in self.outgoing):
            again = workflow.task_tree.add(self)
            again.memory["resets"] = True
            again._ready()
        workflow.settle()

    def try_late(self, token: Token) -> bool:
        if token._state != TaskState.WAITING or "counts" not in token.memory:
            return False
        late = token.memory.get("late")
        come = set(self.incoming_ids).difference(late) if late else token.memory["counts"]
        if (not late and self.condition is not None) or self.expects_more(token, come):
            return False
        if late:
            self._reset(token)
        if token.alive and (not late or self.is_ready(token)):
            self._fire(token)
        return True

    def take(self, counts: dict[str, int]) -> dict[str, int]:
        left = super().take(counts)
        left.pop(NO_FLOW, None)
        return left
