"""Reads correlation (BPMN 8.4.2): keys of collaborations and conversations, and the subscriptions of processes.

A key belongs to a process that takes part in the collaboration around it, or that subscribes to it. Each of its
properties says, per message, where in what the message carries its value stands; a subscription says where in the
data of the process the value to wait for stands.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.expressions import Text
from engine.bpmn.model import CorrelationKey, CorrelationProperty
from engine.bpmn.vocabulary import bpmn
from engine.bpmn.xml import line_of


class CorrelationReader:
    """What a file says of correlation."""

    def __init__(self, root: etree._Element) -> None:
        self._messages = {item.get("id", ""): item.get("name") for item in root.findall(bpmn("message"))}
        self._properties = {item.get("id", ""): item for item in root.findall(bpmn("correlationProperty"))}
        self._keys = {item.get("id", ""): item for item in root.iter(bpmn("correlationKey"))}
        self._collaborations = root.findall(bpmn("collaboration"))

    def keys(self, process: etree._Element, texts: list[Text]) -> list[CorrelationKey]:
        """Returns the keys that matter to a process; their expressions are registered for compilation."""
        subscriptions = {
            _local(item.get("correlationKeyRef", "")): item for item in process.findall(bpmn("correlationSubscription"))
        }
        mine = dict.fromkeys([*self._of_collaborations(process.get("id", "")), *subscriptions])
        return [self._key(key, subscriptions.get(key), texts) for key in mine if key in self._keys]

    def _of_collaborations(self, process_id: str) -> Iterator[str]:
        for collaboration in self._collaborations:
            parts = collaboration.findall(bpmn("participant"))
            if any(_local(part.get("processRef", "")) == process_id for part in parts):
                yield from (item.get("id", "") for item in collaboration.iter(bpmn("correlationKey")))

    def _key(self, key_id: str, subscription: etree._Element | None, texts: list[Text]) -> CorrelationKey:
        bindings = {} if subscription is None else _bindings(subscription)
        references = self._keys[key_id].findall(bpmn("correlationPropertyRef"))
        names = [_local((item.text or "").strip()) for item in references]
        return CorrelationKey(key_id, [self._property(name, bindings.get(name), texts) for name in names])

    def _property(self, name: str, binding: etree._Element | None, texts: list[Text]) -> CorrelationProperty:
        found = CorrelationProperty(name)
        element = self._properties.get(name)
        for rule in [] if element is None else element.findall(bpmn("correlationPropertyRetrievalExpression")):
            message = self._messages.get(_local(rule.get("messageRef", "")))
            text = _path(rule.find(bpmn("messagePath")), name)
            if message is not None and text is not None:
                found.retrieval[message] = text
                texts.append(text)
        found.binding = None if binding is None else _path(binding.find(bpmn("dataPath")), name)
        if found.binding is not None:
            texts.append(found.binding)
        return found


def _bindings(subscription: etree._Element) -> dict[str, etree._Element]:
    found = subscription.findall(bpmn("correlationPropertyBinding"))
    return {_local(item.get("correlationPropertyRef", "")): item for item in found}


def _path(element: etree._Element | None, owner: str) -> Text | None:
    if element is None or not (element.text or "").strip():
        return None
    return Text(element.text or "", owner, line_of(element), "关联属性", "correlation property", mode="feel")


def _local(reference: str) -> str:
    return reference.rpartition(":")[2]
