"""Gateways: answers that cover all cases, and events where events belong."""

from __future__ import annotations

from engine.bpmn.lint.report import Report
from engine.bpmn.model import Body, Flow, Node, Process
from engine.bpmn.vocabulary import ACTIVITIES

MAX_JOINS = 200
_WAITS = frozenset({"message", "timer", "signal", "conditional"})


def check_gateways(process: Process, report: Report) -> None:
    """Checks every gateway of a process."""
    for body in process.body.bodies():
        guarded = frozenset(node.attached_to for node in body.nodes.values() if node.attached_to)
        _check_number(body, report)
        for node in body.nodes.values():
            outgoing = body.outgoing(node.id)
            if node.type in ("exclusiveGateway", "inclusiveGateway"):
                _check_choice(node, outgoing, report)
            elif node.type == "eventBasedGateway":
                _check_events(node, outgoing, body, guarded, report)
            elif node.type in ACTIVITIES:
                _check_conditions(node, outgoing, report)


def _check_conditions(node: Node, outgoing: list[Flow], report: Report) -> None:
    """A token ends at an activity when every flow out of it has a condition and none holds (BPMN 8.4.13)."""
    if outgoing and all(flow.condition is not None and flow.id != node.default for flow in outgoing):
        report.warning(
            "no-default",
            node,
            f"从 {node.id} 流出的顺序流都有条件，且没有默认顺序流；若所有条件都不成立，该分支到此结束。",
            f"All flows out of {node.id} have conditions and none is the default: if none holds, it ends there.",
        )


def _check_number(body: Body, report: Report) -> None:
    """Each join that looks around itself keeps a table of the scope; a scope with hundreds of them is no diagram."""
    joins = [node for node in body.nodes.values() if node.type in ("inclusiveGateway", "complexGateway")]
    if len(joins) > MAX_JOINS:
        report.error(
            "too-many-joins",
            joins[MAX_JOINS],
            f"一个流程或子流程中的包容或复杂网关超过 {MAX_JOINS} 个。",
            f"A process or sub-process holds more than {MAX_JOINS} inclusive or complex gateways.",
        )


def _check_choice(node: Node, outgoing: list[Flow], report: Report) -> None:
    if len(outgoing) < 2:
        return
    free = [flow for flow in outgoing if flow.condition is None and flow.id != node.default]
    if node.type == "exclusiveGateway" and (len(free) > 1 or (free and node.default)):
        report.error(
            "flow-without-condition",
            free[-1],
            f"排他网关 {node.id} 的顺序流 {free[-1].id} 缺少条件。",
            f"The flow {free[-1].id} of the exclusive gateway {node.id} has no condition.",
        )
    elif node.default is None and not free:
        report.warning(
            "no-default",
            node,
            f"网关 {node.id} 没有默认顺序流；若所有条件都不成立，流程将停在此处。",
            f"The gateway {node.id} has no default flow; if no condition holds, the process stops there.",
        )
    elif node.type == "exclusiveGateway" and free:
        report.warning(
            "implicit-default",
            free[0],
            f"顺序流 {free[0].id} 没有条件，视为网关 {node.id} 的默认顺序流。",
            f"The flow {free[0].id} has no condition; it is taken as the default flow of {node.id}.",
        )


def _check_events(node: Node, outgoing: list[Flow], body: Body, guarded: frozenset[str], report: Report) -> None:
    if node.standard.get("eventGatewayType") == "Parallel" and node.standard.get("instantiate") != "true":
        report.error(
            "parallel-event-gateway",
            node,
            f"并行事件网关 {node.id} 只能用于启动流程（instantiate,BPMN 10.6.6）。",
            f"The parallel event-based gateway {node.id} can only start a process (instantiate, BPMN 10.6.6).",
        )
    if node.standard.get("instantiate") == "true":
        _check_instantiating(node, body, report)
    if not outgoing:
        report.error(
            "no-events",
            node,
            f"事件网关 {node.id} 之后没有事件。",
            f"No event follows the event-based gateway {node.id}.",
        )
    _check_mixture(node, [body.nodes[flow.target] for flow in outgoing if flow.target in body.nodes], report)
    for flow in outgoing:
        target = body.nodes.get(flow.target)
        if target is None:
            continue
        waits = target.type == "receiveTask" or (
            target.type == "intermediateCatchEvent" and all(event.kind in _WAITS for event in target.events)
        )
        if not waits:
            report.error(
                "no-event-after-gateway",
                target,
                f"事件网关 {node.id} 之后只能是捕获事件或接收任务，{target.id} 不是。",
                f"Only catch events and receive tasks can follow the gateway {node.id}; {target.id} is neither.",
            )
        elif target.start_quantity > 1:
            report.unsupported(
                target,
                f"事件网关 {node.id} 之后接收任务 {target.id} 的 startQuantity",
                f"A startQuantity of the receive task {target.id} behind the gateway {node.id}",
            )
        elif len(body.incoming(target.id)) > 1:
            report.error(
                "shared-event",
                target,
                f"事件网关 {node.id} 之后的 {target.id} 不能有其他流入的顺序流。",
                f"{target.id} after the event-based gateway {node.id} must not have other incoming flows.",
            )
        elif target.id in guarded:
            report.error(
                "guarded-receive",
                target,
                f"事件网关之后的接收任务 {target.id} 不能附着边界事件（BPMN 10.6.6）。",
                f"The receive task {target.id} behind an event-based gateway must have no boundary events (10.6.6).",
            )


def _check_mixture(node: Node, targets: list[Node], report: Report) -> None:
    """Messages are awaited by events or by receive tasks, not by both at one gateway (BPMN 10.6.6)."""
    events = any(
        event.kind == "message" for target in targets for event in target.events if target.type != "receiveTask"
    )
    if events and any(target.type == "receiveTask" for target in targets):
        report.error(
            "events-and-receive-tasks",
            node,
            f"事件网关 {node.id} 之后不能同时有消息事件和接收任务（BPMN 10.6.6）。",
            f"Message events and receive tasks must not both follow the event-based gateway {node.id} (BPMN 10.6.6).",
        )


def _check_instantiating(node: Node, body: Body, report: Report) -> None:
    """A gateway that starts the process has nothing before it (BPMN 10.6.6)."""
    if body.incoming(node.id):
        report.error(
            "flow-to-start",
            node,
            f"启动流程的事件网关 {node.id} 不能有流入的顺序流。",
            f"The event-based gateway {node.id} starts the process and must not have an incoming flow.",
        )
