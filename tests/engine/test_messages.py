"""Messages between instances and pools: each in a transaction of its own, none lost, each to its conversation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import incidents, messages, models, process_instances
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR
from engine.errors import NotCorrelated, StaleRevision
from engine.job_executor import advance, run_due
from engine.messages import Message
from engine.process_engine import ProcessEngine
from engine.values import load
from tests.conftest import NOW, Deploy
from tests.engine.bpmn.diagrams import MESSAGE, catch, definitions, flows, mapping, process, throw, user
from tests.engine.bpmn.test_correlation import rule
from tests.engine.commands import complete, instance, open_tasks, start

MESSAGE_2 = '<messageEventDefinition messageRef="m2"/>'
KEY = (
    '<correlationProperty id="order">' + rule("m1", "orderId") + rule("m2", "orderId") + "</correlationProperty>"
    '<collaboration id="c"><participant id="p1" processRef="customer"/><participant id="p2" processRef="shop"/>'
    '<messageFlow id="mf1" sourceRef="ask" targetRef="asked"/><messageFlow id="mf2" sourceRef="tell" targetRef="told"/>'
    '<correlationKey id="key"><correlationPropertyRef>order</correlationPropertyRef></correlationKey></collaboration>'
)
CARRIES = mapping(orderId="=orderId")
CUSTOMER = process(
    '<startEvent id="begin"/>' + throw("ask", CARRIES + MESSAGE) + catch("told", MESSAGE_2) + user("enjoy")
    + '<endEvent id="over"/>', "begin>ask ask>told told>enjoy enjoy>over", key="customer",
)  # fmt: skip
SHOP = process(
    f'<startEvent id="asked">{MESSAGE}</startEvent>' + user("work") + throw("tell", CARRIES + MESSAGE_2)
    + '<endEvent id="sold"/>', "asked>work work>tell tell>sold", key="shop",
)  # fmt: skip
POOLS = definitions(KEY, CUSTOMER, SHOP)


def running(engine: ProcessEngine, key: str) -> list[str]:
    table = models.process_instance
    query = select(table.c.id).where(table.c.definition_key == key).order_by(table.c.id)
    with engine.database.read() as connection:
        return [row.id for row in connection.execute(query)]


def events(engine: ProcessEngine, case_id: str, kind: str) -> list[dict[str, Any]]:
    table = models.history_event
    query = select(table.c.body).where(table.c.chain_id == case_id, table.c.kind == kind).order_by(table.c.seq)
    with engine.database.read() as connection:
        return [load(row.body) for row in connection.execute(query)]


def test_two_pools_talk_and_each_answer_finds_its_customer(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(pools__bpmn=POOLS)
    customers = {number: start(engine, "customer", orderId=number).id for number in (1, 2, 3)}
    run_due(engine)
    shops = running(engine, "shop")
    assert len(shops) == 3

    complete(engine, shops[1], "work", SYSTEM_ACTOR)  # the second order is ready first
    run_due(engine)

    assert {number: list(open_tasks(engine, case)) for number, case in customers.items()} == {
        1: [],
        2: ["enjoy"],
        3: [],
    }
    assert events(engine, customers[2], "event.received")[0]["sender"] == shops[1]
    assert events(engine, shops[1], "instance.started_by_message")[0]["sender"] == customers[2]


def test_a_message_from_outside_is_correlated_by_what_it_carries(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(pools__bpmn=POOLS)
    one, two = start(engine, "customer", orderId=1), start(engine, "customer", orderId=2)

    for values in ({}, {"orderId": 3}):
        with pytest.raises(NotCorrelated):
            engine.run(SYSTEM_ACTOR, messages.correlate, Message("msg2", variables=values))
    engine.run(SYSTEM_ACTOR, messages.correlate, Message("msg2", variables={"orderId": 2}))

    assert (list(open_tasks(engine, one.id)), list(open_tasks(engine, two.id))) == ([], ["enjoy"])
    engine.run(SYSTEM_ACTOR, messages.correlate, Message("msg2", process_instance_id=one.id))
    assert list(open_tasks(engine, one.id)) == ["enjoy"]


EARLY = definitions(
    process(
        '<startEvent id="begin"/>' + throw("say", mapping(n="=n") + MESSAGE) + '<endEvent id="done"/>',
        "begin>say say>done",
        key="sender",
    )
)
LATE = definitions(
    process(
        '<startEvent id="begin"/>' + user("first") + '<receiveTask id="hear" messageRef="m1"/>' + user("then")
        + '<endEvent id="done"/>', "begin>first first>hear hear>then then>done", key="receiver",
    )
)  # fmt: skip


def test_a_message_sent_too_early_is_kept_until_somebody_waits(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(early__bpmn=EARLY, late__bpmn=LATE)
    late = start(engine, "receiver")
    start(engine, "sender", n=7)
    run_due(engine)
    assert list(open_tasks(engine, late.id)) == ["first"]

    complete(engine, late.id, "first", SYSTEM_ACTOR)
    run_due(engine)

    assert list(open_tasks(engine, late.id)) == ["then"]


def test_even_after_its_incident_it_is_delivered_and_the_incident_closes(
    engine: ProcessEngine, deploy: Deploy, clock: VirtualClock
) -> None:
    deploy(early__bpmn=EARLY, late__bpmn=LATE)
    late, sender = start(engine, "receiver"), start(engine, "sender", n=7)
    advance(engine, clock, NOW + timedelta(hours=1))
    assert len(engine.read(SYSTEM_ACTOR, incidents.open_of, sender.id)) == 1

    complete(engine, late.id, "first", SYSTEM_ACTOR)
    run_due(engine)

    assert list(open_tasks(engine, late.id)) == ["then"]
    assert engine.read(SYSTEM_ACTOR, incidents.open_of, sender.id) == []


def test_a_process_deployed_later_is_started_by_what_was_kept_for_it(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(early__bpmn=EARLY)
    start(engine, "sender", n=7)
    run_due(engine)

    deploy(
        receiver__bpmn=definitions(
            process('<receiveTask id="hear" messageRef="m1" instantiate="true"/>' + user("then") + '<endEvent id="x"/>',
                    "hear>then then>x", key="receiver")
        )
    )  # fmt: skip
    run_due(engine)

    (case,) = running(engine, "receiver")
    assert list(open_tasks(engine, case)) == ["then"]


def test_whoever_waits_for_another_business_key_does_not_take_what_was_kept(
    engine: ProcessEngine, deploy: Deploy
) -> None:
    key = '<camunda:properties><camunda:property name="message.businessKey" value="other"/></camunda:properties>'
    event = f'<intermediateThrowEvent id="say"><extensionElements>{key}</extensionElements>{MESSAGE}'
    nodes = f'<startEvent id="begin"/>{event}</intermediateThrowEvent><endEvent id="done"/>'
    deploy(early__bpmn=definitions(process(nodes, "begin>say say>done", key="sender")), late__bpmn=LATE)
    start(engine, "sender")
    run_due(engine)
    late = start(engine, "receiver")

    complete(engine, late.id, "first", SYSTEM_ACTOR)
    run_due(engine)

    assert list(open_tasks(engine, late.id)) == []


def test_two_waits_of_one_instance_take_two_messages_in_turn(engine: ProcessEngine, deploy: Deploy) -> None:
    nodes = (
        '<startEvent id="begin"/><parallelGateway id="g"/><receiveTask id="a" messageRef="m1"/>'
        '<receiveTask id="b" messageRef="m1"/><parallelGateway id="j"/><endEvent id="done"/>'
    )
    waiting = definitions(process(nodes, "begin>g g>a g>b a>j b>j j>done", key="receiver"))
    deploy(early__bpmn=EARLY, receiver__bpmn=waiting)
    case = start(engine, "receiver")
    with pytest.raises(NotCorrelated):
        engine.run(SYSTEM_ACTOR, messages.correlate, Message("msg1"))

    start(engine, "sender", n=1)
    run_due(engine)
    assert instance(engine, case.id).ended_at is None
    start(engine, "sender", n=2)
    run_due(engine)

    assert instance(engine, case.id).end_event == "done"


def test_a_message_reaches_another_pool_by_every_way_of_sending(engine: ProcessEngine, deploy: Deploy) -> None:
    ways = {
        "task": '<sendTask id="say" messageRef="m1"/><endEvent id="done"/>',
        "throw": throw("say", MESSAGE) + '<endEvent id="done"/>',
        "end": f'<endEvent id="say">{MESSAGE}</endEvent>',
    }
    receiver = process(
        f'<startEvent id="heard">{MESSAGE}</startEvent>' + user("work") + '<endEvent id="x"/>',
        "heard>work work>x",
        key="receiver",
    )
    for way, nodes in ways.items():
        arrows = "begin>say" if way == "end" else "begin>say say>done"
        sender = f'<process id="{way}" isExecutable="true"><startEvent id="begin"/>{nodes}{flows(arrows)}</process>'
        deploy(one__bpmn=definitions(sender, receiver))
        start(engine, way)
        run_due(engine)
    assert len(running(engine, "receiver")) == 3


def test_an_answer_for_nobody_who_waits_yet_is_kept_for_whoever_asks_for_it(
    engine: ProcessEngine, deploy: Deploy
) -> None:
    answering = process(
        '<startEvent id="go"/>' + throw("tell", CARRIES + MESSAGE_2) + '<endEvent id="gone"/>',
        "go>tell tell>gone",
        key="oracle",
    )
    deploy(pools__bpmn=definitions(KEY.replace('processRef="shop"', 'processRef="oracle"').replace(
        '<messageFlow id="mf1" sourceRef="ask" targetRef="asked"/>', ""), CUSTOMER, answering))  # fmt: skip
    one = start(engine, "customer", orderId=1)
    start(engine, "oracle", orderId=2)
    run_due(engine)
    assert list(open_tasks(engine, one.id)) == []

    two = start(engine, "customer", orderId=2)
    run_due(engine)

    assert (list(open_tasks(engine, one.id)), list(open_tasks(engine, two.id))) == ([], ["enjoy"])


def test_all_messages_of_a_conversation_start_one_instance_together(engine: ProcessEngine, deploy: Deploy) -> None:
    gateway = '<eventBasedGateway id="g" instantiate="true" eventGatewayType="Parallel"/>'
    nodes = gateway + catch("a", MESSAGE) + catch("b", MESSAGE_2) + '<parallelGateway id="j"/>' + user("both")
    waiting = process(nodes + '<endEvent id="x"/>', "g>a g>b a>j b>j j>both both>x", key="shop")
    keys = KEY.replace('<participant id="p1" processRef="customer"/>', "")
    for flow in ("mf1", "mf2"):
        begin = keys.index(f'<messageFlow id="{flow}"')
        keys = keys[:begin] + keys[keys.index("/>", begin) + 2 :]
    deploy(shop__bpmn=definitions(keys, waiting))

    for name, number in (("msg1", 1), ("msg2", 2), ("msg2", 1)):
        engine.run(SYSTEM_ACTOR, messages.correlate, Message(name, variables={"orderId": number}))

    first, second = running(engine, "shop")
    assert (list(open_tasks(engine, first)), list(open_tasks(engine, second))) == (["both"], [])
    engine.run(SYSTEM_ACTOR, messages.correlate, Message("msg1", variables={"orderId": 2}))
    assert list(open_tasks(engine, second)) == ["both"]


def test_a_called_process_receives_what_is_sent(engine: ProcessEngine, deploy: Deploy) -> None:
    called = process(
        '<startEvent id="cb"/>' + catch("hear", MESSAGE) + user("then") + '<endEvent id="ce"/>',
        "cb>hear hear>then then>ce",
        key="called",
    )
    caller = process(
        '<startEvent id="begin"/><callActivity id="k" calledElement="called"/><endEvent id="done"/>',
        "begin>k k>done",
        key="caller",
    )
    deploy(one__bpmn=definitions(called, caller), early__bpmn=EARLY)
    case = start(engine, "caller")
    start(engine, "sender", n=7)
    run_due(engine)
    assert list(open_tasks(engine, case.id)) == ["then"]


def test_a_suspended_case_gets_its_message_when_it_is_activated(
    engine: ProcessEngine, deploy: Deploy, clock: VirtualClock
) -> None:
    deploy(early__bpmn=EARLY, late__bpmn=LATE)
    late = start(engine, "receiver")
    complete(engine, late.id, "first", SYSTEM_ACTOR)
    engine.run(SYSTEM_ACTOR, process_instances.set_suspended, late.id, suspended=True)
    start(engine, "sender", n=7)
    advance(engine, clock, NOW + timedelta(hours=1))

    engine.run(SYSTEM_ACTOR, process_instances.set_suspended, late.id, suspended=False)
    run_due(engine)

    assert list(open_tasks(engine, late.id)) == ["then"]


def test_a_conversation_that_began_after_it_was_asked_is_asked_again(
    engine: ProcessEngine, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(pools__bpmn=POOLS)
    case = start(engine, "customer", orderId=1)
    monkeypatch.setattr(messages, "_standing", lambda *_: "open")  # as it was before the conversation began

    with pytest.raises(StaleRevision):
        engine.run(SYSTEM_ACTOR, messages.correlate, Message("msg2", variables={"orderId": 2}))

    assert list(open_tasks(engine, case.id)) == []
