"""Small models that BPMN 2.0.2 does not allow, or that could never run, each with the code of its refusal."""

# ruff: noqa: E501  (a table of models: one entry reads best as it is drawn)

from __future__ import annotations

from tests.engine.bpmn.diagrams import *

CANCEL = "<cancelEventDefinition/>"
UNDO = "<compensateEventDefinition/>"
LINK = '<linkEventDefinition name="k"/>'
SECOND = '<messageEventDefinition messageRef="m2"/>'
SIMPLE = process(START + END, "S>E")


def line(node: str, id_: str = "A") -> bytes:
    """A process of one node between start and end."""
    return diagram(START + node + END, f"S>{id_} {id_}>E")


def beside(node: str) -> bytes:
    """A process with one node beside its line."""
    return diagram(START + END + node, "S>E")


def guarded(event: str, host: str = "", attributes: str = "") -> bytes:
    """A user task (or another host A) that an event B guards."""
    guard = boundary("B", "A", event).replace("<boundaryEvent", f"<boundaryEvent {attributes}")
    return diagram(START + (host or user("A")) + guard + END, "S>A A>E B>E")


def looped(inner: str) -> bytes:
    return line(user("A", inner))


def pools(extra: str, second: str = "Q") -> bytes:
    other = process('<startEvent id="S2"/>' + '<endEvent id="E2"/>', "S2>E2", key="Q")
    people = f'<participant id="p1" processRef="P"/><participant id="p2" processRef="{second}"/><participant id="p3"/>'
    first = process(START + task("A") + throw("T", MESSAGE) + catch("C", timer("PT1H")) + END, "S>A A>T T>C C>E")
    return definitions(f'<collaboration id="c">{people}{extra}</collaboration>', first, other)


def message_flow(source: str, target: str) -> bytes:
    return pools(f'<messageFlow id="mf" sourceRef="{source}" targetRef="{target}"/>')


def gateway(tag: str, arrows: str, attributes: str = "") -> bytes:
    nodes = START + f'<{tag} id="G" {attributes}/>' + task("A") + task("B") + END
    return diagram(nodes, arrows)


def ad_hoc(nodes: str, inner: str = "", attributes: str = "") -> bytes:
    return line(f'<adHocSubProcess id="A" {attributes}>{nodes}{inner}</adHocSubProcess>')


def event_process(start: str, attributes: str = 'triggeredByEvent="true"', inner: str = "") -> bytes:
    return beside(sub("ES", start + end("ee") + inner, "", attributes))


SPLIT, MERGE = "S>G G>A G>B A>E B>E", "S>A S>B A>G B>G G>E"
MODELS: dict[str, tuple[bytes, str]] = {
    # ids and references
    "id of a message twice": (definitions(SIMPLE, '<message id="m1" name="x"/>'), "id-duplicate"),
    "id of process and node": (definitions(process(START.replace('"S"', '"P"') + END, "P>E")), "id-duplicate"),
    "id of flow and node": (diagram(START + task("f_S_E") + END, "S>E"), "id-duplicate"),
    "id in two processes": (definitions(SIMPLE, process(START, "", key="Q")), "id-duplicate"),
    "id with a digit first": (line(task("1A"), "1A"), "id-malformed"),
    "id with a colon": (beside('<task id="a:b"/>'), "id-malformed"),
    "id with a space": (beside('<task id="a b"/>'), "id-malformed"),
    "id that is empty": (beside('<task id=""/>'), "id-missing"),
    "node without id": (beside("<task/>"), "id-missing"),
    "flow without id": (beside(task("A") + '<sequenceFlow sourceRef="S" targetRef="A"/>'), "id-missing"),
    "process without id": (definitions('<process isExecutable="true"><task id="A"/></process>'), "id-missing"),
    "flow without source": (beside('<sequenceFlow id="f" targetRef="E"/>'), "unknown-reference"),
    "flow without target": (beside('<sequenceFlow id="f" sourceRef="S"/>'), "unknown-reference"),
    "flow to another process": (definitions(process(START + END, "S>E S>X"), process(task("X"), "", key="Q")),
                                "unknown-reference"),
    "flow to a data object": (beside('<dataObject id="d"/><sequenceFlow id="f" sourceRef="S" targetRef="d"/>'),
                              "unknown-reference"),
    "no target namespace": (definitions(SIMPLE).replace(b' targetNamespace="t"', b""), "no-target-namespace"),
    "unknown root": (definitions(SIMPLE, '<tea id="t"/>'), "unknown-element"),
    "task among the roots": (definitions(SIMPLE, '<task id="t"/>'), "unknown-element"),
    "another vocabulary": (b'<html xmlns="http://www.w3.org/1999/xhtml"/>', "not-bpmn"),
    "no XML": (b"process", "not-xml"),
    "a document type": (b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', "document-type"),
    "nothing to run": (definitions(), "no-executable-process"),
    "incoming that does not exist": (beside('<task id="A"><incoming>zz</incoming></task>'), "unknown-reference"),
    "incoming of another node": (line('<task id="A"><incoming>f_A_E</incoming></task>'), "flow-mismatch"),
    "outgoing of another node": (line('<task id="A"><outgoing>f_S_A</outgoing></task>'), "flow-mismatch"),
    "truth that is none": (line('<task id="A" isForCompensation="maybe"/>'), "bad-value"),
    "direction that is none": (gateway("exclusiveGateway", SPLIT, 'gatewayDirection="Left"'), "bad-value"),
    "gateway type that is none": (gateway("eventBasedGateway", SPLIT, 'eventGatewayType="Both"'), "bad-value"),
    "order that is none": (ad_hoc(task("x"), attributes='ordering="Random"'), "bad-value"),
    "behaviour that is none": (looped(multi(COLLECTION, attributes='behavior="Some"')), "bad-value"),
    "two extension elements": (line(task("A", "<extensionElements/><extensionElements/>")), "child-twice"),
    # start and end
    "end without start": (diagram(task("A") + END, "A>E"), "no-start"),
    "end without start inside": (line(sub("A", task("x") + end("e"), "x>e")), "no-start"),
    "start by escalation": (diagram(f'<startEvent id="S">{ESCALATION}</startEvent>' + END, "S>E"), "bad-start"),
    "start by compensation": (diagram(f'<startEvent id="S">{UNDO}</startEvent>' + END, "S>E"), "bad-start"),
    "start by cancel": (diagram(f'<startEvent id="S">{CANCEL}</startEvent>' + END, "S>E"), "unsupported"),
    "start by terminate": (diagram(f'<startEvent id="S">{TERMINATE}</startEvent>' + END, "S>E"), "unsupported"),
    "start by link": (diagram(f'<startEvent id="S">{LINK}</startEvent>' + END, "S>E"), "unsupported"),
    "start in a sub-process by a timer": (
        line(sub("A", f'<startEvent id="s">{timer("PT1H")}</startEvent>' + end("e"), "s>e")), "bad-start"),
    "start in a sub-process by a signal": (
        line(sub("A", f'<startEvent id="s">{SIGNAL}</startEvent>' + end("e"), "s>e")), "bad-start"),
    "two starts by one message": (
        diagram("".join(f'<startEvent id="S{n}">{MESSAGE}</startEvent>' for n in "12") + END, "S1>E S2>E"), "same-start"),
    "end by a timer": (diagram(START + end("E", timer("PT1H")), "S>E"), "unsupported"),
    "end by a condition": (diagram(START + end("E", condition("a")), "S>E"), "unsupported"),
    "end by a link": (diagram(START + end("E", LINK), "S>E"), "unsupported"),
    "end by an error without code": (diagram(START + end("E", "<errorEventDefinition/>"), "S>E"), "no-error-code"),
    "end by an escalation without code": (
        diagram(START + end("E", "<escalationEventDefinition/>"), "S>E"), "no-escalation-code"),
    "end by a message without name": (diagram(START + end("E", "<messageEventDefinition/>"), "S>E"), "no-name"),
    "end by a signal without name": (diagram(START + end("E", "<signalEventDefinition/>"), "S>E"), "no-name"),
    "end by an unknown error": (
        diagram(START + end("E", '<errorEventDefinition errorRef="zz"/>'), "S>E"), "unknown-reference"),
    "end that cancels nothing": (diagram(START + end("E", CANCEL), "S>E"), "cancel-outside-transaction"),
    "end that cancels a sub-process": (
        line(sub("A", '<startEvent id="s"/>' + end("e", CANCEL), "s>e")), "cancel-outside-transaction"),
    "flow out of an end inside": (
        line(sub("A", '<startEvent id="s"/>' + end("e") + task("x"), "s>e e>x")), "flow-from-end"),
    "condition at a start": (diagram(START + END, "S>E[a=1]"), "condition-not-allowed"),
    "default at a start": (diagram(START.replace("/>", ' default="f_S_E"/>') + END, "S>E"), "default-not-allowed"),
    # intermediate events
    "catch without incoming": (diagram(START + catch("C", MESSAGE) + END, "S>E C>E"), "no-incoming"),
    "catch without outgoing": (diagram(START + catch("C", MESSAGE), "S>C"), "no-outgoing"),
    "throw without incoming": (diagram(START + throw("T", SIGNAL) + END, "S>E T>E"), "no-incoming"),
    "throw without outgoing": (diagram(START + throw("T", SIGNAL), "S>T"), "no-outgoing"),
    "condition at an event": (diagram(START + catch("C", MESSAGE) + END, "S>C C>E[a=1]"), "condition-not-allowed"),
    "catch of an error": (line(catch("A", ERROR)), "unsupported"),
    "catch of an escalation": (line(catch("A", ESCALATION)), "unsupported"),
    "catch of a cancel": (line(catch("A", CANCEL)), "unsupported"),
    "catch of a compensation": (line(catch("A", UNDO)), "unsupported"),
    "catch of a terminate": (line(catch("A", TERMINATE)), "unsupported"),
    "throw of a timer": (line(throw("A", timer("PT1H"))), "unsupported"),
    "throw of an error": (line(throw("A", ERROR)), "unsupported"),
    "throw of a condition": (line(throw("A", condition("a"))), "unsupported"),
    "throw of a cancel": (line(throw("A", CANCEL)), "unsupported"),
    "throw of an escalation without code": (line(throw("A", "<escalationEventDefinition/>")), "no-escalation-code"),
    "throw of an unknown signal": (line(throw("A", '<signalEventDefinition signalRef="zz"/>')), "unknown-reference"),
    "throw of a message as signal": (line(throw("A", '<signalEventDefinition signalRef="m1"/>')), "unknown-reference"),
    "compensation of nothing": (line(throw("A", '<compensateEventDefinition activityRef="zz"/>')), "unknown-reference"),
    "shared definition that is missing": (line(catch("A", "<eventDefinitionRef>zz</eventDefinitionRef>")),
                                          "unknown-reference"),
    "link without name": (diagram(START + throw("T", "<linkEventDefinition/>"), "S>T"), "no-name"),
    "link that nobody throws": (diagram(START + catch("C", LINK) + END, "S>E C>E"), "link-without-source"),
    "link with two targets": (
        diagram(START + throw("T", LINK) + catch("C", LINK) + catch("D", LINK) + END, "S>T C>E D>E"), "link-twice"),
    "link that goes on": (diagram(START + throw("T", LINK) + catch("C", LINK) + END, "S>T T>E C>E"), "flow-from-link"),
    "link into a sub-process": (
        diagram(START + throw("T", LINK) + sub("SP", catch("C", LINK) + task("x"), "C>x"), "S>T"),
        "link-without-target"),
    "timer with two times": (
        line(catch("A", "<timerEventDefinition><timeDate>2030-01-01</timeDate><timeDuration>PT1H</timeDuration>"
                        "</timerEventDefinition>")), "two-times"),
    "timer that never fires": (line(catch("A", timer("R0/PT1H", "timeCycle"))), "bad-timer"),
    "timer on no day": (line(catch("A", timer("0 0 0 31 2 ?", "timeCycle"))), "timer-out-of-reach"),
    "timer with a month of 13": (line(catch("A", timer("2030-13-01T00:00:00", "timeDate"))), "bad-timer"),
    "timer with half a duration": (line(catch("A", timer("PT"))), "bad-timer"),
    "condition that is missing": (line(catch("A", "<conditionalEventDefinition/>")), "no-condition"),
    # boundary events
    "guard of a gateway": (guarded(MESSAGE, '<exclusiveGateway id="A"/>'), "unknown-host"),
    "guard of an event": (guarded(MESSAGE, catch("A", SIGNAL)), "unknown-host"),
    "guard in another scope": (
        diagram(START + sub("SP", '<startEvent id="s"/>' + user("A") + end("e"), "s>A A>e") + boundary("B", "A", MESSAGE)
                + END, "S>SP SP>E B>E"), "unknown-host"),
    "guard of an event sub-process": (
        diagram(START + END + event_sub("A", MESSAGE, end("ee"), "As>ee") + boundary("B", "A", SIGNAL), "S>E B>E"),
        "guarded-event-sub-process"),
    "guard without host": (beside(f'<boundaryEvent id="B">{MESSAGE}</boundaryEvent>'), "unknown-host"),
    "guard without trigger": (guarded(""), "no-trigger"),
    "guard by terminate": (guarded(TERMINATE), "unsupported"),
    "guard by link": (guarded(LINK), "unsupported"),
    "guard by cancel of a task": (guarded(CANCEL), "cancel-outside-transaction"),
    "cancel that does not interrupt": (
        diagram(START + sub("A", '<startEvent id="s"/>' + end("e", CANCEL), "s>e", tag="transaction")
                + boundary("B", "A", CANCEL, interrupting=False) + END, "S>A A>E B>E"), "cancel-not-interrupting"),
    "flow into a guard": (diagram(START + user("A") + boundary("B", "A", MESSAGE) + END, "S>A S>B A>E B>E"),
                          "flow-to-boundary"),
    "guard by an unknown message": (guarded('<messageEventDefinition messageRef="zz"/>'), "unknown-reference"),
    "guard by a timer without time": (guarded("<timerEventDefinition/>"), "no-timer"),
    # compensation
    "compensation without handler": (guarded(UNDO).replace(b" B>E", b""), "no-handler"),
    "compensation with a flow": (guarded(UNDO), "flow-from-compensation"),
    "handler of nothing": (beside('<task id="U" isForCompensation="true"/>'), "handler-alone"),
    "flow into a handler": (line('<task id="A" isForCompensation="true"/>'), "flow-to-handler"),
    "flow out of a handler": (
        diagram(START + '<task id="U" isForCompensation="true"/>' + END, "S>E U>E"), "flow-from-handler"),
    # gateways
    "gateway alone": (beside('<exclusiveGateway id="G"/>'), "gateway-alone"),
    "converging that splits": (gateway("parallelGateway", SPLIT, 'gatewayDirection="Converging"'), "gateway-direction"),
    "diverging that joins": (gateway("parallelGateway", MERGE, 'gatewayDirection="Diverging"'), "gateway-direction"),
    "mixed that only joins": (gateway("parallelGateway", MERGE, 'gatewayDirection="Mixed"'), "gateway-direction"),
    "condition after a parallel gateway": (
        gateway("parallelGateway", "S>G G>A[a=1] G>B A>E B>E"), "condition-not-allowed"),
    "default of a parallel gateway": (gateway("parallelGateway", SPLIT, 'default="f_G_A"'), "default-not-allowed"),
    "default into a gateway": (gateway("exclusiveGateway", MERGE, 'default="f_A_G"'), "unknown-default"),
    "default that does not exist": (gateway("inclusiveGateway", SPLIT, 'default="zz"'), "unknown-default"),
    "two flows without condition": (gateway("exclusiveGateway", SPLIT), "flow-without-condition"),
    "one event": (diagram(START + '<eventBasedGateway id="G"/>' + catch("C", MESSAGE) + END, "S>G G>C C>E"), "one-event"),
    "no events": (diagram(START + '<eventBasedGateway id="G"/>', "S>G"), "no-events"),
    "events before tasks": (gateway("eventBasedGateway", SPLIT), "no-event-after-gateway"),
    "event before a throw": (
        diagram(START + '<eventBasedGateway id="G"/>' + catch("C", MESSAGE) + throw("T", SIGNAL) + END,
                "S>G G>C G>T C>E T>E"), "no-event-after-gateway"),
    "event before an end": (
        diagram(START + '<eventBasedGateway id="G"/>' + catch("C", MESSAGE) + END, "S>G G>C G>E C>E"),
        "no-event-after-gateway"),
    "shared event": (
        diagram(START + '<eventBasedGateway id="G"/>' + catch("C", MESSAGE) + catch("D", SIGNAL) + task("A") + END,
                "S>G G>C G>D C>A D>E A>C"), "shared-event"),
    "condition after an event gateway": (
        diagram(START + '<eventBasedGateway id="G"/>' + catch("C", MESSAGE) + catch("D", SIGNAL) + END,
                "S>G G>C[a=1] G>D C>E D>E"), "condition-not-allowed"),
    "message event beside a receive task": (
        diagram(START + '<eventBasedGateway id="G"/>' + catch("C", MESSAGE) + '<receiveTask id="R" messageRef="m2"/>' + END,
                "S>G G>C G>R C>E R>E"), "events-and-receive-tasks"),
    "guarded receive task": (
        diagram(START + '<eventBasedGateway id="G"/>' + catch("C", SIGNAL) + '<receiveTask id="R" messageRef="m2"/>'
                + boundary("B", "R", timer("PT1H")) + END, "S>G G>C G>R C>E R>E B>E"), "guarded-receive"),
    "parallel events in the flow": (
        diagram(START + '<eventBasedGateway id="G" eventGatewayType="Parallel"/>' + catch("C", MESSAGE)
                + catch("D", SIGNAL) + END, "S>G G>C G>D C>E D>E"), "parallel-event-gateway"),
    "event in a gateway": (line(f'<exclusiveGateway id="A">{MESSAGE}</exclusiveGateway>'), "unknown-element"),
    "loop of a gateway": (line('<parallelGateway id="A"><standardLoopCharacteristics/></parallelGateway>'),
                          "unknown-element"),
    # activities
    "event in a task": (line(task("A", MESSAGE)), "unknown-element"),
    "script in a user task": (line(user("A", "<script>1</script>")), "unknown-element"),
    "unknown child of a task": (line(task("A", "<tea/>")), "unknown-element"),
    "service without topic": (line('<serviceTask id="A"/>'), "no-topic"),
    "service with an unknown operation": (
        line('<serviceTask id="A" operationRef="zz" camunda:type="external" camunda:topic="t"/>'), "unknown-reference"),
    "send of an unknown message": (line('<sendTask id="A" messageRef="zz"/>'), "no-name"),
    "receive of an unknown message": (line('<receiveTask id="A" messageRef="zz"/>'), "no-name"),
    "receive that starts behind a start": (line('<receiveTask id="A" messageRef="m1" instantiate="true"/>'),
                                           "flow-to-start"),
    "rule with a strange result": (
        line('<businessRuleTask id="A" camunda:decisionRef="d" camunda:mapDecisionResult="all"/>'), "bad-mapping"),
    "rule with a strange binding": (
        line('<businessRuleTask id="A" camunda:decisionRef="d" camunda:decisionRefBinding="any"/>'), "bad-binding"),
    "rule of no version": (
        line('<businessRuleTask id="A" camunda:decisionRef="d" camunda:decisionRefBinding="version"/>'), "no-version"),
    "call of no version": (
        line('<callActivity id="A" calledElement="Q" camunda:calledElementBinding="versionTag"/>'), "no-version"),
    "loop without number": (looped(multi()), "bad-loop"),
    "loop with a negative number": (looped(multi("<loopCardinality>-3</loopCardinality>")), "bad-loop"),
    "loop with an endless number": (looped(multi("<loopCardinality>100000000</loopCardinality>")), "bad-loop"),
    "loop with a negative maximum": (looped('<standardLoopCharacteristics loopMaximum="-1"/>'), "bad-loop"),
    "loop with a word for a maximum": (looped('<standardLoopCharacteristics loopMaximum="x"/>'), "bad-loop"),
    "loop of both kinds": (looped(multi(COLLECTION) + "<standardLoopCharacteristics/>"), "two-loops"),
    "loop with a broken condition": (looped(multi(COLLECTION + "<completionCondition>1 +</completionCondition>")),
                                     "bad-expression"),
    "start quantity of none": (line('<task id="A" startQuantity="0"/>'), "bad-quantity"),
    "start quantity below none": (line('<task id="A" startQuantity="-1"/>'), "bad-quantity"),
    "completion quantity of none": (line('<task id="A" completionQuantity="0"/>'), "bad-quantity"),
    "completion quantity that is a word": (line('<task id="A" completionQuantity="two"/>'), "bad-quantity"),
    "assignee that is no expression": (line(user("A", attributes='camunda:assignee="=1 +"')), "bad-expression"),
    "mapping that is no expression": (line(user("A", mapping(x="=((1)"))), "bad-expression"),
    "script that is no expression": (line(script("A", "if if")), "bad-expression"),
    "condition that is no expression": (
        diagram(START + exclusive("X", "f_X_E") + task("A") + END, "S>X X>A[a=] X>E A>E"), "bad-expression"),
    "condition with an unknown function": (
        diagram(START + inclusive("X", "f_X_E") + task("A") + END, "S>X X>A[teapot(1)] X>E A>E"), "bad-expression"),
    # sub-processes
    "event sub-process without start": (event_process(""), "no-start"),
    "event sub-process with a none start": (event_process('<startEvent id="s"/>'), "bad-start"),
    "event sub-process with two starts": (
        event_process(f'<startEvent id="s">{MESSAGE}</startEvent><startEvent id="s2">{SIGNAL}</startEvent>'),
        "several-starts"),
    "event sub-process with a loop": (
        event_process(f'<startEvent id="s">{MESSAGE}</startEvent>', inner=multi(COLLECTION)), "looped-event-sub-process"),
    "event sub-process that an error does not interrupt": (
        event_process(f'<startEvent id="s" isInterrupting="false">{ERROR}</startEvent>'), "error-not-interrupting"),
    "event sub-process with an incoming flow": (
        diagram(START + event_sub("ES", MESSAGE, end("ee"), "ESs>ee") + END, "S>ES S>E"), "flow-at-event-sub-process"),
    "event sub-process with an outgoing flow": (
        diagram(START + event_sub("ES", MESSAGE, end("ee"), "ESs>ee") + END, "S>E ES>E"), "flow-at-event-sub-process"),
    "ad-hoc with a start": (ad_hoc('<startEvent id="s"/>' + task("x")), "event-in-ad-hoc"),
    "ad-hoc with an end": (ad_hoc(task("x") + end("e")), "event-in-ad-hoc"),
    "ad-hoc with nothing": (ad_hoc(""), "empty-ad-hoc"),
    "ad-hoc with a broken condition": (
        ad_hoc(task("x"), "<completionCondition>(</completionCondition>"), "bad-expression"),
    "flow into a sub-process": (line(sub("A", '<startEvent id="s"/>' + task("x"), "s>x")).replace(
        b'sourceRef="A" targetRef="E"', b'sourceRef="A" targetRef="x"'), "flow-crosses-scope"),
    "flow out of a sub-process": (line(sub("A", task("x") + flows("x>E"), "")), "flow-crosses-scope"),
    # pools, lanes, data
    "pool of no process": (pools("", "zz"), "unknown-reference"),
    "message flow without target": (pools('<messageFlow id="mf" sourceRef="p1"/>'), "unknown-reference"),
    "message flow to nowhere": (message_flow("A", "zz"), "unknown-reference"),
    "message flow inside a pool": (message_flow("T", "A"), "message-flow-inside"),
    "message flow out of a start": (message_flow("S", "S2"), "bad-message-flow"),
    "message flow into an end": (message_flow("A", "E2"), "bad-message-flow"),
    "message flow to a timer": (message_flow("p2", "C"), "bad-message-flow"),
    "message flow between flows": (message_flow("f_S_A", "S2"), "bad-message-flow"),
    "pool of a strange size": (
        pools('<participant id="p4" processRef="P"><participantMultiplicity minimum="3" maximum="2"/></participant>'),
        "bad-multiplicity"),
    "lane of a missing node": (
        beside('<laneSet id="ls"><lane id="l"><flowNodeRef>zz</flowNodeRef></lane></laneSet>'), "unknown-reference"),
    "lane of a flow": (
        beside('<laneSet id="ls"><lane id="l"><flowNodeRef>f_S_E</flowNodeRef></lane></laneSet>'), "unknown-reference"),
    "association without target": (beside('<association id="as" sourceRef="S"/>'), "unknown-reference"),
    "association to nowhere": (beside('<association id="as" sourceRef="S" targetRef="zz"/>'), "unknown-reference"),
    "data object that is missing": (beside('<dataObjectReference id="r" dataObjectRef="zz"/>'), "unknown-reference"),
    "data object of nothing": (beside('<dataObjectReference id="r"/>'), "unknown-reference"),
    "data store that is missing": (beside('<dataStoreReference id="r" dataStoreRef="zz"/>'), "unknown-reference"),
    "data from nowhere": (
        line(task("A", '<property id="p"/><dataInputAssociation id="da"><sourceRef>zz</sourceRef><targetRef>p</targetRef>'
                       "</dataInputAssociation>")), "unknown-reference"),
    "data to nowhere": (line(task("A", '<dataInputAssociation id="da"/>')), "missing-child"),
    "input set of a missing input": (
        line(task("A", '<ioSpecification id="io"><inputSet id="is"><dataInputRefs>zz</dataInputRefs></inputSet>'
                       '<outputSet id="os"/></ioSpecification>')), "unknown-reference"),
    "two transactions of one cancel": (
        line(sub("A", '<startEvent id="s"/>' + sub("T", '<startEvent id="t"/>' + end("x"), "t>x") + end("e", CANCEL),
                 "s>T T>e")), "cancel-outside-transaction"),
    "parallel gateway with a default and a condition": (
        diagram(START + parallel("G").replace("/>", ' default="f_G_E"/>') + END, "S>G G>E"), "default-not-allowed"),
    "message by a second name": (line(catch("A", SECOND.replace("m2", "m9"))), "unknown-reference"),
}  # fmt: skip
