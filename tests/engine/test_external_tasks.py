"""External tasks: fetched once, locked for a while, completed, failed, given up."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from engine import (
    deployments,
    external_task_queries,
    external_tasks,
    incidents,
    models,
    modifications,
    process_instances,
    variables,
)
from engine.bpmn.modification import Change
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR, Actor, CommandContext
from engine.errors import Forbidden, InvalidRequest, NotFound
from engine.external_task_queries import ExternalTaskQuery
from engine.external_tasks import FetchRequest, LockedTask, TopicRequest
from engine.process_engine import ProcessEngine
from engine.variable_conditions import VariableCondition
from tests.engine.diagrams import diagram, flows

WORKER = Actor("robot", frozenset({"WORKER"}))
CHARGE = diagram(
    '<extensionElements><camunda:properties><camunda:property name="variable.phone" value="BASIC"/>'
    '<camunda:property name="variable.part" value="none"/></camunda:properties></extensionElements>'
    '<startEvent id="begin"/>'
    '<serviceTask id="charge" camunda:type="external" camunda:topic="charge" camunda:taskPriority="=urgency"/>'
    '<boundaryEvent id="declined" attachedToRef="charge"><errorEventDefinition errorRef="e"/></boundaryEvent>'
    '<endEvent id="done"/><endEvent id="unpaid"/>' + flows("begin>charge", "charge>done", "declined>unpaid"),
    key="payment",
    extra='<error id="e" errorCode="declined"/>',
)


@pytest.fixture(autouse=True)
def deployed(engine: ProcessEngine) -> None:
    engine.run(SYSTEM_ACTOR, deployments.create, name="payment", resources={"payment.bpmn": CHARGE.encode()})


def start(engine: ProcessEngine, *, urgency: int = 0, key: str | None = None, **values: object) -> str:
    def command(ctx: CommandContext) -> str:
        from engine import process_definitions

        given = {"urgency": urgency, **values}
        found = process_definitions.latest(ctx, "payment")
        return process_instances.start(ctx, found, values=given, business_key=key).id

    return engine.run(SYSTEM_ACTOR, command)


def request(*, most: int = 10, by_priority: bool = False, **topic: object) -> FetchRequest:
    asked = TopicRequest("charge", lock_duration_ms=60_000, **topic)  # type: ignore[arg-type]
    return FetchRequest("w1", most, (asked,), use_priority=by_priority)


def fetch(engine: ProcessEngine, asked: FetchRequest | None = None) -> list[LockedTask]:
    return engine.run(WORKER, external_tasks.fetch_and_lock, asked or request())


def state(engine: ProcessEngine, instance_id: str) -> tuple[str, str | None]:
    row = engine.read(SYSTEM_ACTOR, process_instances.get, instance_id)
    return row.state, row.end_event


def test_a_locked_task_is_fetched_by_nobody_else_until_its_lock_runs_out(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    start(engine)
    (first,) = fetch(engine)
    assert fetch(engine) == []
    assert not engine.read(WORKER, external_tasks.is_available, request())
    clock.move_to(clock.now() + timedelta(seconds=61))
    (again,) = fetch(engine)
    assert again.task.id == first.task.id


def test_the_most_urgent_comes_first_only_if_asked(engine: ProcessEngine) -> None:
    ids = [start(engine, urgency=urgency) for urgency in (1, 5, 3)]
    by_priority = [one.task.root_id for one in fetch(engine, request(most=2, by_priority=True))]
    assert by_priority == [ids[1], ids[2]]
    assert [one.task.root_id for one in fetch(engine)] == [ids[0]]


def test_topics_are_narrowed_by_business_key_definition_and_variables(engine: ProcessEngine) -> None:
    start(engine, key="K-1", amount=5, part="brake")
    wanted = start(engine, key="K-2", amount=50, part="tyre")

    def find(**topic: object) -> list[str]:
        asked = FetchRequest("w1", 10, (TopicRequest("charge", 1, **topic),))  # type: ignore[arg-type]
        return [one.task.root_id for one in engine.run(WORKER, external_tasks.fetch_and_lock, asked)]

    for topic in (
        {"business_key": "K-2"},
        {"conditions": (VariableCondition("amount", "gt", 9),)},
        {"conditions": (VariableCondition("part", "like", "%yr%"),)},
        {"conditions": (VariableCondition("amount", "neq", 5), VariableCondition("part", "eq", "tyre"))},
    ):
        assert find(**topic) == [wanted], topic
        engine.clock.move_to(engine.clock.now() + timedelta(seconds=1))  # type: ignore[attr-defined]
    assert find(definition_key="other") == find(version_tag="x") == []
    assert len(find(definition_keys=("payment",))) == 2


def test_a_worker_gets_the_variables_it_asks_for(engine: ProcessEngine) -> None:
    start(engine, part="tyre", amount=7)
    (task,) = fetch(engine, request(variables=("part",)))
    assert dict(task.variables) == {"part": "tyre"}


def test_a_completed_task_lets_the_instance_go_on_with_its_result(engine: ProcessEngine) -> None:
    instance_id = start(engine)
    (locked,) = fetch(engine)
    engine.run(WORKER, external_tasks.complete, locked.task.id, worker_id="w1", values={"receipt_no": 7})
    assert state(engine, instance_id) == ("COMPLETED", "done")
    assert engine.read(SYSTEM_ACTOR, variables.of_instance, instance_id)["receipt_no"] == 7
    with pytest.raises(NotFound):
        engine.run(WORKER, external_tasks.complete, locked.task.id, worker_id="w1")


def test_another_worker_cannot_report_on_a_task(engine: ProcessEngine) -> None:
    start(engine)
    (locked,) = fetch(engine)
    for command in (external_tasks.complete, external_tasks.extend_lock):
        more = {"new_duration_ms": 5} if command is external_tasks.extend_lock else {}
        with pytest.raises(InvalidRequest, match="locked by worker w1"):
            engine.run(WORKER, command, locked.task.id, worker_id="w2", **more)  # type: ignore[arg-type]


def test_a_failure_waits_for_its_timeout_and_the_last_one_opens_an_incident(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    instance_id = start(engine, phone="13800138000")
    for retries in (1, 0):
        (locked,) = fetch(engine)
        engine.run(
            WORKER,
            external_tasks.fail,
            locked.task.id,
            worker_id="w1",
            message="no answer from 13800138000",
            details="trace 13800138000",
            retries=retries,
            retry_timeout_ms=1000,
        )
        assert fetch(engine) == []
        clock.move_to(clock.now() + timedelta(seconds=2))
    assert fetch(engine) == []
    (incident,) = engine.read(SYSTEM_ACTOR, incidents.open_of, instance_id)
    assert (incident.type, incident.message) == ("failedExternalTask", "no answer from ***")
    task = engine.read(SYSTEM_ACTOR, external_task_queries.get, locked.task.id)
    assert (task.error_message, task.error_details) == ("no answer from ***", "trace ***")

    engine.run(WORKER, external_tasks.set_retries, task.id, 1)
    assert engine.read(SYSTEM_ACTOR, incidents.open_of, instance_id) == []
    assert len(fetch(engine)) == 1


@pytest.mark.parametrize(("code", "expected"), [("declined", ("COMPLETED", "unpaid")), ("other", ("failed", None))])
def test_a_bpmn_error_takes_its_way_through_the_diagram(
    engine: ProcessEngine, code: str, expected: tuple[str, str | None]
) -> None:
    instance_id = start(engine)
    (locked,) = fetch(engine)
    engine.run(WORKER, external_tasks.throw_error, locked.task.id, worker_id="w1", code=code, values={"why": 3})
    ended = state(engine, instance_id)
    assert ended == (expected if code == "declined" else ("INTERNALLY_TERMINATED", None))


def test_a_lock_is_extended_and_given_up(engine: ProcessEngine, clock: VirtualClock) -> None:
    start(engine)
    (locked,) = fetch(engine)
    engine.run(WORKER, external_tasks.extend_lock, locked.task.id, worker_id="w1", new_duration_ms=600_000)
    clock.move_to(clock.now() + timedelta(minutes=5))
    assert fetch(engine) == []
    woken: list[object] = []
    engine.on_external_tasks.append(woken.append)
    engine.run(WORKER, external_tasks.unlock, locked.task.id)
    assert (woken, len(fetch(engine))) == ([["charge"]], 1)


def test_a_suspended_instance_hands_out_no_task(engine: ProcessEngine) -> None:
    instance_id = start(engine)
    engine.run(SYSTEM_ACTOR, process_instances.set_suspended, instance_id, suspended=True)
    assert fetch(engine) == []
    query = ExternalTaskQuery(suspended=True)
    assert engine.read(SYSTEM_ACTOR, external_task_queries.count, query) == 1


def test_many_workers_at_once_get_each_task_once(engine: ProcessEngine) -> None:
    for _ in range(24):
        start(engine)
    got: list[str] = []

    def work(name: str) -> None:
        asked = FetchRequest(name, 1, (TopicRequest("charge", 60_000),))
        for _ in range(4):
            got.extend(one.task.id for one in engine.run(WORKER, external_tasks.fetch_and_lock, asked))

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(got)) == len(got) == 24


def test_people_are_no_workers(engine: ProcessEngine) -> None:
    start(engine)
    with pytest.raises(Forbidden):
        engine.run(Actor("csr", frozenset({"CSR"})), external_tasks.fetch_and_lock, request())


def test_new_work_is_told_after_the_commit(engine: ProcessEngine) -> None:
    seen: list[int] = []

    def told(_topics: object) -> None:
        with engine.database.read() as connection:
            seen.append(len(connection.execute(models.external_task.select()).all()))

    engine.on_external_tasks.append(told)
    start(engine)
    assert seen == [1]


@pytest.mark.parametrize("by", ["instance", "element"])
def test_the_incident_of_a_task_that_is_withdrawn_is_closed(engine: ProcessEngine, by: str) -> None:
    instance_id = start(engine)
    (locked,) = fetch(engine)
    engine.run(
        WORKER,
        external_tasks.fail,
        locked.task.id,
        worker_id="w1",
        message="no line",
        details=None,
        retries=0,
        retry_timeout_ms=0,
    )
    assert len(engine.read(SYSTEM_ACTOR, incidents.open_of, instance_id)) == 1

    if by == "instance":
        engine.run(SYSTEM_ACTOR, process_instances.cancel, instance_id, reason=None)
    else:
        changes = [Change("cancel", "charge"), Change("startBeforeActivity", "charge")]
        engine.run(SYSTEM_ACTOR, modifications.modify, instance_id, changes)

    assert engine.read(SYSTEM_ACTOR, incidents.open_of, instance_id) == []
