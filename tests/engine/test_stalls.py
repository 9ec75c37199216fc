"""An instance in which nothing can go on: the work is kept, an incident says where it stands."""

from __future__ import annotations

from sqlalchemy import select

from engine import incidents, models, process_instances
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from engine.values import load
from tests.conftest import Deploy
from tests.engine.commands import complete, instance, open_tasks, start
from tests.engine.diagrams import diagram, flows, user_task

STUCK = diagram(
    '<startEvent id="begin" camunda:initiator="starter"/>'
    + user_task("check")
    + '<exclusiveGateway id="either" default="either_left"/><task id="left"/><task id="right"/>'
    + '<parallelGateway id="both"/><endEvent id="done"/>'
    + flows("begin>check", "check>either", "either>left", "either>right:false", "left>both", "right>both", "both>done")
)


def test_the_task_before_a_stall_is_completed_and_an_incident_names_the_join(
    engine: ProcessEngine, deploy: Deploy
) -> None:
    deploy(case__bpmn=STUCK)
    case = start(engine)

    complete(engine, case.id, "check")

    assert open_tasks(engine, case.id) == {}
    assert instance(engine, case.id).state == process_instances.ACTIVE
    (incident,) = engine.read(SYSTEM_ACTOR, incidents.open_of, case.id)
    assert (incident.type, incident.element_id) == ("stalled", "both")
    with engine.database.read() as connection:
        bodies = connection.execute(
            select(models.history_event.c.body)
            .where(models.history_event.c.chain_id == case.id)
            .order_by(models.history_event.c.seq)
        ).scalars()
        last = load(list(bodies)[-1])
    assert {"s": "stalled", "e": ["both"]} in last["steps"]


def test_a_stalled_instance_is_cancelled_with_its_incident(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=STUCK)
    case = start(engine)
    complete(engine, case.id, "check")

    engine.run(SYSTEM_ACTOR, process_instances.cancel, case.id, reason=None)

    assert instance(engine, case.id).ended_at is not None
    assert engine.read(SYSTEM_ACTOR, incidents.open_of, case.id) == []


def test_a_start_event_keeps_who_started_the_instance(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=STUCK)
    case = start(engine)

    running = engine.run(SYSTEM_ACTOR, process_instances.load, case.id)

    assert running.instance.variables()["starter"] == SYSTEM_ACTOR.user_id
