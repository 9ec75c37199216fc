"""A token game that plays random graphs without the engine: BPMN 2.0.2, chapter 13, as plainly as it can be said.

Tokens lie on edges; what waits is a list. Where the standard leaves open who moves first and that makes a difference
(terminate against anything that still moves, inclusive joins that feed each other), the game says so instead of
judging: it plays each round in several orders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.engine.bpmn.random_graphs import Graph

Edge = tuple[str, str]
START = "S"


class Endless(Exception):
    """The game did not come to rest."""


class Ambiguous(Exception):
    """The standard leaves open what happens."""


@dataclass
class Waiting:
    """A node that waits: for somebody at `open` instances, with `left` to come; how often each guard can still fire.

    What holds a scope waits for that scope to end."""

    node: str
    open: int = 0
    left: int = 0
    guards: dict[str, int] = field(default_factory=dict)
    inner: Scope | None = None


@dataclass
class Scope:
    """A scope being played. `listens`: None without event sub-process, else whether that one interrupts."""

    graph: Graph
    name: str = ""
    listens: bool | None = None
    edges: Counter[Edge] = field(default_factory=Counter)
    waiting: list[Waiting] = field(default_factory=list)

    def is_empty(self) -> bool:
        return not +self.edges and not self.waiting

    def scopes(self) -> list[Scope]:
        """This scope and those inside it, the older ones first."""
        inside = (waiting.inner for waiting in self.waiting if waiting.inner is not None)
        return [self, *(deep for inner in inside for deep in inner.scopes())]


class Game:
    """Plays one graph. `entered` counts how often each node was entered."""

    def __init__(self, graph: Graph, picks: dict[str, int]) -> None:
        self.picks = picks
        self.entered: Counter[str] = Counter()
        self.root = _begin(Scope(graph))
        self.settle()

    # ------------------------------------------------------------ what is asked of it

    def acts(self) -> list[str]:
        """What somebody outside can do, sorted: complete a user task, let an event happen."""
        found: list[str] = []
        for scope in self.root.scopes():
            if scope.listens is not None:
                found.append(f"{scope.name}Es")
            for waiting in scope.waiting:
                found += [waiting.node] * waiting.open
                found += [guard for guard, times in waiting.guards.items() if times]
                if scope.graph.kinds.get(waiting.node) == "choice":
                    found += scope.graph.out(waiting.node)
        return sorted(found)

    def users(self) -> list[str]:
        """The open user tasks, sorted."""
        catching = {"catch", "choice"}
        return sorted(
            waiting.node
            for scope in self.root.scopes()
            for waiting in scope.waiting
            if scope.graph.kinds.get(waiting.node) not in catching
            for _ in range(waiting.open)
        )

    def is_over(self) -> bool:
        return self.root.is_empty()

    def act(self, name: str) -> None:
        """Does one of `acts`, to the oldest that it can be done to, and lets the tokens move."""
        for scope in self.root.scopes():
            if scope.listens is not None and name == f"{scope.name}Es":
                self._listen(scope)
                return self.settle()
            for waiting in scope.waiting:
                if self._happens(scope, waiting, name):
                    return self.settle()
        raise AssertionError(f"nobody waits for {name}")

    # ------------------------------------------------------------ what happens from outside

    def _happens(self, scope: Scope, waiting: Waiting, name: str) -> bool:
        if scope.graph.kinds.get(waiting.node) == "choice" and name in scope.graph.out(waiting.node):
            scope.waiting.remove(waiting)
            self.entered[name] += 1
            self._leave(scope, name)
        elif waiting.guards.get(name):
            self._guard_fires(scope, waiting, name)
        elif name == waiting.node and waiting.open:
            waiting.open -= 1
            if waiting.left:
                self._open(waiting)
            if not waiting.open:
                scope.waiting.remove(waiting)
                self._leave(scope, waiting.node)
        else:
            return False
        return True

    def _guard_fires(self, scope: Scope, waiting: Waiting, name: str) -> None:
        guard = next(guard for guard in scope.graph.guards[waiting.node] if guard.name == name)
        waiting.guards[name] -= 1
        if guard.interrupting:
            scope.waiting.remove(waiting)
        self.entered[name] += 1
        self._leave(scope, name)

    def _listen(self, scope: Scope) -> None:
        interrupts = scope.listens
        if interrupts:
            scope.edges.clear()
            scope.waiting.clear()
            scope.listens = None
        self.entered[f"{scope.name}EU"] += 1
        handler = Graph({f"{scope.name}EU": "user"}, [], f"{scope.name}EU")
        inner = Scope(handler, waiting=[Waiting(f"{scope.name}EU", open=1)])
        scope.waiting.append(Waiting(f"{scope.name}E", inner=inner))

    def _open(self, waiting: Waiting) -> None:
        waiting.open += 1
        waiting.left -= 1
        self.entered[waiting.node] += 1

    # ------------------------------------------------------------ how tokens move

    def settle(self) -> None:
        """Moves every token as far as it goes, in three orders that must come to the same."""
        before = (self.root, self.entered)
        ends = []
        for order in (0, 1, 2):
            self.root, self.entered = deepcopy(before)
            self._settle(order)
            ends.append((_picture(self.root), +self.entered))
            if order == 0:
                first = (self.root, self.entered)
        self.root, self.entered = first
        if ends[0] != ends[1] or ends[0] != ends[2]:
            raise Ambiguous

    def _settle(self, order: int) -> None:
        budget = 1_500
        while self._move(self.root, order) or self._join(self.root, order):
            budget -= 1
            if budget < 0:
                raise Endless

    def _move(self, scope: Scope, order: int) -> bool:
        """Moves one token; inclusive joins wait until nothing else moves."""
        if order == 1 and self._step(scope, order):
            return True
        for waiting in _ordered(scope.waiting, order):
            if waiting.inner is None:
                continue
            if self._move(waiting.inner, order):
                return True
            if waiting.inner.is_empty():
                scope.waiting.remove(waiting)
                self._leave(scope, waiting.node)
                return True
        return order != 1 and self._step(scope, order)

    def _step(self, scope: Scope, order: int) -> bool:
        for node, kind in _ordered(scope.graph.kinds.items(), order):
            incoming = _incoming(scope.graph, node)
            if kind in ("parallel", "inclusive") and len(incoming) > 1:
                if kind == "parallel" and all(scope.edges[edge] for edge in incoming):
                    scope.edges.subtract(incoming)
                    self._enter(scope, node)
                    return True
                continue
            for edge in _ordered(incoming, order):
                if scope.edges[edge]:
                    scope.edges[edge] -= 1
                    self._enter(scope, node)
                    return True
        return False

    def _join(self, scope: Scope, order: int) -> bool:
        """Fires one inclusive join that is activated (13.4.3)."""
        for waiting in _ordered(scope.waiting, order):
            if waiting.inner is not None and self._join(waiting.inner, order):
                return True
        for node, kind in _ordered(scope.graph.kinds.items(), order):
            incoming = _incoming(scope.graph, node)
            if kind == "inclusive" and len(incoming) > 1 and _is_activated(scope, node, incoming):
                scope.edges.subtract(edge for edge in incoming if scope.edges[edge])
                self._enter(scope, node)
                return True
        return False

    def _enter(self, scope: Scope, node: str) -> None:
        kind = scope.graph.kinds[node]
        guards = {guard.name: _times(guard.event, guard.interrupting) for guard in scope.graph.guards.get(node, ())}
        waiting = Waiting(node, guards=guards)
        match kind:
            case "user" | "catch":
                waiting.left = 1
                self._open(waiting)
            case "loop" | "multi":
                waiting.left = 2
                self._open(waiting)
                if kind == "multi" and node not in scope.graph.sequential:
                    self._open(waiting)
            case "sub" | "listening":
                self.entered[node] += 1
                waiting.inner = _begin(Scope(scope.graph.inner[node], node, scope.graph.listens.get(node)))
            case "choice":
                self.entered[node] += 1
            case "terminate":
                self.entered[node] += 1
                scope.edges.clear()
                scope.waiting.clear()
                return
            case _:
                self.entered[node] += 1
                self._leave(scope, node)
                return
        scope.waiting.append(waiting)

    def _leave(self, scope: Scope, node: str) -> None:
        ways = scope.graph.out(node)
        for target in _taken(scope.graph.kinds.get(node, ""), ways, self.picks.get(node, 0)):
            if target in scope.graph.kinds:
                scope.edges[(node, target)] += 1


# ---------------------------------------------------------------- rules


def _times(event: str, interrupting: bool) -> int:
    """How often a guard can fire: a date once, this cycle three times, what others send as often as they send it."""
    if interrupting:
        return 1
    return {"timer": 1, "cycle": 3}.get(event, 1_000)


def _taken(kind: str, ways: list[str], pick: int) -> list[str]:
    """Which ways a token takes: one (13.4.2), those that hold or else the default (13.4.3), or all."""
    last = len(ways) - 1
    match kind:
        case "exclusive":
            return [ways[min(pick, last)]]
        case "inclusive":
            return ways[: min(pick, last)] or ways[last:]
        case "fork" if len(ways) > 1:
            free = ways[1:last]
            return [ways[0], *free] if pick >= 1 else [*free, ways[last]]
    return ways


def _is_activated(scope: Scope, join: str, incoming: list[Edge]) -> bool:
    """A token has come, and none elsewhere can come to an empty flow without being able to come to a filled one."""
    filled = {edge for edge in incoming if scope.edges[edge]}
    empty = set(incoming) - filled
    if not filled:
        return False
    for begin in _heads(scope):
        reached = _paths(scope.graph, begin, join)
        if reached & empty and not reached & filled:
            return False
    return True


def _heads(scope: Scope) -> Iterable[list[Edge]]:
    """Where paths begin: at the edge of each token, and at whatever a node that waits can leave by."""
    for edge, count in scope.edges.items():
        if count:
            yield [edge]
    for waiting in scope.waiting:
        leaving = [waiting.node, *(guard.name for guard in scope.graph.guards.get(waiting.node, ()))]
        yield [edge for edge in scope.graph.edges if edge[0] in leaving]


def _paths(graph: Graph, begin: list[Edge], join: str) -> set[Edge]:
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


def _begin(scope: Scope) -> Scope:
    scope.edges[(START, scope.graph.entry)] = 1
    return scope


def _incoming(graph: Graph, node: str) -> list[Edge]:
    """The flows into a node over which a token can ever come."""
    possible = _paths(graph, [(START, graph.entry)], "")
    return [edge for edge in [(START, graph.entry), *graph.edges] if edge[1] == node and edge in possible]


def _ordered(items: Iterable[Any], order: int) -> list[Any]:
    """Three orders to move in: as they are, the other way round, and the second half before the first."""
    found = list(items)
    match order:
        case 1:
            return found[::-1]
        case 2:
            return found[len(found) // 2 :] + found[: len(found) // 2]
    return found


def _picture(scope: Scope) -> tuple[Any, ...]:
    """What a scope looks like, whatever the order in which its parts came to be."""
    waiting = sorted(
        repr((each.node, each.open, each.left, each.guards, each.inner and _picture(each.inner)))
        for each in scope.waiting
    )
    return (scope.name, scope.listens, sorted((+scope.edges).items()), waiting)
