"""Data (BPMN 10.4): inputs and outputs belong to whom they are said to, and associations lead from data to data."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.grammar import is_a
from engine.bpmn.lint.document import Document, name_of, spot
from engine.bpmn.lint.report import Report
from engine.bpmn.vocabulary import bpmn

_ITEMS = frozenset({"inputDataItem", "outputDataItem"})
_SETS = {
    "inputSet": ("dataInputRefs", ("optionalInputRefs", "whileExecutingInputRefs")),
    "outputSet": ("dataOutputRefs", ("optionalOutputRefs", "whileExecutingOutputRefs")),
}
_OWN_END = {"dataInputAssociation": ("targetRef", "dataInput"), "dataOutputAssociation": ("sourceRef", "dataOutput")}


def check_data(document: Document, report: Report) -> None:
    """Checks data items, their sets and their associations."""
    for element in document.elements:
        name = name_of(element) or ""
        if name in _SETS:
            _check_set(element, *_SETS[name], document, report)
        elif name in _OWN_END:
            _check_association(element, document, report)
        elif name == "dataObjectReference" and not element.get("dataObjectRef"):
            report.error(
                "unknown-reference",
                spot(element),
                "dataObjectReference 缺少 dataObjectRef。",
                "The dataObjectReference has no dataObjectRef.",
            )
        elif name in ("dataObject", "dataInput", "dataOutput") and (item := element.get("itemSubjectRef")):
            _check_collection(element, document.find(item), report)


def _check_collection(element: etree._Element, item: etree._Element | None, report: Report) -> None:
    if item is not None and item.get("isCollection", "false") != element.get("isCollection", "false"):
        report.error(
            "collection-mismatch",
            spot(element),
            f"{element.get('id', '')} 与其类型 {item.get('id')} 的 isCollection 不一致。",
            f"{element.get('id', '')} and its type {item.get('id')} disagree on isCollection.",
        )


def _check_set(element: etree._Element, holds: str, parts: tuple[str, ...], document: Document, report: Report) -> None:
    """What a set may leave out or take later is part of it, and all of it is its owner's (BPMN table 10.61)."""
    held = _texts(element, holds)
    for reference in held:
        found = document.find(reference)
        if found is not None and found.getparent() is not element.getparent():
            _foreign(element, reference, report)
    for part in parts:
        for reference in _texts(element, part):
            if reference not in held and document.find(reference) is not None:
                report.error(
                    "not-in-set",
                    spot(element),
                    f"{part} 中的 {reference} 不在 {holds} 之中。",
                    f"{reference} in {part} is not among the {holds}.",
                )


def _check_association(element: etree._Element, document: Document, report: Report) -> None:
    sources, targets = _texts(element, "sourceRef"), _texts(element, "targetRef")
    computes = any(element.find(bpmn(tag)) is not None for tag in ("transformation", "assignment"))
    if len(sources) > 1 and not computes:
        report.error(
            "several-sources",
            spot(element),
            "数据关联有多个来源时必须有 transformation。",
            "A data association of several sources needs a transformation.",
        )
    for side, references in (("sourceRef", sources), ("targetRef", targets)):
        for reference in references:
            _check_end(element, side, reference, document, report)


def _check_end(element: etree._Element, side: str, reference: str, document: Document, report: Report) -> None:
    """One end is an input or output of the node; some tools name the node itself, or a placeholder in it."""
    found = document.find(reference)
    if found is None:
        if not document.is_foreign(reference):
            _unknown(element, side, reference, report)
        return
    name, node = name_of(found) or "", element.getparent()
    own_side, own_kind = _OWN_END[name_of(element) or ""]
    if side == own_side and found is not node and not _is_inside(found, node):
        if name == own_kind:
            _foreign(element, reference, report)
        elif name != "property" and name not in _ITEMS:
            _unfit(element, side, reference, report)
    elif side != own_side and not is_a(name, "itemAware") and name not in _ITEMS:
        _unfit(element, side, reference, report)


def _is_inside(found: etree._Element, node: etree._Element | None) -> bool:
    return any(around is node for around in found.iterancestors())


def _texts(element: etree._Element, tag: str) -> list[str]:
    return [(child.text or "").strip() for child in element.findall(bpmn(tag))]


def _unknown(element: etree._Element, side: str, reference: str, report: Report) -> None:
    report.error(
        "unknown-reference",
        spot(element),
        f"{name_of(element)} 的 {side} 所指的 {reference or '(空)'} 不存在。",
        f"The {side} of the {name_of(element)} names {reference or 'nothing'}, which does not exist.",
    )


def _unfit(element: etree._Element, side: str, reference: str, report: Report) -> None:
    report.error(
        "bad-data-association",
        spot(element),
        f"{name_of(element)} 的 {side} 不能是 {reference}。",
        f"The {side} of the {name_of(element)} cannot be {reference}.",
    )


def _foreign(element: etree._Element, reference: str, report: Report) -> None:
    report.error(
        "foreign-data",
        spot(element),
        f"{name_of(element)} 所指的 {reference} 属于另一个元素。",
        f"{reference}, which the {name_of(element)} names, belongs to another element.",
    )
