"""Process definitions: listed, read, started."""

from __future__ import annotations

from collections.abc import Callable

from tests.api.desk import CALLS, FILES, Person


def test_definitions_are_found_by_id_and_by_key_under_both_prefixes(calls: str, csr: Person) -> None:
    by_id = csr.get(f"/engine-rest/process-definition/{calls}").json
    by_key = csr.get("/engine-rest/engine/default/process-definition/key/calls").json
    assert by_id == by_key
    assert (by_id["key"], by_id["name"], by_id["historyTimeToLive"], by_id["suspended"]) == ("calls", "来电", 30, False)
    assert csr.get(f"/engine-rest/process-definition/{calls}/xml").json == {"id": calls, "bpmn20Xml": CALLS}
    assert csr.get("/engine-rest/process-definition/count?key=calls").json == {"count": 1}


def test_the_newest_version_is_what_a_key_means(calls: str, owner: Person) -> None:
    owner.deploy({**FILES, "calls.bpmn": CALLS.replace("登记来电", "登记")})
    versions = owner.get("/engine-rest/process-definition?key=calls").json
    assert [one["version"] for one in versions] == [2, 1]
    (latest,) = owner.get("/engine-rest/process-definition?latestVersion=true").json
    assert latest["id"] != calls
    assert owner.get("/engine-rest/process-definition/key/calls").json["version"] == 2


def test_a_process_starts_with_variables_and_a_business_key(calls: str, csr: Person, admin: Person) -> None:
    variables = {"subject": {"value": "tyres", "type": "String"}, "count": {"value": 3, "type": "Integer"}}
    body = {"variables": variables, "businessKey": "K-1", "withVariablesInReturn": True}
    started = csr.post(f"/engine-rest/process-definition/{calls}/start", body)
    assert started.status_code == 200, started.text
    assert (started.json["businessKey"], started.json["definitionKey"], started.json["ended"]) == (
        "K-1",
        "calls",
        False,
    )
    assert started.json["variables"]["count"] == {"type": "Integer", "value": 3, "valueInfo": {}}
    kept = admin.get(f"/engine-rest/process-instance/{started.json['id']}/variables").json
    assert (kept["subject"]["value"], kept["count"]["value"]) == ("tyres", 3)


def test_submit_form_enforces_the_start_form_and_start_does_not_need_it(calls: str, csr: Person) -> None:
    base = "/engine-rest/process-definition/key/calls"
    refused = csr.post(f"{base}/submit-form", {"variables": {}})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (400, "subject")
    assert csr.post(f"{base}/submit-form", {"variables": {"subject": {"value": "x"}}}).status_code == 200
    assert csr.post(f"{base}/start", {}).status_code == 200
    assert csr.get(f"{base}/startForm").json["camundaFormRef"]["key"] == "calls_start"
    assert csr.get(f"{base}/deployed-start-form").json["id"] == "calls_start"


def test_only_the_roles_of_the_first_lane_start_a_process(calls: str, someone: Callable[[str], Person]) -> None:
    tech = someone("tech")
    assert tech.get("/api/startable").json == []
    for answer in (
        tech.post("/engine-rest/process-definition/key/calls/start", {}),
        tech.post("/api/start", {"processKey": "calls", "data": {"subject": "x"}}),
    ):
        assert (answer.status_code, answer.json["missingAuthorizations"][0]["permissionName"]) == (403, "start")


def test_the_pages_learn_what_can_be_started_and_what_the_form_asks(calls: str, csr: Person) -> None:
    (found,) = csr.get("/api/startable").json
    assert (found["processKey"], found["name"]) == ("calls", {"zh": "来电", "en": "Calls"})
    assert found["form"]["schema"]["components"][0]["key"] == "subject"
    refused = csr.post("/api/start", {"processKey": "calls", "data": {}})
    assert (refused.status_code, refused.json["type"]) == (400, "FormInvalidException")


def test_a_suspended_definition_starts_nothing(calls: str, csr: Person, owner: Person) -> None:
    assert owner.put(f"/engine-rest/process-definition/{calls}/suspended", {"suspended": True}).status_code == 204
    assert csr.get(f"/engine-rest/process-definition/{calls}").json["suspended"] is True
    assert csr.post("/engine-rest/process-definition/key/calls/start", {}).status_code == 409
