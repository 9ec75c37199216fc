"""The words of BPMN 2.0 and of Camunda's extensions that the seam reads."""

from __future__ import annotations

from typing import Final

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA: Final = "http://camunda.org/schema/1.0/bpmn"
OPERATON: Final = "http://operaton.org/schema/1.0/bpmn"
EXTENSIONS: Final = (CAMUNDA, OPERATON)

TASKS: Final = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "scriptTask",
        "businessRuleTask",
    }
)
SUB_PROCESSES: Final = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITIES: Final = TASKS | SUB_PROCESSES | {"callActivity"}
GATEWAYS: Final = frozenset(
    {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "complexGateway", "eventBasedGateway"}
)
EVENTS: Final = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
)
NODES: Final = ACTIVITIES | GATEWAYS | EVENTS
GLOBAL_TASKS: Final = {
    "globalTask": "task",
    "globalUserTask": "userTask",
    "globalManualTask": "manualTask",
    "globalScriptTask": "scriptTask",
    "globalBusinessRuleTask": "businessRuleTask",
}

EVENT_KINDS: Final = {
    "messageEventDefinition": "message",
    "timerEventDefinition": "timer",
    "signalEventDefinition": "signal",
    "errorEventDefinition": "error",
    "escalationEventDefinition": "escalation",
    "conditionalEventDefinition": "conditional",
    "compensateEventDefinition": "compensation",
    "cancelEventDefinition": "cancel",
    "terminateEventDefinition": "terminate",
    "linkEventDefinition": "link",
}
"""Event definition tags (BPMN 10.5.5) and the kind of event they make."""

CHOREOGRAPHIES: Final = frozenset({"choreography", "globalChoreographyTask"})
"""Roots that describe how partners exchange messages (BPMN 11); there is nothing in them that one engine could run."""

FLAGS: Final = frozenset(
    {
        "isExecutable", "isClosed", "isSequential", "isInterrupting", "cancelActivity", "triggeredByEvent",
        "isForCompensation", "parallelMultiple", "instantiate", "testBefore", "isCollection", "isImmediate",
        "waitForCompletion", "cancelRemainingInstances", "isUnlimited", "mustUnderstand",
    }
)  # fmt: skip
"""Attributes that are either true or false."""


def bpmn(tag: str) -> str:
    """Returns the qualified name of a BPMN element."""
    return f"{{{BPMN}}}{tag}"
