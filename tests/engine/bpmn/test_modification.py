"""Tokens are taken away and put down by hand, and the instance goes on from there."""

from __future__ import annotations

from typing import Any

import pytest

from engine.bpmn.modification import Change, Kind, modify, start_at
from engine.bpmn.outcome import ActivityEnded
from engine.errors import InvalidRequest, NotFound
from tests.engine.bpmn.diagrams import (
    COLLECTION,
    END,
    MESSAGE,
    START,
    boundary,
    definitions,
    diagram,
    end,
    event_sub,
    mapping,
    multi,
    parallel,
    process,
    sub,
    timer,
    user,
)
from tests.engine.bpmn.player import Player

LINE = diagram(START + user("A") + user("B") + user("C") + END, "S>A A>B B>C C>E")
SUB = diagram(
    START + sub("X", '<startEvent id="S2"/>' + user("A") + user("B") + '<endEvent id="E2"/>', "S2>A A>B B>E2")
    + boundary("T", "X", timer("PT1H")) + user("C") + END + end("E3"),
    "S>X X>C C>E T>E3",
)  # fmt: skip


def change(player: Player, *changes: tuple[Kind, str] | Change) -> Player:
    wanted = [one if isinstance(one, Change) else Change(one[0], one[1]) for one in changes]
    definition = player.services.definitions["P"]
    return player.took(modify(player.instance, wanted, definition=definition, process_id="i"))


def playing(body: bytes, **variables: Any) -> Player:
    return Player(body, variables, mode="stored")


def test_a_token_moves_to_another_task() -> None:
    player = change(playing(LINE), ("cancel", "A"), ("startBeforeActivity", "C"))
    assert player.open == ["C"]
    cancelled = [step.element_id for step in player.last.of(ActivityEnded) if step.cancelled]
    assert cancelled == ["A"]
    assert player.do("C").done
    player.check()


def test_after_an_element_means_over_its_flows() -> None:
    assert change(playing(LINE), ("cancel", "A"), ("startAfterActivity", "A")).open == ["B"]
    assert change(playing(LINE), ("startTransition", "f_B_C")).open == ["A", "C"]


def test_an_instance_without_a_token_is_cancelled_not_completed() -> None:
    player = change(playing(LINE), ("cancel", "A"))
    assert player.over is not None
    assert player.over.state == "cancelled"
    player.check()


def test_one_activity_instance_or_all_of_an_element_are_cancelled() -> None:
    player = change(playing(LINE), ("startBeforeActivity", "A"), ("startBeforeActivity", "B"))
    assert player.open == ["A", "A", "B"]
    first = player.instance.waits()[0].activity_id
    assert change(player, Change("cancel", activity_id=first)).open == ["A", "B"]
    assert change(player, ("startBeforeActivity", "A"), ("cancel", "A")).open == ["B"]


def test_a_start_inside_a_sub_process_opens_it_with_its_guards() -> None:
    player = change(playing(SUB).do("A").do("B"), ("cancel", "C"), ("startBeforeActivity", "B"))
    assert player.waiting == ["B", "T"]
    assert player.do("B").open == ["C"]
    player.do("C")
    player.check()


def test_a_start_inside_a_running_sub_process_joins_it() -> None:
    player = change(playing(SUB), ("startBeforeActivity", "B"))
    assert player.waiting == ["A", "B", "T"]
    assert player.do("B").open == ["A"]


def test_a_sub_process_left_empty_is_cancelled() -> None:
    player = change(playing(SUB), ("cancel", "A"), ("startBeforeActivity", "C"))
    assert player.waiting == ["C"]
    player.do("C")
    player.check()


def test_of_two_running_scopes_one_has_to_be_named() -> None:
    player = change(playing(SUB), ("startBeforeActivity", "X"))
    assert player.open == ["A", "A"]
    with pytest.raises(InvalidRequest, match="2 running scopes"):
        change(player, ("startBeforeActivity", "B"))
    scopes = [one.host.id for one in player.instance._workflow.subprocesses.values() if one.host is not None]
    assert change(player, Change("startBeforeActivity", "B", ancestor_id=scopes[0])).open == ["A", "A", "B"]


def test_one_instance_of_a_parallel_loop_goes_and_the_others_count() -> None:
    body = diagram(START + user("A", multi(COLLECTION)) + user("B") + END, "S>A A>B B>E")
    player = playing(body, items=[1, 2, 3])
    player = change(player, Change("cancel", activity_id=player.instance.waits()[1].activity_id))
    player.do("A", out=10).do("A", out=30)
    assert player.open == ["B"]
    assert player.variables["outs"] == [10, None, 30]


def test_all_instances_of_a_loop_go_with_the_loop() -> None:
    body = diagram(START + user("A", multi(COLLECTION)) + user("B") + END, "S>A A>B B>E")
    assert change(playing(body, items=[1, 2]), ("cancel", "A"), ("startBeforeActivity", "B")).open == ["B"]


def test_a_start_at_a_join_goes_on_from_there() -> None:
    nodes = START + parallel("G") + user("A") + user("B") + parallel("J") + user("C") + END
    player = playing(diagram(nodes, "S>G G>A G>B A>J B>J J>C C>E"))
    assert change(player, ("cancel", "A"), ("cancel", "B"), ("startBeforeActivity", "J")).open == ["C"]
    player = playing(diagram(nodes, "S>G G>A G>B A>J B>J J>C C>E"))
    assert change(player, ("cancel", "A"), ("startTransition", "f_A_J")).open == ["B"]
    assert player.do("B").open == ["C"]


def test_variables_are_set_where_the_token_is_put_down() -> None:
    body = diagram(START + user("A") + user("B", mapping(seen="=n")) + END, "S>A A>B B>E")
    player = playing(body, n=1)
    change(player, Change("startBeforeActivity", "B", variables={"n": 2}, local={"m": 3}))
    assert player.variables["n"] == 2
    assert "m" not in player.variables
    (wait,) = [one for one in player.instance.waits() if one.element_id == "B"]
    assert player.instance.variables(wait.scope_id) == {"n": 2, "seen": 2, "m": 3}


def test_a_called_instance_is_changed_by_its_own_id() -> None:
    child = process('<startEvent id="S2"/>' + user("A") + user("B") + '<endEvent id="E2"/>', "S2>A A>B B>E2", key="Q")
    parent = process(START + '<callActivity id="K" calledElement="Q"/>' + user("C") + END, "S>K K>C C>E")
    player = playing(definitions(parent, child))
    process_id = player.instance.waits()[0].process_id
    changes = [Change("cancel", "A"), Change("startBeforeActivity", "B")]
    called = player.services.definitions["Q"]
    player.took(modify(player.instance, changes, definition=called, process_id=process_id))
    assert player.open == ["B"]
    assert player.do("B").open == ["C"]
    with pytest.raises(NotFound):
        change(player, ("startBeforeActivity", "B"))


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (("cancel", "B"), NotFound),
        (("cancel", "nowhere"), NotFound),
        (("startBeforeActivity", "nowhere"), NotFound),
        (("startAfterActivity", "E"), InvalidRequest),
        (("startTransition", "nowhere"), NotFound),
        (("startBeforeActivity", "V"), InvalidRequest),
    ],
)
def test_what_cannot_be_done_is_refused(wanted: tuple[Kind, str], error: type[Exception]) -> None:
    listener = event_sub("V", MESSAGE, user("D") + end("E9"), "Vs>D D>E9")
    body = diagram(START + user("A") + user("B") + END + listener, "S>A A>B B>E")
    with pytest.raises(error):
        change(playing(body), wanted)


def test_an_instance_starts_at_the_elements_named() -> None:
    player = playing(LINE)
    definition = player.services.definitions["P"]
    instance, outcome = start_at(
        definition, changes=[Change("startBeforeActivity", "B")], instance_id="j", definition_id="P:1",
        services=player.services, variables={"n": 1},
    )  # fmt: skip
    assert [wait.element_id for wait in instance.waits()] == ["B"]
    assert outcome.ended is None
