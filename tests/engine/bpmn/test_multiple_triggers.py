"""Several triggers at one event that does not interrupt, or that needs all of them; jobs at boundary events."""

from __future__ import annotations

from collections.abc import Callable

from tests.engine.bpmn.diagrams import (
    END,
    ERROR,
    ESCALATION,
    MESSAGE,
    SIGNAL,
    START,
    boundary,
    diagram,
    end,
    event_sub,
    mapping,
    multi,
    sub,
    task,
    throw,
    timer,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]


def all_of(id_: str, host: str, events: str, *, interrupting: bool = True) -> str:
    return boundary(id_, host, events, interrupting=interrupting).replace("<boundary", "<boundary", 1).replace(
        "attachedToRef", 'parallelMultiple="true" attachedToRef'
    )  # fmt: skip


def test_a_timer_among_the_triggers_keeps_its_date_when_another_happens(play: Play) -> None:
    events = MESSAGE + timer("PT1H")
    body = diagram(
        START + user("A") + boundary("B", "A", events, interrupting=False) + task("C") + END, "S>A A>E B>C C>E"
    )
    player = play(body).wait_until(1800).message().message()
    assert player.ran.count("C") == 2
    player.wait_until(1800)
    assert player.ran.count("C") == 3
    assert player.wait_until(86_400).ran.count("C") == 3
    assert player.waiting == ["A", "B"]
    assert player.message().ran.count("C") == 4


def test_a_cycle_among_the_triggers_goes_on(play: Play) -> None:
    handler = event_sub(
        "ES", SIGNAL + timer("R2/PT1H", "timeCycle"), task("H") + end("ee"), "ESs>H H>ee", interrupting=False
    )
    player = play(diagram(START + user("A") + END + handler, "S>A A>E")).wait_until(3600).signal().wait_until(3600)
    assert player.ran.count("H") == 3
    assert player.wait_until(86_400).signal().ran.count("H") == 4
    assert player.do("A").done


def test_an_error_completes_an_event_that_waits_for_all(play: Play) -> None:
    body = diagram(START + user("A") + all_of("B", "A", MESSAGE + ERROR) + user("C") + END, "S>A A>E B>C C>E")
    assert play(body).message().waiting == ["A"]
    assert play(body).message().error("A", "E1").waiting == ["C"]
    over = play(body).error("A", "E1").over
    assert over is not None
    assert over.state == "failed"


def test_an_escalation_is_noted_until_all_have_happened(play: Play) -> None:
    inner = sub("SP", '<startEvent id="s"/>' + throw("T", ESCALATION) + user("A") + end("e"), "s>T T>A A>e")
    body = diagram(
        START + inner + all_of("B", "SP", MESSAGE + ESCALATION, interrupting=False) + task("C") + END,
        "S>SP SP>E B>C C>E",
    )
    player = play(body)
    assert "C" not in player.ran
    assert player.message().ran.count("C") == 1
    assert player.do("A").done


def test_a_date_among_all_triggers_comes_once(play: Play) -> None:
    events = MESSAGE + timer("PT1H")
    body = diagram(
        START + user("A") + all_of("B", "A", events, interrupting=False) + task("C") + END, "S>A A>E B>C C>E"
    )
    player = play(body).message().wait_until(3600)
    assert player.ran.count("C") == 1
    assert player.waiting == ["A"]


def test_a_boundary_event_may_go_on_in_a_job_of_its_own(play: Play) -> None:
    job = boundary("B", "A", MESSAGE).replace("<boundaryEvent", '<boundaryEvent camunda:asyncBefore="true"')
    body = diagram(START + user("A") + job + user("C") + END, "S>A A>E B>C C>E")
    player = play(body).message(n=1)
    assert player.waiting == ["B"]
    assert "B" not in player.ran
    assert player.job("B").open == ["C"]
    assert player.variables == {"n": 1}


def test_a_caught_error_that_waits_for_its_job_is_not_caught_again(play: Play) -> None:
    job = boundary("B", "A", ERROR).replace("<boundaryEvent", '<boundaryEvent camunda:asyncBefore="true"')
    inner = sub("SP", '<startEvent id="s"/>' + user("A") + user("X") + job + end("e"), "s>A s>X A>e X>e B>e")
    body = diagram(START + inner + boundary("O", "SP", ERROR) + user("C") + END, "S>SP SP>E O>C C>E")
    player = play(body).error("A", "E1")
    assert player.waiting == ["B", "X"]
    assert player.error("X", "E1").open == ["C"]


COMPENSATE = "<compensateEventDefinition/>"


def test_each_instance_of_a_loop_is_undone_with_its_own_variables(play: Play) -> None:
    loop = multi('<loopDataInputRef>items</loopDataInputRef><inputDataItem name="item"/>')
    undo = '<association id="a" sourceRef="B" targetRef="U"/>' + user(
        "U", mapping(which="=item"), 'isForCompensation="true"'
    )
    nodes = START + user("A", loop) + boundary("B", "A", COMPENSATE) + undo + throw("T", COMPENSATE) + END
    player = play(diagram(nodes, "S>A A>T T>E"), {"items": ["x", "y"]}).do("A").do("A")
    seen = []
    for _ in range(2):
        (wait,) = player.instance.waits()
        seen.append(player.instance.variables(wait.scope_id)["which"])
        player.do("U")
    assert sorted(seen) == ["x", "y"]
    assert player.done
