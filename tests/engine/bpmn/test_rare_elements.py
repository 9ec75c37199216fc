"""What few diagrams use: several triggers, complex gateways, ad-hoc sub-processes, quantities, loop behaviours."""

from __future__ import annotations

from collections.abc import Callable

from engine.bpmn.outcome import SignalSent
from tests.engine.bpmn.diagrams import (
    END,
    SIGNAL,
    START,
    boundary,
    catch,
    definitions,
    diagram,
    exclusive,
    multi,
    parallel,
    process,
    script,
    task,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]


COMPLEX = '<complexGateway id="J"><activationCondition>activationCount >= 2</activationCondition></complexGateway>'


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


def test_without_an_event_of_its_own_a_loop_tells_the_border_by_a_signal_without_name(play: Play) -> None:
    for behavior, times in (("One", 1), ("None", 3)):
        loop = multi("<loopCardinality>3</loopCardinality>", attributes=f'behavior="{behavior}"')
        nodes = START + user("A", loop) + boundary("B", "A", "<signalEventDefinition/>", interrupting=False)
        player = play(diagram(nodes + task("C") + END, "S>A A>E B>C C>E")).do("A").do("A").do("A")
        assert player.ran.count("C") == times
        assert player.done


def test_what_no_event_at_the_border_is_for_is_told_to_everybody(play: Play) -> None:
    loop = multi("<loopCardinality>2</loopCardinality>", attributes='behavior="None" noneBehaviorEventRef="sd"')
    nodes = START + parallel("G") + user("A", loop) + catch("W", SIGNAL) + task("C") + END
    body = definitions(
        process(nodes, "S>G G>A G>W W>C A>E C>E"), '<signalEventDefinition id="sd" signalRef="signal_1"/>'
    )
    player = play(body).do("A")
    assert player.ran.count("C") == 1
    assert [step.name for step in player.do("A").of(SignalSent)] == ["sig1", "sig1"]


def test_a_complex_behaviour_may_end_the_loop_without_a_word(play: Play) -> None:
    enough = "<condition>numberOfCompletedInstances = 2</condition>"
    extra = f"<complexBehaviorDefinition>{enough}</complexBehaviorDefinition>"
    player = play(behaving('behavior="Complex"', extra)).do("A").do("A")
    assert "C" not in player.ran
    assert player.done


def test_a_complex_behaviour_may_share_its_event_definition(play: Play) -> None:
    event = '<event id="x"><eventDefinitionRef>sd</eventDefinitionRef></event>'
    holds = "<condition>nrOfCompletedInstances = 2</condition>"
    extra = f"<complexBehaviorDefinition>{holds}{event}</complexBehaviorDefinition>"
    loop = multi(f"<loopCardinality>3</loopCardinality>{extra}", attributes='behavior="Complex"')
    nodes = START + user("A", loop) + boundary("B", "A", SIGNAL) + task("C") + END
    body = definitions(process(nodes, "S>A A>E B>C C>E"), '<signalEventDefinition id="sd" signalRef="signal_1"/>')
    player = play(body).do("A").do("A")
    assert player.ran.count("C") == 1
    assert player.done
