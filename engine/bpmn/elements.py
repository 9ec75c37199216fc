"""Makes the public `Element` of a node as its owner drew it."""

from __future__ import annotations

from types import MappingProxyType

from engine.bpmn.definition import Element
from engine.bpmn.model import Node


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
    )
