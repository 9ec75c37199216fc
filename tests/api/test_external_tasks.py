"""What a worker sends and gets, and how it waits for work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from falcon import testing

from api.waiting import Waiters
from engine import users
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from tests.api.desk import PASSWORD, Person, basic
from tests.engine.diagrams import diagram, flows

DIAGRAM = diagram(
    '<startEvent id="begin"/>'
    '<serviceTask id="charge" camunda:type="external" camunda:topic="charge">'
    '<extensionElements><camunda:properties><camunda:property name="currency" value="fen"/></camunda:properties>'
    "</extensionElements></serviceTask>"
    '<endEvent id="done"/>' + flows("begin>charge", "charge>done"),
    key="payment",
)
FETCH = "/engine-rest/external-task/fetchAndLock"
TOPIC = {"topicName": "charge", "lockDuration": 60_000}


@pytest.fixture
def worker(engine: ProcessEngine, owner: Person, client: testing.TestClient) -> Person:
    engine.run(SYSTEM_ACTOR, users.create, "robot", name="R", roles=("WORKER",), password=PASSWORD)
    assert owner.deploy({"payment.bpmn": DIAGRAM}).status_code == 200
    return Person(client, "robot")


@pytest.fixture
def start(worker: Person) -> Callable[..., str]:
    def started(**values: Any) -> str:
        variables = {name: {"value": value} for name, value in values.items()}
        made = worker.post("/engine-rest/process-definition/key/payment/start", {"variables": variables})
        assert made.status_code == 200, made.text
        return str(made.json["id"])

    return started


def fetch(worker: Person, **more: Any) -> list[Any]:
    got = worker.post(FETCH, {"workerId": "w1", "maxTasks": 5, "topics": [TOPIC], **more})
    assert got.status_code == 200, got.text
    found: list[Any] = got.json
    return found


def test_a_task_is_fetched_with_its_variables_and_completed(worker: Person, start: Callable[..., str]) -> None:
    instance_id = start(caller="Wang", amount=5)
    (task,) = fetch(worker, topics=[{**TOPIC, "includeExtensionProperties": True}])
    assert (task["topicName"], task["workerId"], task["processInstanceId"]) == ("charge", "w1", instance_id)
    assert task["variables"]["caller"] == {"type": "String", "value": "Wang", "valueInfo": {}}
    assert task["extensionProperties"] == {"currency": "fen"}
    body = {"workerId": "w1", "variables": {"receipt": {"value": "R-1", "type": "String"}}}
    assert worker.post(f"/engine-rest/external-task/{task['id']}/complete", body).status_code == 204
    over = worker.get(f"/engine-rest/history/process-instance/{instance_id}").json
    assert (over["state"], over["endActivityId"]) == ("COMPLETED", "done")
    assert worker.get(f"/engine-rest/external-task/{task['id']}").status_code == 404


def test_a_worker_sees_personal_values_only_while_it_has_the_task(worker: Person, start: Callable[..., str]) -> None:
    instance_id = start(caller="Wang")
    address = f"/engine-rest/process-instance/{instance_id}/variables/caller"
    assert worker.get(address).json["value"] == "***"
    (task,) = fetch(worker)
    assert worker.get(address).json["value"] == "Wang"
    assert worker.post(f"/engine-rest/external-task/{task['id']}/unlock").status_code == 204
    assert worker.get(address).json["value"] == "***"


def test_a_failure_is_shown_with_its_details(worker: Person, start: Callable[..., str], admin: Person) -> None:
    instance_id = start()
    (task,) = fetch(worker)
    address = f"/engine-rest/external-task/{task['id']}"
    body = {"workerId": "w1", "errorMessage": "no line", "errorDetails": "at line 5", "retries": 0, "retryTimeout": 0}
    assert worker.post(f"{address}/failure", body).status_code == 204
    shown = worker.get(address).json
    assert (shown["errorMessage"], shown["retries"]) == ("no line", 0)
    assert worker.get(f"{address}/errorDetails").text == "at line 5"
    (incident,) = admin.get("/engine-rest/incident", query_string=f"processInstanceId={instance_id}").json
    assert (incident["incidentType"], incident["configuration"]) == ("failedExternalTask", task["id"])
    assert worker.put(f"{address}/retries", {"retries": 2}).status_code == 204
    assert [one["id"] for one in fetch(worker)] == [task["id"]]


def test_lists_are_filtered_and_counted(worker: Person, start: Callable[..., str]) -> None:
    start()
    start()
    fetch(worker, maxTasks=1)
    counts = {
        query: worker.get("/engine-rest/external-task/count", query_string=query).json["count"]
        for query in ("", "locked=true", "notLocked=true", "workerId=w1", "topicName=other", "noRetriesLeft=true")
    }
    assert list(counts.values()) == [2, 1, 1, 1, 0, 0]
    assert (
        len(worker.post("/engine-rest/external-task", {"sorting": [{"sortBy": "id", "sortOrder": "desc"}]}).json) == 2
    )
    assert worker.get("/engine-rest/external-task/topic-names").json == ["charge"]


@pytest.mark.parametrize(
    "body",
    [
        {"maxTasks": 1, "topics": []},
        {"workerId": "w1", "topics": []},
        {"workerId": "w1", "maxTasks": 1, "topics": [{"topicName": "charge"}]},
        {"workerId": "w1", "maxTasks": 1, "topics": [{"topicName": "charge", "lockDuration": 0}]},
        {"workerId": "w1", "maxTasks": 1, "topics": ["charge"]},
        {"workerId": "w1", "maxTasks": 1, "topics": [], "asyncResponseTimeout": 10**9},
    ],
)
def test_a_fetch_that_makes_no_sense_is_refused(worker: Person, body: dict[str, Any]) -> None:
    assert worker.post(FETCH, body).status_code == 400


# ------------------------------------------------------------ waiting


def test_a_poll_waits_for_its_time_and_no_longer(worker: Person) -> None:
    started = time.monotonic()
    assert fetch(worker, asyncResponseTimeout=300) == []
    assert 0.3 <= time.monotonic() - started < 3


def test_new_work_wakes_who_waits(engine: ProcessEngine) -> None:
    async def play() -> None:
        waiters, looked = Waiters(engine), [0]

        async def look() -> list[int]:
            looked[0] += 1
            return [1] if looked[0] > 1 else []

        polled = asyncio.create_task(waiters.poll(["charge"], look, timeout_seconds=20))
        await asyncio.sleep(0.05)
        assert (looked, polled.done()) == ([1], False)
        engine.on_external_tasks[-1](["other"])
        await asyncio.sleep(0.05)
        assert looked == [1]
        engine.on_external_tasks[-1](["charge"])
        assert await asyncio.wait_for(polled, 1) == [1]

    asyncio.run(play())


def test_a_hundred_pollers_delay_nobody(app: Any, worker: Person, start: Callable[..., str]) -> None:
    """Generous here, because test machines are busy; bench/longpoll.py measures it."""

    async def measure() -> tuple[float, int]:
        headers = {"Authorization": basic("robot")}
        async with testing.ASGIConductor(app) as conductor:
            await conductor.simulate_get("/engine-rest/version", headers=headers)
            body = {"workerId": "w", "maxTasks": 1, "topics": [TOPIC], "asyncResponseTimeout": 4_000}
            polls = [
                asyncio.create_task(conductor.simulate_post(FETCH, json=body, headers=headers)) for _ in range(100)
            ]
            await asyncio.sleep(1.5)
            times = []
            for _ in range(20):
                began = time.perf_counter()
                answered = await conductor.simulate_get("/engine-rest/process-definition/count", headers=headers)
                times.append(time.perf_counter() - began)
                assert answered.status_code == 200
            await conductor.simulate_post("/engine-rest/process-definition/key/payment/start", json={}, headers=headers)
            got = [len(one.json) for one in await asyncio.gather(*polls)]
            return sorted(times)[len(times) // 2], sum(got)

    middle, handed_out = asyncio.run(measure())
    assert handed_out == 1
    assert middle < 0.2
