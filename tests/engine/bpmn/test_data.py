"""Data objects, inputs and outputs of activities: variables, copied or computed."""

from __future__ import annotations

from collections.abc import Callable

from engine.bpmn.outcome import MessageSent
from engine.bpmn.parser import parse
from tests.engine.bpmn.diagrams import (
    END,
    MESSAGE,
    START,
    boundary,
    catch,
    definitions,
    diagram,
    multi,
    process,
    task,
    throw,
    user,
)
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


LOOPED = (
    '<ioSpecification><dataInput id="in1" name="orders"/><dataOutput id="out1" name="answers"/>'
    '<inputSet id="is"><dataInputRefs>in1</dataInputRefs></inputSet>'
    '<outputSet id="os"><dataOutputRefs>out1</dataOutputRefs></outputSet></ioSpecification>'
)
OVER = multi(
    "<loopDataInputRef>in1</loopDataInputRef><loopDataOutputRef>out1</loopDataOutputRef>"
    '<inputDataItem id="i1" name="order"/><outputDataItem id="o1" name="answer"/>'
)


def test_a_loop_goes_over_what_flows_into_its_input_and_gathers_into_its_output(play: Play) -> None:
    flowing = association("Input", "r1", "in1") + association("Output", "out1", "r2")
    body = diagram(START + OBJECTS + user("A", LOOPED + flowing + OVER) + user("Z") + END, "S>A A>Z Z>E")
    player = play(body, {"order note": ["x", "y"]})
    seen = [player.instance.variables(wait.scope_id)["order"] for wait in player.instance.waits()]
    assert seen == ["x", "y"]
    assert player.do("A", 1, answer=2).do("A", answer=1).variables == {"order note": ["x", "y"], "total": [1, 2]}


def test_what_flows_out_of_a_loop_may_be_computed_from_all_answers(play: Play) -> None:
    computed = association("Output", "out1", "r2", "<transformation>sum(answers)</transformation>")
    flowing = association("Input", "r1", "in1", "<transformation>order note[item &gt; 1]</transformation>") + computed
    body = diagram(START + OBJECTS + user("A", LOOPED + flowing + OVER) + user("Z") + END, "S>A A>Z Z>E")
    player = play(body, {"order note": [1, 2, 3]})
    assert player.open == ["A", "A"]
    assert player.do("A", answer=2).do("A", answer=5).variables["total"] == 7


def test_an_item_flows_into_the_inputs_of_its_instance(play: Play) -> None:
    sets = "<inputSet><dataInputRefs>in1</dataInputRefs><dataInputRefs>in2</dataInputRefs></inputSet><outputSet/>"
    data = '<dataInput id="in1" name="orders"/><dataInput id="in2" name="mine"/>'
    io = f"<ioSpecification>{data}{sets}</ioSpecification>"
    over = multi('<loopDataInputRef>in1</loopDataInputRef><inputDataItem id="i1" name="order"/>')
    flowing = association("Input", "r1", "in1") + association("Input", "i1", "in2")
    player = play(
        diagram(START + OBJECTS + user("A", io + flowing + over) + END, "S>A A>E"), {"order note": ["x", "y"]}
    )
    seen = [player.instance.variables(wait.scope_id)["mine"] for wait in player.instance.waits()]
    assert seen == ["x", "y"]


def test_a_loop_over_a_data_object_itself(play: Play) -> None:
    over = multi('<loopDataInputRef>r1</loopDataInputRef><inputDataItem id="order"/>')
    player = play(diagram(START + OBJECTS + user("A", over) + END, "S>A A>E"), {"order note": [1, 2, 3]})
    assert player.open == ["A"] * 3


CALLED = process('<startEvent id="cs"/>' + user("C") + '<endEvent id="ce"/>', "cs>C C>ce", key="Q")


def test_inputs_and_outputs_of_a_call_activity_are_those_of_what_it_calls(play: Play) -> None:
    flowing = association("Input", "r1", "in1") + association("Output", "out1", "r2")
    call = f'<callActivity id="K" calledElement="Q">{IO}{flowing}</callActivity>'
    body = definitions(process(START + OBJECTS + call + user("Z") + END, "S>K K>Z Z>E"), CALLED)
    player = play(body, {"order note": "two chairs", "other": 1, "total": 3})
    (wait,) = player.instance.waits()
    assert player.instance.variables(wait.scope_id) == {"note": "two chairs"}
    assert player.do("C", answer=5, secret=1).variables == {"order note": "two chairs", "other": 1, "total": 5}
    kept = play(body, {"order note": "two chairs", "total": 3}).do("C")
    assert kept.variables == {"order note": "two chairs", "total": 3}


def test_properties_of_an_activity_are_variables_of_its_own(play: Play) -> None:
    own = '<property id="p1" name="scratch"/>' + association("Input", "r1", "p1")
    player = play(diagram(START + OBJECTS + user("A", own) + user("B") + END, "S>A A>B B>E"), {"order note": "x"})
    (wait,) = player.instance.waits()
    assert player.instance.variables(wait.scope_id)["scratch"] == "x"
    assert "scratch" not in player.do("A").variables


def test_properties_of_a_process_are_its_variables(play: Play) -> None:
    nodes = '<property id="p1" name="note of the case"/>' + START
    choice = '<exclusiveGateway id="G" default="f_G_E"/>' + task("A") + END
    body = diagram(nodes + choice, "S>G G>A[note~of~the~case~=~1] A>E G>E")
    assert play(body, {"note of the case": 1}).ran == ["A"]


def test_states_of_one_data_object_are_one_variable(play: Play) -> None:
    states = '<dataObject id="d1" name="claim"/>' + "".join(
        f'<dataObjectReference id="{id_}" name="claim [{state}]" dataObjectRef="d1"><dataState name="{state}"/>'
        "</dataObjectReference>"
        for id_, state in (("r1", "new"), ("r2", "paid"))
    )
    flowing = association("Input", "r1", "in1") + association("Output", "out1", "r2")
    player = play(diagram(START + states + user("A", IO + flowing) + user("Z") + END, "S>A A>Z Z>E"), {"claim": 1})
    assert player.do("A", answer=2).variables["claim"] == 2


def test_a_catching_event_puts_what_it_brings_into_data(play: Play) -> None:
    outputs = '<dataOutput id="out1" name="answer"/>' + association("Output", "out1", "r2")
    for event in (catch("C", outputs + MESSAGE), boundary("C", "A", outputs + MESSAGE)):
        host = user("A") if event.startswith("<boundary") else ""
        arrows = "S>A A>E C>Z Z>E" if host else "S>C C>Z Z>E"
        player = play(diagram(START + OBJECTS + host + event + user("Z") + END, arrows)).message(answer=5)
        assert player.variables["total"] == 5


def test_input_and_output_sets_only_name_what_is_there(play: Play) -> None:
    sets = (
        '<ioSpecification><dataInput id="in1" name="a"/><dataInput id="in2" name="b"/><dataOutput id="out1" name="c"/>'
        '<inputSet id="is1"><dataInputRefs>in1</dataInputRefs></inputSet>'
        '<inputSet id="is2"><dataInputRefs>in2</dataInputRefs><optionalInputRefs>in2</optionalInputRefs></inputSet>'
        '<outputSet id="os1"><dataOutputRefs>out1</dataOutputRefs></outputSet><outputSet id="os2"/></ioSpecification>'
    )
    assert play(diagram(START + user("A", sets) + END, "S>A A>E")).do("A").done


def test_an_assignment_may_fill_one_entry_of_a_data_object(play: Play) -> None:
    inner = "<assignment><from>answer * 2</from><to>r2.price.net</to></assignment>"
    body = diagram(
        START + OBJECTS + user("A", IO + association("Output", "out1", "r2", inner)) + user("B") + END, "S>A A>B B>E"
    )
    assert play(body, {"total": {"km": 5}}).do("A", answer=4).variables["total"] == {"km": 5, "price": {"net": 8}}
    assert play(body).do("A", answer=4).variables["total"] == {"price": {"net": 8}}
