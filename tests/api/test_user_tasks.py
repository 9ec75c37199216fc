"""Tasks over HTTP: who may do what, who was faster, what a form refuses, and what a list never shows."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from engine import variable_changes, variables
from engine.context import SYSTEM_ACTOR
from engine.models import history_event
from engine.personal_values import EVERYTHING
from engine.process_engine import ProcessEngine
from engine.values import load
from tests.api.desk import CALLS, FILES, Person

NAME, ID_NUMBER = "王小明先生", "110101199003074258"


def test_a_task_is_claimed_and_completed_and_the_next_one_comes_with_the_answer(
    task_id: str, csr: Person, css: Person
) -> None:
    claimed = csr.post(f"/api/tasks/{task_id}/claim")
    assert claimed.json["assignee"] == "csr"
    assert claimed.json["why"] == {"kind": "assignee", "group": None}
    done = csr.post(f"/api/tasks/{task_id}/complete", {"data": {"caller": NAME, "amount": 5}})
    assert (done.status_code, done.json["completed"]) == (200, task_id)
    assert done.json["next"] is None, "the supervisor's task is not the agent's"
    waiting = css.get("/api/tasks?view=groups").json["items"]
    assert [one["elementId"] for one in waiting] == ["look"]


def test_somebody_without_the_role_may_neither_read_nor_claim_nor_complete(
    task_id: str, someone: Callable[[str], Person]
) -> None:
    tech = someone("tech")
    for answer in (
        tech.get(f"/engine-rest/task/{task_id}"),
        tech.get(f"/api/tasks/{task_id}"),
        tech.post(f"/engine-rest/task/{task_id}/claim", {"userId": "tech"}),
        tech.post(f"/engine-rest/task/{task_id}/complete", {"variables": {}}),
        tech.post(f"/api/tasks/{task_id}/complete", {"data": {"caller": NAME}}),
    ):
        assert answer.status_code == 403, answer.text
        assert answer.json["type"] == "AuthorizationException"
        assert answer.json["userId"] == "tech"
        assert answer.json["missingAuthorizations"][0]["permissionName"] in {"read", "claim", "complete"}
    assert tech.get("/engine-rest/task").json == []


def test_who_claims_second_learns_who_was_first(task_id: str, csr: Person, someone: Callable[[str], Person]) -> None:
    csr.post(f"/api/tasks/{task_id}/claim")
    late = someone("csr2").post(f"/api/tasks/{task_id}/claim")
    assert (late.status_code, late.json["holder"]) == (409, "csr")
    foreign = someone("csr2").post(f"/api/tasks/{task_id}/complete", {"data": {"caller": NAME}})
    assert (foreign.status_code, foreign.json["holder"]) == (409, "csr")


def test_a_task_completed_twice_is_a_conflict_that_names_who_did_it(
    task_id: str, csr: Person, someone: Callable[[str], Person]
) -> None:
    first = csr.post(f"/engine-rest/task/{task_id}/complete", {"variables": {"caller": {"value": NAME}}})
    assert first.status_code == 204, first.text
    second = someone("csr2").post(f"/engine-rest/task/{task_id}/complete", {"variables": {"caller": {"value": "x"}}})
    assert (second.status_code, second.json["holder"], second.json["type"]) == (409, "csr", "ConflictException")


def test_a_refused_form_says_of_each_field_why_in_both_languages(task_id: str, csr: Person) -> None:
    refused = csr.post(
        f"/api/tasks/{task_id}/complete",
        {"data": {"amount": 0, "unknown": 1}},
        headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.1"},
    )
    assert refused.status_code == 400
    assert refused.json["type"] == "FormInvalidException"
    faults = {fault["field"]: fault for fault in refused.json["errors"]}
    assert set(faults) == {"caller", "amount", "unknown"}
    assert all(fault["zh"] and fault["en"] and fault["code"] for fault in faults.values())
    assert faults["caller"]["zh"] in refused.json["message"]
    english = csr.post(f"/api/tasks/{task_id}/complete", {"data": {}}, headers={"Accept-Language": "en"})
    assert english.json["errors"][0]["en"] in english.json["message"]


def test_a_rule_across_fields_is_enforced_for_other_clients_too(task_id: str, csr: Person) -> None:
    variables = {"caller": {"value": NAME}, "amount": {"value": 5000, "type": "Integer"}}
    for verb in ("complete", "submit-form"):
        refused = csr.post(f"/engine-rest/task/{task_id}/{verb}", {"variables": variables})
        assert refused.status_code == 400
        assert [(fault["field"], fault["zh"]) for fault in refused.json["errors"]] == [("amount", "金额过大")]


def note_number(engine: ProcessEngine, instance_id: str) -> None:
    """Puts an ID number into a case, which the matrix lets no role write."""
    engine.run(SYSTEM_ACTOR, variable_changes.change_instance, instance_id, {"id_number": ID_NUMBER})


def test_lists_never_show_a_personal_value(engine: ProcessEngine, task_id: str, csr: Person, admin: Person) -> None:
    note_number(engine, csr.get(f"/api/tasks/{task_id}").json["processInstanceId"])
    done = csr.post(f"/api/tasks/{task_id}/complete", {"data": {"caller": NAME}})
    assert done.status_code == 200, done.text
    for path in (
        "/engine-rest/task",
        "/engine-rest/process-instance",
        "/engine-rest/history/task",
        "/engine-rest/history/process-instance",
        "/engine-rest/history/activity-instance",
        "/engine-rest/history/variable-instance",
        "/engine-rest/history/user-operation",
        "/engine-rest/job",
        "/engine-rest/incident",
        "/api/tasks?view=all",
    ):
        answer = admin.get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert NAME not in answer.text, path
        assert ID_NUMBER not in answer.text, path
    values = admin.get("/engine-rest/history/variable-instance").json
    caller = next(one for one in values if one["name"] == "caller")
    assert (caller["value"], caller["valueInfo"]) == ("***", {"dataClass": "BASIC"})


def test_a_case_shows_its_values_as_the_access_matrix_says_and_records_the_reading(
    engine: ProcessEngine, task_id: str, csr: Person, css: Person, admin: Person
) -> None:
    instance_id = csr.get(f"/api/tasks/{task_id}").json["processInstanceId"]
    note_number(engine, instance_id)
    csr.post(f"/api/tasks/{task_id}/complete", {"data": {"caller": NAME}})
    look = css.get("/api/tasks?view=groups").json["items"][0]["id"]
    seen = css.get(f"/engine-rest/task/{look}/variables").json
    assert seen["caller"]["value"] == NAME
    assert seen["id_number"]["value"] == "*" * 14 + ID_NUMBER[-4:]
    hidden = admin.get(f"/engine-rest/process-instance/{instance_id}/variables").json
    assert (hidden["caller"]["value"], hidden["id_number"]["value"]) == ("***", "***")
    with engine.reading(SYSTEM_ACTOR) as ctx:
        events = ctx.connection.execute(select(history_event).where(history_event.c.kind == "personalDataRead")).all()
    (read,) = [load(row.body) for row in events if row.actor == "css"]
    assert (read["case"], read["classes"], read["variables"]) == (instance_id, ["BASIC", "ID"], ["caller", "id_number"])
    assert not any(row.actor == "admin" for row in events), "who sees nothing has read nothing"
    assert admin.get("/api/audit/verify").json["intact"]


def test_the_open_task_brings_form_documentation_values_and_attempts(task_id: str, csr: Person) -> None:
    csr.post(f"/api/tasks/{task_id}/attempts", {"data": {"caller": NAME}})
    shown = csr.get(f"/api/tasks/{task_id}").json
    assert shown["form"]["id"] == "calls_write_down"
    assert [one["key"] for one in shown["form"]["schema"]["components"]] == ["caller", "id_number", "amount"]
    assert shown["documentation"]["zh"] == "记下来电人。"
    assert shown["data"]["subject"] == "tyres"
    assert [(one["by"], one["data"]) for one in shown["attempts"]] == [("csr", {"caller": NAME})]
    assert shown["caseNo"].startswith("20261001-")
    assert shown["name"] == {"zh": "登记来电", "en": "Write the call down"}


def test_the_list_answers_304_until_something_changes(task_id: str, csr: Person) -> None:
    first = csr.get("/api/tasks?view=groups")
    assert first.json["counts"] == {"mine": 0, "groups": 1, "covered": 0, "all": 1}
    etag = first.headers["ETag"]
    assert csr.get("/api/tasks?view=groups", headers={"If-None-Match": etag}).status_code == 304
    csr.post(f"/api/tasks/{task_id}/claim")
    assert csr.get("/api/tasks?view=groups", headers={"If-None-Match": etag}).status_code == 200


def test_unclaim_gives_the_task_back_and_assign_hands_it_over(task_id: str, csr: Person, admin: Person) -> None:
    csr.post(f"/engine-rest/task/{task_id}/claim", {"userId": "csr"})
    assert csr.post(f"/engine-rest/task/{task_id}/unclaim").status_code == 204
    assert csr.get(f"/engine-rest/task/{task_id}").json["assignee"] is None
    assert admin.post(f"/engine-rest/task/{task_id}/assignee", {"userId": "csr2"}).status_code == 204
    links = admin.get(f"/engine-rest/task/{task_id}/identity-links").json
    assert {"userId": "csr2", "groupId": None, "type": "assignee"} in links
    assert {"userId": None, "groupId": "CSR", "type": "candidate"} in links
    operations = admin.get("/engine-rest/history/user-operation?operationType=Assign").json
    assert {one["newValue"] for one in operations} == {"csr2", None}


def test_lists_are_paged_sorted_and_counted(calls: str, csr: Person) -> None:
    for subject in ("a", "b", "c"):
        csr.post("/api/start", {"processKey": "calls", "data": {"subject": subject}})
    assert csr.get("/engine-rest/task/count").json == {"count": 3}
    ids = [one["id"] for one in csr.get("/engine-rest/task?sortBy=id&sortOrder=desc").json]
    assert ids == sorted(ids, reverse=True)
    page = csr.get("/engine-rest/task?sortBy=id&sortOrder=desc&firstResult=1&maxResults=1").json
    assert [one["id"] for one in page] == ids[1:2]
    posted = csr.post("/engine-rest/task", {"sorting": [{"sortBy": "id", "sortOrder": "asc"}], "unassigned": True}).json
    assert [one["id"] for one in posted] == ids[::-1]
    assert csr.post("/engine-rest/task/count", {"taskDefinitionKey": "look"}).json == {"count": 0}


def test_a_filter_that_is_not_known_is_refused_and_not_ignored(calls: str, csr: Person) -> None:
    for query in ("?nonsense=1", "?sortBy=nonsense&sortOrder=asc", "?firstResult=-1", "?dueBefore=yesterday"):
        answer = csr.get(f"/engine-rest/task{query}")
        assert (answer.status_code, answer.json["type"]) == (400, "InvalidRequestException"), query


def test_empty_bodies_and_nulls_are_tolerated(task_id: str, csr: Person) -> None:
    assert csr.send("GET", "/engine-rest/task", {}).status_code == 200
    assert csr.post("/engine-rest/task", {"assignee": None, "candidateGroup": None}).status_code == 200
    variables = {"caller": {"value": NAME, "type": None, "valueInfo": None}}
    assert csr.post(f"/engine-rest/task/{task_id}/complete", {"variables": variables}).status_code == 204


STUCK = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="definitions" targetNamespace="https://marque.app/test">
  <bpmn:process id="stuck" isExecutable="true" camunda:historyTimeToLive="P30D">
    <bpmn:startEvent id="begin"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="weigh" />
    <bpmn:userTask id="weigh" camunda:candidateGroups="CSR"><bpmn:incoming>f1</bpmn:incoming>
      <bpmn:outgoing>f2</bpmn:outgoing></bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="weigh" targetRef="heavy" />
    <bpmn:exclusiveGateway id="heavy"><bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing>
      </bpmn:exclusiveGateway>
    <bpmn:sequenceFlow id="f3" sourceRef="heavy" targetRef="end">
      <bpmn:conditionExpression>weight &gt; 10</bpmn:conditionExpression></bpmn:sequenceFlow>
    <bpmn:endEvent id="end"><bpmn:incoming>f3</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>"""


def test_what_the_diagram_cannot_go_on_with_keeps_the_task_and_opens_an_incident(csr: Person, owner: Person) -> None:
    assert owner.deploy({"stuck.bpmn": STUCK}).status_code == 200
    csr.post("/engine-rest/process-definition/key/stuck/start", {})
    (task,) = csr.get("/engine-rest/task").json
    stuck = csr.post(f"/engine-rest/task/{task['id']}/complete", {"variables": {"weight": {"value": 5}}})
    assert (stuck.status_code, stuck.json["type"]) == (400, "ProcessEngineException")
    assert csr.get(f"/engine-rest/task/{task['id']}").status_code == 200
    (incident,) = owner.get("/engine-rest/incident").json
    assert (incident["activityId"], incident["processInstanceId"]) == ("heavy", task["processInstanceId"])
    assert csr.get("/engine-rest/incident").status_code == 403
    assert owner.delete(f"/engine-rest/incident/{incident['id']}").status_code == 204
    assert (
        csr.post(f"/engine-rest/task/{task['id']}/complete", {"variables": {"weight": {"value": 50}}}).status_code
        == 204
    )


def test_a_field_that_was_shown_masked_and_is_not_sent_back_keeps_its_value(
    engine: ProcessEngine, csr: Person, css: Person, owner: Person
) -> None:
    again = CALLS.replace('id="look" name="复核"', 'id="look" name="复核" camunda:formRef="calls_write_down"')
    mandatory = FILES["calls_write_down.form"].replace(
        '"key": "id_number",', '"key": "id_number", "validate": {"required": true},'
    )
    assert mandatory != FILES["calls_write_down.form"]
    files = {**FILES, "calls.bpmn": again, "calls_write_down.form": mandatory}
    assert owner.deploy(files).status_code == 200
    started = csr.post("/api/start", {"processKey": "calls", "data": {"subject": "tyres"}}).json
    note_number(engine, started["processInstanceId"])
    csr.post(f"/api/tasks/{started['next']['id']}/complete", {"data": {"caller": NAME}})
    (card,) = css.get("/api/tasks?view=groups").json["items"]
    shown = css.get(f"/api/tasks/{card['id']}").json
    assert (shown["data"]["caller"], shown["masked"]) == (NAME, ["id_number"])
    assert ID_NUMBER not in str(shown)
    assert css.post(f"/api/tasks/{card['id']}/complete", {"data": {"caller": NAME}}).status_code == 200
    with engine.reading(SYSTEM_ACTOR) as ctx:
        values = variables.of_instance(ctx, started["processInstanceId"])
        assert variables.reveal(ctx, values, EVERYTHING)["id_number"] == ID_NUMBER
