"""The file as a whole: ids given once, references that lead somewhere, values that the schema allows.

Looks at the XML itself, before anything is read out of it, because what the reader does not understand it cannot miss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from engine.bpmn.lint.report import Report
from engine.bpmn.vocabulary import BPMN, CHOREOGRAPHIES, FLAGS, NODES, ROOTS, WORDS, bpmn
from engine.bpmn.xml import line_of

NAME = re.compile(r"[^\W\d][\w.\-]*")
_NODES = NODES | {"sequenceFlow"}
_READ_BY_PROCESS = _NODES | {"process", "sequenceFlow"}
REFERENCES = {
    "dataObjectRef": {"dataObject"},
    "dataStoreRef": {"dataStore"},
    "processRef": {"process"},
    "operationRef": {"operation"},
    "itemSubjectRef": {"itemDefinition"},
    "itemRef": {"itemDefinition"},
    "categoryValueRef": {"categoryValue"},
    "correlationPropertyRef": {"correlationProperty"},
    "correlationKeyRef": {"correlationKey"},
    "dataInputRefs": {"dataInput"},
    "dataOutputRefs": {"dataOutput"},
    "inMessageRef": {"message"},
    "outMessageRef": {"message"},
    "flowNodeRef": NODES,
}
"""Attributes and child elements that name another element of the file, and what it may be (BPMN 2.0 schema)."""

_ONCE = frozenset({"extensionElements", "conditionExpression", "ioSpecification", "script", "completionCondition"})


@dataclass(frozen=True, slots=True)
class Spot:
    """An element of the file, as findings point at it."""

    id: str
    line: int | None


def spot(element: etree._Element) -> Spot:
    """Returns where an element stands: under its own id, or that of the nearest element around it that has one."""
    around: etree._Element | None = element
    while around is not None and not around.get("id"):
        around = around.getparent()
    return Spot("" if around is None else around.get("id", ""), line_of(element))


def name_of(element: etree._Element) -> str | None:
    """Returns the tag of a BPMN element, None for elements of other vocabularies."""
    name = etree.QName(element)
    return name.localname if name.namespace == BPMN else None


class Document:
    """All BPMN elements of a file by id."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.elements = [element for element in root.iter(f"{{{BPMN}}}*") if _is_ours(element)]
        self.by_id: dict[str, etree._Element] = {}
        for element in self.elements:
            if (identifier := element.get("id")) is not None:
                self.by_id.setdefault(identifier, element)
        self.imports = root.find(bpmn("import")) is not None

    def find(self, reference: str) -> etree._Element | None:
        """Returns what an id or qualified name means."""
        found = self.by_id.get(reference)
        return found if found is not None else self.by_id.get(reference.rpartition(":")[2])

    def is_foreign(self, reference: str) -> bool:
        """Tells whether a reference leads into another file."""
        return self.imports and ":" in reference


def _is_ours(element: etree._Element) -> bool:
    """Leaves out what stands inside an extension."""
    return not any(around.tag == bpmn("extensionElements") for around in element.iterancestors())


def check_document(document: Document, report: Report) -> None:
    """Checks ids, references and values of the whole file."""
    _check_root(document.root, report)
    _check_executable(document, report)
    seen: set[str] = set()
    for element in document.elements:
        _check_id(element, seen, report)
        _check_references(element, document, report)
        _check_values(element, report)
        _check_once(element, report)


def _check_root(root: etree._Element, report: Report) -> None:
    if not root.get("targetNamespace"):
        report.error(
            "no-target-namespace",
            spot(root),
            "definitions 缺少 targetNamespace。",
            "The definitions have no targetNamespace.",
        )
    for child in root:
        name = name_of(child)
        if name == "import":
            report.warning(
                "import-ignored",
                spot(child),
                f"不会读取导入的 {child.get('location', '')}。",
                f"The import of {child.get('location', '')} is not read.",
            )
        elif name in CHOREOGRAPHIES:
            report.warning(
                "choreography-not-run",
                spot(child),
                f"编排 {child.get('id', '')} 只作说明,不会执行。",
                f"The choreography {child.get('id', '')} is for readers; it is not run.",
            )
        elif name == "extension" and child.get("mustUnderstand", "").strip() in ("true", "1"):
            report.error(
                "must-understand",
                spot(child),
                "图要求必须理解一种本系统不认识的扩展。",
                "The diagram demands that an extension be understood that is not known here.",
            )
        elif name is not None and name not in ROOTS:
            report.error(
                "unknown-element",
                spot(child),
                f"definitions 之下不能有 {name}。",
                f"A {name} cannot stand directly in definitions.",
            )


def _check_executable(document: Document, report: Report) -> None:
    """A process that does not say whether it is executable is taken as one that is; that is worth a word when others
    in the file do say so."""
    processes = document.root.findall(bpmn("process"))
    if len(processes) < 2:
        return
    for process in processes:
        if process.get("isExecutable") is None:
            report.warning(
                "executable-unsaid",
                spot(process),
                f"流程 {process.get('id', '')} 没有写明 isExecutable,按可执行处理。",
                f"The process {process.get('id', '')} does not say isExecutable; it is taken as executable.",
            )


def _check_id(element: etree._Element, seen: set[str], report: Report) -> None:
    identifier = element.get("id")
    if identifier is None:
        return
    if not NAME.fullmatch(identifier) and not any(sign in identifier for sign in "# \t\n\"'<>&") and identifier:
        report.error(
            "id-malformed",
            spot(element),
            f"id「{identifier}」不是合法的名称(以字母或下划线开头,不含特殊符号)。",
            f"The id {identifier!r} is no valid name (a letter or underscore first, no special signs).",
        )
    if identifier in seen and name_of(element) not in _READ_BY_PROCESS:
        report.error("id-duplicate", spot(element), f"id {identifier} 重复。", f"The id {identifier} is used twice.")
    seen.add(identifier)


def _references(element: etree._Element) -> Iterator[tuple[str, str]]:
    for name in REFERENCES.keys() & {str(key) for key in element.attrib}:
        yield str(name), str(element.get(str(name)))
    for child in element:
        if (name_ := name_of(child)) in REFERENCES:
            yield str(name_), (child.text or "").strip()


def _check_references(element: etree._Element, document: Document, report: Report) -> None:
    for name, reference in _references(element):
        found = document.find(reference)
        if found is not None and name_of(found) in REFERENCES[name]:
            continue
        if found is None and (document.is_foreign(reference) or name in ("itemSubjectRef", "itemRef")):
            continue  # data types may come from anywhere, and nothing runs by them
        report.error(
            "unknown-reference",
            spot(element),
            f"{name} 所指的 {reference or '(空)'} 不存在,或者不是合适的元素。",
            f"{name} names {reference or 'nothing'}, which does not exist or is not of the right kind.",
        )


def _check_values(element: etree._Element, report: Report) -> None:
    for name, value in ((str(key), str(value)) for key, value in element.attrib.items()):
        if name in FLAGS and value not in ("true", "false"):
            allowed = "true、false"
        elif name in WORDS and value not in WORDS[name]:
            allowed = "、".join(sorted(WORDS[name]))
        else:
            continue
        report.error(
            "bad-value",
            spot(element),
            f"{name} 的值「{value}」不合法,只能是 {allowed}。",
            f"The value {value!r} of {name} is not allowed; it can be {allowed.replace('、', ', ')}.",
        )


def _check_once(element: etree._Element, report: Report) -> None:
    names = [name_of(child) for child in element]
    for name in sorted(_ONCE):
        if names.count(name) > 1:
            report.error(
                "child-twice",
                spot(element),
                f"{name} 在同一元素中只能出现一次。",
                f"{name} can stand only once in the same element.",
            )
