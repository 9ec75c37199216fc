"""Conversations and choreographies (BPMN 9.4, 11): they only document, but what they say must be possible."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.grammar import is_a
from engine.bpmn.lint.document import Document, name_of, spot
from engine.bpmn.lint.report import Report
from engine.bpmn.vocabulary import bpmn


def check_conversations(document: Document, report: Report) -> None:
    """Checks conversation nodes, their links, and who begins a choreography."""
    for element in document.elements:
        name = name_of(element) or ""
        if name == "conversationLink":
            _check_link(element, document, report)
        elif name == "globalConversation":
            _check_global(element, report)
        elif is_a(name, "conversationNode"):
            _check_participants(element, report)
        elif is_a(name, "choreographyActivity"):
            _check_beginner(element, report)


def _participants(element: etree._Element) -> list[str]:
    return [(child.text or "").strip() for child in element.findall(bpmn("participantRef"))]


def _check_participants(element: etree._Element, report: Report) -> None:
    if len(_participants(element)) < 2:
        report.error(
            "lonely-conversation",
            spot(element),
            f"会话 {element.get('id', '')} 至少要有两个参与者。",
            f"The conversation {element.get('id', '')} needs at least two participants.",
        )


def _check_link(element: etree._Element, document: Document, report: Report) -> None:
    """A link leads from a conversation to somebody or something that takes part in it (BPMN 9.4.6)."""
    conversations = 0
    for side in ("sourceRef", "targetRef"):
        reference = element.get(side, "")
        found = document.find(reference)
        if found is None and reference and not document.is_foreign(reference):
            report.error(
                "unknown-reference",
                spot(element),
                f"conversationLink 的 {side} 所指的 {reference} 不存在。",
                f"The {side} of the conversationLink names {reference}, which does not exist.",
            )
            return
        conversations += found is not None and is_a(name_of(found) or "", "conversationNode")
    ends = [document.find(element.get(side, "")) for side in ("sourceRef", "targetRef")]
    names = {name_of(end) or "" for end in ends if end is not None}
    if conversations != 1 or not all(any(is_a(name, kind) for kind in _LINKED) for name in names):
        report.error(
            "bad-conversation-link",
            spot(element),
            f"会话连线 {element.get('id', '')} 必须连接一个会话和一个参与者、活动或事件。",
            f"The conversation link {element.get('id', '')} must connect a conversation with a participant, an "
            "activity or an event.",
        )


_LINKED = ("conversationNode", "participant", "activity", "anyEvent")


def _check_global(element: etree._Element, report: Report) -> None:
    if any(is_a(name_of(child) or "", "conversationNode") for child in element):
        report.error(
            "conversation-in-global",
            spot(element),
            "全局会话之中不能再有会话。",
            "A global conversation cannot hold conversations.",
        )


def _check_beginner(element: etree._Element, report: Report) -> None:
    beginner, others = element.get("initiatingParticipantRef"), _participants(element)
    if beginner and others and beginner not in others:
        report.error(
            "outsider-begins",
            spot(element),
            f"{element.get('id', '')} 的发起者 {beginner} 不是它的参与者。",
            f"{beginner}, who begins {element.get('id', '')}, does not take part in it.",
        )
