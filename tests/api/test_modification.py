"""Cases are set right over Camunda's interface: moved by hand, restarted, held, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import job_executor, models
from engine.clock import VirtualClock
from engine.process_engine import ProcessEngine
from tests.api.desk import Person

REST = "/engine-rest"


@pytest.fixture
def case_id(task_id: str, csr: Person) -> str:
    return str(csr.get(f"{REST}/task/{task_id}").json["processInstanceId"])


def open_elements(admin: Person, case_id: str) -> list[str]:
    tasks = admin.get(f"{REST}/task?processInstanceId={case_id}").json
    return sorted(task["taskDefinitionKey"] for task in tasks)


MOVE = [{"type": "cancel", "activityId": "write_down"}, {"type": "startBeforeActivity", "activityId": "look"}]


def test_a_case_is_moved_by_hand_with_an_annotation(case_id: str, csr: Person, owner: Person, admin: Person) -> None:
    path, body = f"{REST}/process-instance/{case_id}/modification", {"instructions": MOVE, "annotation": "王小明说"}
    assert csr.post(path, body).status_code == 403
    assert owner.post(path, body).status_code == 204
    assert open_elements(admin, case_id) == ["look"]
    log = owner.get(f"/api/audit/export?processInstanceId={case_id}")
    assert "王小明" not in log.text


def test_variables_of_an_instruction_are_set(case_id: str, owner: Person, admin: Person) -> None:
    start: dict[str, Any] = {"type": "startBeforeActivity", "activityId": "look"}
    start["variables"] = {"amount": {"value": 7, "type": "Integer"}}
    path = f"{REST}/process-instance/{case_id}/modification"
    assert owner.post(path, {"instructions": [start]}).status_code == 204
    assert admin.get(f"{REST}/process-instance/{case_id}/variables/amount").json["value"] == 7


@pytest.mark.parametrize(
    ("instructions", "status"),
    [
        ([], 400),
        ([{"type": "jump", "activityId": "look"}], 400),
        ([{"type": "cancel"}], 400),
        ([{"type": "cancel", "activityId": "look"}], 404),
        ([{"type": "startTransition", "transitionId": "nowhere"}], 404),
        ([{"type": "cancel", "activityInstanceId": "nowhere"}], 404),
        ("all", 400),
    ],
)
def test_what_makes_no_sense_is_refused(case_id: str, owner: Person, instructions: Any, status: int) -> None:
    path = f"{REST}/process-instance/{case_id}/modification"
    assert owner.post(path, {"instructions": instructions}).status_code == status


def test_many_cases_are_moved_at_once_or_in_a_batch(
    case_id: str, owner: Person, admin: Person, engine: ProcessEngine
) -> None:
    body = {"instructions": MOVE, "processInstanceIds": [case_id]}
    assert owner.post(f"{REST}/modification/execute", body).status_code == 204
    assert open_elements(admin, case_id) == ["look"]
    back = [{"type": "cancel", "activityId": "look"}, {"type": "startTransition", "transitionId": "f1"}]
    body = {"instructions": back, "processInstanceIds": [case_id], "annotation": "退回"}
    assert owner.post(f"{REST}/modification/executeAsync", body).json["type"] == "instance-modification"
    job_executor.run_due(engine)
    assert open_elements(admin, case_id) == ["write_down"]


def test_a_batch_sets_the_variables_of_its_instructions(
    case_id: str, task_id: str, owner: Person, admin: Person, csr: Person, engine: ProcessEngine
) -> None:
    variables = {"said": {"value": "王小明"}, "amount": {"value": 7}, "mark": {"value": 1, "local": True}}
    moved = [MOVE[0], {"type": "startBeforeActivity", "activityId": "look", "variables": variables}]
    body = {"instructions": moved, "processInstanceIds": [case_id]}
    made = owner.post(f"{REST}/modification/executeAsync", body).json
    with engine.database.read() as connection:
        kept = connection.execute(select(models.batch.c.body)).scalar_one()
    assert "王小明".encode() not in kept
    job_executor.run_due(engine)
    assert owner.get(f"{REST}/batch/{made['id']}").json["failedJobs"] == 0
    seen = admin.get(f"{REST}/process-instance/{case_id}/variables").json
    assert (seen["amount"]["value"], seen["said"]["value"], "mark" in seen) == (7, "***", False)


def test_an_ended_case_is_restarted_with_what_it_started_with(
    case_id: str, calls: str, owner: Person, admin: Person, csr: Person
) -> None:
    business_key = owner.get(f"{REST}/process-instance/{case_id}").json["businessKey"]
    path, body = (
        f"{REST}/process-definition/{calls}/restart",
        {"processInstanceIds": [case_id], "initialVariables": True},
    )
    assert owner.post(path, body).status_code == 409
    admin.delete(f"{REST}/process-instance/{case_id}")
    assert csr.post(path, body).status_code == 403
    assert owner.post(path, body).status_code == 204
    (again,) = owner.get(f"{REST}/process-instance?businessKey={business_key}").json
    assert again["id"] != case_id
    assert open_elements(admin, again["id"]) == ["write_down"]
    assert admin.get(f"{REST}/process-instance/{again['id']}/variables/subject").json["value"] == "tyres"


def test_a_restart_may_begin_elsewhere_and_keeps_personal_references(
    case_id: str, task_id: str, calls: str, owner: Person, admin: Person, csr: Person
) -> None:
    csr.post(f"/api/tasks/{task_id}/complete", {"data": {"caller": "王小明"}})
    admin.delete(f"{REST}/process-instance/{case_id}")
    body = {
        "processInstanceIds": [case_id],
        "withoutBusinessKey": True,
        "instructions": [{"type": "startBeforeActivity", "activityId": "look"}],
    }
    assert owner.post(f"{REST}/process-definition/key/calls/restart", body).status_code == 204
    (again,) = owner.get(f"{REST}/process-instance?processDefinitionKey=calls").json
    assert open_elements(admin, again["id"]) == ["look"]
    table = f"{REST}/history/variable-instance?processInstanceId={again['id']}"
    assert "王小明" not in admin.get(table).text
    names = {one["name"] for one in admin.get(table).json}
    assert "caller" in names


def test_cases_and_definitions_are_held_and_let_go(case_id: str, calls: str, owner: Person, csr: Person) -> None:
    held = {"processDefinitionKey": "calls", "suspended": True, "includeProcessInstances": True}
    assert csr.put(f"{REST}/process-definition/suspended", held).status_code == 403
    assert owner.put(f"{REST}/process-definition/suspended", held).status_code == 204
    assert csr.post("/api/start", {"processKey": "calls", "data": {"subject": "x"}}).status_code == 409
    assert owner.get(f"{REST}/process-instance/{case_id}").json["suspended"] is True
    assert owner.put(f"{REST}/process-definition/{calls}/suspended", {"suspended": False}).status_code == 204
    body = {"processDefinitionId": calls, "suspended": False}
    assert owner.put(f"{REST}/process-instance/suspended", body).status_code == 204
    assert owner.get(f"{REST}/process-instance/{case_id}").json["suspended"] is False


def test_cases_and_definitions_are_held_at_an_instant(
    case_id: str, calls: str, owner: Person, csr: Person, engine: ProcessEngine, clock: VirtualClock
) -> None:
    at = (clock.now() + timedelta(hours=1)).isoformat()
    held = {"suspended": True, "executionDate": at}
    assert csr.put(f"{REST}/process-definition/{calls}/suspended", held).status_code == 403
    assert owner.put(f"{REST}/process-definition/{calls}/suspended", held).status_code == 204
    assert owner.put(f"{REST}/process-instance/{case_id}/suspended", held).status_code == 204
    assert owner.get(f"{REST}/process-definition/{calls}").json["suspended"] is False
    clock.move_to(clock.now() + timedelta(hours=1))
    job_executor.run_due(engine)
    assert owner.get(f"{REST}/process-definition/{calls}").json["suspended"] is True
    assert owner.get(f"{REST}/process-instance/{case_id}").json["suspended"] is True
    assert owner.put(f"{REST}/process-instance/{case_id}/suspended", held).status_code == 400, "it is past"
    log = owner.get(f"{REST}/job/count").json
    assert log == {"count": 0}


def test_many_cases_are_ended_with_a_reason(case_id: str, owner: Person, admin: Person, engine: ProcessEngine) -> None:
    body = {"processInstanceIds": [case_id], "deleteReason": "王小明重复"}
    assert owner.post(f"{REST}/process-instance/delete", body).json["type"] == "instance-deletion"
    job_executor.run_due(engine)
    ended = admin.get(f"{REST}/history/process-instance/{case_id}").json
    assert ended["state"] == "EXTERNALLY_TERMINATED"
    assert "王小明" not in admin.get(f"{REST}/history/process-instance").text
