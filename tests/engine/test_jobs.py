"""Jobs: timers, deliveries, retries and what happens when everything was down."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from engine import incidents, job_executor, jobs, models
from engine.clock import VirtualClock, from_micros
from engine.context import SYSTEM_ACTOR
from engine.errors import ExecutionFailed
from engine.job_executor import advance, run_due
from engine.process_engine import ProcessEngine
from engine.values import load
from tests.conftest import NOW, Deploy
from tests.engine.commands import complete, instance, open_tasks, start
from tests.engine.diagrams import RECEIVER, SENDER, TIMER, diagram, flows, user_task


def events(engine: ProcessEngine, case_id: str) -> list[dict[str, object]]:
    table = models.history_event
    with engine.database.read() as connection:
        query = select(table.c.body).where(table.c.chain_id == case_id).order_by(table.c.seq)
        return [load(row.body) for row in connection.execute(query)]


def test_a_timer_fires_at_its_instant_and_not_before(
    engine: ProcessEngine, deploy: Deploy, clock: VirtualClock
) -> None:
    deploy(case__bpmn=TIMER)
    case = start(engine)

    advance(engine, clock, NOW + timedelta(minutes=59))
    assert "check" in open_tasks(engine, case.id)

    advance(engine, clock, NOW + timedelta(minutes=60))
    assert instance(engine, case.id).end_event == "gone"
    assert open_tasks(engine, case.id) == {}


def test_a_completed_task_takes_its_timer_along(engine: ProcessEngine, deploy: Deploy, clock: VirtualClock) -> None:
    deploy(case__bpmn=TIMER)
    case = start(engine)
    complete(engine, case.id, "check")

    advance(engine, clock, NOW + timedelta(hours=2))

    assert instance(engine, case.id).end_event == "done"


def test_a_timer_that_fell_due_while_everything_was_down_fires_and_records_how_late(
    engine: ProcessEngine, deploy: Deploy, clock: VirtualClock
) -> None:
    deploy(case__bpmn=TIMER)
    case = start(engine)
    clock.move_to(NOW + timedelta(hours=3))  # nobody ran jobs meanwhile

    run_due(engine)

    fired = [event for event in events(engine, case.id) if event["kind"] == "timer.fired"]
    assert [event["fired_late_by"] for event in fired] == [timedelta(hours=2) // timedelta(microseconds=1)]


def test_a_message_between_instances_is_delivered_once(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(sender__bpmn=SENDER, receiver__bpmn=RECEIVER)
    start(engine, "sender", amount=7)

    run_due(engine)
    run_due(engine)

    table = models.process_instance
    with engine.database.read() as connection:
        received = connection.execute(select(table.c.id).where(table.c.definition_key == "receiver")).all()
    assert len(received) == 1
    assert "work" in open_tasks(engine, received[0].id)


def test_a_message_that_nobody_waits_for_becomes_an_incident_after_its_retries(
    engine: ProcessEngine, deploy: Deploy, clock: VirtualClock
) -> None:
    deploy(sender__bpmn=SENDER)
    case = start(engine, "sender", amount=7)

    advance(engine, clock, NOW + timedelta(hours=1))

    found = engine.read(SYSTEM_ACTOR, incidents.open_of, case.id)
    assert [incident.type for incident in found] == ["failedJob"]
    assert "nobody waits for it" in found[0].message


def test_a_failed_job_goes_through_once_its_cause_is_gone(
    engine: ProcessEngine, deploy: Deploy, clock: VirtualClock
) -> None:
    deploy(sender__bpmn=SENDER)
    case = start(engine, "sender", amount=7)
    advance(engine, clock, NOW + timedelta(hours=1))
    job_id = engine.read(SYSTEM_ACTOR, incidents.open_of, case.id)[0].job_id

    deploy(receiver__bpmn=RECEIVER)
    engine.run(SYSTEM_ACTOR, jobs.set_retries, job_id, 3)
    run_due(engine)

    assert engine.read(SYSTEM_ACTOR, incidents.open_of, case.id) == []
    table = models.process_instance
    with engine.database.read() as connection:
        assert len(connection.execute(select(table.c.id).where(table.c.definition_key == "receiver")).all()) == 1


def test_the_incident_of_a_timer_closes_when_its_task_takes_the_timer_along(
    engine: ProcessEngine, deploy: Deploy, clock: VirtualClock
) -> None:
    body = (
        '<startEvent id="begin"/>'
        + user_task("check")
        + user_task("pay")
        + '<boundaryEvent id="expired" attachedToRef="check"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
        + '</timerEventDefinition></boundaryEvent><exclusiveGateway id="large"/>'
        + '<endEvent id="done"/><endEvent id="yes"/><endEvent id="no"/>'
        + flows("begin>check", "check>pay", "pay>done", "expired>large")
        + flows("large>yes:amount &gt; 100", "large>no:amount &lt;= 100")
    )
    deploy(case__bpmn=diagram(body))
    failed, other = start(engine), start(engine)
    advance(engine, clock, NOW + timedelta(hours=2))
    assert [one.type for one in engine.read(SYSTEM_ACTOR, incidents.open_of, failed.id)] == ["failedJob"]

    complete(engine, failed.id, "check")

    assert "pay" in open_tasks(engine, failed.id)
    assert engine.read(SYSTEM_ACTOR, incidents.open_of, failed.id) == []
    assert len(engine.read(SYSTEM_ACTOR, incidents.open_of, other.id)) == 1


def test_the_incident_of_a_start_timer_closes_when_a_newer_version_takes_its_place(
    engine: ProcessEngine, deploy: Deploy
) -> None:
    deploy(case__bpmn=MONTHLY)
    with engine.database.read() as connection:
        job_id = connection.execute(select(models.job.c.id)).scalar_one()
    for _ in range(3):
        engine.run(SYSTEM_ACTOR, jobs.fail, job_id, ExecutionFailed("no"))
    table = models.incident
    is_open = select(table.c.job_id).where(table.c.resolved_at.is_(None))
    with engine.database.read() as connection:
        assert connection.execute(is_open).scalars().all() == [job_id]

    deploy(case__bpmn=MONTHLY.replace("check", "inspect"))

    with engine.database.read() as connection:
        assert connection.execute(is_open).scalars().all() == []


def test_a_condition_without_an_answer_keeps_the_case_where_it_was_and_opens_an_incident(
    engine: ProcessEngine, deploy: Deploy
) -> None:
    body = (
        '<startEvent id="begin"/>'
        + user_task("check")
        + '<exclusiveGateway id="large"/><endEvent id="yes"/><endEvent id="no"/>'
        + flows("begin>check", "check>large", "large>yes:amount &gt; 100", "large>no:amount &lt;= 100")
    )
    deploy(case__bpmn=diagram(body))
    case = start(engine)

    with pytest.raises(ExecutionFailed):
        complete(engine, case.id, "check")

    assert "check" in open_tasks(engine, case.id)
    assert instance(engine, case.id).revision == case.revision
    assert len(engine.read(SYSTEM_ACTOR, incidents.open_of, case.id)) == 1
    assert complete(engine, case.id, "check", amount=7).end_event == "no"


def test_two_executors_share_the_work_and_do_nothing_twice(
    engine: ProcessEngine, deploy: Deploy, clock: VirtualClock
) -> None:
    deploy(case__bpmn=TIMER)
    cases = [start(engine).id for _ in range(12)]
    clock.move_to(NOW + timedelta(hours=2))
    threads = [threading.Thread(target=run_due, args=(engine,)) for _ in range(2)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_due(engine)

    for case_id in cases:
        assert instance(engine, case_id).end_event == "gone"
        assert sum(event["kind"] == "timer.fired" for event in events(engine, case_id)) == 1


def test_a_suspended_case_does_not_fire_its_timers(engine: ProcessEngine, deploy: Deploy, clock: VirtualClock) -> None:
    from engine import process_instances

    deploy(case__bpmn=TIMER)
    case = start(engine)
    engine.run(SYSTEM_ACTOR, process_instances.set_suspended, case.id, suspended=True)
    advance(engine, clock, NOW + timedelta(hours=2))
    assert instance(engine, case.id).state == "SUSPENDED"

    engine.run(SYSTEM_ACTOR, process_instances.set_suspended, case.id, suspended=False)
    run_due(engine)

    assert instance(engine, case.id).end_event == "gone"


def test_an_executor_thread_wakes_up_for_new_work(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(sender__bpmn=SENDER, receiver__bpmn=RECEIVER)
    executor = job_executor.JobExecutor(engine, poll_seconds=30)
    executor.start()
    try:
        start(engine, "sender", amount=7)
        found = _wait_for_receiver(engine)
    finally:
        executor.stop()

    assert found


def _wait_for_receiver(engine: ProcessEngine) -> bool:
    table = models.process_instance
    for _ in range(200):
        with engine.database.read() as connection:
            if connection.execute(select(table.c.id).where(table.c.definition_key == "receiver")).first():
                return True
        threading.Event().wait(0.02)
    return False


def test_a_job_whose_row_is_taken_away_is_not_run(engine: ProcessEngine, deploy: Deploy, clock: VirtualClock) -> None:
    deploy(case__bpmn=TIMER)
    case = start(engine)
    with engine.database.write() as connection:
        connection.execute(update(models.job).values(retries=0))

    advance(engine, clock, NOW + timedelta(hours=2))

    assert "check" in open_tasks(engine, case.id)


MONTHLY = diagram(
    '<startEvent id="month"><timerEventDefinition id="t"><timeCycle>0 5 0 1 * ?</timeCycle></timerEventDefinition>'
    "</startEvent>" + user_task("check") + '<endEvent id="done"/>' + flows("month>check", "check>done")
)


def test_a_start_that_fell_due_while_everything_was_down_happens_once_and_says_how_late(
    engine: ProcessEngine, deploy: Deploy, clock: VirtualClock
) -> None:
    deploy(case__bpmn=MONTHLY)
    with engine.database.read() as connection:
        due = from_micros(connection.execute(select(models.job.c.due_at)).scalar_one())
    clock.move_to(due + timedelta(days=70))  # two more firings were missed
    executors = [threading.Thread(target=run_due, args=(engine,)) for _ in range(4)]
    for one in executors:
        one.start()
    for one in executors:
        one.join()

    table = models.process_instance
    with engine.database.read() as connection:
        (case_id,) = connection.execute(select(table.c.id)).scalars()
        following = from_micros(connection.execute(select(models.job.c.due_at)).scalar_one())
    begun = events(engine, case_id)[0]
    assert begun["fired_late_by"] == timedelta(days=70) // timedelta(microseconds=1)
    assert following > clock.now()
