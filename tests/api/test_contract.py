"""The rest of Camunda's contract: variables that are written, tables that are tried, tasks that are handed over."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from tests.api.desk import Person, multipart


@pytest.fixture
def instance_id(task_id: str, csr: Person) -> str:
    return str(csr.get(f"/engine-rest/task/{task_id}").json["processInstanceId"])


PHOTO = b"\x89PNG\x00" + bytes(range(256))
ROUND_TRIPS: dict[str, dict[str, Any]] = {
    "text": {"value": "小王", "type": "String", "valueInfo": {}},
    "short": {"value": 3, "type": "Short", "valueInfo": {}},
    "whole": {"value": 5, "type": "Integer", "valueInfo": {}},
    "long": {"value": 7, "type": "Long", "valueInfo": {}},
    "longer": {"value": 2**40, "type": "Long", "valueInfo": {}},
    "double": {"value": 2.5, "type": "Double", "valueInfo": {}},
    "truth": {"value": True, "type": "Boolean", "valueInfo": {}},
    "instant": {"value": "2026-10-01T22:40:00.000+0800", "type": "Date", "valueInfo": {}},
    "json": {"value": '{"a":[1,2]}', "type": "Json", "valueInfo": {}},
    "xml": {"value": "<a b='1'/>", "type": "Xml", "valueInfo": {}},
    "object": {
        "value": '{"plate":"A"}',
        "type": "Object",
        "valueInfo": {"objectTypeName": "app.Car", "serializationDataFormat": "application/json"},
    },
    "bytes": {"value": b64encode(PHOTO).decode(), "type": "Bytes", "valueInfo": {}},
    "nothing": {"value": None, "type": "Null", "valueInfo": {}},
}


def test_variables_of_every_type_are_written_read_and_removed(
    admin: Person, csr: Person, task_id: str, instance_id: str
) -> None:
    csr.post(f"/engine-rest/task/{task_id}/claim", {"userId": "csr"})
    base = f"/engine-rest/process-instance/{instance_id}/variables"
    assert admin.post(base, {"modifications": ROUND_TRIPS}).status_code == 204
    for name, typed in ROUND_TRIPS.items():
        assert csr.get(f"/engine-rest/task/{task_id}/variables/{name}").json == typed, name
        assert csr.get(f"{base}/{name}").json == typed, name
    assert admin.put(f"{base}/whole", {"value": 6}).status_code == 204
    assert admin.delete(f"{base}/double").status_code == 204
    assert admin.post(base, {"deletions": ["truth"]}).status_code == 204
    left = csr.get(base).json
    assert (left["whole"]["value"], {"double", "truth"} & left.keys()) == (6, set())
    assert csr.put(f"{base}/whole", {"value": 7}).status_code == 403
    assert admin.get("/api/audit/verify").json["intact"]


def test_a_value_that_keeps_its_type_is_compared_as_what_it_is(
    admin: Person, csr: Person, task_id: str, instance_id: str
) -> None:
    admin.post(f"/engine-rest/process-instance/{instance_id}/variables", {"modifications": ROUND_TRIPS})
    for asked, found in (("long_eq_7", 1), ("long_gt_7", 0), ("short_lteq_3", 1), ("longer_gt_7", 1)):
        count = admin.get("/engine-rest/process-instance/count", query_string=f"variables={asked}").json["count"]
        assert count == found, asked


def test_a_file_is_uploaded_and_downloaded_and_never_a_page(
    admin: Person, csr: Person, task_id: str, instance_id: str
) -> None:
    csr.post(f"/engine-rest/task/{task_id}/claim", {"userId": "csr"})
    base = f"/engine-rest/process-instance/{instance_id}/variables/quote"
    page = "<script>alert(1)</script>报价"
    kind, body = multipart({"quote.html": page}, {"valueType": "File"})
    body = body.replace(b'name="quote.html"; f', b'name="data"; f').replace(b"application/octet-stream", b"text/html")
    assert admin.send("POST", f"{base}/data", body, headers={"Content-Type": kind}).status_code == 204
    typed = csr.get(base).json
    assert typed == {"type": "File", "value": None, "valueInfo": {"filename": "quote.html", "mimeType": "text/html"}}
    inside = f"/engine-rest/execution/{instance_id}/localVariables/quote"
    for path in (base, f"/engine-rest/task/{task_id}/variables/quote", inside):
        file = csr.get(f"{path}/data")
        assert (file.status_code, file.content) == (200, page.encode())
        assert file.headers["Content-Type"] == "application/octet-stream"
        assert file.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in file.headers["Content-Security-Policy"]
    (listed,) = csr.get("/engine-rest/history/variable-instance", query_string="variableName=quote").json
    assert (listed["type"], listed["value"]) == ("String", "***"), "a file may hold anything: a list does not show it"
    assert csr.get(f"/engine-rest/variable-instance/{listed['id']}/data").content == page.encode()
    assert Person(csr.client, "owner").get(f"{base}/data").status_code == 400


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"type": "File", "value": "QUJD", "valueInfo": {}}, "is no File"),
        ({"type": "File", "value": "QUJD", "valueInfo": {"filename": "a\nb"}}, "is no File"),
        ({"type": "File", "value": "QUJD", "valueInfo": {"filename": "a", "mimeType": "a\r\nX: y"}}, "is no File"),
        ({"type": "Bytes", "value": "?"}, "is no Bytes"),
        ({"type": "Bytes", "value": b64encode(bytes(300_000)).decode()}, "larger than"),
        ({"type": "Short", "value": 40_000}, "is no Short"),
        ({"type": "Xml", "value": 5}, "is no Xml"),
    ],
)
def test_what_is_not_of_its_type_or_too_large_is_refused(
    admin: Person, task_id: str, instance_id: str, typed: dict[str, Any], said: str
) -> None:
    refused = admin.put(f"/engine-rest/process-instance/{instance_id}/variables/thing", typed)
    assert (refused.status_code, said in refused.json["message"]) == (400, True), refused.text


def test_an_upload_without_its_parts_is_refused(admin: Person, task_id: str, instance_id: str) -> None:
    path = f"/engine-rest/process-instance/{instance_id}/variables/quote/data"
    assert admin.post(path, {"value": "x"}).status_code == 400
    for files, fields in (({}, {"valueType": "File"}), ({"data": "x"}, {"valueType": "Picture"})):
        kind, body = multipart(files, fields)
        assert admin.send("POST", path, body, headers={"Content-Type": kind}).status_code == 400


def test_who_has_a_task_writes_what_it_sees_and_what_stays_inside(csr: Person, task_id: str, instance_id: str) -> None:
    csr.post(f"/engine-rest/task/{task_id}/claim", {"userId": "csr"})
    assert csr.put(f"/engine-rest/task/{task_id}/variables/colour", {"value": 3}).status_code == 204
    local = f"/engine-rest/task/{task_id}/localVariables"
    assert csr.post(local, {"modifications": {"draft": {"value": 1}}}).status_code == 204
    assert csr.get(local).json.keys() == {"draft"}
    assert csr.get(f"/engine-rest/task/{task_id}/variables").json.keys() >= {"draft", "colour"}
    assert "draft" not in csr.get(f"/engine-rest/process-instance/{instance_id}/variables").json
    assert csr.get("/engine-rest/task", query_string="processVariables=colour_gteq_3").json[0]["id"] == task_id
    assert csr.get("/engine-rest/task/count", query_string="processVariables=colour_gt_3").json == {"count": 0}
    assert csr.get("/engine-rest/task/count", query_string="taskVariables=draft_eq_1").json == {"count": 1}


def test_a_delegated_task_comes_back_before_it_is_completed(admin: Person, csr: Person, task_id: str) -> None:
    csr.post(f"/engine-rest/task/{task_id}/claim", {"userId": "csr"})
    assert csr.post(f"/engine-rest/task/{task_id}/delegate", {"userId": "csr2"}).status_code == 204
    second = Person(csr.client, "csr2")
    task = second.get(f"/engine-rest/task/{task_id}").json
    assert (task["assignee"], task["owner"], task["delegationState"]) == ("csr2", "csr", "PENDING")
    body = {"variables": {"caller": {"value": "Wang"}}}
    assert second.post(f"/engine-rest/task/{task_id}/complete", body).status_code == 400
    assert second.post(f"/engine-rest/task/{task_id}/resolve", {}).status_code == 204
    assert csr.post(f"/engine-rest/task/{task_id}/complete", body).status_code == 204


def test_comments_are_personal_text(csr: Person, admin: Person, task_id: str) -> None:
    csr.post(f"/engine-rest/task/{task_id}/claim", {"userId": "csr"})
    made = csr.post(f"/engine-rest/task/{task_id}/comment/create", {"message": "Mr Wang is deaf"}).json
    assert csr.get(f"/engine-rest/task/{task_id}/comment/{made['id']}").json["message"] == "Mr Wang is deaf"
    (seen,) = admin.get(f"/engine-rest/task/{task_id}/comment").json
    assert (seen["message"], seen["userId"]) == ("***", "csr")


def test_a_task_is_changed_but_not_made_or_removed_beside_its_process(csr: Person, task_id: str) -> None:
    csr.post(f"/engine-rest/task/{task_id}/claim", {"userId": "csr"})
    body = {"assignee": "csr", "priority": 90, "due": "2026-10-02T10:00:00.000+0800"}
    assert csr.put(f"/engine-rest/task/{task_id}", body).status_code == 204
    task = csr.get(f"/engine-rest/task/{task_id}").json
    assert (task["priority"], task["due"]) == (90, "2026-10-02T10:00:00.000+0800")
    assert csr.delete(f"/engine-rest/task/{task_id}").status_code == 400
    assert csr.post("/engine-rest/task/create", {"name": "x"}).status_code == 400


def test_an_uncaught_error_of_a_task_ends_the_instance(csr: Person, task_id: str, instance_id: str) -> None:
    csr.post(f"/engine-rest/task/{task_id}/claim", {"userId": "csr"})
    assert csr.post(f"/engine-rest/task/{task_id}/bpmnEscalation", {"escalationCode": "none"}).status_code == 204
    assert csr.post(f"/engine-rest/task/{task_id}/bpmnError", {"errorCode": "broken"}).status_code == 204
    state = csr.get(f"/engine-rest/history/process-instance/{instance_id}").json["state"]
    assert state == "INTERNALLY_TERMINATED"


TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="https://marque.app/test">
  <decision id="discount" name="折扣"><decisionTable id="t" hitPolicy="UNIQUE">
    <input id="i"><inputExpression id="e" typeRef="number"><text>amount</text></inputExpression></input>
    <output id="o" name="percent" typeRef="number" />
    <rule id="r1"><inputEntry id="a"><text>&lt; 100</text></inputEntry>
      <outputEntry id="b"><text>0</text></outputEntry></rule>
    <rule id="r2"><inputEntry id="c"><text>&gt;= 100</text></inputEntry>
      <outputEntry id="f"><text>5</text></outputEntry></rule>
  </decisionTable></decision>
</definitions>"""


def test_a_table_is_listed_read_and_tried(owner: Person, csr: Person) -> None:
    made = owner.deploy({"discount.dmn": TABLE})
    assert made.status_code == 200, made.text
    (listed,) = owner.get("/engine-rest/decision-definition", query_string="key=discount&latestVersion=true").json
    assert owner.get(f"/engine-rest/decision-definition/{listed['id']}").json == listed
    assert owner.get("/engine-rest/decision-definition/key/discount/xml").json["dmnXml"] == TABLE
    body = {"variables": {"amount": {"value": 250}}}
    tried = owner.post("/engine-rest/decision-definition/key/discount/evaluate", body).json
    assert tried == [{"percent": {"type": "Integer", "value": 5, "valueInfo": {}}}]
    assert csr.post("/engine-rest/decision-definition/key/discount/evaluate", body).status_code == 403
    assert owner.get("/engine-rest/decision-definition/count").json == {"count": 1}
    assert owner.get("/engine-rest/process-definition/key/discount").status_code == 404


def test_a_deployment_goes_only_if_nothing_refers_to_it(owner: Person, admin: Person, calls: str) -> None:
    (found,) = owner.get("/engine-rest/deployment").json
    assert owner.get("/engine-rest/deployment/count").json == {"count": 1}
    assert owner.delete(f"/engine-rest/deployment/{found['id']}").status_code == 403
    refused = admin.delete(f"/engine-rest/deployment/{found['id']}")
    assert (refused.status_code, "a release was made from it" in refused.json["message"]) == (409, True)


def test_logs_and_statistics_tell_what_happened(admin: Person, csr: Person, calls: str, task_id: str) -> None:
    csr.post(f"/engine-rest/task/{task_id}/claim", {"userId": "csr"})
    (link,) = csr.get("/engine-rest/history/identity-link-log").json
    assert (link["userId"], link["operationType"], link["taskId"]) == ("csr", "add", task_id)
    changed = csr.get("/engine-rest/history/detail").json
    assert {"subject", "case_no"} <= {one["variableName"] for one in changed}
    for noun in ("decision-instance", "incident", "external-task-log", "job-log"):
        assert admin.get(f"/engine-rest/history/{noun}").json == [], noun
        assert admin.get(f"/engine-rest/history/{noun}/count").json == {"count": 0}, noun
    (told,) = admin.get("/engine-rest/process-definition/statistics").json
    assert (told["id"], told["instances"]) == (calls, 1)
    assert admin.get("/engine-rest/metrics/process-instances/sum").json == {"result": 1}


def test_a_definition_tells_its_fields_where_its_cases_stand_and_has_no_picture(
    admin: Person, owner: Person, csr: Person, calls: str, task_id: str
) -> None:
    base = "/engine-rest/process-definition"
    for one in (f"{base}/{calls}", f"{base}/key/calls"):
        assert csr.get(f"{one}/form-variables").json == {"subject": {"type": "Null", "value": None, "valueInfo": {}}}
        (at,) = owner.get(f"{one}/statistics").json
        assert (at["id"], at["instances"], at["failedJobs"], at["incidents"]) == ("write_down", 1, 0, [])
        assert csr.get(f"{one}/diagram").status_code == 204
        assert owner.put(f"{one}/history-time-to-live", {"historyTimeToLive": 5}).status_code == 400
    assert csr.get(f"{base}/{calls}/statistics").status_code == 403
    assert csr.get(f"{base}/key/nothing/diagram").status_code == 404


def test_rows_of_the_history_are_read_by_their_ids(admin: Person, csr: Person, task_id: str, instance_id: str) -> None:
    for noun in ("activity-instance", "detail"):
        base = f"/engine-rest/history/{noun}"
        first = csr.get(base, query_string=f"processInstanceId={instance_id}").json[0]
        assert csr.get(f"{base}/{first['id']}").json == first
        assert Person(csr.client, "tech").get(f"{base}/{first['id']}").status_code == 404
    assert csr.get("/engine-rest/history/decision-instance/nothing").status_code == 404


def test_metrics_are_summed_by_interval(admin: Person, task_id: str) -> None:
    found = admin.get("/engine-rest/metrics", query_string="name=process-instances&interval=3600").json
    assert [(one["name"], one["value"]) for one in found] == [("process-instances", 1)]
    assert {one["name"] for one in admin.get("/engine-rest/metrics").json} >= {"activity-instance-start"}
    assert admin.get("/engine-rest/metrics", query_string="name=nothing").status_code == 404


def test_clients_ask_who_there_is_and_what_they_may(admin: Person, csr: Person) -> None:
    assert [one["id"] for one in csr.get("/engine-rest/user").json] == ["csr"]
    assert admin.get("/engine-rest/user/count").json["count"] > 5
    assert admin.get("/engine-rest/group", query_string="member=css").json == [
        {"id": "CSS", "name": "客服主管", "type": "WORKFLOW"}
    ]
    question = "permissionName=CREATE&resourceName=Deployment&resourceType=9"
    answers = [one.get("/engine-rest/authorization/check", query_string=question).json for one in (admin, csr)]
    assert [answer["authorized"] for answer in answers] == [True, False]


def test_executions_are_instances(csr: Person, task_id: str, instance_id: str) -> None:
    (found,) = csr.get("/engine-rest/execution", query_string=f"processInstanceId={instance_id}").json
    assert found == {"id": instance_id, "processInstanceId": instance_id, "ended": False, "tenantId": None}
    assert csr.get(f"/engine-rest/execution/{instance_id}/localVariables/subject").json["value"] == "tyres"


@pytest.mark.parametrize(
    "path",
    [
        *("tenant", "tenant/count", "process-definition/key/calls/tenant-id/t", "case-definition", "case-instance"),
        *("case-execution", "history/case-instance", "process-definition/key/calls/rendered-form", "schema/log"),
        *("history/cleanup/job", "history/task/report", "telemetry/configuration", "optimize"),
    ],
)
def test_what_is_not_served_is_answered_in_the_documented_shape(admin: Person, calls: str, path: str) -> None:
    answer = admin.get(f"/engine-rest/{path}")

    assert answer.status_code == 404
    assert answer.json == {"type": "InvalidRequestException", "message": "there is no such resource", "code": None}
