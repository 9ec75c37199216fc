"""Extension attributes and elements: Java and listeners are refused by name, the rest is known or warned of."""

from __future__ import annotations

from engine.bpmn.extensions import RETRY_CYCLE
from engine.bpmn.form_data import FORM_DATA
from engine.bpmn.lint.report import Report
from engine.bpmn.model import Flow, Node, Process
from engine.bpmn.retries import NotARetryCycle, parse_retry_cycle

_WORKER = ('外部任务主题(camunda:type="external")', 'an external task topic (camunda:type="external")')
JAVA = {
    "class": _WORKER,
    "delegateExpression": _WORKER,
    "expression": _WORKER,
    "resource": ("图中以 FEEL 书写的脚本", "a script in FEEL inside the diagram"),
    "variableMappingClass": ("camunda:in 与 camunda:out", "camunda:in and camunda:out"),
    "variableMappingDelegateExpression": ("camunda:in 与 camunda:out", "camunda:in and camunda:out"),
    "caseRef": ("calledElement 所指的流程", "a process named by calledElement"),
    "caseBinding": ("calledElement 所指的流程", "a process named by calledElement"),
}
"""Attributes that name code to run, which a diagram cannot bring along, and what does the same here."""

_REFUSED = {
    "executionListener": (
        "执行监听器",
        "An execution listener",
        "元素前后的脚本任务（FEEL）、外部任务或参数映射",
        "a script task in FEEL, an external task or a mapping before or after it",
    ),
    "taskListener": (
        "任务监听器",
        "A task listener",
        "assignee、candidateGroups、dueDate 的表达式，或任务前的脚本任务",
        "expressions in assignee, candidateGroups or dueDate, or a script task before it",
    ),
    "connector": ("连接器", "A connector", *_WORKER),
    "errorEventDefinition": (
        "外部任务错误定义",
        "An error definition of an external task",
        "由工作程序报告 BPMN 错误（bpmnError）",
        "a worker that reports the error (bpmnError)",
    ),
    "script": ("脚本", "A script", "FEEL 表达式", "an expression in FEEL"),
    "field": (
        "字段注入",
        "A field injection",
        "输入参数（camunda:inputParameter）",
        "an input parameter (camunda:inputParameter)",
    ),
    "potentialStarter": (
        "启动者",
        "A potential starter",
        "camunda:candidateStarterGroups",
        "camunda:candidateStarterGroups",
    ),
}
"""Extension elements that do something which is not done here, in both languages, and what to use instead."""

_KNOWN = frozenset({"properties", "inputOutput", "in", "out"})
_OF_NODES = frozenset({FORM_DATA, RETRY_CYCLE})
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
    for body in process.body.bodies():
        for flow in body.flows.values():
            _check_elements(flow, flow.extensions, report)
    for node in process.nodes():
        _check_attributes(node, report)
        _check_elements(node, node.extensions, report)
        _check_retry(node, report)
        for event in node.events:
            _check_java(node, event.attributes, report)


def _check_attributes(node: Node, report: Report) -> None:
    _check_java(node, node.attributes, report)
    for name in sorted(node.attributes.keys() - _ATTRIBUTES - JAVA.keys()):
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
            f"{node.id} 的类型「{kind}」不支持，只支持 external。",
            f"The type {kind!r} of {node.id} is not supported; use external.",
        )


def _check_java(node: Node, attributes: dict[str, str], report: Report) -> None:
    for name in sorted(JAVA.keys() & attributes.keys()):
        instead_zh, instead_en = JAVA[name]
        report.error(
            "java",
            node,
            f"{node.id} 的 camunda:{name} 需要图外的代码，不予运行；请改用{instead_zh}。",
            f"camunda:{name} at {node.id} needs code from outside, which is not run; use {instead_en} instead.",
        )


def _check_retry(node: Node, report: Report) -> None:
    if node.retry is None:
        return
    try:
        parse_retry_cycle(node.retry.source)
    except NotARetryCycle as wrong:
        report.error(
            "bad-retry-cycle",
            node.retry,
            f"{node.id} 的 camunda:{RETRY_CYCLE} {wrong.zh}。",
            f"camunda:{RETRY_CYCLE} at {node.id} {wrong.en}.",
        )


def _check_elements(place: Node | Flow | Process, names: list[str], report: Report) -> None:
    for name in names:
        if name in _REFUSED:
            zh, en, instead_zh, instead_en = _REFUSED[name]
            report.error(
                "unsupported",
                place,
                f"目前不支持{place.id} 的{zh}；请改用{instead_zh}。",
                f"{en} at {place.id} is not supported; use {instead_en} instead.",
            )
        elif name not in _KNOWN and not (name in _OF_NODES and isinstance(place, Node)):
            report.warning(
                "extension-ignored",
                place,
                f"{place.id} 的扩展 {name} 不起作用。",
                f"The extension {name} at {place.id} has no effect.",
            )
