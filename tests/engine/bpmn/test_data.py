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
