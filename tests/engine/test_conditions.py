"""Conditional start events: what given variables start."""

from __future__ import annotations

import pytest

from engine import conditions, process_definitions
from engine.context import SYSTEM_ACTOR, Actor
from engine.errors import Forbidden, InvalidRequest, NotFound
from engine.process_engine import ProcessEngine
from tests.conftest import Deploy
from tests.engine.commands import CSS, open_tasks
from tests.engine.diagrams import diagram, flows, user_task


def started_when(condition: str, key: str, *, groups: str = "") -> str:
    event = f"<conditionalEventDefinition><condition>{condition}</condition></conditionalEventDefinition>"
    body = (
        f'<startEvent id="rises">{event}</startEvent>' + user_task("check") + '<endEvent id="done"/>'
        + flows("rises>check", "check>done")
    )  # fmt: skip
    starters = f'isExecutable="true" camunda:candidateStarterGroups="{groups}"' if groups else 'isExecutable="true"'
    return diagram(body, key=key).replace('isExecutable="true"', starters)


def test_each_process_whose_condition_holds_is_started(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(a__bpmn=started_when("level &gt; 5", "high"), b__bpmn=started_when("level &gt; 8", "very_high"),
           c__bpmn=started_when("other = 1", "other"))  # fmt: skip

    started = engine.run(SYSTEM_ACTOR, conditions.evaluate_starts, {"level": 6}, business_key="K-1")

    assert [(one.definition_key, one.business_key) for one in started] == [("high", "K-1")]
    assert list(open_tasks(engine, started[0].id)) == ["check"]
    both = engine.run(SYSTEM_ACTOR, conditions.evaluate_starts, {"level": 9})
    assert [one.definition_key for one in both] == ["high", "very_high"]
    assert engine.run(SYSTEM_ACTOR, conditions.evaluate_starts, {}) == []


def test_only_the_version_in_force_is_asked_unless_one_is_named(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(a__bpmn=started_when("level &gt; 5", "high"))
    old = engine.read(SYSTEM_ACTOR, process_definitions.latest, "high")
    deploy(a__bpmn=started_when("level &gt; 8", "high"))

    assert engine.run(SYSTEM_ACTOR, conditions.evaluate_starts, {"level": 6}) == []
    (named,) = engine.run(SYSTEM_ACTOR, conditions.evaluate_starts, {"level": 6}, definition_id=old.id)
    assert named.definition_id == old.id
    with pytest.raises(NotFound):
        engine.run(SYSTEM_ACTOR, conditions.evaluate_starts, {"level": 6}, definition_id="nowhere")


def test_a_definition_without_conditional_start_is_told(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(a__bpmn=diagram('<startEvent id="s"/><endEvent id="e"/>' + flows("s>e")))
    plain = engine.read(SYSTEM_ACTOR, process_definitions.latest, "case")
    with pytest.raises(InvalidRequest):
        engine.run(SYSTEM_ACTOR, conditions.evaluate_starts, {}, definition_id=plain.id)


def test_who_may_not_start_a_process_does_not_start_it_this_way(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(a__bpmn=started_when("level &gt; 5", "high", groups="CSS"))
    with pytest.raises(Forbidden):
        engine.run(Actor("tech", frozenset({"TECH"})), conditions.evaluate_starts, {"level": 6})
    assert len(engine.run(CSS, conditions.evaluate_starts, {"level": 6})) == 1


def test_a_suspended_process_is_passed_over(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(a__bpmn=started_when("level &gt; 5", "high"))
    deployed = engine.read(SYSTEM_ACTOR, process_definitions.latest, "high")
    engine.run(SYSTEM_ACTOR, process_definitions.set_suspended, deployed.id, suspended=True)
    assert engine.run(SYSTEM_ACTOR, conditions.evaluate_starts, {"level": 6}) == []
