"""Questions about the flow graph of one scope, answered once when the specs are built."""

from __future__ import annotations

from collections.abc import Iterable

from engine.bpmn.model import Body, Event, Node


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

    def sources_of(self, node_id: str, *, without: str) -> frozenset[str]:
        """Returns the nodes from which one can be reached (itself included) on no path through `without`."""
        if node_id == without:
            return frozenset()
        found = self._closure([node_id], self._before, without=without)
        return found | {f"{name}#quantity" for name in found}

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
