"""Who may write personal values of which class: in whose place a task is done, and what a deployment says of it."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from engine import deployments, models, user_tasks, variable_changes, variables
from engine.context import SYSTEM_ACTOR, Actor, CommandContext, Cover
from engine.errors import Forbidden
from engine.process_engine import ProcessEngine
from engine.user_tasks import UserTask
from tests.api.desk import field, form
from tests.conftest import Deploy
from tests.crm.cases import REPAIR, open_case, task_of

CLASSED = REPAIR.replace(
    '<bpmn:laneSet id="lanes">',
    '<bpmn:extensionElements><camunda:properties><camunda:property name="variable.phone" value="BASIC" />'
    "</camunda:properties></bpmn:extensionElements>"
    '<bpmn:laneSet id="lanes">',
)


@pytest.fixture(autouse=True)
def deployed(deploy: Deploy) -> None:
    deploy(repair__bpmn=CLASSED)


def person(role: str, *of: str, covers: tuple[Cover, ...] = ()) -> Actor:
    return Actor(role.lower(), frozenset({role}), covers, frozenset(of))


def held(engine: ProcessEngine, who: str, **values: object) -> UserTask:
    task = task_of(engine, open_case(engine, **values))
    engine.run(SYSTEM_ACTOR, user_tasks.assign, task.id, who)
    return task


def write(engine: ProcessEngine, who: Actor, task: UserTask) -> None:
    engine.run(who, variable_changes.change_task, task.id, {"phone": "13800001111"})


def written(engine: ProcessEngine, task: UserTask) -> str | None:
    """Returns the class under which the case holds the phone number, None if it holds none."""
    found = engine.read(SYSTEM_ACTOR, variables.of_instance, task.root_id).get("phone")
    return None if found is None else str(found.data_class)


def test_what_may_not_be_written_is_refused_by_name_and_nothing_is_lost(engine: ProcessEngine) -> None:
    task = held(engine, "tech")

    with pytest.raises(Forbidden) as refused:
        engine.run(person("TECH"), user_tasks.complete, task.id, {"phone": "13800001111", "seen": 3})

    assert (refused.value.resource, refused.value.operation) == ("BASIC phone", "edit")
    assert "13800001111" not in f"{refused.value} {refused.value.zh}"
    assert engine.read(SYSTEM_ACTOR, user_tasks.get, task.id).state == "open"
    engine.run(person("TECH"), user_tasks.complete, task.id, {"seen": 3})


@pytest.mark.parametrize(("of_case", "allowed"), [("B1", True), (None, True), ("B2", False)])
def test_a_class_of_the_own_branch_is_written_in_its_cases(
    engine: ProcessEngine, of_case: str | None, allowed: bool
) -> None:
    task = held(engine, "store", branch_id=of_case)

    if allowed:
        write(engine, person("STORE", "B1"), task)
    else:
        with pytest.raises(Forbidden):
            write(engine, person("STORE", "B1"), task)
    assert written(engine, task) == ("BASIC" if allowed else None)


def test_a_substitute_writes_what_the_absent_person_may(engine: ProcessEngine) -> None:
    task = held(engine, "anna")

    write(engine, person("TECH", covers=(Cover("anna", frozenset({"CSR"})),)), task)
    assert written(engine, task) == "BASIC"
    with pytest.raises(Forbidden):
        write(engine, person("WM", covers=(Cover("anna", frozenset({"TECH"})),)), task)


def test_whom_an_escalation_brought_writes_what_the_task_asks_for(engine: ProcessEngine) -> None:
    task = held(engine, "gm")
    with pytest.raises(Forbidden):
        write(engine, person("GM"), task)

    def escalate(ctx: CommandContext) -> None:
        row = {"task_id": task.id, "kind": "escalation", "name": "GM"}
        ctx.connection.execute(insert(models.task_candidate).values(row))

    engine.run(SYSTEM_ACTOR, escalate)
    write(engine, person("GM"), task)
    assert written(engine, task) == "BASIC"


def test_a_deployment_warns_of_a_task_that_asks_a_role_for_what_it_may_not_write(engine: ProcessEngine) -> None:
    drawn = CLASSED.replace('<bpmn:userTask id="mend"', '<bpmn:userTask id="mend" camunda:formRef="mending"')
    phone, number = field("phone"), field("card", properties={"dataClass": "ID"})
    shown = field("holder", properties={"dataClass": "ID"}) | {"readonly": True}
    resources = {"repair.bpmn": drawn.encode(), "mending.form": form("mending", phone, number, shown).encode()}

    made = engine.run(SYSTEM_ACTOR, deployments.create, name="test", resources=resources)

    warned = [one for one in made.warnings["repair.bpmn"] if one.code == "may-not-write"]
    assert [(one.element_id, one.severity) for one in warned] == [("mend", "warning")] * len(warned)
    assert any("TECH may not write ID data (card)" in one.en for one in warned)
    assert not any("holder" in one.en for one in warned)


def test_the_shipped_processes_ask_nobody_for_what_the_matrix_does_not_let_write(engine: ProcessEngine) -> None:
    settings = engine.settings
    resources = {
        file.name: file.read_bytes()
        for pattern in ("*/*.bpmn", "*/forms/*.form")
        for file in settings.processes.glob(pattern)
    }

    found = engine.read(SYSTEM_ACTOR, deployments.findings, resources)

    assert len(resources) > 20
    assert [one.en for warnings in found.values() for one in warnings if one.code == "may-not-write"] == []
