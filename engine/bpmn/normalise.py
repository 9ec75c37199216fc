"""Rewrites what is legal BPMN into the smaller set of forms that the specs run. The owner's ids are kept.

Links become flows, a receive task or event-based gateway that starts the process becomes a start. What is rewritten
has passed the checks already, so that no fault of the model is hidden here.
"""

from __future__ import annotations

from engine.bpmn.graph import link_target
from engine.bpmn.model import Body, Flow, Node, Process


def normalise(process: Process) -> None:
    """Rewrites one process in place."""
    for body in process.body.bodies():
        _connect_links(body)
        _start_at_events(body)


def _connect_links(body: Body) -> None:
    """A link throw goes on at its catching link (BPMN 10.5.5) over a flow that nobody drew."""
    for node in list(body.nodes.values()):
        if node.type == "intermediateThrowEvent":
            for event in node.events:
                target = link_target(body, event)
                if target is not None:
                    body.add_flow(Flow(f"{node.id}#link", node.id, target.id, generated=True))


def _start_at_events(body: Body) -> None:
    """An event-based gateway that starts the process (BPMN 10.6.6) is as many message starts as it has events."""
    for node in list(body.nodes.values()):
        if node.type == "eventBasedGateway" and node.standard.get("instantiate") == "true":
            targets = [body.nodes[flow.target] for flow in body.outgoing(node.id)]
            for flow in body.outgoing(node.id):
                body.remove_flow(flow)
            if node.standard.get("eventGatewayType") == "Parallel":
                _start_with_all(targets)
            else:
                for target in targets:
                    _make_start(target)
            del body.nodes[node.id]


def _start_with_all(targets: list[Node]) -> None:
    """A parallel one starts with whichever event comes first, and the instance then waits for all the others."""
    for target in targets:
        target.starts_process = True
        target.companions = tuple(other.id for other in targets if other is not target)


def _make_start(node: Node) -> None:
    if node.type == "receiveTask":
        node.standard["instantiate"] = "true"
    else:
        node.type = "startEvent"
