"""Running instances and their history."""

from __future__ import annotations

from collections.abc import Callable

from tests.api.desk import Person


def _instance(csr: Person, task_id: str) -> str:
    return str(csr.get(f"/engine-rest/task/{task_id}").json["processInstanceId"])


def test_an_instance_is_found_by_key_business_key_and_variable(task_id: str, csr: Person) -> None:
    instance_id = _instance(csr, task_id)
    one = csr.get(f"/engine-rest/process-instance/{instance_id}").json
    for query in (
        f"businessKey={one['businessKey']}",
        "processDefinitionKey=calls",
        "variables=subject_eq_tyres",
        f"processInstanceIds={instance_id}",
    ):
        assert [row["id"] for row in csr.get(f"/engine-rest/process-instance?{query}").json] == [instance_id], query
    assert csr.get("/engine-rest/process-instance?variables=subject_eq_brakes").json == []
    body = {"variables": [{"name": "subject", "operator": "eq", "value": "tyres"}]}
    assert csr.post("/engine-rest/process-instance/count", body).json == {"count": 1}
    greater = csr.get("/engine-rest/process-instance?variables=subject_gt_an").json
    assert [row["id"] for row in greater] == [instance_id]
    assert csr.get("/engine-rest/process-instance?variables=subject_like_%25yre%25").json == greater
    assert csr.get("/engine-rest/process-instance?variables=subject_gt_1").json == []
    assert csr.get("/engine-rest/process-instance?variables=subject_is_1").status_code == 400


def test_the_activity_tree_shows_where_the_instance_waits(task_id: str, csr: Person) -> None:
    instance_id = _instance(csr, task_id)
    tree = csr.get(f"/engine-rest/process-instance/{instance_id}/activity-instances").json
    assert (tree["id"], tree["activityType"], tree["activityId"]) == (instance_id, "processDefinition", "calls")
    assert [(one["activityId"], one["activityType"]) for one in tree["childActivityInstances"]] == [
        ("write_down", "userTask")
    ]


def test_the_path_of_a_case_names_flows_steps_and_end(task_id: str, csr: Person, css: Person) -> None:
    instance_id = _instance(csr, task_id)
    path = csr.get(f"/api/instances/{instance_id}/path").json
    assert (path["flows"], path["current"], path["ended"]) == (["f1"], ["write_down"], None)
    csr.post(f"/api/tasks/{task_id}/complete", {"data": {"caller": "王小明"}})
    look = css.get("/api/tasks?view=groups").json["items"][0]["id"]
    css.post(f"/engine-rest/task/{look}/complete", {})
    over = csr.get(f"/api/instances/{instance_id}/path").json
    assert over["flows"] == ["f1", "f2", "f3"]
    assert (over["completed"], over["current"], over["ended"]) == (["called", "write_down", "look", "done"], [], "done")
    assert csr.get(f"/engine-rest/process-instance/{instance_id}").status_code == 404


def test_the_history_keeps_what_is_over(task_id: str, csr: Person, admin: Person) -> None:
    instance_id = _instance(csr, task_id)
    gone = admin.delete(f"/engine-rest/process-instance/{instance_id}?deleteReason=开错了")
    assert gone.status_code == 204, gone.text
    history = admin.get(f"/engine-rest/history/process-instance/{instance_id}").json
    assert (history["state"], history["startUserId"]) == ("EXTERNALLY_TERMINATED", "csr")
    assert "开错了" not in admin.get("/engine-rest/history/process-instance").text
    assert admin.get("/engine-rest/history/process-instance/count?finished=true").json == {"count": 1}
    (task,) = admin.get(f"/engine-rest/history/task?processInstanceId={instance_id}").json
    assert (task["id"], task["taskState"]) == (task_id, "Deleted")
    activities = admin.get(
        f"/engine-rest/history/activity-instance?processInstanceId={instance_id}&sortBy=startTime&sortOrder=asc"
    ).json
    assert [(one["activityId"], one["canceled"]) for one in activities] == [("called", False), ("write_down", True)]
    assert activities[1]["taskId"] == task_id
    posted = admin.post("/engine-rest/history/variable-instance/count", {"variableName": "subject"}).json
    assert posted == {"count": 1}


def test_a_suspended_instance_holds_its_tasks(task_id: str, csr: Person, owner: Person) -> None:
    instance_id = _instance(csr, task_id)
    path = f"/engine-rest/process-instance/{instance_id}/suspended"
    assert csr.put(path, {"suspended": True}).status_code == 403
    assert owner.put(path, {"suspended": True}).status_code == 204
    assert owner.get(f"/engine-rest/process-instance/{instance_id}").json["suspended"] is True
    assert csr.post(f"/api/tasks/{task_id}/claim").status_code == 409
    assert owner.put(path, {"suspended": False}).status_code == 204
    assert csr.post(f"/api/tasks/{task_id}/claim").status_code == 200


def test_whoever_has_no_part_in_a_case_sees_nothing_of_it(
    task_id: str, csr: Person, someone: Callable[[str], Person]
) -> None:
    instance_id, tech = _instance(csr, task_id), someone("tech")
    for path in (
        f"/engine-rest/process-instance/{instance_id}",
        f"/engine-rest/process-instance/{instance_id}/variables",
        f"/engine-rest/process-instance/{instance_id}/activity-instances",
        f"/engine-rest/history/process-instance/{instance_id}",
        f"/api/instances/{instance_id}/path",
        f"/api/decisions?processInstanceId={instance_id}",
        f"/api/deadlines?processInstanceId={instance_id}",
    ):
        assert tech.get(path).status_code == 403, path
    for noun in ("process-instance", "activity-instance", "task", "variable-instance", "user-operation"):
        assert tech.get(f"/engine-rest/history/{noun}").json == [], noun
        assert tech.get(f"/engine-rest/history/{noun}/count").json == {"count": 0}, noun
