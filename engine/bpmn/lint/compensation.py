"""Compensation and transactions (BPMN 10.7): handlers that belong to something, and somebody who waits for a cancel."""

from __future__ import annotations

from engine.bpmn.graph import handler_of
from engine.bpmn.lint.report import Report
from engine.bpmn.model import Body, Event, Node, Process
from engine.bpmn.vocabulary import ACTIVITIES


def check_compensation(process: Process, report: Report) -> None:
    """Checks every compensation event, handler and transaction of a process."""
    known = frozenset(node.id for node in process.nodes() if node.type in ACTIVITIES)
    for body, owner in _bodies(process):
        handlers = set()
        for node in body.nodes.values():
            for event in node.events:
                if event.kind == "compensation":
                    _check_event(node, event, body, known, report)
                    _check_start(node, process.body, owner, report)
                elif event.kind == "cancel":
                    _check_cancel(node, body, owner, report)
        _check_cancels(body, report)
        for node in body.nodes.values():
            if _is_compensation_boundary(node):
                handlers |= _check_handlers(node, body, report)
        for node in body.nodes.values():
            if node.for_compensation and not node.event_sub_process and node.id not in handlers:
                report.error(
                    "handler-alone",
                    node,
                    f"补偿活动 {node.id} 没有与补偿边界事件相连。",
                    f"No compensation boundary event is associated with the compensation activity {node.id}.",
                )
    _check_sight(process, report)
    _check_methods(process, report)


def _check_methods(process: Process, report: Report) -> None:
    """Says that the methods of BPMN 1.1 other than compensation have no effect."""
    for node in process.nodes():
        if node.type == "transaction" and node.standard.get("method", "").lower() in ("##store", "##image"):
            report.warning(
                "transaction-method",
                node,
                f"事务 {node.id} 总是以补偿方式撤销，{node.standard['method']} 不起作用。",
                f"The transaction {node.id} is always undone by compensation; {node.standard['method']} has no effect.",
            )


def _check_sight(process: Process, report: Report) -> None:
    """An activity to undo lies beside the event that asks for it; for one in an event sub-process, also beside that
    (BPMN 10.5.5). What lies elsewhere could never be undone by it."""
    everywhere = {node.id for node in process.nodes()}
    bodies = _bodies(process)
    around = {node.id: (body, owner) for body, owner in bodies for node in body.nodes.values()}
    for body, owner in bodies:
        visible = set(body.nodes)
        while owner is not None and owner.event_sub_process:
            outer, owner = around[owner.id]
            visible |= set(outer.nodes)
        for node in body.nodes.values():
            for event in node.events:
                asks = event.kind == "compensation" and node.type in ("intermediateThrowEvent", "endEvent")
                if asks and event.ref in everywhere - visible:
                    report.error(
                        "compensation-out-of-sight",
                        node,
                        f"{node.id} 要补偿的活动 {event.ref} 不在同一层流程中。",
                        f"{node.id} cannot compensate {event.ref}, which lies in another (sub-)process.",
                    )


def _bodies(process: Process) -> list[tuple[Body, Node | None]]:
    inner: list[tuple[Body, Node | None]] = [(node.body, node) for node in process.nodes() if node.body is not None]
    return [(process.body, None), *inner]


def _is_compensation_boundary(node: Node) -> bool:
    return node.type == "boundaryEvent" and any(event.kind == "compensation" for event in node.events)


def _check_event(node: Node, event: Event, body: Body, known: frozenset[str], report: Report) -> None:
    if node.type == "boundaryEvent":
        if handler_of(node, body) is None:
            report.error(
                "no-handler",
                node,
                f"补偿边界事件 {node.id} 没有关联补偿活动。",
                f"The compensation boundary event {node.id} is not associated with a compensation activity.",
            )
        if body.outgoing(node.id):
            report.error(
                "flow-from-compensation",
                node,
                f"补偿边界事件 {node.id} 不能有流出的顺序流。",
                f"The compensation boundary event {node.id} must not have an outgoing flow.",
            )
    elif node.type != "startEvent" and event.ref is not None:
        _check_target(node, event.ref, known, report)


def _check_handlers(boundary: Node, body: Body, report: Report) -> set[str]:
    linked = body.associations.get(boundary.id, ())
    handlers = {other for other in linked if other in body.nodes and body.nodes[other].for_compensation}
    if len(handlers) > 1:
        report.error(
            "several-handlers",
            boundary,
            f"补偿边界事件 {boundary.id} 只能关联一个补偿活动。",
            f"The compensation boundary event {boundary.id} can be associated with one compensation activity only.",
        )
    return handlers


def _check_cancels(body: Body, report: Report) -> None:
    guarded: set[str | None] = set()
    for node in body.nodes.values():
        if node.type == "boundaryEvent" and any(event.kind == "cancel" for event in node.events):
            if node.attached_to in guarded:
                report.error(
                    "several-cancels",
                    node,
                    f"{node.attached_to} 已有取消边界事件。",
                    f"There is a cancel event on {node.attached_to} already.",
                )
            guarded.add(node.attached_to)


def _check_start(node: Node, top: Body, owner: Node | None, report: Report) -> None:
    if node.type == "startEvent" and (owner is None or top.nodes.get(owner.id) is owner):
        report.error(
            "bad-start",
            node,
            f"补偿事件子流程只能放在子流程之内({node.id})。",
            f"A compensation event sub-process must lie inside a sub-process ({node.id}).",
        )


def _check_target(node: Node, reference: str, known: frozenset[str], report: Report) -> None:
    if reference not in known:
        report.error(
            "unknown-reference",
            node,
            f"本流程中没有 {node.id} 要补偿的活动 {reference}。",
            f"There is no activity {reference} in this process, which {node.id} wants to compensate.",
        )


def _check_cancel(node: Node, body: Body, owner: Node | None, report: Report) -> None:
    if node.type == "endEvent" and (owner is None or owner.type != "transaction"):
        report.error(
            "cancel-outside-transaction",
            node,
            f"取消结束事件 {node.id} 只能放在事务子流程之内。",
            f"The cancel end event {node.id} must lie directly in a transaction.",
        )
    host = body.nodes.get(node.attached_to or "")
    if node.type == "boundaryEvent" and (host is None or host.type != "transaction"):
        report.error(
            "cancel-outside-transaction",
            node,
            f"取消边界事件 {node.id} 只能附着在事务子流程上。",
            f"The cancel event {node.id} can only be attached to a transaction.",
        )
