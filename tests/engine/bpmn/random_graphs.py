"""Random process graphs, cyclic and unstructured, and a token game that plays them without the engine.

Choices at exclusive gateways follow variables `pick_<gateway>`, which every completed user task sets anew. Between two
completions they stand still, so that the order in which tokens move cannot change where they end up, and engine and
game must agree on every count.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from tests.engine.bpmn.diagrams import (
    MESSAGE,
    SIGNAL,
    TERMINATE,
    boundary,
    catch,
    end,
    event_sub,
    exclusive,
    flows,
    inclusive,
    multi,
    parallel,
    sub,
    task,
    throw,
    timer,
    user,
)
from tests.engine.bpmn.diagrams import script as script_task

CORE = ["task"] * 4 + ["exclusive"] * 3 + ["parallel"] * 3 + ["user"] * 3 + ["sub"]
RICH = [
    *CORE,
    "terminate",
    "inclusive",
    "inclusive",
    "guarded",
    "guarded",
    "looped",
    "script",
    "choice",
    "listening",
    "undone",
    "undo",
]


@dataclass
class Graph:
    """One scope: the kind of each node, the flows between them, and the graphs inside sub-processes."""

    kinds: dict[str, str]
    edges: list[tuple[str, str]]
    entry: str
    inner: dict[str, Graph] = field(default_factory=dict)

    def out(self, node: str) -> list[str]:
        return [target for source, target in self.edges if source == node]

    def choosers(self) -> dict[str, int]:
        """The gateways that choose, with their number of ways, in all scopes."""
        own = {node: len(self.out(node)) for node, kind in self.kinds.items() if kind in ("exclusive", "inclusive")}
        for graph in self.inner.values():
            own |= graph.choosers()
        return own


def make(rng: random.Random, pool: list[str], prefix: str = "n", depth: int = 0) -> Graph:
    """Makes a graph; later nodes mostly follow earlier ones, with some ways back."""
    names = [f"{prefix}{index}" for index in range(rng.randint(4, 9 if depth == 0 else 5))]
    kinds: dict[str, str] = {}
    for name in names:
        kind = rng.choice(pool)
        kinds[name] = "task" if depth == 2 and kind in ("sub", "looped", "listening") else kind
    edges: list[tuple[str, str]] = []
    for index, name in enumerate(names):
        if kinds[name] == "terminate":
            continue
        if kinds[name] == "choice":
            continue
        ways = rng.choice([1, 2, 2, 3]) if kinds[name] in ("exclusive", "parallel", "inclusive") else 1
        for _ in range(ways):
            forward = rng.random() < 0.85 or index == 0
            target = rng.choice(names[index + 1 :] or [f"{prefix}END"]) if forward else rng.choice(names)
            if (name, target) not in edges:
                edges.append((name, target))
    reached = {names[0], *(target for _, target in edges)}
    kinds = {name: "task" if kind == "undo" and name not in reached else kind for name, kind in kinds.items()}
    graph = Graph(kinds, edges, names[0])
    for name in names:
        if kinds[name] in ("sub", "looped", "listening"):
            graph.inner[name] = make(rng, pool, f"{name}_", depth + 1)
    return graph


def draw(graph: Graph, prefix: str = "n", seed: int = 0) -> tuple[str, str]:
    """Returns the nodes as XML and the flows in the notation of `diagrams`."""
    nodes = [f'<startEvent id="{prefix}S"/>', end(f"{prefix}END")]
    arrows = [f"{prefix}S>{graph.entry}"]
    rng = random.Random(f"{seed}{prefix}")
    for name, kind in graph.kinds.items():
        ways = graph.out(name)
        nodes.append(_node(name, kind, ways, graph, rng, seed))
        if kind == "choice":
            arrows += [f"{name}>{name}M {name}>{name}T", *(f"{name}{end_}>{_any(rng, graph, prefix)}" for end_ in "MT")]
        if kind in ("guarded", "looped"):
            event = rng.choice([MESSAGE, SIGNAL, timer("R3/PT1H", "timeCycle"), MESSAGE + SIGNAL])
            nodes.append(boundary(f"{name}B", name, event, interrupting=rng.random() < 0.5))
            arrows.append(f"{name}B>{_any(rng, graph, prefix)}")
        for index, target in enumerate(ways):
            chooses = kind in ("exclusive", "inclusive") and index < len(ways) - 1
            arrows.append(f"{name}>{target}" + (f"[pick_{name}{_condition(kind, index)}]" if chooses else ""))
    return "".join(nodes), " ".join(arrows)


def _any(rng: random.Random, graph: Graph, prefix: str) -> str:
    return rng.choice([*graph.kinds, f"{prefix}END"])


def _condition(kind: str, index: int) -> str:
    return f"={index}" if kind == "exclusive" else f">={index}"


def _node(name: str, kind: str, ways: list[str], graph: Graph, rng: random.Random, seed: int) -> str:
    default = f"f_{name}_{ways[-1]}" if ways else ""
    match kind:
        case "task":
            return task(name)
        case "script":
            return script_task(name, f'"{name}"', attributes=f'camunda:resultVariable="v_{name}"')
        case "user" | "guarded":
            return user(name)
        case "exclusive":
            return exclusive(name, default)
        case "inclusive":
            return inclusive(name, default)
        case "parallel":
            return parallel(name)
        case "terminate":
            return end(name, TERMINATE)
        case "choice":
            return f'<eventBasedGateway id="{name}"/>' + catch(f"{name}M", MESSAGE) + catch(f"{name}T", timer("PT1H"))
        case "undo":
            return throw(name, "<compensateEventDefinition/>")
        case "undone":
            kept = f'<boundaryEvent id="{name}C" attachedToRef="{name}"><compensateEventDefinition/></boundaryEvent>'
            handler = f'<userTask id="{name}H" isForCompensation="true"/>'
            return task(name) + kept + handler + f'<association id="{name}L" sourceRef="{name}C" targetRef="{name}H"/>'
    nodes, arrows = draw(graph.inner[name], f"{name}_", seed)
    if kind == "listening":
        inside = user(f"{name}EU") + end(f"{name}EE")
        interrupting = rng.random() < 0.5
        nodes += event_sub(
            f"{name}E", SIGNAL, inside, f"{name}Es>{name}EU {name}EU>{name}EE", interrupting=interrupting
        )
    loop = multi("<loopCardinality>2</loopCardinality>", sequential=rng.random() < 0.5) if kind == "looped" else ""
    return sub(name, nodes + loop, arrows)


def body(graph: Graph, seed: int) -> tuple[str, str]:
    """Returns nodes and flows of the whole process."""
    nodes, arrows = draw(graph, "n", seed)
    return nodes, flows(arrows)


# ---------------------------------------------------------------- the game


class Endless(Exception):
    """The game did not come to rest."""


@dataclass
class Scope:
    """A scope being played: tokens on edges, at user tasks, and in the scopes of sub-processes."""

    graph: Graph
    edges: Counter[tuple[str, str]] = field(default_factory=Counter)
    users: Counter[str] = field(default_factory=Counter)
    inner: list[tuple[str, Scope]] = field(default_factory=list)


class Game:
    """Plays the core kinds: tasks, user tasks, exclusive and parallel gateways, sub-processes.

    Terminate is left out, because what it takes away depends on who moves first.
    """

    def __init__(self, graph: Graph, picks: dict[str, int]) -> None:
        self.picks = picks
        self.entered: Counter[str] = Counter()
        self.budget = 0
        self.root = self._open(graph)
        self.settle()

    def settle(self) -> None:
        """Moves every token as far as it goes."""
        self.budget = 2_000
        while self._move(self.root):
            self.budget -= 1
            if self.budget < 0:
                raise Endless

    def complete(self, node: str) -> None:
        """Completes one user task of that name."""
        scope = next(scope for scope in self._scopes(self.root) if scope.users[node])
        scope.users[node] -= 1
        self._leave(scope, node)
        self.settle()

    def open(self) -> list[str]:
        """The open user tasks, sorted."""
        return sorted(node for scope in self._scopes(self.root) for node in scope.users.elements())

    def empty(self, scope: Scope | None = None) -> bool:
        """Tells whether no token is left."""
        scope = scope or self.root
        return not +scope.edges and not +scope.users and not scope.inner

    def _scopes(self, scope: Scope) -> list[Scope]:
        return [scope, *(deep for _, inner in scope.inner for deep in self._scopes(inner))]

    def _open(self, graph: Graph) -> Scope:
        scope = Scope(graph)
        scope.edges[("S", graph.entry)] = 1
        return scope

    def _reachable(self, graph: Graph) -> set[str]:
        found, pending = {graph.entry}, [graph.entry]
        while pending:
            for target in graph.out(pending.pop()):
                if target in graph.kinds and target not in found:
                    found.add(target)
                    pending.append(target)
        return found

    def _incoming(self, graph: Graph, node: str) -> list[tuple[str, str]]:
        reachable = self._reachable(graph)
        own = [edge for edge in graph.edges if edge[1] == node and edge[0] in reachable]
        return [("S", node), *own] if node == graph.entry else own

    def _move(self, scope: Scope) -> bool:
        for node, inner in scope.inner:
            if self._move(inner):
                return True
            if self.empty(inner):
                scope.inner.remove((node, inner))
                self._leave(scope, node)
                return True
        for node, kind in scope.graph.kinds.items():
            incoming = self._incoming(scope.graph, node)
            if kind == "parallel" and len(incoming) > 1:
                if all(scope.edges[edge] for edge in incoming):
                    scope.edges.subtract(incoming)
                    self._enter(scope, node, kind)
                    return True
                continue
            for edge in incoming:
                if scope.edges[edge]:
                    scope.edges[edge] -= 1
                    self._enter(scope, node, kind)
                    return True
        return False

    def _enter(self, scope: Scope, node: str, kind: str) -> None:
        self.entered[node] += 1
        if kind == "user":
            scope.users[node] += 1
        elif kind == "sub":
            scope.inner.append((node, self._open(scope.graph.inner[node])))
        else:
            self._leave(scope, node)

    def _leave(self, scope: Scope, node: str) -> None:
        ways = scope.graph.out(node)
        if scope.graph.kinds[node] == "exclusive":
            picked = self.picks[node]
            ways = [ways[picked] if picked < len(ways) - 1 else ways[-1]]
        for target in ways:
            if target in scope.graph.kinds:
                scope.edges[(node, target)] += 1
