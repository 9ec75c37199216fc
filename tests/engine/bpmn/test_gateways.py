"""Gateways: which flows are taken, and how long a join waits (BPMN 10.6, 13.4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.errors import ExecutionFailed
from tests.engine.bpmn.diagrams import (
    END,
    MESSAGE,
    START,
    boundary,
    catch,
    diagram,
    exclusive,
    inclusive,
    parallel,
    script,
    task,
    timer,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]


def test_a_flow_without_condition_is_the_default_wherever_it_stands(play: Play) -> None:
    body = diagram(START + exclusive("X") + task("A") + task("B") + END, "S>X X>A X>B[n=1] A>E B>E")
    assert play(body, {"n": 1}).ran == ["B"]
    assert play(body, {"n": 2}).ran == ["A"]


def test_an_exclusive_gateway_without_a_way_out_fails_and_names_itself(play: Play) -> None:
    body = diagram(START + exclusive("X") + task("A") + task("B") + END, "S>X X>A[n=1] X>B[n=2] A>E B>E")
    with pytest.raises(ExecutionFailed, match="default") as failure:
        play(body, {"n": 3})
    assert failure.value.element_id == "X"


def test_a_condition_that_is_neither_true_nor_false_fails_and_names_the_flow(play: Play) -> None:
    body = diagram(START + exclusive("X", "f_X_B") + task("A") + task("B") + END, "S>X X>A[missing~>~1] X>B A>E B>E")
    with pytest.raises(ExecutionFailed, match="f_X_A"):
        play(body)


def test_a_parallel_split_and_join_work_in_a_loop(play: Play) -> None:
    body = diagram(
        START + exclusive("M") + parallel("G") + task("A") + script("B", "n+1", attributes='camunda:resultVariable="n"')
        + parallel("J") + exclusive("X", "f_X_E") + END,
        "S>M M>G G>A G>B A>J B>J J>X X>M[n<4] X>E",
    )  # fmt: skip
    player = play(body, {"n": 0})
    assert player.ran.count("A") == 4
    assert player.variables == {"n": 4}
    assert player.done


def test_a_parallel_join_does_not_take_two_tokens_of_one_flow(play: Play) -> None:
    body = diagram(
        START + parallel("G") + task("A1") + task("A2") + exclusive("M") + user("B") + user("C") + parallel("J")
        + task("Z") + END,
        "S>G G>A1 G>A2 G>B G>C A1>M A2>M M>J B>J J>Z Z>E C>E",
    )  # fmt: skip
    player = play(body)
    assert "Z" not in player.ran
    player.do("B")
    assert player.ran.count("Z") == 1
    assert player.open == ["C"]


def test_an_instance_that_can_never_go_on_keeps_its_progress_and_says_where_it_is_stuck(play: Play) -> None:
    body = diagram(
        START + exclusive("X", "f_X_B") + task("A") + task("B") + parallel("J") + END, "S>X X>A[true] X>B A>J B>J J>E"
    )
    player = play(body)
    assert player.stalled == ("J",)
    assert player.ran == ["A"]
    assert not player.done


def test_an_inclusive_join_in_a_loop_waits_for_what_was_started(play: Play) -> None:
    body = diagram(
        START + exclusive("M") + inclusive("G", "f_G_C") + user("A") + user("B") + task("C") + inclusive("J")
        + script("K", "n+1", attributes='camunda:resultVariable="n"') + exclusive("X", "f_X_E") + END,
        "S>M M>G G>A[true] G>B[n=0] G>C A>J B>J C>J J>K K>X X>M[n<2] X>E",
    )  # fmt: skip
    player = play(body, {"n": 0})
    assert player.open == ["A", "B"]
    player.do("A")
    assert "K" not in player.ran
    player.do("B")
    assert player.open == ["A"]
    player.do("A")
    assert player.ran.count("K") == 2
    assert player.done


def test_an_inclusive_join_waits_for_a_token_upstream(play: Play) -> None:
    body = diagram(
        START + parallel("G") + user("A") + exclusive("X", "f_X_E") + user("B") + inclusive("J") + task("Z") + END,
        "S>G G>A G>B A>X X>J[go=1] X>E B>J J>Z Z>E",
    )
    player = play(body, {"go": 0}).do("B")
    assert "Z" not in player.ran
    player.do("A")
    assert "Z" in player.ran
    assert player.done


def test_an_inclusive_join_waits_for_what_a_boundary_event_began(play: Play) -> None:
    body = diagram(
        START + inclusive("G", "f_G_A") + user("A") + user("B") + boundary("BB", "B", MESSAGE) + user("C")
        + inclusive("J") + task("Z") + END,
        "S>G G>A G>B[true] A>J B>J BB>C C>J J>Z Z>E",
    )  # fmt: skip
    player = play(body)
    assert player.open == ["B"]
    player.message()
    assert player.open == ["C"]
    player.do("C")
    assert player.ran[-1] == "Z"
    assert player.done


def test_a_message_wins_at_an_event_based_gateway_and_brings_its_variables(play: Play) -> None:
    body = diagram(
        START + '<eventBasedGateway id="G"/>' + catch("T1", timer("PT100S")) + '<receiveTask id="C" messageRef="m1"/>'
        + task("A") + user("Q") + END,
        "S>G G>T1 G>C T1>A C>Q A>E Q>E",
    )  # fmt: skip
    player = play(body).message(p=7)
    assert player.open == ["Q"]
    assert player.variables == {"p": 7}
    assert player.taken == ["f_S_G", "f_G_C", "f_C_Q"]


def test_a_user_task_that_leads_to_itself_can_be_done_again_and_again(play: Play) -> None:
    body = diagram(START + user("A") + boundary("B", "A", MESSAGE) + END, "S>A A>A B>E")
    player = play(body)
    for _ in range(5):
        player.do("A")
    assert player.open == ["A"]
    assert player.message().done
