"""Activities that run several times (BPMN 10.3.8)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.bpmn.limits import Limits
from engine.bpmn.outcome import ActivityEnded, VariableSet
from engine.errors import ExecutionFailed, LimitReached
from tests.engine.bpmn.diagrams import (
    COLLECTION,
    END,
    ERROR,
    START,
    boundary,
    diagram,
    end,
    event_sub,
    exclusive,
    mapping,
    multi,
    script,
    sub,
    task,
    user,
)
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
INNER_START = '<startEvent id="s2"/>'
INNER_END = '<endEvent id="e2"/>'
ITEMS = "<loopDataInputRef>items</loopDataInputRef><inputDataItem id='item'/>"


def test_outputs_keep_the_order_of_the_inputs(play: Play) -> None:
    player = play(
        diagram(START + user("A", multi(COLLECTION)) + user("Z") + END, "S>A A>Z Z>E"), {"items": ["a", None, "c"]}
    )
    assert player.open == ["A"] * 3
    player.do("A", 2, out="C").do("A", 0, out="A").do("A", 0, out="B")
    assert player.variables == {"items": ["a", None, "c"], "outs": ["A", "B", "C"]}
    assert player.open == ["Z"]


def test_sequential_instances_see_null_items_and_keys_of_a_context(play: Play) -> None:
    loop = multi(COLLECTION, sequential=True)
    body = diagram(START + script("A", "[item, loopCounter]", loop, 'camunda:resultVariable="out"') + user("Z") + END,
                   "S>A A>Z Z>E")  # fmt: skip
    player = play(body, {"items": {"x": None, "y": 2}})
    assert player.variables["outs"] == {"x": [None, 1], "y": [2, 2]}


def test_camunda_attributes_name_the_collection_and_its_element(play: Play) -> None:
    loop = multi(attributes='camunda:collection="${people}" camunda:elementVariable="person"')
    player = play(
        diagram(START + user("A", loop, 'camunda:assignee="${person}"') + END, "S>A A>E"), {"people": ["ann", "bob"]}
    )
    assert [wait.details.assignee for wait in player.instance.waits()] == ["ann", "bob"]


def test_a_number_that_is_none_fails(play: Play) -> None:
    body = diagram(START + user("A", multi("<loopCardinality>k</loopCardinality>")) + END, "S>A A>E")
    assert play(body, {"k": 0}).done
    for wrong in (-1, "x", None, True):
        with pytest.raises(ExecutionFailed):
            play(body, {"k": wrong})


def test_too_many_instances_reach_a_limit(play: Play) -> None:
    body = diagram(START + user("A", multi("<loopCardinality>k</loopCardinality>")) + END, "S>A A>E")
    with pytest.raises(LimitReached):
        play(body, {"k": 1_000_000_000})
    with pytest.raises(LimitReached):
        play(body, {"k": 11}, limits=Limits(multi_instances=10))


def test_sub_process_instances_compute_their_own_output(play: Play) -> None:
    nodes = INNER_START + user("X") + script("q", "item * 10", attributes='camunda:resultVariable="out"') + INNER_END
    body = diagram(START + sub("SP", nodes + multi(COLLECTION), "s2>X X>q q>e2") + user("Z") + END, "S>SP SP>Z Z>E")
    player = play(body, {"items": [1, 2, 3]}).do("X", 1).do("X").do("X")
    assert player.variables["outs"] == [10, 20, 30]


def test_nested_loops_see_their_own_items(play: Play) -> None:
    deep = "<loopDataInputRef>item</loopDataInputRef><inputDataItem id='jt'/>"
    inner = sub("IN", '<startEvent id="is"/>' + user("q", mapping(pair="=[item, jt]")) + '<endEvent id="ie"/>'
                + multi(deep, sequential=True), "is>q q>ie")  # fmt: skip
    outer = sub("SP", INNER_START + inner + INNER_END + multi(ITEMS, sequential=True), "s2>IN IN>e2")
    player = play(diagram(START + outer + END, "S>SP SP>E"), {"items": [[1, 2], [3]]})
    for _ in range(3):
        player.do("q")
    assert [step.value for step in player.of(VariableSet) if step.name == "pair"] == [
        [[1, 2], 1],
        [[1, 2], 2],
        [[3], 3],
    ]
    assert player.done


def test_an_error_in_one_instance_ends_them_all(play: Play) -> None:
    nodes = INNER_START + user("X") + exclusive("g", "f_g_e2") + end("ee", ERROR) + INNER_END + multi(COLLECTION)
    body = diagram(
        START + sub("SP", nodes, "s2>X X>g g>ee[item=2] g>e2") + boundary("B", "SP", ERROR) + task("H") + END,
        "S>SP SP>E B>H H>E",
    )
    player = play(body, {"items": [1, 2, 3]}).do("X")
    assert player.open == ["X", "X"]
    player.do("X")
    assert player.ran[-1] == "H"
    assert player.done


def test_an_error_of_a_task_instance_is_caught_by_the_events_of_the_loop(play: Play) -> None:
    body = diagram(
        START + user("A", multi(COLLECTION)) + boundary("B", "A", ERROR) + user("H") + END, "S>A A>E B>H H>E"
    )
    assert play(body, {"items": [1, 2]}).error("A", "E1").open == ["H"]


def test_each_instance_has_event_sub_processes_of_its_own(play: Play) -> None:
    handler = event_sub("ES", ERROR, user("H", mapping(mine="=item")) + end("ee"), "ESs>H H>ee")
    nodes = INNER_START + user("X") + end("e2", ERROR) + handler + multi(COLLECTION)
    body = diagram(START + sub("SP", nodes, "s2>X X>e2") + user("Z") + END, "S>SP SP>Z Z>E")
    player = play(body, {"items": ["a", "b"]}).do("X")
    assert player.open == ["H", "X"]
    player.do("X").do("H").do("H")
    assert player.open == ["Z"]


def test_variables_of_an_item_do_not_leak(play: Play) -> None:
    loop = multi(ITEMS, sequential=True)
    body = diagram(
        START + script("A", "tot + item", loop, 'camunda:resultVariable="tot"') + user("Z") + END, "S>A A>Z Z>E"
    )
    assert play(body, {"items": [1, 2, 3], "tot": 0}).variables == {"items": [1, 2, 3], "tot": 6}


def test_what_an_instance_sets_without_declaring_it_belongs_to_the_process(play: Play) -> None:
    body = diagram(START + user("A", multi(ITEMS)) + user("Z") + END, "S>A A>Z Z>E")
    assert play(body, {"items": [1, 2]}).do("A", k=1).do("A", k=2).variables == {"items": [1, 2], "k": 2}


def test_the_body_is_an_activity_of_its_own(play: Play) -> None:
    player = play(diagram(START + user("A", multi(COLLECTION)) + END, "S>A A>E"), {"items": [1, 2]}).do("A").do("A")
    ended = [step.element_id for step in player.of(ActivityEnded)]
    assert ended == ["S", "A", "A", "A#multiInstanceBody", "E"]


@pytest.mark.parametrize("prefix", ["nrOf", "numberOf"])
def test_the_counters_of_bpmn_and_of_camunda_count_the_same(play: Play, prefix: str) -> None:
    names = ("Instances", "ActiveInstances", "CompletedInstances", "TerminatedInstances")
    seen = f"=[{', '.join(prefix + name for name in names)}]"
    loop = multi("<loopCardinality>3</loopCardinality>")
    body = diagram(START + user("A", mapping(out_seen=seen) + loop) + user("Z") + END, "S>A A>Z Z>E")
    player = play(body).do("A")
    assert player.variables["seen"] == [3, 3, 0, 0]
    assert player.do("A").variables["seen"] == [3, 2, 1, 0]


def test_a_condition_over_the_counters_of_the_standard_ends_the_loop(play: Play) -> None:
    inner = (
        "<loopCardinality>5</loopCardinality><completionCondition>numberOfActiveInstances &lt;= 3</completionCondition>"
    )
    player = play(diagram(START + user("A", multi(inner)) + user("Z") + END, "S>A A>Z Z>E")).do("A")
    assert player.open == ["A"] * 4
    assert player.do("A").open == ["Z"]
