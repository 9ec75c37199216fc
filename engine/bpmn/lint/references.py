"""References that must lead to more than an element of the right kind: links, calls, loop data, assignments."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.grammar import is_a
from engine.bpmn.lint.document import Document, name_of, spot
from engine.bpmn.lint.report import Report
from engine.bpmn.vocabulary import GLOBAL_TASKS, bpmn


def check_references(document: Document, report: Report) -> None:
    """Checks what names another element of the file and wants something of it."""
    for element in document.elements:
        match name_of(element):
            case "linkEventDefinition":
                _check_link(element, document, report)
            case "callActivity":
                _check_call(element, document, report)
            case "loopDataInputRef" | "loopDataOutputRef":
                _check_loop_data(element, document, report)
            case "messageEventDefinition" | "sendTask" | "receiveTask":
                _check_operation(element, document, report)
            case "ioBinding":
                _check_binding(element, document, report)
            case "potentialOwner" | "humanPerformer" | "performer" | "resourceRole":
                _check_assignment(element, document, report)


def _check_link(element: etree._Element, document: Document, report: Report) -> None:
    """What the two sides of a link name is a link (BPMN table 10.98)."""
    for child in element:
        if name_of(child) not in ("source", "target"):
            continue
        other = document.find((child.text or "").strip())
        if other is None or name_of(other) != "linkEventDefinition":
            report.error(
                "bad-link",
                spot(child),
                f"链接「{element.get('name', '')}」的 {name_of(child)} 不是链接。",
                f"The {name_of(child)} of the link {element.get('name', '')!r} is no link.",
            )


def _check_call(element: etree._Element, document: Document, report: Report) -> None:
    """What the file itself holds can be judged; everything else is looked for when the activity runs. An activity may
    have the name of the process that it calls."""
    called = document.find(element.get("calledElement", ""))
    if called is None or name_of(called) == "callActivity":
        return
    if name_of(called) not in GLOBAL_TASKS and name_of(called) != "process":
        report.error(
            "not-callable",
            spot(element),
            f"{element.get('id')} 调用的 {called.get('id')} 不是流程，也不是全局任务。",
            f"{called.get('id')}, which {element.get('id')} calls, is neither a process nor a global task.",
        )
        return
    starts = called.findall(bpmn("startEvent"))
    if starts and all(any(is_a(name_of(child) or "", "eventDefinition") for child in start) for start in starts):
        report.error(
            "not-callable",
            spot(element),
            f"{element.get('id')} 调用的流程 {called.get('id')} 没有空白开始事件。",
            f"The process {called.get('id')}, which {element.get('id')} calls, has no none start event.",
        )


def _check_loop_data(element: etree._Element, document: Document, report: Report) -> None:
    """A collection is a data object or, as engines have it, a variable that no element of the file is named like."""
    found = document.find((element.text or "").strip())
    name = "" if found is None else name_of(found) or ""
    if found is not None and not is_a(name, "itemAware") and name not in ("inputDataItem", "outputDataItem"):
        report.error(
            "bad-loop-data",
            spot(element),
            f"{name_of(element)} 所指的 {found.get('id')} 不是数据。",
            f"{found.get('id')}, which {name_of(element)} names, is no data.",
        )


def _check_operation(element: etree._Element, document: Document, report: Report) -> None:
    """A message that belongs to an operation is the one that the operation names (BPMN 8.4.3)."""
    child = element.find(bpmn("operationRef"))
    operation = document.find(element.get("operationRef") or ((child.text or "").strip() if child is not None else ""))
    message = document.find(element.get("messageRef", ""))
    if operation is None or message is None or name_of(operation) != "operation":
        return
    named = [document.find((item.text or "").strip()) for tag in _MESSAGES for item in operation.findall(bpmn(tag))]
    if message not in named:
        report.error(
            "wrong-message",
            spot(element),
            f"消息 {message.get('id')} 不属于操作 {operation.get('id')}。",
            f"The message {message.get('id')} is none of the operation {operation.get('id')}.",
        )


_MESSAGES = ("inMessageRef", "outMessageRef")


def _check_binding(element: etree._Element, document: Document, report: Report) -> None:
    """An operation that a process offers belongs to an interface that it supports (BPMN table 10.9)."""
    operation, owner = document.find(element.get("operationRef", "")), element.getparent()
    if operation is None or owner is None or name_of(operation) != "operation":
        return
    supported = [document.find((item.text or "").strip()) for item in owner.findall(bpmn("supportedInterfaceRef"))]
    if operation.getparent() not in supported:
        report.error(
            "unsupported-operation",
            spot(element),
            f"{owner.get('id')} 没有声明支持操作 {operation.get('id')} 的接口。",
            f"{owner.get('id')} does not support the interface of the operation {operation.get('id')}.",
        )


def _check_assignment(element: etree._Element, document: Document, report: Report) -> None:
    """Who does it is told by a resource, whose own parameters are bound, or by an expression (BPMN table 8.52)."""
    resource = element.find(bpmn("resourceRef"))
    bindings = element.findall(bpmn("resourceParameterBinding"))
    if element.find(bpmn("resourceAssignmentExpression")) is not None and (resource is not None or bindings):
        report.error(
            "two-assignments",
            spot(element),
            f"{name_of(element)} 只能用资源或表达式之一来指定。",
            f"The {name_of(element)} is told by a resource or by an expression, not by both.",
        )
    for binding in bindings:
        parameter = document.find(binding.get("parameterRef", ""))
        owner = None if resource is None else document.find((resource.text or "").strip())
        if parameter is not None and parameter.getparent() is not owner:
            report.error(
                "foreign-parameter",
                spot(binding),
                f"参数 {parameter.get('id')} 不属于 {name_of(element)} 的资源。",
                f"The parameter {parameter.get('id')} is none of the resource of the {name_of(element)}.",
            )
