"""Small diagrams over messages, signals, conditions, errors, loops, ad-hoc work and data, each predicted by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.bpmn.outcome import ActivityEnded, MessageSent, SignalSent
from engine.errors import ExecutionFailed
from tests.engine.bpmn.diagrams import *
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
S2, E2 = '<startEvent id="s2"/>', '<endEvent id="e2"/>'
ITEMS = "<loopDataInputRef>items</loopDataInputRef><inputDataItem id='item'/>"
THREE = "<loopCardinality>3</loopCardinality>"
ANY_ERROR = "<errorEventDefinition/>"
ANY_ESCALATION = "<escalationEventDefinition/>"
ERROR_2 = '<errorEventDefinition errorRef="error_2"/>'


def ended(player: Player, *, cancelled: bool) -> list[str]:
    return sorted(step.element_id for step in player.of(ActivityEnded) if step.cancelled is cancelled)


# ---------------------------------------------------------------- messages and signals


def test_a_message_boundary_that_does_not_interrupt_brings_variables_each_time(play: Play) -> None:
    nodes = START + user("A") + boundary("B", "A", MESSAGE, interrupting=False) + user("H") + END
    player = play(diagram(nodes, "S>A A>E B>H H>E")).message(n=1).message(n=2)
    assert (player.open, player.variables) == (["A", "H", "H"], {"n": 2})


def test_a_receive_task_with_a_timer_gives_up(play: Play) -> None:
    nodes = START + '<receiveTask id="R" messageRef="m1"/>' + boundary("B", "R", timer("PT1H")) + task("L") + END
    player = play(diagram(nodes, "S>R R>E B>L L>E")).wait_until(3600)
    assert player.done
    assert ended(player, cancelled=True) == ["R"]


def test_receive_tasks_in_a_loop_take_one_message_each(play: Play) -> None:
    nodes = START + f'<receiveTask id="R" messageRef="m1">{multi(THREE)}</receiveTask>' + user("Z") + END
    player = play(diagram(nodes, "S>R R>Z Z>E")).message().message()
    assert player.waiting == ["R"]
    assert player.message().open == ["Z"]


def test_send_tasks_in_a_loop_send_one_message_each(play: Play) -> None:
    inner = mapping(n="=item") + multi(ITEMS, sequential=True)
    nodes = START + f'<sendTask id="T" messageRef="m1">{inner}</sendTask>' + END
    player = play(diagram(nodes, "S>T T>E"), {"items": [1, 2, 3]})
    assert [step.variables for step in player.of(MessageSent)] == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_the_first_of_two_messages_at_a_gateway_takes_the_other_away(play: Play) -> None:
    two = catch("C2", '<messageEventDefinition messageRef="m2"/>')
    nodes = START + '<eventBasedGateway id="G"/>' + catch("C1", MESSAGE) + two + user("A") + user("B") + END
    player = play(diagram(nodes, "S>G G>C1 G>C2 C1>A C2>B A>E B>E")).message("msg2")
    assert player.waiting == ["B"]


def test_a_message_starts_an_event_sub_process_of_each_loop_instance_by_itself(play: Play) -> None:
    handler = event_sub("ES", MESSAGE, user("H") + end("ee"), "ESs>H H>ee")
    nodes = S2 + user("X") + E2 + handler + multi(ITEMS)
    player = play(diagram(START + sub("SP", nodes, "s2>X X>e2") + END, "S>SP SP>E"), {"items": [1, 2]}).message()
    assert player.open == ["H", "X"]


def test_a_signal_reaches_the_catching_event_the_border_and_the_event_sub_process_at_once(play: Play) -> None:
    handler = event_sub("ES", SIGNAL, user("H") + end("ee"), "ESs>H H>ee", interrupting=False)
    nodes = (
        START + parallel("G") + catch("C", SIGNAL) + user("A") + boundary("B", "A", SIGNAL, interrupting=False)
        + user("X") + user("Y") + user("T") + throw("TS", SIGNAL) + END + handler
    )  # fmt: skip
    player = play(diagram(nodes, "S>G G>C G>A G>T C>X X>E A>E B>Y Y>E T>TS TS>E")).do("T")
    assert player.open == ["A", "H", "X", "Y"]


def test_a_signal_thrown_before_somebody_waits_is_not_kept(play: Play) -> None:
    nodes = START + throw("T", SIGNAL) + catch("C", SIGNAL) + END
    player = play(diagram(nodes, "S>T T>C C>E"))
    assert player.waiting == ["C"]


def test_a_signal_end_event_ends_only_its_token(play: Play) -> None:
    nodes = START + parallel("G") + end("E1", SIGNAL) + user("A") + END
    player = play(diagram(nodes, "S>G G>E1 G>A A>E"))
    assert (player.open, len(player.of(SignalSent))) == (["A"], 1)


def test_a_message_end_event_in_a_sub_process_leaves_it(play: Play) -> None:
    player = play(diagram(START + sub("SP", S2 + end("e2", MESSAGE), "s2>e2") + user("Z") + END, "S>SP SP>Z Z>E"))
    assert (player.open, len(player.of(MessageSent))) == (["Z"], 1)


def test_a_parallel_multiple_start_of_an_event_sub_process_needs_both(play: Play) -> None:
    start = f'<startEvent id="ss" parallelMultiple="true">{MESSAGE}{SIGNAL}</startEvent>'
    handler = sub("ES", start + user("H") + end("ee"), "ss>H H>ee", 'triggeredByEvent="true"')
    player = play(diagram(START + user("A") + END + handler, "S>A A>E")).signal()
    assert player.open == ["A"]
    assert player.message().open == ["H"]


# ---------------------------------------------------------------- errors and escalations


def failing(guards: str, arrows: str, event: str = ERROR) -> bytes:
    nodes = START + sub("SP", S2 + end("e2", event), "s2>e2") + guards + END
    return diagram(nodes, f"S>SP SP>E {arrows}")


def test_the_specific_error_goes_before_any_error(play: Play) -> None:
    guards = boundary("B1", "SP", ANY_ERROR) + boundary("B2", "SP", ERROR) + user("X") + user("Y")
    assert play(failing(guards, "B1>X X>E B2>Y Y>E")).open == ["Y"]


def test_any_error_catches_what_no_other_does(play: Play) -> None:
    guards = boundary("B1", "SP", ANY_ERROR) + boundary("B2", "SP", ERROR_2) + user("X") + user("Y")
    assert play(failing(guards, "B1>X X>E B2>Y Y>E")).open == ["X"]


def test_an_error_of_another_code_goes_on_outwards(play: Play) -> None:
    inner = sub("IN", '<startEvent id="s3"/>' + end("e3", ERROR), "s3>e3")
    guarded = S2 + inner + boundary("B1", "IN", ERROR_2) + task("t") + E2
    nodes = START + sub("SP", guarded, "s2>IN IN>e2 B1>t t>e2") + boundary("B2", "SP", ERROR) + user("H") + END
    assert play(diagram(nodes, "S>SP SP>E B2>H H>E")).open == ["H"]


def test_an_uncaught_error_fails_the_case_and_takes_the_rest_away(play: Play) -> None:
    player = play(diagram(START + parallel("G") + user("A") + end("X", ERROR) + END, "S>G G>A G>X A>E"))
    assert player.over is not None
    assert (player.over.state, player.over.error_code, player.over.end_event_id) == ("failed", "E1", "X")


def test_an_error_in_a_called_process_reaches_the_border_of_the_call(play: Play) -> None:
    called = process('<startEvent id="cs"/>' + end("ce", ERROR), "cs>ce", key="Q")
    call = '<callActivity id="K" calledElement="Q"/>'
    nodes = START + call + boundary("B", "K", ERROR) + user("H") + END
    assert play(definitions(process(nodes, "S>K K>E B>H H>E"), called)).open == ["H"]


def test_an_error_event_sub_process_goes_before_the_border(play: Play) -> None:
    handler = event_sub("ES", ERROR, user("H") + end("ee"), "ESs>H H>ee")
    nodes = START + sub("SP", S2 + end("e2", ERROR) + handler, "s2>e2") + boundary("B", "SP", ERROR) + user("X") + END
    player = play(diagram(nodes, "S>SP SP>E B>X X>E"))
    assert player.open == ["H"]
    assert player.do("H").done


def test_an_error_thrown_by_the_handler_reaches_the_border(play: Play) -> None:
    handler = event_sub("ES", ERROR, end("ee", ERROR), "ESs>ee")
    nodes = START + sub("SP", S2 + end("e2", ERROR) + handler, "s2>e2") + boundary("B", "SP", ERROR) + user("X") + END
    assert play(diagram(nodes, "S>SP SP>E B>X X>E")).open == ["X"]


def test_an_escalation_that_does_not_interrupt_leaves_the_sub_process_alone(play: Play) -> None:
    inner = sub("SP", S2 + throw("t", ESCALATION) + user("A") + E2, "s2>t t>A A>e2")
    nodes = START + inner + boundary("B", "SP", ESCALATION, interrupting=False) + user("H") + END
    assert play(diagram(nodes, "S>SP SP>E B>H H>E")).open == ["A", "H"]


def test_an_escalation_that_interrupts_takes_the_sub_process_away(play: Play) -> None:
    inner = sub("SP", S2 + throw("t", ESCALATION) + user("A") + E2, "s2>t t>A A>e2")
    nodes = START + inner + boundary("B", "SP", ANY_ESCALATION) + user("H") + END
    player = play(diagram(nodes, "S>SP SP>E B>H H>E"))
    assert player.open == ["H"]
    assert "A" not in player.ran


def test_an_escalation_that_nobody_catches_passes(play: Play) -> None:
    assert play(diagram(START + throw("T", ESCALATION) + END, "S>T T>E")).done


def test_an_escalation_end_event_in_a_called_process_reaches_the_caller(play: Play) -> None:
    called = process('<startEvent id="cs"/>' + end("ce", ESCALATION), "cs>ce", key="Q")
    call = '<callActivity id="K" calledElement="Q"/>'
    nodes = START + call + boundary("B", "K", ESCALATION, interrupting=False) + user("H") + user("Z") + END
    assert play(definitions(process(nodes, "S>K K>Z Z>E B>H H>E"), called)).open == ["H", "Z"]


def test_code_and_text_of_any_error_are_told(play: Play) -> None:
    catching = '<errorEventDefinition camunda:errorCodeVariable="code" camunda:errorMessageVariable="text"/>'
    body = diagram(START + user("A") + boundary("B", "A", catching) + user("H") + END, "S>A A>E B>H H>E")
    player = play(body).error("A", "ANY", more=1)
    assert player.variables == {"code": "ANY", "text": "text", "more": 1}


def test_a_worker_throws_an_error_that_the_border_catches(play: Play) -> None:
    work = '<serviceTask id="A" camunda:type="external" camunda:topic="t"/>'
    body = diagram(START + work + boundary("B", "A", ERROR) + user("H") + END, "S>A A>E B>H H>E")
    assert play(body).error("A", "E1").open == ["H"]
    assert play(body).error("A", "E9").over is not None


def test_terminate_inside_a_loop_instance_ends_that_instance_only(play: Play) -> None:
    nodes = S2 + parallel("g") + user("X") + user("Y") + end("t", TERMINATE) + E2 + multi(ITEMS)
    player = play(diagram(START + sub("SP", nodes, "s2>g g>X g>Y X>t Y>e2") + END, "S>SP SP>E"), {"items": [1, 2]})
    assert player.do("X").open == ["X", "Y"]
    assert player.do("X").done


# ---------------------------------------------------------------- conditions


def test_a_condition_that_is_true_and_stays_true_fires_once(play: Play) -> None:
    nodes = START + user("A") + boundary("B", "A", condition("n > 0"), interrupting=False) + task("H") + END
    player = play(diagram(nodes, "S>A A>E B>H H>E"), {"n": 1}).set(n=2).set(n=3)
    assert player.ran.count("H") == 1


def test_a_deleted_variable_lets_a_condition_fall_and_rise_again(play: Play) -> None:
    nodes = START + user("A") + boundary("B", "A", condition("n != null"), interrupting=False) + task("H") + END
    player = play(diagram(nodes, "S>A A>E B>H H>E"), {"n": 1})
    player.took(player.instance.set_variables({}, deletions=["n"])).set(n=1)
    assert player.ran.count("H") == 2


def test_the_input_of_one_loop_instance_interrupts_only_that_instance(play: Play) -> None:
    handler = event_sub("ES", condition("item = chosen"), user("H") + end("ee"), "ESs>H H>ee")
    nodes = S2 + user("X") + E2 + handler + multi(ITEMS)
    player = play(diagram(START + sub("SP", nodes, "s2>X X>e2") + END, "S>SP SP>E"), {"items": [1, 2, 3]})
    assert player.set(chosen=2).open == ["H", "X", "X"]


def test_a_condition_in_a_called_process_sees_its_own_variables_only(play: Play) -> None:
    called = process('<startEvent id="cs"/>' + catch("C", condition("n > 0")) + '<endEvent id="ce"/>', "cs>C C>ce",
                     key="Q")  # fmt: skip
    body = definitions(process(START + '<callActivity id="K" calledElement="Q"/>' + END, "S>K K>E"), called)
    assert not play(body).set(n=1).done


def test_a_completion_that_changes_what_its_own_guard_reads_goes_on_normally(play: Play) -> None:
    nodes = START + user("A") + boundary("B", "A", condition("n > 0")) + user("H") + user("Z") + END
    assert play(diagram(nodes, "S>A A>Z Z>E B>H H>E")).do("A", n=1).open == ["Z"]


def test_two_conditions_rise_by_one_change(play: Play) -> None:
    nodes = START + parallel("G") + catch("C", condition("n > 0")) + catch("D", condition("n > 1")) + task("X") + END
    player = play(diagram(nodes, "S>G G>C G>D C>X D>X X>E")).set(n=2)
    assert (player.done, player.ran.count("X")) == (True, 2)


# ---------------------------------------------------------------- loops


def test_a_collection_is_that_of_the_beginning(play: Play) -> None:
    body = diagram(START + user("A", multi(ITEMS, sequential=True)) + END, "S>A A>E")
    player = play(body, {"items": [1, 2]}).do("A", items=[])
    assert player.open == ["A"]
    assert player.do("A").done


def test_a_cardinality_may_be_computed_and_zero(play: Play) -> None:
    loop = multi("<loopCardinality>count(items)</loopCardinality>")
    body = diagram(START + user("A", loop) + user("Z") + END, "S>A A>Z Z>E")
    assert play(body, {"items": []}).open == ["Z"]
    assert play(body, {"items": [1, 2]}).open == ["A", "A"]


def test_nothing_guards_a_loop_of_no_instance(play: Play) -> None:
    nodes = START + user("A", multi(ITEMS)) + boundary("B", "A", MESSAGE, interrupting=False) + task("H") + user("Z")
    player = play(diagram(nodes + END, "S>A A>Z B>H H>E Z>E"), {"items": []})
    assert player.waiting == ["Z"]


def test_a_timer_on_a_loop_takes_all_of_it_away(play: Play) -> None:
    nodes = START + user("A", multi(ITEMS, sequential=True)) + boundary("B", "A", timer("PT1H")) + user("L") + END
    player = play(diagram(nodes, "S>A A>E B>L L>E"), {"items": [1, 2, 3]}).do("A").wait_until(3600)
    assert player.open == ["L"]


def test_a_guard_of_a_loop_that_does_not_interrupt_fires_once_and_not_per_instance(play: Play) -> None:
    nodes = START + user("A", multi(ITEMS)) + boundary("B", "A", MESSAGE, interrupting=False) + task("H") + END
    player = play(diagram(nodes, "S>A A>E B>H H>E"), {"items": [1, 2, 3]}).message()
    assert player.ran.count("H") == 1


def test_loops_in_loops_count_by_themselves(play: Play) -> None:
    inner = user(
        "X", mapping(out_seen="=append(seen, nrOfInstances)") + multi("<loopCardinality>item</loopCardinality>")
    )
    nodes = S2 + inner + E2 + multi(ITEMS, sequential=True)
    player = play(diagram(START + sub("SP", nodes, "s2>X X>e2") + user("Z") + END, "S>SP SP>Z Z>E"),
                  {"items": [2, 1], "seen": []})  # fmt: skip
    player.do("X").do("X").do("X")
    assert player.variables["seen"] == [2, 2, 1]


def test_call_activities_in_a_loop_get_their_items(play: Play) -> None:
    called = process('<startEvent id="cs"/>' + user("C") + '<endEvent id="ce"/>', "cs>C C>ce", key="Q")
    handed = (
        '<extensionElements><camunda:in source="item" target="given"/><camunda:out source="got" target="out"/>'
        "</extensionElements>"
    )
    call = f'<callActivity id="K" calledElement="Q">{handed}{multi(COLLECTION)}</callActivity>'
    player = play(definitions(process(START + call + user("Z") + END, "S>K K>Z Z>E"), called), {"items": ["a", "b"]})
    seen = [player.instance.variables(wait.scope_id)["given"] for wait in player.instance.waits()]
    assert seen == ["a", "b"]
    assert player.do("C", 1, got="B").do("C", got="A").variables["outs"] == ["A", "B"]


def test_the_completion_condition_sees_the_item_that_was_just_done(play: Play) -> None:
    loop = multi(COLLECTION + "<completionCondition>out = true</completionCondition>")
    player = play(diagram(START + user("A", loop) + user("Z") + END, "S>A A>Z Z>E"), {"items": [1, 2, 3]})
    assert player.do("A", out=False).open == ["A", "A"]
    assert player.do("A", 1, out=True).variables["outs"] == [False, None, True]


def test_a_loop_of_transactions_cancels_one_by_one(play: Play) -> None:
    nodes = S2 + user("X") + exclusive("g", "f_g_e2") + end("c", "<cancelEventDefinition/>") + E2 + multi(ITEMS)
    inner = sub("TX", nodes, "s2>X X>g g>c[item=1] g>e2", tag="transaction")
    body = diagram(START + inner + boundary("B", "TX", "<cancelEventDefinition/>") + user("H") + END,
                   "S>TX TX>E B>H H>E")  # fmt: skip
    assert play(body, {"items": [1, 2]}).do("X").open == ["H"]


def test_a_negative_number_of_instances_stops_the_case(play: Play) -> None:
    body = diagram(START + user("A", multi("<loopCardinality>0 - 1</loopCardinality>")) + END, "S>A A>E")
    with pytest.raises(ExecutionFailed, match="at least 0"):
        play(body)


def test_a_standard_loop_of_a_sub_process_begins_anew_each_time(play: Play) -> None:
    loop = "<standardLoopCharacteristics><loopCondition>n &lt; 2</loopCondition></standardLoopCharacteristics>"
    nodes = S2 + script("q", "n + 1", attributes='camunda:resultVariable="n"') + E2 + loop
    player = play(diagram(START + sub("SP", nodes, "s2>q q>e2") + END, "S>SP SP>E"), {"n": 0})
    assert (player.done, player.ran.count("q")) == (True, 2)


# ---------------------------------------------------------------- ad-hoc sub-processes


def ad_hoc(inner: str, arrows: str = "S>AH AH>Z Z>E", attributes: str = "", more: str = "") -> bytes:
    return diagram(START + f'<adHocSubProcess id="AH" {attributes}>{inner}</adHocSubProcess>{more}' + user("Z") + END,
                   arrows)  # fmt: skip


def test_an_event_at_the_border_ends_ad_hoc_work(play: Play) -> None:
    body = ad_hoc(user("A") + user("B"), "S>AH AH>Z Z>E G>H H>E", more=boundary("G", "AH", MESSAGE) + user("H"))
    assert play(body).message().open == ["H"]


def test_events_may_be_part_of_ad_hoc_work(play: Play) -> None:
    inner = user("A") + catch("C", MESSAGE) + task("B") + '<sequenceFlow id="f" sourceRef="C" targetRef="B"/>'
    player = play(ad_hoc(inner))
    assert player.waiting == ["A", "C"]
    assert player.message().do("A").open == ["Z"]


def test_ad_hoc_work_in_a_loop_is_done_for_each_item(play: Play) -> None:
    player = play(ad_hoc(user("A") + multi(ITEMS)), {"items": [1, 2]})
    assert player.do("A").open == ["A"]
    assert player.do("A").open == ["Z"]


def test_ad_hoc_work_one_by_one_follows_its_flows_before_the_next(play: Play) -> None:
    inner = user("A") + user("B") + user("C") + '<sequenceFlow id="f" sourceRef="A" targetRef="C"/>'
    player = play(ad_hoc(inner, attributes='ordering="Sequential"')).do("A")
    assert player.open == ["C"]
    assert player.do("C").open == ["B"]


def test_an_error_in_ad_hoc_work_is_caught_at_its_border(play: Play) -> None:
    body = ad_hoc(user("A") + user("B"), "S>AH AH>Z Z>E G>H H>E", more=boundary("G", "AH", ERROR) + user("H"))
    assert play(body).error("A", "E1").open == ["H"]


def test_work_begun_by_hand_ends_when_the_condition_holds_after_it(play: Play) -> None:
    hand = properties(adHoc__start="manual")
    player = play(ad_hoc(hand + user("A") + user("B") + "<completionCondition>n > 1</completionCondition>"), {"n": 0})
    (held,) = player.instance.by_hand()
    player.took(player.instance.start_activity(held.activity_id, "B")).do("B", n=1)
    assert player.waiting == []
    player.took(player.instance.start_activity(held.activity_id, "B")).do("B", n=2)
    assert player.open == ["Z"]


# ---------------------------------------------------------------- data and scopes


def test_what_a_sub_process_is_given_is_its_own(play: Play) -> None:
    inner = sub("SP", mapping(k="=n + 1") + S2 + user("X") + E2, "s2>X X>e2")
    player = play(diagram(START + inner + user("Z") + END, "S>SP SP>Z Z>E"), {"n": 1}).do("X", k=5, n=2)
    assert player.variables == {"n": 2}


def test_what_a_sub_process_gives_back_is_computed_in_it(play: Play) -> None:
    inner = sub("SP", mapping(k="=n", out_total="=k * 10") + S2 + user("X") + E2, "s2>X X>e2")
    player = play(diagram(START + inner + user("Z") + END, "S>SP SP>Z Z>E"), {"n": 1}).do("X", k=5)
    assert player.variables == {"n": 1, "total": 50}


def test_what_a_boundary_event_brings_is_the_processes(play: Play) -> None:
    nodes = START + user("A", mapping(k="=1")) + boundary("B", "A", MESSAGE) + user("H") + END
    player = play(diagram(nodes, "S>A A>E B>H H>E")).message(k=7)
    assert player.variables == {"k": 7}


def test_an_event_sub_process_changes_the_data_around_it(play: Play) -> None:
    handler = event_sub("ES", MESSAGE, script("q", "n + got", attributes='camunda:resultVariable="n"') + end("ee"),
                        "ESs>q q>ee", interrupting=False)  # fmt: skip
    player = play(diagram(START + user("A") + END + handler, "S>A A>E"), {"n": 1}).message(got=5)
    assert player.variables == {"n": 6, "got": 5}


def test_a_called_process_gets_everything_where_it_is_told_so(play: Play) -> None:
    called = process('<startEvent id="cs"/>' + user("C") + '<endEvent id="ce"/>', "cs>C C>ce", key="Q")
    every = '<extensionElements><camunda:in variables="all"/><camunda:out variables="all"/></extensionElements>'
    call = f'<callActivity id="K" calledElement="Q">{every}</callActivity>'
    player = play(definitions(process(START + call + user("Z") + END, "S>K K>Z Z>E"), called), {"n": 1})
    assert player.do("C", n=2, m=3).variables == {"n": 2, "m": 3}


def test_an_output_that_reads_what_is_not_there_is_null(play: Play) -> None:
    body = diagram(START + script("A", "1", mapping(out_total='=string("a") + missing.part')) + user("Z") + END,
                   "S>A A>Z Z>E")  # fmt: skip
    assert play(body).variables == {"total": None}


IO = (
    '<ioSpecification><dataInput id="in1" name="given"/><dataOutput id="out1" name="got"/>'
    "<inputSet><dataInputRefs>in1</dataInputRefs></inputSet><outputSet><dataOutputRefs>out1</dataOutputRefs></outputSet>"
    "</ioSpecification>"
)
OBJECTS = (
    '<dataObject id="d1" name="n"/><dataObjectReference id="r1" dataObjectRef="d1"/><dataObject id="d2" name="m"/>'
)


def into(source: str, target: str, inner: str = "") -> str:
    ends = f"<sourceRef>{source}</sourceRef><targetRef>{target}</targetRef>"
    return f"<dataInputAssociation>{ends}{inner}</dataInputAssociation>"


def out_of(source: str, target: str, inner: str = "") -> str:
    begin = f"<sourceRef>{source}</sourceRef>" if source else ""
    return f"<dataOutputAssociation>{begin}<targetRef>{target}</targetRef>{inner}</dataOutputAssociation>"


def test_data_flow_into_and_out_of_a_sub_process(play: Play) -> None:
    flowing = IO + into("r1", "in1") + out_of("out1", "d2")
    inner = sub("SP", flowing + S2 + script("q", "{got: given * 2}") + E2, "s2>q q>e2")
    player = play(diagram(START + OBJECTS + inner + user("Z") + END, "S>SP SP>Z Z>E"), {"n": 4})
    assert player.variables["m"] == 8
    assert "given" not in player.variables


def test_data_flow_out_of_a_start_event(play: Play) -> None:
    begin = f'<startEvent id="S"><dataOutput id="o" name="got"/>{out_of("o", "d2")}{MESSAGE}</startEvent>'
    player = play(diagram(begin + OBJECTS + user("A") + END, "S>A A>E"), {"got": 5}, start_event_id="S")
    assert player.variables["m"] == 5


def test_data_flow_to_a_worker_and_back(play: Play) -> None:
    work = '<serviceTask id="W" camunda:type="external" camunda:topic="t">'
    work += IO + into("r1", "in1") + out_of("out1", "d2") + "</serviceTask>"
    player = play(diagram(START + OBJECTS + work + user("Z") + END, "S>W W>Z Z>E"), {"n": 4})
    (wait,) = player.instance.waits()
    assert player.instance.variables(wait.scope_id)["given"] == 4
    assert player.work("t", got=9).variables["m"] == 9


def test_data_flow_into_a_decision_less_script(play: Play) -> None:
    flowing = IO + into("r1", "in1") + out_of("out1", "d2", "<transformation>got + 1</transformation>")
    body = diagram(START + OBJECTS + script("A", "{got: given * 2}", flowing) + user("Z") + END, "S>A A>Z Z>E")
    assert play(body, {"n": 4}).variables["m"] == 9


def test_a_constant_may_be_assigned_to_data(play: Play) -> None:
    fixed = "<assignment><from>&quot;paid&quot;</from><to>d2</to></assignment>"
    body = diagram(START + OBJECTS + task("A", out_of("", "d2", fixed)) + user("Z") + END, "S>A A>Z Z>E")
    assert play(body).variables["m"] == "paid"


def test_a_data_store_is_read_and_written_by_its_name(play: Play) -> None:
    store = '<dataStoreReference id="st" name="stock" dataStoreRef="ds"/>'
    flowing = IO + into("st", "in1") + out_of("out1", "st")
    body = definitions(
        process(START + store + script("A", "{got: given - 1}", flowing) + user("Z") + END, "S>A A>Z Z>E"),
        '<dataStore id="ds" name="stock"/>',
    )
    assert play(body, {"stock": 4}).variables["stock"] == 3


def test_data_of_an_event_sub_process_are_its_own(play: Play) -> None:
    own = '<dataObject id="d9" name="scratch"/>' + script("q", "{got: 5}", IO + out_of("out1", "d9"))
    handler = event_sub("ES", MESSAGE, own + user("H") + end("ee"), "ESs>q q>H H>ee")
    player = play(diagram(START + user("A") + END + handler, "S>A A>E")).message()
    assert player.open == ["H"]
    assert "scratch" not in player.variables


def test_a_global_task_gets_the_inputs_of_its_call(play: Play) -> None:
    flowing = IO + into("r1", "in1") + out_of("out1", "d2")
    call = f'<callActivity id="K" calledElement="G">{flowing}</callActivity>'
    own = IO.replace("in1", "in9").replace("out1", "out9")
    body = definitions(
        process(START + OBJECTS + call + user("Z") + END, "S>K K>Z Z>E"),
        f'<globalScriptTask id="G" scriptLanguage="feel">{own}<script>{{got: given * 3}}</script></globalScriptTask>',
    )
    assert play(body, {"n": 4}).variables["m"] == 12


# ---------------------------------------------------------------- combinations


def test_each_instance_of_a_loop_may_escalate_to_its_border(play: Play) -> None:
    nodes = S2 + throw("t", ESCALATION) + user("X") + E2 + multi(ITEMS)
    body = diagram(
        START
        + sub("SP", nodes, "s2>t t>X X>e2")
        + boundary("B", "SP", ESCALATION, interrupting=False)
        + task("H")
        + END,
        "S>SP SP>E B>H H>E",
    )
    player = play(body, {"items": [1, 2, 3]})
    assert (player.open, player.ran.count("H")) == (["X"] * 3, 3)


def test_an_escalation_that_interrupts_a_loop_starts_no_further_instance(play: Play) -> None:
    nodes = S2 + throw("t", ESCALATION) + user("X") + E2 + multi(ITEMS)
    body = diagram(
        START + sub("SP", nodes, "s2>t t>X X>e2") + boundary("B", "SP", ESCALATION) + user("H") + END,
        "S>SP SP>E B>H H>E",
    )
    player = play(body, {"items": [1, 2, 3]})
    assert (player.waiting, player.ran.count("t")) == (["H"], 1)


def test_each_loop_instance_chooses_by_its_own_gateway(play: Play) -> None:
    nodes = (
        S2 + '<eventBasedGateway id="g"/>' + catch("c", MESSAGE) + catch("t", timer("PT1H")) + task("late") + E2
        + multi(ITEMS)
    )  # fmt: skip
    player = play(diagram(START + sub("SP", nodes, "s2>g g>c g>t c>e2 t>late late>e2") + END, "S>SP SP>E"),
                  {"items": [1, 2]}).message()  # fmt: skip
    assert player.wait_until(3600).done
    assert player.ran.count("late") == 1


def test_an_error_of_a_called_process_in_a_loop_ends_the_loop(play: Play) -> None:
    called = process('<startEvent id="cs"/>' + user("C") + end("ce", ERROR), "cs>C C>ce", key="Q")
    call = f'<callActivity id="K" calledElement="Q">{multi(ITEMS)}</callActivity>'
    nodes = START + call + boundary("B", "K", ERROR) + user("H") + END
    player = play(definitions(process(nodes, "S>K K>E B>H H>E"), called), {"items": [1, 2, 3]}).do("C")
    assert player.open == ["H"]


def test_terminate_at_the_top_ends_loops_and_calls(play: Play) -> None:
    nodes = START + parallel("G") + user("A", multi(ITEMS)) + user("T") + end("X", TERMINATE) + END
    player = play(diagram(nodes, "S>G G>A G>T T>X A>E"), {"items": [1, 2]}).do("T")
    assert player.over is not None
    assert player.over.state == "terminated"


def test_a_loop_in_a_cycle_begins_anew_with_new_items(play: Play) -> None:
    body = diagram(
        START + exclusive("M") + user("A", multi(COLLECTION)) + exclusive("X", "f_X_E")
        + script("N", "{items: [outs[1]], n: n + 1}") + END,
        "S>M M>A A>X X>N[n<1] N>M X>E",
    )  # fmt: skip
    player = play(body, {"items": [1, 2], "n": 0}).do("A", out="x").do("A", out="y")
    assert player.open == ["A"]
    assert player.do("A", out="z").done


def test_a_message_at_the_border_of_an_ad_hoc_activity(play: Play) -> None:
    inner = user("A") + user("B") + boundary("G", "A", MESSAGE) + task("H")
    inner += '<sequenceFlow id="f" sourceRef="G" targetRef="H"/>'
    player = play(ad_hoc(inner)).message()
    assert player.open == ["B"]
    assert player.do("B").open == ["Z"]


def test_ad_hoc_one_by_one_lets_the_running_one_finish(play: Play) -> None:
    inner = user("A") + user("B") + "<completionCondition>n = 1</completionCondition>"
    attributes = 'ordering="Sequential" cancelRemainingInstances="false"'
    assert play(ad_hoc(inner, attributes=attributes), {"n": 0}).do("A", n=1).open == ["Z"]


def test_a_signal_without_receiver_leaves_the_case(play: Play) -> None:
    player = play(diagram(START + throw("T", SIGNAL) + user("Z") + END, "S>T T>Z Z>E"))
    assert player.open == ["Z"]
    assert len(player.of(SignalSent)) == 1


def test_a_boundary_signal_catches_what_its_own_activity_throws_at_its_end(play: Play) -> None:
    inner = sub("SP", S2 + end("e2", SIGNAL), "s2>e2")
    nodes = START + inner + boundary("B", "SP", SIGNAL) + user("H") + user("Z") + END
    assert play(diagram(nodes, "S>SP SP>Z Z>E B>H H>E")).open == ["H"]


def test_a_receive_task_inside_a_sub_process_that_is_interrupted_no_longer_waits(play: Play) -> None:
    inner = sub("SP", S2 + '<receiveTask id="R" messageRef="m2"/>' + E2, "s2>R R>e2")
    nodes = START + inner + boundary("B", "SP", MESSAGE) + user("H") + END
    assert play(diagram(nodes, "S>SP SP>E B>H H>E")).message().waiting == ["H"]


def test_a_throwing_event_may_have_several_results(play: Play) -> None:
    player = play(diagram(START + throw("T", MESSAGE + SIGNAL + ESCALATION) + END, "S>T T>E"))
    assert player.done
    assert (len(player.of(MessageSent)), len(player.of(SignalSent))) == (1, 1)


def test_a_condition_on_a_loop_border_interrupts_the_rest(play: Play) -> None:
    nodes = START + user("A", multi(ITEMS)) + boundary("B", "A", condition("enough = true")) + user("H") + END
    player = play(diagram(nodes, "S>A A>E B>H H>E"), {"items": [1, 2, 3]}).do("A", enough=True)
    assert player.open == ["H"]
