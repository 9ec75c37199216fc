"""/api/instances/{id}/ad-hoc: choosing what is done next."""

from __future__ import annotations

from tests.api.desk import Person
from tests.engine.test_ad_hoc_activities import ad_hoc


def test_choices_are_listed_started_and_ended(owner: Person, admin: Person, csr: Person) -> None:
    assert owner.deploy({"case.bpmn": ad_hoc()}).status_code == 200
    case = admin.post("/engine-rest/process-definition/key/case/start", {}).json["id"]
    route = f"/api/instances/{case}/ad-hoc"

    (held,) = admin.get(route).json
    assert held["name"] == {"zh": "帮助", "en": "帮助"}
    assert (held["activityId"], held["canComplete"]) == ("help", True)
    assert [(one["activityId"], one["mayStart"]) for one in held["activities"]] == [("call", True), ("repair", True)]
    which = {"activityInstanceId": held["activityInstanceId"]}
    assert csr.get(route).status_code == 403
    assert csr.post(f"{route}/start", {**which, "activityId": "call"}).status_code == 403
    assert admin.post(f"{route}/start", {**which, "activityId": "call"}).status_code == 204
    tasks = admin.get(f"/engine-rest/task?processInstanceId={case}").json
    assert [task["taskDefinitionKey"] for task in tasks] == ["call"]
    assert admin.post(f"{route}/start", which).status_code == 400
    assert admin.post(f"{route}/start", {**which, "activityId": "nowhere"}).status_code == 404
    assert admin.post(f"{route}/complete", which).status_code == 204
    assert admin.get(route).json == []
    assert admin.get("/api/instances/nowhere/ad-hoc").status_code == 404


def test_a_task_says_whether_its_process_has_choices(owner: Person, admin: Person, task_id: str) -> None:
    assert admin.get(f"/api/tasks/{task_id}").json["byHand"] is False
    assert owner.deploy({"case.bpmn": ad_hoc()}).status_code == 200
    case = admin.post("/engine-rest/process-definition/key/case/start", {}).json["id"]
    (held,) = admin.get(f"/api/instances/{case}/ad-hoc").json
    which = {"activityInstanceId": held["activityInstanceId"], "activityId": "call"}
    assert admin.post(f"/api/instances/{case}/ad-hoc/start", which).status_code == 204
    (task,) = admin.get(f"/engine-rest/task?processInstanceId={case}").json
    assert admin.get(f"/api/tasks/{task['id']}").json["byHand"] is True
