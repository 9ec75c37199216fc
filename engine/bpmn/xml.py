"""Reads XML that a stranger sent: no document types, no entities, no network, bounded size, count and depth."""

from __future__ import annotations

from typing import Any

from lxml import etree

from engine.bpmn.limits import DEFAULT_FILE_LIMITS, FileLimits
from engine.bpmn.vocabulary import FLAGS
from engine.errors import ParseFailed
from engine.findings import Finding


def read_xml(body: bytes, *, name: str, limits: FileLimits = DEFAULT_FILE_LIMITS) -> etree._Element:
    """Returns the root element of an XML file; raises ParseFailed with the one finding that stopped it."""
    if len(body) > limits.file_bytes:
        raise _refused(
            name,
            "file-too-large",
            f"文件超过 {limits.file_bytes} 字节。",
            f"The file exceeds {limits.file_bytes} bytes.",
        )
    if b"<!DOCTYPE" in body[:100_000] or b"<!ENTITY" in body:
        raise _doctype(name)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as cause:
        raise _syntax(name, cause) from cause
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype:
        raise _doctype(name)
    _check_size(root, name, limits)
    return root


def tidy(root: etree._Element) -> None:
    """Writes truth values one way: the schema allows 1 for true, 0 for false and space around them."""
    for element in root.iter("{*}*"):
        for name in FLAGS.intersection(str(key) for key in element.attrib):
            value = str(element.get(name)).strip()
            element.set(name, {"1": "true", "0": "false"}.get(value, value))


def called(element: etree._Element) -> str:
    """Returns the name of a message or signal, or its id, for BPMN demands no name of it (tables 8.48 and 10.106)."""
    return str(element.get("name") or element.get("id", ""))


def line_of(element: etree._Element) -> int | None:
    """Returns the line of an element in its file, counted from 1."""
    line: Any = element.sourceline
    return None if line is None else int(line)


def _check_size(root: etree._Element, name: str, limits: FileLimits) -> None:
    count = depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if count > limits.elements:
            raise _refused(
                name,
                "too-many-elements",
                f"元素超过 {limits.elements} 个。",
                f"There are more than {limits.elements} elements.",
            )
        if depth > limits.depth:
            raise _refused(
                name,
                "nested-too-deep",
                f"元素嵌套超过 {limits.depth} 层。",
                f"Elements are nested deeper than {limits.depth}.",
            )
        if event == "start":
            _check_attributes(element, name, limits)


def _check_attributes(element: etree._Element, name: str, limits: FileLimits) -> None:
    if len(element.attrib) > limits.attributes:
        raise _refused(
            name,
            "too-many-attributes",
            f"一个元素的属性超过 {limits.attributes} 个。",
            f"An element has more than {limits.attributes} attributes.",
            line_of(element),
        )
    for key, value in element.attrib.items():
        most = limits.name_characters if key in ("id", "name") else limits.text_characters
        if len(value) > most:
            shown = str(key).rpartition("}")[2][:40]
            raise _refused(
                name,
                "text-too-long",
                f"属性 {shown} 超过 {most} 个字符。",
                f"The attribute {shown} is longer than {most} characters.",
                line_of(element),
            )


def _doctype(name: str) -> ParseFailed:
    return _refused(
        name,
        "document-type",
        "文件含文档类型或实体声明，不予读取。",
        "The file declares a document type or entities; such files are not read.",
    )


def _syntax(name: str, cause: Exception) -> ParseFailed:
    line = getattr(cause, "lineno", None)
    column = getattr(cause, "offset", None)
    text = str(cause).partition(" (<string>")[0]  # lxml repeats the line behind the name of no file
    return ParseFailed(
        {
            name: [
                Finding(
                    "error",
                    "not-xml",
                    f"文件不是合法的 XML:{text}",
                    f"The file is no well-formed XML: {text}",
                    None,
                    line,
                    column,
                )
            ]
        }
    )


def _refused(name: str, code: str, zh: str, en: str, line: int | None = None) -> ParseFailed:
    return ParseFailed({name: [Finding("error", code, zh, en, line=line)]})
