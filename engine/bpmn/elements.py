"""Makes the public `Element` of a node as its owner drew it."""

from __future__ import annotations

from types import MappingProxyType

from engine.bpmn.definition import Element
from engine.bpmn.model import Node
from engine.bpmn.retries import NotARetryCycle, RetryCycle, parse_retry_cycle


def element_of(node: Node, parent_id: str | None) -> Element:
    """Returns the frozen description of a node."""
    return Element(
        id=node.id,
        type=node.type,
        name=node.name,
        name_en=node.properties.get("name.en", ""),
        documentation=node.documentation,
        roles=node.roles,
        parent_id=parent_id,
        properties=MappingProxyType(dict(node.properties)),
        line=node.line,
        form_ref=node.attributes.get("formRef"),
        form_key=node.attributes.get("formKey"),
        attributes=MappingProxyType(dict(node.attributes)),
        retry=_retry_of(node),
    )


def _retry_of(node: Node) -> RetryCycle | None:
    """Diagrams that were deployed before cycles were read may hold one that is none; their jobs are tried as any."""
    if node.retry is None:
        return None
    try:
        return parse_retry_cycle(node.retry.source)
    except NotARetryCycle:
        return None
