"""Reads event definitions (BPMN 10.5) and loop characteristics (10.3.8) of one flow node."""

from __future__ import annotations

from typing import cast

from lxml import etree

from engine.bpmn.correlation_reader import CorrelationReader
from engine.bpmn.expressions import Text, is_expression
from engine.bpmn.extensions import ParameterReader, attributes, local_name
from engine.bpmn.message_flows import MessageFlows
from engine.bpmn.model import Diagram, Event, Loop, Node
from engine.bpmn.vocabulary import BPMN, EVENT_KINDS, bpmn
from engine.bpmn.xml import called, line_of
from engine.findings import Finding

_SHARED = bpmn("eventDefinitionRef")
_TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
_REFERENCE = {"message": "messageRef", "signal": "signalRef", "error": "errorRef", "escalation": "escalationRef"}


class References:
    """Messages, signals, errors, escalations, correlation keys and shared event definitions of a file, by id."""

    def __init__(self, root: etree._Element, diagram: Diagram) -> None:
        self._root: dict[str, etree._Element] = {}
        self._diagram = diagram
        self.message_flows = MessageFlows(root)
        self.correlation = CorrelationReader(root)
        for child in root:
            if (identifier := child.get("id")) is not None:
                self._root.setdefault(identifier, child)

    def find(self, reference: str | None, tag: str) -> etree._Element | None:
        """Returns the root element of one tag that an id (or QName) names."""
        if not reference:
            return None
        for key in (reference, reference.rpartition(":")[2]):
            found = self._root.get(key)
            if found is not None and found.tag == bpmn(tag):
                return found
        return None

    def event_definition(self, reference: str) -> etree._Element | None:
        """Returns a shared event definition."""
        for key in (reference, reference.rpartition(":")[2]):
            found = self._root.get(key)
            if found is not None and local_name(found) in EVENT_KINDS:
                return found
        return None

    def fault(self, code: str, zh: str, en: str, *, element_id: str, line: int | None) -> None:
        """Notes an error."""
        self._diagram.findings.append(Finding("error", code, zh, en, element_id, line))


class EventReader:
    """Reads what triggers or repeats one node."""

    def __init__(self, node: Node, references: References, texts: list[Text]) -> None:
        self._node = node
        self._references = references
        self._texts = texts

    def read_events(self, element: etree._Element) -> None:
        """Fills in the event definitions; a shared definition is read as if it stood here."""
        node = self._node
        node.attached_to = element.get("attachedToRef")
        node.parallel_multiple = element.get("parallelMultiple") == "true"
        flag = element.get("cancelActivity") if node.type == "boundaryEvent" else element.get("isInterrupting")
        node.interrupting = flag != "false"
        for child in element:
            name = etree.QName(child)
            if name.namespace != BPMN:
                continue
            if name.localname == "eventDefinitionRef":
                self._shared(child)
            elif name.localname in EVENT_KINDS:
                node.events.append(self.event(child))
            elif name.localname.endswith("EventDefinition"):
                self._unknown(child)

    def _shared(self, child: etree._Element) -> None:
        reference = (child.text or "").strip()
        definition = self._references.event_definition(reference)
        if definition is not None:
            self._node.events.append(self.event(definition))
            return
        self._references.fault(
            "unknown-reference",
            f"事件定义 {reference} 不存在。",
            f"There is no event definition {reference}.",
            element_id=self._node.id,
            line=line_of(child),
        )

    def _unknown(self, child: etree._Element) -> None:
        name = local_name(child)
        self._references.fault(
            "unknown-event",
            f"不支持的事件定义 {name}。",
            f"The event definition {name} is not supported.",
            element_id=self._node.id,
            line=line_of(child),
        )

    def event(self, element: etree._Element) -> Event:
        """Reads one event definition."""
        kind = EVENT_KINDS[local_name(element)]
        event = Event(kind, line_of(element), id=element.get("id"), attributes=attributes(element))
        if kind in _REFERENCE:
            self._named(event, element)
        elif kind == "timer":
            self._timer(event, element)
        elif kind == "conditional":
            self._condition(event, element)
        elif kind == "compensation":
            event.ref = element.get("activityRef")
            event.attributes["waitForCompletion"] = element.get("waitForCompletion", "true")
        elif kind == "link":
            event.name = element.get("name")
            event.targets = [(item.text or "").strip() for item in element.findall(bpmn("target"))]
        if kind == "signal":
            event.payload = ParameterReader(self._node.id, self._texts).calls(element, "in")
        if (topic := event.attributes.get("topic")) is not None:
            reader = ParameterReader(self._node.id, self._texts)
            self._node.texts["topic"] = reader.text(element, topic, ("主题", "topic"))
        return event

    def _named(self, event: Event, element: etree._Element) -> None:
        event.ref = element.get(_REFERENCE[event.kind])
        found = self._references.find(event.ref, event.kind)
        if found is not None:
            self._name(event, found)
            event.code = found.get("errorCode") or found.get("escalationCode")
            if (text := attributes(found).get("errorMessage")) is not None:
                event.message = self._text(text, line_of(found), ("错误信息", "error message"))
        elif event.ref:
            self._references.fault(
                "unknown-reference",
                f"{event.kind} {event.ref} 不存在。",
                f"There is no {event.kind} {event.ref}.",
                element_id=self._node.id,
                line=line_of(element),
            )
        elif event.kind == "message":
            event.name = self._references.message_flows.message_at(self._node.id)

    def message(self, reference: str | None, line: int | None) -> Event | None:
        """Reads the message that a send or receive task names."""
        if not reference:
            name = self._references.message_flows.message_at(self._node.id)
            return None if name is None else Event("message", line, None, name)
        found = self._references.find(reference, "message")
        event = Event("message", line, reference)
        if found is not None:
            self._name(event, found)
        return event

    def _name(self, event: Event, found: etree._Element) -> None:
        """A name may be computed when the event is reached (`${…}` or `=…`); codes and links are fixed."""
        event.name = called(found)
        if event.kind in ("message", "signal") and event.name and is_expression(event.name):
            event.name_text = self._text(event.name, line_of(found), ("名称", "name"))

    def _text(self, source: str, line: int | None, what: tuple[str, str]) -> Text:
        text = Text(source, self._node.id, line, *what)
        self._texts.append(text)
        return text

    def _timer(self, event: Event, element: etree._Element) -> None:
        for child in element:
            kind = _TIMERS.get(local_name(child))
            if kind is not None and event.timer_kind is not None:
                self._references.fault(
                    "two-times",
                    f"定时事件 {self._node.id} 只能有一个时间。",
                    f"The timer event {self._node.id} can have one time only.",
                    element_id=self._node.id,
                    line=line_of(child),
                )
            elif kind is not None:
                event.timer_kind = cast("None", kind)
                event.text = Text(child.text or "", self._node.id, line_of(child), "定时器", "timer")
                self._texts.append(event.text)

    def _condition(self, event: Event, element: etree._Element) -> None:
        condition = element.find(bpmn("condition"))
        source = (condition.text or "") if condition is not None else ""
        event.text = Text(source, self._node.id, line_of(element), "条件", "condition", mode="feel")
        self._texts.append(event.text)

    def read_loop(self, element: etree._Element) -> None:
        """Fills in standard loop or multi-instance characteristics, and the message of send and receive tasks."""
        if self._node.type in ("sendTask", "receiveTask"):
            event = self.message(self._node.message_ref, line_of(element))
            if event is not None:
                self._node.events.append(event)
        standard = element.find(bpmn("standardLoopCharacteristics"))
        multiple = element.find(bpmn("multiInstanceLoopCharacteristics"))
        if standard is not None and multiple is not None:
            self._references.fault(
                "two-loops",
                "一个活动不能既是标准循环又是多实例。",
                "An activity cannot be a standard loop and a multi-instance at once.",
                element_id=self._node.id,
                line=line_of(element),
            )
        if standard is not None:
            self._node.loop = self._standard(standard)
        elif multiple is not None:
            self._node.loop = self._multiple(multiple)

    def _standard(self, element: etree._Element) -> Loop:
        loop = Loop("standard", line_of(element), test_before=element.get("testBefore") == "true")
        loop.condition = self._child(element, "loopCondition", ("循环条件", "loop condition"))
        maximum = element.get("loopMaximum")
        if maximum is not None:
            if maximum.strip().isdigit():
                loop.maximum = int(maximum)
            else:
                self._references.fault(
                    "bad-loop",
                    "loopMaximum 必须是不小于 0 的整数。",
                    "loopMaximum must be a whole number of at least 0.",
                    element_id=self._node.id,
                    line=line_of(element),
                )
        return loop

    def _multiple(self, element: etree._Element) -> Loop:
        extra = attributes(element)
        loop = Loop("sequential" if element.get("isSequential") == "true" else "parallel", line_of(element))
        loop.cardinality = self._child(element, "loopCardinality", ("循环次数", "loop cardinality"))
        loop.condition = self._child(element, "completionCondition", ("完成条件", "completion condition"))
        source = extra.get("collection") or _reference_text(element, "loopDataInputRef")
        if source:
            what = ("集合", "collection")
            loop.collection = Text(source, self._node.id, line_of(element), *what, mode="feel")
            self._texts.append(loop.collection)
        loop.element_variable = extra.get("elementVariable") or _item(element, "inputDataItem")
        loop.output_collection = _reference_text(element, "loopDataOutputRef")
        loop.output_element = _item(element, "outputDataItem")
        loop.async_before = extra.get("asyncBefore") == "true"
        loop.async_after = extra.get("asyncAfter") == "true"
        loop.behavior = (element.get("behavior") or "All").lower()
        self._behaviors(loop, element)
        return loop

    def _behaviors(self, loop: Loop, element: etree._Element) -> None:
        reference = element.get("noneBehaviorEventRef") or element.get("oneBehaviorEventRef")
        if reference:
            definition = self._references.event_definition(reference)
            loop.behavior_event = self.event(definition) if definition is not None else None
        for complex_ in element.findall(bpmn("complexBehaviorDefinition")):
            condition = self._child(complex_, "condition", ("条件", "condition"))
            shared = (self._references.event_definition((item.text or "").strip()) for item in complex_.iter(_SHARED))
            found = [item for item in complex_.iter() if local_name(item) in EVENT_KINDS]
            found += [definition for definition in shared if definition is not None]
            if condition is not None:
                loop.complex_behaviors.append((condition, self.event(found[0]) if found else None))

    def _child(self, element: etree._Element, tag: str, what: tuple[str, str]) -> Text | None:
        found = element.find(bpmn(tag))
        if found is None or not (found.text or "").strip():
            return None
        text = Text(found.text or "", self._node.id, line_of(found), *what, mode="feel")
        self._texts.append(text)
        return text


def _reference_text(element: etree._Element, tag: str) -> str | None:
    found = element.find(bpmn(tag))
    text = (found.text or "").strip() if found is not None else ""
    return text.rpartition(":")[2] or None


def _item(element: etree._Element, tag: str) -> str | None:
    found = element.find(bpmn(tag))
    return (found.get("name") or found.get("id")) if found is not None else None
