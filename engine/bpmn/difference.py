"""What differs between two versions of a diagram: elements, flows with their conditions, everything that runs.

The drawing alone (places of shapes) is no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.bpmn.expressions import Text
from engine.bpmn.model import Event, Flow, Loop, Node, Process
from engine.bpmn.model import Mapping as Parameter
from engine.bpmn.reader import read_diagram
from engine.bpmn.xml import read_xml
from engine.differences import Change, How, paired, properties, whole

NAME_EN = "name.en"
TITLES: Mapping[str, tuple[str, str]] = {
    "type": ("类型", "type"),
    "name": ("名称", "name"),
    "documentation": ("说明", "documentation"),
    "roles": ("角色", "roles"),
    "parent": ("所在子流程", "sub-process"),
    "attached_to": ("依附的环节", "attached to"),
    "interrupting": ("是否中断", "interrupting"),
    "default": ("默认流向", "default flow"),
    "loop": ("循环", "loop"),
    "events": ("事件", "events"),
    "message": ("消息", "message"),
    "retry": ("失败重试", "retries of failed jobs"),
    "script_format": ("脚本语言", "script language"),
    "source": ("起点", "source"),
    "target": ("终点", "target"),
    "condition": ("条件", "condition"),
    "formRef": ("表单", "form"),
    "decisionRef": ("决策表", "decision"),
    "topic": ("主题", "topic"),
    "dueDate": ("到期", "due date"),
    "assignee": ("受理人", "assignee"),
    "candidateGroups": ("候选角色", "candidate groups"),
}
KINDS: Mapping[str, tuple[str, str]] = {
    "userTask": ("人工任务", "user task"),
    "serviceTask": ("服务任务", "service task"),
    "sendTask": ("发送任务", "send task"),
    "receiveTask": ("接收任务", "receive task"),
    "scriptTask": ("脚本任务", "script task"),
    "businessRuleTask": ("规则任务", "business rule task"),
    "callActivity": ("调用活动", "call activity"),
    "subProcess": ("子流程", "sub-process"),
    "exclusiveGateway": ("排他网关", "exclusive gateway"),
    "parallelGateway": ("并行网关", "parallel gateway"),
    "inclusiveGateway": ("包容网关", "inclusive gateway"),
    "eventBasedGateway": ("事件网关", "event-based gateway"),
    "startEvent": ("开始事件", "start event"),
    "endEvent": ("结束事件", "end event"),
    "boundaryEvent": ("边界事件", "boundary event"),
    "intermediateCatchEvent": ("中间捕获事件", "catching event"),
    "intermediateThrowEvent": ("中间抛出事件", "throwing event"),
}
ELEMENT, FLOW, PROCESS = ("环节", "element"), ("流向", "flow"), ("流程", "process")


def compare(old: bytes, new: bytes, *, name: str = "diagram") -> list[Change]:
    """Returns what differs, process by process; raises ParseFailed if a file cannot be read at all."""
    before, after = (_processes(body, name) for body in (old, new))
    found: list[Change] = []
    for key, one, other in paired(before, after):
        process = other or one
        assert process is not None
        if one is None or other is None:
            names = (process.name, process.properties.get(NAME_EN, ""))
            found.append(whole(_how(one), "process", key, names=names, what=PROCESS))
        else:
            found += _process(one, other)
    return found


def _processes(body: bytes, name: str) -> dict[str, Process]:
    return {process.id: process for process in read_diagram(read_xml(body, name=name)).processes}


def _process(old: Process, new: Process) -> Iterator[Change]:
    where = (f"流程「{new.name or new.id}」", f'process "{new.properties.get(NAME_EN) or new.name or new.id}"')
    texts = (_process_texts(old), _process_texts(new))
    yield from properties("process", new.id, where=where, old=texts[0], new=texts[1], titles=_title)
    for key, before, after in paired(_nodes(old), _nodes(new)):
        node = (after or before or (Node(key, ""), None))[0]
        names = (node.name, node.properties.get(NAME_EN, ""))
        if before is None or after is None:
            yield whole(_how(before), "element", key, names=names, what=KINDS.get(node.type, ELEMENT))
            continue
        zh, en = KINDS.get(node.type, ELEMENT)
        place = (f"{zh}「{names[0] or key}」（{key}）", f'{en} "{names[1] or names[0] or key}" ({key})')
        first, second = _node_texts(*before), _node_texts(*after)
        yield from properties("element", key, where=place, old=first, new=second, titles=_title)
    yield from _flows(old, new)


def _flows(old: Process, new: Process) -> Iterator[Change]:
    for key, before, after in paired(_all_flows(old), _all_flows(new)):
        flow = after or before
        assert flow is not None
        path = f"{flow.source} → {flow.target}"
        if before is None or after is None:
            condition = f" [{_said(flow.condition)}]" if flow.condition else ""
            names = (f"{flow.name} {path}{condition}".strip(),) * 2
            yield whole(_how(before), "flow", key, names=(names[0], names[1]), what=FLOW)
            continue
        where = (f"流向「{flow.name or path}」（{key}）", f'flow "{flow.name or path}" ({key})')
        yield from properties("flow", key, where=where, old=_flow_texts(before), new=_flow_texts(after), titles=_title)


def _nodes(process: Process) -> dict[str, tuple[Node, str | None]]:
    """Flow nodes by id with the sub-process that they lie in."""
    found: dict[str, tuple[Node, str | None]] = {}
    pending: list[tuple[Any, str | None]] = [(process.body, None)]
    while pending:
        body, parent = pending.pop(0)
        for node in body.nodes.values():
            found[node.id] = (node, parent)
            if node.body is not None:
                pending.append((node.body, node.id))
    return found


def _all_flows(process: Process) -> dict[str, Flow]:
    return {flow.id: flow for body in process.body.bodies() for flow in body.flows.values() if not flow.generated}


def _process_texts(process: Process) -> dict[str, str | None]:
    texts: dict[str, str | None] = {"name": process.name, "documentation": process.documentation}
    return texts | process.attributes | process.properties


def _flow_texts(flow: Flow) -> dict[str, str | None]:
    return {
        "name": flow.name,
        "source": flow.source,
        "target": flow.target,
        "condition": _said(flow.condition),
    }


def _node_texts(node: Node, parent: str | None) -> dict[str, str | None]:
    texts: dict[str, str | None] = {
        "type": node.type,
        "name": node.name,
        "documentation": node.documentation,
        "roles": "|".join(node.roles),
        "parent": parent,
        "attached_to": node.attached_to,
        "interrupting": None if node.attached_to is None else str(node.interrupting).lower(),
        "default": node.default,
        "script_format": node.script_format,
        "message": node.message_ref,
        "retry": node.retry.source if node.retry else None,
        "loop": _loop(node.loop),
        "events": "; ".join(_event(event) for event in node.events),
    }
    texts |= node.attributes | node.properties
    texts |= {key: _said(text) for key, text in node.texts.items()}
    for title, mappings in (
        ("inputParameter", node.inputs),
        ("outputParameter", node.outputs),
        ("in", node.calls_in),
        ("out", node.calls_out),
    ):
        texts |= _parameters(title, mappings)
    return texts


def _parameters(title: str, mappings: Iterable[Parameter]) -> dict[str, str | None]:
    return {f"{title} {each.target}".strip(): _parameter(each) for each in mappings}


def _parameter(mapping: Parameter) -> str:
    if mapping.all_variables:
        return "all"
    if mapping.business_key:
        return f"businessKey {_said(mapping.value) or ''}".strip()
    return _said(mapping.value) or ""


def _said(text: Text | None) -> str | None:
    """A value of the diagram as its owner wrote it; lists and maps in one line."""
    if text is None:
        return None
    if text.items is not None:
        return f"[{', '.join(_said(item) or '' for item in text.items)}]"
    if text.entries is not None:
        return f"{{{', '.join(f'{key}: {_said(item)}' for key, item in text.entries)}}}"
    return text.source


def _event(event: Event) -> str:
    told = [
        event.kind,
        event.name or "",
        event.code or "",
        event.timer_kind or "",
        _said(event.text) or "",
    ]
    told += [f"{each.target}: {_parameter(each)}" for each in event.payload]
    told += [f"{name}: {value}" for name, value in sorted(event.attributes.items())]
    return " ".join(part for part in (*told, *event.targets) if part)


def _loop(loop: Loop | None) -> str | None:
    if loop is None:
        return None
    texts = {"cardinality": loop.cardinality, "collection": loop.collection, "condition": loop.condition}
    told = [f"{name}: {_said(text)}" for name, text in texts.items() if text is not None]
    told += [f"element: {loop.element_variable}"] if loop.element_variable else []
    return " ".join([loop.kind, *told])


def _title(name: str) -> tuple[str, str]:
    if name == NAME_EN:
        return "英文名称", "English name"
    if name.startswith("inputParameter "):
        return f"输入参数 {name.partition(' ')[2]}", f"input parameter {name.partition(' ')[2]}"
    if name.startswith("outputParameter "):
        return f"输出参数 {name.partition(' ')[2]}", f"output parameter {name.partition(' ')[2]}"
    return TITLES.get(name, (f"属性 {name}", f"property {name}"))


def _how(before: object) -> How:
    return "added" if before is None else "removed"
