"""Data, pools, lanes, message flows, conversations and choreographies that BPMN 2.0.2 forbids."""

# ruff: noqa: E501  (a table of models: one entry reads best as it is drawn)

from __future__ import annotations

from tests.engine.bpmn._corpus.invalid_files import inside, root
from tests.engine.bpmn.diagrams import *
from tests.engine.bpmn.invalid_models import SIMPLE, beside, line, message_flow, pools

Model = tuple[bytes, str]
OBJECT = '<dataObject id="do" name="d"/><dataObjectReference id="dr" dataObjectRef="do"/>'
OPERATION = (
    '<interface id="if" name="i"><operation id="op" name="o"><inMessageRef>m1</inMessageRef></operation></interface>'
)


def io(
    sets: str = "<inputSet id='is'/><outputSet id='os'/>", data: str = '<dataInput id="di"/><dataOutput id="dd"/>'
) -> bytes:
    return line(task("A", f'<ioSpecification id="io">{data}{sets}</ioSpecification>'))


def given(association: str, extra: str = OBJECT, data: str = '<dataInput id="di"/>') -> bytes:
    """A task with an input and an association of data."""
    spec = f'<ioSpecification id="io">{data}<inputSet id="is"><dataInputRefs>di</dataInputRefs></inputSet><outputSet id="os"/></ioSpecification>'
    return diagram(START + task("A", spec + association) + END + extra, "S>A A>E")


def into(source: str, target: str) -> str:
    return f'<dataInputAssociation id="da"><sourceRef>{source}</sourceRef><targetRef>{target}</targetRef></dataInputAssociation>'


def out_of(source: str, target: str) -> str:
    return f'<dataOutputAssociation id="da"><sourceRef>{source}</sourceRef><targetRef>{target}</targetRef></dataOutputAssociation>'


def lanes(text: str, nodes: str = "") -> bytes:
    return definitions(process(f'<laneSet id="ls">{text}</laneSet>' + START + END + nodes, "S>E"))


def lane(id_: str, *nodes: str, inner: str = "") -> str:
    return f'<lane id="{id_}">{"".join(f"<flowNodeRef>{node}</flowNodeRef>" for node in nodes)}{inner}</lane>'


def conversing(text: str) -> bytes:
    return pools(text)


def choreographed(text: str) -> bytes:
    people = '<participant id="c1"/><participant id="c2"/><participant id="c3"/><messageFlow id="cm" sourceRef="c1" targetRef="c2"/>'
    return root(f'<choreography id="ch">{people}{text}</choreography>')


TWO = "<participantRef>c1</participantRef><participantRef>c2</participantRef>"
FLOW = "<messageFlowRef>cm</messageFlowRef>"
TALK = '<conversation id="cv"><participantRef>p1</participantRef><participantRef>p2</participantRef></conversation>'

MODELS: dict[str, Model] = {
    # inputs and outputs
    "specification without input set": (io("<outputSet id='os'/>"), "missing-child"),
    "specification without output set": (io("<inputSet id='is'/>"), "missing-child"),
    "specification of nothing": (line(task("A", '<ioSpecification id="io"/>')), "missing-child"),
    "input set of an output": (io("<inputSet id='is'><dataInputRefs>dd</dataInputRefs></inputSet><outputSet id='os'/>"), "unknown-reference"),
    "output set of an input": (io("<inputSet id='is'/><outputSet id='os'><dataOutputRefs>di</dataOutputRefs></outputSet>"), "unknown-reference"),
    "output set of a missing output": (io("<inputSet id='is'/><outputSet id='os'><dataOutputRefs>zz</dataOutputRefs></outputSet>"), "unknown-reference"),
    "input set of nothing": (io("<inputSet id='is'><dataInputRefs/></inputSet><outputSet id='os'/>"), "unknown-reference"),
    "input set with a missing optional": (io("<inputSet id='is'><optionalInputRefs>zz</optionalInputRefs></inputSet><outputSet id='os'/>"), "unknown-reference"),
    "input set with an optional that it does not hold": (io("<inputSet id='is'><optionalInputRefs>di</optionalInputRefs></inputSet><outputSet id='os'/>"), "not-in-set"),
    "input set that executes what it does not hold": (io("<inputSet id='is'><whileExecutingInputRefs>di</whileExecutingInputRefs></inputSet><outputSet id='os'/>"), "not-in-set"),
    "output set with an optional that it does not hold": (io("<inputSet id='is'/><outputSet id='os'><optionalOutputRefs>dd</optionalOutputRefs></outputSet>"), "not-in-set"),
    "output set that executes what it does not hold": (io("<inputSet id='is'/><outputSet id='os'><whileExecutingOutputRefs>dd</whileExecutingOutputRefs></outputSet>"), "not-in-set"),
    "input set of an output set that is missing": (io("<inputSet id='is'><outputSetRefs>zz</outputSetRefs></inputSet><outputSet id='os'/>"), "unknown-reference"),
    "output set of an input set that is missing": (io("<inputSet id='is'/><outputSet id='os'><inputSetRefs>zz</inputSetRefs></outputSet>"), "unknown-reference"),
    "input set of another task": (diagram(START + task("A", '<ioSpecification id="i1"><dataInput id="d1"/><inputSet id="a1"/><outputSet id="a2"/></ioSpecification>') + task("B", '<ioSpecification id="i2"><inputSet id="b1"><dataInputRefs>d1</dataInputRefs></inputSet><outputSet id="b2"/></ioSpecification>') + END, "S>A A>B B>E"), "foreign-data"),
    "output set of another task": (diagram(START + task("A", '<ioSpecification id="i1"><dataOutput id="d1"/><inputSet id="a1"/><outputSet id="a2"/></ioSpecification>') + task("B", '<ioSpecification id="i2"><inputSet id="b1"/><outputSet id="b2"><dataOutputRefs>d1</dataOutputRefs></outputSet></ioSpecification>') + END, "S>A A>B B>E"), "foreign-data"),
    "specification of a gateway": (line('<exclusiveGateway id="A"><ioSpecification id="io"><inputSet id="is"/><outputSet id="os"/></ioSpecification></exclusiveGateway>'), "unknown-element"),
    "specification of an event": (line(catch("A", '<ioSpecification id="io"><inputSet id="is"/><outputSet id="os"/></ioSpecification>' + MESSAGE)), "unknown-element"),
    "property of a gateway": (line('<exclusiveGateway id="A"><property id="p"/></exclusiveGateway>'), "unknown-element"),
    "input of a catch": (line(catch("A", '<dataInput id="di"/>' + MESSAGE)), "unknown-element"),
    "output of a throw": (line(throw("A", '<dataOutput id="di"/>' + MESSAGE)), "unknown-element"),
    "input set of a start": (beside('<startEvent id="S9"><inputSet id="is"/></startEvent>'), "unknown-element"),
    "two input sets of an end": (diagram(START + end("E", '<inputSet id="a"/><inputSet id="b"/>'), "S>E"), "child-twice"),
    "input that is many while its item is one": (definitions(process(START + task("A", '<ioSpecification id="io"><dataInput id="di" itemSubjectRef="it" isCollection="true"/><inputSet id="is"/><outputSet id="os"/></ioSpecification>') + END, "S>A A>E"), '<itemDefinition id="it"/>'), "collection-mismatch"),
    "data object that is one while its item is many": (definitions(process(START + END + '<dataObject id="do" itemSubjectRef="it"/>', "S>E"), '<itemDefinition id="it" isCollection="true"/>'), "collection-mismatch"),
    "data object of a message": (beside('<dataObject id="do" itemSubjectRef="m1"/>'), "unknown-reference"),
    "property of a process": (line(task("A", '<property id="p" itemSubjectRef="P"/>')), "unknown-reference"),
    # associations of data
    "data into a gateway": (line('<exclusiveGateway id="A"><dataInputAssociation id="da"><targetRef>A</targetRef></dataInputAssociation></exclusiveGateway>'), "unknown-element"),
    "data into a start": (beside('<startEvent id="S9"><dataInputAssociation id="da"><targetRef>S9</targetRef></dataInputAssociation></startEvent>'), "unknown-element"),
    "data out of an end": (diagram(START + end("E", '<dataOutputAssociation id="da"><targetRef>E</targetRef></dataOutputAssociation>'), "S>E"), "unknown-element"),
    "data from a node": (given(into("S", "di")), "bad-data-association"),
    "data from a flow": (given(into("f_S_A", "di")), "bad-data-association"),
    "data from a message": (given(into("m1", "di")), "bad-data-association"),
    "data into a flow": (given(into("dr", "f_S_A")), "bad-data-association"),
    "data into a lane": (given(into("dr", "l"), OBJECT + '<laneSet id="ls"><lane id="l"/></laneSet>'), "bad-data-association"),
    "data into the process": (given(into("dr", "P")), "bad-data-association"),
    "data into another node": (given(into("dr", "E")), "bad-data-association"),
    "data into a data object": (given(into("di", "dr")), "bad-data-association"),
    "data into the input of another task": (diagram(START + task("A", '<ioSpecification id="io"><dataInput id="di"/><inputSet id="is"/><outputSet id="os"/></ioSpecification>') + task("B", into("dr", "di")) + END + OBJECT, "S>A A>B B>E"), "foreign-data"),
    "data out of the output of another task": (diagram(START + task("A", '<ioSpecification id="io"><dataOutput id="dd"/><inputSet id="is"/><outputSet id="os"/></ioSpecification>') + task("B", out_of("dd", "dr")) + END + OBJECT, "S>A A>B B>E"), "foreign-data"),
    "data out of a node": (given(out_of("A", "E")), "bad-data-association"),
    "data out into a flow": (given(out_of("di", "f_S_A")), "bad-data-association"),
    "data from several without computing": (given('<dataInputAssociation id="da"><sourceRef>dr</sourceRef><sourceRef>d2</sourceRef><targetRef>di</targetRef></dataInputAssociation>', OBJECT + '<dataObject id="d2"/>'), "several-sources"),
    "data with two targets": (given('<dataInputAssociation id="da"><sourceRef>dr</sourceRef><targetRef>di</targetRef><targetRef>di</targetRef></dataInputAssociation>'), "child-twice"),
    "data without target": (given('<dataInputAssociation id="da"><sourceRef>dr</sourceRef></dataInputAssociation>'), "missing-child"),
    "data with two transformations": (given('<dataInputAssociation id="da"><sourceRef>dr</sourceRef><targetRef>di</targetRef><transformation>1</transformation><transformation>2</transformation></dataInputAssociation>'), "child-twice"),
    "data with half an assignment": (given('<dataInputAssociation id="da"><sourceRef>dr</sourceRef><targetRef>di</targetRef><assignment id="as"><from>1</from></assignment></dataInputAssociation>'), "missing-child"),
    "data with an assignment from nothing": (given('<dataInputAssociation id="da"><sourceRef>dr</sourceRef><targetRef>di</targetRef><assignment id="as"><to>di</to></assignment></dataInputAssociation>'), "missing-child"),
    "data with a broken assignment": (given('<dataInputAssociation id="da"><sourceRef>dr</sourceRef><targetRef>di</targetRef><assignment id="as"><from>1 +</from><to>di</to></assignment></dataInputAssociation>'), "bad-expression"),
    "data with a broken transformation": (given('<dataInputAssociation id="da"><sourceRef>dr</sourceRef><targetRef>di</targetRef><transformation>(1</transformation></dataInputAssociation>'), "bad-expression"),
    "data from a missing source": (given(into("zz", "di")), "unknown-reference"),
    "data into a missing target": (given(into("dr", "zz")), "unknown-reference"),
    "data association that is abstract": (given('<dataAssociation id="da"><targetRef>di</targetRef></dataAssociation>'), "unknown-element"),
    "reference to a data store": (beside('<dataObjectReference id="r" dataObjectRef="ds"/>').replace(b"<message id", b'<dataStore id="ds"/><message id', 1), "unknown-reference"),
    "reference to a reference": (beside(OBJECT + '<dataObjectReference id="r" dataObjectRef="dr"/>'), "unknown-reference"),
    "store reference to a data object": (beside(OBJECT + '<dataStoreReference id="r" dataStoreRef="do"/>'), "unknown-reference"),
    "store reference to a node": (beside('<dataStoreReference id="r" dataStoreRef="S"/>'), "unknown-reference"),
    "data state among the roots": (root('<dataState id="st" name="open"/>'), "unknown-element"),
    "data object in a lane": (lanes('<lane id="l"><dataObject id="do"/></lane>'), "unknown-element"),
    # lanes
    "lane outside a lane set": (beside('<lane id="l"/>'), "unknown-element"),
    "lane of a process": (lanes(lane("l", "P")), "unknown-reference"),
    "lane of a lane": (lanes(lane("l", "l2") + lane("l2")), "unknown-reference"),
    "lane of nothing": (lanes(lane("l", "")), "unknown-reference"),
    "lane of a node in another process": (definitions(process(f'<laneSet id="ls">{lane("l", "q")}</laneSet>' + START + END, "S>E"), '<process id="Q" isExecutable="true"><task id="q"/></process>'), "foreign-lane"),
    "two lanes of one node": (lanes(lane("l", "S") + lane("l2", "S")), "two-lanes"),
    "two lanes of one node, inside": (lanes(lane("l", "S", inner=f'<childLaneSet id="cl">{lane("l1", "S")}{lane("l2", "S")}</childLaneSet>')), "two-lanes"),
    "lane of a missing partition": (lanes('<lane id="l" partitionElementRef="zz"/>'), "unknown-reference"),
    "lane with a task drawn in it": (lanes(f'<lane id="l">{task("A")}</lane>'), "unknown-element"),
    "lane of a flow between others": (lanes(lane("l", "f_S_E")), "unknown-reference"),
    # pools and message flows
    "pool of a global task": (pools('<participant id="p9" processRef="gt"/>').replace(b"<message id", b'<globalTask id="gt"/><message id', 1), "unknown-reference"),
    "pool of a message": (pools('<participant id="p9" processRef="m1"/>'), "unknown-reference"),
    "pool of a node": (pools('<participant id="p9" processRef="A"/>'), "unknown-reference"),
    "pool of an unknown interface": (pools('<participant id="p9"><interfaceRef>zz</interfaceRef></participant>'), "unknown-reference"),
    "pool of an unknown end point": (pools('<participant id="p9"><endPointRef>zz</endPointRef></participant>'), "unknown-reference"),
    "pool of nobody": (pools('<participant id="p9" processRef="P"><participantMultiplicity minimum="0" maximum="0"/></participant>'), "bad-multiplicity"),
    "pool of fewer than none": (pools('<participant id="p9" processRef="P"><participantMultiplicity minimum="-1" maximum="2"/></participant>'), "bad-multiplicity"),
    "pool of more than it may": (pools('<participant id="p9"><participantMultiplicity minimum="5" maximum="2"/></participant>'), "bad-multiplicity"),
    "pool of two multiplicities": (pools('<participant id="p9"><participantMultiplicity minimum="1" maximum="2"/><participantMultiplicity minimum="1" maximum="2"/></participant>'), "child-twice"),
    "message flow without any end": (pools('<messageFlow id="mf"/>'), "missing-attribute"),
    "message flow without source": (pools('<messageFlow id="mf" targetRef="p2"/>'), "missing-attribute"),
    "message flow from nowhere": (message_flow("zz", "p3"), "unknown-reference"),
    "message flow from a pool into itself": (message_flow("p1", "p1"), "message-flow-inside"),
    "message flow from a black box into itself": (message_flow("p3", "p3"), "message-flow-inside"),
    "message flow from a pool to its own node": (message_flow("p1", "A"), "message-flow-inside"),
    "message flow from a node to its own pool": (message_flow("T", "p1"), "message-flow-inside"),
    "message flow from a node to itself": (message_flow("A", "A"), "message-flow-inside"),
    "message flow from a start": (message_flow("S", "p3"), "bad-message-flow"),
    "message flow into an end": (message_flow("p3", "E"), "bad-message-flow"),
    "message flow out of a catch": (message_flow("C", "p3"), "bad-message-flow"),
    "message flow into a throw": (message_flow("p3", "T"), "bad-message-flow"),
    "message flow into a timer": (message_flow("p3", "C"), "bad-message-flow"),
    "message flow from a process": (message_flow("P", "p3"), "bad-message-flow"),
    "message flow to a message": (message_flow("A", "m1"), "bad-message-flow"),
    "message flow from a collaboration": (message_flow("c", "p3"), "bad-message-flow"),
    "message flow of an unknown message": (pools('<messageFlow id="mf" sourceRef="A" targetRef="p3" messageRef="zz"/>'), "unknown-reference"),
    "message flow of a signal": (pools('<messageFlow id="mf" sourceRef="A" targetRef="p3" messageRef="signal_1"/>'), "unknown-reference"),
    "message flow into a gateway": (pools('<messageFlow id="mf" sourceRef="p3" targetRef="G9"/>').replace(b'<task id="A">', b'<exclusiveGateway id="G9"/><task id="A">'), "bad-message-flow"),
    "message flow into a data object": (pools('<messageFlow id="mf" sourceRef="p3" targetRef="do"/>').replace(b'<task id="A">', b'<dataObject id="do"/><task id="A">'), "bad-message-flow"),
    "message flow into a lane": (pools('<messageFlow id="mf" sourceRef="p3" targetRef="l9"/>').replace(b'<startEvent id="S"/>', b'<laneSet id="ls"><lane id="l9"/></laneSet><startEvent id="S"/>'), "bad-message-flow"),
    "message flow into a start by a timer": (pools('<messageFlow id="mf" sourceRef="p3" targetRef="S"/>').replace(b'<startEvent id="S"/>', b'<startEvent id="S"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></startEvent>'), "bad-message-flow"),
    "message flow out of an end by a signal": (definitions('<collaboration id="co"><participant id="p1" processRef="P"/><participant id="p2"/><messageFlow id="mf" sourceRef="E" targetRef="p2"/></collaboration>', process(START + end("E", SIGNAL), "S>E")), "bad-message-flow"),
    "message flow into a guard by a timer": (definitions('<collaboration id="co"><participant id="p1" processRef="P"/><participant id="p2"/><messageFlow id="mf" sourceRef="p2" targetRef="B"/></collaboration>', process(START + user("A") + boundary("B", "A", timer("PT1H")) + END, "S>A A>E B>E")), "bad-message-flow"),
    "message flow out of a guard": (definitions('<collaboration id="co"><participant id="p1" processRef="P"/><participant id="p2"/><messageFlow id="mf" sourceRef="B" targetRef="p2"/></collaboration>', process(START + user("A") + boundary("B", "A", MESSAGE) + END, "S>A A>E B>E")), "bad-message-flow"),
    "message flow between a sub-process and its own node": (definitions('<collaboration id="co"><participant id="p1" processRef="P"/><messageFlow id="mf" sourceRef="A" targetRef="x"/></collaboration>', process(START + sub("A", '<startEvent id="s"/>' + task("x") + end("e"), "s>x x>e") + END, "S>A A>E")), "message-flow-inside"),
    "sequence flow in a collaboration": (pools('<sequenceFlow id="sf" sourceRef="E" targetRef="S2"/>'), "unknown-element"),
    "task in a collaboration": (pools(task("x")), "unknown-element"),
    "lane set in a collaboration": (pools('<laneSet id="ls"/>'), "unknown-element"),
    "collaboration of an unknown choreography": (pools("<choreographyRef>zz</choreographyRef>"), "unknown-reference"),
    "pools matched with an unknown one": (pools('<participantAssociation id="pa"><innerParticipantRef>p1</innerParticipantRef><outerParticipantRef>zz</outerParticipantRef></participantAssociation>'), "unknown-reference"),
    "pools matched with half of it": (pools('<participantAssociation id="pa"><innerParticipantRef>p1</innerParticipantRef></participantAssociation>'), "missing-child"),
    "pools matched with a process": (pools('<participantAssociation id="pa"><innerParticipantRef>p1</innerParticipantRef><outerParticipantRef>P</outerParticipantRef></participantAssociation>'), "unknown-reference"),
    "message flows matched with half of it": (pools('<messageFlow id="mf" sourceRef="A" targetRef="p3"/><messageFlowAssociation id="ma" innerMessageFlowRef="mf"/>'), "missing-attribute"),
    "message flows matched with an unknown one": (pools('<messageFlow id="mf" sourceRef="A" targetRef="p3"/><messageFlowAssociation id="ma" innerMessageFlowRef="mf" outerMessageFlowRef="zz"/>'), "unknown-reference"),
    "correlation key of an unknown property": (pools('<correlationKey id="ck"><correlationPropertyRef>zz</correlationPropertyRef></correlationKey>'), "unknown-reference"),
    "correlation key of a message": (pools('<correlationKey id="ck"><correlationPropertyRef>m1</correlationPropertyRef></correlationKey>'), "unknown-reference"),
    # conversations and choreographies
    "conversation of one": (conversing('<conversation id="cv"><participantRef>p1</participantRef></conversation>'), "lonely-conversation"),
    "conversation of an unknown pool": (conversing('<conversation id="cv"><participantRef>p1</participantRef><participantRef>zz</participantRef></conversation>'), "unknown-reference"),
    "conversation of an unknown message flow": (conversing(TALK.replace("</conversation>", "<messageFlowRef>zz</messageFlowRef></conversation>")), "unknown-reference"),
    "conversation in a process": (inside('<subConversation id="sc"/>'), "unknown-element"),
    "conversation among the roots": (root('<conversation id="cv"/>'), "unknown-element"),
    "link of a conversation without source": (conversing(TALK + '<conversationLink id="cl" targetRef="cv"/>'), "missing-attribute"),
    "link of a conversation to nowhere": (conversing(TALK + '<conversationLink id="cl" sourceRef="p1" targetRef="zz"/>'), "unknown-reference"),
    "link of a conversation between pools": (conversing(TALK + '<conversationLink id="cl" sourceRef="p1" targetRef="p2"/>'), "bad-conversation-link"),
    "link of a conversation between conversations": (conversing(TALK + TALK.replace('"cv"', '"cw"') + '<conversationLink id="cl" sourceRef="cv" targetRef="cw"/>'), "bad-conversation-link"),
    "link of a conversation to a gateway": (conversing(TALK + '<conversationLink id="cl" sourceRef="f_S_A" targetRef="cv"/>'), "bad-conversation-link"),
    "called conversation of an unknown one": (conversing('<callConversation id="cc" calledCollaborationRef="zz"><participantRef>p1</participantRef><participantRef>p2</participantRef></callConversation>'), "unknown-reference"),
    "conversations matched with half of it": (conversing(TALK + '<conversationAssociation id="ca" innerConversationNodeRef="cv"/>'), "missing-attribute"),
    "conversations matched with a pool": (conversing(TALK + '<conversationAssociation id="ca" innerConversationNodeRef="cv" outerConversationNodeRef="p1"/>'), "unknown-reference"),
    "global conversation with conversations": (root('<globalConversation id="gc"><conversation id="cv"/></globalConversation>'), "conversation-in-global"),
    "choreography task of one": (choreographed(f'<choreographyTask id="ct" initiatingParticipantRef="c1"><participantRef>c1</participantRef>{FLOW}</choreographyTask>'), "missing-child"),
    "choreography task that nobody begins": (choreographed(f'<choreographyTask id="ct">{TWO}{FLOW}</choreographyTask>'), "missing-attribute"),
    "choreography task that an outsider begins": (choreographed(f'<choreographyTask id="ct" initiatingParticipantRef="c3">{TWO}{FLOW}</choreographyTask>'), "outsider-begins"),
    "choreography task that a stranger begins": (choreographed(f'<choreographyTask id="ct" initiatingParticipantRef="zz">{TWO}{FLOW}</choreographyTask>'), "unknown-reference"),
    "choreography task without message": (choreographed(f'<choreographyTask id="ct" initiatingParticipantRef="c1">{TWO}</choreographyTask>'), "missing-child"),
    "choreography task with three messages": (choreographed(f'<choreographyTask id="ct" initiatingParticipantRef="c1">{TWO}{FLOW * 3}</choreographyTask>'), "child-twice"),
    "choreography task with an unknown loop": (choreographed(f'<choreographyTask id="ct" initiatingParticipantRef="c1" loopType="Forever">{TWO}{FLOW}</choreographyTask>'), "bad-value"),
    "called choreography that is missing": (choreographed(f'<callChoreography id="ct" initiatingParticipantRef="c1" calledChoreographyRef="zz">{TWO}</callChoreography>'), "unknown-reference"),
    "global choreography task that nobody begins": (root('<globalChoreographyTask id="gc"/>'), "missing-attribute"),
    # messages and operations
    "message of another operation": (definitions(process(START + catch("A", '<messageEventDefinition messageRef="m2"><operationRef>op</operationRef></messageEventDefinition>') + END, "S>A A>E"), OPERATION), "wrong-message"),
    "send of another operation": (definitions(process(START + '<sendTask id="A" messageRef="m2" operationRef="op"/>' + END, "S>A A>E"), OPERATION), "wrong-message"),
    "receive of another operation": (definitions(process(START + '<receiveTask id="A" messageRef="m2" operationRef="op"/>' + END, "S>A A>E"), OPERATION), "wrong-message"),
    "binding of an operation that is not supported": (definitions(process('<ioSpecification id="io"><dataInput id="di"/><dataOutput id="dd"/><inputSet id="is"/><outputSet id="os"/></ioSpecification><ioBinding id="ib" operationRef="op" inputDataRef="is" outputDataRef="os"/>' + START + END, "S>E"), OPERATION), "unsupported-operation"),
    "operation twice": (root(OPERATION + OPERATION.replace('"if"', '"if2"')), "id-duplicate"),
    "parameter of another resource": (definitions(process(START + user("A", '<performer id="po"><resourceRef>r</resourceRef><resourceParameterBinding id="b" parameterRef="q1"><formalExpression>1</formalExpression></resourceParameterBinding></performer>') + END, "S>A A>E"), '<resource id="r" name="r"/><resource id="q" name="q"><resourceParameter id="q1" name="x"/></resource>'), "foreign-parameter"),
    # artifacts
    "association of nothing": (beside('<association id="as"/>'), "missing-attribute"),
    "association from nowhere": (beside('<association id="as" sourceRef="zz" targetRef="S"/>'), "unknown-reference"),
    "association in a task": (line(task("A", '<association id="as" sourceRef="A" targetRef="S"/>')), "unknown-element"),
    "annotation in a task": (line(task("A", '<textAnnotation id="ta"/>')), "unknown-element"),
    "annotation with a task in it": (beside(f'<textAnnotation id="ta">{task("A")}</textAnnotation>'), "unknown-element"),
    "simple process beside a broken one": (definitions(SIMPLE, process('<startEvent id="S2"/><endEvent id="E2"/>', "S2>zz", key="Q")), "unknown-reference"),
}  # fmt: skip
