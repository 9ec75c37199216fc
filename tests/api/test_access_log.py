"""Every refusal and every reading of what is not the own work is in the access log, without a personal value."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from falcon import testing

from api.access_log import BOUNDS
from api.app import create_app
from engine.access_log import LOG_IN_REFUSED, READ, REFUSED
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from tests.api.desk import PASSWORD, Person, basic

CALLER = "林晓彤"
Someone = Callable[[str], Person]


@pytest.fixture
def compl(client: testing.TestClient) -> Person:
    return Person(client, "compl")


def entries(compl: Person, kind: str, **filters: str) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in {"kind": kind, **filters}.items())
    answer = compl.get(f"/api/access-log?{query}")
    assert answer.status_code == 200, answer.text
    listed: list[dict[str, Any]] = answer.json
    assert compl.get(f"/api/access-log/count?{query}").json["count"] >= len(listed)
    return listed


def test_a_refusal_is_written_with_who_what_and_which_right(
    task_id: str, someone: Someone, compl: Person, engine: ProcessEngine
) -> None:
    refused = someone("tech").post(
        f"/engine-rest/task/{task_id}/complete",
        {"variables": {"caller": {"value": CALLER}}},
        headers={"X-Request-Id": "request-0001"},
    )
    assert refused.status_code == 403

    (entry,) = entries(compl, REFUSED, userId="tech")
    assert entry["details"] == {
        "method": "POST",
        "route": "/engine-rest/task/{task_id}/complete",
        "task_id": task_id,
        "request": "request-0001",
        "resource": "Task",
        "operation": "complete",
        "thing": task_id,
    }
    assert CALLER not in str(entries(compl, REFUSED))
    assert someone("admin").get("/api/audit/verify").json["intact"]


def test_each_way_to_be_refused_is_written(calls: str, someone: Someone, owner: Person, compl: Person) -> None:
    tech = someone("tech")
    tries: list[tuple[Person, str, str, Any, tuple[str, str]]] = [
        (tech, "GET", "/engine-rest/job", None, ("Job", "read")),
        (tech, "POST", "/engine-rest/signal", {"name": "x"}, ("Signal", "broadcast")),
        (tech, "GET", "/engine-rest/user/csr/profile", None, ("User", "read")),
        (tech, "POST", "/engine-rest/process-definition/key/calls/start", {}, ("ProcessDefinition", "start")),
        (tech, "GET", "/api/audit/verify", None, ("History", "verify")),
        (tech, "POST", "/api/tasks/x/claim", None, ("Session", "write")),
    ]
    for who, method, path, body, _ in tries:
        foreign = {"Sec-Fetch-Site": "cross-site"} if path.endswith("claim") else {}
        assert who.send(method, path, body, headers=foreign).status_code == 403, path

    found = entries(compl, REFUSED, userId="tech")
    assert [(one["details"]["resource"], one["details"]["operation"]) for one in reversed(found)] == [
        missing for *_, missing in tries
    ]


def test_what_a_refused_request_says_stays_out(calls: str, someone: Someone, compl: Person) -> None:
    tech = someone("tech")
    assert tech.get("/engine-rest/process-instance/13800001111/variables").status_code == 404
    assert tech.delete("/engine-rest/deployment/13800001111?note=13800001111").status_code == 403

    (entry,) = entries(compl, REFUSED, userId="tech")
    assert "13800001111" not in str(entry)


def test_who_storms_the_door_is_counted_and_fills_no_log(engine: ProcessEngine, calls: str, compl: Person) -> None:
    burst, _ = BOUNDS[REFUSED]
    much = 25

    async def storm() -> None:
        # One life of the process from the first request to the last, which a simulated request alone is not.
        async with testing.ASGIConductor(create_app(engine, run_jobs=False)) as process:
            for _ in range(burst + much):
                answer = await process.simulate_get("/engine-rest/job", headers={"Authorization": basic("tech")})
                assert answer.status_code == 403

    asyncio.run(storm())

    found = entries(compl, REFUSED, userId="tech", maxResults="500")
    written = sum(1 for one in found if one["details"].get("route"))
    assert burst <= written <= burst + 2
    assert written + sum(one["details"].get("leftOut", 0) for one in found) == burst + much


def test_what_was_left_out_is_told_once_however_often_the_process_stops(
    someone: Someone, calls: str, compl: Person
) -> None:
    burst, _ = BOUNDS[REFUSED]
    tech = someone("tech")
    for _ in range(burst + 10):  # each simulated request is a life of the process with a stop at its end
        assert tech.get("/engine-rest/job").status_code == 403

    found = entries(compl, REFUSED, userId="tech", maxResults="500")
    written = sum(1 for one in found if one["details"].get("route"))
    assert written + sum(one["details"].get("leftOut", 0) for one in found) == burst + 10


def test_reading_what_is_not_the_own_work_is_written_once(
    task_id: str, csr: Person, someone: Someone, compl: Person
) -> None:
    case = csr.get(f"/engine-rest/task/{task_id}").json["processInstanceId"]
    for _ in range(3):
        assert compl.get(f"/engine-rest/history/process-instance/{case}").status_code == 200
    assert compl.get(f"/api/audit/export?processInstanceId={case}").status_code == 200
    assert someone("admin").get("/engine-rest/task").status_code == 200

    found = entries(compl, READ, userId="compl", processInstanceId=case)
    assert [one["details"]["route"] for one in found] == [
        "/api/audit/export",
        "/engine-rest/history/process-instance/{instance_id}",
    ]
    assert [one["details"]["route"] for one in entries(compl, READ, userId="admin")] == ["/engine-rest/task"]


def test_reading_the_own_work_is_no_privileged_reading(task_id: str, csr: Person, compl: Person) -> None:
    assert csr.get("/engine-rest/task").status_code == 200
    assert csr.get(f"/api/tasks/{task_id}").status_code == 200

    assert entries(compl, READ, userId="csr") == []


def test_the_log_itself_is_read_by_those_who_supervise(calls: str, someone: Someone, compl: Person) -> None:
    assert someone("css").get("/api/access-log").status_code == 403
    assert someone("owner").get("/api/access-log").status_code == 403
    compl.get("/api/access-log")

    assert "/api/access-log" in {one["details"]["route"] for one in entries(compl, READ, userId="compl")}


def test_refused_log_ins_are_counted_without_a_name(engine: ProcessEngine, calls: str, compl: Person) -> None:
    burst, _ = BOUNDS[LOG_IN_REFUSED]

    async def guess() -> None:
        async with testing.ASGIConductor(create_app(engine, run_jobs=False)) as process:
            for n in range(burst):
                told = {"username": f"13800001{n:03}", "password": "wrong-password"}
                assert (await process.simulate_post("/api/session", json=told)).status_code == 401
                header = {"Authorization": basic("csr", f"wrong-password-{n}")}
                assert (await process.simulate_get("/engine-rest/task", headers=header)).status_code == 401

    asyncio.run(guess())

    found = entries(compl, LOG_IN_REFUSED)
    assert len(found) == burst + 1
    assert sum(one["details"].get("leftOut", 0) for one in found) == burst
    assert "13800001" not in str(found)
    assert {one["userId"] for one in found} == {"-"}


def test_who_tries_the_password_of_a_colleague_is_named_and_the_colleague_is_not(
    calls: str, csr: Person, compl: Person
) -> None:
    def verify(password: str) -> bool:
        body = {"username": "owner", "password": password}
        return bool(csr.post("/engine-rest/identity/verify", body).json["authenticated"])

    assert verify(PASSWORD)
    assert entries(compl, LOG_IN_REFUSED) == []
    assert not verify("wrong-password")

    (entry,) = entries(compl, LOG_IN_REFUSED, userId="csr")
    assert entry["details"]["route"] == "/engine-rest/identity/verify"
    assert "owner" not in str(entry)


def test_a_locked_account_is_told(client: testing.TestClient, calls: str, compl: Person) -> None:
    for n in range(10):
        client.simulate_get("/engine-rest/task", headers={"Authorization": basic("csr", f"wrong-password-{n}")})

    (entry,) = entries(compl, "accountLocked")
    assert entry["details"]["user"] == "csr"
    assert (
        client.simulate_get("/engine-rest/task", headers={"Authorization": basic("csr", PASSWORD)}).status_code == 401
    )


def test_approving_the_own_proposal_is_refused_and_written(owner: Person, compl: Person, engine: ProcessEngine) -> None:
    from engine import models
    from tests.api.desk import FILES

    owner.deploy(FILES)

    def control(ctx: Any) -> None:
        ctx.connection.execute(
            models.controlled_key.insert().values(kind="process", key="calls", since=ctx.now_micros, declared_by="t")
        )

    engine.run(SYSTEM_ACTOR, control)
    assert owner.deploy({"calls.bpmn": FILES["calls.bpmn"].replace("登记来电", "登记电话")}).status_code == 200
    (proposal,) = [one for one in owner.get("/api/proposals").json if one["state"] == "open"]

    assert owner.post(f"/api/proposals/{proposal['id']}/approve", {}).status_code == 403

    (entry,) = entries(compl, REFUSED, userId="owner")
    assert (entry["details"]["resource"], entry["details"]["operation"]) == ("Proposal", "approve")
