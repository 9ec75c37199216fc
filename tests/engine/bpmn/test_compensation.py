"""Compensation and transactions (BPMN 10.7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.bpmn.parser import parse
from engine.errors import ParseFailed
from tests.engine.bpmn.diagrams import (
    END,
    ERROR,
    START,
    boundary,
    diagram,
    end,
    exclusive,
    flows,
    mapping,
    multi,
    parallel,
    script,
    sub,
    task,
    throw,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
UNDO_ALL = throw("T", "<compensateEventDefinition/>")
INNER_START = '<startEvent id="s2"/>'
INNER_END = '<endEvent id="e2"/>'
CANCEL = "<cancelEventDefinition/>"


def undone_by(host: str, handler: str) -> str:
    """A compensation boundary event on `host`, a user task or script `handler`, and what links them."""
    event = f'<boundaryEvent id="B{host}" attachedToRef="{host}"><compensateEventDefinition/></boundaryEvent>'
    return f'{event}{handler}<association id="as{host}" sourceRef="B{host}" targetRef="H{host}"/>'


def quiet(host: str) -> str:
    return undone_by(host, f'<task id="H{host}" isForCompensation="true"/>')


def manual(host: str) -> str:
    return undone_by(host, f'<userTask id="H{host}" isForCompensation="true"/>')


def test_what_is_complete_is_undone_in_reverse_order(play: Play) -> None:
    body = diagram(
        START + task("A") + quiet("A") + task("B") + quiet("B") + user("N") + quiet("N") + UNDO_ALL + task("Z")
        + parallel("G") + END,
        "S>A A>B B>G G>T G>N T>Z Z>E N>E",
    )  # fmt: skip
    player = play(body)
    assert player.ran == ["A", "B", "T", "N", "HB", "HA", "Z"]
    assert player.open == ["N"]


def test_nothing_is_undone_twice(play: Play) -> None:
    body = diagram(
        START + task("A") + quiet("A") + UNDO_ALL + throw("T2", "<compensateEventDefinition/>") + END,
        "S>A A>T T>T2 T2>E",
    )
    assert play(body).ran.count("HA") == 1


def test_each_round_of_a_loop_is_undone(play: Play) -> None:
    body = diagram(
        START + exclusive("M") + script("A", "n + 1", attributes='camunda:resultVariable="n"') + quiet("A")
        + exclusive("X", "f_X_T") + UNDO_ALL + END,
        "S>M M>A A>X X>M[n<3] X>T T>E",
    )  # fmt: skip
    assert play(body, {"n": 0}).ran.count("HA") == 3


def test_a_sub_process_with_a_handler_is_undone_as_a_whole(play: Play) -> None:
    nodes = INNER_START + task("A") + quiet("A") + INNER_END
    body = diagram(START + sub("SP", nodes, "s2>A A>e2") + quiet("SP") + UNDO_ALL + END, "S>SP SP>T T>E")
    player = play(body)
    assert "HSP" in player.ran
    assert "HA" not in player.ran


def test_a_compensation_event_sub_process_undoes_its_scope_with_the_variables_it_had(play: Play) -> None:
    handler = sub(
        "ES",
        '<startEvent id="cs"><compensateEventDefinition/></startEvent>' + throw("TT", "<compensateEventDefinition/>")
        + script("C", "secret", attributes='camunda:resultVariable="seen"') + end("ce"),
        "cs>TT TT>C C>ce",
        'triggeredByEvent="true"',
    )  # fmt: skip
    nodes = mapping(secret="=41 + 1") + INNER_START + task("A") + quiet("A") + INNER_END + handler
    body = diagram(START + sub("SP", nodes, "s2>A A>e2") + UNDO_ALL + user("Z") + END, "S>SP SP>T T>Z Z>E")
    player = play(body)
    assert player.ran == ["SP", "A", "T", "SP", "ES", "TT", "HA", "C", "Z"]
    assert player.variables == {"seen": 42}


def test_all_instances_of_a_looped_sub_process_are_undone(play: Play) -> None:
    nodes = INNER_START + task("A") + quiet("A") + INNER_END + multi("<loopCardinality>3</loopCardinality>")
    body = diagram(START + sub("SP", nodes, "s2>A A>e2") + UNDO_ALL + END, "S>SP SP>T T>E")
    assert play(body).ran.count("HA") == 3


def test_an_error_in_a_handler_goes_outwards(play: Play) -> None:
    failing = sub("HA", '<startEvent id="hs"/>' + end("he", ERROR), "hs>he", 'isForCompensation="true"')
    nodes = INNER_START + task("A") + undone_by("A", failing) + end("e2", "<compensateEventDefinition/>")
    body = diagram(
        START + sub("SP", nodes, "s2>A A>e2") + boundary("B", "SP", ERROR) + task("H") + END, "S>SP SP>E B>H H>E"
    )
    player = play(body)
    assert player.ran[-1] == "H"
    assert player.done


def transaction(inner: str, arrows: str) -> bytes:
    nodes = f'<transaction id="TX">{inner}{flows(arrows)}</transaction>'
    return diagram(START + nodes + boundary("B", "TX", CANCEL) + task("Z") + END, "S>TX TX>E B>Z Z>E")


def test_a_cancelled_transaction_is_undone_before_its_cancel_event_goes_on(play: Play) -> None:
    inner = (
        INNER_START + task("A") + manual("A") + parallel("G") + user("W") + user("C") + end("e2") + end("ec", CANCEL)
    )
    player = play(transaction(inner, "s2>A A>G G>W G>C W>e2 C>ec"))
    assert player.open == ["C", "W"]
    player.do("C")
    assert player.open == ["HA"]
    assert "Z" not in player.ran
    player.do("HA")
    assert player.ran[-1] == "Z"
    assert player.done


def test_a_transaction_that_succeeds_can_be_undone_later(play: Play) -> None:
    inner = INNER_START + task("A") + quiet("A") + INNER_END
    nodes = f'<transaction id="TX">{inner}{flows("s2>A A>e2")}</transaction>'
    player = play(diagram(START + nodes + UNDO_ALL + END, "S>TX TX>T T>E"))
    assert player.ran == ["TX", "A", "T", "TX", "HA"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (diagram(START + '<task id="H" isForCompensation="true"/>' + END, "S>E"), "handler-alone"),
        (
            diagram(START + task("A") + boundary("B", "A", "<compensateEventDefinition/>") + END, "S>A A>E"),
            "no-handler",
        ),
        (diagram(START + end("E", CANCEL), "S>E"), "cancel-outside-transaction"),
        (
            diagram(START + throw("T", '<compensateEventDefinition activityRef="X"/>') + END, "S>T T>E"),
            "unknown-reference",
        ),
    ],
)
def test_loose_ends_are_refused(body: bytes, code: str) -> None:
    with pytest.raises(ParseFailed, match=code):
        parse(body, name="a")
