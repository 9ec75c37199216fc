"""What few diagrams use: several triggers, complex gateways, ad-hoc sub-processes, quantities, loop behaviours."""

from __future__ import annotations

from collections.abc import Callable

from tests.engine.bpmn.diagrams import (
    END,
    ERROR,
    MESSAGE,
    SIGNAL,
    START,
    boundary,
    catch,
    definitions,
    diagram,
    end,
    event_sub,
    exclusive,
    multi,
    parallel,
    process,
    script,
    task,
    timer,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]


def test_any_of_several_triggers_suffices(play: Play) -> None:
    body = diagram(START + catch("C", MESSAGE + SIGNAL + timer("PT1H")) + user("A") + END, "S>C C>A A>E")
    assert play(body).waiting == ["C", "C", "C"]
    assert play(body).message(n=1).waiting == ["A"]
    assert play(body).signal().waiting == ["A"]
    assert play(body).wait_until(3600).waiting == ["A"]


def test_all_triggers_of_a_parallel_multiple_event_are_needed(play: Play) -> None:
    event = f'<intermediateCatchEvent id="C" parallelMultiple="true">{MESSAGE}{SIGNAL}</intermediateCatchEvent>'
    player = play(diagram(START + event + user("A") + END, "S>C C>A A>E")).message(n=1)
    assert player.waiting == ["C"]
    player.signal(m=2)
    assert player.open == ["A"]
    assert player.variables == {"n": 1, "m": 2}


def test_a_boundary_event_with_several_triggers_interrupts_once(play: Play) -> None:
    body = diagram(
        START + user("A") + boundary("B", "A", MESSAGE + SIGNAL + ERROR) + user("C") + END, "S>A A>E B>C C>E"
    )
    assert play(body).message().waiting == ["C"]
    assert play(body).signal().waiting == ["C"]
    assert play(body).error("A", "E1").waiting == ["C"]


def test_a_non_interrupting_one_fires_again_for_each_trigger(play: Play) -> None:
    body = diagram(
        START + user("A") + boundary("B", "A", MESSAGE + SIGNAL, interrupting=False) + task("C") + END,
        "S>A A>E B>C C>E",
    )
    player = play(body).message().signal().message()
    assert player.ran.count("C") == 3
    assert player.waiting == ["A", "B", "B"]


def test_an_event_sub_process_may_have_several_triggers(play: Play) -> None:
    handler = event_sub("ES", MESSAGE + SIGNAL, user("H") + end("ee"), "ESs>H H>ee")
    assert play(diagram(START + user("A") + END + handler, "S>A A>E")).signal().waiting == ["H"]


def test_a_process_may_be_started_by_any_of_several_triggers(play: Play) -> None:
    body = diagram(f'<startEvent id="S">{MESSAGE}{SIGNAL}</startEvent>' + user("A") + END, "S>A A>E")
    player = play(body, start_event_id="S")
    assert player.open == ["A"]
    starts = player.services.definitions["P"].start_events
    assert [(start.element_id, start.kind, start.event_name) for start in starts] == [
        ("S", "message", "msg1"),
        ("S", "signal", "sig1"),
    ]


COMPLEX = '<complexGateway id="J"><activationCondition>activationCount >= 2</activationCondition></complexGateway>'


def test_a_complex_gateway_goes_on_when_enough_have_come_and_swallows_the_rest(play: Play) -> None:
    body = diagram(
        START + parallel("G") + user("A") + user("B") + user("C") + COMPLEX + task("Z") + END,
        "S>G G>A G>B G>C A>J B>J C>J J>Z Z>E",
    )
    player = play(body).do("A")
    assert "Z" not in player.ran
    player.do("B")
    assert player.ran.count("Z") == 1
    assert not player.done
    player.do("C")
    assert player.ran.count("Z") == 1
    assert player.done


def test_a_complex_gateway_in_a_loop_begins_anew(play: Play) -> None:
    body = diagram(
        START + exclusive("M") + parallel("G") + user("A") + user("B") + user("C") + COMPLEX
        + script("Z", "n + 1", attributes='camunda:resultVariable="n"') + exclusive("X", "f_X_E") + END,
        "S>M M>G G>A G>B G>C A>J B>J C>J J>Z Z>X X>M[n<2] X>E",
    )  # fmt: skip
    player = play(body, {"n": 0}).do("A").do("C")
    assert player.ran.count("Z") == 1
    assert player.open == ["A", "B", "B", "C"]
    player.do("B").do("A").do("B")
    assert player.ran.count("Z") == 2
    assert player.do("C").done


def test_a_complex_gateway_does_not_wait_for_tokens_that_cannot_come(play: Play) -> None:
    body = diagram(
        START + parallel("G") + task("A") + task("B") + exclusive("X", "f_X_E") + task("C") + COMPLEX + user("Z") + END,
        "S>G G>A G>B G>X X>C[n=1] X>E A>J B>J C>J J>Z Z>E",
    )
    assert play(body, {"n": 0}).do("Z").done


def test_a_complex_split_takes_every_flow_that_holds(play: Play) -> None:
    body = diagram(
        START + '<complexGateway id="G" default="f_G_C"/>' + task("A") + task("B") + task("C") + END,
        "S>G G>A[n>0] G>B[n>1] G>C A>E B>E C>E",
    )
    assert play(body, {"n": 2}).ran == ["A", "B"]
    assert play(body, {"n": 0}).ran == ["C"]


def ad_hoc(attributes: str = "", condition: str = "") -> bytes:
    done = f"<completionCondition>{condition}</completionCondition>" if condition else ""
    nodes = user("A") + user("B") + user("C")
    return diagram(
        START + f'<adHocSubProcess id="AH" {attributes}>{nodes}{done}</adHocSubProcess>' + user("Z") + END,
        "S>AH AH>Z Z>E",
    )


def test_an_ad_hoc_sub_process_ends_when_it_is_enough(play: Play) -> None:
    player = play(ad_hoc(condition="ok = 1"), {"ok": 0})
    assert player.open == ["A", "B", "C"]
    player.do("A")
    assert player.open == ["B", "C"]
    player.do("B", ok=1)
    assert player.open == ["Z"]


def test_an_ad_hoc_sub_process_may_let_the_rest_finish(play: Play) -> None:
    player = play(ad_hoc('cancelRemainingInstances="false"', "ok = 1"), {"ok": 0}).do("A", ok=1)
    assert player.open == ["B", "C"]
    assert player.do("B").do("C").open == ["Z"]


def test_a_sequential_ad_hoc_sub_process_goes_one_by_one(play: Play) -> None:
    player = play(ad_hoc('ordering="Sequential"', "ok = 1"), {"ok": 0})
    assert player.open == ["A"]
    player.do("A")
    assert player.open == ["B"]
    assert player.do("B", ok=1).open == ["Z"]
    assert play(ad_hoc('ordering="Sequential"')).do("A").do("B").do("C").open == ["Z"]


def test_quantities_multiply_and_gather_tokens(play: Play) -> None:
    body = diagram(
        START + '<userTask id="A" completionQuantity="4"/>' + '<userTask id="B" startQuantity="2"/>' + END,
        "S>A A>B B>E",
    )
    player = play(body).do("A")
    assert player.open == ["B", "B"]
    assert player.do("B").do("B").done


def behaving(behavior: str, extra: str) -> bytes:
    loop = multi(f"<loopCardinality>3</loopCardinality>{extra}", attributes=behavior)
    nodes = START + user("A", loop) + boundary("B", "A", SIGNAL) + task("C") + END
    return definitions(process(nodes, "S>A A>E B>C C>E"), '<signalEventDefinition id="sd" signalRef="signal_1"/>')


def test_a_loop_may_tell_the_first_completion(play: Play) -> None:
    player = play(behaving('behavior="One" oneBehaviorEventRef="sd"', "")).do("A")
    assert player.ran.count("C") == 1
    assert player.open == ["A", "A"]
    assert player.do("A").do("A").ran.count("C") == 1
    assert player.done


def test_a_loop_may_tell_each_completion(play: Play) -> None:
    player = play(behaving('behavior="None" noneBehaviorEventRef="sd"', "")).do("A").do("A").do("A")
    assert player.ran.count("C") == 3
    assert player.done


def test_a_loop_may_end_where_a_condition_of_its_own_holds(play: Play) -> None:
    extra = (
        "<complexBehaviorDefinition><condition>nrOfCompletedInstances = 2</condition>"
        "<event><signalEventDefinition signalRef='signal_1'/></event></complexBehaviorDefinition>"
    )
    player = play(behaving('behavior="Complex"', extra)).do("A")
    assert "C" not in player.ran
    player.do("A")
    assert player.ran.count("C") == 1
    assert player.done
