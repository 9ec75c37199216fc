"""The rules of the token game: what a scope looks like, and what BPMN 2.0.2, chapter 13, says of its tokens."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tests.engine.bpmn.random_graphs import NEEDED, QUANTITY, Graph

Edge = tuple[str, str]
Order = Callable[[Iterable[Any]], list[Any]]
START = "S"


@dataclass(eq=False)
class Waiting:
    """A node that waits: for somebody at `open` instances, for the scopes `inside` to end; with `left` instances to
    come; and how often each guard can still fire."""

    node: str
    open: int = 0
    left: int = 0
    guards: dict[str, int] = field(default_factory=dict)
    inside: list[Scope] = field(default_factory=list)


@dataclass(eq=False)
class Scope:
    """A scope being played. `listens`: None without event sub-process, else whether that one interrupts. `late` holds
    the flows that complex gateways still expect a token on before they reset."""

    graph: Graph
    name: str = ""
    listens: bool | None = None
    edges: Counter[Edge] = field(default_factory=Counter)
    waiting: list[Waiting] = field(default_factory=list)
    late: dict[str, set[Edge]] = field(default_factory=dict)

    def is_empty(self) -> bool:
        return not +self.edges and not self.waiting

    def scopes(self) -> list[Scope]:
        """This scope and those inside it, the older ones first."""
        return [self, *(deep for waiting in self.waiting for inner in waiting.inside for deep in inner.scopes())]


# ---------------------------------------------------------------- rules


def times(event: str, interrupting: bool) -> int:
    """How often a guard can fire: a date once, this cycle three times, what others send as often as they send it."""
    if interrupting:
        return 1
    return {"timer": 1, "cycle": 3}.get(event, 1_000)


def taken(kind: str, ways: list[str], pick: int) -> list[str]:
    """Which ways a token takes: one (13.4.2), those that hold or else the default (13.4.3), or all."""
    last = len(ways) - 1
    match kind:
        case "exclusive":
            return [ways[min(pick, last)]]
        case "inclusive" | "complex":
            return ways[: min(pick, last)] or ways[last:]
        case "fork" if len(ways) > 1:
            free = ways[1:last]
            return [ways[0], *free] if pick >= 1 else [*free, ways[last]]
    return ways


def ripe(scope: Scope, node: str, kind: str, incoming: list[Edge]) -> list[Edge]:
    """The tokens that a join takes at once, if it can go on without looking around.

    A complex gateway that has gone on first takes one token more from each flow that it took none from."""
    filled = [edge for edge in incoming if scope.edges[edge]]
    if kind == "gather":
        tokens = [edge for edge in incoming for _ in range(scope.edges[edge])]
        return tokens[:QUANTITY] if len(tokens) >= QUANTITY else []
    if kind != "complex":
        return incoming if filled == incoming else []
    if node in scope.late:
        late = scope.late[node]
        if not late <= set(filled):
            return []
        del scope.late[node]
        scope.edges.subtract(late)
        return ripe(scope, node, kind, incoming)
    if len(filled) < NEEDED:
        return []
    if rest := set(incoming) - set(filled):
        scope.late[node] = rest
    return filled


def resets(scope: Scope) -> bool:
    """Tells whether a complex gateway of a scope holds tokens for after its reset."""
    return any(count for edge, count in scope.edges.items() if edge[1] in scope.late)


def can_act(scope: Scope, guard: str) -> bool:
    """Errors and escalations come from inside alone."""
    found = [each for guards in scope.graph.guards.values() for each in guards if each.name == guard]
    return all(each.event not in ("error", "escalation") for each in found)


def is_restless(scope: Scope) -> bool:
    """Tells whether a token in a scope, or inside of it, can move at once."""
    for each in scope.scopes():
        for node, kind in each.graph.kinds.items():
            incoming = ways_in(each.graph, node)
            filled = [edge for edge in incoming if each.edges[edge]]
            if kind in ("inclusive", "complex") and len(incoming) > 1:
                continue
            if kind == "gather":
                filled = filled if sum(each.edges[edge] for edge in filled) >= QUANTITY else []
            elif kind == "parallel" and filled != incoming:
                continue
            if filled:
                return True
    return False


def kind_of(scope: Scope, node: str) -> str:
    """The kind of a node; what handles an event is none of the graph."""
    return scope.graph.kinds.get(node, "handler")


def is_expected(scope: Scope, join: str, incoming: list[Edge], come: set[Edge]) -> bool:
    """Tells whether a token can come over a flow that none has come over, and over no other flow of the join."""
    missing = set(incoming) - come
    for begin in heads(scope):
        reached = paths(scope.graph, begin, join)
        if reached & missing and not reached & come:
            return True
    return False


def heads(scope: Scope) -> Iterable[list[Edge]]:
    """Where paths begin: at the edge of each token, and at whatever a node that waits can leave by."""
    for edge, count in scope.edges.items():
        if count:
            yield [edge]
    for waiting in scope.waiting:
        leaving = [waiting.node, *(guard.name for guard in scope.graph.guards.get(waiting.node, ()))]
        yield [edge for edge in scope.graph.edges if edge[0] in leaving]


def paths(graph: Graph, begin: list[Edge], join: str) -> set[Edge]:
    """All edges on paths from the first ones that do not go through the join."""
    found, pending = set(begin), list(begin)
    while pending:
        node = pending.pop()[1]
        if node == join:
            continue
        leaving = [node, *(guard.name for guard in graph.guards.get(node, ()))]
        for edge in graph.edges:
            if edge[0] in leaving and edge not in found:
                found.add(edge)
                pending.append(edge)
    return found


def begin(scope: Scope) -> Scope:
    scope.edges[(START, scope.graph.entry)] = 1
    return scope


@lru_cache(maxsize=1_000)
def ways_in(graph: Graph, node: str) -> list[Edge]:
    """The flows into a node over which a token can ever come."""
    possible = paths(graph, [(START, graph.entry)], "")
    return [edge for edge in [(START, graph.entry), *graph.edges] if edge[1] == node and edge in possible]


def backwards(items: Iterable[Any]) -> list[Any]:
    return list(items)[::-1]


def shuffled(seed: int) -> Order:
    rng = random.Random(seed)

    def shuffle(items: Iterable[Any]) -> list[Any]:
        found = list(items)
        return rng.sample(found, len(found))

    return shuffle


def picture(scope: Scope) -> tuple[Any, ...]:
    """What a scope looks like, whatever the order in which its parts came to be."""
    waiting = sorted(
        repr((each.node, each.open, each.left, each.guards, sorted(repr(picture(inner)) for inner in each.inside)))
        for each in scope.waiting
    )
    return (scope.name, scope.listens, sorted((+scope.edges).items()), sorted(map(repr, scope.late.items())), waiting)
