"""A token game that plays random graphs without the engine: BPMN 2.0.2, chapter 13, as plainly as it can be said.

Tokens lie on edges; what waits is a list. Where the standard leaves open who moves first and that makes a difference
(terminate against anything that still moves, inclusive joins that feed each other), the game says so instead of
judging: it plays each round in several orders.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy

from tests.engine.bpmn.random_graphs import QUANTITY, Graph
from tests.engine.bpmn.token_rules import (
    Order,
    Scope,
    Waiting,
    backwards,
    begin,
    can_act,
    is_expected,
    is_restless,
    kind_of,
    picture,
    resets,
    ripe,
    shuffled,
    taken,
    times,
    ways_in,
)


class Endless(Exception):
    """The game did not come to rest."""


class Ambiguous(Exception):
    """The standard leaves open what happens."""


class Game:
    """Plays one graph. `entered` counts how often each node was entered."""

    def __init__(self, graph: Graph, picks: dict[str, int]) -> None:
        self.picks = picks
        self.entered: Counter[str] = Counter()
        self.order: Order = list
        self.root = begin(Scope(graph))
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
                found += [guard for guard, times in waiting.guards.items() if times and can_act(scope, guard)]
                if kind_of(scope, waiting.node) == "choice":
                    found += scope.graph.out(waiting.node)
        return sorted(found)

    def users(self) -> list[str]:
        """The open user tasks, sorted."""
        catching = {"catch", "choice"}
        return sorted(
            waiting.node
            for scope in self.root.scopes()
            for waiting in scope.waiting
            if kind_of(scope, waiting.node) not in catching
            for _ in range(waiting.open)
        )

    def is_over(self) -> bool:
        return self.root.is_empty()

    def act(self, name: str) -> None:
        """Does one of `acts`, to the oldest that it can be done to, and lets the tokens move."""
        for scope in self.root.scopes():
            if scope.listens is not None and name == f"{scope.name}Es":
                self._hear(scope)
                return self.settle()
            for waiting in scope.waiting:
                if self._happens(scope, waiting, name):
                    return self.settle()
        raise AssertionError(f"nobody waits for {name}")

    # ------------------------------------------------------------ what happens from outside

    def _happens(self, scope: Scope, waiting: Waiting, name: str) -> bool:
        if kind_of(scope, waiting.node) == "choice" and name in scope.graph.out(waiting.node):
            scope.waiting.remove(waiting)
            self.entered[name] += 1
            self._leave(scope, name)
        elif waiting.guards.get(name) and can_act(scope, name):
            self._guard_fires(scope, waiting, name)
        elif name == waiting.node and waiting.open:
            waiting.open -= 1
            if waiting.left:
                self._open(scope, waiting)
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
            for inner in waiting.inside:
                self._clear(inner)
        self.entered[name] += 1
        self._leave(scope, name)

    def _hear(self, scope: Scope) -> None:
        interrupts = scope.listens
        if interrupts:
            self._clear(scope)
            scope.listens = None
        handler = Graph({f"{scope.name}EU": "user"}, [], f"{scope.name}EU")
        scope.waiting.append(Waiting(f"{scope.name}E", inside=[begin(Scope(handler))]))

    def _clear(self, scope: Scope) -> None:
        """Takes everything out of a scope; who was faster would make a difference if something there still moves."""
        if is_restless(scope):
            raise Ambiguous
        scope.edges.clear()
        scope.waiting.clear()
        scope.late.clear()

    def _open(self, scope: Scope, waiting: Waiting) -> None:
        """Opens the next instance of what waits."""
        node = waiting.node
        self.entered[node] += 1
        waiting.left -= 1
        if node in scope.graph.inner:
            waiting.inside.append(begin(Scope(scope.graph.inner[node], node, scope.graph.listens.get(node))))
        else:
            waiting.open += 1

    # ------------------------------------------------------------ how tokens move

    def settle(self) -> None:
        """Moves every token as far as it goes, in several orders that must come to the same."""
        before, after = (self.root, self.entered), []
        for order in (list, backwards, shuffled(1), shuffled(2), shuffled(3)):
            self.root, self.entered = deepcopy(before)
            self.order = order
            self._settle(order)
            after.append((self.root, self.entered))
        self.root, self.entered = after[0]
        if any(picture(root) != picture(self.root) or +entered != +self.entered for root, entered in after):
            raise Ambiguous

    def _settle(self, order: Order) -> None:
        budget = 1_500
        while self._move(self.root, order) or self._join(self.root, order):
            budget -= 1
            if budget < 0:
                raise Endless

    def _move(self, scope: Scope, order: Order) -> bool:
        """Moves one token; inclusive joins wait until nothing else moves."""
        return any(move(scope, order) for move in order([self._move_inside, self._step]))

    def _move_inside(self, scope: Scope, order: Order) -> bool:
        for waiting in order(scope.waiting):
            for inner in order(waiting.inside):
                if self._move(inner, order):
                    return True
                if inner.is_empty() and not resets(inner):
                    self._end(scope, waiting, inner)
                    return True
        return False

    def _end(self, scope: Scope, waiting: Waiting, inner: Scope) -> None:
        waiting.inside.remove(inner)
        if waiting.left:
            self._open(scope, waiting)
        elif not waiting.inside:
            scope.waiting.remove(waiting)
            self._leave(scope, waiting.node)

    def _step(self, scope: Scope, order: Order) -> bool:
        for node, kind in order(scope.graph.kinds.items()):
            incoming = ways_in(scope.graph, node)
            if kind in ("parallel", "inclusive", "complex", "gather") and (len(incoming) > 1 or kind == "gather"):
                if taken := ripe(scope, node, kind, incoming):
                    scope.edges.subtract(taken)
                    self._enter(scope, node)
                    return True
                continue
            for edge in order(incoming):
                if scope.edges[edge]:
                    scope.edges[edge] -= 1
                    self._enter(scope, node)
                    return True
        return False

    def _join(self, scope: Scope, order: Order) -> bool:
        """Fires one inclusive join that is activated, or resets one complex gateway (13.4.3, 13.4.5)."""
        for waiting in order(scope.waiting):
            if any(self._join(inner, order) for inner in order(waiting.inside)):
                return True
        for node, kind in order(scope.graph.kinds.items()):
            incoming = ways_in(scope.graph, node)
            filled = {edge for edge in incoming if scope.edges[edge]}
            if kind == "inclusive" and len(incoming) > 1 and filled and not is_expected(scope, node, incoming, filled):
                scope.edges.subtract(filled)
                self._enter(scope, node)
                return True
            if kind == "complex" and node in scope.late:
                late = scope.late[node]
                if not is_expected(scope, node, incoming, filled | (set(incoming) - late)):
                    scope.edges.subtract(filled & late)
                    del scope.late[node]
                    return True
        return False

    def _enter(self, scope: Scope, node: str) -> None:
        kind = scope.graph.kinds[node]
        guards = {guard.name: times(guard.event, guard.interrupting) for guard in scope.graph.guards.get(node, ())}
        waiting = Waiting(node, guards=guards)
        if kind in ("user", "catch", "sub", "listening", "loop", "multi", "looped"):
            waiting.left = 2 if kind in ("loop", "multi", "looped") else 1
            at_once = kind in ("multi", "looped") and node not in scope.graph.sequential
            for _ in range(waiting.left if at_once else 1):
                self._open(scope, waiting)
            scope.waiting.append(waiting)
            return
        self.entered[node] += 1
        match kind:
            case "choice":
                scope.waiting.append(waiting)
            case "terminate":
                self._clear(scope)
            case "error":
                self._throw(scope, "error")
            case "escalate" | "broadcast":
                scope.waiting.append(waiting)
                self._throw(scope, "escalation") if kind == "escalate" else self._broadcast()
                if waiting in scope.waiting:
                    scope.waiting.remove(waiting)
                    self._leave(scope, node)
            case "spread":
                for _ in range(QUANTITY):
                    self._leave(scope, node)
            case _:
                self._leave(scope, node)

    def _throw(self, scope: Scope, event: str) -> None:
        """Lets the innermost guard around a scope catch what is thrown in it; an error that nobody catches ends all."""
        for outer in self.root.scopes():
            for waiting in outer.waiting:
                if scope not in waiting.inside:
                    continue
                for guard in outer.graph.guards.get(waiting.node, ()):
                    if guard.event == event:
                        return self._guard_fires(outer, waiting, guard.name)
                return self._throw(outer, event)
        if event == "error":
            self._clear(self.root)
        return None

    def _broadcast(self) -> None:
        """Fires everything that waits for the signal; if one takes another away, or somebody may still come to wait
        for it, their order would matter."""
        if is_restless(self.root):
            raise Ambiguous
        scopes = self.root.scopes()
        waits: list[tuple[Scope, Waiting | None, str]] = [
            (each, None, "") for each in scopes if each.listens is not None
        ]
        for scope in scopes:
            for waiting in scope.waiting:
                for guard in scope.graph.guards.get(waiting.node, ()):
                    if guard.event in ("signal", "either") and waiting.guards[guard.name]:
                        waits.append((scope, waiting, guard.name))
        for scope, at, name in self.order(waits):
            if scope not in self.root.scopes() or (at is not None and at not in scope.waiting):
                raise Ambiguous
            if at is None:
                self._hear(scope)
            else:
                self._guard_fires(scope, at, name)

    def _leave(self, scope: Scope, node: str) -> None:
        ways = scope.graph.out(node)
        for target in taken(scope.graph.kinds.get(node, ""), ways, self.picks.get(node, 0)):
            if target in scope.graph.kinds:
                scope.edges[(node, target)] += 1
