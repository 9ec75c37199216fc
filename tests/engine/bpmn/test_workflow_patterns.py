"""The control-flow patterns of the Workflow Patterns initiative (WCP 1 to 43), as BPMN expresses them.

Each prediction follows from the execution semantics of BPMN 2.0.2, chapter 13. Left out are those that BPMN has no
element for: 18 (milestone), 39 (critical section).
"""

from __future__ import annotations

from collections.abc import Callable

from tests.engine.bpmn.diagrams import (
    COLLECTION,
    END,
    ERROR,
    MESSAGE,
    SIGNAL,
    START,
    TERMINATE,
    boundary,
    catch,
    definitions,
    diagram,
    end,
    exclusive,
    inclusive,
    multi,
    parallel,
    process,
    script,
    sub,
    task,
    throw,
    timer,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
COUNT = 'camunda:resultVariable="n"'
LOOP = "standardLoopCharacteristics"
INNER = '<startEvent id="s"/>'


def complex_join(id_: str, count: int) -> str:
    condition = f"<activationCondition>activationCount >= {count}</activationCondition>"
    return f'<complexGateway id="{id_}">{condition}</complexGateway>'


def test_wcp_1_a_sequence(play: Play) -> None:
    assert play(diagram(START + task("A") + task("B") + task("C") + END, "S>A A>B B>C C>E")).ran == ["A", "B", "C"]


def test_wcp_2_a_parallel_split_starts_every_branch(play: Play) -> None:
    body = diagram(START + parallel("G") + user("A") + user("B") + user("C") + END, "S>G G>A G>B G>C A>E B>E C>E")
    player = play(body)
    assert player.open == ["A", "B", "C"]
    assert not player.do("B").do("A").done
    assert player.do("C").done


def test_wcp_3_a_synchronization_waits_for_every_branch(play: Play) -> None:
    body = diagram(
        START + parallel("G") + user("A") + user("B") + parallel("J") + task("Z") + END, "S>G G>A G>B A>J B>J J>Z Z>E"
    )
    player = play(body).do("A")
    assert player.ran == ["A", "B"]
    assert player.do("B").ran == ["A", "B", "Z"]
    assert player.done


def test_wcp_4_an_exclusive_choice_takes_the_first_flow_that_holds(play: Play) -> None:
    body = diagram(
        START + exclusive("X", "f_X_C") + task("A") + task("B") + task("C") + END,
        "S>X X>A[n>10] X>B[n>1] X>C A>E B>E C>E",
    )
    assert play(body, {"n": 11}).ran == ["A"]
    assert play(body, {"n": 2}).ran == ["B"]
    assert play(body, {"n": 0}).ran == ["C"]


def test_wcp_5_a_simple_merge_passes_each_token_on(play: Play) -> None:
    body = diagram(
        START + exclusive("X", "f_X_B") + task("A") + task("B") + exclusive("M") + task("Z") + END,
        "S>X X>A[n=1] X>B A>M B>M M>Z Z>E",
    )
    assert play(body, {"n": 1}).ran == ["A", "Z"]
    assert play(body, {"n": 2}).ran == ["B", "Z"]


def test_wcp_6_and_7_a_multi_choice_is_synchronized(play: Play) -> None:
    body = diagram(
        START + inclusive("G", "f_G_C") + user("A") + user("B") + user("C") + inclusive("J") + task("Z") + END,
        "S>G G>A[a] G>B[b] G>C A>J B>J C>J J>Z Z>E",
    )
    player = play(body, {"a": True, "b": True})
    assert player.open == ["A", "B"]
    assert player.do("B").open == ["A"]
    assert player.do("A").ran == ["A", "B", "Z"]
    assert play(body, {"a": True, "b": False}).do("A").ran == ["A", "Z"]
    assert play(body, {"a": False, "b": False}).do("C").ran == ["C", "Z"]


def test_wcp_8_a_multi_merge_runs_what_follows_once_per_token(play: Play) -> None:
    body = diagram(
        START + parallel("G") + user("A") + user("B") + exclusive("M") + task("Z") + END, "S>G G>A G>B A>M B>M M>Z Z>E"
    )
    assert play(body).do("A").do("B").ran.count("Z") == 2


def test_wcp_9_a_discriminator_goes_on_with_the_first_and_swallows_the_rest(play: Play) -> None:
    body = diagram(
        START + parallel("G") + user("A") + user("B") + user("C") + complex_join("J", 1) + task("Z") + END,
        "S>G G>A G>B G>C A>J B>J C>J J>Z Z>E",
    )
    player = play(body).do("B")
    assert player.ran.count("Z") == 1
    assert not player.do("A").done
    assert player.do("C").done
    assert player.ran.count("Z") == 1


def test_wcp_10_arbitrary_cycles_may_have_several_entries_and_exits(play: Play) -> None:
    body = diagram(
        START + exclusive("X", "f_X_B") + user("A") + user("B") + exclusive("Y", "f_Y_C") + user("C")
        + exclusive("Z", "f_Z_E") + END,
        "S>X X>A[go=1] X>B A>B B>Y Y>A[go=1] Y>C C>Z Z>A[go=2] Z>B[go=3] Z>E",
    )  # fmt: skip
    player = play(body, {"go": 0}).do("B", go=1).do("A", go=0).do("B").do("C", go=3).do("B", go=0).do("C", go=2)
    assert player.open == ["A"]
    assert player.do("A", go=0).do("B").do("C").done


def test_wcp_11_an_instance_ends_when_nothing_is_left_to_do(play: Play) -> None:
    player = play(diagram(START + parallel("G") + user("A") + user("B"), "S>G G>A G>B")).do("A")
    assert not player.done
    assert player.do("B").done


def test_wcp_12_a_loop_may_start_instances_without_waiting_for_them(play: Play) -> None:
    body = diagram(
        START + exclusive("M") + script("C", "n + 1", attributes=COUNT) + parallel("G") + user("A")
        + exclusive("X", "f_X_Z") + task("Z") + END,
        "S>M M>C C>G G>A A>E G>X X>M[n<3] X>Z Z>E",
    )  # fmt: skip
    player = play(body, {"n": 0})
    assert player.open == ["A", "A", "A"]
    assert player.ran.count("Z") == 1
    assert player.do("A").do("A").do("A").done


def test_wcp_13_as_many_instances_as_the_diagram_says(play: Play) -> None:
    body = diagram(START + user("A", multi("<loopCardinality>3</loopCardinality>")) + task("Z") + END, "S>A A>Z Z>E")
    player = play(body).do("A").do("A")
    assert "Z" not in player.ran
    assert player.do("A").done


def test_wcp_14_as_many_instances_as_the_data_say(play: Play) -> None:
    body = diagram(START + user("A", multi(COLLECTION)) + task("Z") + END, "S>A A>Z Z>E")
    assert len(play(body, {"items": [1, 2, 3, 4]}).open) == 4
    assert play(body, {"items": []}).done


def test_wcp_15_instances_may_be_added_while_others_run(play: Play) -> None:
    inner = INNER + user("A") + boundary("B", "A", MESSAGE, interrupting=False) + user("C")
    body = diagram(START + sub("R", inner + end("e"), "s>A A>e B>C C>e") + task("Z") + END, "S>R R>Z Z>E")
    player = play(body).message().message()
    assert player.open == ["A", "C", "C"]
    player.do("C").do("A")
    assert "Z" not in player.ran
    assert player.do("C").done


def test_wcp_16_a_deferred_choice_is_made_by_what_happens_first(play: Play) -> None:
    body = diagram(
        START + '<eventBasedGateway id="G"/>' + catch("A", MESSAGE) + catch("B", timer("PT1H")) + END,
        "S>G G>A G>B A>E B>E",
    )
    assert play(body).message().ran == ["A"]
    assert play(body).wait_until(3600).ran == ["B"]


def test_wcp_17_and_40_interleaved_activities_run_one_after_the_other(play: Play) -> None:
    inside = user("A") + user("B") + user("C")
    body = diagram(START + f'<adHocSubProcess id="R" ordering="Sequential">{inside}</adHocSubProcess>' + END, "S>R R>E")
    player = play(body)
    for expected in ("A", "B", "C"):
        assert player.open == [expected]
        player.do(expected)
    assert player.done


def test_wcp_19_an_activity_may_be_cancelled(play: Play) -> None:
    body = diagram(START + user("A") + boundary("B", "A", SIGNAL) + task("C") + END, "S>A A>E B>C C>E")
    player = play(body).signal()
    assert player.open == []
    assert player.ran == ["A", "B", "C"]
    assert player.done


def test_wcp_20_and_43_a_terminate_end_event_ends_the_whole_case(play: Play) -> None:
    """The process ends at once, with everything in it (10.5.3, 13.5.6)."""
    body = diagram(
        START + parallel("G") + user("A") + user("B") + sub("R", user("C"), "") + end("T", TERMINATE) + END,
        "S>G G>A G>B G>R A>T B>E R>E",
    )
    player = play(body)
    assert player.open == ["A", "B", "C"]
    assert player.do("A").done
    assert player.over is not None
    assert player.over.state == "terminated"


def test_wcp_21_a_structured_loop_tests_before_or_after(play: Play) -> None:
    """testBefore: the condition is looked at before each round, else after each (10.3.8, 13.3.6)."""
    loop = f'<{LOOP} testBefore="%s"><loopCondition>n &lt; 3</loopCondition></{LOOP}>'
    body = START + script("A", "n + 1", "%s", COUNT) + END
    before, after = (diagram(body % (loop % flag), "S>A A>E") for flag in ("true", "false"))
    assert play(before, {"n": 0}).variables["n"] == 3
    assert play(before, {"n": 3}).ran.count("A") == 0
    assert play(after, {"n": 3}).variables["n"] == 4


def test_wcp_21_a_structured_loop_has_a_maximum(play: Play) -> None:
    loop = f'<{LOOP} loopMaximum="4"><loopCondition>true</loopCondition></{LOOP}>'
    player = play(diagram(START + user("A", loop) + END, "S>A A>E"))
    for _ in range(4):
        assert player.open == ["A"]
        player.do("A")
    assert player.done


def test_wcp_22_a_process_may_call_itself(play: Play) -> None:
    call = (
        '<callActivity id="C" calledElement="P"><extensionElements><camunda:in source="m" target="n"/>'
        '<camunda:out source="n" target="k"/></extensionElements></callActivity>'
    )
    body = diagram(
        START + exclusive("X", "f_X_E") + script("A", "n - 1", attributes='camunda:resultVariable="m"') + call + END,
        "S>X X>A[n>0] A>C C>E X>E",
    )
    player = play(body, {"n": 5})
    assert player.ran.count("A") == 5
    assert player.done


def test_wcp_23_a_signal_is_lost_when_nobody_waits_for_it(play: Play) -> None:
    body = diagram(
        START + parallel("G") + throw("T", SIGNAL) + user("A") + catch("C", SIGNAL) + END, "S>G G>T T>E G>A A>C C>E"
    )
    player = play(body).do("A")
    assert player.waiting == ["C"]
    assert player.signal().done


def test_wcp_25_a_region_is_cancelled_as_a_whole(play: Play) -> None:
    inner = INNER + parallel("g") + user("A") + user("B") + parallel("j") + end("e")
    body = diagram(
        START + sub("R", inner, "s>g g>A g>B A>j B>j j>e") + boundary("X", "R", MESSAGE) + user("C") + END,
        "S>R R>E X>C C>E",
    )
    player = play(body).do("A").message()
    assert player.open == ["C"]
    assert player.do("C").done


def test_wcp_26_all_instances_are_cancelled_together(play: Play) -> None:
    body = diagram(
        START
        + user("A", multi("<loopCardinality>3</loopCardinality>"))
        + boundary("B", "A", MESSAGE)
        + user("C")
        + END,
        "S>A A>E B>C C>E",
    )
    assert play(body).do("A").message().open == ["C"]


def test_wcp_27_34_and_36_enough_instances_complete_the_activity(play: Play) -> None:
    enough = "<completionCondition>nrOfCompletedInstances >= wanted</completionCondition>".replace(">=", "&gt;=")
    body = diagram(
        START + user("A", multi(f"<loopCardinality>5</loopCardinality>{enough}")) + user("Z") + END, "S>A A>Z Z>E"
    )
    player = play(body, {"wanted": 9}).do("A").do("A", wanted=3)
    assert len(player.open) == 3
    assert player.do("A").open == ["Z"]


def test_wcp_28_a_blocking_discriminator_is_ready_again_after_all_have_come(play: Play) -> None:
    """What comes a second time over a flow before the reset belongs to the next round (13.4.5)."""
    body = diagram(
        START + parallel("G") + exclusive("M") + user("A") + user("B") + complex_join("J", 1) + task("Z")
        + exclusive("X", "f_X_E") + END,
        "S>G G>M M>A G>B A>J B>J J>Z Z>X X>M[again] X>E",
    )  # fmt: skip
    player = play(body, {"again": True}).do("A")
    assert player.open == ["A", "B"]
    player.do("A", again=False)
    assert player.ran.count("Z") == 1
    player.do("B")
    assert player.ran.count("Z") == 2
    assert player.done


def test_wcp_29_and_32_a_cancelling_join_takes_the_others_away(play: Play) -> None:
    inner = INNER + parallel("g") + user("A") + user("B") + end("t", TERMINATE)
    body = diagram(START + sub("R", inner, "s>g g>A g>B A>t B>t") + user("Z") + END, "S>R R>Z Z>E")
    assert play(body).do("B").open == ["Z"]


def test_wcp_30_a_partial_join_waits_for_two_of_three(play: Play) -> None:
    body = diagram(
        START + parallel("G") + user("A") + user("B") + user("C") + complex_join("J", 2) + task("Z") + END,
        "S>G G>A G>B G>C A>J B>J C>J J>Z Z>E",
    )
    player = play(body).do("C")
    assert "Z" not in player.ran
    assert player.do("A").ran.count("Z") == 1
    assert player.do("B").ran.count("Z") == 1
    assert player.done


def test_wcp_33_an_and_join_keeps_what_comes_too_early(play: Play) -> None:
    body = diagram(
        START + parallel("G") + task("A") + task("B") + user("C") + user("D") + exclusive("M") + exclusive("N")
        + parallel("J") + task("Z") + END,
        "S>G G>A G>B G>C G>D A>M B>M M>J C>N D>N N>J J>Z Z>E",
    )  # fmt: skip
    player = play(body).do("C")
    assert player.ran.count("Z") == 1
    player.do("D")
    assert player.ran.count("Z") == 2
    assert player.done


def test_wcp_35_an_error_cancels_the_other_instances(play: Play) -> None:
    inner = user("A") + exclusive("x", "f_x_e") + end("bad", ERROR) + end("e")
    loop = multi("<loopCardinality>3</loopCardinality>")
    body = diagram(
        START + sub("R", INNER + inner + loop, "s>A A>x x>bad[stop] x>e") + boundary("B", "R", ERROR)
        + user("Z") + END,
        "S>R R>E B>Z Z>E",
    )  # fmt: skip
    player = play(body, {"stop": False}).do("A")
    assert player.open == ["A", "A"]
    assert player.do("A", stop=True).open == ["Z"]


def test_wcp_37_a_merge_waits_only_for_what_can_still_come(play: Play) -> None:
    """An inclusive join outside of a block asks who can still reach it (13.4.3)."""
    body = diagram(
        START + parallel("G") + user("A") + user("B") + exclusive("X", "f_X_E") + inclusive("J") + task("Z") + END,
        "S>G G>A G>B A>J B>X X>J[go] X>E J>Z Z>E",
    )
    player = play(body, {"go": False}).do("A")
    assert "Z" not in player.ran
    player.do("B")
    assert player.ran.count("Z") == 1
    assert player.done


def test_wcp_38_a_merge_waits_for_tokens_that_go_round_before_they_come(play: Play) -> None:
    body = diagram(
        START + parallel("G") + user("A") + exclusive("M") + user("B") + exclusive("X", "f_X_J") + inclusive("J")
        + task("Z") + END,
        "S>G G>A G>M M>B B>X X>M[again] X>J A>J J>Z Z>E",
    )  # fmt: skip
    player = play(body, {"again": True}).do("A").do("B").do("B", again=False)
    assert player.ran.count("Z") == 1
    assert player.done


def test_wcp_41_and_42_threads_are_split_and_merged_by_quantities(play: Play) -> None:
    """completionQuantity and startQuantity (10.3, 13.3.2)."""
    body = diagram(
        START + '<task id="A" completionQuantity="6"/><task id="B" startQuantity="2"/>' + parallel("G")
        + '<userTask id="C" startQuantity="3"/>' + END,
        "S>A A>B B>G G>C C>E",
    )  # fmt: skip
    player = play(body)
    assert player.ran.count("B") == 3
    assert player.open == ["C"]
    assert player.do("C").done


def test_wcp_24_a_message_finds_whoever_waits_and_is_kept_outside_until_then(play: Play) -> None:
    body = definitions(process(START + user("A") + catch("C", MESSAGE) + END, "S>A A>C C>E"))
    player = play(body)
    assert player.waiting == ["A"]
    assert player.do("A").message(k=1).done
    assert player.variables["k"] == 1
