"""The grammar of BPMN 2.0.2: which elements there are, what they hold, and what their attributes may say.

Written after the class tables of the standard (chapters 8 to 11) and its XML schema. One line per element:
`name < base | attributes | children`. Attributes: `!` must be given, `=bool`, `=int`, `=uri`, `=name`, `=A/B` one of
these words, `=&kind` names an element of that kind. Children in their order: `?`, `*`, `+` as usual, `=&kind` holds
the id of such an element, `:kind` is written like that kind, `{n,m}` from n to m. `~` marks what holds text or
anything; a name with `'` is only a kind of elements, never one itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_TEXT: Final = """
baseElement'|id|documentation* extensionElements?
rootElement' < baseElement
documentation|id textFormat|~
extensionElements||~
script||~
text||~
definitions|id name targetNamespace! expressionLanguage=uri typeLanguage=uri exporter exporterVersion|\
 documentation* extensionElements? import* extension* rootElement* relationship*
import|id namespace! location! importType!|
extension|definition mustUnderstand=bool|documentation*
relationship < baseElement|type! direction=None/Forward/Backward/Both|source=name+ target=name+

callableElement' < rootElement|name|supportedInterfaceRef=&interface* ioSpecification? ioBinding*
process < callableElement|processType=None/Public/Private isClosed=bool isExecutable=bool\
 definitionalCollaborationRef=&collaboration|auditing? monitoring? property* laneSet* flowElement* artifact*\
 resourceRole* correlationSubscription* supports=&process*
globalTask < callableElement||resourceRole*
globalUserTask < globalTask|implementation|rendering*
globalManualTask < globalTask
globalBusinessRuleTask < globalTask|implementation|
globalScriptTask < globalTask|scriptLanguage|script?
auditing < baseElement
monitoring < baseElement
correlationSubscription < baseElement|correlationKeyRef=&correlationKey!|correlationPropertyBinding*
correlationPropertyBinding < baseElement|correlationPropertyRef=&correlationProperty!|dataPath:expression

flowElement' < baseElement|name|auditing? monitoring? categoryValueRef=&categoryValue*
flowNode' < flowElement||incoming=&sequenceFlow* outgoing=&sequenceFlow*
sequenceFlow < flowElement|sourceRef=&flowNode! targetRef=&flowNode! isImmediate=bool|conditionExpression:expression?

activity' < flowNode|isForCompensation=bool startQuantity=int completionQuantity=int default=&sequenceFlow|\
 ioSpecification? property* dataInputAssociation* dataOutputAssociation* resourceRole* loopCharacteristics?
task < activity
manualTask < task
userTask < task|implementation|rendering*
serviceTask < task|implementation operationRef=&operation|
businessRuleTask < task|implementation|
sendTask < task|implementation messageRef=&message operationRef=&operation|
receiveTask < task|implementation instantiate=bool messageRef=&message operationRef=&operation|
scriptTask < task|scriptFormat|script?
callActivity < activity|calledElement|
subProcess < activity|triggeredByEvent=bool|laneSet* flowElement* artifact*
transaction < subProcess|method|
adHocSubProcess < subProcess|cancelRemainingInstances=bool ordering=Parallel/Sequential|completionCondition:expression?
rendering < baseElement
loopCharacteristics' < baseElement
standardLoopCharacteristics < loopCharacteristics|testBefore=bool loopMaximum=int|loopCondition:expression?
multiInstanceLoopCharacteristics < loopCharacteristics|isSequential=bool behavior=None/One/All/Complex\
 oneBehaviorEventRef=&eventDefinition noneBehaviorEventRef=&eventDefinition|loopCardinality:expression?\
 loopDataInputRef=name? loopDataOutputRef=name? inputDataItem:dataInput? outputDataItem:dataOutput?\
 complexBehaviorDefinition* completionCondition:expression?
complexBehaviorDefinition < baseElement||condition:expression event:implicitThrowEvent?

gateway' < flowNode|gatewayDirection=Unspecified/Converging/Diverging/Mixed|
exclusiveGateway < gateway|default=&sequenceFlow|
inclusiveGateway < gateway|default=&sequenceFlow|
complexGateway < gateway|default=&sequenceFlow|activationCondition:expression?
parallelGateway < gateway
eventBasedGateway < gateway|instantiate=bool eventGatewayType=Exclusive/Parallel|

anyEvent' < flowNode||property*
catchEvent' < anyEvent|parallelMultiple=bool|dataOutput* dataOutputAssociation* outputSet? eventDefinition*\
 eventDefinitionRef=&eventDefinition*
throwEvent' < anyEvent||dataInput* dataInputAssociation* inputSet? eventDefinition* eventDefinitionRef=&eventDefinition*
startEvent < catchEvent|isInterrupting=bool|
intermediateCatchEvent < catchEvent
boundaryEvent < catchEvent|cancelActivity=bool attachedToRef=&activity!|
intermediateThrowEvent < throwEvent
endEvent < throwEvent
implicitThrowEvent < throwEvent
eventDefinition' < rootElement
cancelEventDefinition < eventDefinition
compensateEventDefinition < eventDefinition|waitForCompletion=bool activityRef=&activity|
conditionalEventDefinition < eventDefinition||condition:expression
errorEventDefinition < eventDefinition|errorRef=&error|
escalationEventDefinition < eventDefinition|escalationRef=&escalation|
linkEventDefinition < eventDefinition|name!|source=name* target=name?
messageEventDefinition < eventDefinition|messageRef=&message|operationRef=&operation?
signalEventDefinition < eventDefinition|signalRef=&signal|
terminateEventDefinition < eventDefinition
timerEventDefinition < eventDefinition||timeDate:expression? timeDuration:expression? timeCycle:expression?
message < rootElement|name itemRef=&itemDefinition|
signal < rootElement|name structureRef|
error < rootElement|name errorCode structureRef|
escalation < rootElement|name escalationCode structureRef|

dataState < baseElement|name|
itemAware' < baseElement
dataObject < flowElement itemAware|itemSubjectRef=&itemDefinition isCollection=bool|dataState?
dataObjectReference < flowElement itemAware|itemSubjectRef=&itemDefinition dataObjectRef=&dataObject|dataState?
dataStoreReference < flowElement itemAware|itemSubjectRef=&itemDefinition dataStoreRef=&dataStore|dataState?
dataStore < rootElement itemAware|name capacity=int isUnlimited=bool itemSubjectRef=&itemDefinition|dataState?
property < itemAware|name itemSubjectRef=&itemDefinition|dataState?
dataInput < itemAware|name itemSubjectRef=&itemDefinition isCollection=bool|dataState?
dataOutput < itemAware|name itemSubjectRef=&itemDefinition isCollection=bool|dataState?
itemDefinition < rootElement|structureRef isCollection=bool itemKind=Information/Physical|
ioSpecification < baseElement||dataInput* dataOutput* inputSet+ outputSet+
inputSet < baseElement|name|dataInputRefs=&dataInput* optionalInputRefs=&dataInput*\
 whileExecutingInputRefs=&dataInput* outputSetRefs=&outputSet*
outputSet < baseElement|name|dataOutputRefs=&dataOutput* optionalOutputRefs=&dataOutput*\
 whileExecutingOutputRefs=&dataOutput* inputSetRefs=&inputSet*
ioBinding < baseElement|operationRef=&operation! inputDataRef=&inputSet/dataInput! outputDataRef=&outputSet/dataOutput!|
dataAssociation' < baseElement||sourceRef=name* targetRef=name transformation:expression? assignment*
dataInputAssociation < dataAssociation
dataOutputAssociation < dataAssociation
assignment < baseElement||from:expression to:expression
expression < baseElement||~
formalExpression < expression|language=uri evaluatesToTypeRef|~

laneSet < baseElement|name|lane*
lane < baseElement|name partitionElementRef|partitionElement:auditing? flowNodeRef=&flowNode* childLaneSet:laneSet?
artifact' < baseElement
association < artifact|sourceRef=name! targetRef=name! associationDirection=None/One/Both|
group < artifact|categoryValueRef=&categoryValue|
textAnnotation < artifact|textFormat|text?
category < rootElement|name|categoryValue*
categoryValue < baseElement|value|
resource < rootElement|name!|resourceParameter*
resourceParameter < baseElement|name type isRequired=bool|
resourceRole < baseElement|name|resourceRef=&resource? resourceParameterBinding* resourceAssignmentExpression?
performer < resourceRole
humanPerformer < performer
potentialOwner < humanPerformer
resourceParameterBinding < baseElement|parameterRef=&resourceParameter!|expression
resourceAssignmentExpression < baseElement||expression

interface < rootElement|name! implementationRef|operation+
operation < baseElement|name! implementationRef|inMessageRef=&message outMessageRef=&message? errorRef=&error*
endPoint < rootElement
partnerEntity < rootElement|name|participantRef=&participant*
partnerRole < rootElement|name|participantRef=&participant*
correlationProperty < rootElement|name type|correlationPropertyRetrievalExpression+
correlationPropertyRetrievalExpression < baseElement|messageRef=&message!|messagePath:expression
correlationKey < baseElement|name|correlationPropertyRef=&correlationProperty*

collaboration < rootElement|name isClosed=bool|participant* messageFlow* artifact* conversationNode*\
 conversationAssociation* participantAssociation* messageFlowAssociation* correlationKey*\
 choreographyRef=&choreography* conversationLink*
participant < baseElement|name processRef=&process|interfaceRef=&interface* endPointRef=&endPoint*\
 participantMultiplicity?
participantMultiplicity < baseElement|minimum=int maximum=int|
participantAssociation < baseElement||innerParticipantRef=&participant outerParticipantRef=&participant
messageFlow < baseElement|name sourceRef=name! targetRef=name! messageRef=&message|
messageFlowAssociation < baseElement|innerMessageFlowRef=&messageFlow! outerMessageFlowRef=&messageFlow!|
conversationNode' < baseElement|name|participantRef=&participant* messageFlowRef=&messageFlow* correlationKey*
conversation < conversationNode
subConversation < conversationNode||conversationNode*
callConversation < conversationNode|calledCollaborationRef=&collaboration|participantAssociation*
conversationAssociation < baseElement|innerConversationNodeRef=&conversationNode!\
 outerConversationNodeRef=&conversationNode!|
conversationLink < baseElement|name sourceRef=name! targetRef=name!|
globalConversation < collaboration
choreography < collaboration||flowElement*
globalChoreographyTask < choreography|initiatingParticipantRef=&participant!|
choreographyActivity' < flowNode|initiatingParticipantRef=&participant!\
 loopType=None/Standard/MultiInstanceSequential/MultiInstanceParallel|participantRef=&participant{2,} correlationKey*
choreographyTask < choreographyActivity||messageFlowRef=&messageFlow{1,2}
callChoreography < choreographyActivity|calledChoreographyRef=&choreography|participantAssociation*
subChoreography < choreographyActivity||flowElement* artifact*
"""
_PENDING: Final[list[tuple[str, str]]] = []
"""Elements that are written like a kind that may stand further down."""

_CHILD: Final = re.compile(r"(\w+)(?::(\w+)|=(\S+?))?([?*+]|\{\d,\d?\})?")
_COUNTS: Final = {None: (1, 1), "?": (0, 1), "*": (0, None), "+": (1, None), "{2,}": (2, None), "{1,2}": (1, 2)}


@dataclass(frozen=True, slots=True)
class Attribute:
    """What an attribute may say: a type (`bool`, `int`, `uri`, empty for any text), one of `words`, or the id of an
    element of one of `kinds`."""

    type: str = ""
    words: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Child:
    """What an element may hold at one place: elements of `kind`, `most` None for any number."""

    kind: str
    least: int
    most: int | None


@dataclass(slots=True)
class Kind:
    """A kind of elements, with what it inherits. `reference` tells which kinds its text may name, if it names one;
    `anything` that it holds text or whatever it likes."""

    name: str
    bases: tuple[str, ...] = ()
    is_abstract: bool = False
    anything: bool = False
    reference: tuple[str, ...] | None = None
    attributes: dict[str, Attribute] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)


KINDS: Final[dict[str, Kind]] = {}
"""All kinds by name; those that are no element of their own are abstract."""


def elements() -> Iterator[Kind]:
    """Yields every kind that is an element."""
    return (kind for kind in KINDS.values() if not kind.is_abstract)


def is_a(name: str, kind: str) -> bool:
    """Tells whether an element belongs to a kind."""
    if name == kind:
        return True
    found = KINDS.get(name)
    return found is not None and any(is_a(base, kind) for base in found.bases)


def _read_line(line: str) -> None:
    head, attributes, children = (*line.split("|"), "", "")[:3]
    name, _, bases = head.partition("<")
    kind = Kind(name.strip().rstrip("'"), tuple(bases.split()), is_abstract="'" in name)
    for base in kind.bases:
        kind.attributes |= KINDS[base].attributes
        kind.children += [child for child in KINDS[base].children if child not in kind.children]
        kind.anything = kind.anything or KINDS[base].anything
    KINDS[kind.name] = kind
    for word in attributes.split():
        attribute, _, type_ = word.rstrip("!").partition("=")
        kind.attributes[attribute] = _attribute(type_, required=word.endswith("!"))
    for word in children.split():
        if word == "~":
            kind.anything = True
        else:
            kind.children.append(_child(word))


def _attribute(type_: str, *, required: bool) -> Attribute:
    if type_.startswith("&"):
        return Attribute(kinds=tuple(type_[1:].split("/")), required=required)
    if "/" in type_:
        return Attribute(words=tuple(type_.split("/")), required=required)
    return Attribute(type_, required=required)


def _child(word: str) -> Child:
    match = _CHILD.fullmatch(word)
    assert match is not None, word
    name, like, names, count = match.groups()
    if like is not None:
        _PENDING.append((name, like))
    elif names is not None:
        KINDS[name] = Kind(name, anything=True, reference=tuple(names[1:].split("/")) if names[0] == "&" else ())
    least, most = _COUNTS[count]
    return Child(name, least, most)


def _read() -> None:
    for line in _TEXT.strip().splitlines():
        if line:
            _read_line(line)
    for name, like in _PENDING:
        model = KINDS[like]
        KINDS[name] = Kind(name, anything=model.anything, attributes=model.attributes, children=model.children)
    for name in ("expression", *(name for name, like in _PENDING if like == "expression")):
        KINDS[name].attributes = KINDS["formalExpression"].attributes
    for kind in KINDS.values():
        for number, child in enumerate(kind.children):
            for name, other in KINDS.items():
                if not other.is_abstract and is_a(name, child.kind):
                    kind.places.setdefault(name, number)


_read()
