"""What the layout check says of a drawing. Each test draws the few shapes that it is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.bpmn.layout import check_layout
from engine.findings import errors

SHIPPED = sorted(Path(__file__).parents[3].glob("processes/*/*.bpmn"))
NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:dd="http://www.omg.org/spec/DD/20100524/DI"'
)

SIZES = {"Gateway": (50, 50), "Event": (36, 36)}


class Sketch:
    """A diagram under construction: `node` and `flow` draw, `findings` checks."""

    def __init__(self) -> None:
        self.elements: list[str] = []
        self.drawn: list[str] = []

    def node(self, kind: str, node_id: str, x: float, y: float, *, name="", size=None, label=None, attrs="", inner=""):
        width, height = size or next((SIZES[end] for end in SIZES if kind.endswith(end)), (100, 80))
        self.elements.append(f'<{kind} id="{node_id}" name="{name}" {attrs}>{inner}</{kind}>')
        self.shape(node_id, x - width / 2, y - height / 2, width, height, label)
        return self

    def shape(self, element_id: str, x: float, y: float, width: float, height: float, label=None):
        text = f"<di:BPMNLabel>{_bounds(*label)}</di:BPMNLabel>" if label else ""
        self.drawn.append(
            f'<di:BPMNShape bpmnElement="{element_id}">{_bounds(x, y, width, height)}{text}</di:BPMNShape>'
        )
        return self

    def flow(self, source: str, target: str, *points: tuple[float, float], name="", label=None):
        flow_id = f"{source}_to_{target}"
        self.elements.append(f'<sequenceFlow id="{flow_id}" name="{name}" sourceRef="{source}" targetRef="{target}"/>')
        text = f"<di:BPMNLabel>{_bounds(*label)}</di:BPMNLabel>" if label else ""
        corners = "".join(f'<dd:waypoint x="{x}" y="{y}"/>' for x, y in points)
        self.drawn.append(f'<di:BPMNEdge bpmnElement="{flow_id}">{corners}{text}</di:BPMNEdge>')
        return self

    def xml(self) -> bytes:
        return (
            f'<definitions {NAMESPACES}><process id="p">{"".join(self.elements)}</process>'
            f'<di:BPMNDiagram><di:BPMNPlane bpmnElement="p">{"".join(self.drawn)}</di:BPMNPlane></di:BPMNDiagram>'
            "</definitions>"
        ).encode()

    def findings(self) -> list[tuple[str, str | None]]:
        return [(finding.code, finding.element_id) for finding in check_layout(self.xml())]


def _bounds(x: float, y: float, width: float, height: float) -> str:
    return f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/>'


def two_tasks() -> Sketch:
    return Sketch().node("task", "a", 100, 100).node("task", "b", 300, 100)


def test_a_straight_flow_between_two_tasks_is_fine() -> None:
    assert two_tasks().flow("a", "b", (150, 100), (250, 100)).findings() == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_diagrams_are_drawn_without_an_error(path: Path) -> None:
    assert errors(check_layout(path.read_bytes())) == []


def test_a_node_without_a_shape_and_a_flow_without_an_edge_are_named() -> None:
    sketch = two_tasks()
    sketch.elements.append('<task id="c"/><sequenceFlow id="f" sourceRef="a" targetRef="c"/>')
    assert sketch.findings() == [("missing-di", "c"), ("missing-di", "f")]


def test_a_file_without_any_drawing_gives_one_finding() -> None:
    sketch = two_tasks()
    sketch.drawn.clear()
    assert sketch.findings() == [("missing-di", None)]


@pytest.mark.parametrize("number", ["wide", "NaN", "1e400", ""])
def test_coordinates_that_are_no_numbers_are_reported_not_raised(number: str) -> None:
    body = two_tasks().xml().replace(b'x="250.0"', f'x="{number}"'.encode())
    assert [finding.code for finding in check_layout(body)] == ["broken-di"]


def test_a_document_type_is_refused_as_everywhere() -> None:
    found = check_layout(b'<!DOCTYPE x [<!ENTITY a "b">]>' + two_tasks().xml())
    assert [finding.code for finding in found] == ["document-type"]


def test_nodes_stand_with_their_centre_on_the_grid() -> None:
    assert Sketch().node("task", "a", 100, 103).node("startEvent", "s", 300, 100).findings() == [("off-grid", "a")]


def test_overlapping_tasks_are_named_both() -> None:
    (found,) = check_layout(
        Sketch().node("task", "a", 100, 100, name="联系客户").node("task", "b", 190, 100, name="调查").xml()
    )
    assert found.code == "overlap"
    assert "联系客户" in found.zh
    assert "调查" in found.zh
    assert "“联系客户” (a) overlaps “调查” (b)" in found.en


def test_tasks_that_only_touch_do_not_overlap() -> None:
    assert Sketch().node("task", "a", 100, 100).node("task", "b", 200, 100).findings() == []


def test_a_boundary_event_may_lie_on_its_host_but_has_to_sit_on_its_rim() -> None:
    host = Sketch().node("task", "a", 100, 100)
    assert host.node("boundaryEvent", "on", 120, 140, attrs='attachedToRef="a"').findings() == []
    assert host.node("boundaryEvent", "off", 60, 110, attrs='attachedToRef="a"').findings() == [("off-rim", "off")]


def test_a_slanting_flow_is_not_orthogonal() -> None:
    sketch = Sketch().node("task", "a", 100, 100).node("task", "b", 300, 130)
    assert sketch.flow("a", "b", (150, 100), (250, 130)).findings() == [("not-orthogonal", "a_to_b")]


def test_a_flow_has_at_most_two_bends_and_points_on_a_straight_line_are_none() -> None:
    nodes = Sketch().node("task", "a", 100, 100).node("task", "b", 400, 200)
    straight = ((150, 100), (170, 100), (200, 100), (200, 150), (200, 200), (350, 200))
    assert nodes.flow("a", "b", *straight).findings() == []
    nodes = Sketch().node("task", "a", 100, 100).node("task", "b", 400, 200)
    stairs = ((150, 100), (200, 100), (200, 150), (300, 150), (300, 200), (350, 200))
    assert nodes.flow("a", "b", *stairs).findings() == [("too-many-bends", "a_to_b")]


def test_a_flow_docks_at_the_middle_of_a_side() -> None:
    sketch = two_tasks().flow("a", "b", (150, 90), (250, 90))
    assert sketch.findings() == [("docking", "a_to_b"), ("docking", "a_to_b")]


def test_a_flow_through_a_third_task_is_named_with_it() -> None:
    sketch = two_tasks().node("task", "between", 200, 90, size=(40, 60))
    (found,) = check_layout(sketch.flow("a", "b", (150, 100), (250, 100)).xml())
    assert (found.code, found.element_id) == ("flow-through-shape", "a_to_b")
    assert "between" in found.en


def test_a_flow_along_a_side_of_a_shape_does_not_run_through_it() -> None:
    sketch = two_tasks().node("task", "below", 200, 140, size=(40, 80))
    assert sketch.flow("a", "b", (150, 100), (250, 100)).findings() == []


def test_a_flow_inside_a_sub_process_does_not_run_through_it() -> None:
    inner = '<task id="x"/><task id="y"/><sequenceFlow id="x_to_y" sourceRef="x" targetRef="y"/>'
    sketch = Sketch().node("subProcess", "box", 300, 200, size=(500, 200), inner=inner)
    sketch.shape("x", 150, 160, 100, 80).shape("y", 350, 160, 100, 80)
    sketch.drawn.append(
        '<di:BPMNEdge bpmnElement="x_to_y"><dd:waypoint x="250" y="200"/><dd:waypoint x="350" y="200"/></di:BPMNEdge>'
    )
    assert sketch.findings() == []
    sketch.drawn[1] = sketch.drawn[1].replace('y="160"', 'y="60"')
    assert ("outside-parent", "x") in sketch.findings()


def test_a_label_on_a_line_a_shape_or_another_label_is_found() -> None:
    gateway = two_tasks().flow("a", "b", (150, 100), (250, 100))
    gateway.node("exclusiveGateway", "g", 200, 200, name="是否?", label=(180, 90, 40, 20))
    assert gateway.findings() == [("flow-through-label", "g")]
    on_task = two_tasks().node("endEvent", "e", 200, 300, name="完成", label=(90, 100, 40, 14))
    assert on_task.findings() == [("label-on-shape", "e")]
    both = Sketch().node("endEvent", "e", 100, 100, name="完成", label=(80, 130, 40, 14))
    both.node("startEvent", "s", 300, 100, name="开始", label=(110, 135, 40, 14))
    assert both.findings() == [("label-on-label", "e")]


def test_the_name_of_a_flow_lies_on_its_line_unless_it_is_moved() -> None:
    flow = ("a", "b", (150, 100), (250, 100))
    assert two_tasks().flow(*flow, name="是").findings() == [("flow-through-label", "a_to_b")]
    assert two_tasks().flow(*flow, name="是", label=(160, 80, 12, 14)).findings() == []


def test_a_label_may_use_the_free_corner_of_its_gateway() -> None:
    sketch = Sketch().node("exclusiveGateway", "g", 200, 200, name="是否?", label=(215, 221, 40, 14))
    assert sketch.findings() == []


def test_nodes_lie_inside_the_lane_that_names_them() -> None:
    sketch = two_tasks()
    sketch.elements.append('<laneSet id="s"><lane id="lane" name="客服"><flowNodeRef>a</flowNodeRef></lane></laneSet>')
    sketch.shape("lane", 40, 40, 200, 100)
    assert sketch.findings() == [("without-lane", "b")]
    sketch.drawn[-1] = sketch.drawn[-1].replace('height="100"', 'height="90"')
    assert ("outside-lane", "a") in sketch.findings()


def test_end_events_share_the_column_of_the_rightmost() -> None:
    sketch = Sketch().node("endEvent", "near", 500, 100).node("endEvent", "far", 600, 200)
    (found,) = check_layout(sketch.xml())
    assert (found.code, found.element_id) == ("ends-not-aligned", "near")
    assert "far" in found.en


def crossing() -> Sketch:
    sketch = two_tasks().node("task", "up", 200, 0).node("task", "down", 200, 200)
    return sketch.flow("a", "b", (150, 100), (250, 100)).flow("up", "down", (200, 40), (200, 160))


def test_a_crossing_is_a_warning_only() -> None:
    assert crossing().findings() == [("crossing", "a_to_b")]
    assert errors(check_layout(crossing().xml())) == []


def test_flows_share_a_line_only_where_they_begin_or_end_together() -> None:
    def sketch(second_target: str) -> Sketch:
        drawn = two_tasks().node("task", "c", 300, 300).node("task", "d", 100, 300)
        drawn.flow("a", "b", (100, 140), (100, 180), (300, 180), (300, 140))
        points = (100, 260), (100, 180), (300, 180), (300, 140 if second_target == "b" else 260)
        return drawn.flow("d", second_target, *points)

    assert sketch("b").findings() == []
    assert sketch("c").findings() == [("flow-on-flow", "a_to_b")]


def test_what_stands_on_another_page_is_not_compared() -> None:
    """A collapsed sub-process is drawn on a plane of its own, with coordinates of its own."""
    body = two_tasks().xml().decode()
    inner = '<subProcess id="box"><task id="x"/></subProcess></process>'
    page = (
        f'<di:BPMNDiagram><di:BPMNPlane bpmnElement="box"><di:BPMNShape bpmnElement="x">{_bounds(50, 60, 100, 80)}'
        "</di:BPMNShape></di:BPMNPlane></di:BPMNDiagram></definitions>"
    )
    box = f'<di:BPMNShape bpmnElement="box">{_bounds(450, 60, 100, 80)}</di:BPMNShape></di:BPMNPlane>'
    body = body.replace("</process>", inner).replace("</di:BPMNPlane>", box, 1).replace("</definitions>", page)
    assert check_layout(body.encode()) == []


def test_a_drawing_that_is_too_large_is_not_compared_pair_by_pair() -> None:
    sketch = Sketch()
    for number in range(2_001):
        sketch.node("task", f"t{number}", 100 + 200 * number, 100)
    assert sketch.findings() == [("drawing-too-large", None)]
