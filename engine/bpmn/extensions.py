"""Reads Camunda's extension elements and attributes of one BPMN element."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.expressions import Text
from engine.bpmn.model import Mapping, Retry
from engine.bpmn.vocabulary import EXTENSIONS, bpmn
from engine.bpmn.xml import line_of

RETRY_CYCLE = "failedJobRetryTimeCycle"


def local_name(node: etree._Element) -> str:
    """Returns the tag without namespace."""
    return etree.QName(node).localname


def is_extension(node: etree._Element) -> bool:
    """Tells whether an element belongs to a namespace of extensions that we read."""
    return etree.QName(node).namespace in EXTENSIONS


def attributes(node: etree._Element) -> dict[str, str]:
    """Returns the extension attributes without namespace, as written."""
    found = {}
    for key, value in node.attrib.items():
        name = etree.QName(str(key))
        if name.namespace in EXTENSIONS:
            found[name.localname] = str(value)
    return found


def extension_elements(node: etree._Element, name: str | None = None) -> list[etree._Element]:
    """Returns the extension elements of a node, all or those of one name."""
    found = []
    for holder in node.findall(bpmn("extensionElements")):
        found += [child for child in holder if is_extension(child) and name in (None, local_name(child))]
    return found


def properties(node: etree._Element) -> dict[str, str]:
    """Returns the `camunda:property` values of a node by name."""
    return {
        item.get("name", ""): item.get("value", "")
        for holder in extension_elements(node, "properties")
        for item in holder
        if item.get("name")
    }


def retry(node: etree._Element) -> Retry | None:
    """Returns the retry cycle of an element or, if it has none of its own, of its loop."""
    for place in (node, node.find(bpmn("multiInstanceLoopCharacteristics"))):
        for item in extension_elements(place, RETRY_CYCLE) if place is not None else ():
            return Retry(node.get("id", ""), line_of(item), (item.text or "").strip())
    return None


class ParameterReader:
    """Reads the mappings of one element and registers their texts for compilation."""

    def __init__(self, element_id: str, texts: list[Text]) -> None:
        self._element_id = element_id
        self._texts = texts

    def parameters(self, node: etree._Element, tag: str) -> list[Mapping]:
        """Returns `camunda:inputParameter` or `camunda:outputParameter` mappings, in order."""
        found = []
        for holder in extension_elements(node, "inputOutput"):
            for item in holder:
                if is_extension(item) and local_name(item) == tag:
                    name = item.get("name", "")
                    text = self._parameter(item, name)
                    self._texts.append(text)
                    found.append(Mapping(name, text))
        return found

    def calls(self, node: etree._Element, tag: str) -> list[Mapping]:
        """Returns the `camunda:in` or `camunda:out` mappings of a call activity or signal."""
        return [self._call(item) for item in extension_elements(node, tag)]

    def text(self, node: etree._Element, source: str, what: tuple[str, str]) -> Text:
        """Registers and returns a text of mode `value`."""
        text = Text(source, self._element_id, line_of(node), *what)
        self._texts.append(text)
        return text

    def _call(self, item: etree._Element) -> Mapping:
        if item.get("variables") == "all":
            return Mapping("", all_variables=True)
        if (key := item.get("businessKey")) is not None:
            return Mapping("", self.text(item, key, ("业务键", "business key")), business_key=True)
        target = item.get("target", "")
        what = (f"映射 {target}", f"mapping {target}")
        if (source := item.get("source")) is not None:
            text = Text(source, self._element_id, line_of(item), *what, mode="feel")
        else:
            text = Text(item.get("sourceExpression", ""), self._element_id, line_of(item), *what)
        self._texts.append(text)
        return Mapping(target, text)

    def _parameter(self, item: etree._Element, name: str) -> Text:
        what = (f"参数 {name}", f"parameter {name}")
        text = Text(item.text or "", self._element_id, line_of(item), *what)
        for child in item:
            if is_extension(child):
                self._structured(text, child, name)
        return text

    def _structured(self, text: Text, child: etree._Element, name: str) -> None:
        match local_name(child):
            case "script":
                text.source = child.text or ""
                text.mode = "feel"
                if (child.get("scriptFormat") or "").lower() != "feel":
                    text.problem = (
                        f"脚本语言 {child.get('scriptFormat')} 不予运行，请改用 FEEL。",
                        f"scripts in {child.get('scriptFormat')} are not run; write FEEL instead",
                    )
            case "list":
                text.items = [self._parameter(value, name) for value in child if is_extension(value)]
                for value, item in zip((v for v in child if is_extension(v)), text.items, strict=True):
                    if local_name(value) == "script":
                        self._structured(item, value, name)
            case "map":
                text.entries = [(entry.get("key", ""), self._parameter(entry, name)) for entry in child]
            case other:
                text.problem = (f"不支持 {other}。", f"{other} is not supported")
