"""How tokens choose and split (BPMN 2.0.2, 13.3.1, 13.4)."""

from __future__ import annotations

from collections.abc import Callable

from tests.engine.bpmn.diagrams import (
    END,
    MESSAGE,
    SIGNAL,
    START,
    boundary,
    catch,
    condition,
    diagram,
    end,
    exclusive,
    inclusive,
    multi,
    parallel,
    sub,
    task,
    timer,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
INNER = '<startEvent id="s"/>'


def test_conditions_flows_without_condition_and_a_default_mix(play: Play) -> None:
    """13.3.1: the default is taken when no condition holds, whatever the flows without condition do."""
    body = diagram(
        START + '<userTask id="A" default="f_A_D"/>' + task("B") + task("C") + task("D") + END,
        "S>A A>B[n=1] A>C A>D B>E C>E D>E",
    )
    assert play(body).do("A", n=1).ran == ["A", "B", "C"]
    assert play(body).do("A", n=0).ran == ["A", "C", "D"]


def test_a_token_ends_at_an_activity_when_no_condition_holds(play: Play) -> None:
    """8.4.13: a token is placed on a conditional flow only if its condition holds."""
    body = diagram(START + user("A") + task("B") + task("C") + END, "S>A A>B[n=1] A>C[n=2] B>E C>E")
    player = play(body).do("A", n=0)
    assert player.ran == ["A"]
    assert player.done


def test_a_single_conditional_flow_lets_a_token_pass_or_end(play: Play) -> None:
    body = diagram(START + parallel("G") + task("A") + user("B") + user("C") + END, "S>G G>A G>B A>C[n=1] B>E C>E")
    assert play(body, {"n": 1}, deployed=True).open == ["B", "C"]
    assert play(body, {"n": 0}, deployed=True).open == ["B"]


def test_a_sub_process_and_a_call_may_choose_their_flows_too(play: Play) -> None:
    inner = sub("R", INNER + task("T") + end("e"), "s>T T>e", 'default="f_R_B"')
    body = diagram(START + inner + user("A") + user("B") + END, "S>R R>A[n=1] R>B A>E B>E")
    assert play(body, {"n": 1}).open == ["A"]
    assert play(body, {"n": 0}).open == ["B"]


def test_an_event_may_have_several_flows(play: Play) -> None:
    body = diagram(
        START + user("A") + boundary("B", "A", MESSAGE) + catch("C", SIGNAL) + user("D") + user("F") + user("H") + END,
        "S>A A>E B>C B>D C>F C>H D>E F>E H>E",
    )
    player = play(body).message()
    assert player.open == ["D"]
    assert player.signal().open == ["D", "F", "H"]


def test_an_event_behind_a_gateway_may_have_several_flows(play: Play) -> None:
    body = diagram(
        START + '<eventBasedGateway id="G"/>' + catch("C", MESSAGE) + catch("D", SIGNAL) + user("A") + user("B") + END,
        "S>G G>C G>D C>A C>B D>E A>E B>E",
    )
    player = play(body).message()
    assert player.open == ["A", "B"]
    assert player.do("A").do("B").done


def test_an_event_behind_a_gateway_may_need_several_triggers(play: Play) -> None:
    both = f'<intermediateCatchEvent id="C" parallelMultiple="true">{MESSAGE}{SIGNAL}</intermediateCatchEvent>'
    body = diagram(
        START + '<eventBasedGateway id="G"/>' + both + catch("D", timer("PT1H")) + user("A") + user("B") + END,
        "S>G G>C G>D C>A D>B A>E B>E",
    )
    player = play(body).message()
    assert player.waiting == ["C", "D"]
    assert player.signal().open == ["A"]
    assert play(body).message().wait_until(3600).open == ["B"]


def test_a_condition_behind_a_gateway_is_looked_at_at_once(play: Play) -> None:
    body = diagram(
        START + '<eventBasedGateway id="G"/>' + catch("C", condition("n > 1")) + catch("D", timer("PT1H")) + user("A")
        + user("B") + END,
        "S>G G>C G>D C>A D>B A>E B>E",
    )  # fmt: skip
    assert play(body, {"n": 2}).open == ["A"]
    assert play(body, {"n": 0}).set(n=5).open == ["A"]


def test_a_gateway_of_events_may_be_reached_again(play: Play) -> None:
    body = diagram(
        START + exclusive("M") + '<eventBasedGateway id="G"/>' + catch("C", MESSAGE) + catch("D", SIGNAL) + END,
        "S>M M>G G>C G>D C>M D>E",
    )
    player = play(body).message().message().message()
    assert player.waiting == ["C", "D"]
    assert player.signal().done


def test_an_exclusive_gateway_may_join_and_split_at_once(play: Play) -> None:
    body = diagram(
        START + parallel("G") + task("A") + task("B") + exclusive("X", "f_X_D") + task("C") + task("D") + END,
        "S>G G>A G>B A>X B>X X>C[n=1] X>D C>E D>E",
    )
    assert play(body, {"n": 1}).ran == ["A", "B", "C", "C"]


def test_a_parallel_gateway_may_join_and_split_at_once(play: Play) -> None:
    body = diagram(
        START + parallel("G") + user("A") + user("B") + parallel("J") + user("C") + user("D") + END,
        "S>G G>A G>B A>J B>J J>C J>D C>E D>E",
    )
    player = play(body).do("A")
    assert player.open == ["B"]
    assert player.do("B").open == ["C", "D"]


def test_an_inclusive_gateway_may_join_and_split_at_once(play: Play) -> None:
    body = diagram(
        START + parallel("G") + user("A") + user("B") + inclusive("J", "f_J_D") + user("C") + user("D") + END,
        "S>G G>A G>B A>J B>J J>C[n=1] J>D C>E D>E",
    )
    player = play(body, {"n": 1}).do("A")
    assert player.open == ["B"]
    assert player.do("B").open == ["C"]


def test_a_flow_without_condition_out_of_an_inclusive_gateway_always_holds(play: Play) -> None:
    """13.4.3: the default flow is taken only if nothing else holds."""
    body = diagram(
        START + inclusive("G", "f_G_C") + task("A") + task("B") + task("C") + END, "S>G G>A[n=1] G>B G>C A>E B>E C>E"
    )
    assert play(body, {"n": 1}).ran == ["A", "B"]
    assert play(body, {"n": 0}).ran == ["B"]


def test_a_complex_gateway_says_at_its_reset_what_it_is_asked_for(play: Play) -> None:
    """13.4.5: what comes late resets the gateway, which then looks at the conditions of its flows once more."""
    gateway = (
        '<complexGateway id="J"><activationCondition>activationCount &gt;= 2</activationCondition></complexGateway>'
    )
    body = diagram(
        START + parallel("G") + user("A") + user("B") + user("C") + gateway + task("Y") + task("Z") + END,
        "S>G G>A G>B G>C A>J B>J C>J J>Y[waitingForStart] J>Z[not(waitingForStart)] Y>E Z>E",
    )
    player = play(body).do("A").do("B")
    assert player.ran.count("Y") == 1
    assert "Z" not in player.ran
    player.do("C")
    assert player.ran.count("Y") == player.ran.count("Z") == 1
    assert player.done


def test_a_complex_gateway_resets_when_only_a_new_round_could_come(play: Play) -> None:
    """13.4.5: a token that can come over a flow which was used already is no reason to wait for the others."""
    gateway = (
        '<complexGateway id="J"><activationCondition>activationCount &gt;= 1</activationCondition></complexGateway>'
    )
    body = diagram(
        START + exclusive("M") + inclusive("G", "f_G_B") + user("A") + user("B") + gateway + user("Z")
        + exclusive("X", "f_X_E") + END,
        "S>M M>G G>A[n=1] G>B A>J B>J J>Z Z>X X>M[again] X>E",
    )  # fmt: skip
    player = play(body, {"n": 1, "again": True}).do("A").do("Z", n=0)
    assert player.open == ["B"]
    player.do("B")
    assert player.open == ["Z"]
    assert player.do("Z", again=False).done


def test_a_complex_gateway_keeps_what_came_for_the_next_round(play: Play) -> None:
    """13.4.5: the second token over one flow waits for the reset, which needs no token when none can come."""
    gateway = (
        '<complexGateway id="J"><activationCondition>activationCount &gt;= 1</activationCondition></complexGateway>'
    )
    body = diagram(
        START + parallel("G") + user("A") + user("B") + user("C") + exclusive("M") + exclusive("X", "f_X_E") + gateway
        + task("Z") + END,
        "S>G G>A G>B G>C A>M B>M M>J C>X X>J[n=1] X>E J>Z Z>E",
    )  # fmt: skip
    player = play(body, {"n": 0}).do("A").do("B")
    assert player.ran.count("Z") == 1
    assert player.do("C").ran.count("Z") == 2
    assert player.done


def test_a_complex_gateway_resets_before_its_scope_ends(play: Play) -> None:
    gateway = (
        '<complexGateway id="J"><activationCondition>activationCount &gt;= 1</activationCondition></complexGateway>'
    )
    body = diagram(
        START + parallel("G") + task("A") + exclusive("X", "f_X_E") + gateway + task("Y") + task("Z") + END,
        "S>G G>A G>X A>J X>J[n=1] X>E J>Y[waitingForStart] J>Z[not(waitingForStart)] Y>E Z>E",
    )
    for n in (0, 1):
        player = play(body, {"n": n})
        assert sorted(player.ran) == ["A", "Y", "Z"]
        assert player.done


def test_a_receive_task_that_repeats_may_follow_an_event_based_gateway(play: Play) -> None:
    """The message that wins is that of its first instance."""
    loops = (
        multi("<loopCardinality>2</loopCardinality>"),
        multi("<loopCardinality>2</loopCardinality>", sequential=True),
        '<standardLoopCharacteristics loopMaximum="2"/>',
    )
    for loop in loops:
        receive = f'<receiveTask id="C" messageRef="m1">{loop}</receiveTask><receiveTask id="D" messageRef="m2"/>'
        body = diagram(
            START + '<eventBasedGateway id="G"/>' + receive + user("A") + user("B") + END,
            "S>G G>C G>D C>A D>B A>E B>E",
        )
        player = play(body).message(k=1)
        assert player.waiting == ["C"]
        assert player.message().open == ["A"]
        assert player.variables["k"] == 1
        assert play(body).message("msg2").open == ["B"]
