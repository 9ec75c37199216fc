"""Where tokens end, and what that takes with it (BPMN 2.0.2, 13.5)."""

from __future__ import annotations

from collections.abc import Callable

from tests.engine.bpmn.diagrams import (
    END,
    ERROR,
    ESCALATION,
    MESSAGE,
    SIGNAL,
    START,
    TERMINATE,
    boundary,
    definitions,
    diagram,
    end,
    event_sub,
    multi,
    parallel,
    process,
    sub,
    task,
    throw,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
INNER = '<startEvent id="s"/>'


def test_terminate_in_a_sub_process_ends_that_one_alone(play: Play) -> None:
    """13.5.6: the parent goes on, other instances of the sub-process too."""
    inner = INNER + parallel("g") + user("A") + user("B") + end("t", TERMINATE) + end("e")
    loop = multi("<loopCardinality>2</loopCardinality>")
    body = diagram(START + sub("R", inner + loop, "s>g g>A g>B A>t B>e") + user("Z") + END, "S>R R>Z Z>E")
    player = play(body).do("A")
    assert player.open == ["A", "B"]
    assert player.do("A").open == ["Z"]


def test_terminate_inside_an_event_sub_process_leaves_the_scope_around_it_alone(play: Play) -> None:
    handler = event_sub(
        "H", MESSAGE, parallel("hg") + user("HA") + user("HB") + end("ht", TERMINATE) + end("he"),
        "Hs>hg hg>HA hg>HB HA>ht HB>he", interrupting=False,
    )  # fmt: skip
    player = play(diagram(START + user("A") + END + handler, "S>A A>E")).message()
    assert player.open == ["A", "HA", "HB"]
    assert player.do("HA").open == ["A"]
    assert player.do("A").done


def test_terminate_in_a_called_process_ends_the_call(play: Play) -> None:
    called = process(
        '<startEvent id="qs"/>' + parallel("qg") + user("QA") + user("QB") + end("qt", TERMINATE) + end("qe"),
        "qs>qg qg>QA qg>QB QA>qt QB>qe", key="Q",
    )  # fmt: skip
    body = definitions(
        process(START + '<callActivity id="C" calledElement="Q"/>' + user("Z") + END, "S>C C>Z Z>E"), called
    )
    assert play(body).do("QA").open == ["Z"]


def test_terminate_does_not_run_boundary_events_or_handlers(play: Play) -> None:
    handler = event_sub("H", SIGNAL, user("HA"), "Hs>HA")
    body = diagram(
        START + parallel("G") + user("A") + user("B") + boundary("X", "B", MESSAGE) + user("C") + end("T", TERMINATE)
        + handler,
        "S>G G>A G>B A>T X>C",
    )  # fmt: skip
    assert play(body).do("A").waiting == []


def test_a_scope_ends_only_when_its_non_interrupting_handler_has(play: Play) -> None:
    inner = INNER + user("A") + end("e") + event_sub("H", MESSAGE, user("HA"), "Hs>HA", interrupting=False)
    player = play(diagram(START + sub("R", inner, "s>A A>e") + user("Z") + END, "S>R R>Z Z>E")).message().do("A")
    assert player.open == ["HA"]
    assert player.do("HA").open == ["Z"]


def test_a_non_interrupting_path_outlives_the_activity_it_left(play: Play) -> None:
    body = diagram(
        START + user("A") + boundary("B", "A", MESSAGE, interrupting=False) + user("C") + END, "S>A A>E B>C C>E"
    )
    player = play(body).message().do("A")
    assert player.open == ["C"]
    assert not player.done
    assert player.do("C").done


def test_an_interrupting_event_takes_away_what_the_activity_began_inside_only(play: Play) -> None:
    inner = INNER + user("A") + boundary("b", "A", MESSAGE, interrupting=False) + user("C") + end("e")
    body = diagram(
        START + sub("R", inner, "s>A A>e b>C C>e") + boundary("X", "R", SIGNAL) + user("Z") + END, "S>R R>E X>Z Z>E"
    )
    player = play(body).message()
    assert player.open == ["A", "C"]
    assert player.signal().open == ["Z"]


def test_a_path_may_lead_back_to_the_activity_that_was_interrupted(play: Play) -> None:
    body = diagram(START + user("A") + boundary("B", "A", MESSAGE) + task("C") + END, "S>A A>E B>C C>A")
    player = play(body).message().message()
    assert player.open == ["A"]
    assert player.ran.count("A") == 3
    assert player.do("A").done


def test_a_path_may_lead_back_to_a_sub_process_that_was_interrupted(play: Play) -> None:
    body = diagram(
        START + sub("R", INNER + user("A") + user("B") + end("e"), "s>A A>B B>e") + boundary("X", "R", MESSAGE) + END,
        "S>R R>E X>R",
    )
    player = play(body).do("A").message()
    assert player.open == ["A"]
    assert player.do("A").do("B").done


def test_a_non_interrupting_path_may_lead_back_to_its_activity(play: Play) -> None:
    body = diagram(START + user("A") + boundary("B", "A", MESSAGE, interrupting=False) + END, "S>A A>E B>A")
    player = play(body).message()
    assert player.open == ["A", "A"]
    assert player.do("A").do("A").done


def test_an_error_takes_the_whole_scope_with_it(play: Play) -> None:
    inner = INNER + parallel("g") + user("A") + user("B") + end("bad", ERROR) + end("e")
    body = diagram(
        START + sub("R", inner, "s>g g>A g>B A>bad B>e") + boundary("X", "R", ERROR) + user("Z") + END,
        "S>R R>E X>Z Z>E",
    )
    assert play(body).do("A").open == ["Z"]


def test_an_escalation_at_an_end_event_lets_the_rest_go_on(play: Play) -> None:
    inner = INNER + parallel("g") + user("A") + user("B") + end("up", ESCALATION) + end("e")
    body = diagram(
        START + sub("R", inner, "s>g g>A g>B A>up B>e") + boundary("X", "R", ESCALATION, interrupting=False) + user("Y")
        + user("Z") + END,
        "S>R R>Z X>Y Y>E Z>E",
    )  # fmt: skip
    player = play(body).do("A")
    assert player.open == ["B", "Y"]
    assert player.do("B").open == ["Y", "Z"]


def test_an_escalation_thrown_by_its_own_handler_goes_outwards(play: Play) -> None:
    """An event sub-process that throws again what it was started by does not start itself."""
    handler = event_sub(
        "H", ESCALATION, throw("t", ESCALATION) + user("U") + end("he"), "Hs>t t>U U>he", interrupting=False
    )
    inner = INNER + throw("x", ESCALATION) + user("A") + end("e") + handler
    body = diagram(
        START + sub("R", inner, "s>x x>A A>e") + boundary("B", "R", ESCALATION, interrupting=False) + user("C") + END,
        "S>R R>E B>C C>E",
    )
    assert play(body).open == ["A", "C", "U"]


def test_a_cancelled_transaction_without_cancel_event_ends_its_branch(play: Play) -> None:
    """10.7.2: the flow goes on at the cancel boundary event alone."""
    inner = INNER + user("A") + user("B") + end("c", "<cancelEventDefinition/>")
    loop = multi("<loopCardinality>2</loopCardinality>")
    for repeated in ("", loop):
        body = diagram(
            START + parallel("G") + sub("T", inner + repeated, "s>A s>B A>c", tag="transaction") + user("Y") + user("Z")
            + END,
            "S>G G>T G>Y T>Z Y>E Z>E",
        )  # fmt: skip
        player = play(body).do("A")
        assert player.open == ["Y"]
        assert player.do("Y").done
