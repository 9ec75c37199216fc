"""What a diagram looks like: the shapes, edges and labels of its diagram interchange (BPMN 2.0, chapter 12).

Lengths are pixels; x grows to the right and y downwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from lxml import etree

from engine.bpmn.vocabulary import EVENTS, GATEWAYS, NODES, SUB_PROCESSES, bpmn

DI: Final = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC: Final = "{http://www.omg.org/spec/DD/20100524/DC}"
WAYPOINT: Final = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"

CONNECTIONS: Final = frozenset({"sequenceFlow", "messageFlow", "association"})
CONTAINERS: Final = frozenset({"participant", "lane"})
DRAWN: Final = NODES | CONTAINERS | {"textAnnotation", "sequenceFlow"}
"""What has to be drawn; data and groups may be."""

LABEL_WIDTH: Final = 90.0  # bpmn-js wraps an external label there unless its bounds are wider
LINE_HEIGHT: Final = 14.0
WIDE, NARROW = 11.0, 6.2  # an 11 px glyph: Chinese, others

Point = tuple[float, float]
Segment = tuple[Point, Point]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of its lower side."""
        return self.y + self.height

    @property
    def centre(self) -> Point:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def docks(self) -> tuple[Point, Point, Point, Point]:
        """The middles of its sides: left, right, top, bottom."""
        x, y = self.centre
        return (self.x, y), (self.right, y), (x, self.y), (x, self.bottom)

    def shrunk(self, by: float) -> Box:
        """Returns the box without a rim, so that touching is no overlap."""
        return Box(self.x + by, self.y + by, max(0.0, self.width - 2 * by), max(0.0, self.height - 2 * by))

    def contains(self, other: Box) -> bool:
        """Tells whether the other box lies in this one, rims included."""
        return self.x <= other.x and self.y <= other.y and other.right <= self.right and other.bottom <= self.bottom

    def overlaps(self, other: Box) -> bool:
        """Tells whether the two share more than a rim."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def crossed_by(self, segment: Segment) -> bool:
        """Tells whether a line runs through the inside (Liang and Barsky's clipping)."""
        (x0, y0), (x1, y1) = segment
        dx, dy = x1 - x0, y1 - y0
        first, last = 0.0, 1.0
        for p, q in ((-dx, x0 - self.x), (dx, self.right - x0), (-dy, y0 - self.y), (dy, self.bottom - y0)):
            if p == 0:
                if q <= 0:
                    return False
            elif p < 0:
                first = max(first, q / p)
            else:
                last = min(last, q / p)
        return first < last


@dataclass(frozen=True, slots=True)
class Shape:
    """A drawn node, lane or pool.

    `parent_id` is the process or sub-process around it, `host_id` the activity that a boundary event sits on,
    `plane` the picture that it is part of.
    """

    id: str
    name: str
    type: str
    box: Box
    plane: str
    label: Box | None = None
    parent_id: str | None = None
    host_id: str | None = None
    line: int | None = None

    @property
    def body(self) -> Box:
        """What of its box is filled: gateways and events leave the corners free."""
        round_or_pointed = self.type in EVENTS or self.type in GATEWAYS
        return self.box.shrunk(self.box.width / 6) if round_or_pointed else self.box

    @property
    def title(self) -> str:
        """How the owner knows it: name and id."""
        return f"“{' '.join(self.name.split())}” ({self.id})" if self.name else self.id


@dataclass(frozen=True, slots=True)
class Edge:
    """A drawn connection with its corner points from source to target."""

    id: str
    name: str
    type: str
    source_id: str
    target_id: str
    points: tuple[Point, ...]
    plane: str
    label: Box | None = None
    line: int | None = None

    @property
    def title(self) -> str:
        """How the owner knows it: name and id."""
        return f"“{self.name}” ({self.id})" if self.name else self.id

    @property
    def segments(self) -> Iterator[Segment]:
        """Its pieces from corner to corner."""
        return pairwise(self.points)


@dataclass(slots=True)
class Drawing:
    """All that is drawn, and what is not (`missing`: element → what is wrong with its drawing)."""

    shapes: dict[str, Shape] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    members: dict[str, list[str]] = field(default_factory=dict)
    missing: list[tuple[etree._Element, str]] = field(default_factory=list)

    @property
    def nodes(self) -> list[Shape]:
        """The shapes that flows lead to."""
        return [shape for shape in self.shapes.values() if shape.type in NODES]

    def around(self, element_id: str | None) -> Iterator[str]:
        """Yields the ids of the sub-processes and the process around an element, from the inside."""
        while element_id in self.shapes:
            element_id = self.shapes[element_id].parent_id
            if element_id:
                yield element_id


def read_drawing(root: etree._Element) -> Drawing:
    """Returns what the file draws of what it holds."""
    drawing = Drawing()
    drawn = dict(_drawn(root))
    for node in root.iter():
        kind = etree.QName(node).localname
        if node.tag == bpmn(kind) and kind in DRAWN | CONNECTIONS:
            _place(node, kind, drawn.get(node.get("id", "")), drawing)
    return drawing


def _drawn(root: etree._Element) -> Iterator[tuple[str, tuple[str, etree._Element]]]:
    for plane in root.iter(f"{DI}BPMNPlane"):
        for item in plane.iter(f"{DI}BPMNShape", f"{DI}BPMNEdge"):
            yield item.get("bpmnElement", ""), (plane.get("bpmnElement", ""), item)


def _place(node: etree._Element, kind: str, drawn: tuple[str, etree._Element] | None, drawing: Drawing) -> None:
    if kind == "lane":
        drawing.members[node.get("id", "")] = [(ref.text or "").strip() for ref in node.findall(bpmn("flowNodeRef"))]
    if drawn is None:
        if kind in DRAWN:
            drawing.missing.append((node, "missing"))
        return
    placed = _edge(node, kind, *drawn) if kind in CONNECTIONS else _shape(node, kind, *drawn)
    if placed is None:
        drawing.missing.append((node, "broken"))
    elif isinstance(placed, Shape):
        drawing.shapes[placed.id] = placed
    else:
        drawing.edges.append(placed)


def _shape(node: etree._Element, kind: str, plane: str, item: etree._Element) -> Shape | None:
    box = _box(item.find(f"{DC}Bounds"))
    if box is None:
        return None
    name = node.get("name", "")
    outside = name and (kind in EVENTS or kind in GATEWAYS)
    parent = node.getparent()
    return Shape(
        id=node.get("id", ""),
        name=name,
        type=kind,
        box=box,
        plane=plane,
        label=_label(item, name, _below(box, name)) if outside else None,
        parent_id=parent.get("id") if parent is not None and kind in NODES else None,
        host_id=node.get("attachedToRef"),
        line=line_of(node),
    )


def _edge(node: etree._Element, kind: str, plane: str, item: etree._Element) -> Edge | None:
    points = [_numbers(waypoint, "x", "y") for waypoint in item.findall(WAYPOINT)]
    known = [(point[0], point[1]) for point in points if point]
    if len(points) < 2 or len(known) < len(points):
        return None
    name = node.get("name", "")
    return Edge(
        id=node.get("id", ""),
        name=name,
        type=kind,
        source_id=node.get("sourceRef", ""),
        target_id=node.get("targetRef", ""),
        points=_corners(known),
        plane=plane,
        label=_label(item, name, _midway(known, name)) if name else None,
        line=line_of(node),
    )


def _corners(points: list[Point]) -> tuple[Point, ...]:
    """Leaves out points that lie on a straight line, because they are no bends."""
    kept = [points[0]]
    for here, following in pairwise(points[1:]):
        (x0, y0), (x1, y1), (x2, y2) = kept[-1], here, following
        if (x1 - x0) * (y2 - y1) != (y1 - y0) * (x2 - x1):
            kept.append(here)
    return (*kept, points[-1])


def _label(item: etree._Element, name: str, otherwise: Box) -> Box:
    given = _box(item.find(f"{DI}BPMNLabel/{DC}Bounds"))
    return given or otherwise


def _below(box: Box, name: str) -> Box:
    """Where bpmn-js draws the label of an event or gateway that has no bounds of its own."""
    width, height = _text_size(name)
    return Box(box.centre[0] - width / 2, box.bottom + 5, width, height)


def _midway(points: list[Point], name: str) -> Box:
    """Where bpmn-js draws the label of a flow that has no bounds of its own: over its middle."""
    width, height = _text_size(name)
    (x0, y0), (x1, y1) = points[(len(points) - 1) // 2 : (len(points) - 1) // 2 + 2]
    return Box((x0 + x1 - width) / 2, (y0 + y1 - height) / 2, width, height)


def _text_size(text: str) -> tuple[float, float]:
    lines = [sum(WIDE if ord(sign) > 0x2000 else NARROW for sign in line) for line in text.splitlines()]
    rows = sum(max(1, math.ceil(length / LABEL_WIDTH)) for length in lines)
    return min(LABEL_WIDTH, max(lines, default=0.0)), rows * LINE_HEIGHT


def _box(bounds: etree._Element | None) -> Box | None:
    numbers = _numbers(bounds, "x", "y", "width", "height") if bounds is not None else None
    return Box(*numbers) if numbers and numbers[2] > 0 and numbers[3] > 0 else None


def _numbers(node: etree._Element, *names: str) -> tuple[float, ...] | None:
    try:
        numbers = tuple(float(node.get(name, "")) for name in names)
    except ValueError:
        return None
    return numbers if all(math.isfinite(number) and abs(number) < 1e7 for number in numbers) else None


def line_of(node: etree._Element) -> int | None:
    """Returns the line of the file that an element begins on."""
    line: int | None = getattr(node, "sourceline", None)
    return line


def is_container(shape: Shape) -> bool:
    """Tells whether other shapes may lie in it: pools, lanes and sub-processes."""
    return shape.type in CONTAINERS or shape.type in SUB_PROCESSES
