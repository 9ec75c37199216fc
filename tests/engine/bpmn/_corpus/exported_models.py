"""Legal diagrams as modelling tools write them: the same drawings in many dialects, and what is special to some.

No file of another house is in here; the dialects were written down from what such files look like: prefixes, ids,
lists of flows or none, layout or none, foreign extensions, encodings.
"""

# ruff: noqa: E501  (a table of models: one entry reads best as it is drawn)

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.engine.bpmn.diagrams import flows

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DRAWING = (
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
_NODE = re.compile(r'<(\w*(?:Task|task|Event|Gateway|subProcess|callActivity|transaction)) id="(\w+)"([^>]*?)(/?)>')
_FLOW = re.compile(r'<sequenceFlow id="(\w+)" sourceRef="(\w+)" targetRef="(\w+)"')
_SHAPED = re.compile(
    r'<(?!sequenceFlow|messageFlow|association)(?:\w*(?:Task|task|Event|Gateway|subProcess)|participant|lane|textAnnotation|dataObjectReference|dataStoreReference|group|callActivity|transaction) id="(\w+)"'
)


@dataclass(frozen=True)
class Dialect:
    """How one family of tools writes a diagram."""

    prefix: str = ""
    head: str = ""
    extension: str = ""
    node_attributes: str = ""
    listed: bool = True
    drawn: bool = True
    id_format: str = "{}"
    encode: Callable[[str], bytes] = str.encode
    target: str = "http://example.org/bpmn"


def _with_lists(text: str) -> str:
    """Adds what each node says of its flows."""
    found = _FLOW.findall(text)

    def lists(match: re.Match[str]) -> str:
        tag, id_, rest, closed = match.groups()
        inner = "".join(f"<incoming>{f}</incoming>" for f, _, target in found if target == id_)
        inner += "".join(f"<outgoing>{f}</outgoing>" for f, source, _ in found if source == id_)
        return f'<{tag} id="{id_}"{rest}>{inner}' + (f"</{tag}>" if closed else "")

    return _NODE.sub(lists, text)


def _drawing(text: str, root: str) -> str:
    shapes = "".join(
        f'<bpmndi:BPMNShape id="{id_}_di" bpmnElement="{id_}" isHorizontal="true"><dc:Bounds x="{n * 150}" y="80" width="100" height="80"/>'
        f'<bpmndi:BPMNLabel><dc:Bounds x="{n * 150}" y="170" width="60" height="14"/></bpmndi:BPMNLabel></bpmndi:BPMNShape>'
        for n, id_ in enumerate(_SHAPED.findall(text))
    )
    edges = "".join(
        f'<bpmndi:BPMNEdge id="{id_}_di" bpmnElement="{id_}"><di:waypoint xsi:type="dc:Point" x="1" y="1"/><di:waypoint x="9" y="1"/></bpmndi:BPMNEdge>'
        for id_, _, _ in _FLOW.findall(text)
    )
    style = (
        '<bpmndi:BPMNLabelStyle id="style"><dc:Font name="arial" size="9.0" isBold="false"/></bpmndi:BPMNLabelStyle>'
    )
    return f'<bpmndi:BPMNDiagram id="diagram" name="d" resolution="96.0"><bpmndi:BPMNPlane id="plane" bpmnElement="{root}">{shapes}{edges}</bpmndi:BPMNPlane>{style}</bpmndi:BPMNDiagram>'


def written(dialect: Dialect, text: str) -> bytes:
    """Writes a drawing in a dialect."""
    text = _with_lists(text) if dialect.listed else text
    if dialect.extension:
        text = re.sub(r"(<process [^>]*>)", rf"\1<extensionElements>{dialect.extension}</extensionElements>", text)
        text = re.sub(
            r"(<userTask [^>]*[^/]>)(?!<doc)", rf"\1<extensionElements>{dialect.extension}</extensionElements>", text
        )
    if dialect.node_attributes:
        text = re.sub(
            r"<(userTask|startEvent|exclusiveGateway|sequenceFlow) ", rf"<\1 {dialect.node_attributes} ", text
        )
    root = "co" if "<collaboration" in text else "P"
    drawing = _drawing(text, root) if dialect.drawn else ""
    for id_ in sorted(set(re.findall(r'\bid="(\w+)"', text)), key=len, reverse=True):
        text, drawing = (
            re.sub(rf'(?<=[">]){id_}(?=["<])', dialect.id_format.format(id_), part) for part in (text, drawing)
        )
    if dialect.prefix:
        text = re.sub(r"<(/?)(\w+)(?![\w:])", rf"<\1{dialect.prefix}:\2", text)
    colon, name = (":" if dialect.prefix else "", dialect.prefix)
    space = f'xmlns{colon}{name}="{BPMN}" {DRAWING} {dialect.head}'
    open_, close = f"{name}{colon}definitions", f"{name}{colon}definitions"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{open_} {space} id="defs" targetNamespace="{dialect.target}">{text}{drawing}</{close}>'
    return dialect.encode(body)


def _utf16(text: str) -> bytes:
    return text.replace("UTF-8", "UTF-16").encode("utf-16")


def _mark(text: str) -> bytes:
    return b"\xef\xbb\xbf" + text.encode()


def _windows(text: str) -> bytes:
    return text.replace("><", ">\r\n\t<").encode()


def _commented(text: str) -> bytes:
    return text.replace("><", "><!-- by the tool --><?tool seen?><", 3).encode()


DIALECTS = {
    "bpmn.io": Dialect("bpmn", 'exporter="bpmn-js (https://demo.bpmn.io)" exporterVersion="17.0"', id_format="Element_{}", target="http://bpmn.io/schema/bpmn"),
    "Camunda Modeler": Dialect("bpmn", 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:modeler="http://camunda.org/schema/modeler/1.0" xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0" modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.20.0"', '<camunda:properties><camunda:property name="a" value="b"/></camunda:properties>'),
    "Signavio": Dialect("", 'xmlns:signavio="http://www.signavio.com" xsi:schemaLocation="http://www.omg.org/spec/BPMN/20100524/MODEL http://www.omg.org/spec/BPMN/2.0/20100501/BPMN20.xsd" exporter="Signavio Process Editor" expressionLanguage="http://www.w3.org/TR/XPath" typeLanguage="http://www.w3.org/2001/XMLSchema"', '<signavio:signavioMetaData metaKey="bgcolor" metaValue="#ffffcc"/>', id_format="sid-{}-ABCD"),
    "Bizagi": Dialect("", 'xmlns:bizagi="http://www.bizagi.com/bpmn20" exporter="Bizagi Modeler" exporterVersion="3.9"', "<bizagi:BizagiExtensions><bizagi:BizagiProperties/></bizagi:BizagiExtensions>", id_format="Id_{}-9f"),
    "Visual Paradigm": Dialect("", 'xmlns:vp="http://www.visual-paradigm.com" exporter="Visual Paradigm"', '<vp:property name="color" value="1"/>', "vp:pmid='12'", id_format="_{}.77"),
    "Enterprise Architect": Dialect("bpmn", 'exporter="Enterprise Architect" exporterVersion="15.2" expressionLanguage="http://www.w3.org/1999/XPath"', id_format="EAID_{}_2B"),
    "ADONIS": Dialect("", 'xmlns:adonis="http://www.boc-eu.com/boc-is/adonis" exporter="ADONIS NP"', '<adonis:modelattributes><adonis:attribute name="A"/></adonis:modelattributes>', drawn=False),
    "Trisotech": Dialect("semantic", 'xmlns:triso="http://www.trisotech.com/2015/triso/bpmn" xmlns:trisofeed="http://trisotech.com/feed" triso:logoChoice="Default" exporter="Workflow Modeler"', node_attributes="triso:color='red'", encode=_mark),
    "Flowable": Dialect("", 'xmlns:flowable="http://flowable.org/bpmn" typeLanguage="http://www.w3.org/2001/XMLSchema" expressionLanguage="http://www.w3.org/1999/XPath" exporter="Flowable"', '<flowable:formProperty id="x" name="y"/>', "flowable:async='true'", listed=False),
    "Activiti": Dialect("", 'xmlns:activiti="http://activiti.org/bpmn" typeLanguage="http://www.w3.org/2001/XMLSchema"', "<activiti:modeler-info/>", listed=False, id_format="sid-{}"),
    "jBPM": Dialect("bpmn2", 'xmlns:drools="http://www.jboss.org/drools" xmlns:bpsim="http://www.bpsim.org/schemas/1.0" exporter="jBPM Process Modeler" expressionLanguage="http://www.mvel.org/2.0" typeLanguage="http://www.java.com/javaTypes"', "<drools:metaData name='elementname'><drools:metaValue><![CDATA[x]]></drools:metaValue></drools:metaData>", "drools:selectable='true'", id_format="_{}-4E"),
    "IBM BAW": Dialect("ns16", 'xmlns:ns3="http://www.ibm.com/xmlns/prod/bpm/bpmn/ext" xmlns:ns4="http://www.ibm.com/bpm/Extensions"', "<ns4:participantExtension/>", "ns3:x='1'", id_format="bpdid_{}"),
    "Yaoqiang": Dialect("", 'xmlns:yaoqiang="http://bpmn.sourceforge.net" xmlns:xsd="http://www.w3.org/2001/XMLSchema" exporter="Yaoqiang BPMN Editor" typeLanguage="http://www.w3.org/2001/XMLSchema"', '<yaoqiang:pageFormat height="841" width="598"/>', id_format="_{}", encode=_commented),
    "Bonita": Dialect("model", 'xmlns:bonitaConnector="http://www.bonitasoft.org/studio/connector" exporter="BonitaSoft" expressionLanguage="http://groovy.codehaus.org/"', id_format="_{}", encode=_windows),
    "ARIS": Dialect("", 'xmlns:aris="http://www.softwareag.com/aris/bpmn2" exporter="ARIS"', '<aris:guid>1-2</aris:guid>', "aris:symbol='x'", drawn=False),
    "Visio": Dialect("", 'exporter="Microsoft Visio"', encode=_utf16, id_format="Shape_{}"),
}  # fmt: skip

USERS = '<startEvent id="S" name="开始"/><userTask id="A" name="联系客户 &amp; 记录"><documentation>why</documentation></userTask><endEvent id="E"/>'
DRAWINGS = {
    "a line": f'<process id="P" isExecutable="true">{USERS}{flows("S>A A>E")}</process>',
    "a choice": '<process id="P" name="p" processType="Private" isClosed="false" isExecutable="true"><startEvent id="S"/>'
    '<exclusiveGateway id="G" gatewayDirection="Diverging" default="f_G_B"/><userTask id="A"></userTask><userTask id="B"></userTask><endEvent id="E"/>'
    + flows("S>G G>A[n~>~1] G>B A>E B>E").replace("<conditionExpression>", '<conditionExpression xsi:type="tFormalExpression">')
    + "</process>",
    "pools": '<collaboration id="co" name="c"><participant id="p1" name="us" processRef="P"/><participant id="p2" name="customer"/>'
    '<messageFlow id="mf" sourceRef="p2" targetRef="S"/><messageFlow id="mg" sourceRef="A" targetRef="p2"/></collaboration>'
    f'<process id="P" isExecutable="true">{USERS}{flows("S>A A>E")}</process>',
    "lanes": '<process id="P" isExecutable="true"><laneSet id="ls"><lane id="l1" name="前台"><flowNodeRef>S</flowNodeRef><flowNodeRef>A</flowNodeRef>'
    '<childLaneSet id="cl"><lane id="l2"><flowNodeRef>A</flowNodeRef></lane></childLaneSet></lane><lane id="l3"><flowNodeRef>E</flowNodeRef></lane></laneSet>'
    f'{USERS}{flows("S>A A>E")}</process>',
    "data": '<dataStore id="ds" name="crm" isUnlimited="true"/><itemDefinition id="it" structureRef="string"/><process id="P" isExecutable="true">'
    '<startEvent id="S"/><task id="A"><ioSpecification id="io"><dataInput id="di" itemSubjectRef="it"/><dataOutput id="dd"/><inputSet id="is"><dataInputRefs>di</dataInputRefs></inputSet><outputSet id="os"><dataOutputRefs>dd</dataOutputRefs></outputSet></ioSpecification>'
    '<dataInputAssociation id="da"><sourceRef>dr</sourceRef><targetRef>di</targetRef></dataInputAssociation><dataOutputAssociation id="db"><sourceRef>dd</sourceRef><targetRef>sr</targetRef></dataOutputAssociation></task><endEvent id="E"/>'
    f'{flows("S>A A>E")}<dataObject id="do" name="note"/><dataObjectReference id="dr" name="note" dataObjectRef="do"><dataState id="st" name="open"/></dataObjectReference><dataStoreReference id="sr" dataStoreRef="ds"/></process>',
    "guards": '<message id="m" name="news"/><process id="P" isExecutable="true"><startEvent id="S"/><userTask id="A"></userTask>'
    '<boundaryEvent id="B" attachedToRef="A" cancelActivity="false"><timerEventDefinition id="td"><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent><endEvent id="E"/>'
    '<subProcess id="V" triggeredByEvent="true"><startEvent id="VS" isInterrupting="false"><messageEventDefinition id="md" messageRef="m"/></startEvent><endEvent id="VE"/>'
    + flows("VS>VE") + "</subProcess>" + flows("S>A A>E B>E") + "</process>",
    "notes": '<category id="ca" name="c"><categoryValue id="cv" value="v"/></category><process id="P" isExecutable="true">'
    f'{USERS}{flows("S>A A>E")}<textAnnotation id="ta" textFormat="text/plain"><text>hm</text></textAnnotation>'
    '<association id="as" associationDirection="None" sourceRef="A" targetRef="ta"/><group id="g" categoryValueRef="cv"/></process>',
    "pieces": '<error id="er" name="e" errorCode="E1"/><process id="P" isExecutable="true"><startEvent id="S"/>'
    '<subProcess id="A" name="piece"><startEvent id="s"/><task id="x"/><endEvent id="e"/>' + flows("s>x x>e") + '</subProcess>'
    '<callActivity id="C" calledElement="other"/><endEvent id="E"><errorEventDefinition id="ed" errorRef="er"/></endEvent>' + flows("S>A A>C C>E") + "</process>",
}  # fmt: skip

_SIMPLE = f'<process id="P" isExecutable="true">{USERS}{flows("S>A A>E")}</process>'
_PLAIN = Dialect(listed=False, drawn=False)


def _special(text: str, head: str = "", **options: bool) -> bytes:
    return written(Dialect(head=head, listed=False, drawn=options.get("drawn", False)), text)


def _task(inner: str = "", attributes: str = "", tag: str = "userTask", before: str = "", after: str = "") -> bytes:
    nodes = f'<startEvent id="S"/><{tag} id="A" {attributes}>{inner}</{tag}><endEvent id="E"/>'
    return _special(
        f'{before}<process id="P" isExecutable="true">{nodes}{flows("S>A A>E")}{after}</process>',
        'xmlns:tns="http://example.org/bpmn" xmlns:xsd="http://www.w3.org/2001/XMLSchema"',
    )


_IMPORT = '<import importType="{}" location="{}" namespace="http://example.org/types"/>'
_OPERATION = '<interface id="if" name="i" implementationRef="tns:x"><operation id="op" name="o" implementationRef="tns:y"><inMessageRef>m</inMessageRef><outMessageRef>n</outMessageRef><errorRef>er</errorRef></operation></interface><message id="m" name="a" itemRef="it"/><message id="n" name="b"/><error id="er" errorCode="1"/><itemDefinition id="it" structureRef="xsd:string" itemKind="Information" isCollection="false"/>'
SPECIAL: dict[str, bytes] = {
    "import of a schema": _special(_IMPORT.format("http://www.w3.org/2001/XMLSchema", "types.xsd") + _SIMPLE),
    "import of WSDL": _special(_IMPORT.format("http://schemas.xmlsoap.org/wsdl/", "http://nowhere.example/a?wsdl") + _SIMPLE),
    "import of BPMN": _special(_IMPORT.format(BPMN, "other.bpmn") + _SIMPLE),
    "extension that need not be understood": _special('<extension mustUnderstand="false" definition="v:meta"/>' + _SIMPLE, 'xmlns:v="urn:v"'),
    "relationship": _special(_SIMPLE + '<relationship id="re" type="BPSimData"><extensionElements/><source>P</source><target>P</target></relationship>'),
    "documentation of the file": _special("<documentation>all of it</documentation>" + _SIMPLE),
    "extensions of the file": _special('<extensionElements><v:x xmlns:v="urn:v"><v:y/></v:x></extensionElements>' + _SIMPLE),
    "message by a prefix": _task(tag="receiveTask", attributes='messageRef="tns:m"', before='<message id="m" name="a"/>'),
    "operation by a prefix": _task(tag="receiveTask", attributes='implementation="##WebService" messageRef="tns:m" operationRef="tns:op"', before=_OPERATION),
    "interfaces and items": _task(before=_OPERATION),
    "process with an interface": _special(_OPERATION.replace("tns:", "") + f'<process id="P" isExecutable="true"><supportedInterfaceRef>if</supportedInterfaceRef><ioSpecification id="io"><dataInput id="di"/><dataOutput id="dd"/><inputSet id="is"><dataInputRefs>di</dataInputRefs></inputSet><outputSet id="os"><dataOutputRefs>dd</dataOutputRefs></outputSet></ioSpecification><ioBinding id="ib" operationRef="op" inputDataRef="is" outputDataRef="os"/>{USERS}{flows("S>A A>E")}</process>', 'xmlns:xsd="http://www.w3.org/2001/XMLSchema"'),
    "resources": _task('<humanPerformer id="h"><resourceRef>tns:r</resourceRef><resourceParameterBinding id="b" parameterRef="tns:rp"><formalExpression>1</formalExpression></resourceParameterBinding></humanPerformer>', before='<resource id="r" name="clerk"><resourceParameter id="rp" name="shop" isRequired="true" type="xsd:string"/></resource>'),
    "owner by an expression": _task('<potentialOwner id="po" name="o"><resourceAssignmentExpression id="ra"><formalExpression id="fe">clerk</formalExpression></resourceAssignmentExpression></potentialOwner>'),
    "rendering": _task("<rendering id='r'><extensionElements><f:form xmlns:f='urn:f'/></extensionElements></rendering>", 'implementation="##unspecified"'),
    "global tasks": _special('<globalUserTask id="gu" name="g"/><globalManualTask id="gm"/><globalTask id="gt"/>' + _SIMPLE),
    "call of a global task": _special('<globalUserTask id="gu" name="g"/><process id="P" isExecutable="true"><startEvent id="S"/><callActivity id="A" calledElement="gu"/><endEvent id="E"/>' + flows("S>A A>E") + "</process>"),
    "call of a process by a prefix": _task(tag="callActivity", attributes='calledElement="tns:Q"'),
    "call by the name of the activity": _special('<process id="P" isExecutable="true"><startEvent id="S"/><callActivity id="quote" calledElement="quote"/><endEvent id="E"/>' + flows("S>quote quote>E") + "</process>"),
    "a choreography beside": _special('<choreography id="ch"><participant id="c1"/><participant id="c2"/><messageFlow id="cm" sourceRef="c1" targetRef="c2"/><startEvent id="cs"/><choreographyTask id="ct" initiatingParticipantRef="c1"><incoming>x1</incoming><participantRef>c1</participantRef><participantRef>c2</participantRef><messageFlowRef>cm</messageFlowRef></choreographyTask><sequenceFlow id="x1" sourceRef="cs" targetRef="ct"/></choreography>' + _SIMPLE),
    "conversations": _special('<collaboration id="co"><participant id="p1" processRef="P"/><participant id="p2"/><conversation id="cv" name="talk"><participantRef>p1</participantRef><participantRef>p2</participantRef></conversation><subConversation id="sc"><participantRef>p1</participantRef><participantRef>p2</participantRef></subConversation><conversationLink id="cl" sourceRef="p1" targetRef="cv"/></collaboration>' + _SIMPLE),
    "a global conversation": _special('<globalConversation id="gc"><participant id="c1"/><participant id="c2"/></globalConversation>' + _SIMPLE),
    "partners and end points": _special('<partnerEntity id="pe" name="Bosch"><participantRef>p2</participantRef></partnerEntity><partnerRole id="pr" name="supplier"/><endPoint id="ep"/><collaboration id="co" isClosed="true"><participant id="p1" processRef="P"><endPointRef>ep</endPointRef></participant><participant id="p2"><participantMultiplicity minimum="2" maximum="5"/></participant></collaboration>' + _SIMPLE),
    "two processes, one drawn": _special('<collaboration id="co"><participant id="p1" processRef="P"/><participant id="p2" processRef="Q"/><messageFlow id="mf" sourceRef="A" targetRef="q"/></collaboration>' + _SIMPLE + '<process id="Q" isExecutable="false"><task id="q"/></process>'),
    "two processes, both executable": _special(_SIMPLE + '<process id="Q" isExecutable="true"><startEvent id="QS"/><userTask id="q"/><endEvent id="QE"/>' + flows("QS>q q>QE") + "</process>"),
    "a process that is public beside": _special(_SIMPLE + '<process id="Q" processType="Public" isExecutable="false"><task id="q"/></process>'),
    "a process that supports another": _special('<process id="Q" processType="Public" isExecutable="false"><task id="q"/></process>' + f'<process id="P" isExecutable="true">{USERS}{flows("S>A A>E")}<supports>Q</supports></process>'),
    "a process with properties": _special(f'<process id="P" isExecutable="true"><auditing id="au"/><monitoring id="mo"/><property id="pp" name="amount"/>{USERS}{flows("S>A A>E")}</process>'),
    "monitoring and auditing of a task": _task("<auditing id='au'/><monitoring id='mo'/>"),
    "category values of a task": _task("<categoryValueRef>cv</categoryValueRef>", before='<category id="ca"><categoryValue id="cv" value="v"/></category>'),
    "loop drawn by bpmn.io": _task('<multiInstanceLoopCharacteristics isSequential="true"><loopCardinality xsi:type="tFormalExpression">3</loopCardinality></multiInstanceLoopCharacteristics>'),
    "loop drawn by jBPM": _task('<ioSpecification id="io"><dataInput id="IN" itemSubjectRef="it" name="IN_COLLECTION"/><dataInput id="el" name="item"/><inputSet id="is"><dataInputRefs>IN</dataInputRefs><dataInputRefs>el</dataInputRefs></inputSet><outputSet id="os"/></ioSpecification><dataInputAssociation id="d1"><sourceRef>list</sourceRef><targetRef>IN</targetRef></dataInputAssociation><dataInputAssociation id="d2"><sourceRef>one</sourceRef><targetRef>el</targetRef></dataInputAssociation><multiInstanceLoopCharacteristics id="mi"><loopDataInputRef>IN</loopDataInputRef><inputDataItem id="one" itemSubjectRef="it" name="item"/></multiInstanceLoopCharacteristics>', before='<itemDefinition id="it" structureRef="java.util.List"/>', after='<dataObject id="list" itemSubjectRef="it" isCollection="false"/>'),
    "assignments drawn by jBPM": _task('<ioSpecification id="io"><dataInput id="tn" name="TaskName"/><inputSet id="is"><dataInputRefs>tn</dataInputRefs></inputSet><outputSet id="os"/></ioSpecification><dataInputAssociation id="d1"><targetRef>tn</targetRef><assignment><from xsi:type="tFormalExpression">"check"</from><to xsi:type="tFormalExpression">tn</to></assignment></dataInputAssociation>'),
    "data drawn by bpmn.io": _task('<property id="ph" name="__targetRef_placeholder"/><dataInputAssociation id="da"><sourceRef>dr</sourceRef><targetRef>ph</targetRef></dataInputAssociation><dataOutputAssociation id="db"><targetRef>sr</targetRef></dataOutputAssociation>', after='<dataObject id="do"/><dataObjectReference id="dr" dataObjectRef="do"/><dataStoreReference id="sr"/>'),
    "data drawn to the task itself": _task('<dataInputAssociation id="da"><sourceRef>dr</sourceRef><targetRef>A</targetRef></dataInputAssociation>', after='<dataObject id="do"/><dataObjectReference id="dr" dataObjectRef="do"/>'),
    "data without a set": _task('<ioSpecification id="io"><dataInput id="di"/><inputSet id="is"/><outputSet id="os"/></ioSpecification>'),
    "things listed in a lane": _special(f'<process id="P" isExecutable="true"><laneSet id="ls"><lane id="l"><flowNodeRef>S</flowNodeRef><flowNodeRef>dr</flowNodeRef><flowNodeRef>ta</flowNodeRef></lane></laneSet>{USERS}{flows("S>A A>E")}<dataObject id="do"/><dataObjectReference id="dr" dataObjectRef="do"/><textAnnotation id="ta"/></process>'),
    "an empty lane": _special(f'<process id="P" isExecutable="true"><laneSet id="ls" name="x"><lane id="l" name="nobody" partitionElementRef="rs"/></laneSet>{USERS}{flows("S>A A>E")}</process><resource id="rs" name="r"/>'),
    "a collapsed sub-process": _task(tag="subProcess"),
    "a collapsed transaction": _task(tag="transaction", attributes='method="##Compensate"'),
    "annotations among the nodes": _special('<process id="P" isExecutable="true"><textAnnotation id="ta"><text>x</text></textAnnotation><startEvent id="S"/><association id="as" sourceRef="S" targetRef="ta"/><endEvent id="E"/>' + flows("S>E") + "</process>"),
    "an annotation with markup": _special(f'<process id="P" isExecutable="true">{USERS}{flows("S>A A>E")}<textAnnotation id="ta" textFormat="text/html"><text><b xmlns="http://www.w3.org/1999/xhtml">bold</b> words</text></textAnnotation></process>'),
    "documentation with markup": _task('<documentation textFormat="text/html"><p xmlns="http://www.w3.org/1999/xhtml">do <i>it</i></p></documentation>'),
    "several documentations": _task('<documentation id="d1">one</documentation><documentation id="d2">two</documentation>'),
    "incoming flows in another order": _special('<process id="P" isExecutable="true"><startEvent id="S"><outgoing>b</outgoing><outgoing>a</outgoing></startEvent><task id="X"><incoming>a</incoming><outgoing>c</outgoing></task><task id="Y"><incoming>b</incoming><outgoing>d</outgoing></task><endEvent id="E"><incoming>d</incoming><incoming>c</incoming></endEvent><sequenceFlow id="a" sourceRef="S" targetRef="X"/><sequenceFlow id="b" sourceRef="S" targetRef="Y"/><sequenceFlow id="c" sourceRef="X" targetRef="E"/><sequenceFlow id="d" sourceRef="Y" targetRef="E"/></process>'),
    "outgoing before incoming": _special('<process id="P" isExecutable="true"><startEvent id="S"><outgoing>a</outgoing></startEvent><task id="X"><outgoing>b</outgoing><incoming>a</incoming></task><endEvent id="E"><incoming>b</incoming></endEvent><sequenceFlow id="a" sourceRef="S" targetRef="X"/><sequenceFlow id="b" sourceRef="X" targetRef="E"/></process>'),
    "drawing before the model's end": _special(_SIMPLE, drawn=True),
    "empty conditions": _special(_SIMPLE.replace("></sequenceFlow>", '><conditionExpression xsi:type="tFormalExpression"><![CDATA[]]></conditionExpression></sequenceFlow>')),
    "numbers for truths": _special(_SIMPLE.replace('isExecutable="true"', 'isExecutable="1" isClosed="0"')),
    "executable left open": _special(_SIMPLE.replace('isExecutable="true"', "")),
    "message without a name": _task(tag="receiveTask", attributes='messageRef="m"', before='<message id="m"/>'),
    "signal without a name": _special('<signal id="si"/><process id="P" isExecutable="true"><startEvent id="S"><signalEventDefinition id="sd" signalRef="si"/></startEvent><endEvent id="E"/>' + flows("S>E") + "</process>"),
    "times as formal expressions": _special('<process id="P" isExecutable="true"><startEvent id="S"/><intermediateCatchEvent id="C"><timerEventDefinition id="td"><timeDuration xsi:type="tFormalExpression" language="none"> PT1H </timeDuration></timerEventDefinition></intermediateCatchEvent><endEvent id="E"/>' + flows("S>C C>E") + "</process>"),
    "inputs of a thrown message": _special('<message id="m" name="n"/><process id="P" isExecutable="true"><startEvent id="S"/><intermediateThrowEvent id="T"><dataInput id="di"/><dataInputAssociation id="da"><sourceRef>do</sourceRef><targetRef>di</targetRef></dataInputAssociation><inputSet id="is"><dataInputRefs>di</dataInputRefs></inputSet><messageEventDefinition id="md" messageRef="m"/></intermediateThrowEvent><endEvent id="E"/>' + flows("S>T T>E") + '<dataObject id="do"/></process>'),
    "a correlated conversation": _special('<correlationProperty id="cp" name="order" type="string"><correlationPropertyRetrievalExpression id="ce" messageRef="m"><messagePath xsi:type="tFormalExpression">order</messagePath></correlationPropertyRetrievalExpression></correlationProperty><message id="m" name="n"/><collaboration id="co"><participant id="p1" processRef="P"/><participant id="p2"/><correlationKey id="ck"><correlationPropertyRef>cp</correlationPropertyRef></correlationKey></collaboration>' + _SIMPLE),
}  # fmt: skip

MODELS: dict[str, bytes] = {
    **{
        f"{drawing} by {tool}": written(dialect, text)
        for tool, dialect in DIALECTS.items()
        for drawing, text in DRAWINGS.items()
    },
    **SPECIAL,
}

_SERVICE = (
    '<process id="P" isExecutable="true"><startEvent id="S"/>{}<endEvent id="E"/>' + flows("S>A A>E") + "</process>"
)
REFUSED: dict[str, tuple[bytes, str]] = {
    "drawn for reading only": (_special(_SIMPLE.replace('"true"', '"false"')), "no-executable-process"),
    "pools without any process": (_special('<collaboration id="co"><participant id="p1"/><participant id="p2"/></collaboration>'), "no-executable-process"),
    "a service task that says nothing": (_special(_SERVICE.format('<serviceTask id="A"/>')), "no-topic"),
    "a service task of Flowable": (_special(_SERVICE.format('<serviceTask id="A" flowable:class="a.B"/>'), 'xmlns:flowable="http://flowable.org/bpmn"'), "no-topic"),
    "a service task by a web service": (_special(_OPERATION.replace("tns:", "") + _SERVICE.format('<serviceTask id="A" implementation="##WebService" operationRef="op"/>')), "no-topic"),
    "a script of jBPM": (_special(_SERVICE.format('<scriptTask id="A" scriptFormat="http://www.java.com/java"><script>System.out.println(1);</script></scriptTask>')), "bad-expression"),
    "a script that says nothing": (_special(_SERVICE.format('<scriptTask id="A"/>')), "bad-expression"),
    "a rule of jBPM": (_special(_SERVICE.format('<businessRuleTask id="A" drools:ruleFlowGroup="g" implementation="http://www.jboss.org/drools/rule"/>'), 'xmlns:drools="http://www.jboss.org/drools"'), "no-decision"),
    "a send task that says nothing": (_special(_SERVICE.format('<sendTask id="A"/>')), "no-message"),
    "a receive task that says nothing": (_special(_SERVICE.format('<receiveTask id="A"/>')), "no-message"),
    "a condition in XPath": (_special('<process id="P" isExecutable="true"><startEvent id="S"/><exclusiveGateway id="G" default="f_G_B"/><task id="A"/><task id="B"/><endEvent id="E"/>' + flows("S>G G>A[getDataObject('x')/a~=~3] G>B A>E B>E") + "</process>"), "bad-expression"),
    "a condition in MVEL": (_special('<process id="P" isExecutable="true"><startEvent id="S"/><exclusiveGateway id="G" default="f_G_B"/><task id="A"/><task id="B"/><endEvent id="E"/>' + flows("S>G G>A[return~n==3;] G>B A>E B>E") + "</process>"), "bad-expression"),
    "an event that says nothing": (_special('<process id="P" isExecutable="true"><startEvent id="S"/><intermediateCatchEvent id="A"><messageEventDefinition/></intermediateCatchEvent><endEvent id="E"/>' + flows("S>A A>E") + "</process>"), "no-name"),
    "another BPMN": (b'<definitions xmlns="http://www.omg.org/bpmn20" id="d"/>', "not-bpmn"),
    "XPDL": (b'<Package xmlns="http://www.wfmc.org/2009/XPDL2.2" Id="p"/>', "not-bpmn"),
}  # fmt: skip
