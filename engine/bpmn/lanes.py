"""Who works in which lane: the role codes that a lane hands to the tasks drawn in it."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.extensions import properties
from engine.bpmn.vocabulary import bpmn


def lane_roles(process: etree._Element) -> dict[str, tuple[str, ...]]:
    """Returns the role codes of each flow node. The innermost lane that has the property `role` counts."""
    roles: dict[str, tuple[str, ...]] = {}
    depths: dict[str, int] = {}
    for lane in process.iter(bpmn("lane")):
        depth = sum(1 for _ in lane.iterancestors(bpmn("lane")))
        codes = tuple(code.strip() for code in properties(lane).get("role", "").split("|") if code.strip())
        if not codes:
            continue
        for reference in _references(lane):
            if depth >= depths.get(reference, -1):
                roles[reference], depths[reference] = codes, depth
    return roles


def _references(lane: etree._Element) -> list[str]:
    return [(item.text or "").strip() for item in lane.iter(bpmn("flowNodeRef"))]
