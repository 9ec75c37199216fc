"""Tasks: who does them, what they ask, what they send (BPMN 10.3.3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine.bpmn.outcome import DecisionTaken, ExternalTaskWait, MessageSent, UserTaskWait
from engine.errors import ExecutionFailed, InvalidRequest, NotFound
from tests.engine.bpmn.diagrams import END, START, diagram, mapping, user
from tests.engine.bpmn.player import BEGIN, Player, result

Play = Callable[..., Player]


def test_a_user_task_says_who_may_do_it_and_until_when(play: Play) -> None:
    attributes = (
        'name="联系" camunda:assignee="${who}" camunda:candidateGroups="CSS,RM" '
        'camunda:candidateUsers="=[&quot;a&quot;]" '
        'camunda:dueDate="2026-10-02T12:00:00+08:00" camunda:followUpDate="=now() + duration(&quot;P1D&quot;)" '
        'camunda:priority="70" camunda:formRef="contact" camunda:formKey="k"'
    )
    player = play(diagram(START + user("A", attributes=attributes) + END, "S>A A>E"), {"who": "ann"})
    assert player.instance.waits()[0].details == UserTaskWait(
        name="联系",
        assignee="ann",
        candidate_users=("a",),
        candidate_groups=("CSS", "RM"),
        due_at=datetime(2026, 10, 2, 4, 0, tzinfo=UTC),
        follow_up_at=datetime(2026, 10, 2, 1, 0, tzinfo=UTC),
        priority=70,
        form_ref="contact",
        form_key="k",
    )


def test_a_service_task_waits_for_a_worker(play: Play) -> None:
    service = '<serviceTask id="A" camunda:type="external" camunda:topic="notify" camunda:taskPriority="=3"/>'
    player = play(diagram(START + service + user("Z") + END, "S>A A>Z Z>E"))
    assert player.instance.waits()[0].details == ExternalTaskWait("notify", 3, None)
    player.work("notify", sent=True)
    assert player.variables == {"sent": True}
    assert player.open == ["Z"]


RULES = '<businessRuleTask id="A" camunda:decisionRef="dt" {}>{}</businessRuleTask>'


def test_a_business_rule_task_asks_with_its_inputs_and_keeps_what_it_is_told(play: Play) -> None:
    rules = RULES.format('camunda:resultVariable="r" camunda:mapDecisionResult="singleEntry"', mapping(kind="=n + 1"))
    player = play(
        diagram(START + rules + user("Z") + END, "S>A A>Z Z>E"), {"n": 1}, decide=lambda *_: result({"o": 5}, output=5)
    )
    assert player.services.asked == [("dt", {"n": 1, "kind": 2}, None)]
    assert player.variables == {"n": 1, "r": 5}
    assert not player.of(DecisionTaken)[0].opens_deadlines


@pytest.mark.parametrize(
    ("mapping_name", "expected"),
    [("singleResult", {"a": 1}), ("collectEntries", [1]), ("resultList", [{"a": 1}]), ("singleEntry", 1)],
)
def test_the_result_is_mapped_as_camunda_does(play: Play, mapping_name: str, expected: object) -> None:
    rules = RULES.format(f'camunda:resultVariable="r" camunda:mapDecisionResult="{mapping_name}"', "")
    body = diagram(START + rules + user("Z") + END, "S>A A>Z Z>E")
    player = play(body, decide=lambda *_: result({"a": 1}, output={"a": 1}))
    assert player.variables == {"r": expected}


def test_a_decision_that_opens_deadlines_says_from_when(play: Play) -> None:
    anchor = (
        '<extensionElements><camunda:properties><camunda:property name="deadline.anchor" value="=at"/>'
        "</camunda:properties></extensionElements>"
    )
    body = diagram(START + RULES.format("", anchor) + user("Z") + END, "S>A A>Z Z>E")
    player = play(body, {"at": BEGIN}, decide=lambda *_: result({"code": "entry"}))
    taken = player.of(DecisionTaken)[0]
    assert taken.opens_deadlines
    assert taken.result.anchor == BEGIN
    assert player.services.asked[0][2] == BEGIN


def test_a_decision_without_a_row_fails_unless_it_collects(play: Play) -> None:
    body = diagram(START + RULES.format('camunda:resultVariable="r"', "") + user("Z") + END, "S>A A>Z Z>E")
    with pytest.raises(ExecutionFailed) as failure:
        play(body, decide=lambda *_: result())
    assert failure.value.element_id == "A"
    assert play(body, decide=lambda *_: result(hit_policy="COLLECT")).open == ["Z"]


def test_a_send_task_sends_its_inputs_and_nothing_else(play: Play) -> None:
    inner = (
        '<extensionElements><camunda:inputOutput><camunda:inputParameter name="vin">=car</camunda:inputParameter>'
        '</camunda:inputOutput><camunda:properties><camunda:property name="message.businessKey" value="=case_no"/>'
        '<camunda:property name="message.delivery" value="optional"/></camunda:properties></extensionElements>'
    )
    send = f'<sendTask id="A" messageRef="m1">{inner}</sendTask>'
    player = play(diagram(START + send + END, "S>A A>E"), {"car": "V1", "case_no": "C-1", "secret": 1})
    assert player.of(MessageSent) == [MessageSent("A", "msg1", "C-1", {"vin": "V1"}, True)]


def test_asynchronous_continuations_wait_for_a_job(play: Play) -> None:
    attributes = 'camunda:asyncBefore="true" camunda:asyncAfter="true"'
    player = play(diagram(START + user("A", attributes=attributes) + user("B") + END, "S>A A>B B>E"))
    assert (player.waiting, player.open) == (["A"], [])
    player.job("A")
    assert player.open == ["A"]
    player.do("A")
    assert (player.waiting, player.open) == (["A"], [])
    player.job("A")
    assert player.open == ["B"]


def test_a_wait_that_is_over_or_of_another_kind_is_refused(play: Play) -> None:
    player = play(diagram(START + user("A") + user("B") + END, "S>A A>B B>E"))
    wait = player.instance.waits()[0]
    with pytest.raises(InvalidRequest):
        player.instance.fire_timer(wait.wait_id)
    player.do("A")
    with pytest.raises(NotFound):
        player.instance.complete(wait.wait_id, {})
