"""Processes that begin with one of several events, or by a condition; activities that somebody starts by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.bpmn.parser import parse
from engine.errors import Conflict, NotFound
from engine.feel import Environment
from tests.engine.bpmn.diagrams import (
    END,
    START,
    condition,
    diagram,
    flows,
    properties,
    script,
    user,
)
from tests.engine.bpmn.player import BEGIN, Player

Play = Callable[..., Player]


def test_a_conditional_start_says_for_which_variables_it_holds(play: Play) -> None:
    body = diagram(f'<startEvent id="S">{condition("n > 3")}</startEvent>' + user("A") + END, "S>A A>E")
    (start,) = parse(body, name="a")[0].start_events
    environment = Environment(now=BEGIN)
    assert start.kind == "conditional"
    assert start.holds({"n": 4}, environment)
    assert not start.holds({"n": 3}, environment)
    assert not start.holds({}, environment)
    assert not replace(start, condition=None).holds({"n": 4}, environment)
    assert play(body, {"n": 4}, start_event_id="S").open == ["A"]


def by_hand(attributes: str = "") -> bytes:
    inner = user("A") + script("B", "k + 1", attributes='camunda:resultVariable="k"') + user("C") + flows("B>C")
    done = "<completionCondition>done</completionCondition>"
    hand = properties(adHoc__start="manual")
    return diagram(
        START + f'<adHocSubProcess id="X" {attributes}>{hand}{inner}{done}</adHocSubProcess>' + END, "S>X X>E"
    )


def test_somebody_starts_the_activities_of_an_ad_hoc_sub_process(play: Play) -> None:
    player = play(by_hand(), {"done": False, "k": 0})
    assert player.waiting == []
    assert player.stalled == ()
    pairs = player.instance.startable()
    assert [element for _, element in pairs] == ["A", "B"]
    activity = pairs[0][0]
    player.took(player.instance.start_activity(activity, "A")).took(player.instance.start_activity(activity, "A"))
    player.took(player.instance.start_activity(activity, "B"))
    assert player.open == ["A", "A", "C"]
    player.do("A").do("A").do("C")
    assert not player.done
    player.took(player.instance.start_activity(activity, "A"))
    assert player.do("A", done=True).done


def test_one_after_the_other_when_they_are_sequential(play: Play) -> None:
    player = play(by_hand('ordering="Sequential"'), {"done": False, "k": 0})
    activity = player.instance.startable()[0][0]
    player.took(player.instance.start_activity(activity, "A"))
    with pytest.raises(Conflict):
        player.instance.start_activity(activity, "B")
    with pytest.raises(NotFound):
        player.instance.start_activity(activity, "C")
    with pytest.raises(NotFound):
        player.instance.start_activity("nobody", "A")


def ended_by_hand(attributes: str = "") -> bytes:
    hand = properties(adHoc__start="manual")
    inner = f'<adHocSubProcess id="X" {attributes}>{hand}{user("A")}{user("B")}</adHocSubProcess>'
    return diagram(START + inner + user("Z") + END, "S>X X>Z Z>E")


def test_somebody_says_that_it_is_enough(play: Play) -> None:
    player = play(ended_by_hand())
    (held,) = player.instance.by_hand()
    assert (held.element_id, held.elements, held.can_complete) == ("X", ("A", "B"), True)
    player.took(player.instance.start_activity(held.activity_id, "A")).do("A")
    assert player.waiting == []
    player.took(player.instance.start_activity(held.activity_id, "B"))
    assert player.took(player.instance.complete_by_hand(held.activity_id)).open == ["Z"]


def test_nothing_need_be_done_before_it_is_enough(play: Play) -> None:
    player = play(ended_by_hand())
    assert player.took(player.instance.complete_by_hand(player.instance.by_hand()[0].activity_id)).open == ["Z"]


def test_what_still_runs_may_be_waited_for_while_nothing_new_begins(play: Play) -> None:
    player = play(ended_by_hand('cancelRemainingInstances="false"'))
    activity = player.instance.by_hand()[0].activity_id
    player.took(player.instance.start_activity(activity, "A")).took(player.instance.complete_by_hand(activity))
    assert (player.open, player.instance.startable()) == (["A"], ())
    with pytest.raises(NotFound):
        player.instance.start_activity(activity, "B")
    assert player.do("A").open == ["Z"]


def test_where_a_condition_says_when_it_is_enough_nobody_else_does(play: Play) -> None:
    player = play(by_hand(), {"done": False, "k": 0})
    (held,) = player.instance.by_hand()
    assert not held.can_complete
    with pytest.raises(Conflict):
        player.instance.complete_by_hand(held.activity_id)
