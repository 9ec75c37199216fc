"""The messages of events and tasks that name none: the operation says which (BPMN 10.5.5), or the message flow (9.3).

An operation means its incoming message. The message of a flow is the one that the flow names, else the one that the
node at its other end names, else one of the flow's own, named by its id. Both ends find the same.
"""

from __future__ import annotations

from lxml import etree

from engine.bpmn.vocabulary import bpmn
from engine.bpmn.xml import called


class MessageFlows:
    """The message flows of a file."""

    def __init__(self, root: etree._Element) -> None:
        self._names = {item.get("id", ""): called(item) for item in root.findall(bpmn("message"))}
        self._operations = {
            item.get("id", ""): self._message((item.findtext(bpmn("inMessageRef")) or "").strip())
            for item in root.iter(bpmn("operation"))
        }
        self._explicit = {holder.get("id", ""): self._named(holder) for holder in _holders(root)}
        self._by_end: dict[str, str] = {}
        for flow in root.iter(bpmn("messageFlow")):
            source, target = _local(flow.get("sourceRef")), _local(flow.get("targetRef"))
            named = self._message(flow.get("messageRef")) or self._explicit.get(source) or self._explicit.get(target)
            for end in (source, target):
                self._by_end.setdefault(end, named or str(flow.get("id", "")))

    def message_at(self, node_id: str) -> str | None:
        """Returns the name of the message of a node that names none, None if neither operation nor flow tells."""
        return self._explicit.get(node_id) or self._by_end.get(node_id) or None

    def _message(self, reference: str | None) -> str | None:
        return self._names.get(_local(reference))

    def _named(self, holder: etree._Element) -> str | None:
        definition = holder.find(bpmn("messageEventDefinition"))
        if definition is None:
            return self._message(holder.get("messageRef")) or self._operation(holder.get("operationRef"))
        operation = definition.findtext(bpmn("operationRef"))
        return self._message(definition.get("messageRef")) or self._operation(operation)

    def _operation(self, reference: str | None) -> str | None:
        return self._operations.get(_local((reference or "").strip()))


def _holders(root: etree._Element) -> list[etree._Element]:
    events = [found.getparent() for found in root.iter(bpmn("messageEventDefinition"))]
    tasks = [*root.iter(bpmn("sendTask")), *root.iter(bpmn("receiveTask"))]
    return [holder for holder in [*events, *tasks] if holder is not None and holder.get("id")]


def _local(reference: str | None) -> str:
    return (reference or "").rpartition(":")[2]
