"""Ad-hoc sub-processes: people choose what is done, as often as they like, and say when it is enough."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from engine import ad_hoc_activities, models
from engine.context import SYSTEM_ACTOR
from engine.errors import Conflict, Forbidden, NotFound
from engine.process_engine import ProcessEngine
from engine.values import load
from tests.conftest import Deploy
from tests.engine.commands import CSS, TECH, complete, instance, open_tasks, start
from tests.engine.diagrams import diagram, flows, user_task

HAND = (
    "<extensionElements><camunda:properties>"
    '<camunda:property name="adHoc.start" value="manual"/></camunda:properties></extensionElements>'
)


def ad_hoc(*, done: str = "") -> str:
    condition = f"<completionCondition>{done}</completionCondition>" if done else ""
    return diagram(
        f'<startEvent id="begin"/><adHocSubProcess id="help" name="帮助">{HAND}'
        + user_task("call") + user_task("repair", group="TECH") + f'{condition}</adHocSubProcess><endEvent id="done"/>'
        + flows("begin>help", "help>done")
    )  # fmt: skip


def events(engine: ProcessEngine, case_id: str) -> list[dict[str, Any]]:
    table = models.history_event
    with engine.database.read() as connection:
        query = select(table.c.body).where(table.c.chain_id == case_id).order_by(table.c.seq)
        return [load(row.body) for row in connection.execute(query)]


def test_people_start_what_their_roles_name_and_end_it(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ad_hoc())
    case = start(engine)
    (held,) = engine.read(SYSTEM_ACTOR, ad_hoc_activities.find, case.id)
    assert [choice.element.id for choice in held.choices] == ["call", "repair"]
    with pytest.raises(Forbidden):
        engine.run(CSS, ad_hoc_activities.start, case.id, held.activity_id, "repair")

    engine.run(CSS, ad_hoc_activities.start, case.id, held.activity_id, "call")
    engine.run(TECH, ad_hoc_activities.start, case.id, held.activity_id, "repair")
    assert sorted(open_tasks(engine, case.id)) == ["call", "repair"]
    (seen,) = engine.read(CSS, ad_hoc_activities.find, case.id)
    assert [(choice.element.id, choice.may_start) for choice in seen.choices] == [("call", True), ("repair", False)]
    complete(engine, case.id, "call")
    assert engine.run(CSS, ad_hoc_activities.complete, case.id, held.activity_id).end_event == "done"

    kinds = [event["kind"] for event in events(engine, case.id)]
    assert kinds == ["instance.started", "activity.started_by_hand", "activity.started_by_hand", "task.completed",
                     "ad_hoc.completed"]  # fmt: skip
    assert events(engine, case.id)[1]["element"] == "call"
    assert engine.read(SYSTEM_ACTOR, ad_hoc_activities.find, case.id) == []


def test_a_completion_condition_ends_it_and_nobody_else(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ad_hoc(done="solved = true"))
    case = start(engine)
    (held,) = engine.read(SYSTEM_ACTOR, ad_hoc_activities.find, case.id)
    assert not held.can_complete
    with pytest.raises(Conflict):
        engine.run(SYSTEM_ACTOR, ad_hoc_activities.complete, case.id, held.activity_id)

    for solved in (False, True):
        engine.run(CSS, ad_hoc_activities.start, case.id, held.activity_id, "call")
        complete(engine, case.id, "call", solved=solved)

    assert instance(engine, case.id).end_event == "done"


def test_what_is_not_there_cannot_be_started(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ad_hoc())
    case = start(engine)
    (held,) = engine.read(SYSTEM_ACTOR, ad_hoc_activities.find, case.id)
    for wrong in ((case.id, held.activity_id, "begin"), (case.id, "nowhere", "call"), ("nowhere", "x", "call")):
        with pytest.raises(NotFound):
            engine.run(SYSTEM_ACTOR, ad_hoc_activities.start, *wrong)


def test_who_has_no_part_in_a_case_sees_nothing_of_it(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ad_hoc())
    case = start(engine)
    with pytest.raises(Forbidden):
        engine.read(TECH, ad_hoc_activities.find, case.id)
    (held,) = engine.read(SYSTEM_ACTOR, ad_hoc_activities.find, case.id)
    with pytest.raises(Forbidden):
        engine.run(TECH, ad_hoc_activities.complete, case.id, held.activity_id)
