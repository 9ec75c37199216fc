"""Cases move to a new version over Camunda's interface, at once or in a batch."""

from __future__ import annotations

from typing import Any

import pytest

from engine import job_executor
from engine.process_engine import ProcessEngine
from tests.api.desk import CALLS, FILES, Person

REST = "/engine-rest"
# The second version: the supervisor's task has another name, and the first one lies in another lane.
MOVED = CALLS.replace('id="look" name="复核"', 'id="review" name="复审"').replace('"look"', '"review"')
MOVED = MOVED.replace(">look<", ">review<").replace('value="CSR"', 'value="OPSD"')


@pytest.fixture
def plan(task_id: str, owner: Person, calls: str) -> dict[str, Any]:
    """The generated plan from the first version, on which a case runs, to the second."""
    files = {**FILES, "calls.bpmn": MOVED}
    made = owner.deploy(files).json["deployedProcessDefinitions"]
    body = {"sourceProcessDefinitionId": calls, "targetProcessDefinitionId": next(iter(made))}
    generated = owner.post(f"{REST}/migration/generate", body)
    assert generated.status_code == 200, generated.text
    return dict(generated.json)


def instance_of(csr: Person, task_id: str) -> str:
    return str(csr.get(f"{REST}/task/{task_id}").json["processInstanceId"])


def test_a_plan_is_generated_and_checked(plan: dict[str, Any], owner: Person) -> None:
    sources = [one["sourceActivityIds"] for one in plan["instructions"]]
    assert ["write_down"] in sources
    assert ["look"] not in sources
    assert owner.post(f"{REST}/migration/validate", plan).json == {"instructionReports": [], "variableReports": {}}
    wrong = {**plan, "instructions": [{"sourceActivityIds": ["look"], "targetActivityIds": ["done"]}]}
    (report,) = owner.post(f"{REST}/migration/validate", wrong).json["instructionReports"]
    assert report["failures"] == ["look (userTask) and done (endEvent) are not of the same kind"]


def test_a_preview_says_what_would_happen(plan: dict[str, Any], task_id: str, csr: Person, owner: Person) -> None:
    body = {"migrationPlan": plan, "processInstanceIds": [instance_of(csr, task_id)]}
    seen = owner.post("/api/migrations/preview", body).json
    assert seen == {
        "instances": 1, "movable": 1, "userTasks": 1, "timers": 0, "subscriptions": 0, "reassigned": 1, "refused": []
    }  # fmt: skip


def test_a_case_is_migrated_and_its_lane_decides_who_may_go_on(
    plan: dict[str, Any], task_id: str, csr: Person, owner: Person, admin: Person
) -> None:
    instance_id = instance_of(csr, task_id)
    body = {"migrationPlan": plan, "processInstanceIds": [instance_id], "annotation": "新版本"}
    assert csr.post(f"{REST}/migration/execute", body).status_code == 403
    assert owner.post(f"{REST}/migration/execute", body).status_code == 204
    task = admin.get(f"{REST}/task/{task_id}").json
    assert task["processDefinitionId"] == plan["targetProcessDefinitionId"]
    links = admin.get(f"{REST}/task/{task_id}/identity-links").json
    assert [link["groupId"] for link in links] == ["OPSD"]
    (operation,) = admin.get(f"{REST}/history/user-operation?operationType=Migrate").json or [None]
    assert operation is None or operation["userId"] == "owner"


def test_a_case_that_would_lose_its_task_is_refused_by_name(
    plan: dict[str, Any], task_id: str, csr: Person, owner: Person
) -> None:
    instance_id = instance_of(csr, task_id)
    csr.post(f"/api/tasks/{task_id}/complete", {"data": {"caller": "王小明"}})
    body = {"migrationPlan": plan, "processInstanceIds": [instance_id]}
    refused = owner.post(f"{REST}/migration/execute", body)
    assert refused.status_code == 400
    assert refused.json["type"] == "MigratingProcessInstanceValidationException"
    assert [one["mainElementId"] for one in refused.json["details"]] == ["look"]
    renamed = {"sourceActivityIds": ["look"], "targetActivityIds": ["review"]}
    body["migrationPlan"] = {**plan, "instructions": [*plan["instructions"], renamed]}
    assert owner.post(f"{REST}/migration/execute", body).status_code == 204


def test_a_batch_migrates_in_the_background_and_says_how_far_it_is(
    plan: dict[str, Any], task_id: str, csr: Person, owner: Person, engine: ProcessEngine
) -> None:
    query = {"processDefinitionId": plan["sourceProcessDefinitionId"]}
    body = {"migrationPlan": plan, "processInstanceQuery": query, "annotation": "王小明要求"}
    batch = owner.post(f"{REST}/migration/executeAsync", body)
    assert batch.status_code == 200, batch.text
    assert (batch.json["type"], batch.json["totalJobs"]) == ("instance-migration", 1)
    job_executor.run_due(engine)
    (seen,) = owner.get(f"{REST}/batch/statistics?batchId={batch.json['id']}").json
    assert (seen["completedJobs"], seen["remainingJobs"], seen["failedJobs"]) == (1, 0, 0)
    assert owner.get(f"{REST}/process-instance?{'processDefinitionId=' + plan['targetProcessDefinitionId']}").json
    assert owner.delete(f"{REST}/batch/{batch.json['id']}").status_code == 204
    assert owner.get(f"{REST}/batch").json == []


def test_a_refused_instance_of_a_batch_opens_an_incident(
    plan: dict[str, Any], task_id: str, csr: Person, owner: Person, engine: ProcessEngine
) -> None:
    instance_id = instance_of(csr, task_id)
    csr.post(f"/api/tasks/{task_id}/complete", {"data": {"caller": "王小明"}})
    body = {"migrationPlan": plan, "processInstanceIds": [instance_id]}
    batch = owner.post(f"{REST}/migration/executeAsync", body).json
    job_executor.run_due(engine)
    (seen,) = owner.get(f"{REST}/batch/statistics?batchId={batch['id']}").json
    assert (seen["completedJobs"], seen["failedJobs"]) == (0, 1)
    (incident,) = owner.get(f"{REST}/incident").json
    assert incident["processInstanceId"] == instance_id
    assert "look" in incident["incidentMessage"]


@pytest.mark.parametrize(
    "change",
    [
        {"sourceProcessDefinitionId": None},
        {"targetProcessDefinitionId": 7},
        {"instructions": "all"},
        {"instructions": [{"sourceActivityIds": ["a", "b"], "targetActivityIds": ["a"]}]},
        {"instructions": [7]},
    ],
)
def test_a_plan_that_cannot_be_read_is_a_bad_request(
    plan: dict[str, Any], owner: Person, change: dict[str, Any]
) -> None:
    assert owner.post(f"{REST}/migration/validate", {**plan, **change}).status_code == 400
