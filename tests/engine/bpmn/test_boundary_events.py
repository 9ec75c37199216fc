"""Boundary events: what they interrupt, how often they fire, and what they leave behind (BPMN 10.5.4)."""

from __future__ import annotations

from collections.abc import Callable

from engine.bpmn.outcome import WaitOpened
from tests.engine.bpmn.diagrams import (
    END,
    ERROR,
    ESCALATION,
    MESSAGE,
    START,
    boundary,
    condition,
    diagram,
    end,
    exclusive,
    parallel,
    sub,
    task,
    throw,
    timer,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
INNER_START = '<startEvent id="s2"/>'
INNER_END = '<endEvent id="e2"/>'


def test_a_cycle_fires_as_often_as_it_says_and_reports_each_due_date(play: Play) -> None:
    body = diagram(
        START + user("A") + boundary("B", "A", timer("R3/PT10S", "timeCycle"), interrupting=False) + task("C") + END,
        "S>A A>E B>C C>E",
    )
    player = play(body).wait_until(55)
    dues = [step.details.due_at for step in player.of(WaitOpened) if step.element_id == "B"]
    assert [(due - dues[0]).total_seconds() for due in dues] == [0, 10, 20]
    assert player.ran.count("C") == 3
    assert player.waiting == ["A"]


def test_a_timer_expression_reads_variables(play: Play) -> None:
    body = diagram(
        START + user("A") + boundary("B", "A", timer('=duration("PT" + string(h) + "H")')) + END, "S>A A>E B>E"
    )
    player = play(body, {"h": 2}).wait_until(7199)
    assert not player.done
    assert player.wait_until(1).done


def test_an_event_on_a_sub_process_takes_everything_inside_away(play: Play) -> None:
    inner = sub("IN", '<startEvent id="is"/>' + user("X") + boundary("BX", "X", timer("PT5S")) + '<endEvent id="ie"/>',
                "is>X X>ie BX>ie")  # fmt: skip
    body = diagram(
        START
        + sub("SP", INNER_START + inner + INNER_END, "s2>IN IN>e2")
        + boundary("B", "SP", MESSAGE)
        + user("Z")
        + END,
        "S>SP SP>E B>Z Z>E",
    )
    player = play(body).message()
    assert player.waiting == ["Z"]


def test_an_error_keeps_its_code_and_text_where_asked(play: Play) -> None:
    event = (
        '<errorEventDefinition errorRef="error_1" camunda:errorCodeVariable="code" camunda:errorMessageVariable="why"/>'
    )
    body = diagram(START + user("A") + boundary("B", "A", event) + user("C") + END, "S>A A>E B>C C>E")
    player = play(body).error("A", "E1", extra=1)
    assert player.variables == {"code": "E1", "why": "text", "extra": 1}


def test_an_error_is_not_caught_by_the_boundary_of_a_sibling(play: Play) -> None:
    first = sub("P1", '<startEvent id="s1"/>' + user("U1") + end("x1e", ERROR), "s1>U1 U1>x1e")
    second = sub("P2", '<startEvent id="s2"/>' + user("U2") + end("x2e"), "s2>U2 U2>x2e")
    body = diagram(
        START + parallel("G") + first + second + boundary("B2", "P2", ERROR) + task("C") + END,
        "S>G G>P1 G>P2 P1>E P2>E B2>C C>E",
    )
    player = play(body).do("U1")
    assert "C" not in player.ran
    assert player.over is not None
    assert (player.over.state, player.over.error_code) == ("failed", "E1")


def test_an_error_passes_outwards_to_the_scope_that_knows_its_code(play: Play) -> None:
    inner = sub("IN", '<startEvent id="is"/>' + end("ie", '<errorEventDefinition errorRef="error_2"/>'), "is>ie")
    outer = sub("OUT", '<startEvent id="os"/>' + inner + end("oe") + boundary("BI", "IN", ERROR) + task("W")
                + end("oe2"),
                "os>IN IN>oe BI>W W>oe2")  # fmt: skip
    body = diagram(
        START + outer + boundary("BO", "OUT", '<errorEventDefinition errorRef="error_2"/>') + task("C") + END,
        "S>OUT OUT>E BO>C C>E",
    )
    player = play(body)
    assert "C" in player.ran
    assert "W" not in player.ran
    assert player.done


def test_an_escalation_from_inside_does_not_interrupt_unless_told(play: Play) -> None:
    nodes = INNER_START + throw("t1", ESCALATION) + throw("t2", ESCALATION) + user("X") + INNER_END
    body = diagram(
        START + sub("SP", nodes, "s2>t1 t1>t2 t2>X X>e2") + boundary("B", "SP", ESCALATION, interrupting=False)
        + task("C") + user("Z") + END,
        "S>SP SP>Z Z>E B>C C>E",
    )  # fmt: skip
    player = play(body)
    assert player.ran.count("C") == 2
    assert player.open == ["X"]


def test_an_interrupting_escalation_ends_the_sub_process(play: Play) -> None:
    nodes = INNER_START + throw("t1", ESCALATION) + user("X") + INNER_END
    body = diagram(
        START + sub("SP", nodes, "s2>t1 t1>X X>e2") + boundary("B", "SP", ESCALATION) + user("Z") + END,
        "S>SP SP>E B>Z Z>E",
    )
    player = play(body)
    assert player.open == ["Z"]
    assert "X" not in player.ran


def test_a_conditional_boundary_fires_on_each_rise(play: Play) -> None:
    body = diagram(
        START + parallel("G") + user("A") + boundary("B", "A", condition("n > 10"), interrupting=False) + task("C")
        + exclusive("M") + user("L") + END,
        "S>G G>A G>M M>L L>M A>E B>C C>E",
    )  # fmt: skip
    player = play(body, {"n": 0})
    for n in (5, 11, 12, 3, 20):
        player.do("L", n=n)
    assert player.ran.count("C") == 2


def test_a_boundary_event_may_begin_two_flows(play: Play) -> None:
    body = diagram(
        START + user("A") + boundary("B", "A", MESSAGE) + task("C") + task("D") + END, "S>A A>E B>C B>D C>E D>E"
    )
    assert play(body).message().ran == ["A", "B", "C", "D"]
