"""Correlation keys and subscriptions (BPMN 8.4.2): whose conversation a message belongs to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.bpmn.outcome import SubscriptionWait
from engine.bpmn.parser import examine, parse
from engine.errors import ExecutionFailed
from tests.engine.bpmn.diagrams import (
    COLLECTION,
    END,
    MESSAGE,
    START,
    boundary,
    catch,
    definitions,
    mapping,
    multi,
    parallel,
    process,
    script,
    sub,
    throw,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
MESSAGE_2 = '<messageEventDefinition messageRef="m2"/>'


def rule(message: str, path: str) -> str:
    return (
        f'<correlationPropertyRetrievalExpression messageRef="{message}"><messagePath>{path}</messagePath>'
        "</correlationPropertyRetrievalExpression>"
    )


def key(*properties: str, id_: str = "key", wrap: str = "") -> str:
    inner = "".join(f"<correlationPropertyRef>{name}</correlationPropertyRef>" for name in properties)
    made = f'<correlationKey id="{id_}">{inner}</correlationKey>'
    people = "<participantRef>pool</participantRef><participantRef>other</participantRef>"
    conversation = f'<conversation id="talk">{people}{made}</conversation>' if wrap else made
    return (
        f'<collaboration id="c"><participant id="pool" processRef="P"/><participant id="other" name="customer"/>'
        f"{conversation}</collaboration>"
    )


ORDER = (
    '<correlationProperty id="order">' + rule("m1", "orderId") + rule("m2", "answer.order") + "</correlationProperty>"
)
TWO = (
    '<correlationProperty id="branch">' + rule("m1", "branch") + "</correlationProperty>"
    '<correlationProperty id="number">' + rule("m1", "number") + "</correlationProperty>"
)
SENDS = START + throw("T", mapping(orderId="=orderId") + MESSAGE) + catch("C", MESSAGE_2) + END


def standing(player: Player, name: str = "msg2", **variables: object) -> list[str]:
    waits = [wait for wait in player.instance.waits() if wait.details == SubscriptionWait("message", name)]
    return [player.instance.standing(wait.wait_id, variables) for wait in waits]


def test_the_first_message_sent_gives_the_conversation_its_key(play: Play) -> None:
    body = definitions(ORDER, key("order"), process(SENDS, "S>T T>C C>E"))
    player = play(body, {"orderId": "A-1"})
    assert standing(player, answer={"order": "A-1"}) == ["held"]
    assert standing(player, answer={"order": "A-2"}) == ["foreign"]
    assert standing(player) == ["foreign"]
    assert player.message("msg2", answer={"order": "A-1"}).done


def test_the_key_may_stand_in_a_conversation(play: Play) -> None:
    body = definitions(ORDER, key("order", wrap="conversation"), process(SENDS, "S>T T>C C>E"))
    assert standing(play(body, {"orderId": 7}), answer={"order": 7}) == ["held"]


def test_the_first_message_received_gives_it_too(play: Play) -> None:
    nodes = START + catch("A", MESSAGE) + catch("B", MESSAGE_2) + END
    body = definitions(ORDER, key("order"), process(nodes, "S>A A>B B>E"))
    player = play(body)
    assert standing(player, "msg1", orderId=1) == ["open"]
    player.message(orderId=1)
    assert standing(player, answer={"order": 1}) == ["held"]
    assert standing(player, answer={"order": 2}) == ["foreign"]


def test_the_message_that_starts_an_instance_gives_it(play: Play) -> None:
    nodes = f'<startEvent id="S">{MESSAGE}</startEvent>' + catch("C", MESSAGE_2) + END
    body = definitions(ORDER, key("order"), process(nodes, "S>C C>E"))
    player = play(body, {"orderId": 5}, start_event_id="S")
    assert standing(player, answer={"order": 5}) == ["held"]
    assert standing(player, answer={"order": 6}) == ["foreign"]


def test_a_key_counts_only_when_all_of_its_properties_have_values(play: Play) -> None:
    nodes = START + catch("A", MESSAGE) + catch("B", MESSAGE) + END
    body = definitions(TWO, key("branch", "number"), process(nodes, "S>A A>B B>E"))
    player = play(body).message(branch="north")
    assert standing(player, "msg1", branch="south", number=1) == ["open"]
    player = play(body).message(branch="north", number=1)
    assert standing(player, "msg1", branch="north", number=1) == ["held"]
    assert standing(player, "msg1", branch="south", number=1) == ["foreign"]


def test_a_subscription_follows_the_data_of_the_process(play: Play) -> None:
    subscription = (
        '<correlationSubscription id="cs" correlationKeyRef="key"><correlationPropertyBinding '
        'correlationPropertyRef="order"><dataPath>current</dataPath></correlationPropertyBinding>'
        "</correlationSubscription>"
    )
    nodes = subscription + START + catch("C", MESSAGE_2) + END
    body = definitions(ORDER, key("order"), process(nodes, "S>C C>E"))
    player = play(body)
    assert standing(player, answer={"order": 1}) == ["open"]
    player.set(current=1)
    assert standing(player, answer={"order": 1}) == ["held"]
    player.set(current=2)
    assert standing(player, answer={"order": 1}) == ["foreign"]


def test_sending_with_another_key_than_the_conversation_has_fails(play: Play) -> None:
    carries = mapping(orderId="=orderId")
    change = script("A", "later", attributes='camunda:resultVariable="orderId"')
    nodes = START + throw("T", carries + MESSAGE) + change + throw("U", carries + MESSAGE) + END
    body = definitions(ORDER, key("order"), process(nodes, "S>T T>A A>U U>E"))
    assert play(body, {"orderId": 1, "later": 1}).done
    with pytest.raises(ExecutionFailed, match="correlation key"):
        play(body, {"orderId": 1, "later": 2})


def test_each_instance_of_a_loop_waits_for_its_own_answer(play: Play) -> None:
    inner = (
        '<startEvent id="s2"/>' + throw("T", mapping(orderId="=item") + MESSAGE) + catch("C", MESSAGE_2)
        + '<endEvent id="e2"/>' + multi(COLLECTION)
    )  # fmt: skip
    body = definitions(ORDER, key("order"), process(START + sub("SP", inner, "s2>T T>C C>e2") + END, "S>SP SP>E"))
    player = play(body, {"items": [1, 2, 3]})
    assert standing(player, answer={"order": 2}) == ["foreign", "held", "foreign"]


def test_waits_beside_the_flow_belong_to_the_conversation_too(play: Play) -> None:
    nodes = START + throw("T", mapping(orderId="=orderId") + MESSAGE) + user("A") + boundary("B", "A", MESSAGE_2) + END
    body = definitions(ORDER, key("order"), process(nodes, "S>T T>A A>E B>E"))
    player = play(body, {"orderId": 1})
    assert standing(player, answer={"order": 2}) == ["foreign"]
    assert standing(player, answer={"order": 1}) == ["held"]


def test_a_called_process_has_conversations_of_its_own(play: Play) -> None:
    call = '<callActivity id="K" calledElement="P"/>'
    nodes = '<startEvent id="s"/>' + parallel("G") + catch("C", MESSAGE_2) + call + '<endEvent id="e"/>'
    caller = process(nodes, "s>G G>C G>K C>e K>e", key="Q")
    body = definitions(
        ORDER, key("order"), process(START + catch("A", MESSAGE) + catch("B", MESSAGE_2) + END, "S>A A>B B>E"), caller
    )
    player = play(body, key="Q").message(orderId=1)
    assert sorted(standing(player, answer={"order": 2})) == ["foreign", "open"]


def test_what_a_rule_reads_is_known_as_read_by_expressions() -> None:
    definition = parse(definitions(ORDER, key("order"), process(SENDS, "S>T T>C C>E")), name="a")[0]
    assert {"orderId", "answer"} <= definition.expression_names
    assert definition.correlated == {"msg1", "msg2"}


def test_a_key_whose_properties_say_nothing_of_messages_is_told_of() -> None:
    body = definitions('<correlationProperty id="order"/>', key("order"), process(START + END, "S>E"))
    assert [finding.code for finding in examine(body, name="a")[0]] == [
        "missing-child",
        "black-box-pool",
        "correlation-ignored",
    ]
    sound = definitions(ORDER, key("order"), process(SENDS, "S>T T>C C>E"))
    assert [finding.code for finding in examine(sound, name="a")[0]] == ["black-box-pool"]


def test_events_at_a_message_flow_need_not_name_the_message() -> None:
    plain = "<messageEventDefinition/>"
    pools = (
        '<collaboration id="c"><participant id="p1" processRef="P"/><participant id="p2" processRef="Q"/>'
        '<messageFlow id="mf1" sourceRef="T" targetRef="s"/>'
        '<messageFlow id="mf2" sourceRef="U" targetRef="C" messageRef="m1"/>'
        '<messageFlow id="mf3" sourceRef="p2" targetRef="R"/></collaboration>'
    )
    ours = START + throw("T", plain) + catch("C", plain) + '<receiveTask id="R"/>' + END
    other = f'<startEvent id="s">{plain}</startEvent>' + f'<endEvent id="U">{plain}</endEvent>'
    body = definitions(pools, process(ours, "S>T T>C C>R R>E"), process(other, "s>U", key="Q"))
    first, second = parse(body, name="a")
    names = [spec.event_definition.name for spec in (first.process.node("C"), first.process.node("R"))]
    assert names == ["msg1", "mf3"]
    assert [start.event_name for start in second.start_events] == ["mf1"]
    assert first.process.node("T").throws[0].name == "mf1"


def test_an_operation_says_which_message_it_takes() -> None:
    interface = (
        '<interface id="i" name="shop"><operation id="op1" name="order"><inMessageRef>m1</inMessageRef></operation>'
        "</interface>"
    )
    event = "<messageEventDefinition><operationRef>op1</operationRef></messageEventDefinition>"
    nodes = START + throw("T", event) + catch("C", event) + '<receiveTask id="R" operationRef="op1"/>'
    nodes += '<sendTask id="U" operationRef="op1"/>' + END
    (definition,) = parse(definitions(interface, process(nodes, "S>T T>C C>R R>U U>E")), name="a")
    node = definition.process.node
    assert [node(one).event_definition.name for one in ("C", "R")] == ["msg1", "msg1"]
    assert [node("T").throws[0].name, node("U").throw.name] == ["msg1", "msg1"]


def test_rules_without_end_are_refused_at_once() -> None:
    many = "".join(f'<correlationKey id="k{number}"/>' for number in range(3_000))
    parts = "".join(f'<participant id="p{number}" processRef="P{number}"/>' for number in range(200))
    lines = "".join(
        f'<process id="P{number}" isExecutable="true"><task id="t{number}"/></process>' for number in range(200)
    )
    findings, _ = examine(definitions(f'<collaboration id="c">{parts}{many}</collaboration>', lines), name="a")
    assert "too-many-keys" in {finding.code for finding in findings}
