"""The file as a whole: ids given once and well formed, what is imported, what is executable.

Looks at the XML itself, before anything is read out of it, because what the reader does not understand it cannot miss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from engine.bpmn.lint.report import Report
from engine.bpmn.vocabulary import BPMN, CHOREOGRAPHIES, NODES, bpmn
from engine.bpmn.xml import line_of

NAME = re.compile(r"[^\W\d][\w.\-]*")
_NEED_IDS = NODES | {"sequenceFlow", "process"}


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
        self.elements = list(_ours(root))
        self.by_id: dict[str, etree._Element] = {}
        for element in self.elements:
            if (identifier := element.get("id")) is not None:
                self.by_id.setdefault(identifier, element)
        self.namespace = root.get("targetNamespace")
        self.imported = {child.get("namespace") for child in root.findall(bpmn("import"))}

    def find(self, reference: str) -> etree._Element | None:
        """Returns what an id or qualified name means."""
        found = self.by_id.get(reference)
        return found if found is not None else self.by_id.get(reference.rpartition(":")[2])

    def is_foreign(self, reference: str) -> bool:
        """Tells whether a reference leads into another file."""
        return bool(self.imported) and ":" in reference


def _ours(root: etree._Element) -> Iterator[etree._Element]:
    """Yields the BPMN elements in document order, and leaves out what stands inside extensions and drawings."""
    pending = [root]
    while pending:
        element = pending.pop()
        if name_of(element) is not None:
            yield element
            if name_of(element) != "extensionElements":
                pending.extend(reversed(element))


def check_document(document: Document, report: Report) -> None:
    """Checks the root and all ids of the file."""
    _check_root(document.root, report)
    _check_executable(document, report)
    seen: set[str] = set()
    for element in document.elements:
        _check_id(element, seen, report)


def _check_root(root: etree._Element, report: Report) -> None:
    if not root.get("targetNamespace"):
        report.error(
            "no-target-namespace",
            spot(root),
            "definitions 缺少 targetNamespace。",
            "The definitions have no targetNamespace.",
        )
    for child in root:
        if name_of(child) == "import":
            report.warning(
                "import-ignored",
                spot(child),
                f"不会读取导入的 {child.get('location', '')}。",
                f"The import of {child.get('location', '')} is not read.",
            )
        elif name_of(child) in CHOREOGRAPHIES:
            report.warning(
                "choreography-not-run",
                spot(child),
                f"编排 {child.get('id', '')} 只作说明，不会执行。",
                f"The choreography {child.get('id', '')} is for readers; it is not run.",
            )
        elif name_of(child) == "extension" and child.get("mustUnderstand") == "true":
            report.error(
                "must-understand",
                spot(child),
                f"文件要求理解扩展 {child.get('definition', '')}，此处不能。",
                f"The file wants its extension {child.get('definition', '')} to be understood, which it is not here.",
            )


def _check_executable(document: Document, report: Report) -> None:
    """A process that does not say whether it is executable is taken as one that is; that is worth a word when others
    in the file do say so."""
    processes = document.root.findall(bpmn("process"))
    for process in processes:
        _check_public(process, report)
    if len(processes) < 2:
        return
    for process in processes:
        if process.get("isExecutable") is None:
            report.warning(
                "executable-unsaid",
                spot(process),
                f"流程 {process.get('id', '')} 没有写明 isExecutable，按可执行处理。",
                f"The process {process.get('id', '')} does not say isExecutable; it is taken as executable.",
            )


def _check_id(element: etree._Element, seen: set[str], report: Report) -> None:
    identifier = element.get("id")
    if not identifier and name_of(element) in _NEED_IDS:
        report.error("id-missing", spot(element), f"{name_of(element)} 缺少 id。", f"A {name_of(element)} has no id.")
    if identifier is None or (not identifier and name_of(element) in _NEED_IDS):
        return
    if not NAME.fullmatch(identifier):
        report.error(
            "id-malformed",
            spot(element),
            f"id「{identifier}」不是合法的名称（以字母或下划线开头，不含特殊符号）。",
            f"The id {identifier!r} is no valid name (a letter or underscore first, no special signs).",
        )
    elif identifier in seen:
        report.error("id-duplicate", spot(element), f"id {identifier} 重复。", f"The id {identifier} is used twice.")
    seen.add(identifier)


def _check_public(process: etree._Element, report: Report) -> None:
    """A public process shows others what a private one does; only a private one can run (BPMN 10, table 10.1)."""
    if process.get("processType") == "Public" and process.get("isExecutable") == "true":
        report.error(
            "public-executable",
            spot(process),
            f"流程 {process.get('id', '')} 不能既是 Public 又可执行。",
            f"The process {process.get('id', '')} cannot be public and executable at once.",
        )
