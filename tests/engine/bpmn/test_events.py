"""Start, intermediate and end events (BPMN 10.5)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.bpmn.outcome import MessageSent, SignalSent, TimerWait
from engine.errors import ExecutionFailed, InvalidRequest, LimitReached
from tests.engine.bpmn.diagrams import (
    END,
    MESSAGE,
    SIGNAL,
    START,
    TERMINATE,
    catch,
    condition,
    definitions,
    diagram,
    end,
    mapping,
    parallel,
    process,
    sub,
    task,
    throw,
    timer,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
INNER_START = '<startEvent id="s2"/>'


def test_a_message_starts_the_process_at_its_start_event(play: Play) -> None:
    nodes = START + f'<startEvent id="S2">{MESSAGE}</startEvent>' + task("A") + task("B") + END
    body = diagram(nodes, "S>A A>E S2>B B>E")
    assert play(body).ran == ["A"]
    player = play(body, start_event_id="S2")
    assert player.ran == ["B"]
    starts = player.services.definitions["P"].start_events
    assert [(start.element_id, start.kind, start.event_name) for start in starts] == [
        ("S", "none", None),
        ("S2", "message", "msg1"),
    ]


def test_a_process_without_none_start_is_started_at_a_named_event_only(play: Play) -> None:
    body = diagram(f'<startEvent id="S">{timer("R/P1D", "timeCycle")}</startEvent>' + END, "S>E")
    with pytest.raises(InvalidRequest):
        play(body)
    player = play(body, start_event_id="S")
    assert player.done
    start = player.services.definitions["P"].start_events[0]
    assert (start.kind, start.timer, start.timer_kind) == ("timer", "R/P1D", "cycle")


def test_a_receive_task_that_instantiates_begins_with_its_message(play: Play) -> None:
    body = diagram('<receiveTask id="R" messageRef="m1" instantiate="true"/>' + user("A") + END, "R>A A>E")
    player = play(body, start_event_id="R")
    assert player.open == ["A"]
    assert player.services.definitions["P"].start_events[0].event_name == "msg1"


def test_an_event_gateway_that_instantiates_offers_each_of_its_events_as_start(play: Play) -> None:
    body = diagram(
        '<eventBasedGateway id="G" instantiate="true"/>' + catch("C1", SIGNAL)
        + '<receiveTask id="C2" messageRef="m2"/>' + task("A") + task("B") + END,
        "G>C1 G>C2 C1>A C2>B A>E B>E",
    )  # fmt: skip
    assert play(body, start_event_id="C1").ran == ["A"]
    assert play(body, start_event_id="C2").ran == ["C2", "B"]


def test_without_start_and_end_events_all_loose_ends_count(play: Play) -> None:
    player = play(diagram(task("A") + task("B") + task("C"), "A>B"))
    assert player.ran == ["A", "C", "B"]
    assert player.done


def test_an_intermediate_timer_waits_for_its_date(play: Play) -> None:
    body = diagram(START + catch("T", timer("2026-10-01T10:00:00", "timeDate")) + END, "S>T T>E")
    player = play(body)
    details = player.instance.waits()[0].details
    assert isinstance(details, TimerWait)
    assert (details.due_at - player.services.now).total_seconds() == 3600
    assert player.wait_until(3600).done


@pytest.mark.parametrize("value", ["never", 5, None, "P99999999999Y", "R/PT0S"])
def test_a_timer_that_yields_no_time_fails(play: Play, value: object) -> None:
    body = diagram(
        START + catch("T", timer("=x", "timeCycle" if value == "R/PT0S" else "timeDuration")) + END, "S>T T>E"
    )
    with pytest.raises(ExecutionFailed) as failure:
        play(body, {"x": value})
    if isinstance(value, str) and value != "never":
        assert isinstance(failure.value, LimitReached)


def test_a_signal_reaches_who_waits_inside_and_leaves_for_the_others(play: Play) -> None:
    body = diagram(
        START + parallel("G") + catch("C", SIGNAL) + user("Z") + user("A") + end("E2", SIGNAL) + END,
        "S>G G>C G>A A>E2 C>Z Z>E",
    )
    player = play(body).do("A")
    assert player.open == ["Z"]
    assert [step.name for step in player.of(SignalSent)] == ["sig1"]


def test_a_message_end_event_sends(play: Play) -> None:
    body = diagram(START + f'<endEvent id="E">{mapping(n="=n + 1")}{MESSAGE}</endEvent>', "S>E")
    player = play(body, {"n": 1})
    assert player.of(MessageSent) == [MessageSent("E", "msg1", None, {"n": 2})]
    assert player.over is not None
    assert player.over.end_event_id == "E"


def test_a_message_may_be_sent_by_a_worker(play: Play) -> None:
    event = '<messageEventDefinition messageRef="m1" camunda:type="external" camunda:topic="sms"/>'
    player = play(diagram(START + throw("T", event) + user("Z") + END, "S>T T>Z Z>E"))
    assert player.waiting == ["T"]
    assert player.work("sms").open == ["Z"]


def test_terminate_takes_everything_away(play: Play) -> None:
    body = diagram(START + parallel("G") + user("A") + user("B") + end("T", TERMINATE) + END, "S>G G>A G>B A>T B>E")
    player = play(body).do("A")
    assert player.over is not None
    assert (player.over.state, player.over.end_event_id) == ("terminated", "T")


def test_terminate_in_a_sub_process_ends_the_sub_process_only(play: Play) -> None:
    nodes = INNER_START + parallel("G") + user("A") + user("B") + end("e2") + end("et", TERMINATE)
    player = play(diagram(START + sub("SP", nodes, "s2>G G>A G>B A>e2 B>et") + user("Z") + END, "S>SP SP>Z Z>E")).do(
        "B"
    )
    assert player.open == ["Z"]


def test_links_join_flows_that_are_far_apart(play: Play) -> None:
    link = '<linkEventDefinition name="k"/>'
    body = diagram(
        START + parallel("G") + throw("t1", link) + throw("t2", link) + catch("c", link) + task("Z") + END,
        "S>G G>t1 G>t2 c>Z Z>E",
    )
    player = play(body)
    assert player.ran.count("Z") == 2
    assert player.done


def test_a_condition_is_seen_across_scopes(play: Play) -> None:
    inner = sub("SP", INNER_START + user("X") + end("e2"), "s2>X X>e2")
    body = diagram(
        START + parallel("G") + catch("C", condition("ok = 1")) + task("Z") + inner + user("Y") + END,
        "S>G G>C G>SP C>Z Z>E SP>Y Y>E",
    )
    player = play(body, {"ok": 0})
    assert "Z" not in player.ran
    player.do("X", ok=1)
    assert "Z" in player.ran
    assert player.open == ["Y"]


def test_cancelling_ends_everything(play: Play) -> None:
    inner = sub("SP", INNER_START + user("X") + catch("T", timer("PT1H")) + end("e2"), "s2>X s2>T X>e2 T>e2")
    player = play(diagram(START + inner + END, "S>SP SP>E"))
    player.took(player.instance.cancel("no longer needed"))
    assert player.over is not None
    assert player.over.state == "cancelled"


def test_a_global_task_can_be_called(play: Play) -> None:
    body = definitions(
        process(START + '<callActivity id="C" calledElement="G"/>' + user("Z") + END, "S>C C>Z Z>E"),
        '<globalUserTask id="G" name="global"/>',
    )
    player = play(body)
    assert player.instance.waits()[0].details.name == "global"


def test_an_event_definition_may_be_shared(play: Play) -> None:
    body = definitions(
        process(START + '<intermediateCatchEvent id="C"><eventDefinitionRef>shared</eventDefinitionRef>'
                "</intermediateCatchEvent>" + END, "S>C C>E"),
        '<messageEventDefinition id="shared" messageRef="m1"/>',
    )  # fmt: skip
    assert play(body).message().done


def test_names_that_the_library_uses_inside_are_free_for_owners(play: Play) -> None:
    body = diagram('<startEvent id="Start"/>' + user("root") + '<endEvent id="End"/>', "Start>root root>End")
    player = play(body).do("root")
    assert player.over is not None
    assert player.over.end_event_id == "End"
