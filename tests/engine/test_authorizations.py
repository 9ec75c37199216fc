"""Who may do what with tasks, starts, messages and histories; whoever is not allowed is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import insert, select

from engine import authorizations, messages, models, user_tasks, users
from engine.authorizations import Task
from engine.context import SYSTEM_ACTOR, Actor, CommandContext
from engine.errors import Conflict, Forbidden
from engine.messages import Message
from engine.process_engine import ProcessEngine
from tests.conftest import Deploy
from tests.crm.cases import (
    ADMIN,
    COMPL,
    FRONT,
    FRONT2,
    REPAIR,
    STORE,
    TECH,
    WM,
    actor,
    open_case,
    repair,
    task_of,
)

OWNER, WORKER, STRANGER = actor("owner", "OWNER"), actor("worker", "WORKER"), actor("stranger")


@pytest.fixture
def case(engine: ProcessEngine, deploy: Deploy) -> str:
    """A case whose task `check` waits for FRONT or STORE."""
    deploy(repair__bpmn=REPAIR)
    return open_case(engine)


def may(engine: ProcessEngine, who: Actor, task: Task, operation: str) -> bool:
    return engine.read(who, authorizations.may_task, task, operation)


def allowed(engine: ProcessEngine, who: Actor, task: Task) -> set[str]:
    return {one for one in ("read", "claim", "unclaim", "complete", "assign", "attempt") if may(engine, who, task, one)}


def escalate(engine: ProcessEngine, task: Task, role: str) -> None:
    def add(ctx: CommandContext) -> None:
        row = {"task_id": task.id, "kind": "escalation", "name": role}
        ctx.connection.execute(insert(models.task_candidate).values(row))

    engine.run(SYSTEM_ACTOR, add)


# ------------------------------------------------------------ tasks


def test_a_free_task_is_for_its_candidates(engine: ProcessEngine, case: str) -> None:
    task = task_of(engine, case)

    assert allowed(engine, FRONT, task) == allowed(engine, STORE, task) == {"read", "claim", "complete", "attempt"}
    assert allowed(engine, TECH, task) == allowed(engine, STRANGER, task) == set()


def test_a_claimed_task_is_completed_by_its_holder_alone(engine: ProcessEngine, case: str) -> None:
    task = engine.run(FRONT, user_tasks.claim, task_of(engine, case).id)

    assert allowed(engine, FRONT, task) == {"read", "claim", "unclaim", "complete", "assign", "attempt"}
    with pytest.raises(Conflict) as lost:
        engine.run(FRONT2, user_tasks.complete, task.id)
    assert lost.value.holder == "front"
    with pytest.raises(Forbidden) as refused:
        engine.run(TECH, user_tasks.complete, task.id)
    assert (refused.value.user_id, refused.value.operation) == ("tech", "complete")
    assert task.id in refused.value.resource


def test_an_administrator_hands_tasks_over_but_does_not_do_them(engine: ProcessEngine, case: str) -> None:
    task = task_of(engine, case)

    assert allowed(engine, ADMIN, task) == {"read", "assign"}
    with pytest.raises(Forbidden):
        engine.run(ADMIN, user_tasks.complete, task.id)


def test_compliance_reads_and_does_nothing(engine: ProcessEngine, case: str) -> None:
    assert allowed(engine, COMPL, task_of(engine, case)) == {"read"}


def test_whom_an_escalation_brought_in_may_take_the_task_over(engine: ProcessEngine, case: str) -> None:
    task = engine.run(FRONT, user_tasks.claim, task_of(engine, case).id)
    assert allowed(engine, WM, task) == set()

    escalate(engine, task, "WM")

    assert allowed(engine, WM, task) == {"read", "claim", "complete", "attempt", "assign"}


def test_who_was_too_late_hears_of_a_conflict(engine: ProcessEngine, case: str) -> None:
    task = task_of(engine, case)
    engine.run(FRONT, user_tasks.complete, task.id)

    with pytest.raises(Conflict):
        engine.run(FRONT2, user_tasks.complete, task.id)


def test_a_closed_task_is_still_read_by_who_did_it_and_by_compliance(engine: ProcessEngine, case: str) -> None:
    engine.run(FRONT, user_tasks.complete, task_of(engine, case).id)
    task = task_of(engine, case)

    assert [who.user_id for who in (FRONT, FRONT2, TECH, COMPL) if may(engine, who, task, "read")] == ["front", "compl"]


def test_a_task_without_any_role_may_be_done_by_an_administrator(engine: ProcessEngine, case: str) -> None:
    task = task_of(engine, case)

    def free(ctx: CommandContext) -> None:
        ctx.connection.execute(models.task_candidate.delete())

    engine.run(SYSTEM_ACTOR, free)

    assert "complete" in allowed(engine, ADMIN, task)
    assert allowed(engine, FRONT, task) == set()


def test_the_system_may_do_everything(engine: ProcessEngine, case: str) -> None:
    assert len(allowed(engine, SYSTEM_ACTOR, task_of(engine, case))) == 6


def test_lists_are_limited_to_what_may_be_read(engine: ProcessEngine, case: str) -> None:
    def listed(ctx: CommandContext) -> int:
        condition = authorizations.may_read_tasks(ctx)
        query = select(models.user_task.c.id)
        return len(ctx.connection.execute(query if condition is None else query.where(condition)).all())

    seen = {who.user_id: engine.read(who, listed) for who in (FRONT, STORE, TECH, STRANGER, ADMIN, COMPL)}

    assert seen == {"front": 1, "store": 1, "tech": 0, "stranger": 0, "admin": 1, "compl": 1}


# ------------------------------------------------------------ starts and messages


def may_start(engine: ProcessEngine, who: Actor) -> bool:
    return engine.read(who, lambda ctx: authorizations.may_start(ctx, repair(ctx)))


def test_a_process_is_started_by_the_roles_of_its_first_tasks(engine: ProcessEngine, case: str) -> None:
    starters = [who.user_id for who in (FRONT, STORE, TECH, STRANGER, OWNER, ADMIN, WORKER) if may_start(engine, who)]

    assert starters == ["front", "store", "admin", "worker"]
    with pytest.raises(Forbidden):
        engine.read(TECH, lambda ctx: authorizations.require_start(ctx, repair(ctx)))


def test_a_process_may_declare_who_starts_it(engine: ProcessEngine, deploy: Deploy) -> None:
    declared = 'isExecutable="true" camunda:candidateStarterGroups="WM, TECH"'
    deploy(repair__bpmn=REPAIR.replace('isExecutable="true"', declared))

    assert [who.user_id for who in (FRONT, TECH, WM) if may_start(engine, who)] == ["tech", "wm"]


def test_a_process_that_names_no_roles_is_started_by_everybody(engine: ProcessEngine, deploy: Deploy) -> None:
    begin, end = REPAIR.index("<bpmn:laneSet"), REPAIR.index("</bpmn:laneSet>") + len("</bpmn:laneSet>")
    deploy(repair__bpmn=REPAIR[:begin] + REPAIR[end:])

    assert may_start(engine, STRANGER)


def test_a_message_comes_from_who_takes_part(engine: ProcessEngine, case: str) -> None:
    engine.run(FRONT, user_tasks.complete, task_of(engine, case).id)
    arrived = Message("parts_arrived", process_instance_id=case)

    with pytest.raises(Forbidden):
        engine.run(actor("csr", "CSR"), messages.correlate, arrived)
    engine.run(TECH, messages.correlate, arrived)

    assert task_of(engine, case).element_id == "mend"


@pytest.mark.parametrize(
    ("check", "may_do"),
    [
        (authorizations.require_deploy, {"owner", "admin"}),
        (lambda ctx: authorizations.require_signal(ctx, "alarm"), {"worker", "admin"}),
        (lambda ctx: authorizations.require(ctx, "ExternalTask", "work"), {"worker", "admin"}),
        (lambda ctx: authorizations.require(ctx, "User", "write"), {"admin"}),
        (lambda ctx: authorizations.require(ctx, "History", "export"), {"compl"}),
        (
            lambda ctx: authorizations.require(ctx, "ProcessDefinition", "read"),
            {"owner", "worker", "admin", "compl", "front"},
        ),
        (lambda ctx: authorizations.require(ctx, "Nothing", "known"), set()),
    ],
)
def test_operations_follow_the_matrix(
    engine: ProcessEngine, check: Callable[[CommandContext], None], may_do: set[str]
) -> None:
    done = set()
    for who in (OWNER, WORKER, ADMIN, COMPL, FRONT):
        try:
            engine.read(who, check)
        except Forbidden:
            continue
        done.add(who.user_id)

    assert done == may_do
    engine.read(SYSTEM_ACTOR, check)


# ------------------------------------------------------------ histories


def readers(engine: ProcessEngine, case: str, *people: Actor) -> set[str]:
    return {who.user_id for who in people if engine.read(who, authorizations.may_read_history, case)}


def test_a_history_is_read_by_who_had_a_task_and_by_compliance(engine: ProcessEngine, case: str) -> None:
    engine.run(FRONT, user_tasks.complete, task_of(engine, case).id)
    people = (FRONT, FRONT2, TECH, COMPL, ADMIN, OWNER, actor("supv", "SUPV"), actor("pio", "PIO"), actor("csr", "CSR"))

    assert readers(engine, case, *people) == {"front", "compl", "supv", "pio"}


def test_heads_read_the_histories_of_their_department(engine: ProcessEngine, case: str) -> None:
    def hire(ctx: CommandContext) -> None:
        users.create(ctx, "front", name="F", roles=["FRONT"])

    engine.run(SYSTEM_ACTOR, hire)
    engine.run(FRONT, user_tasks.complete, task_of(engine, case).id)

    assert readers(engine, case, WM, actor("csd", "CSD")) == {"wm"}


def test_who_works_on_a_case_may_read_it(engine: ProcessEngine, case: str) -> None:
    for who in (FRONT, STORE, ADMIN, WORKER, COMPL):
        engine.read(who, authorizations.require_instance, case)
    with pytest.raises(Forbidden):
        engine.read(STRANGER, authorizations.require_instance, case)


def test_lists_of_cases_are_limited_the_same_way(engine: ProcessEngine, case: str) -> None:
    engine.run(FRONT, user_tasks.complete, task_of(engine, case).id)
    instance = models.process_instance

    def listed(ctx: CommandContext) -> int:
        condition = authorizations.history_condition(ctx, instance.c.root_id)
        query = select(instance.c.id)
        return len(ctx.connection.execute(query if condition is None else query.where(condition)).all())

    assert [engine.read(who, listed) for who in (FRONT, FRONT2, WM, COMPL)] == [1, 0, 0, 1]
