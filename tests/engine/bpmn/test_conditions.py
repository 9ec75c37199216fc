"""Conditional events (BPMN 10.5.5): looked at again whenever data change, whoever changed them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.engine.bpmn.diagrams import (
    COLLECTION,
    END,
    START,
    boundary,
    catch,
    condition,
    diagram,
    event_sub,
    exclusive,
    mapping,
    multi,
    parallel,
    script,
    sub,
    task,
    timer,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
HIGH = condition("level > 5")


def limited(attributes: str) -> str:
    return f"<conditionalEventDefinition {attributes}><condition>n &gt; 0</condition></conditionalEventDefinition>"


def test_what_holds_already_does_not_wait(play: Play) -> None:
    assert play(diagram(START + catch("C", HIGH) + END, "S>C C>E"), {"level": 6}).done


def test_a_variable_that_does_not_exist_yet_is_no_fault(play: Play) -> None:
    player = play(diagram(START + catch("C", HIGH) + END, "S>C C>E"))
    assert not player.done
    assert player.set(level=6).done


def test_a_worker_changes_what_a_condition_reads(play: Play) -> None:
    work = '<serviceTask id="W" camunda:type="external" camunda:topic="measure"/>'
    body = diagram(START + parallel("G") + catch("C", HIGH) + work + task("Z") + END, "S>G G>C G>W C>Z Z>E W>E")
    assert play(body).work("measure", level=7).done


def test_a_script_in_another_branch_changes_it(play: Play) -> None:
    body = diagram(
        START + parallel("G") + catch("C", HIGH) + user("A") + script("W", "{level: 7}") + task("Z") + END,
        "S>G G>C G>A A>W W>E C>Z Z>E",
    )
    player = play(body).do("A")
    assert player.ran == ["C", "A", "W", "Z"]
    assert player.done


def test_an_interrupting_boundary_takes_the_task_away(play: Play) -> None:
    body = diagram(START + user("A") + boundary("B", "A", HIGH) + user("H") + END, "S>A A>E B>H H>E")
    assert play(body).set(level=9).open == ["H"]


def test_a_boundary_sees_the_inputs_of_its_task(play: Play) -> None:
    mine = user("A", mapping(limit="=5"))
    body = diagram(START + mine + boundary("B", "A", condition("level > limit")) + user("H") + END, "S>A A>E B>H H>E")
    assert play(body, {"level": 1}).set(level=6).open == ["H"]


def test_an_interrupting_event_sub_process_begins_on_a_condition(play: Play) -> None:
    handler = event_sub("ES", HIGH, user("H") + '<endEvent id="ee"/>', "ESs>H H>ee")
    player = play(diagram(START + user("A") + END + handler, "S>A A>E"))
    assert player.set(level=6).open == ["H"]
    assert player.do("H").done


def test_one_that_does_not_interrupt_begins_at_each_rise(play: Play) -> None:
    handler = event_sub("ES", HIGH, user("H") + '<endEvent id="ee"/>', "ESs>H H>ee", interrupting=False)
    player = play(diagram(START + user("A") + END + handler, "S>A A>E"))
    player.set(level=6).set(level=7)
    assert player.open == ["A", "H"]
    assert player.set(level=1).set(level=8).open == ["A", "H", "H"]


def test_an_event_sub_process_inside_a_sub_process_sees_changes_from_outside(play: Play) -> None:
    handler = event_sub("ES", HIGH, user("H") + '<endEvent id="ee"/>', "ESs>H H>ee")
    inner = sub("SP", '<startEvent id="s2"/>' + user("A") + '<endEvent id="e2"/>' + handler, "s2>A A>e2")
    body = diagram(START + parallel("G") + inner + user("B") + END, "S>G G>SP G>B SP>E B>E")
    assert play(body).do("B", level=6).open == ["H"]


def test_a_gateway_waits_for_whichever_condition_comes_first(play: Play) -> None:
    body = diagram(
        START + '<eventBasedGateway id="G"/>' + catch("C", HIGH) + catch("D", condition("level < 0"))
        + catch("T", timer("PT1H")) + task("A") + task("B") + task("Z") + END,
        "S>G G>C G>D G>T C>A D>B T>Z A>E B>E Z>E",
    )  # fmt: skip
    assert play(body, {"level": 1}).set(level=-1).ran == ["D", "B"]
    assert play(body, {"level": 1}).wait_until(3600).ran == ["T", "Z"]


def test_a_loop_over_a_conditional_event_waits_anew(play: Play) -> None:
    body = diagram(
        START + exclusive("M") + catch("C", HIGH) + script("R", "{level: 0, n: n + 1}") + exclusive("X", "f_X_E") + END,
        "S>M M>C C>R R>X X>M[n<2] X>E",
    )
    player = play(body, {"n": 0}).set(level=6)
    assert not player.done
    assert player.set(level=6).done


def test_events_inside_a_loop_see_how_far_it_is(play: Play) -> None:
    inner = sub(
        "SP", '<startEvent id="s2"/>' + user("A") + '<endEvent id="e2"/>'
        + event_sub("ES", condition("nrOfCompletedInstances >= 1"), task("H") + '<endEvent id="ee"/>', "ESs>H H>ee",
                    interrupting=False)
        + multi(COLLECTION), "s2>A A>e2",
    )  # fmt: skip
    player = play(diagram(START + inner + END, "S>SP SP>E"), {"items": [1, 2, 3]}).do("A")
    assert player.ran.count("H") == 2


@pytest.mark.parametrize(("attributes", "fires"), [
    ('camunda:variableName="n" camunda:variableEvents="create"', [False, True]),
    ('camunda:variableName="n" camunda:variableEvents="update"', [False, False, True]),
    ('camunda:variableName="n" camunda:variableEvents="create, update"', [False, True]),
    ('camunda:variableEvents="delete"', [False, False, False]),
    ('camunda:variableName="other"', [False, False, False]),
])  # fmt: skip
def test_a_condition_may_be_limited_to_a_variable_and_to_kinds_of_changes(
    play: Play, attributes: str, fires: list[bool]
) -> None:
    player = play(diagram(START + catch("C", limited(attributes)) + END, "S>C C>E"))
    seen = [player.done]
    for number in (1, 2):
        if not player.done:
            seen.append(player.set(n=number).done)
    assert seen == fires
