"""The diff that an operation returns: complete, in order, and with the ids that others rely on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from engine.bpmn.instance import Instance
from engine.bpmn.outcome import (
    ActivityEnded,
    ActivityStarted,
    DecisionTaken,
    FlowTaken,
    InstanceEnded,
    VariableSet,
    WaitClosed,
    WaitOpened,
)
from engine.bpmn.parser import parse
from engine.dmn.result import DecisionResult
from engine.errors import ExecutionFailed, InvalidRequest, NotFound
from engine.values import PersonalRef
from tests.engine.bpmn.diagrams import END, START, boundary, diagram, exclusive, task, timer, user
from tests.engine.bpmn.player import Player, result

Play = Callable[..., Player]
RULES = '<businessRuleTask id="D" camunda:decisionRef="dt" camunda:resultVariable="r"/>'
BODY = diagram(
    START + user("A") + boundary("B", "A", timer("PT1H")) + exclusive("X", "f_X_E") + RULES + END,
    "S>A A>X X>D[n>1] X>E D>E B>E",
)


def shape(player: Player) -> list[tuple[Any, ...]]:
    """The kinds of the last steps with the element or name they are about."""
    found = []
    for step in player.last.steps:
        about = getattr(step, "element_id", None) or getattr(step, "flow_id", None) or getattr(step, "name", None)
        found.append((type(step), about))
    return found


def test_starting_tells_what_was_entered_and_what_is_waited_for(play: Play) -> None:
    assert shape(play(BODY, {"k": 1})) == [
        (VariableSet, "k"),
        (ActivityStarted, "S"),
        (ActivityEnded, "S"),
        (FlowTaken, "f_S_A"),
        (ActivityStarted, "A"),
        (WaitOpened, "B"),
        (WaitOpened, "A"),
    ]


def test_completing_tells_everything_in_the_order_in_which_it_happened(play: Play) -> None:
    player = play(BODY, decide=lambda *_: result({"o": 5}, output=5)).do("A", n=2)
    assert shape(player) == [
        (WaitClosed, "A"),
        (VariableSet, "n"),
        (WaitClosed, "B"),
        (ActivityEnded, "A"),
        (FlowTaken, "f_A_X"),
        (ActivityStarted, "X"),
        (ActivityEnded, "X"),
        (FlowTaken, "f_X_D"),
        (ActivityStarted, "D"),
        (DecisionTaken, "D"),
        (VariableSet, "r"),
        (ActivityEnded, "D"),
        (FlowTaken, "f_D_E"),
        (ActivityStarted, "E"),
        (ActivityEnded, "E"),
        (InstanceEnded, None),
    ]
    assert player.last.ended == InstanceEnded("completed", "E")
    assert [step.cancelled for step in player.last.of(WaitClosed)] == [False, True]


def test_an_interruption_tells_what_it_took_away_before_it_goes_on(play: Play) -> None:
    player = play(BODY).wait_until(3600)
    assert shape(player)[:5] == [
        (WaitClosed, "B"),
        (WaitClosed, "A"),
        (ActivityEnded, "A"),
        (ActivityStarted, "B"),
        (ActivityEnded, "B"),
    ]


def test_ids_of_waits_and_activities_are_never_shared(play: Play) -> None:
    player = play(BODY)
    waits = {step.wait_id for step in player.of(WaitOpened)}
    activities = {step.activity_id for step in player.of(ActivityStarted)}
    assert not waits & activities
    guarded = {step.element_id: step.activity_id for step in player.of(WaitOpened)}
    assert guarded["A"] == guarded["B"]


def test_whatever_fails_in_a_service_names_the_element(play: Play) -> None:
    def missing(reference: str, variables: Mapping[str, Any]) -> DecisionResult:
        raise NotFound(f"no decision {reference}")

    with pytest.raises(ExecutionFailed, match="no decision dt") as failure:
        play(diagram(START + RULES + END, "S>D D>E"), decide=missing)
    assert failure.value.element_id == "D"


def test_a_personal_reference_can_be_tested_for_null_and_nothing_else(play: Play) -> None:
    reference = PersonalRef("r", "d", "BASIC")
    body = "S>X X>A[who!=null] X>E A>E"
    assert play(diagram(START + exclusive("X", "f_X_E") + task("A") + END, body), {"who": reference}).ran == ["A"]
    other = body.replace("who!=null", 'who="x"')
    with pytest.raises(ExecutionFailed) as failure:
        play(diagram(START + exclusive("X", "f_X_E") + task("A") + END, other), {"who": reference})
    assert failure.value.element_id == "X"


def test_a_value_that_is_none_is_refused(play: Play) -> None:
    with pytest.raises(InvalidRequest):
        play(BODY, {"price": 1.5})


def test_a_state_does_not_fit_another_diagram(play: Play) -> None:
    player = play(BODY)
    other = parse(diagram(START + user("Other") + END, "S>Other Other>E"), name="b")[0]
    with pytest.raises(ExecutionFailed) as failure:
        Instance.restore(player.instance.store(), definition=other, services=player.services)
    assert failure.value.element_id == "A"
