"""The shape of the graph: which nodes need flows, which must not have them, in which direction (BPMN 8.3.13, 10)."""

from __future__ import annotations

from engine.bpmn.lint.report import Report
from engine.bpmn.model import Body, Node, Process
from engine.bpmn.vocabulary import ACTIVITIES

_CHOOSING = ACTIVITIES | {"exclusiveGateway", "inclusiveGateway", "complexGateway"}


def check_shape(process: Process, report: Report) -> None:
    """Checks the ends, gateways and events of every scope of a process."""
    _check_body(process.body, None, report)
    for node in process.nodes():
        if node.body is not None:
            _check_body(node.body, node, report)


def _check_body(body: Body, owner: Node | None, report: Report) -> None:
    _check_start_and_end(body, owner, report)
    kinds = {node.type for node in body.nodes.values()}
    for node in body.nodes.values():
        _check_choice(node, body, report)
        if owner is None or owner.type != "adHocSubProcess":
            _check_loose_end(node, body, kinds, report)
        if node.type.endswith("Gateway"):
            _check_gateway(node, body, report)
        elif node.type in ("intermediateCatchEvent", "intermediateThrowEvent"):
            if owner is None or owner.type != "adHocSubProcess":
                _check_intermediate(node, body, report)
        elif node.type == "boundaryEvent":
            _check_boundary(node, body, report)
        elif node.for_compensation and body.outgoing(node.id):
            report.error(
                "flow-from-handler",
                node,
                f"补偿活动 {node.id} 不能有流出的顺序流。",
                f"The compensation activity {node.id} must not have an outgoing flow.",
            )


def _check_start_and_end(body: Body, owner: Node | None, report: Report) -> None:
    nodes = body.nodes.values()
    if owner is not None and owner.type == "adHocSubProcess":
        for node in nodes:
            if node.type in ("startEvent", "endEvent"):
                report.error(
                    "event-in-ad-hoc",
                    node,
                    f"自由子流程 {owner.id} 中不能有开始或结束事件。",
                    f"The ad-hoc sub-process {owner.id} must not hold start or end events.",
                )
        return
    begins = any(node.type == "startEvent" or node.standard.get("instantiate") == "true" for node in nodes)
    ends = [node for node in nodes if node.type == "endEvent"]
    if ends and not begins:
        report.error(
            "no-start",
            ends[0],
            "有结束事件就必须有开始事件。",
            "Where there is an end event, there must be a start event.",
        )


def _check_loose_end(node: Node, body: Body, kinds: set[str], report: Report) -> None:
    """A scope with a start event begins there and nowhere else; one with an end event ends there (BPMN 10.5.2, 3)."""
    if "startEvent" in kinds and not body.incoming(node.id) and _needs_incoming(node):
        report.error(
            "no-incoming",
            node,
            f"没有顺序流通向 {node.id}，它永远不会被执行到。",
            f"No flow leads to {node.id}, so that it can never be reached.",
        )
    if body.outgoing(node.id):
        return
    if node.type == "startEvent":
        report.error(
            "no-outgoing",
            node,
            f"开始事件 {node.id} 没有流出的顺序流。",
            f"The start event {node.id} has no outgoing flow.",
        )
    elif node.type.endswith("Gateway") and "endEvent" in kinds and body.incoming(node.id):
        report.error(
            "gateway-dead-end",
            node,
            f"网关 {node.id} 没有流出的顺序流，而流程在结束事件处结束。",
            f"The gateway {node.id} has no outgoing flow, although there are end events to end at.",
        )
    elif node.type in ACTIVITIES and "endEvent" in kinds and not node.for_compensation and not node.event_sub_process:
        report.warning(
            "implicit-end",
            node,
            f"{node.id} 之后没有顺序流，其分支到此为止；请画上结束事件。",
            f"Nothing follows {node.id}: its branch ends there. An end event would say so.",
        )


def _needs_incoming(node: Node) -> bool:
    if node.type in ("startEvent", "boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent"):
        return False  # of intermediate events see below
    return not (node.for_compensation or node.event_sub_process or node.standard.get("instantiate") == "true")


def _check_choice(node: Node, body: Body, report: Report) -> None:
    outgoing = body.outgoing(node.id)
    if node.type in _CHOOSING:
        if node.type in ACTIVITIES and len(outgoing) == 1 and outgoing[0].condition is not None:
            report.warning(
                "only-condition",
                outgoing[0],
                f"{node.id} 只有一条带条件的顺序流；条件不成立时分支到此为止。",
                f"The only flow out of {node.id} has a condition (8.3.13); if it does not hold the branch ends there.",
            )
        return
    if node.default is not None:
        report.error(
            "default-not-allowed",
            node,
            f"{node.id} 不能有默认顺序流。",
            f"{node.id} must not have a default flow.",
        )
    for flow in outgoing:
        if flow.condition is not None:
            report.error(
                "condition-not-allowed",
                flow,
                f"从 {node.id} 流出的顺序流 {flow.id} 不能有条件。",
                f"The flow {flow.id} out of {node.id} must not have a condition.",
            )


def _check_gateway(node: Node, body: Body, report: Report) -> None:
    incoming, outgoing = len(body.incoming(node.id)), len(body.outgoing(node.id))
    direction = node.standard.get("gatewayDirection", "Unspecified")
    wrong = {
        "Converging": outgoing > 1 or incoming < 2,
        "Diverging": incoming > 1 or outgoing < 2,
        "Mixed": incoming < 2 or outgoing < 2,
    }
    if wrong.get(direction, False):
        report.error(
            "gateway-direction",
            node,
            f"网关 {node.id} 的方向 {direction} 与它的顺序流不符。",
            f"The direction {direction} of the gateway {node.id} does not fit its flows.",
        )
    if incoming + outgoing == 0:
        report.error(
            "gateway-alone",
            node,
            f"网关 {node.id} 没有任何顺序流。",
            f"The gateway {node.id} has no flow at all.",
        )
    if node.type == "eventBasedGateway" and outgoing == 1 and node.standard.get("instantiate") != "true":
        report.error(
            "one-event",
            node,
            f"事件网关 {node.id} 至少要有两条流出的顺序流。",
            f"The event-based gateway {node.id} needs at least two outgoing flows.",
        )


def _check_intermediate(node: Node, body: Body, report: Report) -> None:
    is_link = any(event.kind == "link" for event in node.events)
    throws = node.type == "intermediateThrowEvent"
    if not body.incoming(node.id) and (throws or not is_link):
        report.error(
            "no-incoming",
            node,
            f"中间事件 {node.id} 没有流入的顺序流。",
            f"The intermediate event {node.id} has no incoming flow.",
        )
    if not body.outgoing(node.id) and not (is_link and throws):
        report.error(
            "no-outgoing",
            node,
            f"中间事件 {node.id} 没有流出的顺序流。",
            f"The intermediate event {node.id} has no outgoing flow.",
        )


def _check_boundary(node: Node, body: Body, report: Report) -> None:
    kinds = {event.kind for event in node.events}
    if not body.outgoing(node.id) and "compensation" not in kinds:
        report.warning(
            "no-outgoing",
            node,
            f"边界事件 {node.id} 没有流出的顺序流，其分支到此为止。",
            f"The boundary event {node.id} has no outgoing flow: its branch ends there.",
        )
    if "cancel" in kinds and not node.interrupting:
        report.error(
            "cancel-not-interrupting",
            node,
            f"取消边界事件 {node.id} 必须是中断的。",
            f"The cancel event {node.id} must interrupt.",
        )
    host = body.nodes.get(node.attached_to or "")
    if host is not None and host.event_sub_process:
        report.error(
            "guarded-event-sub-process",
            node,
            f"事件子流程 {host.id} 不能附着边界事件。",
            f"The event sub-process {host.id} must not have boundary events.",
        )
