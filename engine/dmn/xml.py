"""Reads the XML of a DMN file without trusting it: no DTD, no entities, no network, bounded size and depth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from engine.errors import ParseFailed
from engine.findings import Finding


@dataclass(frozen=True, slots=True)
class TableLimits:
    """What one DMN file may hold.

    * `file_bytes`: a table of ten thousand rows has less.
    * `depth`: nested elements, because trees are walked.
    * `elements`: of one file, because each cell is compiled.
    """

    file_bytes: int = 2_000_000
    depth: int = 64
    elements: int = 200_000


DEFAULT_TABLE_LIMITS = TableLimits()
MARQUE = "https://marque.app/dmn"
NAMESPACES = frozenset(
    {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
        "https://www.omg.org/spec/DMN/20240513/MODEL/",
    }
)


class Element:
    """An element of the DMN namespace of its file; children of other namespaces are passed over."""

    __slots__ = ("_element", "_namespace")

    def __init__(self, element: etree._Element, namespace: str) -> None:
        self._element = element
        self._namespace = namespace

    @property
    def tag(self) -> str:
        """The local name."""
        return etree.QName(self._element).localname

    @property
    def line(self) -> int | None:
        """The line of the start tag, from 1."""
        line: object = self._element.sourceline
        return line if isinstance(line, int) else None

    def get(self, name: str, default: str = "") -> str:
        """Returns an attribute of no namespace."""
        return self._element.get(name, default)

    def marque(self, name: str, default: str = "") -> str:
        """Returns an attribute of our own namespace."""
        return self._element.get(f"{{{MARQUE}}}{name}", default)

    def __iter__(self) -> Iterator[Element]:
        for child in self._element:
            if isinstance(child.tag, str) and etree.QName(child).namespace == self._namespace:
                yield Element(child, self._namespace)

    def all(self, *tags: str) -> list[Element]:
        """Returns the children of these local names, in order."""
        return [child for child in self if child.tag in tags]

    def first(self, *tags: str) -> Element | None:
        """Returns the first child of these local names."""
        return next((child for child in self if child.tag in tags), None)

    def text_of(self, tag: str) -> str:
        """Returns the text of a child, stripped, or ''."""
        child = self.first(tag)
        return child.text if child is not None else ""

    @property
    def text(self) -> str:
        """All text inside, stripped."""
        return "".join(map(str, self._element.itertext(with_tail=False))).strip()


def read_xml(body: bytes, *, name: str, limits: TableLimits = DEFAULT_TABLE_LIMITS) -> Element:
    """Returns the `definitions` element; raises ParseFailed for anything that is no well-meant DMN file."""
    if len(body) > (most := limits.file_bytes):
        raise refused(name, "file-too-large", f"文件超过 {most} 字节", f"the file is larger than {most} bytes")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        line = error.lineno if isinstance(error, etree.XMLSyntaxError) else None
        raise refused(name, "xml-invalid", "这不是有效的 XML", f"this is no valid XML: {error}", line) from error
    _bound(root, name, limits)
    namespace = etree.QName(root).namespace or ""
    if namespace not in NAMESPACES or etree.QName(root).localname != "definitions":
        raise refused(name, "not-dmn", "这不是 DMN 1.1–1.5 文件", "this is no DMN 1.1 to 1.5 file")
    return Element(root, namespace)


def refused(name: str, code: str, zh: str, en: str, line: int | None = None) -> ParseFailed:
    """Makes the error for a file that is refused as a whole."""
    return ParseFailed({name: [Finding("error", code, zh, en, line=line)]})


def _bound(root: etree._Element, name: str, limits: TableLimits) -> None:
    """Refuses document types, entities and trees that are too deep or too large."""
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.externalDTD is not None or info.doctype:
        raise refused(name, "xml-doctype", "不允许 DOCTYPE", "a document type declaration is not allowed")
    depth = count = 0
    for event, node in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if event in ("start", "end"):
            depth += 1 if event == "start" else -1
            count += event == "start"
        if node.tag is etree.Entity:
            raise refused(name, "xml-entity", "不允许实体引用", "entity references are not allowed")
        if depth > limits.depth or count > limits.elements:
            raise refused(name, "xml-too-deep", "XML 嵌套过深或过大", "the XML is nested too deeply or too large")
