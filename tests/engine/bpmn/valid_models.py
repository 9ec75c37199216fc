"""Small models that BPMN 2.0.2 allows, drawn by whatever tool: none of them may be refused."""

# ruff: noqa: E501  (a table of models: one entry reads best as it is drawn)

from __future__ import annotations

from tests.engine.bpmn.diagrams import *
from tests.engine.bpmn.invalid_models import (
    CANCEL,
    LINK,
    MERGE,
    SECOND,
    SIMPLE,
    SPLIT,
    UNDO,
    ad_hoc,
    beside,
    gateway,
    guarded,
    line,
    looped,
    message_flow,
    pools,
)  # fmt: skip

INNER = '<startEvent id="s"/>' + task("x") + end("e")
PREFIXED = b"""<?xml version="1.0"?>
<semantic:definitions xmlns:semantic="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:ven="http://vendor/x"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" id="d" targetNamespace="http://vendor" ven:tool="9"
    exporter="Some Modeler" exporterVersion="1">
  <semantic:process id="P" isExecutable="true" ven:color="red">
    <semantic:documentation textFormat="text/plain">why</semantic:documentation>
    <semantic:extensionElements><ven:meta><ven:startEvent id="S"/></ven:meta></semantic:extensionElements>
    <semantic:startEvent id="S"><semantic:outgoing>f</semantic:outgoing></semantic:startEvent>
    <semantic:endEvent id="E"><semantic:incoming>f</semantic:incoming></semantic:endEvent>
    <semantic:sequenceFlow id="f" sourceRef="S" targetRef="E"/>
  </semantic:process>
  <bpmndi:BPMNDiagram id="di"><bpmndi:BPMNPlane id="pl" bpmnElement="P"/></bpmndi:BPMNDiagram>
</semantic:definitions>"""
DATA = (
    '<dataObject id="d1" name="note"/><dataObjectReference id="r1" dataObjectRef="d1"/><dataStoreReference id="r2"/>'
    + task("A", '<property id="p1" name="__targetRef_placeholder"/><dataInputAssociation id="da"><sourceRef>r1</sourceRef>'
                "<targetRef>p1</targetRef></dataInputAssociation><dataOutputAssociation id=\"db\"><targetRef>r2</targetRef>"
                "</dataOutputAssociation>")
)  # fmt: skip
IO = (
    '<ioSpecification id="io"><dataInput id="in1" name="n"/><dataOutput id="out1" name="m"/><inputSet id="is">'
    '<dataInputRefs>in1</dataInputRefs></inputSet><outputSet id="os"><dataOutputRefs>out1</dataOutputRefs></outputSet>'
    "</ioSpecification>"
)
STARTING = '<eventBasedGateway id="G" instantiate="true"/>'
TRANSACTION = sub("A", '<startEvent id="s"/>' + end("e", CANCEL), "s>e", tag="transaction")

MODELS: dict[str, bytes] = {
    # ends and starts
    "start and end": diagram(START + END, "S>E"),
    "a task alone": diagram(task("A"), ""),
    "no start and no end": diagram(task("A") + task("B"), "A>B"),
    "no end": diagram(START + task("A"), "S>A"),
    "several ends": diagram(START + exclusive("G", "f_G_E") + END + end("E2"), "S>G G>E G>E2[a=1]"),
    "a node named Start and one named End": diagram('<startEvent id="Start"/><endEvent id="End"/>', "Start>End"),
    "a node named Root": line(task("Root"), "Root"),
    "start by message": diagram(f'<startEvent id="S">{MESSAGE}</startEvent>' + END, "S>E"),
    "start by signal": diagram(f'<startEvent id="S">{SIGNAL}</startEvent>' + END, "S>E"),
    "start by cycle": diagram(f'<startEvent id="S">{timer("R/P1D", "timeCycle")}</startEvent>' + END, "S>E"),
    "start by cron": diagram(f'<startEvent id="S">{timer("0 0 9 * * ?", "timeCycle")}</startEvent>' + END, "S>E"),
    "start by condition": diagram(f'<startEvent id="S">{condition("a > 1")}</startEvent>' + END, "S>E"),
    "start by all of several": diagram(
        f'<startEvent id="S" parallelMultiple="true">{MESSAGE}{SIGNAL}</startEvent>' + END, "S>E"),
    "start by one of several": diagram(f'<startEvent id="S">{MESSAGE}{timer("R/P1D", "timeCycle")}</startEvent>' + END,
                                       "S>E"),
    "two starts": diagram(START + f'<startEvent id="S2">{MESSAGE}</startEvent>' + END, "S>E S2>E"),
    "start by a receive task": diagram('<receiveTask id="R" messageRef="m1" instantiate="true"/>' + END, "R>E"),
    "start by a gateway": diagram(STARTING + catch("C", MESSAGE) + catch("D", SECOND) + END, "G>C G>D C>E D>E"),
    "start by all behind a gateway": diagram(
        STARTING.replace("/>", ' eventGatewayType="Parallel"/>') + catch("C", MESSAGE) + catch("D", SECOND) + END,
        "G>C G>D C>E D>E"),
    "start by one behind a gateway": diagram(STARTING + catch("C", MESSAGE) + END, "G>C C>E"),
    "terminate": diagram(START + end("E", TERMINATE), "S>E"),
    "end by several": diagram(START + end("E", MESSAGE + SIGNAL), "S>E"),
    "end by error": diagram(START + end("E", ERROR), "S>E"),
    "end by escalation": diagram(START + end("E", ESCALATION), "S>E"),
    # intermediate events
    "catch of a message": line(catch("A", MESSAGE)),
    "catch of a condition": line(catch("A", condition("a = 1"))),
    "catch of a cycle": line(catch("A", timer("R3/PT1H", "timeCycle"))),
    "catch of a date": line(catch("A", timer("2030-01-01T09:00:00+08:00", "timeDate"))),
    "catch of a date without zone": line(catch("A", timer("2030-01-01T09:00:00", "timeDate"))),
    "catch of a long duration": line(catch("A", timer("P1Y2M10DT2H30M"))),
    "catch of a computed time": line(catch("A", timer('=duration("PT1H")'))),
    "catch of all": line(f'<intermediateCatchEvent id="A" parallelMultiple="true">{MESSAGE}{SIGNAL}</intermediateCatchEvent>'),
    "throw of nothing": line(throw("A", "")),
    "throw of several": line(throw("A", MESSAGE + SIGNAL)),
    "throw of a compensation": line(throw("A", UNDO)),
    "throw that does not wait": line(throw("A", '<compensateEventDefinition waitForCompletion="false"/>')),
    "links": diagram(START + throw("T", LINK) + throw("U", LINK) + parallel("G") + catch("C", LINK) + END,
                     "S>G G>T G>U C>E"),
    "shared definition": definitions(
        process(START + catch("C", "<eventDefinitionRef>td</eventDefinitionRef>") + END, "S>C C>E"),
        '<timerEventDefinition id="td"><timeDuration>PT1H</timeDuration></timerEventDefinition>'),
    # boundary events
    "guard by message": guarded(MESSAGE),
    "guard by a repeating timer": guarded(timer("R/PT1H", "timeCycle"), attributes='cancelActivity="false"').replace(
        b'cancelActivity="true"', b""),
    "guard by several": guarded(MESSAGE + timer("PT1H") + ERROR),
    "guard by any error": guarded("<errorEventDefinition/>"),
    "guard by any escalation": guarded("<escalationEventDefinition/>"),
    "guard in a job": guarded(MESSAGE, attributes='camunda:asyncBefore="true"'),
    "guard by all": guarded(MESSAGE + ESCALATION, attributes='parallelMultiple="1"'),
    "guard without a way on": diagram(START + user("A") + boundary("B", "A", MESSAGE) + END, "S>A A>E"),
    "guard of a call": guarded(ERROR, '<callActivity id="A" calledElement="Q"/>'),
    "guard of a loop": guarded(MESSAGE, user("A", multi(COLLECTION))),
    "cancel of a transaction": diagram(START + TRANSACTION + boundary("B", "A", CANCEL) + END, "S>A A>E B>E"),
    "compensation": diagram(
        START + task("A") + boundary("B", "A", UNDO) + '<task id="U" isForCompensation="true"/>'
        '<association id="as" sourceRef="B" targetRef="U" associationDirection="One"/>' + throw("T", UNDO) + END,
        "S>A A>T T>E"),
    # gateways
    "exclusive": gateway("exclusiveGateway", "S>G G>A[a=1] G>B A>E B>E", 'default="f_G_B"'),
    "exclusive that joins": gateway("exclusiveGateway", MERGE, 'gatewayDirection="Converging"'),
    "exclusive with one way": diagram(START + exclusive("G") + END, "S>G G>E"),
    "inclusive with free ways": gateway("inclusiveGateway", SPLIT, 'gatewayDirection="Diverging"'),
    "parallel": gateway("parallelGateway", SPLIT, 'gatewayDirection="Unspecified"'),
    "mixed": diagram(START + parallel("G") + task("A") + task("B") + task("C") + task("D") + END,
                     "S>A S>B A>G B>G G>C G>D C>E D>E").replace(b'id="G"', b'id="G" gatewayDirection="Mixed"'),
    "complex": gateway("complexGateway", MERGE),
    "events": diagram(START + '<eventBasedGateway id="G"/>' + catch("C", MESSAGE) + catch("D", timer("PT1H")) + END,
                      "S>G G>C G>D C>E D>E"),
    "receive tasks behind events": diagram(
        START + '<eventBasedGateway id="G"/><receiveTask id="R" messageRef="m1"/>' + catch("D", timer("PT1H")) + END,
        "S>G G>R G>D R>E D>E"),
    # activities
    "plain and manual tasks": diagram(START + task("A") + '<manualTask id="B"/>' + END, "S>A A>B B>E"),
    "condition behind a task": diagram(START + task("A") + task("B") + END, "S>A A>B[a=1] A>E B>E"),
    "default behind a task": diagram(START + task("A").replace(">", ' default="f_A_E">', 1) + task("B") + END,
                                     "S>A A>B[a=1] A>E B>E"),
    "flow to itself": diagram(START + user("A") + END, "S>A A>A[a=1] A>E"),
    "worker": line('<serviceTask id="A" camunda:type="external" camunda:topic="t"/>'),
    "decision": line('<businessRuleTask id="A" camunda:decisionRef="d" camunda:resultVariable="r"/>'),
    "script": line(script("A", "1 + 1")),
    "message by a worker": line('<sendTask id="A" camunda:type="external" camunda:topic="t"/>'),
    "message": line('<sendTask id="A" messageRef="m1"/>'),
    "mapping": line(user("A", mapping(x="=1 + y", out_z="=x"))),
    "standard loop": looped('<standardLoopCharacteristics testBefore="1" loopMaximum="3"><loopCondition>a</loopCondition>'
                            "</standardLoopCharacteristics>"),
    "loop over nobody": looped(multi("<loopCardinality>0</loopCardinality>")),
    "loop one after the other": looped(multi(COLLECTION, sequential=True)),
    "quantities": line('<task id="A" startQuantity="2" completionQuantity="3"/>'),
    "performers": line(user("A", '<potentialOwner id="po"><resourceAssignmentExpression><formalExpression>x'
                                 "</formalExpression></resourceAssignmentExpression></potentialOwner>")),
    "global task": definitions(process(START + '<callActivity id="A" calledElement="GT"/>' + END, "S>A A>E"),
                               '<globalUserTask id="GT" name="do"/>'),
    # sub-processes
    "sub-process": line(sub("A", INNER, "s>x x>e")),
    "sub-process without start": line(sub("A", task("x"), "")),
    "transaction": line(sub("A", INNER, "s>x x>e", tag="transaction")),
    "ad-hoc": ad_hoc(task("x") + task("y") + flows("x>y")),
    "ad-hoc in an order": ad_hoc(task("x") + task("y"), attributes='ordering="Sequential" cancelRemainingInstances="0"'),
    "ad-hoc by hand": ad_hoc(properties(adHoc__start="manual") + task("x"),
                             "<completionCondition>done</completionCondition>"),
    "loop that tells by a signal without name": line(user("A", multi(COLLECTION, attributes='behavior="One"'))),
    "ad-hoc by hand, ended by hand": ad_hoc(properties(adHoc__start="manual") + task("x")),
    "event sub-process": diagram(START + user("A") + END + event_sub("ES", MESSAGE, end("ee"), "ESs>ee"), "S>A A>E"),
    "event sub-process beside": diagram(
        START + user("A") + END + event_sub("ES", timer("R/PT1H", "timeCycle"), end("ee"), "ESs>ee", interrupting=False),
        "S>A A>E"),
    "event sub-process by escalation": diagram(
        START + user("A") + END + event_sub("ES", ESCALATION, end("ee"), "ESs>ee", interrupting=False), "S>A A>E"),
    # pools, lanes, data, strangers
    "pools": pools(""),
    "message flow to a black box": message_flow("T", "p3"),
    "message flow from a black box": message_flow("p3", "A"),
    "message flow between pools": message_flow("A", "S2"),
    "lanes in lanes": beside(
        '<laneSet id="ls"><lane id="l" name="CSS"><flowNodeRef>S</flowNodeRef><childLaneSet id="cs"><lane id="l2">'
        "<flowNodeRef>S</flowNodeRef></lane></childLaneSet></lane></laneSet>"),
    "a process that is not executable beside": definitions(
        SIMPLE, '<process id="Q" isExecutable="false"><serviceTask id="q"/><userTask id="q2"/></process>'),
    "executable left open": definitions(SIMPLE.replace('isExecutable="true"', "")),
    "executable as a number": definitions(SIMPLE.replace('"true"', '"1"')),
    "data": diagram(START + DATA + END, "S>A A>E"),
    "inputs and outputs": line(task("A", IO)),
    "an annotation": beside('<textAnnotation id="ta"><text>hm</text></textAnnotation>'
                            '<association id="as" sourceRef="S" targetRef="ta"/>'),
    "a group": definitions(process(START + END + '<group id="g" categoryValueRef="cv"/>', "S>E"),
                           '<category id="cat"><categoryValue id="cv" value="x"/></category>'),
    "items and interfaces": definitions(
        SIMPLE, '<itemDefinition id="it" structureRef="xsd:string"/><interface id="if" name="i"><operation id="op" name="o">'
        "<inMessageRef>m1</inMessageRef></operation></interface><resource id=\"rs\" name=\"r\"/>"),
    "other prefixes and extensions": PREFIXED,
    "flows before nodes": definitions(f'<process id="P" isExecutable="true">{flows("S>E")}{START}{END}</process>'),
    "ids in any script": line(task("任务_1"), "任务_1"),
}  # fmt: skip
