"""Checks how a diagram is drawn: what a reader would stumble over, named with the two elements concerned.

The rules are those of the drawing guide: a grid of 10, orthogonal flows with at most two bends that dock at
the middle of a side, nothing on top of anything else, nodes inside their lanes, end events in one column.
Pure geometry: whether the diagram runs is not judged here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Final

from lxml import etree

from engine.bpmn.drawing import Box, Drawing, Edge, Point, Segment, Shape, is_container, line_of, read_drawing
from engine.bpmn.xml import read_xml
from engine.errors import ParseFailed
from engine.findings import Finding, Severity

GRID: Final = 10
TOLERANCE: Final = 1.0  # editors round to whole pixels
MAX_BENDS: Final = 2
MAX_DRAWN: Final = 2_000  # pairs are compared, so the work grows with the square


def check_layout(xml: bytes) -> list[Finding]:
    """Returns what is wrong with the drawing of a BPMN file, in the order of the checks.

    A file that cannot be read gives the findings of the reader; nothing is raised.
    """
    try:
        root = read_xml(xml, name="diagram")
    except ParseFailed as refused:
        return [finding for found in refused.findings.values() for finding in found]
    drawing = read_drawing(root)
    if not drawing.shapes:
        return [_finding("missing-di", None, "文件没有图形信息。", "The file holds no drawing.")]
    if len(drawing.shapes) + len(drawing.edges) > MAX_DRAWN:
        zh, en = f"图形超过 {MAX_DRAWN} 个，未检查布局。", f"More than {MAX_DRAWN} shapes; not checked."
        return [_finding("drawing-too-large", None, zh, en)]
    return [finding for check in CHECKS for finding in check(drawing)]


# ---------------------------------------------------------------- is everything there, and in its place


def _missing(drawing: Drawing) -> Iterator[Finding]:
    for node, fault in drawing.missing:
        element_id, line = node.get("id", ""), line_of(node)
        kind = etree.QName(node).localname
        name = f"“{node.get('name')}” ({element_id})" if node.get("name") else element_id
        if fault == "missing":
            zh, en = f"{name} 没有图形。", f"{name} ({kind}) is not drawn."
            yield Finding("error", "missing-di", zh, en, element_id, line)
        else:
            zh, en = f"{name} 的坐标无效。", f"{name} ({kind}) has no usable coordinates."
            yield Finding("error", "broken-di", zh, en, element_id, line)


def _off_grid(drawing: Drawing) -> Iterator[Finding]:
    """Nodes stand with their centre on the grid, so that straight flows meet; containers with their sides."""
    for shape in drawing.shapes.values():
        box = shape.box
        numbers = (box.x, box.y, box.right, box.bottom) if is_container(shape) else box.centre
        if shape.type != "textAnnotation" and any(number % GRID for number in numbers):
            zh = f"{shape.title} 未对齐到 {GRID} 像素网格。"
            yield _about(shape, "off-grid", zh, f"{shape.title} does not stand on the grid of {GRID}.")


def _outside(drawing: Drawing) -> Iterator[Finding]:
    """Lanes hold their nodes, sub-processes what is in them; boundary events sit on the rim of their host."""
    for lane_id, members in drawing.members.items():
        lane = drawing.shapes.get(lane_id)
        for node in (drawing.shapes[member] for member in members if member in drawing.shapes):
            if lane and not lane.box.contains(node.box):
                zh = f"{node.title} 不在泳道 {lane.title} 之内。"
                yield _about(node, "outside-lane", zh, f"{node.title} lies outside its lane {lane.title}.")
    for node in drawing.nodes:
        around = drawing.shapes.get(node.parent_id or "")
        if around and around.plane == node.plane and not around.box.contains(node.box):
            zh = f"{node.title} 超出 {around.title} 的边框。"
            yield _about(node, "outside-parent", zh, f"{node.title} lies outside {around.title}.")
        host = drawing.shapes.get(node.host_id or "")
        if host and not _on_rim(node.box.centre, host.box):
            zh = f"{node.title} 不在 {host.title} 的边线上。"
            yield _about(node, "off-rim", zh, f"{node.title} does not sit on the rim of {host.title}.")


def _without_lane(drawing: Drawing) -> Iterator[Finding]:
    """Where there are lanes, every node of the process stands in one (boundary events go with their host)."""
    placed = {member for members in drawing.members.values() for member in members}
    for node in drawing.nodes:
        inner = node.host_id or node.parent_id in drawing.shapes
        if drawing.members and not inner and node.id not in placed:
            zh = f"{node.title} 不属于任何泳道。"
            yield _about(node, "without-lane", zh, f"{node.title} belongs to no lane.")


def _ends_not_aligned(drawing: Drawing) -> Iterator[Finding]:
    """The end events of one process or sub-process share one column, that of the rightmost."""
    groups: dict[str | None, list[Shape]] = defaultdict(list)
    for node in drawing.nodes:
        if node.type == "endEvent":
            groups[node.parent_id].append(node)
    for ends in groups.values():
        last = max(ends, key=lambda end: end.box.centre[0])
        for end in ends:
            if last.box.centre[0] - end.box.centre[0] > TOLERANCE:
                zh = f"结束事件 {end.title} 未与 {last.title} 右对齐。"
                en = f"The end event {end.title} is not aligned with {last.title} at the right."
                yield _about(end, "ends-not-aligned", zh, en)


# ---------------------------------------------------------------- the course of one flow


def _flows(drawing: Drawing) -> Iterator[Edge]:
    return (edge for edge in drawing.edges if edge.type == "sequenceFlow")


def _not_orthogonal(drawing: Drawing) -> Iterator[Finding]:
    for flow in _flows(drawing):
        if any(abs(x1 - x0) > TOLERANCE and abs(y1 - y0) > TOLERANCE for (x0, y0), (x1, y1) in flow.segments):
            zh, en = f"{_course(flow, drawing, 'zh')} 有斜线。", f"{_course(flow, drawing)} runs aslant."
            yield _about(flow, "not-orthogonal", zh, en)


def _bends(drawing: Drawing) -> Iterator[Finding]:
    for flow in _flows(drawing):
        bends = len(flow.points) - 2
        if bends > MAX_BENDS:
            zh = f"{_course(flow, drawing, 'zh')} 有 {bends} 个折点，最多 {MAX_BENDS} 个。"
            en = f"{_course(flow, drawing)} has {bends} bends; at most {MAX_BENDS}."
            yield _about(flow, "too-many-bends", zh, en)


def _docking(drawing: Drawing) -> Iterator[Finding]:
    for flow in _flows(drawing):
        for point, node_id in ((flow.points[0], flow.source_id), (flow.points[-1], flow.target_id)):
            node = drawing.shapes.get(node_id)
            if node and not any(_near(point, dock) for dock in node.box.docks):
                zh = f"{_course(flow, drawing, 'zh')} 未连在 {node.title} 边线的中点。"
                en = f"{_course(flow, drawing)} does not dock at the middle of a side of {node.title}."
                yield _about(flow, "docking", zh, en)


# ---------------------------------------------------------------- one thing on another


def _overlaps(drawing: Drawing) -> Iterator[Finding]:
    solid = [shape for shape in drawing.shapes.values() if shape.type not in ("lane", "participant")]
    for one, other in combinations(solid, 2):
        if one.plane == other.plane and not _belong(one, other, drawing) and _touch(one.box, other.box):
            zh, en = f"{one.title} 与 {other.title} 重叠。", f"{one.title} overlaps {other.title}."
            yield _about(one, "overlap", zh, en)


def _flow_through_shape(drawing: Drawing) -> Iterator[Finding]:
    solid = [shape for shape in drawing.shapes.values() if shape.type not in ("lane", "participant")]
    for flow in _flows(drawing):
        around = {*drawing.around(flow.source_id), *drawing.around(flow.target_id)}
        for shape in solid:
            if shape.plane == flow.plane and shape.id not in around and _through(flow, shape.box):
                zh = f"{_course(flow, drawing, 'zh')} 穿过 {shape.title}。"
                en = f"{_course(flow, drawing)} runs through {shape.title}."
                yield _about(flow, "flow-through-shape", zh, en)


def _labels(drawing: Drawing) -> Iterator[tuple[Shape | Edge, Box]]:
    owners: list[Shape | Edge] = [*drawing.shapes.values(), *drawing.edges]
    for owner in owners:
        if owner.label:
            yield owner, owner.label


def _labels_on_things(drawing: Drawing) -> Iterator[Finding]:
    """A label lies on no line, no shape (but those around it) and no other label."""
    for owner, label in _labels(drawing):
        for edge in drawing.edges:
            if edge.plane == owner.plane and _through(edge, label):
                yield _on(owner, edge, "flow-through-label", "线条", "a line")
        inside = owner.source_id if isinstance(owner, Edge) else owner.id
        around = set(drawing.around(inside))
        for shape in drawing.shapes.values():
            solid = shape.type not in ("lane", "participant") and shape.id not in around
            if solid and shape.plane == owner.plane and _touch(label, shape.body):
                yield _on(owner, shape, "label-on-shape", "图形", "a shape")
    for (one, label), (other, its) in combinations(_labels(drawing), 2):
        if one.plane == other.plane and _touch(label, its):
            yield _on(one, other, "label-on-label", "标签", "the label")


def _flows_on_flows(drawing: Drawing) -> Iterator[Finding]:
    """Crossings are a warning; flows on one line cannot be told apart unless they begin or end together."""
    for one, other in combinations(_flows(drawing), 2):
        if one.plane != other.plane:
            continue
        pairs = [(a, b) for a in one.segments for b in other.segments]
        titles = _course(one, drawing), _course(other, drawing)
        kin = one.source_id == other.source_id or one.target_id == other.target_id
        if not kin and any(_on_same_line(a, b) for a, b in pairs):
            zh, en = f"连线 {titles[0]} 与 {titles[1]} 重合。", f"{titles[0]} and {titles[1]} share a line."
            yield _about(one, "flow-on-flow", zh, en)
        elif any(_cross(a, b) for a, b in pairs):
            zh, en = f"连线 {titles[0]} 与 {titles[1]} 交叉。", f"{titles[0]} crosses {titles[1]}."
            yield _about(one, "crossing", zh, en, severity="warning")


CHECKS: Final[tuple[Callable[[Drawing], Iterator[Finding]], ...]] = (
    _missing,
    _off_grid,
    _outside,
    _without_lane,
    _ends_not_aligned,
    _not_orthogonal,
    _bends,
    _docking,
    _overlaps,
    _flow_through_shape,
    _labels_on_things,
    _flows_on_flows,
)


# ---------------------------------------------------------------- geometry


def _near(one: Point, other: Point) -> bool:
    return abs(one[0] - other[0]) <= TOLERANCE and abs(one[1] - other[1]) <= TOLERANCE


def _touch(one: Box, other: Box) -> bool:
    return one.shrunk(TOLERANCE / 2).overlaps(other.shrunk(TOLERANCE / 2))


def _through(edge: Edge, box: Box) -> bool:
    return any(box.shrunk(TOLERANCE).crossed_by(segment) for segment in edge.segments)


def _on_rim(point: Point, box: Box) -> bool:
    x, y = point
    in_x = box.x - TOLERANCE <= x <= box.right + TOLERANCE
    in_y = box.y - TOLERANCE <= y <= box.bottom + TOLERANCE
    beside = min(abs(x - box.x), abs(x - box.right)) <= TOLERANCE
    above = min(abs(y - box.y), abs(y - box.bottom)) <= TOLERANCE
    return (in_y and beside) or (in_x and above)


def _cross(one: Segment, other: Segment) -> bool:
    """Tells whether two lines meet inside both; a line that ends on another one does not cross it."""

    def side(segment: Segment, point: Point) -> float:
        (x0, y0), (x1, y1) = segment
        return (x1 - x0) * (point[1] - y0) - (y1 - y0) * (point[0] - x0)

    apart = side(one, other[0]) * side(one, other[1]) < 0
    return apart and side(other, one[0]) * side(other, one[1]) < 0


def _on_same_line(one: Segment, other: Segment) -> bool:
    for axis, across in ((0, 1), (1, 0)):
        values = [point[across] for point in (*one, *other)]
        if max(values) - min(values) <= TOLERANCE:
            spans = [sorted((segment[0][axis], segment[1][axis])) for segment in (one, other)]
            return min(spans[0][1], spans[1][1]) - max(spans[0][0], spans[1][0]) > TOLERANCE
    return False


def _belong(one: Shape, other: Shape, drawing: Drawing) -> bool:
    """Tells whether one may lie on the other: what is in a sub-process, the boundary event of an activity."""
    if one.host_id == other.id or other.host_id == one.id:
        return True
    return one.id in drawing.around(other.id) or other.id in drawing.around(one.id)


# ---------------------------------------------------------------- words


def _course(flow: Edge, drawing: Drawing, language: str = "en") -> str:
    """Names a flow by what it connects, as its owner sees it."""
    source, target = (drawing.shapes.get(end) for end in (flow.source_id, flow.target_id))
    ends = source.title if source else flow.source_id, target.title if target else flow.target_id
    return f"{ends[0]} → {ends[1]} ({flow.id})" if language == "en" else f"连线 {ends[0]} → {ends[1]}"


def _on(owner: Shape | Edge, other: Shape | Edge, code: str, zh: str, en: str) -> Finding:
    return _about(
        owner,
        code,
        f"{owner.title} 的标签压在{zh} {other.title} 上。",
        f"The label of {owner.title} lies on {en} {other.title}.",
    )


def _about(item: Shape | Edge, code: str, zh: str, en: str, *, severity: Severity = "error") -> Finding:
    return Finding(severity, code, zh, en, item.id, item.line)


def _finding(code: str, element_id: str | None, zh: str, en: str) -> Finding:
    return Finding("error", code, zh, en, element_id)
