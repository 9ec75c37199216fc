"""Start, intermediate and end events (BPMN 10.5)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.errors import ExecutionFailed, LimitReached
from tests.engine.bpmn.diagrams import (
    END,
    SIGNAL,
    START,
    catch,
    condition,
    definitions,
    diagram,
    end,
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


def test_an_event_gateway_that_instantiates_offers_each_of_its_events_as_start(play: Play) -> None:
    body = diagram(
        '<eventBasedGateway id="G" instantiate="true"/>' + catch("C1", SIGNAL)
        + '<receiveTask id="C2" messageRef="m2"/>' + task("A") + task("B") + END,
        "G>C1 G>C2 C1>A C2>B A>E B>E",
    )  # fmt: skip
    assert play(body, start_event_id="C1").ran == ["A"]
    assert play(body, start_event_id="C2").ran == ["C2", "B"]


@pytest.mark.parametrize("value", ["never", 5, None, "P99999999999Y", "R/PT0S"])
def test_a_timer_that_yields_no_time_fails(play: Play, value: object) -> None:
    body = diagram(
        START + catch("T", timer("=x", "timeCycle" if value == "R/PT0S" else "timeDuration")) + END, "S>T T>E"
    )
    with pytest.raises(ExecutionFailed) as failure:
        play(body, {"x": value})
    if isinstance(value, str) and value != "never":
        assert isinstance(failure.value, LimitReached)


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
