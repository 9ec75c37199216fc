"""Small diagrams for tests: one function per element, and flows written as `S>A A>E A>B[n > 1]` (~ for a space).

The corpora of models speak nothing else, so they import all of it (`*`).
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

__all__ = [
    "COLLECTION",
    "END",
    "ERROR",
    "ESCALATION",
    "MESSAGE",
    "NAMESPACES",
    "ROOTS",
    "SIGNAL",
    "START",
    "TERMINATE",
    "boundary",
    "catch",
    "condition",
    "definitions",
    "diagram",
    "end",
    "event_sub",
    "exclusive",
    "flows",
    "inclusive",
    "mapping",
    "multi",
    "parallel",
    "process",
    "properties",
    "script",
    "sub",
    "task",
    "throw",
    "timer",
    "user",
]

NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
START = '<startEvent id="S"/>'
END = '<endEvent id="E"/>'
ROOTS = (
    '<message id="m1" name="msg1"/><message id="m2" name="msg2"/><signal id="signal_1" name="sig1"/>'
    '<error id="error_1" name="err" errorCode="E1"/><error id="error_2" name="err2" errorCode="E2"/>'
    '<escalation id="escalation_1" name="esc" escalationCode="X1"/>'
)
MESSAGE = '<messageEventDefinition messageRef="m1"/>'
SIGNAL = '<signalEventDefinition signalRef="signal_1"/>'
ERROR = '<errorEventDefinition errorRef="error_1"/>'
ESCALATION = '<escalationEventDefinition escalationRef="escalation_1"/>'
TERMINATE = "<terminateEventDefinition/>"
_FLOW = re.compile(r"(\w+)>(\w+)(?:\[(.*)\])?$")


def flows(text: str) -> str:
    found = []
    for item in text.split():
        match = _FLOW.match(item)
        assert match, item
        source, target, condition = match.groups()
        inner = ""
        if condition:
            inner = f"<conditionExpression>{escape(condition.replace('~', ' '))}</conditionExpression>"
        found.append(
            f'<sequenceFlow id="f_{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'
        )
    return "".join(found)


def process(nodes: str, arrows: str, *, key: str = "P", attributes: str = "") -> str:
    return f'<process id="{key}" isExecutable="true" {attributes}>{nodes}{flows(arrows)}</process>'


def definitions(*parts: str) -> bytes:
    return f'<definitions {NAMESPACES} id="d" targetNamespace="t">{"".join(parts)}{ROOTS}</definitions>'.encode()


def diagram(nodes: str, arrows: str) -> bytes:
    return definitions(process(nodes, arrows))


def user(id_: str, inner: str = "", attributes: str = "") -> str:
    return f'<userTask id="{id_}" {attributes}>{inner}</userTask>'


def task(id_: str, inner: str = "") -> str:
    return f'<task id="{id_}">{inner}</task>'


def script(id_: str, feel: str, inner: str = "", attributes: str = "") -> str:
    return (
        f'<scriptTask id="{id_}" scriptFormat="feel" {attributes}>{inner}<script>{escape(feel)}</script></scriptTask>'
    )


def exclusive(id_: str, default: str = "") -> str:
    return f'<exclusiveGateway id="{id_}"{_default(default)}/>'


def parallel(id_: str) -> str:
    return f'<parallelGateway id="{id_}"/>'


def inclusive(id_: str, default: str = "") -> str:
    return f'<inclusiveGateway id="{id_}"{_default(default)}/>'


def _default(flow: str) -> str:
    return f' default="{flow}"' if flow else ""


def sub(id_: str, nodes: str, arrows: str, attributes: str = "", tag: str = "subProcess") -> str:
    return f'<{tag} id="{id_}" {attributes}>{nodes}{flows(arrows)}</{tag}>'


def event_sub(id_: str, start: str, nodes: str, arrows: str, *, interrupting: bool = True) -> str:
    flag = str(interrupting).lower()
    begin = f'<startEvent id="{id_}s" isInterrupting="{flag}">{start}</startEvent>'
    return sub(id_, begin + nodes, arrows, 'triggeredByEvent="true"')


def boundary(id_: str, host: str, event: str, *, interrupting: bool = True) -> str:
    flag = str(interrupting).lower()
    return f'<boundaryEvent id="{id_}" attachedToRef="{host}" cancelActivity="{flag}">{event}</boundaryEvent>'


def catch(id_: str, event: str) -> str:
    return f'<intermediateCatchEvent id="{id_}">{event}</intermediateCatchEvent>'


def throw(id_: str, event: str) -> str:
    return f'<intermediateThrowEvent id="{id_}">{event}</intermediateThrowEvent>'


def end(id_: str, event: str = "") -> str:
    return f'<endEvent id="{id_}">{event}</endEvent>'


def timer(text: str, kind: str = "timeDuration") -> str:
    return f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"


def condition(text: str) -> str:
    return f"<conditionalEventDefinition><condition>{escape(text)}</condition></conditionalEventDefinition>"


def multi(inner: str = "", *, sequential: bool = False, attributes: str = "") -> str:
    flag = str(sequential).lower()
    tag = "multiInstanceLoopCharacteristics"
    return f'<{tag} isSequential="{flag}" {attributes}>{inner}</{tag}>'


COLLECTION = (
    "<loopDataInputRef>items</loopDataInputRef><loopDataOutputRef>outs</loopDataOutputRef>"
    '<inputDataItem id="item"/><outputDataItem id="out"/>'
)


def mapping(**parameters: str) -> str:
    """Input parameters by name; a name that starts with `out_` is an output parameter."""
    items = []
    for name, value in parameters.items():
        tag = "outputParameter" if name.startswith("out_") else "inputParameter"
        items.append(f'<camunda:{tag} name="{name.removeprefix("out_")}">{escape(value)}</camunda:{tag}>')
    return f"<extensionElements><camunda:inputOutput>{''.join(items)}</camunda:inputOutput></extensionElements>"


def properties(**values: str) -> str:
    items = "".join(
        f'<camunda:property name="{name.replace("__", ".")}" value="{escape(value)}"/>'
        for name, value in values.items()
    )
    return f"<extensionElements><camunda:properties>{items}</camunda:properties></extensionElements>"
