"""Events: triggers that exist, fit their place and name what they wait for (BPMN table 10.93)."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.bpmn.expressions import Text, is_expression
from engine.bpmn.graph import link_target
from engine.bpmn.lint.report import Report
from engine.bpmn.model import Body, Event, Node, Process
from engine.bpmn.timers import NotATimer, TimerKind, first_due
from engine.bpmn.vocabulary import ACTIVITIES, EVENTS
from engine.errors import LimitReached

ALLOWED = {
    "startEvent": frozenset({"message", "timer", "signal", "error", "escalation", "conditional", "compensation"}),
    "intermediateCatchEvent": frozenset({"message", "timer", "signal", "conditional", "link"}),
    "intermediateThrowEvent": frozenset({"message", "signal", "escalation", "compensation", "link"}),
    "endEvent": frozenset({"message", "signal", "error", "escalation", "terminate", "compensation", "cancel"}),
    "boundaryEvent": frozenset(
        {"message", "timer", "signal", "error", "escalation", "conditional", "compensation", "cancel"}
    ),
}
_CATCHING = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})
_CHANGES = frozenset({"create", "update", "delete"})
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_ZONE = "Asia/Shanghai"
_KINDS: dict[TimerKind, str] = {"date": "日期", "duration": "时长", "cycle": "周期"}


def check_events(process: Process, report: Report) -> None:
    """Checks every event of a process."""
    for body in process.body.bodies():
        for node in body.nodes.values():
            if node.type in EVENTS:
                _check_kinds(node, report)
                _check_place(node, body, report)
            for event in node.events:
                _check_event(node, event, report)
                if event.kind in ("message", "signal") and "topic" not in node.texts:
                    _check_name(node, event, body, report, begins=body is process.body and _begins(node))
        _check_links(body, report)


def _check_kinds(node: Node, report: Report) -> None:
    for event in node.events:
        if event.kind not in ALLOWED[node.type]:
            report.unsupported(
                node,
                f"{node.type} {node.id} 的 {event.kind} 触发器",
                f"A {event.kind} trigger on the {node.type} {node.id}",
            )
    if node.type in _CATCHING and len(node.events) > 1:
        _check_multiple(node, report)
    if node.type in ("intermediateCatchEvent", "boundaryEvent") and not node.events:
        report.error("no-trigger", node, f"事件 {node.id} 没有触发器。", f"The event {node.id} has no trigger.")


def _check_multiple(node: Node, report: Report) -> None:
    kinds = {event.kind for event in node.events}
    if kinds & {"link", "compensation", "cancel"}:
        report.unsupported(node, f"{node.id} 的多重触发器组合", f"This combination of triggers on {node.id}")


def _check_place(node: Node, body: Body, report: Report) -> None:
    if node.type != "boundaryEvent":
        return
    host = body.nodes.get(node.attached_to or "")
    if host is None or host.type not in ACTIVITIES:
        report.error(
            "unknown-host",
            node,
            f"边界事件 {node.id} 没有附着在活动上。",
            f"The boundary event {node.id} is not attached to an activity.",
        )
    if any(event.kind == "error" for event in node.events) and not node.interrupting:
        report.error(
            "error-not-interrupting",
            node,
            f"错误边界事件 {node.id} 必须是中断的。",
            f"The error event {node.id} must interrupt.",
        )


def _check_event(node: Node, event: Event, report: Report) -> None:
    if event.code is not None and is_expression(event.code):
        # An errorCode is a plain string (BPMN 8.4.3); what catches it compares it as such.
        report.warning(
            "code-not-computed",
            node,
            f"{node.id} 的代码「{event.code[:80]}」不会计算，按原文比较；请为每个代码画一个事件，由网关选择。",
            f"The code {event.code[:80]!r} at {node.id} is not computed but taken as it stands; "
            "draw one event for each code and let a gateway choose.",
        )
    if event.kind == "timer":
        _check_timer(node, event, report)
    elif event.kind == "conditional":
        if event.text is None or not event.text.source.strip():
            report.error(
                "no-condition",
                node,
                f"条件事件 {node.id} 没有条件。",
                f"The conditional event {node.id} has no condition.",
            )
        for kind in event.variable_events:
            if kind not in _CHANGES:
                report.error(
                    "bad-variable-event",
                    node,
                    f"{node.id} 的 variableEvents「{kind}」不合法，只能是 create、update、delete。",
                    f"variableEvents {kind!r} on {node.id} is not allowed; it can be create, update, delete.",
                )
    elif event.kind == "escalation" and node.type in ("endEvent", "intermediateThrowEvent") and not event.code:
        report.error(
            "no-escalation-code",
            node,
            f"升级抛出事件 {node.id} 没有升级代码。",
            f"The escalation event {node.id} throws no escalation code.",
        )
    elif event.kind == "link" and not event.name:
        report.error("no-name", node, f"链接事件 {node.id} 没有名称。", f"The link event {node.id} has no name.")
    elif event.kind == "error" and node.type == "endEvent" and not event.code:
        report.error(
            "no-error-code",
            node,
            f"错误结束事件 {node.id} 没有错误代码。",
            f"The error end event {node.id} has no error code.",
        )


def _begins(node: Node) -> bool:
    return node.type == "startEvent" or node.standard.get("instantiate") == "true"


def _check_name(node: Node, event: Event, body: Body, report: Report, *, begins: bool) -> None:
    if not event.name:
        host = body.nodes.get(node.attached_to or "")
        if event.kind == "signal" and host is not None and host.loop is not None and host.loop.throws_nameless:
            return
        report.error("no-name", node, f"{node.id} 没有指明 {event.kind} 的名称。", f"{node.id} names no {event.kind}.")
    elif event.name_text is not None and begins:
        report.unsupported(
            node,
            f"启动流程的 {event.kind} 名称中的表达式({node.id})",
            f"An expression in the name of the {event.kind} that starts the process at {node.id}",
        )


def _check_timer(node: Node, event: Event, report: Report) -> None:
    text = event.text
    if event.timer_kind is None or text is None or not text.source.strip():
        report.error("no-timer", node, f"定时事件 {node.id} 没有时间。", f"The timer event {node.id} has no time.")
    elif text.is_literal:
        _check_literal_timer(node, event.timer_kind, text, report)


def _fits(kind: TimerKind, text: str) -> bool:
    """Expressions may yield either, but who writes a date as a duration means something else (BPMN table 10.101)."""
    return kind == "cycle" or text.strip().lstrip("-").upper().startswith("P") == (kind == "duration")


def _check_literal_timer(node: Node, kind: TimerKind, text: Text, report: Report) -> None:
    try:
        if not _fits(kind, text.source):
            raise NotATimer(kind)
        first_due(kind, text.source.strip(), now=_SOME_DAY, zone=_ZONE)
    except NotATimer:
        shown = text.source.strip()[:80]
        report.error(
            "bad-timer",
            node,
            f"定时事件 {node.id} 的「{shown}」既不是 ISO 8601 的{_KINDS[kind]}，也不是表达式（以 = 开头）。",
            f"The timer event {node.id}: {shown!r} is neither an ISO 8601 {kind} nor an expression (=).",
        )
    except LimitReached as error:
        report.error(
            "timer-out-of-reach",
            node,
            f"定时事件 {node.id} 超出范围:{error}",
            f"The timer event {node.id} is out of reach: {error}",
        )


def _check_links(body: Body, report: Report) -> None:
    catching: dict[str | None, Node] = {}
    for node in body.nodes.values():
        for event in node.events:
            if event.kind == "link" and node.type == "intermediateCatchEvent":
                if event.name in catching:
                    report.error(
                        "link-twice",
                        node,
                        f"链接「{event.name}」有两个目标。",
                        f"The link {event.name!r} has two targets.",
                    )
                catching[event.name] = node
    throwing = [
        (event, node)
        for node in body.nodes.values()
        for event in node.events
        if event.kind == "link" and node.type == "intermediateThrowEvent"
    ]
    reached = {target.id for event, _ in throwing if (target := link_target(body, event)) is not None}
    for name, target in catching.items():
        if target.id not in reached:
            report.error(
                "link-without-source",
                target,
                f"没有链接抛出事件指向「{name}」。",
                f"No link throw event leads to {name!r}.",
            )
    for event, node in throwing:
        if link_target(body, event) is None:
            report.error(
                "link-without-target",
                node,
                f"链接「{event.name}」没有目标。",
                f"The link {event.name!r} has no target.",
            )
