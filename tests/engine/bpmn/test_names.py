"""Names that the diagram computes, what events carry, and texts of errors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.bpmn.outcome import MessageSent, SignalSent, SubscriptionWait
from engine.bpmn.parser import examine, parse
from engine.errors import ExecutionFailed
from tests.engine.bpmn.diagrams import (
    END,
    ERROR,
    ESCALATION,
    SIGNAL,
    START,
    boundary,
    catch,
    definitions,
    diagram,
    end,
    event_sub,
    mapping,
    parallel,
    process,
    sub,
    task,
    throw,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
NAMED = '<message id="mx" name="order-${number}"/><signal id="sx" name="=&quot;closing &quot; + branch"/>'
MESSAGE_X = '<messageEventDefinition messageRef="mx"/>'
SIGNAL_X = '<signalEventDefinition signalRef="sx"/>'


def named(nodes: str, arrows: str) -> bytes:
    return definitions(NAMED, process(nodes, arrows))


def test_a_message_is_waited_for_by_the_name_that_is_computed(play: Play) -> None:
    player = play(named(START + catch("C", MESSAGE_X) + END, "S>C C>E"), {"number": 7})
    assert [wait.details for wait in player.instance.waits()] == [SubscriptionWait("message", "order-7")]
    assert player.set(number=8).message("order-7").done


def test_receive_tasks_and_borders_compute_it_too(play: Play) -> None:
    nodes = START + '<receiveTask id="R" messageRef="mx"/>' + boundary("B", "R", SIGNAL_X) + END
    player = play(named(nodes, "S>R R>E B>E"), {"number": 7, "branch": "north"})
    assert {wait.details for wait in player.instance.waits()} == {
        SubscriptionWait("message", "order-7"), SubscriptionWait("signal", "closing north"),
    }  # fmt: skip


def test_what_is_sent_has_the_computed_name(play: Play) -> None:
    nodes = START + '<sendTask id="T" messageRef="mx"/>' + throw("U", SIGNAL_X) + END
    player = play(named(nodes, "S>T T>U U>E"), {"number": 7, "branch": "north"})
    assert [step.name for step in player.of(MessageSent)] == ["order-7"]
    assert [step.name for step in player.of(SignalSent)] == ["closing north"]


def test_a_computed_signal_reaches_who_waits_for_that_name_inside(play: Play) -> None:
    body = named(
        START + parallel("G") + catch("C", SIGNAL_X) + task("Z") + user("A") + throw("T", SIGNAL_X) + END,
        "S>G G>C G>A A>T C>Z Z>E T>E",
    )
    player = play(body, {"branch": "north"}).do("A", branch="south")
    assert "Z" not in player.ran
    assert play(body, {"branch": "north"}).do("A").done


@pytest.mark.parametrize("branch", [None, 5, "x" * 300])
def test_what_is_no_name_stops_the_instance(play: Play, branch: object) -> None:
    with pytest.raises(ExecutionFailed):
        play(named(START + throw("T", SIGNAL_X) + END, "S>T T>E"), {"branch": branch})


def test_what_starts_a_process_has_a_fixed_name() -> None:
    body = named(f'<startEvent id="S">{MESSAGE_X}</startEvent>' + END, "S>E")
    assert [finding.code for finding in examine(body, name="a")[0]] == ["unsupported"]


def test_an_event_sub_process_may_compute_it(play: Play) -> None:
    handler = event_sub("ES", MESSAGE_X, user("H") + end("ee"), "ESs>H H>ee")
    assert play(named(START + user("A") + END + handler, "S>A A>E"), {"number": 1}).message("order-1").open == ["H"]


def test_what_names_read_is_known_as_read_by_expressions() -> None:
    (definition,) = parse(named(START + catch("C", MESSAGE_X) + END, "S>C C>E"), name="a")
    assert "number" in definition.expression_names


def test_signals_errors_and_escalations_carry_their_inputs(play: Play) -> None:
    for event, kind in ((ERROR, "error"), (ESCALATION, "escalation")):
        inner = sub("SP", '<startEvent id="s2"/>' + end("e2", mapping(why="=reason") + event), "s2>e2")
        body = diagram(START + inner + boundary("B", "SP", event) + user("H") + END, "S>SP SP>E B>H H>E")
        player = play(body, {"reason": "late"})
        assert (player.open, player.variables["why"]) == (["H"], "late"), kind
    sent = play(diagram(START + throw("T", mapping(why="=reason") + SIGNAL) + END, "S>T T>E"), {"reason": "late"})
    assert [step.variables for step in sent.of(SignalSent)] == [{"why": "late"}]


def test_an_error_says_its_text_to_who_catches_it(play: Play) -> None:
    root = '<error id="ex" name="no" errorCode="NO" camunda:errorMessage="${reason}"/>'
    event = '<errorEventDefinition errorRef="ex"/>'
    variables = 'camunda:errorCodeVariable="code" camunda:errorMessageVariable="text"'
    catching = f'<errorEventDefinition errorRef="ex" {variables}/>'
    nodes = START + sub("SP", '<startEvent id="s2"/>' + end("e2", event), "s2>e2") + boundary("B", "SP", catching)
    body = definitions(root, process(nodes + user("H") + END, "S>SP SP>E B>H H>E"))
    player = play(body, {"reason": "nobody came"})
    assert (player.variables["code"], player.variables["text"]) == ("NO", "nobody came")
