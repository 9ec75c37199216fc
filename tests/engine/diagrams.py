"""Small diagrams for tests of the engine's commands, written inline."""

from __future__ import annotations

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="https://marque.app/test">'
)


def diagram(body: str, *, key: str = "case", extra: str = "") -> str:
    """Returns a diagram of one process; `extra` holds messages, signals and errors."""
    process = f'<process id="{key}" isExecutable="true">{body}</process>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{HEAD}{extra}{process}</definitions>'


def flows(*pairs: str) -> str:
    """Returns sequence flows written `a>b` or `a>b:condition`."""
    written = []
    for pair in pairs:
        ends, _, condition = pair.partition(":")
        source, target = ends.split(">")
        inner = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
        written.append(
            f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'
        )
    return "".join(written)


def user_task(name: str, *, group: str = "CSS", attributes: str = "", inner: str = "") -> str:
    return f'<userTask id="{name}" name="{name}" camunda:candidateGroups="{group}" {attributes}>{inner}</userTask>'


ONE_TASK = diagram(
    '<startEvent id="begin"/>' + user_task("check") + '<endEvent id="done"/>' + flows("begin>check", "check>done")
)

LOOP = diagram(
    '<startEvent id="begin"/><exclusiveGateway id="again"/>'
    + user_task("check")
    + '<exclusiveGateway id="enough" default="enough_again"/><endEvent id="done"/>'
    + flows("begin>again", "again>check", "check>enough", "enough>again", "enough>done:stop = true")
)

PARALLEL = diagram(
    '<startEvent id="begin"/><parallelGateway id="split"/>'
    + "".join(user_task(f"task_{number}") for number in range(16))
    + '<parallelGateway id="join"/><endEvent id="done"/>'
    + flows(
        "begin>split",
        *(f"split>task_{number}" for number in range(16)),
        *(f"task_{number}>join" for number in range(16)),
        "join>done",
    )
)

TIMER = diagram(
    '<startEvent id="begin"/>'
    + user_task("check")
    + '<boundaryEvent id="expired" attachedToRef="check"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
    + '</timerEventDefinition></boundaryEvent><endEvent id="done"/><endEvent id="gone"/>'
    + flows("begin>check", "check>done", "expired>gone")
)

ERRANDS = '<message id="m_in" name="errand"/><message id="m_out" name="report"/>'
SENDER = diagram(
    '<startEvent id="begin"/><sendTask id="ask" messageRef="m_in">'
    + '<extensionElements><camunda:inputOutput><camunda:inputParameter name="amount">=amount</camunda:inputParameter>'
    + '</camunda:inputOutput></extensionElements></sendTask><endEvent id="sent"/>'
    + flows("begin>ask", "ask>sent"),
    key="sender",
    extra=ERRANDS,
)
RECEIVER = diagram(
    '<startEvent id="asked"><messageEventDefinition messageRef="m_in"/></startEvent>'
    + user_task("work")
    + '<endEvent id="worked"/>'
    + flows("asked>work", "work>worked"),
    key="receiver",
    extra=ERRANDS,
)
