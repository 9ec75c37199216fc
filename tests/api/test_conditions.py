"""/condition: variables that start processes."""

from __future__ import annotations

from tests.api.desk import Person
from tests.engine.test_conditions import started_when


def test_variables_start_the_processes_whose_condition_holds(owner: Person, admin: Person, csr: Person) -> None:
    assert owner.deploy({"high.bpmn": started_when("level &gt; 5", "high", groups="CSS")}).status_code == 200
    body = {"variables": {"level": {"value": 6, "type": "Integer"}}, "businessKey": "K-1"}

    answer = admin.post("/engine-rest/condition", body)

    assert answer.status_code == 200
    (one,) = answer.json
    assert (one["definitionKey"], one["businessKey"], one["ended"]) == ("high", "K-1", False)
    assert admin.get(f"/engine-rest/process-instance/{one['id']}").status_code == 200
    assert admin.post("/engine-rest/condition", {"variables": {"level": {"value": 5}}}).json == []
    assert admin.post("/engine-rest/condition", {}).json == []
    assert csr.post("/engine-rest/condition", body).status_code == 403


def test_what_cannot_be_asked_is_refused(admin: Person) -> None:
    assert admin.post("/engine-rest/condition", {"processDefinitionId": "nowhere"}).status_code == 404
    for body in ({"variables": 5}, {"tenantId": "a"}, {"businessKey": "k" * 300}):
        assert admin.post("/engine-rest/condition", body).status_code == 400
