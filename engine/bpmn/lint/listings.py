"""What nodes say of their flows (BPMN 8.3.13): `incoming` and `outgoing` agree with where the flows begin and end.

Some tools leave the lists out; then nothing contradicts anything. Where only some flows are missing the diagram runs by
its flows, and a warning says so; a list that names a flow of somebody else is refused.
"""

from __future__ import annotations

from lxml import etree

from engine.bpmn.lint.document import Document, name_of, spot
from engine.bpmn.lint.report import Report
from engine.bpmn.vocabulary import bpmn

_SIDES = {"incoming": "targetRef", "outgoing": "sourceRef"}


def check_listings(document: Document, report: Report) -> None:
    """Checks the lists of flows of every process of a file."""
    for process in document.root.findall(bpmn("process")):
        flows = [flow for flow in process.iter(bpmn("sequenceFlow")) if flow.get("id")]
        for name, side in _SIDES.items():
            listed = {
                reference
                for item in process.iter(bpmn(name))
                if (reference := _check_item(item, side, document, report))
            }
            for flow in flows if listed else ():
                if flow.get("id", "") not in listed and document.find(flow.get(side, "")) is not None:
                    _unlisted(flow, name, side, report)


def _check_item(item: etree._Element, side: str, document: Document, report: Report) -> str | None:
    """Returns the flow that a node lists, None if that is none of its own."""
    node = item.getparent()
    reference = (item.text or "").strip()
    flow = document.find(reference)
    if node is None or document.is_foreign(reference):
        return None
    if flow is None or name_of(flow) != "sequenceFlow":
        report.error(
            "unknown-reference",
            spot(item),
            f"{node.get('id')} 的 {name_of(item)} 所指的顺序流 {reference or '(空)'} 不存在。",
            f"{node.get('id')} lists the flow {reference or '(empty)'} as {name_of(item)}, which does not exist.",
        )
        return None
    if flow.get(side, "") != node.get("id"):
        report.error(
            "flow-mismatch",
            spot(item),
            f"{node.get('id')} 声称的顺序流 {reference} 并不与它相连。",
            f"{node.get('id')} names the flow {reference}, which is not connected to it.",
        )
    return flow.get("id")


def _unlisted(flow: etree._Element, name: str, side: str, report: Report) -> None:
    report.warning(
        "flow-unlisted",
        spot(flow),
        f"流程的其他元素都列出了 {name}，而 {flow.get(side)} 没有列出顺序流 {flow.get('id')}。",
        f"Other nodes of the process list their {name} flows, but {flow.get(side)} does not list {flow.get('id')}.",
    )
