"""Messages and signals from outside."""

from __future__ import annotations

import pytest

from tests.api.desk import Person

WAITING = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="definitions" targetNamespace="https://marque.app/test">
  <bpmn:message id="m1" name="order_placed" /><bpmn:message id="m2" name="part_arrived" />
  <bpmn:signal id="s1" name="shop_closes" />
  <bpmn:process id="order" isExecutable="true" camunda:historyTimeToLive="P30D">
    <bpmn:extensionElements><camunda:properties>
      <camunda:property name="variable.part" value="none" />
    </camunda:properties></bpmn:extensionElements>
    <bpmn:startEvent id="placed"><bpmn:outgoing>f1</bpmn:outgoing>
      <bpmn:messageEventDefinition id="d1" messageRef="m1" /></bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="placed" targetRef="either" />
    <bpmn:eventBasedGateway id="either"><bpmn:incoming>f1</bpmn:incoming>
      <bpmn:outgoing>f2</bpmn:outgoing><bpmn:outgoing>f4</bpmn:outgoing></bpmn:eventBasedGateway>
    <bpmn:sequenceFlow id="f2" sourceRef="either" targetRef="arrived" />
    <bpmn:sequenceFlow id="f4" sourceRef="either" targetRef="closes" />
    <bpmn:intermediateCatchEvent id="arrived"><bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing>
      <bpmn:messageEventDefinition id="d2" messageRef="m2" /></bpmn:intermediateCatchEvent>
    <bpmn:intermediateCatchEvent id="closes"><bpmn:incoming>f4</bpmn:incoming><bpmn:outgoing>f5</bpmn:outgoing>
      <bpmn:signalEventDefinition id="d3" signalRef="s1" /></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f3" sourceRef="arrived" targetRef="delivered" />
    <bpmn:sequenceFlow id="f5" sourceRef="closes" targetRef="given_up" />
    <bpmn:endEvent id="delivered"><bpmn:incoming>f3</bpmn:incoming></bpmn:endEvent>
    <bpmn:endEvent id="given_up"><bpmn:incoming>f5</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>"""


@pytest.fixture
def orders(owner: Person) -> None:
    made = owner.deploy({"order.bpmn": WAITING})
    assert made.status_code == 200, made.text


def _place(admin: Person, business_key: str) -> str:
    body = {
        "messageName": "order_placed",
        "businessKey": business_key,
        "processVariables": {"part": {"value": "brake", "type": "String"}},
        "resultEnabled": True,
    }
    (result,) = admin.post("/engine-rest/message", body).json
    assert (result["resultType"], result["execution"]) == ("ProcessDefinition", None)
    return str(result["processInstance"]["id"])


def test_a_message_starts_a_process_and_another_lets_it_go_on(orders: None, admin: Person) -> None:
    instance_id = _place(admin, "K-1")
    arrived = admin.post("/engine-rest/message", {"messageName": "part_arrived", "businessKey": "K-1"})
    assert (arrived.status_code, arrived.content) == (204, b"")
    over = admin.get(f"/engine-rest/history/process-instance/{instance_id}").json
    assert (over["state"], over["endActivityId"]) == ("COMPLETED", "delivered")


def test_exactly_one_receiver_is_asked_for_unless_all_are_meant(orders: None, admin: Person) -> None:
    for key in ("K-1", "K-2"):
        _place(admin, key)
    nobody = admin.post("/engine-rest/message", {"messageName": "part_arrived", "businessKey": "K-9"})
    several = admin.post("/engine-rest/message", {"messageName": "part_arrived"})
    for answer in (nobody, several):
        assert (answer.status_code, answer.json["type"]) == (400, "MismatchingMessageCorrelationException")
    body = {"messageName": "part_arrived", "all": True, "resultEnabled": True}
    results = admin.post("/engine-rest/message", body).json
    assert [one["resultType"] for one in results] == ["Execution", "Execution"]


def test_correlation_keys_choose_by_variables(orders: None, admin: Person) -> None:
    _place(admin, "K-1")
    body = {"messageName": "part_arrived", "correlationKeys": {"part": {"value": "tyre"}}}
    assert admin.post("/engine-rest/message", body).status_code == 400
    body["correlationKeys"] = {"part": {"value": "brake"}}
    assert admin.post("/engine-rest/message", body).status_code == 204


def test_a_message_without_a_name_is_refused(orders: None, admin: Person) -> None:
    for body in ({}, {"messageName": None}, {"messageName": 5}):
        assert admin.post("/engine-rest/message", body).status_code == 400


def test_a_signal_reaches_everybody_who_waits(orders: None, admin: Person, csr: Person) -> None:
    ids = [_place(admin, key) for key in ("K-1", "K-2")]
    assert csr.post("/engine-rest/signal", {"name": "shop_closes"}).status_code == 403
    assert admin.post("/engine-rest/signal", {"name": "shop_closes"}).status_code == 204
    assert admin.get("/engine-rest/job/count").json == {"count": 2}
    admin.put("/api/clock", {"now": "2026-10-01T23:00:00.000+0800"})
    ends = {admin.get(f"/engine-rest/history/process-instance/{one}").json["endActivityId"] for one in ids}
    assert ends == {"given_up"}
