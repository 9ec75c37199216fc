"""Deployments as the Modeler makes them."""

from __future__ import annotations

from tests.api.desk import CALLS, FILES, Person, multipart


def test_the_modeler_deploys_and_learns_what_it_brought(owner: Person) -> None:
    assert owner.get("/engine-rest/deployment?maxResults=0").json == []
    made = owner.deploy(FILES, **{"deployment-source": "Camunda Modeler", "enable-duplicate-filtering": "true"})
    assert made.status_code == 200, made.text
    assert made.headers["Content-Type"] == "application/json"
    (definition,) = made.json["deployedProcessDefinitions"].values()
    assert (definition["key"], definition["version"]) == ("calls", 1)
    assert made.json["deploymentTime"].endswith("+0800")
    assert made.json["source"] == "Camunda Modeler"
    again = owner.deploy(FILES, **{"deployment-source": "Camunda Modeler", "enable-duplicate-filtering": "true"})
    assert again.json["deployedProcessDefinitions"] is None
    assert again.json["id"] == made.json["id"]
    assert owner.get("/engine-rest/deployment/count").json == {"count": 1}


def test_the_files_of_a_deployment_come_back_byte_for_byte(owner: Person) -> None:
    made = owner.deploy(FILES).json
    listed = owner.get(f"/engine-rest/deployment/{made['id']}/resources").json
    assert {one["name"] for one in listed} == set(FILES)
    diagram = next(one for one in listed if one["name"] == "calls.bpmn")
    data = owner.get(f"/engine-rest/deployment/{made['id']}/resources/{diagram['id']}/data")
    assert data.content == CALLS.encode()
    assert data.headers["Content-Disposition"] == "attachment; filename=calls.bpmn"
    one = owner.get(f"/engine-rest/deployment/{made['id']}/resources/{diagram['id']}").json
    assert one == diagram


def test_a_diagram_that_cannot_run_is_refused_in_the_words_that_the_modeler_looks_for(owner: Person) -> None:
    broken = CALLS.replace('targetRef="look"', 'targetRef="nowhere"')
    refused = owner.deploy({"calls.bpmn": broken})
    assert refused.status_code == 400
    assert refused.json["type"] == "ParseException"
    assert refused.json["message"].startswith("ENGINE-09005 Could not parse BPMN process.")
    problems = refused.json["details"]["calls.bpmn"]["errors"]
    assert problems
    assert set(problems[0]) >= {"message", "line", "column", "mainElementId", "elementIds"}
    assert owner.get("/engine-rest/deployment").json == []


def test_nobody_deploys_without_the_right_to(csr: Person) -> None:
    refused = csr.deploy(FILES)
    assert (refused.status_code, refused.json["type"]) == (403, "AuthorizationException")


def test_a_body_that_is_no_deployment_is_refused(owner: Person) -> None:
    assert owner.post("/engine-rest/deployment/create", {"a": 1}).status_code == 400
    kind, body = multipart({}, {"deployment-name": "empty"})
    empty = owner.send("POST", "/engine-rest/deployment/create", body, headers={"Content-Type": kind})
    assert (empty.status_code, empty.json["type"]) == (400, "InvalidRequestException")


def test_what_is_not_there_is_not_found(owner: Person) -> None:
    for path in ("/deployment/x", "/deployment/x/resources", "/process-definition/x", "/process-definition/key/x"):
        answer = owner.get(f"/engine-rest{path}")
        assert (answer.status_code, answer.json["type"]) == (404, "InvalidRequestException"), path


def test_a_deployment_says_what_it_was_taken_with_although_it_looks_like_a_slip(owner: Person) -> None:
    doubtful = CALLS.replace('name="role" value="CSS"', 'name="role" value="CRS"')
    warned = owner.deploy({**FILES, "calls.bpmn": doubtful}).json["warnings"]["calls.bpmn"]
    assert {"unknown-role", "may-not-write"} == {one["code"] for one in warned}
    assert all(one["message"] and one["messageZh"] and one["mainElementId"] for one in warned)
    # Its form asks for an ID number, which no role may write.
    assert {one["code"] for one in owner.deploy(FILES).json["warnings"]["calls.bpmn"]} == {"may-not-write"}


def test_what_is_wrong_is_said_where_it_stands_and_of_what_kind_of_file(owner: Person) -> None:
    flow = '<bpmn:sequenceFlow id="f2" sourceRef="write_down" targetRef="look" />'
    condition = flow.replace(
        " />", "><bpmn:conditionExpression>amount &gt;</bpmn:conditionExpression></bpmn:sequenceFlow>"
    )
    said = owner.deploy({**FILES, "calls.bpmn": CALLS.replace(flow, condition)}).json["message"]
    assert said.startswith("ENGINE-09005 Could not parse BPMN process. condition: ")
    assert "(at f2, line 28)" in said
    assert "none is the default" not in said, "that is a warning"
    broken = owner.deploy({**FILES, "calls.bpmn": CALLS[:-30]}).json["message"]
    assert "<string>" not in broken
    assert ", line " in broken
    form = owner.deploy({"a.form": "{"}).json["message"]
    assert form.startswith("The form cannot be used. ")
    table = owner.deploy({"a.dmn": "<definitions/>"}).json["message"]
    assert table.startswith("ENGINE-22004 Unable to transform DMN resource. ")


def test_a_form_that_nobody_deployed_is_warned_of(owner: Person) -> None:
    slip = CALLS.replace("calls_write_down", "calls_wrte_down")
    warned = owner.deploy({**FILES, "calls.bpmn": slip}).json["warnings"]["calls.bpmn"]
    (found,) = [one for one in warned if one["code"] == "unknown-form"]
    assert found["message"] == "no form calls_wrte_down is deployed; is calls_write_down meant?"
    assert found["mainElementId"] == "write_down"


def test_names_that_are_nearly_right_are_answered_with_the_right_one(owner: Person, calls: str) -> None:
    assert "is calls meant?" in owner.get("/engine-rest/process-definition/key/cals").json["message"]
    refused = owner.get("/engine-rest/task", query_string="asignee=x").json["message"]
    assert refused == "this query does not know asignee (is assignee meant?)"
    assert "GET" in owner.delete("/engine-rest/task").json["message"]
