"""Reads correlation (BPMN 8.4.2): keys of collaborations and conversations, and the subscriptions of processes.

A key belongs to a process that takes part in the collaboration around it, or that subscribes to it. Each of its
properties says, per message, where in what the message carries its value stands; a subscription says where in the
data of the process the value to wait for stands.
"""

from __future__ import annotations

from itertools import chain

from lxml import etree

from engine.bpmn.expressions import Text
from engine.bpmn.model import CorrelationKey, CorrelationProperty
from engine.bpmn.vocabulary import bpmn
from engine.bpmn.xml import called, line_of

_RULE = "correlationPropertyRetrievalExpression"
MAX_RULES = 5_000
"""Keys, properties and rules of a file, counted once for each process that they matter to. A conversation has a few."""


class TooManyRules(Exception):
    """A file has more rules of correlation than the bound."""


class CorrelationReader:
    """What a file says of correlation."""

    def __init__(self, root: etree._Element) -> None:
        self._messages = {item.get("id", ""): called(item) for item in root.findall(bpmn("message"))}
        self._properties = {item.get("id", ""): item for item in root.findall(bpmn("correlationProperty"))}
        self._keys = {item.get("id", ""): item for item in root.iter(bpmn("correlationKey"))}
        self._rules = {name: item.findall(bpmn(_RULE)) for name, item in self._properties.items()}
        self._shared: dict[str, list[list[str]]] = {}
        for collaboration in root.findall(bpmn("collaboration")):
            shared = [item.get("id", "") for item in collaboration.iter(bpmn("correlationKey"))]
            for part in collaboration.findall(bpmn("participant")) if shared else []:
                self._shared.setdefault(_local(part.get("processRef", "")), []).append(shared)
        self._left = MAX_RULES

    def keys(self, process: etree._Element, texts: list[Text]) -> list[CorrelationKey]:
        """Returns the keys that matter to a process; their expressions are registered for compilation.

        Raises TooManyRules when keys, properties and rules of all processes together are more than the bound."""
        subscriptions = {
            _local(item.get("correlationKeyRef", "")): item for item in process.findall(bpmn("correlationSubscription"))
        }
        found = chain(subscriptions, *self._shared.pop(process.get("id", ""), ()))
        mine: dict[str, CorrelationKey] = {}
        for key in found:
            self._spend(1)
            if key in self._keys and key not in mine:
                mine[key] = self._key(key, subscriptions.get(key), texts)
        return list(mine.values())

    def _spend(self, rules: int) -> None:
        self._left -= rules
        if self._left < 0:
            raise TooManyRules

    def _key(self, key_id: str, subscription: etree._Element | None, texts: list[Text]) -> CorrelationKey:
        bindings = {} if subscription is None else _bindings(subscription)
        references = self._keys[key_id].findall(bpmn("correlationPropertyRef"))
        names = [_local((item.text or "").strip()) for item in references]
        self._spend(sum(1 + len(self._rules.get(name, ())) for name in names))
        return CorrelationKey(key_id, [self._property(name, bindings.get(name), texts) for name in names])

    def _property(self, name: str, binding: etree._Element | None, texts: list[Text]) -> CorrelationProperty:
        found = CorrelationProperty(name)
        for rule in self._rules.get(name, ()):
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
