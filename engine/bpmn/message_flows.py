"""The messages of events and tasks that name none but stand at a message flow (BPMN 9.3): the flow says which.

The message is the one that the flow names, else the one that the node at its other end names, else one of the flow's
own, named by its id. Both ends find the same.
"""

from __future__ import annotations

from lxml import etree

from engine.bpmn.vocabulary import bpmn


class MessageFlows:
    """The message flows of a file."""

    def __init__(self, root: etree._Element) -> None:
        self._names = {item.get("id", ""): item.get("name") for item in root.findall(bpmn("message"))}
        self._explicit = {holder.get("id", ""): self._named(holder) for holder in _holders(root)}
        self._by_end: dict[str, str] = {}
        for flow in root.iter(bpmn("messageFlow")):
            source, target = _local(flow.get("sourceRef")), _local(flow.get("targetRef"))
            named = self._message(flow.get("messageRef")) or self._explicit.get(source) or self._explicit.get(target)
            for end in (source, target):
                self._by_end.setdefault(end, named or str(flow.get("id", "")))

    def message_at(self, node_id: str) -> str | None:
        """Returns the name of the message that goes over the flow at a node, None if there is no flow."""
        return self._by_end.get(node_id) or None

    def _message(self, reference: str | None) -> str | None:
        return self._names.get(_local(reference))

    def _named(self, holder: etree._Element) -> str | None:
        definition = holder.find(bpmn("messageEventDefinition"))
        return self._message(holder.get("messageRef") if definition is None else definition.get("messageRef"))


def _holders(root: etree._Element) -> list[etree._Element]:
    events = [found.getparent() for found in root.iter(bpmn("messageEventDefinition"))]
    tasks = [*root.iter(bpmn("sendTask")), *root.iter(bpmn("receiveTask"))]
    return [holder for holder in [*events, *tasks] if holder is not None and holder.get("id")]


def _local(reference: str | None) -> str:
    return (reference or "").rpartition(":")[2]
