"""Activities: what does the work is named, and can be run here."""

from __future__ import annotations

import re

from engine.bpmn.limits import DEFAULT_LIMITS
from engine.bpmn.lint.report import Report
from engine.bpmn.model import Node, Process
from engine.bpmn.vocabulary import ACTIVITIES

_MAPPINGS = frozenset({"singleEntry", "singleResult", "collectEntries", "resultList"})
_NO_NUMBER = re.compile(r"\s*=?\s*(-?\d*\.\d+|\"[^\"]*\"|true|false|null)\s*")
_BINDINGS = frozenset({"latest", "deployment", "version", "versionTag"})


def check_activities(process: Process, report: Report) -> None:
    """Checks every activity of a process."""
    for node in process.nodes():
        if node.type not in ACTIVITIES:
            continue
        if check := _CHECKS.get(node.type):
            check(node, report)
        if node.loop is not None:
            _check_loop(node, report)
    for body in process.body.bodies():
        for node in body.nodes.values():
            if node.start_quantity > 1 and not body.incoming(node.id):
                _nothing_to_count(node, report)


def _nothing_to_count(node: Node, report: Report) -> None:
    """The quantity counts tokens on incoming sequence flows; an activity that has none begins with what it lies in
    (BPMN 10.3, and for ad-hoc sub-processes 13.3.5)."""
    report.warning(
        "quantity-without-flow",
        node,
        f"没有顺序流通向 {node.id}，它的 startQuantity={node.start_quantity} 不起作用，只启动一次。",
        f"No sequence flow leads to {node.id}; its startQuantity {node.start_quantity} counts nothing, "
        "and it begins once.",
    )


def _says(node: Node, name: str) -> bool:
    return name in node.texts and bool(node.texts[name].source.strip())


def _user_task(node: Node, report: Report) -> None:
    named = any(name in node.texts for name in ("assignee", "candidateUsers", "candidateGroups"))
    if not named and not node.roles:
        report.warning(
            "nobody",
            node,
            f"用户任务 {node.id} 没有办理人、候选人，所在泳道也没有角色。",
            f"The user task {node.id} has no assignee, no candidates, and its lane has no role.",
        )


def _service_task(node: Node, report: Report) -> None:
    if not _says(node, "topic"):
        report.error(
            "no-topic",
            node,
            f'服务任务 {node.id} 没有外部任务主题(camunda:type="external" 与 camunda:topic)。',
            f'The service task {node.id} has no external task topic (camunda:type="external" and camunda:topic).',
        )


def _business_rule_task(node: Node, report: Report) -> None:
    if not _says(node, "decisionRef") and not _says(node, "topic"):
        report.error(
            "no-decision",
            node,
            f"业务规则任务 {node.id} 没有决策。",
            f"The business rule task {node.id} names no decision.",
        )
    mapping = node.attributes.get("mapDecisionResult")
    if mapping is not None and mapping not in _MAPPINGS:
        report.error(
            "bad-mapping",
            node,
            f"不认识 mapDecisionResult「{mapping}」。",
            f"mapDecisionResult {mapping!r} is unknown.",
        )
    _check_binding(node, "decisionRef", report)


def _send_task(node: Node, report: Report) -> None:
    if not node.events and not _says(node, "topic"):
        report.error(
            "no-message",
            node,
            f"发送任务 {node.id} 没有消息也没有主题。",
            f"The send task {node.id} names neither a message nor a topic.",
        )


def _receive_task(node: Node, report: Report) -> None:
    if not node.events:
        report.error(
            "no-message", node, f"接收任务 {node.id} 没有消息。", f"The receive task {node.id} names no message."
        )


def _call_activity(node: Node, report: Report) -> None:
    if not _says(node, "calledElement"):
        report.error(
            "no-called-element",
            node,
            f"调用活动 {node.id} 没有被调流程。",
            f"The call activity {node.id} calls nothing.",
        )
    _check_binding(node, "calledElement", report)


def _check_binding(node: Node, name: str, report: Report) -> None:
    binding = node.attributes.get(f"{name}Binding")
    if binding is not None and binding not in _BINDINGS:
        report.error("bad-binding", node, f"不认识绑定方式「{binding}」。", f"The binding {binding!r} is unknown.")
    if binding == "version" and f"{name}Version" not in node.texts:
        report.error("no-version", node, f"{node.id} 没有指明版本。", f"{node.id} names no version.")
    if binding == "versionTag" and f"{name}VersionTag" not in node.attributes:
        report.error("no-version", node, f"{node.id} 没有指明版本标签。", f"{node.id} names no version tag.")


def _check_loop(node: Node, report: Report) -> None:
    loop = node.loop
    if loop is None or loop.kind == "standard":
        return
    if loop.cardinality is None and loop.collection is None:
        report.error(
            "bad-loop",
            node,
            f"多实例活动 {node.id} 既没有次数也没有集合。",
            f"The multi-instance activity {node.id} has neither a cardinality nor a collection.",
        )
    if loop.cardinality is not None and re.fullmatch(r"\s*=?\s*-?\d+\s*", loop.cardinality.source):
        count = int(loop.cardinality.source.strip().lstrip("="))
        if not 0 <= count <= DEFAULT_LIMITS.multi_instances:
            report.error(
                "bad-loop",
                node,
                f"多实例活动 {node.id} 的次数必须在 0 到 {DEFAULT_LIMITS.multi_instances} 之间。",
                f"The number of instances of {node.id} must lie between 0 and {DEFAULT_LIMITS.multi_instances}.",
            )
    if loop.cardinality is not None and _NO_NUMBER.fullmatch(loop.cardinality.source):
        report.error(
            "bad-loop",
            node,
            f"多实例活动 {node.id} 的次数必须是整数。",
            f"The number of instances of {node.id} must be a whole number.",
        )


def _ad_hoc(node: Node, report: Report) -> None:
    if node.body is not None and not any(inner.type in ACTIVITIES for inner in node.body.nodes.values()):
        report.error(
            "empty-ad-hoc",
            node,
            f"自由子流程 {node.id} 没有活动。",
            f"The ad-hoc sub-process {node.id} holds no activity.",
        )


_CHECKS = {
    "adHocSubProcess": _ad_hoc,
    "userTask": _user_task,
    "serviceTask": _service_task,
    "businessRuleTask": _business_rule_task,
    "sendTask": _send_task,
    "receiveTask": _receive_task,
    "callActivity": _call_activity,
}
