"""Data objects, inputs and outputs of activities: variables, copied or computed."""

from __future__ import annotations

from collections.abc import Callable

from engine.bpmn.outcome import MessageSent
from engine.bpmn.parser import parse
from tests.engine.bpmn.diagrams import END, MESSAGE, START, diagram, task, throw, user
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
OBJECTS = (
    '<dataObject id="d1" name="order note"/><dataObjectReference id="r1" dataObjectRef="d1"/>'
    '<dataObject id="d2" name="total"/><dataObjectReference id="r2" name="the total" dataObjectRef="d2"/>'
)
IO = (
    '<ioSpecification><dataInput id="in1" name="note"/><dataOutput id="out1" name="answer"/>'
    '<inputSet id="is"><dataInputRefs>in1</dataInputRefs></inputSet>'
    '<outputSet id="os"><dataOutputRefs>out1</dataOutputRefs></outputSet></ioSpecification>'
)


def association(side: str, source: str, target: str, inner: str = "") -> str:
    begin = f"<sourceRef>{source}</sourceRef>" if source else ""
    return f"<data{side}Association>{begin}<targetRef>{target}</targetRef>{inner}</data{side}Association>"


def test_an_input_is_a_copy_of_the_data_object_for_the_activity_alone(play: Play) -> None:
    body = diagram(START + OBJECTS + user("A", IO + association("Input", "r1", "in1")) + user("B") + END, "S>A A>B B>E")
    player = play(body, {"order note": "two chairs"})
    (wait,) = player.instance.waits()
    assert player.instance.variables(wait.scope_id)["note"] == "two chairs"
    assert "note" not in player.do("A").variables


def test_an_output_goes_into_its_data_object(play: Play) -> None:
    body = diagram(
        START + OBJECTS + user("A", IO + association("Output", "out1", "r2")) + user("B") + END, "S>A A>B B>E"
    )
    assert play(body, {"total": 3}).do("A", answer=5).variables["total"] == 5
    assert play(body, {"total": 3}).do("A").variables["total"] == 3


def test_a_transformation_computes(play: Play) -> None:
    doubled = association("Output", "out1", "r2", "<transformation>answer * 2</transformation>")
    body = diagram(START + OBJECTS + user("A", IO + doubled) + user("B") + END, "S>A A>B B>E")
    assert play(body).do("A", answer=5).variables["total"] == 10


def test_assignments_compute_one_by_one(play: Play) -> None:
    inner = (
        "<assignment><from>n + 1</from><to>a</to></assignment><assignment><from>=n + 2</from><to>b</to></assignment>"
    )
    body = diagram(START + user("A", IO + association("Input", "", "in1", inner)) + END, "S>A A>E")
    player = play(body, {"n": 1})
    (wait,) = player.instance.waits()
    seen = player.instance.variables(wait.scope_id)
    assert (seen["a"], seen["b"]) == (2, 3)


def test_the_inputs_of_a_message_are_what_it_carries(play: Play) -> None:
    inputs = '<dataInput id="in1" name="note"/><inputSet><dataInputRefs>in1</dataInputRefs></inputSet>'
    event = throw("T", inputs + association("Input", "r1", "in1") + MESSAGE)
    player = play(diagram(START + OBJECTS + event + END, "S>T T>E"), {"order note": "x", "other": 1})
    (sent,) = player.of(MessageSent)
    assert sent.variables == {"note": "x"}


def test_what_modelers_draw_to_document_changes_nothing(play: Play) -> None:
    drawn = '<property id="p1" name="__targetRef_placeholder"/>' + association("Input", "r1", "p1")
    body = diagram(
        START + OBJECTS + user("A", drawn + association("Output", "", "r2")) + task("B") + END, "S>A A>B B>E"
    )
    assert play(body, {"total": 1}).do("A").over is not None


def test_copying_reads_nothing_so_that_personal_values_stay_personal() -> None:
    body = diagram(START + OBJECTS + user("A", IO + association("Input", "r1", "in1")) + END, "S>A A>E")
    assert parse(body, name="a")[0].expression_names == frozenset()
