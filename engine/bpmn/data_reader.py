"""Reads data associations (BPMN 10.4.2): data objects are variables of ours, inputs and outputs are mappings.

A data object, data input or data output is the variable of its name (of its id if it has none). An association with
assignments or a transformation computes; one between a data object and an input or output of the activity copies.
Associations to the placeholders that modelers draw (a `property` of that name) only document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from engine.bpmn.expressions import LiteralValue, Text
from engine.bpmn.model import Mapping as VariableMapping
from engine.bpmn.vocabulary import bpmn
from engine.bpmn.xml import line_of
from engine.feel import Environment

_ITEMS = (
    "dataObject", "dataObjectReference", "dataStore", "dataStoreReference", "dataInput", "dataOutput", "property",
    "inputDataItem", "outputDataItem",
)  # fmt: skip
_MOVED = ("dataInput", "dataOutput")
_WORDS = re.compile(r"\w+( \w+)+")
_PLACEHOLDER = "__targetRef_placeholder"


@dataclass(frozen=True, slots=True)
class VariableValue:
    """Yields a variable as it is, a personal one by its reference; `fallback` is the variable to keep if it is null.

    No expression reads anything here, so that a personal variable stays personal (`names` is empty)."""

    name: str
    fallback: str | None = None
    names: frozenset[str] = frozenset()

    def evaluate(self, variables: Mapping[str, Any], environment: Environment) -> Any:
        value = variables.get(self.name)
        return variables.get(self.fallback) if value is None and self.fallback is not None else value


class DataItems:
    """What holds data in a file, by id."""

    def __init__(self, root: etree._Element) -> None:
        self._items = {item.get("id", ""): item for tag in _ITEMS for item in root.iter(bpmn(tag))}

    def name(self, reference: str) -> str:
        """Returns the variable that an id means."""
        item = self._items.get(reference)
        if item is None:
            return reference
        of = self._items.get(item.get("dataObjectRef") or item.get("dataStoreRef") or "")
        return (of.get("name") if of is not None else None) or item.get("name") or reference

    def holds(self, reference: str) -> bool:
        """Tells whether an id belongs to something that holds data; ids may have dots in them."""
        return reference in self._items

    def is_a(self, reference: str, tag: str) -> bool:
        """Tells whether an id belongs to an element of one kind."""
        item = self._items.get(reference)
        return item is not None and item.tag == bpmn(tag)

    def is_end(self, reference: str, tag: str) -> bool:
        """Tells whether an id belongs to an input or output of an activity or event, or to a property of it."""
        item = self._items.get(reference)
        return item is not None and (
            item.tag == bpmn(tag) or (item.tag == bpmn("property") and item.get("name") != _PLACEHOLDER)
        )

    def names(self) -> list[str]:
        """Returns the names of several words, which FEEL can only read if it knows them. What looks like an operator in
        a name stays one, so that a name changes the meaning of no expression."""
        found = {item.get("name", "") for item in self._items.values()}
        return sorted(name for name in found if _WORDS.fullmatch(name))

    def held_in(self, sub_process: etree._Element) -> list[str]:
        """Returns the data objects of a sub-process that data flow through: each run of it has its own (10.4.1).

        One that is only drawn says nothing, because modelers put it wherever somebody drops it."""
        own = {item.get("id", "") for item in sub_process.findall(bpmn("dataObject"))}
        own |= {item.get("id", "") for item in self._items.values() if item.get("dataObjectRef") in own}
        ends = [
            {_text(association.find(bpmn("sourceRef"))), _text(association.find(bpmn("targetRef")))}
            for association in sub_process.iter(bpmn("dataInputAssociation"), bpmn("dataOutputAssociation"))
        ]
        moved = [both for both in ends if any(self.is_a(end, tag) for end in both for tag in _MOVED)]
        return sorted({self.name(end) for both in moved for end in both & own})


class DataReader:
    """Reads the data associations of one node; expressions are registered for compilation."""

    def __init__(self, element: etree._Element, items: DataItems, texts: list[Text]) -> None:
        self._element = element
        self._items = items
        self._texts = texts

    def inputs(self) -> list[VariableMapping]:
        """Returns what the activity is given."""
        return [
            mapping
            for association in self._element.findall(bpmn("dataInputAssociation"))
            for mapping in self._mappings(association, side="dataInput")
        ]

    def outputs(self) -> list[VariableMapping]:
        """Returns what the activity gives back."""
        return [
            mapping
            for association in self._element.findall(bpmn("dataOutputAssociation"))
            for mapping in self._mappings(association, side="dataOutput")
        ]

    def _mappings(self, association: etree._Element, *, side: str) -> Iterator[VariableMapping]:
        assignments = association.findall(bpmn("assignment"))
        target = _text(association.find(bpmn("targetRef")))
        transformation = association.find(bpmn("transformation"))
        for assignment in assignments:
            to = _text(assignment.find(bpmn("to"))).lstrip("=").strip()
            yield self._computed(association, to or target, assignment.find(bpmn("from")))
        if assignments:
            return
        if transformation is not None:
            yield self._computed(association, target, transformation)
            return
        source = _text(association.find(bpmn("sourceRef")))
        if self._items.is_end(target if side == "dataInput" else source, side):
            yield from self._copy(source, target, keeps=side == "dataOutput")

    def _copy(self, source: str, target: str, *, keeps: bool) -> Iterator[VariableMapping]:
        given, taken = self._items.name(source), self._items.name(target)
        if given and taken and given != taken:
            text = Text(given, self._element.get("id", ""), line_of(self._element), "数据", "data")
            text.value = VariableValue(given, taken if keeps else None)
            yield VariableMapping(taken, text, source=given)

    def _computed(self, association: etree._Element, target: str, expression: etree._Element | None) -> VariableMapping:
        source = self._items.name(_text(association.find(bpmn("sourceRef"))))
        whole, *path = [target] if self._items.holds(target) else target.split(".")
        text, name = self._feel(expression), self._items.name(whole)
        if path:
            text.source = _put(name, [part.strip() for part in path], text.source.lstrip("="))
        return VariableMapping(name, text, source=source)

    def _feel(self, element: etree._Element | None) -> Text:
        line = line_of(self._element if element is None else element)
        text = Text(_text(element), self._element.get("id", ""), line, "数据关联", "data association", mode="feel")
        self._texts.append(text)
        return text


def empty(name: str, owner: etree._Element) -> VariableMapping:
    """Returns the input that gives a scope a variable of its own without a value."""
    text = Text("", owner.get("id", ""), line_of(owner), "数据", "data")
    text.value = LiteralValue(None)
    return VariableMapping(name, text)


def _put(whole: str, path: list[str], value: str) -> str:
    """Returns the FEEL that puts a value at a path of a context, which need not be there yet."""
    if not path:
        return f"({value})"
    inner = _put(f"{whole}.{path[0]}", path[1:], value)
    return f'context put(if {whole} = null then {{}} else {whole}, "{path[0]}", {inner})'


def _text(element: etree._Element | None) -> str:
    return ((element.text or "") if element is not None else "").strip()
