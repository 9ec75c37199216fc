"""Turns BPMN XML (2.0, chapters 8 to 10) into a `Diagram`, telling what it does not know instead of skipping it."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.correlation_reader import MAX_RULES, TooManyRules
from engine.bpmn.data_bindings import bind_call, bind_loop
from engine.bpmn.data_reader import DataItems, DataReader, empty
from engine.bpmn.event_reader import EventReader, References
from engine.bpmn.expressions import Text
from engine.bpmn.extensions import (
    ParameterReader,
    attributes,
    extension_elements,
    local_name,
    properties,
    retry,
)
from engine.bpmn.form_data import FORM_DATA, read_form_data
from engine.bpmn.lanes import lane_roles
from engine.bpmn.model import Body, Diagram, Flow, Node, Process
from engine.bpmn.vocabulary import (
    BPMN,
    GLOBAL_TASKS,
    NODES,
    SUB_PROCESSES,
    bpmn,
)
from engine.bpmn.xml import line_of
from engine.findings import Finding

_CHOREOGRAPHED = frozenset({"choreographyTask", "subChoreography", "callChoreography"})
_RESOURCE_ROLES = frozenset({"resourceRole", "performer", "humanPerformer", "potentialOwner"})
MAX_QUANTITY = 1_000

_TEXT_ATTRIBUTES = {
    "assignee": ("办理人", "assignee"),
    "candidateUsers": ("候选用户", "candidate users"),
    "candidateGroups": ("候选组", "candidate groups"),
    "dueDate": ("到期时间", "due date"),
    "followUpDate": ("跟进时间", "follow-up date"),
    "priority": ("优先级", "priority"),
    "taskPriority": ("任务优先级", "task priority"),
    "topic": ("主题", "topic"),
    "decisionRef": ("决策", "decision reference"),
    "decisionRefVersion": ("决策版本", "decision version"),
    "calledElementVersion": ("被调流程版本", "called version"),
}
_TEXT_PROPERTIES = {
    "deadline.anchor": ("时限起点", "deadline anchor"),
    "message.businessKey": ("消息业务键", "business key of the message"),
}


def read_diagram(root: etree._Element) -> Diagram:
    """Reads a whole file. Faults of structure land in `findings`; texts are registered, not yet compiled."""
    diagram = Diagram()
    if root.tag != bpmn("definitions"):
        diagram.findings.append(
            Finding(
                "error", "not-bpmn", "文件不是 BPMN 2.0 图。", "The file is no BPMN 2.0 diagram.", None, line_of(root)
            )
        )
        return diagram
    references, items = References(root, diagram), DataItems(root)
    for child in root:
        if child.tag == bpmn("process"):
            diagram.processes.append(_ProcessReader(diagram, references, items, child).read())
        elif _bpmn_name(child) in GLOBAL_TASKS:
            diagram.processes.append(_ProcessReader(diagram, references, items, child).read_global())
    return diagram


def _bpmn_name(element: etree._Element) -> str | None:
    name = etree.QName(element)
    return name.localname if name.namespace == BPMN else None


class _ProcessReader:
    def __init__(self, diagram: Diagram, references: References, items: DataItems, element: etree._Element) -> None:
        self._diagram = diagram
        self._items = items
        self._references = references
        self._element = element
        self._roles = lane_roles(element)
        self._texts: list[Text] = []

    def read(self) -> Process:
        element = self._element
        process = Process(
            id=element.get("id", ""),
            name=element.get("name", ""),
            line=line_of(element),
            executable=element.get("isExecutable", "true").strip() != "false",
            documentation=_documentation(element),
            attributes=attributes(element),
            properties=properties(element),
            extensions=[local_name(item) for item in extension_elements(element)],
        )
        process.body = self._body(element)
        process.texts = self._texts
        try:
            process.correlation = self._references.correlation.keys(element, self._texts)
        except TooManyRules:
            self._references.fault(
                "too-many-keys",
                f"关联键、属性与规则合计不得超过 {MAX_RULES} 条。",
                f"There are more than {MAX_RULES} keys, properties and rules of correlation.",
                element_id=process.id,
                line=process.line,
            )
        return process

    def read_global(self) -> Process:
        """Reads a global task (BPMN 10.3.4): a process of one activity."""
        element = self._element
        process = Process(element.get("id", ""), element.get("name", ""), line_of(element), is_task=True)
        node = self.node(element, GLOBAL_TASKS[local_name(element)])
        process.body.nodes[node.id] = node
        process.texts = self._texts
        return process

    def _body(self, element: etree._Element) -> Body:
        body = Body()
        for child in element:
            name = _bpmn_name(child)
            if name in NODES:
                self._add_node(body, child, name)
            elif name == "sequenceFlow":
                self._add_flow(body, child)
            elif name == "association":
                body.associate(child.get("sourceRef", ""), child.get("targetRef", ""))
            elif name in _CHOREOGRAPHED:
                self._unsupported(child, name)
        return body

    def _check_children(self, element: etree._Element) -> None:
        for child in element:
            name = _bpmn_name(child)
            if name in _RESOURCE_ROLES:
                self._diagram.findings.append(
                    Finding(
                        "warning",
                        "role-ignored",
                        f"{local_name(child)} 不起作用；请使用 camunda:assignee 或候选组。",
                        f"{local_name(child)} has no effect; use camunda:assignee or candidate groups.",
                        element.get("id"),
                        line_of(child),
                    )
                )

    def _add_node(self, body: Body, element: etree._Element, name: str) -> None:
        node = self.node(element, name)
        body.nodes[node.id] = node

    def _add_flow(self, body: Body, element: etree._Element) -> None:
        flow = Flow(
            id=element.get("id", ""),
            source=element.get("sourceRef", ""),
            target=element.get("targetRef", ""),
            name=element.get("name", ""),
            line=line_of(element),
            extensions=[local_name(item) for item in extension_elements(element)],
        )
        condition = element.find(bpmn("conditionExpression"))
        if condition is not None and (condition.text or "").strip():
            flow.condition = self._feel(condition, flow.id, ("条件", "condition"))
        body.add_flow(flow)

    def node(self, element: etree._Element, type_: str) -> Node:
        """Reads one flow node with everything inside it."""
        node = Node(element.get("id", ""), type_, line_of(element), element.get("name", ""))
        node.documentation = _documentation(element)
        node.attributes = attributes(element)
        node.standard = {str(key): str(value) for key, value in element.attrib.items() if not str(key).startswith("{")}
        node.properties = properties(element)
        node.roles = self._roles.get(node.id, ())
        node.default = element.get("default")
        node.message_ref = element.get("messageRef")
        node.event_sub_process = element.get("triggeredByEvent") == "true"
        node.for_compensation = element.get("isForCompensation") == "true"
        node.extensions = [local_name(item) for item in extension_elements(element)]
        node.retry = retry(element)
        node.start_quantity = self._quantity(element, "startQuantity")
        node.completion_quantity = self._quantity(element, "completionQuantity")
        self._check_children(element)
        self._read_mappings(node, element)
        self._read_texts(node, element)
        events = EventReader(node, self._references, self._texts)
        events.read_events(element)
        events.read_loop(element)
        bind_loop(node, element, self._items)
        bind_call(node, element, self._items)
        self._read_form(node, element)
        if type_ in SUB_PROCESSES:
            node.body = self._body(element)
            self._inherit_roles(node)
            item = node.loop.element_variable if node.loop is not None else None
            held = [empty(name, element) for name in self._items.held_in(element) if name != item]
            node.inputs = held + node.inputs
        return node

    def _read_form(self, node: Node, element: etree._Element) -> None:
        if FORM_DATA not in node.extensions:
            return
        is_filled_in = node.type == "userTask" or (node.type == "startEvent" and not node.events)
        if not is_filled_in or node.attributes.keys() & {"formRef", "formKey"}:
            self._references.fault(
                "form-data-misplaced",
                f"{node.id} 的 camunda:formData 只能用于没有其他表单的人工任务或普通开始事件。",
                f"camunda:formData at {node.id} belongs to a user task or plain start event without another form.",
                element_id=node.id,
                line=node.line,
            )
        elif (key := read_form_data(element, self._element.get("id", ""), self._diagram)) is not None:
            node.attributes["formRef"] = key

    def _read_mappings(self, node: Node, element: etree._Element) -> None:
        reader = ParameterReader(node.id, self._texts)
        node.inputs = reader.parameters(element, "inputParameter")
        node.outputs = reader.parameters(element, "outputParameter")
        data = DataReader(element, self._items, self._texts)
        node.inputs = data.inputs() + node.inputs
        node.outputs += data.outputs()
        if node.type == "callActivity":
            node.calls_in = reader.calls(element, "in")
            node.calls_out = reader.calls(element, "out")

    def _read_texts(self, node: Node, element: etree._Element) -> None:
        reader = ParameterReader(node.id, self._texts)
        for name, what in _TEXT_ATTRIBUTES.items():
            if (source := node.attributes.get(name)) is not None:
                node.texts[name] = reader.text(element, source, what)
        if node.type == "callActivity" and (called := element.get("calledElement")) is not None:
            node.texts["calledElement"] = reader.text(element, called, ("被调流程", "called element"))
        for name, what in _TEXT_PROPERTIES.items():
            if (source := node.properties.get(name)) is not None:
                node.texts[name] = reader.text(element, source, what)
                node.texts[name].mode = "feel" if name == "deadline.anchor" else "value"
        if node.type == "scriptTask":
            self._read_script(node, element)
        for child in ("completionCondition", "activationCondition"):
            if (found := element.find(bpmn(child))) is not None and (found.text or "").strip():
                node.texts[child] = self._feel(found, node.id, ("完成条件", child))

    def _read_script(self, node: Node, element: etree._Element) -> None:
        node.script_format = element.get("scriptFormat") or element.get("scriptLanguage") or ""
        script = element.find(bpmn("script"))
        source = (script.text or "") if script is not None else ""
        text = Text(source, node.id, line_of(element), "脚本", "script", mode="feel")
        if node.script_format.lower() != "feel":
            given = node.script_format or "?"
            text.problem = (
                f"脚本语言 {given} 不予运行，请设为 feel 并改用 FEEL 书写。",
                f"scripts in {given} are not run; set scriptFormat to feel and write FEEL",
            )
        node.texts["script"] = text
        self._texts.append(text)

    def _feel(self, element: etree._Element, owner: str, what: tuple[str, str]) -> Text:
        text = Text(element.text or "", owner, line_of(element), *what, mode="feel")
        language = (element.get("language") or "").lower()
        if language and not any(known in language for known in ("feel", "juel", "xpath")):
            text.problem = (
                f"条件语言 {language} 不予运行，请改用 FEEL。",
                f"conditions in {language} are not run; write FEEL instead",
            )
        self._texts.append(text)
        return text

    def _inherit_roles(self, node: Node) -> None:
        if node.body is None or not node.roles:
            return
        for body in node.body.bodies():
            for inner in body.nodes.values():
                inner.roles = inner.roles or node.roles

    def _unsupported(self, element: etree._Element, name: str) -> None:
        self._diagram.findings.append(
            Finding(
                "error",
                "unknown-element",
                f"{name} 属于编排（choreography），不能放在流程中。",
                f"A {name} belongs into a choreography and cannot stand in a process.",
                element.get("id"),
                line_of(element),
            )
        )

    def _quantity(self, element: etree._Element, name: str) -> int:
        source = element.get(name, "1").strip()
        if source.isdigit() and 1 <= int(source) <= MAX_QUANTITY:
            return int(source)
        self._diagram.findings.append(
            Finding(
                "error",
                "bad-quantity",
                f"{name} 必须是 1 到 {MAX_QUANTITY} 的整数。",
                f"{name} must be a whole number from 1 to {MAX_QUANTITY}.",
                element.get("id"),
                line_of(element),
            )
        )
        return 1


def _documentation(element: etree._Element) -> str:
    found = element.find(bpmn("documentation"))
    return (found.text or "").strip() if found is not None else ""
