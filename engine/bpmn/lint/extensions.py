"""Extension attributes and elements: Java and listeners are refused by name, the rest is known or warned of."""

from __future__ import annotations

from engine.bpmn.lint.report import Report
from engine.bpmn.model import Node, Process

JAVA = frozenset(
    {
        "class",
        "delegateExpression",
        "expression",
        "resource",
        "variableMappingClass",
        "variableMappingDelegateExpression",
        "caseRef",
        "caseBinding",
    }
)
"""Attributes that name code to run, which a diagram cannot bring along."""

_REFUSED = {
    "executionListener": ("执行监听器", "An execution listener"),
    "taskListener": ("任务监听器", "A task listener"),
    "connector": ("连接器", "A connector"),
    "errorEventDefinition": ("外部任务错误定义", "An error definition of an external task"),
    "script": ("脚本", "A script"),
    "field": ("字段注入", "A field injection"),
}
_KNOWN = frozenset({"properties", "inputOutput", "in", "out"})
_ATTRIBUTES = frozenset(
    {
        "assignee",
        "asyncAfter",
        "asyncBefore",
        "calledElementBinding",
        "calledElementVersion",
        "calledElementVersionTag",
        "candidateGroups",
        "candidateUsers",
        "decisionRef",
        "decisionRefBinding",
        "decisionRefVersion",
        "decisionRefVersionTag",
        "dueDate",
        "exclusive",
        "followUpDate",
        "formKey",
        "formRef",
        "formRefBinding",
        "formRefVersion",
        "initiator",
        "mapDecisionResult",
        "modelerTemplate",
        "modelerTemplateVersion",
        "priority",
        "resultVariable",
        "taskPriority",
        "topic",
        "type",
    }
)


def check_extensions(process: Process, report: Report) -> None:
    """Checks what Camunda adds to BPMN on the process and on every node."""
    _check_elements(process, process.extensions, report)
    for node in process.nodes():
        _check_attributes(node, report)
        _check_elements(node, node.extensions, report)
        for event in node.events:
            _check_java(node, event.attributes, report)


def _check_attributes(node: Node, report: Report) -> None:
    _check_java(node, node.attributes, report)
    for name in sorted(node.attributes.keys() - _ATTRIBUTES - JAVA):
        report.warning(
            "extension-ignored",
            node,
            f"{node.id} 的属性 camunda:{name} 不起作用。",
            f"camunda:{name} at {node.id} has no effect.",
        )
    kind = node.attributes.get("type")
    if kind is not None and kind != "external":
        report.error(
            "unsupported-type",
            node,
            f"{node.id} 的类型「{kind}」不支持,只支持 external。",
            f"The type {kind!r} of {node.id} is not supported; use external.",
        )


def _check_java(node: Node, attributes: dict[str, str], report: Report) -> None:
    for name in sorted(JAVA & attributes.keys()):
        report.error(
            "java",
            node,
            f"{node.id} 的 camunda:{name} 需要 Java 代码,不予运行;请改用外部任务主题。",
            f"camunda:{name} at {node.id} needs Java code, which is not run; use an external task topic instead.",
        )


def _check_elements(place: Node | Process, names: list[str], report: Report) -> None:
    for name in names:
        if name in _REFUSED:
            report.unsupported(place, f"{place.id} 的{_REFUSED[name][0]}", f"{_REFUSED[name][1]} at {place.id}")
        elif name not in _KNOWN:
            report.warning(
                "extension-ignored",
                place,
                f"{place.id} 的扩展 {name} 不起作用。",
                f"The extension {name} at {place.id} has no effect.",
            )
