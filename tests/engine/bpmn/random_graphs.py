"""Random process graphs, cyclic and unstructured, and how they are drawn.

Choices at gateways and tasks follow variables `pick_<node>`, which every completed user task sets anew. Between two
completions they stand still, so that the order in which tokens move cannot change what they choose.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.engine.bpmn.diagrams import (
    ERROR,
    ESCALATION,
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

PLAYED = [
    *["task"] * 4,
    *["exclusive"] * 3,
    *["parallel"] * 3,
    *["user"] * 3,
    *["inclusive"] * 2,
    "sub",
    "fork",
    "choice",
    "catch",
    "loop",
    "multi",
    "listening",
    "looped",
    "terminate",
    "error",
    "escalate",
    "broadcast",
    "gather",
    "spread",
    "complex",
]
"""What the token game plays."""

RICH = [*PLAYED, "script", "undone", "undo"]
"""What only the engine plays, in several modes."""

ENDING = ("terminate", "error")
SPLITTING = ("exclusive", "parallel", "inclusive", "complex", "fork")
CHOOSING = ("exclusive", "inclusive", "complex", "fork")
HOLDING = ("sub", "looped", "listening")
GUARDED = ("task", "user", "sub", "loop", "multi", "listening", "looped", "gather", "spread")
EVENTS = {
    "message": MESSAGE,
    "signal": SIGNAL,
    "timer": timer("PT1H"),
    "cycle": timer("R3/PT1H", "timeCycle"),
    "either": MESSAGE + SIGNAL,
    "error": ERROR,
    "escalation": ESCALATION,
}


NEEDED = 1
"""How many flows activate a complex gateway."""

QUANTITY = 2
"""How many tokens start or complete a task that gathers or spreads them."""


@dataclass(frozen=True)
class Guard:
    """A boundary event."""

    name: str
    event: str
    interrupting: bool


@dataclass(eq=False)
class Graph:
    """One scope: the kind of each node, the flows between them, boundary events, and the graphs inside sub-processes.

    Boundary events and what stands behind an event-based gateway are nodes with flows of their own. `listens` tells of
    each sub-process that holds an event sub-process whether that one interrupts it.
    """

    kinds: dict[str, str]
    edges: list[tuple[str, str]]
    entry: str
    inner: dict[str, Graph] = field(default_factory=dict)
    guards: dict[str, list[Guard]] = field(default_factory=dict)
    listens: dict[str, bool] = field(default_factory=dict)
    sequential: frozenset[str] = frozenset()

    def __deepcopy__(self, memo: dict[int, object]) -> Graph:
        """A graph does not change while it is played."""
        return self

    def out(self, node: str) -> list[str]:
        return [target for source, target in self.edges if source == node]

    def choosers(self) -> dict[str, int]:
        """The nodes that choose, with their number of ways, in all scopes."""
        own = {node: len(self.out(node)) for node, kind in self.kinds.items() if kind in CHOOSING}
        for graph in self.inner.values():
            own |= graph.choosers()
        return own

    def names(self) -> set[str]:
        """All nodes of all scopes."""
        return set(self.kinds).union(*(inner.names() for inner in self.inner.values()))


def make(rng: random.Random, pool: list[str], prefix: str = "n", depth: int = 0) -> Graph:
    """Makes a graph; later nodes mostly follow earlier ones, with some ways back."""
    names = [f"{prefix}{index}" for index in range(rng.randint(4, 9 if depth == 0 else 5))]
    kinds = {name: _kind(rng, pool, depth) for name in names}
    graph = Graph(kinds, [], names[0])
    for index, name in enumerate(names):
        if kinds[name] in ENDING:
            continue
        if kinds[name] == "choice":
            for side in "MT":
                graph.kinds[name + side] = "behind"
                graph.edges += [(name, name + side), (name + side, _following(rng, names, index, prefix))]
            continue
        ways = rng.choice([1, 2, 2, 3]) if kinds[name] in SPLITTING else 1
        for _ in range(ways):
            edge = (name, _following(rng, names, index, prefix))
            if edge not in graph.edges:
                graph.edges.append(edge)
    _guard(rng, graph, names, prefix)
    reached = {names[0], *(target for _, target in graph.edges)}
    for name in names:
        if kinds[name] in ("undo", "catch", "escalate", "broadcast") and name not in reached:
            kinds[name] = "task"
        if kinds[name] in HOLDING:
            graph.inner[name] = make(rng, pool, f"{name}_", depth + 1)
        if kinds[name] == "listening":
            graph.listens[name] = rng.random() < 0.5
    graph.sequential = frozenset(name for name in names if rng.random() < 0.5)
    return graph


def _kind(rng: random.Random, pool: list[str], depth: int) -> str:
    kind = rng.choice(pool)
    return "task" if depth == 2 and kind in HOLDING else kind


def _following(rng: random.Random, names: list[str], index: int, prefix: str) -> str:
    forward = rng.random() < 0.85 or index == 0
    return rng.choice(names[index + 1 :] or [f"{prefix}END"]) if forward else rng.choice(names)


def _guard(rng: random.Random, graph: Graph, names: list[str], prefix: str) -> None:
    for name in names:
        if graph.kinds[name] not in GUARDED:
            continue
        for number, event in enumerate(rng.sample(list(EVENTS), rng.choice([0, 0, 0, 1, 1, 2]))):
            guard = Guard(f"{name}B{number}", event, event == "error" or rng.random() < 0.5)
            graph.guards.setdefault(name, []).append(guard)
            graph.kinds[guard.name] = "guard"
            graph.edges.append((guard.name, rng.choice([*names, f"{prefix}END"])))


# ---------------------------------------------------------------- the drawing


def draw(graph: Graph, prefix: str = "n") -> tuple[str, str]:
    """Returns the nodes as XML and the flows in the notation of `diagrams`."""
    nodes = [f'<startEvent id="{prefix}S"/>', end(f"{prefix}END")]
    arrows = [f"{prefix}S>{graph.entry}"]
    for name, kind in graph.kinds.items():
        ways = graph.out(name)
        if kind != "guard":
            nodes.append(_node(name, kind, ways, graph))
        for guard in graph.guards.get(name, ()):
            nodes.append(boundary(guard.name, name, EVENTS[guard.event], interrupting=guard.interrupting))
        arrows += [f"{name}>{target}{_condition(kind, index, len(ways), name)}" for index, target in enumerate(ways)]
    return "".join(nodes), " ".join(arrows)


def _condition(kind: str, index: int, ways: int, name: str) -> str:
    """The last way is the default; the middle one of three out of a task has no condition."""
    if kind not in CHOOSING or index == ways - 1 or (kind == "fork" and index == 1):
        return ""
    return f"[pick_{name}{'=' if kind == 'exclusive' else '>'}{index}]"


def _node(name: str, kind: str, ways: list[str], graph: Graph) -> str:
    default = f"f_{name}_{ways[-1]}" if ways else ""
    match kind:
        case "task":
            return task(name)
        case "fork":
            return task(name) if len(ways) < 2 else f'<task id="{name}" default="{default}"/>'
        case "script":
            return script_task(name, f'"{name}"', attributes=f'camunda:resultVariable="v_{name}"')
        case "user":
            return user(name)
        case "loop":
            return user(name, '<standardLoopCharacteristics loopMaximum="2"/>')
        case "multi":
            return user(name, _twice(name, graph))
        case "exclusive":
            return exclusive(name, default)
        case "inclusive":
            return inclusive(name, default)
        case "parallel":
            return parallel(name)
        case "complex":
            need = f"<activationCondition>activationCount >= {NEEDED}</activationCondition>".replace(">=", "&gt;=")
            return f'<complexGateway id="{name}" default="{default}">{need}</complexGateway>'
        case "gather":
            return f'<task id="{name}" startQuantity="{QUANTITY}"/>'
        case "spread":
            return f'<task id="{name}" completionQuantity="{QUANTITY}"/>'
        case "terminate":
            return end(name, TERMINATE)
        case "error":
            return end(name, ERROR)
        case "escalate":
            return throw(name, ESCALATION)
        case "broadcast":
            return throw(name, SIGNAL)
        case "choice":
            return f'<eventBasedGateway id="{name}"/>'
        case "behind":
            return catch(name, MESSAGE if name.endswith("M") else timer("PT1H"))
        case "catch":
            return catch(name, MESSAGE)
        case "undo":
            return throw(name, "<compensateEventDefinition/>")
        case "undone":
            kept = f'<boundaryEvent id="{name}C" attachedToRef="{name}"><compensateEventDefinition/></boundaryEvent>'
            handler = f'<userTask id="{name}H" isForCompensation="true"/>'
            return task(name) + kept + handler + f'<association id="{name}L" sourceRef="{name}C" targetRef="{name}H"/>'
    nodes, arrows = draw(graph.inner[name], f"{name}_")
    if kind == "listening":
        inside, way = user(f"{name}EU") + end(f"{name}EE"), f"{name}Es>{name}EU {name}EU>{name}EE"
        nodes += event_sub(f"{name}E", SIGNAL, inside, way, interrupting=graph.listens[name])
    return sub(name, nodes + (_twice(name, graph) if kind == "looped" else ""), arrows)


def _twice(name: str, graph: Graph) -> str:
    return multi("<loopCardinality>2</loopCardinality>", sequential=name in graph.sequential)


def body(graph: Graph) -> tuple[str, str]:
    """Returns nodes and flows of the whole process."""
    nodes, arrows = draw(graph)
    return nodes, flows(arrows)
