"""Running cases move to another version: in transactions of their own, with who and why in their chains."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from engine import audit, migration_plans, models, process_definitions, process_instances, user_tasks
from engine.bpmn.migration import Instruction
from engine.context import SYSTEM_ACTOR, Actor
from engine.errors import Forbidden, MigrationRefused
from engine.migration_plans import Plan
from engine.process_definitions import DefinitionQuery
from engine.process_engine import ProcessEngine
from engine.values import load
from tests.conftest import Deploy
from tests.engine.commands import CSS, TECH, complete, instance, open_tasks, start
from tests.engine.diagrams import ONE_TASK, TIMER, diagram, flows, user_task

OWNER = Actor("owner", frozenset({"OWNER"}))
TWO = diagram(
    '<startEvent id="begin"/>' + user_task("check", group="OPSD") + user_task("sign")
    + '<endEvent id="done"/>' + flows("begin>check", "check>sign", "sign>done")
)  # fmt: skip
RENAMED = diagram(
    '<startEvent id="begin"/>' + user_task("look", group="CSS") + '<endEvent id="done"/>'
    + flows("begin>look", "look>done")
)  # fmt: skip


def versions(engine: ProcessEngine, key: str = "case") -> tuple[str, str]:
    """The ids of the first and the newest version."""
    found = engine.read(SYSTEM_ACTOR, process_definitions.find, DefinitionQuery(key=key))
    return found[-1].id, found[0].id


def plan_of(engine: ProcessEngine, *changes: Instruction) -> Plan:
    plan = engine.read(OWNER, migration_plans.generate, *versions(engine))
    return Plan(plan.source_id, plan.target_id, (*plan.instructions, *changes))


def rows(engine: ProcessEngine, table: Any, root_id: str) -> list[Any]:
    with engine.database.read() as connection:
        return list(connection.execute(select(table).where(table.c.root_id == root_id)))


def last_event(engine: ProcessEngine, root_id: str) -> dict[str, Any]:
    events = models.history_event
    query = select(events.c.body).where(events.c.chain_id == root_id).order_by(events.c.seq.desc())
    with engine.database.read() as connection:
        body: dict[str, Any] = load(connection.execute(query).scalars().first())
        return body


def candidates(engine: ProcessEngine, task_id: str) -> set[tuple[str, str]]:
    table = models.task_candidate
    with engine.database.read() as connection:
        found = connection.execute(select(table.c.kind, table.c.name).where(table.c.task_id == task_id))
        return {(row.kind, row.name) for row in found}


def test_a_case_goes_on_under_the_new_version(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ONE_TASK)
    case = start(engine)
    task_id = open_tasks(engine, case.id)["check"]
    engine.run(CSS, user_tasks.claim, task_id)
    deploy(case__bpmn=TWO)

    (result,) = migration_plans.execute(engine, OWNER, plan_of(engine), [case.id], reason="王小明要求")

    assert result.moved
    assert open_tasks(engine, case.id) == {"check": task_id}
    moved = instance(engine, case.id)
    assert (moved.definition_id, moved.release) == (versions(engine)[1], 2)
    (task,) = rows(engine, models.user_task, case.id)
    assert (task.assignee, task.definition_id) == ("css", versions(engine)[1])
    assert candidates(engine, task_id) == {("group", "OPSD")}
    complete(engine, case.id, "check")
    assert complete(engine, case.id, "sign").state == "COMPLETED"
    assert engine.read(SYSTEM_ACTOR, audit.verify).intact


def test_who_and_why_stand_in_the_chain_and_the_reason_is_no_plain_text(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ONE_TASK)
    case = start(engine)
    deploy(case__bpmn=TWO)

    migration_plans.execute(engine, OWNER, plan_of(engine), [case.id], reason="王小明要求")

    event = last_event(engine, case.id)
    assert (event["kind"], event["actor"], event["release_before"]) == ("instance.migrated", "owner", 1)
    assert event["reassigned"][0]["groups"] == [["CSS"], ["OPSD"]]
    assert event["reason"]
    assert "王小明" not in str(event)


def test_a_timer_keeps_its_due_time(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=TIMER)
    case = start(engine)
    (before,) = rows(engine, models.job, case.id)
    deploy(case__bpmn=TIMER.replace("PT1H", "PT9H"))

    migration_plans.execute(engine, OWNER, plan_of(engine), [case.id])

    (after,) = rows(engine, models.job, case.id)
    assert (after.id, after.due_at) == (before.id, before.due_at)
    assert after.definition_id == versions(engine)[1]


def test_a_case_that_would_lose_its_task_stays_and_stops_no_other(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=TWO)
    first, second = start(engine), start(engine)
    complete(engine, first.id, "check", Actor("o", frozenset({"OPSD"})))
    deploy(case__bpmn=ONE_TASK)
    told: list[tuple[int, int]] = []

    results = migration_plans.execute(
        engine, OWNER, plan_of(engine), [first.id, second.id], progress=lambda done, of: told.append((done, of))
    )

    assert [(one.moved, [found.element_id for found in one.findings]) for one in results] == [
        (False, ["sign"]),
        (True, []),
    ]
    assert told == [(1, 2), (2, 2)]
    assert instance(engine, first.id).definition_id == versions(engine)[0]
    assert list(open_tasks(engine, first.id)) == ["sign"]


def test_a_preview_counts_and_changes_nothing(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=TIMER)
    cases = [start(engine).id for _ in range(3)]
    deploy(case__bpmn=TIMER.replace('"CSS"', '"OPSD"'))
    before = [instance(engine, case_id) for case_id in cases]

    seen = engine.read(OWNER, migration_plans.preview, plan_of(engine), cases)

    assert (seen.movable, seen.user_tasks, seen.timers, seen.subscriptions, seen.reassigned) == (3, 3, 3, 0, 3)
    assert [instance(engine, case_id) for case_id in cases] == before


def test_changed_ids_are_renamed_wherever_they_stand(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ONE_TASK)
    case = start(engine)
    deploy(case__bpmn=RENAMED)
    with pytest.raises(MigrationRefused, match="check"):
        engine.run(OWNER, migration_plans.migrate_one, plan_of(engine), case.id)

    migration_plans.execute(engine, OWNER, plan_of(engine, Instruction("check", "look")), [case.id])

    assert list(open_tasks(engine, case.id)) == ["look"]
    open_activities = [row for row in rows(engine, models.activity_instance, case.id) if row.ended_at is None]
    assert [(row.element_id, row.name) for row in open_activities] == [("look", "look")]
    assert complete(engine, case.id, "look").end_event == "done"


def test_a_suspended_case_moves_and_stays_suspended(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ONE_TASK)
    case = start(engine)
    engine.run(OWNER, process_instances.set_suspended, case.id, suspended=True)
    deploy(case__bpmn=TIMER)

    migration_plans.execute(engine, OWNER, plan_of(engine), [case.id])

    assert instance(engine, case.id).state == "SUSPENDED"
    assert [row.suspended for row in rows(engine, models.job, case.id)] == [True]


def test_only_who_may_migrate_does(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ONE_TASK)
    case = start(engine)
    deploy(case__bpmn=TWO)
    for actor in (CSS, TECH):
        with pytest.raises(Forbidden):
            engine.run(actor, migration_plans.migrate_one, plan_of(engine), case.id)


def test_an_instance_of_another_version_or_one_that_is_over_is_refused(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ONE_TASK)
    over = start(engine)
    complete(engine, over.id, "check")
    deploy(case__bpmn=TWO)
    newer = start(engine)
    results = migration_plans.execute(engine, OWNER, plan_of(engine), [over.id, newer.id])
    assert [one.findings[0].code for one in results] == ["cannot-migrate", "other-definition"]


def test_a_lost_race_is_run_again_on_fresh_state(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=ONE_TASK)
    case = start(engine)
    deploy(case__bpmn=TWO)
    table = models.process_instance
    with engine.database.write() as connection:
        connection.execute(update(table).where(table.c.id == case.id).values(revision=case.revision + 3))
    (result,) = migration_plans.execute(engine, OWNER, plan_of(engine), [case.id])
    assert result.moved
