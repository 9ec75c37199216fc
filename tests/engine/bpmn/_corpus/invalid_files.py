"""Files whose elements, attributes, values or references the schema of BPMN 2.0 does not allow."""

# ruff: noqa: E501  (a table of models: one entry reads best as it is drawn)

from __future__ import annotations

from tests.engine.bpmn.diagrams import *
from tests.engine.bpmn.invalid_models import SIMPLE, ad_hoc, beside, gateway, guarded, line, looped, pools

Model = tuple[bytes, str]
SPLIT = "S>G G>A G>B A>E B>E"


def root(extra: str) -> bytes:
    """A process with something beside it in the file."""
    return definitions(SIMPLE, extra)


def inside(extra: str) -> bytes:
    """A process with something behind its last node."""
    return definitions(SIMPLE.replace("</process>", extra + "</process>"))


def attribute(element: str, text: str) -> bytes:
    """A process whose one element has an attribute more."""
    return line(element.replace('id="A"', f'id="A" {text}'))


def _elements() -> dict[str, Model]:
    """Attributes and children that do not exist, at each kind of element."""
    nodes = {
        "task": task("A"), "user task": user("A"), "manual task": '<manualTask id="A"/>',
        "send task": '<sendTask id="A" messageRef="m1"/>', "receive task": '<receiveTask id="A" messageRef="m1"/>',
        "service task": '<serviceTask id="A" camunda:type="external" camunda:topic="t"/>',
        "rule task": '<businessRuleTask id="A" camunda:decisionRef="d"/>',
        "script task": '<scriptTask id="A" scriptFormat="feel"><script>1</script></scriptTask>',
        "call": '<callActivity id="A" calledElement="Q"/>', "catch": catch("A", MESSAGE), "throw": throw("A", MESSAGE),
        "sub-process": '<subProcess id="A"><task id="x"/></subProcess>',
        "transaction": '<transaction id="A"><task id="x"/></transaction>',
        "ad-hoc": '<adHocSubProcess id="A"><task id="x"/></adHocSubProcess>',
        "exclusive gateway": '<exclusiveGateway id="A"/>', "parallel gateway": '<parallelGateway id="A"/>',
        "inclusive gateway": '<inclusiveGateway id="A"/>', "complex gateway": '<complexGateway id="A"/>',
    }  # fmt: skip
    models = {f"{name} with an attribute that does not exist": (attribute(text, 'urgency="high"'), "unknown-attribute")
              for name, text in nodes.items()}  # fmt: skip
    strangers = {
        "isInterrupting": ("user task", "catch", "exclusive gateway"), "cancelActivity": ("user task", "throw"),
        "messageRef": ("task", "user task", "call"), "operationRef": ("user task", "script task"),
        "scriptFormat": ("user task", "service task"), "calledElement": ("task", "sub-process"),
        "triggeredByEvent": ("task", "call"), "gatewayDirection": ("task", "catch"), "instantiate": ("send task", "exclusive gateway"),
        "isSequential": ("user task", "sub-process"), "implementation": ("manual task", "call", "script task"),
        "parallelMultiple": ("throw", "user task"), "ordering": ("sub-process",), "method": ("sub-process",),
        "default": ("parallel gateway", "catch", "throw"), "attachedToRef": ("catch", "user task"),
        "eventGatewayType": ("exclusive gateway",), "isForCompensation": ("catch", "exclusive gateway"),
        "startQuantity": ("catch", "parallel gateway"), "itemSubjectRef": ("task",), "isCollection": ("user task",),
    }  # fmt: skip
    for name, owners in strangers.items():
        for owner in owners:
            models[f"{name} at a {owner}"] = (attribute(nodes[owner], f'{name}="true"'), "unknown-attribute")
    for owner, text in nodes.items():
        if owner in ("task", "catch", "exclusive gateway", "sub-process", "call"):
            wrong = text.replace("/>", "></>", 1) if text.endswith("/>") else text
            tag = text[1 : text.index(" ")]
            wrong = wrong.replace("></>", f"><lane id='w'/></{tag}>") if "></>" in wrong else wrong.replace(
                f"</{tag}>", f"<lane id='w'/></{tag}>")  # fmt: skip
            models[f"lane in a {owner}"] = (line(wrong), "unknown-element")
    return models


MODELS: dict[str, Model] = {
    **_elements(),
    # definitions and imports
    "import without namespace": (root("").replace(b"<process", b'<import location="a.xsd" importType="http://www.w3.org/2001/XMLSchema"/><process', 1), "missing-attribute"),
    "import without location": (root("").replace(b"<process", b'<import namespace="n" importType="http://www.w3.org/2001/XMLSchema"/><process', 1), "missing-attribute"),
    "import without type": (root("").replace(b"<process", b'<import namespace="n" location="a.xsd"/><process', 1), "missing-attribute"),
    "import with an attribute that does not exist": (root('<import namespace="n" location="a.xsd" importType="x" version="1"/>'), "unknown-attribute"),
    "import inside a process": (beside('<import namespace="n" location="a" importType="x"/>'), "unknown-element"),
    "extension that must be understood": (root('<extension mustUnderstand="true" definition="v:meta"/>').replace(b"<definitions", b'<definitions xmlns:v="urn:v"'), "must-understand"),
    "extension that must be a truth": (root('<extension mustUnderstand="perhaps" definition="d"/>'), "bad-value"),
    "definitions with an attribute that does not exist": (root("").replace(b' id="d"', b' id="d" version="2"'), "unknown-attribute"),
    "expression language with spaces": (root("").replace(b' id="d"', b' id="d" expressionLanguage="plain english text"'), "bad-value"),
    "type language with spaces": (root("").replace(b' id="d"', b' id="d" typeLanguage="any old type"'), "bad-value"),
    "lane among the roots": (root('<lane id="l"/>'), "unknown-element"),
    "flow among the roots": (root('<sequenceFlow id="f" sourceRef="S" targetRef="E"/>'), "unknown-element"),
    "gateway among the roots": (root('<exclusiveGateway id="g"/>'), "unknown-element"),
    "data object among the roots": (root('<dataObject id="do"/>'), "unknown-element"),
    "participant among the roots": (root('<participant id="pa"/>'), "unknown-element"),
    "lane set among the roots": (root('<laneSet id="ls"/>'), "unknown-element"),
    "annotation among the roots": (root('<textAnnotation id="ta"/>'), "unknown-element"),
    "operation among the roots": (root('<operation id="op" name="o"/>'), "unknown-element"),
    "text among the roots": (root("some words"), "stray-text"),
    "text in a process": (beside("some words"), "stray-text"),
    "text in a task": (line('<task id="A">do it</task>'), "stray-text"),
    "text in a lane set": (beside('<laneSet id="ls">people</laneSet>'), "stray-text"),
    "relationship without type": (root('<relationship id="re"><source>P</source><target>P</target></relationship>'), "missing-attribute"),
    "relationship without target": (root('<relationship id="re" type="t"><source>P</source></relationship>'), "missing-child"),
    "relationship of no direction": (root('<relationship id="re" type="t" direction="Up"><source>P</source><target>P</target></relationship>'), "bad-value"),
    "element without namespace": (beside('<task xmlns="" id="A"/>'), "unknown-element"),
    "element of an older BPMN": (beside('<task xmlns="http://schema.omg.org/spec/BPMN/2.0" id="A"/>'), "unknown-element"),
    "attribute in the namespace of BPMN": (beside("").replace(b"<endEvent", b'<b:task xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" b:id="A"/><endEvent'), "unknown-attribute"),
    "Camunda's elements beside extensionElements": (line(user("A", '<camunda:inputOutput><camunda:inputParameter name="a">1</camunda:inputParameter></camunda:inputOutput>')), "outside-extensions"),
    "Camunda's properties directly in a process": (beside('<camunda:properties><camunda:property name="a" value="b"/></camunda:properties>'), "outside-extensions"),
    # ids
    "id of a lane twice": (beside('<laneSet id="ls"><lane id="l"/><lane id="l"/></laneSet>'), "id-duplicate"),
    "id of a lane and a node": (beside('<laneSet id="ls"><lane id="S"/></laneSet>'), "id-duplicate"),
    "id of an event definition and a node": (line(catch("A", '<messageEventDefinition id="E" messageRef="m1"/>')), "id-duplicate"),
    "id of a data object twice": (beside('<dataObject id="do"/><dataObject id="do"/>'), "id-duplicate"),
    "id of an error twice": (root('<error id="error_1" errorCode="9"/>'), "id-duplicate"),
    "id of a signal as message": (root('<message id="signal_1" name="x"/>'), "id-duplicate"),
    "id of a participant and its process": (root('<collaboration id="co"><participant id="P" processRef="P"/></collaboration>'), "id-duplicate"),
    "id of definitions and process": (root("").replace(b'id="d"', b'id="P"'), "id-duplicate"),
    "id of a node in two scopes": (line('<subProcess id="A"><task id="S"/></subProcess>'), "id-duplicate"),
    "id of a flow in two scopes": (line('<subProcess id="A"><task id="x"/><task id="y"/><sequenceFlow id="f_S_A" sourceRef="x" targetRef="y"/></subProcess>'), "id-duplicate"),
    "id of an association and a node": (beside('<textAnnotation id="ta"/><association id="S" sourceRef="E" targetRef="ta"/>'), "id-duplicate"),
    "id of an annotation and a node": (beside('<textAnnotation id="S"/>'), "id-duplicate"),
    "id of a loop and a node": (looped('<standardLoopCharacteristics id="S"/>'), "id-duplicate"),
    "id of a condition and a node": (diagram(START + task("A") + END, "S>A A>E A>A[a=1]").replace(b"<conditionExpression>", b'<conditionExpression id="S">'), "id-duplicate"),
    "id that begins with a minus": (beside('<task id="-a"/>'), "id-malformed"),
    "id that begins with a dot": (beside('<task id=".a"/>'), "id-malformed"),
    "id with a slash": (beside('<task id="a/b"/>'), "id-malformed"),
    "id with a bracket": (beside('<task id="a(1)"/>'), "id-malformed"),
    "id with a comma": (beside('<task id="a,b"/>'), "id-malformed"),
    "id with a plus": (beside('<task id="a+b"/>'), "id-malformed"),
    "id with an at": (beside('<task id="a@b"/>'), "id-malformed"),
    "id with a dollar": (beside('<task id="$a"/>'), "id-malformed"),
    "id of a flow with a digit first": (definitions(f'<process id="P" isExecutable="true">{START}{END}<sequenceFlow id="1" sourceRef="S" targetRef="E"/></process>'), "id-malformed"),
    "id of a process with a digit first": (definitions(process(START + END, "S>E", key="1P")), "id-malformed"),
    "id of a message with a digit first": (root('<message id="1m" name="x"/>'), "id-malformed"),
    "id of a lane with a space": (beside('<laneSet id="ls"><lane id="l 1"/></laneSet>'), "id-malformed"),
    "id of a lane that is empty": (beside('<laneSet id="ls"><lane id=""/></laneSet>'), "id-malformed"),
    # values
    "process that is public and executable": (definitions(process(START + END, "S>E", attributes='processType="Public"')), "public-executable"),
    "process of no type": (definitions(process(START + END, "S>E", attributes='processType="Secret"')), "bad-value"),
    "process closed by a word": (definitions(process(START + END, "S>E", attributes='isClosed="almost"')), "bad-value"),
    "process executable by a word": (definitions(SIMPLE.replace('"true"', '"yes"')), "bad-value"),
    "process with an unknown collaboration": (definitions(process(START + END, "S>E", attributes='definitionalCollaborationRef="zz"')), "unknown-reference"),
    "process with a process as collaboration": (definitions(process(START + END, "S>E", attributes='definitionalCollaborationRef="P"')), "unknown-reference"),
    "process that supports nothing": (inside("<supports>zz</supports>"), "unknown-reference"),
    "process that supports a message": (inside("<supports>m1</supports>"), "unknown-reference"),
    "start that interrupts by a word": (beside("").replace(b'<startEvent id="S"', b'<startEvent id="S" isInterrupting="maybe"'), "bad-value"),
    "start of several by a word": (beside("").replace(b'<startEvent id="S"', b'<startEvent id="S" parallelMultiple="two"'), "bad-value"),
    "guard that cancels by a word": (guarded(MESSAGE).replace(b'cancelActivity="true"', b'cancelActivity="soon"'), "bad-value"),
    "event sub-process by a word": (line('<subProcess id="A" triggeredByEvent="sometimes"><task id="x"/></subProcess>'), "bad-value"),
    "loop in a row by a word": (looped(multi(COLLECTION).replace('"false"', '"mostly"')), "bad-value"),
    "loop tested by a word": (looped('<standardLoopCharacteristics testBefore="later"/>'), "bad-value"),
    "flow that is immediate by a word": (diagram(START + END, "S>E").replace(b"sourceRef", b'isImmediate="no" sourceRef'), "bad-value"),
    "compensation that waits by a word": (line(throw("A", '<compensateEventDefinition waitForCompletion="long"/>')), "bad-value"),
    "ad-hoc that cancels by a word": (ad_hoc(task("x"), attributes='cancelRemainingInstances="all"'), "bad-value"),
    "receive task that starts by a word": (line('<receiveTask id="A" messageRef="m1" instantiate="now"/>'), "bad-value"),
    "association of no direction": (beside('<textAnnotation id="ta"/><association id="as" sourceRef="S" targetRef="ta" associationDirection="Left"/>'), "bad-value"),
    "item of no kind": (root('<itemDefinition id="it" itemKind="Spiritual"/>'), "bad-value"),
    "item that is many by a word": (root('<itemDefinition id="it" isCollection="some"/>'), "bad-value"),
    "store of a wordy capacity": (root('<dataStore id="ds" capacity="large"/>'), "bad-value"),
    "store of half a capacity": (root('<dataStore id="ds" capacity="1.5"/>'), "bad-value"),
    "store that is endless by a word": (root('<dataStore id="ds" isUnlimited="infinite"/>'), "bad-value"),
    "data object that is many by a word": (beside('<dataObject id="do" isCollection="some"/>'), "bad-value"),
    "parameter required by a word": (root('<resource id="r" name="r"><resourceParameter id="rp" isRequired="maybe"/></resource>'), "bad-value"),
    "gateway direction in small letters": (gateway("exclusiveGateway", SPLIT, 'gatewayDirection="diverging" default="f_G_B"'), "bad-value"),
    "gateway direction that is empty": (gateway("exclusiveGateway", SPLIT, 'gatewayDirection="" default="f_G_B"'), "bad-value"),
    "behaviour in small letters": (looped(multi(COLLECTION, attributes='behavior="all"')), "bad-value"),
    "start quantity of a half": (line('<task id="A" startQuantity="1.5"/>'), "bad-quantity"),
    "completion quantity that is empty": (line('<task id="A" completionQuantity=""/>'), "bad-quantity"),
    "participants in a wordy number": (pools('<participant id="p9"><participantMultiplicity minimum="one" maximum="2"/></participant>'), "bad-value"),
    "unknown type of a condition": (diagram(START + task("A") + END, "S>A A>E A>A[a=1]").replace(b"<conditionExpression>", b'<conditionExpression xsi:type="tMagicExpression">'), "unknown-type"),
    # children
    "two conditions of one flow": (diagram(START + task("A") + END, "S>A A>E A>A[a=1]").replace(b"</conditionExpression>", b"</conditionExpression><conditionExpression>b</conditionExpression>"), "child-twice"),
    "two scripts": (line('<scriptTask id="A" scriptFormat="feel"><script>1</script><script>2</script></scriptTask>'), "child-twice"),
    "two loops of one kind": (looped("<standardLoopCharacteristics/><standardLoopCharacteristics/>"), "child-twice"),
    "two cardinalities": (looped(multi("<loopCardinality>1</loopCardinality><loopCardinality>2</loopCardinality>")), "child-twice"),
    "two loop conditions": (looped("<standardLoopCharacteristics><loopCondition>a</loopCondition><loopCondition>b</loopCondition></standardLoopCharacteristics>"), "child-twice"),
    "two collections": (looped(multi("<loopDataInputRef>a</loopDataInputRef><loopDataInputRef>b</loopDataInputRef>")), "child-twice"),
    "two input items": (looped(multi(COLLECTION + '<inputDataItem id="again"/>')), "child-twice"),
    "two completion conditions": (ad_hoc(task("x"), "<completionCondition>a</completionCondition><completionCondition>b</completionCondition>"), "child-twice"),
    "two activation conditions": (gateway("complexGateway", "S>A S>B A>G B>G G>E").replace(b'<complexGateway id="G" />', b'<complexGateway id="G"><activationCondition>a</activationCondition><activationCondition>b</activationCondition></complexGateway>'), "child-twice"),
    "two conditions of one event": (line(catch("A", "<conditionalEventDefinition><condition>a</condition><condition>b</condition></conditionalEventDefinition>")), "child-twice"),
    "two dates": (line(catch("A", "<timerEventDefinition><timeDate>2030-01-01</timeDate><timeDate>2031-01-01</timeDate></timerEventDefinition>")), "child-twice"),
    "two specifications of inputs": (line(task("A", '<ioSpecification id="i1"><inputSet id="a1"/><outputSet id="a2"/></ioSpecification><ioSpecification id="i2"><inputSet id="b1"/><outputSet id="b2"/></ioSpecification>')), "child-twice"),
    "two texts of an annotation": (beside('<textAnnotation id="ta"><text>a</text><text>b</text></textAnnotation>'), "child-twice"),
    "two lane sets in a lane": (beside('<laneSet id="ls"><lane id="l"><childLaneSet id="c1"/><childLaneSet id="c2"/></lane></laneSet>'), "child-twice"),
    "two states of a data object": (beside('<dataObject id="do"><dataState id="s1"/><dataState id="s2"/></dataObject>'), "child-twice"),
    "documentation in documentation's place of a flow": (diagram(START + END, "S>E").replace(b"</sequenceFlow>", b"<text>why</text></sequenceFlow>"), "unknown-element"),
    "condition directly in an event": (line(catch("A", "<condition>a</condition>" + timer("PT1H"))), "unknown-element"),
    "time directly in an event": (line(catch("A", "<timeDuration>PT1H</timeDuration>" + MESSAGE)), "unknown-element"),
    "script in a service task": (line('<serviceTask id="A" camunda:type="external" camunda:topic="t"><script>1</script></serviceTask>'), "unknown-element"),
    "condition in a gateway": (line('<exclusiveGateway id="A"><conditionExpression>a</conditionExpression></exclusiveGateway>'), "unknown-element"),
    "task in a task": (line(task("A", task("x"))), "unknown-element"),
    "flow in a task": (line(task("A", '<sequenceFlow id="x" sourceRef="S" targetRef="E"/>')), "unknown-element"),
    "lane set in a task": (line(task("A", '<laneSet id="ls"/>')), "unknown-element"),
    "participant in a process": (beside('<participant id="pa"/>'), "unknown-element"),
    "message flow in a process": (beside('<messageFlow id="mf" sourceRef="S" targetRef="E"/>'), "unknown-element"),
    "message in a process": (beside('<message id="mm" name="x"/>'), "unknown-element"),
    "error in a process": (beside('<error id="ee" errorCode="x"/>'), "unknown-element"),
    "data store in a process": (beside('<dataStore id="ds"/>'), "unknown-element"),
    "process in a process": (beside('<process id="Q"><task id="q"/></process>'), "unknown-element"),
    "collaboration in a process": (beside('<collaboration id="co"/>'), "unknown-element"),
    "completion condition in a sub-process": (line('<subProcess id="A"><task id="x"/><completionCondition>a</completionCondition></subProcess>'), "unknown-element"),
    "activation condition in an inclusive gateway": (line('<inclusiveGateway id="A"><activationCondition>a</activationCondition></inclusiveGateway>'), "unknown-element"),
    "loop at an event": (line(catch("A", MESSAGE + "<standardLoopCharacteristics/>")), "unknown-element"),
    "loop in a process": (beside("<standardLoopCharacteristics/>"), "unknown-element"),
    "rendering in a service task": (line('<serviceTask id="A" camunda:type="external" camunda:topic="t"><rendering id="r"/></serviceTask>'), "unknown-element"),
    "data input outside a specification": (line(task("A", '<dataInput id="di"/>')), "unknown-element"),
    "choreography task in a process": (beside('<choreographyTask id="ch" initiatingParticipantRef="p"><participantRef>p</participantRef></choreographyTask>'), "unknown-element"),
    "sub-choreography in a process": (beside('<subChoreography id="ch" initiatingParticipantRef="p"/>'), "unknown-element"),
    "called choreography in a process": (beside('<callChoreography id="ch" initiatingParticipantRef="p"/>'), "unknown-element"),
    "conversation in a process": (beside('<conversation id="cv"/>'), "unknown-element"),
    "conversation link in a sub-process": (line('<subProcess id="A"><task id="x"/><conversationLink id="cl" sourceRef="x" targetRef="x"/></subProcess>'), "unknown-element"),
    "terminate that names a message": (diagram(START + end("E", '<terminateEventDefinition messageRef="m1"/>'), "S>E"), "unknown-attribute"),
    "timer as an attribute": (line(catch("A", '<timerEventDefinition timeDuration="PT1H"/>')), "unknown-attribute"),
    "message as an attribute of the event": (beside('<startEvent id="S3" message="m1"/>'), "unknown-attribute"),
    "error code as an attribute of the event": (diagram(START + end("E", '<errorEventDefinition errorCode="E1" errorRef="error_1"/>'), "S>E"), "unknown-attribute"),
    "condition as an attribute of the flow": (diagram(START + END, "S>E").replace(b"sourceRef", b'condition="a" sourceRef'), "unknown-attribute"),
    "source and target by other names": (diagram(START + END, "S>E").replace(b"sourceRef", b'source="S" sourceRef'), "unknown-attribute"),
    "lane with a role of its own": (beside('<laneSet id="ls"><lane id="l" role="CSS"/></laneSet>'), "unknown-attribute"),
    "user task with an assignee of its own": (line('<userTask id="A" assignee="wang"/>'), "unknown-attribute"),
    "message with a payload of its own": (root('<message id="mm" name="x" payload="p"/>'), "unknown-attribute"),
    "process that is executable by another name": (definitions(process(START + END, "S>E", attributes='executable="true"')), "unknown-attribute"),
    "correlation subscription of no key": (inside('<correlationSubscription id="cs"/>'), "missing-attribute"),
    "correlation subscription of an unknown key": (inside('<correlationSubscription id="cs" correlationKeyRef="zz"/>'), "unknown-reference"),
    "correlation binding of nothing": (inside('<correlationSubscription id="cs" correlationKeyRef="zz"><correlationPropertyBinding id="cb"/></correlationSubscription>'), "missing-child"),
    "complex behaviour without condition": (looped(multi(COLLECTION + '<complexBehaviorDefinition id="cbd"/>', attributes='behavior="Complex"')), "missing-child"),
    "interface of nothing": (root('<interface id="if" name="i"/>'), "missing-child"),
    "interface without name": (root('<interface id="if"><operation id="op" name="o"><inMessageRef>m1</inMessageRef></operation></interface>'), "missing-attribute"),
    "operation without name": (root('<interface id="if" name="i"><operation id="op"><inMessageRef>m1</inMessageRef></operation></interface>'), "missing-attribute"),
    "operation without message": (root('<interface id="if" name="i"><operation id="op" name="o"/></interface>'), "missing-child"),
    "operation of an unknown message": (root('<interface id="if" name="i"><operation id="op" name="o"><inMessageRef>zz</inMessageRef></operation></interface>'), "unknown-reference"),
    "operation of a signal": (root('<interface id="if" name="i"><operation id="op" name="o"><inMessageRef>signal_1</inMessageRef></operation></interface>'), "unknown-reference"),
    "operation with an unknown answer": (root('<interface id="if" name="i"><operation id="op" name="o"><inMessageRef>m1</inMessageRef><outMessageRef>zz</outMessageRef></operation></interface>'), "unknown-reference"),
    "operation with an unknown error": (root('<interface id="if" name="i"><operation id="op" name="o"><inMessageRef>m1</inMessageRef><errorRef>zz</errorRef></operation></interface>'), "unknown-reference"),
    "operation with two answers": (root('<interface id="if" name="i"><operation id="op" name="o"><inMessageRef>m1</inMessageRef><outMessageRef>m1</outMessageRef><outMessageRef>m2</outMessageRef></operation></interface>'), "child-twice"),
    "process of an unknown interface": (definitions(process("<supportedInterfaceRef>zz</supportedInterfaceRef>" + START + END, "S>E")), "unknown-reference"),
    "binding of an unknown operation": (definitions(process('<ioBinding id="ib" operationRef="zz" inputDataRef="zz" outputDataRef="zz"/>' + START + END, "S>E")), "unknown-reference"),
    "binding without data": (definitions(process('<ioBinding id="ib" operationRef="zz"/>' + START + END, "S>E")), "missing-attribute"),
    "resource without name": (root('<resource id="r"/>'), "missing-attribute"),
    "correlation property of nothing": (root('<correlationProperty id="cp"/>'), "missing-child"),
    "correlation property of no message": (root('<correlationProperty id="cp"><correlationPropertyRetrievalExpression id="re"><messagePath>a</messagePath></correlationPropertyRetrievalExpression></correlationProperty>'), "missing-attribute"),
    "correlation property of an unknown message": (root('<correlationProperty id="cp"><correlationPropertyRetrievalExpression id="re" messageRef="zz"><messagePath>a</messagePath></correlationPropertyRetrievalExpression></correlationProperty>'), "unknown-reference"),
    "correlation property without path": (root('<correlationProperty id="cp"><correlationPropertyRetrievalExpression id="re" messageRef="m1"/></correlationProperty>'), "missing-child"),
    "message of a process as item": (root('<message id="mm" name="x" itemRef="P"/>'), "unknown-reference"),
    "partner of an unknown participant": (root('<partnerEntity id="pe"><participantRef>zz</participantRef></partnerEntity>'), "unknown-reference"),
    "partner role of a process": (root('<partnerRole id="pr"><participantRef>P</participantRef></partnerRole>'), "unknown-reference"),
    "prefix that nobody declared": (line('<receiveTask id="A" messageRef="tns:m1"/>'), "unknown-prefix"),
    "prefix of another vocabulary": (line('<receiveTask id="A" messageRef="camunda:m1"/>'), "unknown-prefix"),
    "calling by a prefix that nobody declared": (line('<callActivity id="A" calledElement="zz:Q"/>'), "unknown-prefix"),
    "global task that calls an unknown interface": (root("<globalTask id='gt'><supportedInterfaceRef>zz</supportedInterfaceRef></globalTask>"), "unknown-reference"),
    "global user task with a script": (root("<globalUserTask id='gt'><script>1</script></globalUserTask>"), "unknown-element"),
    "global task inside a process": (beside("<globalTask id='gt'/>"), "unknown-element"),
    "global script task in another language": (root("<globalScriptTask id='gt' scriptLanguage='groovy'><script>1</script></globalScriptTask>"), "bad-expression"),
    "category of nothing": (beside('<group id="g" categoryValueRef="zz"/>'), "unknown-reference"),
    "group of a category": (definitions(process(START + END + '<group id="g" categoryValueRef="ca"/>', "S>E"), '<category id="ca"/>'), "unknown-reference"),
    "value of a category among the roots": (root('<categoryValue id="cv"/>'), "unknown-element"),
    "node of an unknown category": (line(task("A", "<categoryValueRef>zz</categoryValueRef>")), "unknown-reference"),
}  # fmt: skip
