"""Call activities: the called instance, its end, its errors, its limits (BPMN 10.3.6)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.bpmn.limits import Limits
from engine.bpmn.outcome import ActivityStarted, CalledInstanceEnded, CalledInstanceStarted
from engine.errors import LimitReached
from tests.engine.bpmn.diagrams import (
    END,
    ERROR,
    MESSAGE,
    START,
    TERMINATE,
    boundary,
    definitions,
    end,
    process,
    task,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
CALL = '<callActivity id="C" calledElement="Q">{}</callActivity>'


def calling(called_nodes: str, called_flows: str, extra: str = "", *, inner: str = "") -> bytes:
    caller = process(START + CALL.format(inner) + boundary("B", "C", ERROR) + boundary("BM", "C", MESSAGE) + user("H")
                     + user("Z") + END, "S>C C>Z B>H BM>H H>E Z>E")  # fmt: skip
    return definitions(caller, process('<startEvent id="qs"/>' + called_nodes, called_flows, key="Q"), extra)


def test_the_called_instance_has_an_id_and_a_business_key_of_its_own(play: Play) -> None:
    inner = '<extensionElements><camunda:in businessKey="=key + &quot;-1&quot;"/></extensionElements>'
    player = play(calling(user("qu") + end("qe"), "qs>qu qu>qe", inner=inner), {"key": "K"})
    started = player.of(CalledInstanceStarted)[0]
    assert (started.parent_process_id, started.definition_id, started.business_key) == ("i", "Q:1", "K-1")
    entered = next(step for step in player.of(ActivityStarted) if step.element_id == "qu")
    call = next(step for step in player.of(ActivityStarted) if step.element_id == "C")
    assert (entered.process_id, entered.parent_id) == (started.process_id, call.activity_id)
    player.do("qu")
    ended = player.of(CalledInstanceEnded)[0]
    assert (ended.process_id, ended.state, ended.end_event_id) == (started.process_id, "completed", "qe")


def test_an_event_at_the_call_takes_the_called_instance_away(play: Play) -> None:
    player = play(calling(user("qu") + end("qe"), "qs>qu qu>qe")).message()
    assert player.waiting == ["H"]


def test_terminate_in_the_called_process_lets_the_caller_go_on(play: Play) -> None:
    player = play(calling(user("qu") + task("t") + end("qe", TERMINATE), "qs>qu qs>t t>qe"))
    assert player.open == ["Z"]


def test_a_process_that_calls_itself_reaches_a_limit(play: Play) -> None:
    body = definitions(process(START + '<callActivity id="C" calledElement="P"/>' + END, "S>C C>E"))
    with pytest.raises(LimitReached):
        play(body)


def test_the_depth_of_calls_is_bounded_as_set(play: Play) -> None:
    chain = [
        process(f'<startEvent id="s{n}"/><callActivity id="c{n}" calledElement="P{n + 1}"/><endEvent id="x{n}"/>',
                f"s{n}>c{n} c{n}>x{n}", key=f"P{n}")
        for n in range(5)
    ]  # fmt: skip
    last = process('<startEvent id="s5"/><endEvent id="x5"/>', "s5>x5", key="P5")
    body = definitions(*chain, last)
    assert play(body, key="P0").done
    with pytest.raises(LimitReached):
        play(body, key="P0", limits=Limits(call_depth=4))
