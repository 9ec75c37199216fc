"""Who sees which variable, and what mappings do (BPMN 10.4, Camunda: input/output variable mapping)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from engine.bpmn.outcome import VariableSet
from engine.errors import NotFound
from engine.values import PersonalRef
from tests.engine.bpmn.diagrams import END, START, definitions, diagram, mapping, parallel, process, script, sub, user
from tests.engine.bpmn.player import Player

Play = Callable[..., Player]
INNER_START = '<startEvent id="s2"/>'
INNER_END = '<endEvent id="e2"/>'


def test_parallel_branches_write_to_the_same_variables(play: Play) -> None:
    body = diagram(
        START + parallel("G") + script("A", '{v: 2, l: [9]}') + user("B") + parallel("J") + user("Z") + END,
        "S>G G>A G>B A>J B>J J>Z Z>E",
    )  # fmt: skip
    player = play(body, {"v": 1, "l": [1, 2]}).do("B", b=3)
    assert player.variables == {"v": 2, "l": [9], "b": 3}


def test_a_list_and_a_map_can_be_input_parameters(play: Play) -> None:
    inner = (
        '<extensionElements><camunda:inputOutput><camunda:inputParameter name="l"><camunda:list><camunda:value>a'
        "</camunda:value><camunda:value>=n</camunda:value></camunda:list></camunda:inputParameter>"
        '<camunda:inputParameter name="m"><camunda:map><camunda:entry key="k">${n}</camunda:entry></camunda:map>'
        "</camunda:inputParameter>"
        "</camunda:inputOutput></extensionElements>"
    )
    player = play(diagram(START + user("A", inner) + END, "S>A A>E"), {"n": 5})
    scope = player.instance.waits()[0].scope_id
    assert player.instance.variables(scope) == {"n": 5, "l": ["a", 5], "m": {"k": 5}}


def test_a_sub_process_keeps_its_input_parameters_to_itself(play: Play) -> None:
    inner = sub("SP", mapping(x="=1") + INNER_START + user("A") + INNER_END, "s2>A A>e2")
    player = play(diagram(START + inner + user("Z") + END, "S>SP SP>Z Z>E"))
    player.do("A", x=2, y=3)
    assert player.variables == {"y": 3}


def test_typed_values_survive_every_store(play: Play) -> None:
    values = {
        "typename": "UUID",
        "p": {"typename": "Task", "value": "x"},
        "d": Decimal("1.10"),
        "day": date(2026, 10, 1),
        "at": datetime(2026, 10, 1, 8, tzinfo=UTC),
        "long": timedelta(hours=3),
        "who": PersonalRef("r", "d", "BASIC"),
        "nothing": None,
    }
    player = play(diagram(START + user("A") + user("B") + END, "S>A A>B B>E"), values)
    assert player.do("A").variables == values


def test_a_value_that_its_sender_changes_later_stays_as_it_was(play: Play) -> None:
    items = [1, 2]
    player = play(diagram(START + user("A") + user("B") + END, "S>A A>B B>E"))
    player.do("A", items=items)
    items.append(3)
    assert player.variables == {"items": [1, 2]}


def test_set_variables_changes_and_deletes_in_one_scope(play: Play) -> None:
    player = play(diagram(START + user("A") + END, "S>A A>E"), {"a": 1, "b": 2})
    outcome = player.instance.set_variables({"a": 3}, deletions=["b", "missing"])
    assert [(step.name, step.value, step.deleted) for step in outcome.of(VariableSet)] == [
        ("a", 3, False),
        ("b", None, True),
    ]
    assert player.variables == {"a": 3}


def test_a_task_can_be_given_local_variables(play: Play) -> None:
    player = play(diagram(START + user("A") + END, "S>A A>E"))
    activity = player.instance.waits()[0].activity_id
    player.instance.set_variables({"mine": 1}, scope_id=activity)
    assert player.instance.variables(activity) == {"mine": 1}
    assert player.variables == {}
    with pytest.raises(NotFound):
        player.instance.variables("nobody")


CALL = '<callActivity id="C" calledElement="Q"><extensionElements>{}</extensionElements></callActivity>'


def called(inner: str, key: str = "Q") -> str:
    nodes = '<startEvent id="qs"/>' + script("qa", "{x: x + 1, y: 5}") + user("qu") + '<endEvent id="qe"/>'
    return process(nodes, "qs>qa qa>qu qu>qe", key=key) + inner


def test_a_called_process_sees_what_it_is_given_and_returns_what_is_asked(play: Play) -> None:
    mappings = (
        '<camunda:in source="n" target="x"/><camunda:in sourceExpression="=n + 1" target="z"/>'
        + '<camunda:out source="x" target="back"/>'
    )
    caller = process(START + CALL.format(mappings) + user("Z") + END, "S>C C>Z Z>E")
    player = play(definitions(caller, called("")), {"n": 1, "x": 9})
    child = player.instance.waits()[0]
    assert child.process_id != "i"
    assert player.instance.variables(child.process_id) == {"x": 2, "y": 5, "z": 2}
    player.do("qu", w=9)
    assert player.variables == {"n": 1, "x": 9, "back": 2}
    assert player.open == ["Z"]


def test_a_called_process_can_be_given_and_return_everything(play: Play) -> None:
    mappings = '<camunda:in variables="all"/><camunda:out variables="all"/>'
    player = play(
        definitions(process(START + CALL.format(mappings) + user("Z") + END, "S>C C>Z Z>E"), called("")), {"x": 1}
    )
    assert player.do("qu", w=9).variables == {"x": 2, "y": 5, "w": 9}
