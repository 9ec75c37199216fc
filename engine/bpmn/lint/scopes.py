"""Scopes: how they start, and what in them can never be reached."""

from __future__ import annotations

from engine.bpmn.graph import Graph
from engine.bpmn.lint.report import Report
from engine.bpmn.model import Body, Node, Process

_LISTENS_TO = frozenset({"message", "timer", "signal", "error", "escalation", "conditional", "compensation"})


def check_scopes(process: Process, report: Report) -> None:
    """Checks the process and everything nested in it."""
    if not process.body.nodes:
        report.error("empty-process", process, f"流程 {process.id} 没有内容。", f"The process {process.id} is empty.")
    _check_process_starts(process, report)
    _check_reach(process.body, report)
    for node in process.nodes():
        if node.body is not None:
            if node.event_sub_process:
                _check_event_sub_process(node, node.body, report)
            else:
                _check_sub_process(node, node.body, report)
            _check_reach(node.body, report)


def _starts(body: Body) -> list[Node]:
    return [node for node in body.nodes.values() if node.type == "startEvent"]


def _check_process_starts(process: Process, report: Report) -> None:
    plain = [node for node in _starts(process.body) if not node.events]
    for extra in plain[1:]:
        report.warning(
            "several-none-starts",
            extra,
            f"流程 {process.id} 有多个空白开始事件；启动时若不指明，则全部开始。",
            f"The process {process.id} has more than one none start event: unless one is named, all of them begin.",
        )
    _check_same_starts(process, report)
    for node in _starts(process.body):
        for event in node.events:
            if event.kind not in ("message", "timer", "signal", "conditional"):
                report.error(
                    "bad-start",
                    node,
                    f"流程不能由 {event.kind} 事件开始。",
                    f"A process cannot be started by a {event.kind} event.",
                )


def _check_same_starts(process: Process, report: Report) -> None:
    seen: set[tuple[str, str | None]] = set()
    for node in _starts(process.body):
        for event in node.events:
            if event.kind in ("message", "signal") and event.name and (event.kind, event.name) in seen:
                report.error(
                    "same-start",
                    node,
                    f"两个开始事件等待同一个 {event.kind}「{event.name}」。",
                    f"Two start events wait for the same {event.kind} {event.name!r}.",
                )
            seen.add((event.kind, event.name))


def _check_sub_process(node: Node, body: Body, report: Report) -> None:
    """It begins at its none start event, of which there is one, or at all that nothing leads to (BPMN 13.3.4)."""
    for extra in _starts(body)[1:]:
        report.warning(
            "several-none-starts",
            extra,
            f"子流程 {node.id} 有多个开始事件。",
            f"The sub-process {node.id} has more than one start event.",
        )
    for inner in body.nodes.values():
        if _instantiates(inner):
            report.error(
                "starts-inside",
                inner,
                f"{inner.id} 在子流程 {node.id} 之内，不能启动流程（instantiate）。",
                f"{inner.id} lies in the sub-process {node.id} and cannot start the process (instantiate).",
            )
    if not body.nodes and node.type != "adHocSubProcess":
        report.warning(
            "empty-sub-process",
            node,
            f"子流程 {node.id} 没有内容，会直接通过。",
            f"The sub-process {node.id} is empty; the process just goes on.",
        )
    for start in _starts(body):
        if start.events:
            report.error(
                "bad-start",
                start,
                f"嵌入式子流程 {node.id} 只能由空白开始事件开始。",
                f"The embedded sub-process {node.id} can only begin with a none start event.",
            )


def _check_event_sub_process(node: Node, body: Body, report: Report) -> None:
    starts = _starts(body)
    if not starts:
        report.error(
            "no-start",
            node,
            f"事件子流程 {node.id} 没有开始事件。",
            f"The event sub-process {node.id} has no start event.",
        )
    for extra in starts[1:]:
        report.error(
            "several-starts",
            extra,
            f"事件子流程 {node.id} 只能有一个开始事件。",
            f"The event sub-process {node.id} must have one start event only.",
        )
    for start in starts:
        if not start.events or any(event.kind not in _LISTENS_TO for event in start.events):
            report.error(
                "bad-start",
                start,
                f"事件子流程 {node.id} 的开始事件必须有可支持的触发器。",
                f"The start event of the event sub-process {node.id} must have a trigger that is supported.",
            )
        elif start.events[0].kind == "error" and not start.interrupting:
            report.error(
                "error-not-interrupting", start, "错误开始事件必须是中断的。", "An error start event must interrupt."
            )
        elif start.events[0].kind == "compensation" and not start.interrupting:
            report.error(
                "compensation-not-interrupting",
                start,
                "补偿开始事件必须是中断的。",
                "A compensation start event must interrupt.",
            )
    if node.for_compensation:
        report.error(
            "event-sub-process-for-compensation",
            node,
            f"事件子流程 {node.id} 不能是补偿活动。",
            f"The event sub-process {node.id} cannot be a compensation activity.",
        )
    if node.loop is not None:
        report.error(
            "looped-event-sub-process",
            node,
            f"事件子流程 {node.id} 不能循环。",
            f"The event sub-process {node.id} cannot loop.",
        )


def _check_reach(body: Body, report: Report) -> None:
    nodes = body.nodes.values()
    reachable = Graph(body).reachable(node.id for node in nodes if _is_link_target(node) or _instantiates(node))
    for node in nodes:
        if node.id in reachable or node.event_sub_process or node.for_compensation:
            continue
        if body.incoming(node.id) or not _starts(
            body
        ):  # what nothing leads to beside a start event is an error already
            report.warning(
                "unreachable",
                node,
                f"元素 {node.id} 永远不会被执行到。",
                f"The element {node.id} can never be reached.",
            )


def _is_link_target(node: Node) -> bool:
    return node.type == "intermediateCatchEvent" and any(event.kind == "link" for event in node.events)


def _instantiates(node: Node) -> bool:
    return node.standard.get("instantiate") == "true"
