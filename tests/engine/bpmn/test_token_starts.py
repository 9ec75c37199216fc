"""Where tokens begin (BPMN 2.0.2, 10.5.2 and 13.2)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from tests.engine.bpmn.diagrams import (
    END,
    MESSAGE,
    SIGNAL,
    START,
    catch,
    definitions,
    diagram,
    end,
    exclusive,
    parallel,
    process,
    sub,
    task,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]


def test_without_a_start_event_everything_that_nothing_leads_to_begins(play: Play) -> None:
    """13.2: activities, gateways and events without incoming flow begin with the instance."""
    body = diagram(user("A") + task("B") + parallel("G") + user("C") + user("D"), "A>B G>C G>D")
    player = play(body)
    assert player.open == ["A", "C", "D"]
    player.do("C").do("D")
    assert not player.done
    assert player.do("A").done


def test_a_sub_process_without_a_start_event_begins_in_the_same_way(play: Play) -> None:
    body = diagram(START + sub("R", user("A") + user("B"), "") + user("Z") + END, "S>R R>Z Z>E")
    player = play(body)
    assert player.open == ["A", "B"]
    assert player.do("A").open == ["B"]
    assert player.do("B").open == ["Z"]


def test_a_gateway_may_be_the_implicit_start_and_the_implicit_end(play: Play) -> None:
    body = diagram(exclusive("X", "f_X_B") + user("A") + user("B") + exclusive("Y"), "X>A[n=1] X>B A>Y B>Y")
    player = play(body, {"n": 1})
    assert player.open == ["A"]
    assert player.do("A").done


def test_an_event_based_gateway_may_be_the_implicit_start(play: Play) -> None:
    body = diagram(
        '<eventBasedGateway id="G"/>' + catch("C", MESSAGE) + catch("D", SIGNAL) + user("A"), "G>C G>D C>A D>A"
    )
    assert play(body).message().open == ["A"]


def test_every_none_start_event_begins_when_none_is_named(play: Play) -> None:
    """13.2: each start event that occurs creates a token."""
    body = diagram(START + '<startEvent id="S2"/>' + user("A") + user("B") + END, "S>A S2>B A>E B>E")
    player = play(body)
    assert player.open == ["A", "B"]
    assert player.do("A").do("B").done
    assert play(body, start_event_id="S2").open == ["B"]


def test_every_none_start_event_of_a_sub_process_begins(play: Play) -> None:
    inner = '<startEvent id="s1"/><startEvent id="s2"/>' + user("A") + user("B") + end("e")
    body = diagram(START + sub("R", inner, "s1>A s2>B A>e B>e") + user("Z") + END, "S>R R>Z Z>E")
    player = play(body)
    assert player.open == ["A", "B"]
    assert player.do("B").do("A").open == ["Z"]


def test_a_start_event_with_several_flows_starts_them_all(play: Play) -> None:
    assert play(diagram(START + user("A") + user("B") + END, "S>A S>B A>E B>E")).open == ["A", "B"]


def test_a_none_start_and_a_message_start_are_two_ways_in(play: Play) -> None:
    body = diagram(
        START + f'<startEvent id="S2">{MESSAGE}</startEvent>' + user("A") + user("B") + END, "S>A S2>B A>E B>E"
    )
    assert play(body).open == ["A"]
    assert play(body, start_event_id="S2").open == ["B"]


def test_a_start_event_that_leads_nowhere_ends_at_once(play: Play) -> None:
    assert play(diagram(START, "")).done


def test_an_empty_sub_process_is_passed(play: Play) -> None:
    assert play(diagram(START + sub("R", "", "") + user("Z") + END, "S>R R>Z Z>E")).open == ["Z"]


def test_a_call_begins_at_one_none_start_event(play: Play) -> None:
    """10.5.2: of several none start events of a called process only one is triggered."""
    called = process(
        '<startEvent id="q1"/><startEvent id="q2"/>' + user("QA") + user("QB") + end("qe"), "q1>QA q2>QB QA>qe QB>qe",
        key="Q",
    )  # fmt: skip
    body = definitions(process(START + '<callActivity id="C" calledElement="Q"/>' + END, "S>C C>E"), called)
    player = play(body)
    assert player.open == ["QA"]
    assert player.do("QA").done


def test_a_called_process_without_start_event_begins_everywhere(play: Play) -> None:
    called = process(user("QA") + user("QB"), "", key="Q")
    body = definitions(
        process(START + '<callActivity id="C" calledElement="Q"/>' + user("Z") + END, "S>C C>Z Z>E"), called
    )
    player = play(body)
    assert player.open == ["QA", "QB"]
    assert player.do("QA").do("QB").open == ["Z"]


def test_nodes_may_bear_the_names_that_engines_use_inside(play: Play) -> None:
    names = ("Start", "Root", "root", "End", "EndJoin", "start", "end")
    nodes = '<startEvent id="Begin"/>' + "".join(user(name) for name in names) + end("EndEvent")
    path = ["Begin", *names, "EndEvent"]
    player = play(diagram(nodes, " ".join(f"{one}>{other}" for one, other in pairwise(path))))
    for name in names:
        assert player.open == [name]
        player.do(name)
    assert player.done
