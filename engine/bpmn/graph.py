"""Questions about the flow graph of one scope, answered once when the specs are built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.bpmn.model import Body, Event, Flow, Node


def handler_of(boundary: Node, body: Body) -> str | None:
    """Returns the activity that an association links to a compensation boundary event, None if there is none."""
    linked = body.associations.get(boundary.id, ())
    return next((other for other in linked if other in body.nodes and body.nodes[other].for_compensation), None)


def link_target(body: Body, thrown: Event) -> Node | None:
    """Returns the catching link that a thrown one leads to: by its target reference, else by its name (10.5.5)."""
    if thrown.kind != "link":
        return None
    caught = [
        (event, node)
        for node in body.nodes.values()
        if node.type == "intermediateCatchEvent"
        for event in node.events
        if event.kind == "link"
    ]
    wanted = {target.rpartition(":")[2] for target in thrown.targets}
    meant = [node for event, node in caught if wanted & {event.id, node.id}]
    named = [node for event, node in caught if event.name == thrown.name]
    return next(iter(meant + named), None)


class Graph:
    """The nodes of a body and who can follow whom: flows, events on their activities, links."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._after: dict[str, list[str]] = {node_id: [] for node_id in body.nodes}
        self._before: dict[str, list[str]] = {node_id: [] for node_id in body.nodes}
        for flow in body.flows.values():
            self._edge(flow.source, flow.target)
        for node in body.nodes.values():
            if node.attached_to is not None:
                self._edge(node.attached_to, node.id)

    def _edge(self, source: str, target: str) -> None:
        if source in self._after and target in self._before:
            self._after[source].append(target)
            self._before[target].append(source)

    def entries(self) -> list[str]:
        """Returns the nodes at which the scope may be entered by name: its start events and what stands for one."""
        return [node.id for node in self._body.nodes.values() if node.type == "startEvent" or self._instantiates(node)]

    def starts(self) -> list[str]:
        """Returns the nodes at which the scope begins: its none start events, else the nodes that nothing leads to."""
        if self.entries():
            nodes = self._body.nodes.values()
            return [node.id for node in nodes if node.type == "startEvent" and not node.events]
        return self.roots()

    def roots(self) -> list[str]:
        """Returns the nodes that no flow leads to and that wait for no other reason (BPMN 13.3.4)."""
        return [
            node.id
            for node in self._body.nodes.values()
            if not self._before[node.id]
            and node.type != "boundaryEvent"
            and not node.event_sub_process
            and not node.for_compensation
        ]

    def _instantiates(self, node: Node) -> bool:
        if node.starts_process:
            return True
        return node.standard.get("instantiate") == "true" and node.type == "receiveTask" and not self._before[node.id]

    def reachable(self, also: Iterable[str] = ()) -> frozenset[str]:
        """Returns the nodes that a token can ever reach from where the scope begins, or from `also`."""
        return self._closure([*self.entries(), *self.starts(), *also], self._after)

    def ways_to(self, join: str, flows: list[Flow]) -> dict[str, int]:
        """Returns over which of the flows into a join a token can come from each node, on no path through the join.

        One bit per flow, in their order; the nodes of a cycle share theirs, so that cost and size grow with the diagram
        and not with its square."""
        bits: dict[str, int] = {}
        for number, flow in enumerate(flows):
            bits[flow.source] = bits.get(flow.source, 0) | 1 << number
        bits.pop(join, None)
        ways: dict[str, int] = {}
        for cycle in self._cycles(self._closure(bits, self._before, without=join), without=join):
            reached = 0
            for node_id in cycle:
                reached |= bits.get(node_id, 0)
                for following in self._after[node_id]:
                    reached |= ways.get(following, 0)
            for node_id in cycle:
                ways[node_id] = reached
                if self._body.nodes[node_id].start_quantity > 1:
                    ways[f"{node_id}#quantity"] = reached
        return ways

    def _cycles(self, nodes: frozenset[str], *, without: str) -> Iterator[list[str]]:
        """Yields the nodes in groups that can reach each other, those that follow first (Tarjan, without recursion)."""
        number: dict[str, int] = {}
        lowest: dict[str, int] = {}
        stack: list[str] = []
        stacked: set[str] = set()
        for root in nodes:
            path = [] if root in number else [(root, iter(self._after[root]))]
            while path:
                node, following = path[-1]
                if node not in number:
                    number[node] = lowest[node] = len(number)
                    stack.append(node)
                    stacked.add(node)
                for other in following:
                    if other not in nodes or other == without:
                        continue
                    if other not in number:
                        path.append((other, iter(self._after[other])))
                        break
                    if other in stacked:
                        lowest[node] = min(lowest[node], number[other])
                else:
                    path.pop()
                    if path:
                        lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[node])
                    if lowest[node] == number[node]:
                        place = len(stack) - 1
                        while stack[place] != node:
                            place -= 1
                        yield stack[place:]
                        stacked.difference_update(stack[place:])
                        del stack[place:]

    def _closure(
        self, begin: Iterable[str], edges: dict[str, list[str]], *, without: str | None = None
    ) -> frozenset[str]:
        found = set(begin)
        pending = list(found)
        while pending:
            for following in edges[pending.pop()]:
                if following not in found and following != without:
                    found.add(following)
                    pending.append(following)
        return frozenset(found)
