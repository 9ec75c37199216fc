"""Sequence flows, gateways, events and activities that BPMN 2.0.2 forbids, or that could never run."""

# ruff: noqa: E501  (a table of models: one entry reads best as it is drawn)

from __future__ import annotations

from collections.abc import Mapping

from tests.engine.bpmn.diagrams import *
from tests.engine.bpmn.invalid_models import (  # fmt: skip
    CANCEL,
    LINK,
    SECOND,
    SIMPLE,
    UNDO,
    ad_hoc,
    beside,
    event_process,
    gateway,
    guarded,
    line,
    looped,
)

Model = tuple[bytes, str]
SPLIT, MERGE = "S>G G>A G>B A>E B>E", "S>A S>B A>G B>G G>E"
INNER = '<startEvent id="s"/>' + task("x") + end("e")
HANDLER = '<task id="U" isForCompensation="true"/>'
UNDONE = START + task("A") + boundary("B", "A", UNDO) + HANDLER
LINKED = '<association id="as" sourceRef="B" targetRef="U"/>'
ROOT_TIMER = '<timerEventDefinition id="td"><timeDuration>soon</timeDuration></timerEventDefinition>'


def timed(text: str, kind: str = "timeDuration") -> bytes:
    return line(catch("A", timer(text, kind)))


def conditioned(text: str) -> bytes:
    return diagram(START + exclusive("X", "f_X_E") + task("A") + END, f"S>X X>A[{text}] X>E A>E")


def waiting(first: str, second: str, arrows: str = "", attributes: str = "") -> bytes:
    """An event-based gateway before two nodes C and D."""
    return diagram(
        START + f'<eventBasedGateway id="G" {attributes}/>' + first + second + END, f"S>G G>C G>D C>E D>E {arrows}"
    )


def starting(nodes: str, arrows: str, attributes: str = "") -> bytes:
    return diagram(f'<eventBasedGateway id="G" instantiate="true" {attributes}/>' + nodes + END, arrows)


def lists(node: str, name: str) -> bytes:
    """A task whose list of flows says what the flows do not."""
    return line(task("A", f"<{name}>{node}</{name}>"))


LISTED = (
    '<startEvent id="S"><outgoing>f1</outgoing></startEvent><task id="A"><incoming>f1</incoming><outgoing>f2</outgoing></task>'
    '<endEvent id="E"><incoming>f2</incoming></endEvent><sequenceFlow id="f1" sourceRef="S" targetRef="A"/>'
    '<sequenceFlow id="f2" sourceRef="A" targetRef="E"/>'
)  # fmt: skip


def listed(old: str, new: str) -> bytes:
    assert old in LISTED
    return definitions(f'<process id="P" isExecutable="true">{LISTED.replace(old, new)}</process>')


MODELS: dict[str, Model] = {
    # sequence flows
    "flow without any end": (beside('<sequenceFlow id="f"/>'), "missing-attribute"),
    "flow from nowhere": (beside('<sequenceFlow id="f" sourceRef="zz" targetRef="E"/>'), "unknown-reference"),
    "flow with a qualified end": (beside('<sequenceFlow id="f" sourceRef="t:S" targetRef="E"/>'), "unknown-prefix"),
    "flow from a data store": (beside('<dataStoreReference id="d"/><sequenceFlow id="f" sourceRef="d" targetRef="E"/>'), "unknown-reference"),
    "flow from an annotation": (beside('<sequenceFlow id="f" sourceRef="ta" targetRef="E"/><textAnnotation id="ta"/>'), "unknown-reference"),
    "flow from a lane": (beside('<laneSet id="ls"><lane id="l"/></laneSet><sequenceFlow id="f" sourceRef="l" targetRef="E"/>'), "unknown-reference"),
    "flow from a flow": (beside('<sequenceFlow id="f" sourceRef="f_S_E" targetRef="E"/>'), "unknown-reference"),
    "flow from the process": (beside('<sequenceFlow id="f" sourceRef="P" targetRef="E"/>'), "unknown-reference"),
    "flow from a message": (beside('<sequenceFlow id="f" sourceRef="m1" targetRef="E"/>'), "unknown-reference"),
    "flow between pools": (definitions(process(START + task("A") + END, "S>A A>E A>E2"), process('<startEvent id="S2"/><endEvent id="E2"/>', "S2>E2", key="Q")), "unknown-reference"),
    "flow between sub-processes": (diagram(START + sub("A", INNER, "s>x x>e x>y") + sub("B", '<startEvent id="s2"/>' + task("y") + end("e2"), "s2>y y>e2") + END, "S>A A>B B>E"), "flow-crosses-scope"),
    "flow drawn in the wrong scope": (line(sub("A", INNER, "s>x x>e S>E")), "flow-crosses-scope"),
    "flow out of an event sub-process": (diagram(START + user("A") + END + event_sub("ES", MESSAGE, end("ee"), "ESs>ee"), "S>A A>E ESs>A"), "flow-crosses-scope"),
    "flow from an end to itself": (diagram(START + END, "S>E E>E"), "flow-from-end"),
    "flow from a start to itself": (diagram(START + END, "S>E S>S"), "flow-to-start"),
    "flow into the start inside": (line(sub("A", INNER, "s>x x>e x>s")), "flow-to-start"),
    "condition behind a catch": (diagram(START + catch("A", MESSAGE) + END, "S>A A>E[a=1]"), "condition-not-allowed"),
    "condition behind a throw": (diagram(START + throw("A", SIGNAL) + END, "S>A A>E[a=1]"), "condition-not-allowed"),
    "condition behind a guard": (diagram(START + user("A") + boundary("B", "A", MESSAGE) + END, "S>A A>E B>E[a=1]"), "condition-not-allowed"),
    "condition behind a start inside": (line(sub("A", INNER, "s>x[a=1] x>e")), "condition-not-allowed"),
    "default of a catch": (diagram(START + catch("A", MESSAGE).replace("<intermediateCatchEvent", '<intermediateCatchEvent default="f_A_E"') + END, "S>A A>E"), "default-not-allowed"),
    "default of an event gateway": (waiting(catch("C", MESSAGE), catch("D", SIGNAL), attributes='default="f_G_C"'), "default-not-allowed"),
    "default of a task that is not its flow": (diagram(START + task("A").replace(">", ' default="f_S_A">', 1) + END, "S>A A>E"), "unknown-default"),
    "default of a task that does not exist": (diagram(START + task("A").replace(">", ' default="zz">', 1) + END, "S>A A>E"), "unknown-default"),
    "default that is a node": (diagram(START + exclusive("X", "E") + task("A") + END, "S>X X>A[a=1] X>E A>E"), "unknown-default"),
    "default of another gateway": (diagram(START + exclusive("X", "f_Y_E") + exclusive("Y", "f_Y_E") + task("A") + END, "S>X X>A[a=1] X>Y A>E Y>E Y>A[b=1]"), "unknown-default"),
    "default that is empty": (diagram(START + exclusive("X").replace("/>", ' default=""/>') + task("A") + END, "S>X X>A[a=1] X>E A>E"), "unknown-default"),
    "list of incoming flows with a node": (lists("S", "incoming"), "unknown-reference"),
    "list of outgoing flows with nothing": (lists("", "outgoing"), "unknown-reference"),
    "list of outgoing flows with a missing one": (lists("zz", "outgoing"), "unknown-reference"),
    "list with the flows swapped": (listed("<incoming>f1</incoming><outgoing>f2</outgoing>", "<incoming>f2</incoming><outgoing>f1</outgoing>"), "flow-mismatch"),
    "incoming flow of a start": (listed('<startEvent id="S">', '<startEvent id="S"><incoming>f2</incoming>'), "flow-mismatch"),
    "two flows between the same nodes with one id": (diagram(START + END, "S>E S>E"), "id-duplicate"),
    # starts, ends, what hangs in the air
    "task that nothing leads to": (beside(task("A")), "no-incoming"),
    "user task that nothing leads to": (diagram(START + user("A") + END, "S>E A>E"), "no-incoming"),
    "gateway that nothing leads to": (diagram(START + exclusive("G", "f_G_E") + task("A") + END, "S>A A>E G>E G>A[a=1]"), "no-incoming"),
    "sub-process that nothing leads to": (diagram(START + sub("A", INNER, "s>x x>e") + END, "S>E A>E"), "no-incoming"),
    "end that nothing leads to": (diagram(START + END + end("E2"), "S>E"), "no-incoming"),
    "task that nothing leads to inside": (line(sub("A", INNER + task("y"), "s>x x>e y>e")), "no-incoming"),
    "end that nothing leads to inside": (line(sub("A", INNER + end("e2"), "s>x x>e")), "no-incoming"),
    "call that nothing leads to": (diagram(START + '<callActivity id="A" calledElement="Q"/>' + END, "S>E A>E"), "no-incoming"),
    "start alone": (diagram(START, ""), "no-outgoing"),
    "start that leads nowhere": (diagram(START + task("A") + END, "A>E"), "no-outgoing"),
    "start inside that leads nowhere": (line(sub("A", '<startEvent id="s"/>' + task("x"), "")), "no-outgoing"),
    "second start that leads nowhere": (diagram(START + f'<startEvent id="S2">{MESSAGE}</startEvent>' + END, "S>E"), "no-outgoing"),
    "end without start in an event sub-process": (event_process("", inner=task("x")), "no-start"),
    "event sub-process of nothing": (beside('<subProcess id="A" triggeredByEvent="true"/>'), "no-start"),
    "ad-hoc with a start event": (ad_hoc('<startEvent id="s"/>' + task("x")), "event-in-ad-hoc"),
    "ad-hoc with a catch only": (ad_hoc(catch("x", MESSAGE)), "empty-ad-hoc"),
    "ad-hoc that an event triggers": (beside(f'<adHocSubProcess id="A" triggeredByEvent="true"><startEvent id="s">{MESSAGE}</startEvent></adHocSubProcess>'), "event-in-ad-hoc"),
    "start by a message that is missing": (diagram('<startEvent id="S"><messageEventDefinition messageRef="zz"/></startEvent>' + END, "S>E"), "unknown-reference"),
    "start by a message without name": (diagram('<startEvent id="S"><messageEventDefinition/></startEvent>' + END, "S>E"), "no-name"),
    "start by a signal without name": (diagram('<startEvent id="S"><signalEventDefinition/></startEvent>' + END, "S>E"), "no-name"),
    "start by a timer without time": (diagram('<startEvent id="S"><timerEventDefinition/></startEvent>' + END, "S>E"), "no-timer"),
    "start by a condition that is missing": (diagram('<startEvent id="S"><conditionalEventDefinition/></startEvent>' + END, "S>E"), "no-condition"),
    "start in a transaction by a message": (line(sub("A", f'<startEvent id="s">{MESSAGE}</startEvent>' + end("e"), "s>e", tag="transaction")), "bad-start"),
    "start in a sub-process by an error": (line(sub("A", f'<startEvent id="s">{ERROR}</startEvent>' + end("e"), "s>e")), "bad-start"),
    "start in a sub-process by an escalation": (line(sub("A", f'<startEvent id="s">{ESCALATION}</startEvent>' + end("e"), "s>e")), "bad-start"),
    "start in a sub-process by a condition": (line(sub("A", f'<startEvent id="s">{condition("a")}</startEvent>' + end("e"), "s>e")), "bad-start"),
    "start by several, one an error": (diagram(f'<startEvent id="S">{MESSAGE}{ERROR}</startEvent>' + END, "S>E"), "bad-start"),
    "event sub-process by a terminate": (event_process(f'<startEvent id="s">{TERMINATE}</startEvent>'), "unsupported"),
    "event sub-process by a cancel": (event_process(f'<startEvent id="s">{CANCEL}</startEvent>'), "unsupported"),
    "event sub-process by a link": (event_process(f'<startEvent id="s">{LINK}</startEvent>'), "unsupported"),
    "event sub-process by a compensation at the top": (event_process(f'<startEvent id="s">{UNDO}</startEvent>'), "bad-start"),
    "compensation that does not interrupt": (line(sub("A", INNER + event_sub("ES", UNDO, end("ee"), "ESs>ee", interrupting=False), "s>x x>e")), "compensation-not-interrupting"),
    "event sub-process with a guard": (diagram(START + user("A") + END + event_sub("ES", MESSAGE, end("ee"), "ESs>ee") + boundary("B", "ES", SIGNAL), "S>A A>E B>E"), "guarded-event-sub-process"),
    "event sub-process for compensation": (beside(sub("ES", f'<startEvent id="s">{MESSAGE}</startEvent>' + end("ee"), "s>ee", 'triggeredByEvent="true" isForCompensation="true"')), "event-sub-process-for-compensation"),
    # gateways
    "converging with one flow in": (gateway("exclusiveGateway", "S>G G>A A>E S>B B>E", 'gatewayDirection="Converging"'), "gateway-direction"),
    "diverging with one flow out": (gateway("exclusiveGateway", "S>G G>A A>E S>B B>E", 'gatewayDirection="Diverging"'), "gateway-direction"),
    "mixed that only splits": (gateway("parallelGateway", SPLIT, 'gatewayDirection="Mixed"'), "gateway-direction"),
    "converging inclusive that splits": (gateway("inclusiveGateway", SPLIT, 'gatewayDirection="Converging"'), "gateway-direction"),
    "diverging complex that joins": (gateway("complexGateway", MERGE, 'gatewayDirection="Diverging"'), "gateway-direction"),
    "converging event gateway": (waiting(catch("C", MESSAGE), catch("D", SIGNAL), attributes='gatewayDirection="Converging"'), "gateway-direction"),
    "mixed event gateway with one flow in": (waiting(catch("C", MESSAGE), catch("D", SIGNAL), attributes='gatewayDirection="Mixed"'), "gateway-direction"),
    "gateway that leads nowhere": (diagram(START + exclusive("G") + task("A") + END, "S>A A>G S>E"), "gateway-dead-end"),
    "parallel gateway that leads nowhere": (gateway("parallelGateway", "S>A S>B A>G B>G S>E"), "gateway-dead-end"),
    "exclusive with one condition missing": (gateway("exclusiveGateway", "S>G G>A[a=1] G>B A>E B>E G>E"), "flow-without-condition"),
    "exclusive with default and a free flow": (gateway("exclusiveGateway", "S>G G>A G>B A>E B>E G>E[a=1]", 'default="f_G_B"'), "flow-without-condition"),
    "parallel with conditions on all": (gateway("parallelGateway", "S>G G>A[a=1] G>B[b=1] A>E B>E"), "condition-not-allowed"),
    "condition behind a parallel join": (gateway("parallelGateway", "S>A S>B A>G B>G G>E[a=1]"), "condition-not-allowed"),
    "inclusive that flows without condition nowhere": (diagram(START + inclusive("G", "f_S_G") + task("A") + END, "S>G G>A[a=1] G>E A>E"), "unknown-default"),
    "complex with a broken condition": (gateway("complexGateway", MERGE).replace(b'<complexGateway id="G" />', b'<complexGateway id="G"><activationCondition>activationCount &gt;</activationCondition></complexGateway>'), "bad-expression"),
    "event gateway with one way": (diagram(START + '<eventBasedGateway id="G"/>' + catch("C", MESSAGE) + END, "S>G G>C C>E"), "one-event"),
    "starting gateway with none": (starting(task("A"), "A>E"), "no-events"),
    "event gateway before a gateway": (waiting(catch("C", MESSAGE), exclusive("D")), "no-event-after-gateway"),
    "event gateway before a user task": (waiting(catch("C", MESSAGE), user("D")), "no-event-after-gateway"),
    "event gateway before a send task": (waiting(catch("C", MESSAGE), '<sendTask id="D" messageRef="m2"/>'), "no-event-after-gateway"),
    "event gateway before a sub-process": (waiting(catch("C", MESSAGE), sub("D", INNER, "s>x x>e")), "no-event-after-gateway"),
    "event gateway before a call": (waiting(catch("C", MESSAGE), '<callActivity id="D" calledElement="Q"/>'), "no-event-after-gateway"),
    "event gateway before a throw": (waiting(catch("C", MESSAGE), throw("D", SIGNAL)), "no-event-after-gateway"),
    "event gateway before a link": (waiting(catch("C", MESSAGE), throw("D", LINK)), "no-event-after-gateway"),
    "event gateway before an event of another flow": (waiting(catch("C", MESSAGE), catch("D", SIGNAL), "S>D"), "shared-event"),
    "event gateway with a condition": (diagram(START + '<eventBasedGateway id="G"/>' + catch("C", MESSAGE) + catch("D", SIGNAL) + END, "S>G G>C G>D[a=1] C>E D>E"), "condition-not-allowed"),
    "event gateway that mixes messages and receive tasks": (waiting(catch("C", MESSAGE), '<receiveTask id="D" messageRef="m2"/>'), "events-and-receive-tasks"),
    "event gateway with a guarded task": (waiting('<receiveTask id="C" messageRef="m1"/>', catch("D", timer("PT1H")) + boundary("B", "C", SIGNAL), "B>E"), "guarded-receive"),
    "parallel event gateway inside the flow": (waiting(catch("C", MESSAGE), catch("D", SIGNAL), attributes='eventGatewayType="Parallel"'), "parallel-event-gateway"),
    "starting gateway behind a task": (diagram(START + task("A") + '<eventBasedGateway id="G" instantiate="true"/>' + catch("C", MESSAGE) + catch("D", SECOND) + END, "S>A A>G G>C G>D C>E D>E"), "flow-to-start"),
    "starting gateway inside a sub-process": (line(sub("A", '<eventBasedGateway id="G" instantiate="true"/>' + catch("C", MESSAGE) + catch("D", SECOND) + end("e"), "G>C G>D C>e D>e")), "starts-inside"),
    "starting receive task inside a sub-process": (line(sub("A", '<receiveTask id="R" messageRef="m1" instantiate="true"/>' + end("e"), "R>e")), "starts-inside"),
    "starting receive task behind a task": (diagram(START + task("A") + '<receiveTask id="R" messageRef="m1" instantiate="true"/>' + END, "S>A A>R R>E"), "flow-to-start"),
    # events
    "throw of several, one a timer": (line(throw("A", MESSAGE + timer("PT1H"))), "unsupported"),
    "end of several, one a timer": (diagram(START + end("E", MESSAGE + timer("PT1H")), "S>E"), "unsupported"),
    "catch of several, one an error": (line(catch("A", MESSAGE + ERROR)), "unsupported"),
    "guard of several, one a terminate": (guarded(MESSAGE + TERMINATE), "unsupported"),
    "guard of several, one a link": (guarded(MESSAGE + LINK), "unsupported"),
    "guard of several, one an error, that does not interrupt": (diagram(START + user("A") + boundary("B", "A", MESSAGE + ERROR, interrupting=False) + END, "S>A A>E B>E"), "error-not-interrupting"),
    "error guard of a shared definition that does not interrupt": (definitions(process(START + user("A") + boundary("B", "A", "<eventDefinitionRef>ed</eventDefinitionRef>", interrupting=False) + END, "S>A A>E B>E"), '<errorEventDefinition id="ed" errorRef="error_1"/>'), "error-not-interrupting"),
    "guard of the process": (diagram(START + END + boundary("B", "P", MESSAGE), "S>E B>E"), "unknown-host"),
    "guard of a flow": (diagram(START + END + boundary("B", "f_S_E", MESSAGE), "S>E B>E"), "unknown-host"),
    "guard of a start": (diagram(START + END + boundary("B", "S", MESSAGE), "S>E B>E"), "unknown-host"),
    "guard of an end": (diagram(START + END + boundary("B", "E", MESSAGE), "S>E B>E"), "unknown-host"),
    "guard of a guard": (diagram(START + user("A") + boundary("B", "A", MESSAGE) + boundary("C", "B", SIGNAL) + END, "S>A A>E B>E C>E"), "unknown-host"),
    "guard of a data object": (diagram(START + END + '<dataObject id="do"/>' + boundary("B", "do", MESSAGE), "S>E B>E"), "unknown-host"),
    "guard of its own sub-process from inside": (line(sub("A", INNER + boundary("B", "A", MESSAGE), "s>x x>e B>e")), "unknown-host"),
    "guard by a cancel of a sub-process": (diagram(START + sub("A", INNER, "s>x x>e") + boundary("B", "A", CANCEL) + END, "S>A A>E B>E"), "cancel-outside-transaction"),
    "guard by a cancel of a call": (diagram(START + '<callActivity id="A" calledElement="Q"/>' + boundary("B", "A", CANCEL) + END, "S>A A>E B>E"), "cancel-outside-transaction"),
    "two cancels of one transaction": (diagram(START + sub("A", '<startEvent id="s"/>' + end("e", CANCEL), "s>e", tag="transaction") + boundary("B", "A", CANCEL) + boundary("C", "A", CANCEL) + END, "S>A A>E B>E C>E"), "several-cancels"),
    "cancel in an event sub-process of no transaction": (event_process(f'<startEvent id="s">{MESSAGE}</startEvent>').replace(b'<endEvent id="ee">', b'<endEvent id="ee"><cancelEventDefinition/>'), "cancel-outside-transaction"),
    "guard by an unknown signal": (guarded('<signalEventDefinition signalRef="zz"/>'), "unknown-reference"),
    "guard by an unknown error": (guarded('<errorEventDefinition errorRef="zz"/>'), "unknown-reference"),
    "guard by an unknown escalation": (guarded('<escalationEventDefinition escalationRef="zz"/>'), "unknown-reference"),
    "guard by a message as error": (guarded('<errorEventDefinition errorRef="m1"/>'), "unknown-reference"),
    "guard by a process": (guarded('<messageEventDefinition messageRef="P"/>'), "unknown-reference"),
    "guard by a condition that is missing": (guarded("<conditionalEventDefinition/>"), "no-condition"),
    "guard by a broken condition": (guarded(condition("a >")), "bad-expression"),
    "guard by a link": (guarded(LINK), "unsupported"),
    "end by an unknown message": (diagram(START + end("E", '<messageEventDefinition messageRef="zz"/>'), "S>E"), "unknown-reference"),
    "end by an unknown escalation": (diagram(START + end("E", '<escalationEventDefinition escalationRef="zz"/>'), "S>E"), "unknown-reference"),
    "end by an error that has no code": (definitions(process(START + end("E", '<errorEventDefinition errorRef="e9"/>'), "S>E"), '<error id="e9" name="x"/>'), "no-error-code"),
    "end by an escalation that has no code": (definitions(process(START + end("E", '<escalationEventDefinition escalationRef="e9"/>'), "S>E"), '<escalation id="e9" name="x"/>'), "no-escalation-code"),
    "message of an unknown operation": (line(catch("A", '<messageEventDefinition messageRef="m1"><operationRef>zz</operationRef></messageEventDefinition>')), "unknown-reference"),
    "message of an operation that is a message": (line(catch("A", '<messageEventDefinition messageRef="m1"><operationRef>m2</operationRef></messageEventDefinition>')), "unknown-reference"),
    "link thrown in one scope and caught in another": (diagram(START + throw("T", LINK) + sub("A", catch("C", LINK) + end("e") + '<startEvent id="s"/>', "s>e C>e") + END, "S>T A>E"), "link-without-target"),
    "link caught twice": (diagram(START + throw("T", LINK) + catch("C", LINK) + catch("D", LINK) + END, "S>T C>E D>E"), "link-twice"),
    "link caught with a flow in": (diagram(START + throw("T", LINK) + task("A") + catch("C", LINK) + END, "S>A A>T A>C C>E"), "flow-to-link"),
    "link to an unknown target": (diagram(START + throw("T", '<linkEventDefinition name="k"><target>zz</target></linkEventDefinition>') + catch("C", LINK) + END, "S>T C>E"), "bad-link"),
    "link to a node": (diagram(START + throw("T", '<linkEventDefinition name="k"><target>E</target></linkEventDefinition>') + catch("C", LINK) + END, "S>T C>E"), "bad-link"),
    "link from an unknown source": (diagram(START + throw("T", LINK) + catch("C", '<linkEventDefinition name="k"><source>zz</source></linkEventDefinition>') + END, "S>T C>E"), "bad-link"),
    "link at an end": (diagram(START + end("E", LINK), "S>E"), "unsupported"),
    "shared definition of a node": (line(catch("A", "<eventDefinitionRef>S</eventDefinitionRef>")), "unknown-reference"),
    "shared definition of a message": (line(catch("A", "<eventDefinitionRef>m1</eventDefinitionRef>")), "unknown-reference"),
    "shared definition with a broken time": (definitions(process(START + catch("A", "<eventDefinitionRef>td</eventDefinitionRef>") + END, "S>A A>E"), ROOT_TIMER), "bad-timer"),
    # timers
    **{f"duration {text}": (timed(text), "bad-timer") for text in (
        "1h", "PT", "P", "1", "PT1X", "P1H", "PT1D", "P-1D", "T1H", "PT1H30", "P1Y2", "PT 1H", "eins", "P1DT", "PT1.5H")},
    **{f"date {text}": (timed(text, "timeDate"), "bad-timer") for text in (
        "2030-13-01", "2030-02-30T10:00:00", "2030-01-01T25:00:00", "01.02.2030", "2030/01/01", "tomorrow", "2030-1-1",
        "2030-01-01T10:61:00", "10:00", "2030-01-01T10:00:00+25:00")},
    **{f"cycle {text}": (timed(text, "timeCycle"), "bad-timer") for text in (
        "R", "R3", "R3/", "R3/1h", "R-1/PT1H", "RX/PT1H", "3/PT1H", "R3/2030-01-01", "R/PT1H/PT1H", "* * *", "0 0 25 * * ?",
        "0 60 * * * ?", "0 0 9 32 * ?", "0 0 9 ? * 8", "0 0 9 * 13 ?", "0 0 9 1 * MON", "0 0 9 * * ? 1")},
    "date in a duration": (timed("2030-01-01T00:00:00Z"), "bad-timer"),
    "repetition in a duration": (timed("R3/PT1H"), "bad-timer"),
    "repetition in a date": (timed("R3/PT1H", "timeDate"), "bad-timer"),
    "duration in a date": (timed("PT1H", "timeDate"), "bad-timer"),
    "duration that is no expression": (timed("=duration("), "bad-expression"),
    "duration in JUEL that calls": (timed("${clock.now()}"), "bad-expression"),
    # expressions
    **{f"condition {text}": (conditioned(text.replace(" ", "~")), "bad-expression") for text in (
        "a ==== 1", "a >", "(a", "a)", "if a", "a and", "[1", "{a:", "for x in", "a..b", "1 +", "a;b", "${a.toUpperCase()}", "${",
        "${a &}", "getDataObject('x')", "lambda: 1", "a => 1")},
    "condition in Groovy": (conditioned("a=1").replace(b"<conditionExpression>", b'<conditionExpression language="groovy">'), "bad-expression"),
    "condition in JavaScript": (conditioned("a=1").replace(b"<conditionExpression>", b'<conditionExpression language="text/javascript">'), "bad-expression"),
    "condition in Java": (conditioned("a=1").replace(b"<conditionExpression>", b'<conditionExpression language="http://www.java.com/java">'), "bad-expression"),
    "condition that is empty": (diagram(START + exclusive("X", "f_X_E") + task("A") + END, "S>X X>A[a=1] X>E A>E").replace(b">a=1<", b"> <"), "flow-without-condition"),
    "loop condition that is broken": (looped("<standardLoopCharacteristics><loopCondition>a &lt;</loopCondition></standardLoopCharacteristics>"), "bad-expression"),
    "cardinality that is broken": (looped(multi("<loopCardinality>1 +</loopCardinality>")), "bad-expression"),
    "cardinality of a half": (looped(multi("<loopCardinality>1.5</loopCardinality>")), "bad-loop"),
    "cardinality that is a word in quotes": (looped(multi('<loopCardinality>"three"</loopCardinality>')), "bad-loop"),
    "mapping that is broken": (line(user("A", mapping(x="=("))), "bad-expression"),
    "output that is broken": (line(user("A", mapping(out_x="=1 +"))), "bad-expression"),
    "script in JavaScript": (line('<scriptTask id="A" scriptFormat="javascript"><script>1</script></scriptTask>'), "bad-expression"),
    "script in Python": (line('<scriptTask id="A" scriptFormat="text/x-python"><script>1</script></scriptTask>'), "bad-expression"),
    "script of no language": (line('<scriptTask id="A"><script>1</script></scriptTask>'), "bad-expression"),
    "script that is missing": (line('<scriptTask id="A" scriptFormat="feel"/>'), "bad-expression"),
    "script that is empty": (line('<scriptTask id="A" scriptFormat="feel"><script> </script></scriptTask>'), "bad-expression"),
    # activities
    "start quantity below none": (line('<task id="A" startQuantity="-2"/>'), "bad-quantity"),
    "start quantity that is a word": (line('<userTask id="A" startQuantity="many"/>'), "bad-quantity"),
    "completion quantity below none": (line('<task id="A" completionQuantity="-1"/>'), "bad-quantity"),
    "loop maximum of a half": (looped('<standardLoopCharacteristics loopMaximum="1.5"/>'), "bad-loop"),
    "loop over a node": (looped(multi("<loopDataInputRef>S</loopDataInputRef>")), "bad-loop-data"),
    "loop into a node": (looped(multi(COLLECTION.replace(">outs<", ">E<"))), "bad-loop-data"),
    "call of a task": (line('<callActivity id="A" calledElement="S"/>'), "not-callable"),
    "call of a message": (line('<callActivity id="A" calledElement="m1"/>'), "not-callable"),
    "call of a sub-process": (diagram(START + '<callActivity id="A" calledElement="B"/>' + sub("B", INNER, "s>x x>e") + END, "S>A A>B B>E"), "not-callable"),
    "call of a process that only messages start": (definitions(process(START + '<callActivity id="A" calledElement="Q"/>' + END, "S>A A>E"), process(f'<startEvent id="S2">{MESSAGE}</startEvent>' + end("E2"), "S2>E2", key="Q")), "not-callable"),
    "call of an empty name": (line('<callActivity id="A" calledElement=""/>'), "no-called-element"),
    "send of a signal": (line('<sendTask id="A" messageRef="signal_1"/>'), "unknown-reference"),
    "send of an unknown operation": (line('<sendTask id="A" messageRef="m1" operationRef="zz"/>'), "unknown-reference"),
    "receive of an error": (line('<receiveTask id="A" messageRef="error_1"/>'), "unknown-reference"),
    "receive of an unknown operation": (line('<receiveTask id="A" messageRef="m1" operationRef="zz"/>'), "unknown-reference"),
    "receive of an empty name": (line('<receiveTask id="A" messageRef=""/>'), "no-message"),
    "rule of an empty name": (line('<businessRuleTask id="A" camunda:decisionRef=""/>'), "no-decision"),
    "service of an empty topic": (line('<serviceTask id="A" camunda:type="external" camunda:topic=" "/>'), "no-topic"),
    "service by a web service alone": (line('<serviceTask id="A" implementation="##WebService"/>'), "no-topic"),
    "performer by a resource and an expression": (definitions(process(START + user("A", '<potentialOwner id="po"><resourceRef>r</resourceRef><resourceAssignmentExpression id="ra"><formalExpression>x</formalExpression></resourceAssignmentExpression></potentialOwner>') + END, "S>A A>E"), '<resource id="r" name="r"/>'), "two-assignments"),
    "performer by an unknown resource": (line(user("A", '<potentialOwner id="po"><resourceRef>zz</resourceRef></potentialOwner>')), "unknown-reference"),
    "performer by a message": (line(user("A", '<performer id="po"><resourceRef>m1</resourceRef></performer>')), "unknown-reference"),
    "performer by two resources": (line(user("A", '<performer id="po"><resourceRef>r</resourceRef><resourceRef>r</resourceRef></performer>')), "child-twice"),
    "performer with an unknown parameter": (definitions(process(START + user("A", '<performer id="po"><resourceRef>r</resourceRef><resourceParameterBinding id="b" parameterRef="zz"><formalExpression>1</formalExpression></resourceParameterBinding></performer>') + END, "S>A A>E"), '<resource id="r" name="r"/>'), "unknown-reference"),
    "performer with a parameter of no value": (definitions(process(START + user("A", '<performer id="po"><resourceRef>r</resourceRef><resourceParameterBinding id="b" parameterRef="rp"/></performer>') + END, "S>A A>E"), '<resource id="r" name="r"><resourceParameter id="rp" name="x"/></resource>'), "missing-child"),
    "performer by no expression": (line(user("A", '<potentialOwner id="po"><resourceAssignmentExpression id="ra"/></potentialOwner>')), "missing-child"),
    # compensation
    "compensation with two handlers": (diagram(UNDONE + HANDLER.replace('"U"', '"V"') + LINKED + LINKED.replace('"as"', '"as2"').replace('"U"', '"V"') + END, "S>A A>E"), "several-handlers"),
    "compensation with a task that is no handler": (diagram(START + task("A") + boundary("B", "A", UNDO) + task("U") + LINKED + END, "S>A A>U U>E"), "no-handler"),
    "compensation with an annotation": (diagram(START + task("A") + boundary("B", "A", UNDO) + '<textAnnotation id="U"/>' + LINKED + END, "S>A A>E"), "no-handler"),
    "compensation of an event": (diagram(UNDONE + LINKED + throw("T", '<compensateEventDefinition activityRef="S"/>') + END, "S>A A>T T>E"), "unknown-reference"),
    "compensation of a gateway": (diagram(UNDONE + LINKED + exclusive("G") + throw("T", '<compensateEventDefinition activityRef="G"/>') + END, "S>A A>G G>T T>E"), "unknown-reference"),
    "compensation of a flow": (diagram(UNDONE + LINKED + throw("T", '<compensateEventDefinition activityRef="f_S_A"/>') + END, "S>A A>T T>E"), "unknown-reference"),
    "compensation of a task in another process": (definitions(process(UNDONE + LINKED + throw("T", '<compensateEventDefinition activityRef="q"/>') + END, "S>A A>T T>E"), '<process id="Q" isExecutable="true"><task id="q"/></process>'), "unknown-reference"),
    "compensation boundary of a handler's association backwards": (diagram(START + task("A") + boundary("B", "A", UNDO) + END, "S>A A>E"), "no-handler"),
    "flow between activity and handler": (diagram(UNDONE + LINKED + END, "S>A A>U U>E"), "flow-to-handler"),
    "parallel gateway from nothing to nothing": (beside(parallel("G")), "gateway-alone"),
    "script that throws away brackets": (line(script("A", "{a: [1, 2}")), "bad-expression"),
    "process without anything": (definitions('<process id="P" isExecutable="true"/>'), "empty-process"),
    "process of a lane set alone": (definitions('<process id="P" isExecutable="true"><laneSet id="ls"/></process>'), "empty-process"),
    "process of data alone": (definitions('<process id="P" isExecutable="true"><dataObject id="do"/></process>'), "empty-process"),
    "nothing executable among two": (definitions(SIMPLE.replace('"true"', '"false"'), '<process id="Q" isExecutable="false"/>'), "no-executable-process"),
    "collaboration alone": (definitions('<collaboration id="co"><participant id="pa"/></collaboration>'), "no-executable-process"),
}  # fmt: skip

# Legal enough to run, and yet hardly what their owner meant.
WARNED: Mapping[str, tuple[bytes, str]] = {
    "condition as the only way from a task": (diagram(START + task("A") + END, "S>A A>E[a=1]"), "only-condition"),
    "condition as the only way from a sub-process": (
        diagram(START + sub("A", INNER, "s>x x>e") + END, "S>A A>E[a=1]"),
        "only-condition",
    ),
    "condition as the only way from a call": (
        diagram(START + '<callActivity id="A" calledElement="Q"/>' + END, "S>A A>E[a=1]"),
        "only-condition",
    ),
    "list without the flow that comes in": (
        listed('<task id="A"><incoming>f1</incoming>', '<task id="A">'),
        "flow-unlisted",
    ),
    "list without the flow that goes out": (listed("<outgoing>f2</outgoing>", ""), "flow-unlisted"),
    "list without the flow into the end": (listed("<incoming>f2</incoming>", ""), "flow-unlisted"),
    "list without the flow out of the start": (listed("<outgoing>f1</outgoing>", ""), "flow-unlisted"),
}
