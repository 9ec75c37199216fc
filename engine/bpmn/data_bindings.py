"""What data references of loops and call activities mean (BPMN 10.3.8, 10.4.1), when a node is read."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.data_reader import DataItems, VariableValue, empty
from engine.bpmn.expressions import Text
from engine.bpmn.model import Mapping, Node
from engine.bpmn.vocabulary import bpmn
from engine.bpmn.xml import line_of


def bind_loop(node: Node, element: etree._Element, items: DataItems) -> None:
    """Lets the data references of a multi-instance mean what their ids name (BPMN 10.3.8).

    What flows into the input that is looped over, or out of the output that is gathered, flows once for the loop and
    not for each instance."""
    multiple, loop = element.find(bpmn("multiInstanceLoopCharacteristics")), node.loop
    if multiple is None or loop is None:
        return
    given, gathered = (
        _local((multiple.findtext(bpmn(tag)) or "").strip()) for tag in ("loopDataInputRef", "loopDataOutputRef")
    )
    if given and loop.collection is not None and loop.collection.source.rpartition(":")[2] == given:
        name = items.name(given)
        loop.collection.source = name
        fed = [mapping for mapping in node.inputs if mapping.target == name and mapping.source is not None]
        if fed and fed[0].value is not None:
            copied = isinstance(fed[0].value.value, VariableValue)
            loop.collection.source = fed[0].source or name if copied else fed[0].value.source
            node.inputs = [mapping for mapping in node.inputs if mapping not in fed]
    if gathered:
        loop.output_collection = items.name(gathered)
        loop.outputs = [mapping for mapping in node.outputs if mapping.source == loop.output_collection]
        node.outputs = [mapping for mapping in node.outputs if mapping not in loop.outputs]


def bind_call(node: Node, element: etree._Element, items: DataItems) -> None:
    """Hands the data inputs of a call activity to the inputs of that name of what it calls, and takes its outputs back
    (BPMN 10.4.1); what the called process does not have stays as it is."""
    specification = element.find(bpmn("ioSpecification"))
    if node.type != "callActivity" or specification is None:
        return
    for item in specification.findall(bpmn("dataInput")):
        node.calls_in.append(_handed(items.name(item.get("id", "")), element))
    for item in specification.findall(bpmn("dataOutput")):
        name = items.name(item.get("id", ""))
        node.calls_out.append(_handed(name, element))
        if any(mapping.source == name for mapping in node.outputs):
            node.inputs.append(empty(name, element))


def _handed(name: str, owner: etree._Element) -> Mapping:
    text = Text(name, owner.get("id", ""), line_of(owner), "数据", "data")
    text.value = VariableValue(name)
    return Mapping(name, text, optional=True)


def _local(reference: str) -> str:
    return reference.rpartition(":")[2]
