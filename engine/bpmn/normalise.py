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
    """An event-based gateway that starts the process (BPMN 10.6.6) is as many starts as it has events.

    Of several such gateways each needs one of its events: whichever comes first starts the process, and the instance
    then waits at the others (13.5.1)."""
    groups = [node for node in body.nodes.values() if _starts_process(node)]
    for gateway in groups:
        others = [waiting for other in groups if other is not gateway for waiting in _waiting(body, other)]
        targets = [body.nodes[flow.target] for flow in body.outgoing(gateway.id)]
        for target in targets:
            beside = [each.id for each in targets if each is not target] if _is_parallel(gateway) else []
            if beside or others:
                target.starts_process = True
                target.companions = (*beside, *others)
            else:
                _make_start(target)
    for gateway in groups:
        if _is_parallel(gateway) or len(groups) == 1:
            for flow in body.outgoing(gateway.id):
                body.remove_flow(flow)
            del body.nodes[gateway.id]


def _starts_process(node: Node) -> bool:
    return node.type == "eventBasedGateway" and node.standard.get("instantiate") == "true"


def _is_parallel(gateway: Node) -> bool:
    return gateway.standard.get("eventGatewayType") == "Parallel"


def _waiting(body: Body, gateway: Node) -> list[str]:
    """Returns what begins to wait when another gateway has started the process."""
    return [flow.target for flow in body.outgoing(gateway.id)] if _is_parallel(gateway) else [gateway.id]


def _make_start(node: Node) -> None:
    if node.type == "receiveTask":
        node.standard["instantiate"] = "true"
    else:
        node.type = "startEvent"
