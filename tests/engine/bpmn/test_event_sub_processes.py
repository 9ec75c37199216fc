"""Event sub-processes of every kind of start (BPMN 10.3.5)."""

from __future__ import annotations

from collections.abc import Callable

from tests.engine.bpmn.diagrams import (
    END,
    ERROR,
    MESSAGE,
    SIGNAL,
    START,
    boundary,
    definitions,
    diagram,
    end,
    event_sub,
    parallel,
    process,
    script,
    sub,
    task,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
INNER_START = '<startEvent id="s2"/>'
INNER_END = '<endEvent id="e2"/>'


def test_a_message_starts_a_non_interrupting_one_again_and_again_inside_its_scope(play: Play) -> None:
    handler = event_sub("ES", MESSAGE, task("T") + end("ee"), "ESs>T T>ee", interrupting=False)
    inner = sub("SP", INNER_START + user("X") + INNER_END + handler, "s2>X X>e2")
    player = play(diagram(START + inner + user("Z") + END, "S>SP SP>Z Z>E"))
    player.message().message()
    assert player.ran.count("T") == 2
    assert player.open == ["X"]
    player.do("X")
    assert player.waiting == ["Z"]


def test_an_interrupting_one_takes_everything_else_of_the_scope_away(play: Play) -> None:
    handler = event_sub("ES", MESSAGE, user("H") + end("ee"), "ESs>H H>ee")
    inner = sub("SP", INNER_START + user("X") + INNER_END, "s2>X X>e2")
    player = play(diagram(START + parallel("G") + user("A") + inner + END + handler, "S>G G>A G>SP A>E SP>E"))
    assert player.open == ["A", "X"]
    player.message()
    assert player.waiting == ["H"]
    assert player.do("H").done


def test_an_error_thrown_while_handling_an_error_goes_outwards(play: Play) -> None:
    handler = event_sub("ES", ERROR, task("H") + end("ee", ERROR), "ESs>H H>ee")
    inner = sub("SP", INNER_START + end("e2", ERROR) + handler, "s2>e2")
    player = play(diagram(START + inner + boundary("B", "SP", ERROR) + task("C") + END, "S>SP SP>E B>C C>E"))
    assert player.ran == ["SP", "ES", "H", "B", "C"]
    assert player.done


def test_one_in_a_called_process_sees_the_variables_of_the_call(play: Play) -> None:
    handler = event_sub("ES", SIGNAL, script("T", "y + 1", attributes='camunda:resultVariable="seen"') + end("ee"),
                        "ESs>T T>ee", interrupting=False)  # fmt: skip
    call = '<callActivity id="C" calledElement="Q"/>'
    nodes = '<startEvent id="qs"/>' + script("qa", "5", attributes='camunda:resultVariable="y"') + user("qu")
    called = process(nodes + '<endEvent id="qe"/>' + handler, "qs>qa qa>qu qu>qe", key="Q")
    player = play(definitions(process(START + call + user("Z") + END, "S>C C>Z Z>E"), called))
    player.signal()
    assert [step.value for step in player.steps if getattr(step, "name", None) == "seen"] == [6]
    player.do("qu").signal()
    assert player.waiting == ["Z"]
    assert player.variables == {}
