"""Gateways that wait for several flows (BPMN 10.6.3 to 10.6.5): they count tokens per incoming flow.

One token stands at the join and counts in its memory how many came over each flow; the others are absorbed. A join
that fires takes one of each; what is left counts for the next round. Variables need no merging, since they live in
scopes and not in tokens.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.definition import Element
from engine.bpmn.specs.node import FlowSpec, Node

if TYPE_CHECKING:
    from engine.bpmn.token import Token

NO_FLOW = ""
"""Counts tokens that came over no flow of the diagram."""


class Join(Node):
    """Base of the joins: counts arrivals, and fires when `is_ready` says so.

    `ways` tells by the name of a node over which incoming flows a token can come from there without passing here, one
    bit per flow in the order of `incoming_ids`.
    """

    def __init__(self, scope_spec: Any, element: Element, *, name: str | None = None) -> None:
        super().__init__(scope_spec, element, name=name)
        self.ways: Mapping[str, int] = {}

    def _update_hook(self, token: Token) -> bool:
        if len(self.incoming_ids) < 2:
            return super()._update_hook(token)
        keeper = self._absorb(token)
        if self.is_ready(keeper):
            self._fire(keeper)
        return False

    def is_ready(self, token: Token) -> bool:
        """Tells whether the tokens that have arrived suffice."""
        raise NotImplementedError

    def choose(self, token: Token) -> tuple[FlowSpec, ...]:
        """Returns the flows that hold, else the default; a gateway must find one (13.4.3, 13.4.5).

        Other than at an activity, a flow without condition counts as one that holds."""
        held = tuple(flow for flow in self.outgoing if not flow.is_default and self._is_open(token, flow))
        taken = held or tuple(flow for flow in self.outgoing if flow.is_default)
        if self.outgoing and not taken:
            raise token.fail("no condition of the outgoing flows holds and there is no default flow")
        return taken

    def _is_open(self, token: Token, flow: FlowSpec) -> bool:
        return flow.condition is None or self.holds(token, flow)

    def expects_more(self, token: Token, come: Collection[str]) -> bool:
        """Tells whether a token elsewhere can come over a flow that none has come over, and over no other (13.4.3)."""
        over = sum(1 << number for number, flow in enumerate(self.incoming_ids) if flow in come)
        ways = {self.ways.get(each.task_spec.name, 0) for each in token.workflow.task_tree.children if each.keeps_alive}
        return any(way & ~over and not way & over for way in ways)

    def take(self, counts: dict[str, int]) -> dict[str, int]:
        """Returns what is left when one token of each filled flow is taken."""
        return {flow: count - 1 for flow, count in counts.items() if count > 1}

    def _absorb(self, token: Token) -> Token:
        joins = token.workflow.joins
        keeper = joins.get(self.name)
        if keeper is None:
            keeper = joins[self.name] = token
            keeper.memory["counts"] = {}
        counts = keeper.memory["counts"]
        counts[token.flow or NO_FLOW] = counts.get(token.flow or NO_FLOW, 0) + 1
        if keeper is not token:
            token.remove()
        return keeper

    def _fire(self, token: Token) -> None:
        left = self.take(token.memory.pop("counts"))
        workflow = token.workflow
        del workflow.joins[self.name]
        if left:
            keeper = workflow.task_tree.add(self)
            keeper.memory["counts"] = left
            workflow.joins[self.name] = keeper
        if super()._update_hook(token):
            token._ready()

    def _on_cancel(self, token: Token) -> None:
        if token.workflow.joins.get(self.name) is token:
            del token.workflow.joins[self.name]
        super()._on_cancel(token)


class ParallelGateway(Join):
    """Waits for one token on every incoming flow; then takes every outgoing flow."""

    def is_ready(self, token: Token) -> bool:
        counts = token.memory["counts"]
        return all(counts.get(flow) for flow in self.incoming_ids)

    def choose(self, token: Token) -> tuple[FlowSpec, ...]:
        return self.outgoing


class InclusiveGateway(Join):
    """Waits until no token elsewhere can still reach an empty incoming flow (BPMN 13.4.3)."""

    def is_ready(self, token: Token) -> bool:
        counts = token.memory["counts"]
        return all(counts.get(flow) for flow in self.incoming_ids)

    def try_late(self, token: Token) -> bool:
        if token._state != TaskState.WAITING or "counts" not in token.memory:
            return False
        if self.expects_more(token, token.memory["counts"]):
            return False
        self._fire(token)
        return True


class QuantityJoin(Join):
    """Stands before an activity whose `startQuantity` is above one (BPMN 10.3): it starts once per so many tokens."""

    def __init__(self, scope_spec: Any, element: Element, *, name: str, quantity: int) -> None:
        super().__init__(scope_spec, element, name=name)
        self.quantity = quantity

    def _update_hook(self, token: Token) -> bool:
        keeper = self._absorb(token)
        if self.is_ready(keeper):
            self._fire(keeper)
        return False

    def is_ready(self, token: Token) -> bool:
        return bool(sum(token.memory["counts"].values()) >= self.quantity)

    def take(self, counts: dict[str, int]) -> dict[str, int]:
        left = sum(counts.values()) - self.quantity
        return {NO_FLOW: left} if left else {}

    def begin(self, token: Token) -> None:
        """Records nothing: the diagram does not draw this node."""
