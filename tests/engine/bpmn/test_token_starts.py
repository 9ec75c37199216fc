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
    condition,
    definitions,
    diagram,
    end,
    exclusive,
    multi,
    parallel,
    process,
    sub,
    task,
    timer,
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
    assert play(diagram(START, ""), deployed=True).done


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


STARTS = '<eventBasedGateway id="{}" instantiate="true" eventGatewayType="{}"/>'
SECOND = '<messageEventDefinition messageRef="m2"/>'


def test_of_several_gateways_that_start_a_process_each_needs_one_event(play: Play) -> None:
    """13.5.1: the first event makes the instance, which then waits for one of each other group."""
    body = diagram(
        STARTS.format("G", "Exclusive") + STARTS.format("K", "Exclusive") + catch("A", MESSAGE) + catch("B", SIGNAL)
        + catch("C", SECOND) + catch("D", SIGNAL) + exclusive("X")
        + exclusive("Y") + parallel("J") + user("Z"),
        "G>A G>B K>C K>D A>X B>X C>Y D>Y X>J Y>J J>Z",
    )  # fmt: skip
    player = play(body, start_event_id="A")
    assert player.waiting == ["C", "D"]
    assert player.signal().open == ["Z"]


def test_a_parallel_group_and_another_start_together(play: Play) -> None:
    body = diagram(
        STARTS.format("G", "Parallel")
        + STARTS.format("K", "Exclusive")
        + catch("A", MESSAGE)
        + catch("B", SECOND)
        + catch("C", SIGNAL)
        + parallel("J")
        + user("Z"),
        "G>A G>B K>C A>J B>J C>J J>Z",
    )
    player = play(body, start_event_id="C")
    assert player.waiting == ["A", "B"]
    assert player.message().message("msg2").open == ["Z"]
    assert play(body, start_event_id="B").waiting == ["A", "C"]


def test_a_gateway_of_receive_tasks_starts_a_process(play: Play) -> None:
    receive = '<receiveTask id="A" messageRef="m1"/><receiveTask id="B" messageRef="m2"/>'
    exclusively = diagram(STARTS.format("G", "Exclusive") + receive + user("C") + user("D"), "G>A G>B A>C B>D")
    assert play(exclusively, start_event_id="B").open == ["D"]
    body = diagram(STARTS.format("G", "Parallel") + receive + parallel("J") + user("D"), "G>A G>B A>J B>J J>D")
    player = play(body, start_event_id="A")
    assert player.waiting == ["B"]
    assert player.message("msg2").open == ["D"]


def test_each_of_several_receive_tasks_may_start_a_process(play: Play) -> None:
    receive = '<receiveTask id="{0}" messageRef="m{1}" instantiate="true"/>'
    body = diagram(receive.format("A", 1) + receive.format("B", 2) + user("C"), "A>C B>C")
    for start in ("A", "B"):
        player = play(body, start_event_id=start)
        assert player.waiting == ["C"]
        assert player.ran == [start, "C"]


def test_the_message_that_starts_a_process_is_that_of_the_first_instance(play: Play) -> None:
    loop = multi("<loopCardinality>3</loopCardinality>")
    body = diagram(f'<receiveTask id="A" messageRef="m1" instantiate="true">{loop}</receiveTask>' + user("Z"), "A>Z")
    player = play(body, start_event_id="A")
    assert player.waiting == ["A", "A"]
    assert player.message().message().open == ["Z"]


def test_a_timer_or_a_condition_may_start_a_process_behind_a_gateway(play: Play) -> None:
    """10.6.6 names no trigger that could not: the first event of the gateway starts the process."""
    events = catch("A", MESSAGE) + catch("B", timer("PT1H")) + catch("C", condition("n > 1")) + user("Z")
    alone = diagram(STARTS.format("G", "Exclusive") + events, "G>A G>B G>C A>Z B>Z C>Z")
    player = play(alone, start_event_id="B")
    assert player.waiting == ["Z"]
    starts = player.services.definitions["P"].start_events
    assert [(start.element_id, start.kind) for start in starts] == [
        ("A", "message"),
        ("B", "timer"),
        ("C", "conditional"),
    ]
    together = diagram(STARTS.format("G", "Parallel") + events + parallel("J"), "G>A G>B G>C A>J B>J C>J J>Z")
    player = play(together, {"n": 0}, start_event_id="B")
    assert player.waiting == ["A"]
    assert player.message().waiting == []
    assert player.set(n=2).open == ["Z"]
