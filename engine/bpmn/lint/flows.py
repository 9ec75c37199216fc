"""Sequence flows: both ends exist, in the same scope, at nodes that may have them (BPMN 8.3.13)."""

from __future__ import annotations

from engine.bpmn.lint.report import Report
from engine.bpmn.model import Body, Flow, Node, Process


def check_flows(process: Process, report: Report) -> None:
    """Checks every flow and every default flow of a process."""
    everywhere = {node.id for node in process.nodes()}
    for body in process.body.bodies():
        for flow in body.flows.values():
            _check_ends(flow, body, everywhere, report)
        for node in body.nodes.values():
            _check_default(node, body, report)


def _check_ends(flow: Flow, body: Body, everywhere: set[str], report: Report) -> None:
    for end in (flow.source, flow.target):
        if end in body.nodes:
            continue
        if end in everywhere:
            report.error(
                "flow-crosses-scope",
                flow,
                f"顺序流 {flow.id} 跨越了子流程的边界。",
                f"The flow {flow.id} crosses the border of a sub-process.",
            )
        else:
            report.error(
                "unknown-reference",
                flow,
                f"顺序流 {flow.id} 指向不存在的元素 {end}。",
                f"The flow {flow.id} names {end or 'nothing'}, which does not exist.",
            )
    source, target = body.nodes.get(flow.source), body.nodes.get(flow.target)
    if source is not None:
        _check_source(flow, source, report)
    if target is not None:
        _check_target(flow, source, target, report)


def _check_source(flow: Flow, source: Node, report: Report) -> None:
    if source.type == "endEvent":
        report.error(
            "flow-from-end",
            flow,
            f"结束事件 {source.id} 不能有流出的顺序流。",
            f"The end event {source.id} must not have an outgoing flow.",
        )
    if source.event_sub_process:
        _event_sub_process(flow, source, report)
    if any(event.kind == "link" for event in source.events) and source.type == "intermediateThrowEvent":
        report.error(
            "flow-from-link",
            flow,
            f"链接抛出事件 {source.id} 不能有流出的顺序流。",
            f"The link throw event {source.id} must not have an outgoing flow.",
        )


def _check_target(flow: Flow, source: Node | None, target: Node, report: Report) -> None:
    if target.type == "startEvent":
        report.error(
            "flow-to-start",
            flow,
            f"开始事件 {target.id} 不能有流入的顺序流。",
            f"The start event {target.id} must not have an incoming flow.",
        )
    if target.type == "boundaryEvent":
        report.error(
            "flow-to-boundary",
            flow,
            f"边界事件 {target.id} 不能有流入的顺序流。",
            f"The boundary event {target.id} must not have an incoming flow.",
        )
    if target.type == "intermediateCatchEvent" and any(event.kind == "link" for event in target.events):
        report.error(
            "flow-to-link",
            flow,
            f"链接捕获事件 {target.id} 不能有流入的顺序流。",
            f"The link catch event {target.id} must not have an incoming flow.",
        )
    if target.type == "receiveTask" and target.standard.get("instantiate") == "true" and not _instantiates(source):
        report.error(
            "flow-to-start",
            flow,
            f"启动流程的接收任务 {target.id} 不能有流入的顺序流。",
            f"The receive task {target.id} starts the process and must not have an incoming flow.",
        )
    if target.event_sub_process:
        _event_sub_process(flow, target, report)
    if target.for_compensation:
        report.error(
            "flow-to-handler",
            flow,
            f"补偿活动 {target.id} 不能有流入的顺序流。",
            f"The compensation activity {target.id} must not have an incoming flow.",
        )


def _instantiates(node: Node | None) -> bool:
    return node is not None and node.type == "eventBasedGateway" and node.standard.get("instantiate") == "true"


def _event_sub_process(flow: Flow, node: Node, report: Report) -> None:
    report.error(
        "flow-at-event-sub-process",
        flow,
        f"事件子流程 {node.id} 不能有顺序流。",
        f"The event sub-process {node.id} must not have flows.",
    )


def _check_default(node: Node, body: Body, report: Report) -> None:
    if node.default is None:
        return
    flow = body.flows.get(node.default)
    if flow is None or flow.source != node.id:
        report.error(
            "unknown-default",
            node,
            f"{node.id} 的默认顺序流 {node.default} 不是它流出的顺序流。",
            f"The default flow {node.default} of {node.id} does not leave it.",
        )
    elif flow.condition is not None:
        report.warning(
            "default-with-condition",
            flow,
            f"默认顺序流 {flow.id} 的条件不会被计算。",
            f"The condition of the default flow {flow.id} is never looked at.",
        )
