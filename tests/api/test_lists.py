"""Every list: all its filters and orders, by GET and by POST, its count, and nothing of sandboxes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from falcon import testing

from api import params
from api.app import rest_routes
from api.lists import ListResource
from api.metrics import METRICS
from api.params import Filters
from api.routing import Parts
from api.variable_filters import CONDITIONS
from engine import deployments
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from tests.api.desk import CALLS, FILES, ON_BOTH_DATABASES, Person
from tests.engine.diagrams import diagram, flows

pytestmark = ON_BOTH_DATABASES

REST = "/engine-rest"
NOW = "2026-10-01T22:40:00.000+0800"
# reader -> (in a query string, in a body)
SAMPLES: dict[Any, tuple[str, Any]] = {
    params.TEXT: ("x%", "x%"),
    params.TEXTS: ("a,b", ["a", "b"]),
    params.INTEGER: ("1", 1),
    params.BOOLEAN: ("true", True),
    params.MICROS: (NOW, NOW),
    params.BOUNDS: (f"gt_{NOW},lt_{NOW}", [{"operator": "gt", "value": NOW}]),
    CONDITIONS: ("amount_gteq_5", [{"name": "amount", "operator": "gteq", "value": 5}]),
}


@pytest.fixture
def boss(engine: ProcessEngine, app: object, client: testing.TestClient) -> Person:
    """Somebody who may read every list."""
    from engine import users

    roles = ("OWNER", "ADMIN", "COMPL", "WORKER")
    engine.run(SYSTEM_ACTOR, users.create, "boss", name="Boss", roles=roles, password="marque-demo")
    engine.settings = replace(engine.settings, requests_per_second=1_000_000)
    return Person(client, "boss")


def listings(engine: ProcessEngine) -> list[tuple[str, Filters]]:
    found = {
        path: resource.filters
        for path, resource, suffix in rest_routes(Parts.of(engine, run_jobs=False))
        if suffix is None and isinstance(resource, ListResource)
    }
    return [(path, filters) for path, filters in found.items() if filters]


def test_every_filter_of_every_list_is_answered(boss: Person, task_id: str, engine: ProcessEngine) -> None:
    asked = 0
    for path, filters in listings(engine):
        for name, (_, read) in filters.items():
            text, typed = SAMPLES.get(read, SAMPLES[CONDITIONS])
            answers = [
                boss.client.simulate_get(f"{REST}{path}{count}", params={name: text}, headers=_headers(boss))
                for count in ("", "/count")
            ]
            answers.append(boss.post(f"{REST}{path}", {name: typed}))
            assert [answer.status_code for answer in answers] == [200] * 3, (path, name, answers[0].text)
            assert len(answers[0].json) == answers[1].json["count"] == len(answers[2].json), (path, name)
            asked += 1
    assert asked > 200


def _headers(person: Person) -> dict[str, str]:
    from tests.api.desk import basic

    return {"Authorization": basic(person.name)}


def test_every_order_of_every_list_is_answered(boss: Person, task_id: str, engine: ProcessEngine) -> None:
    for path, resource, suffix in rest_routes(Parts.of(engine, run_jobs=False)):
        for key in resource.sorts if suffix is None and isinstance(resource, ListResource) else ():
            for order in ("asc", "desc"):
                answer = boss.get(f"{REST}{path}", query_string=f"sortBy={key}&sortOrder={order}&maxResults=5")
                assert answer.status_code == 200, (path, key, answer.text)


@pytest.mark.parametrize("query", ["orQueries=a", "tenantIdIn=a", "nameLike=a%5C", "colour=red", "sortOrder=asc"])
def test_what_would_answer_with_more_than_was_asked_is_refused(boss: Person, query: str) -> None:
    assert boss.get(f"{REST}/task", query_string=query).status_code == 400


def test_empty_lists_of_what_there_is_not_ask_for_nothing(boss: Person, task_id: str) -> None:
    body = {"orQueries": [], "tenantIdIn": [], "processInstanceId": None}
    assert [one["id"] for one in boss.post(f"{REST}/task", body).json] == [task_id]


def test_tasks_are_found_by_patterns_lists_and_candidates(boss: Person, csr: Person, task_id: str) -> None:
    def found(**query: str) -> bool:
        answer = boss.client.simulate_get(f"{REST}/task", params=query, headers=_headers(boss))
        assert answer.status_code == 200, answer.text
        return bool(answer.json)

    assert found(nameLike="登记%")
    assert not found(nameLike="登记")
    assert not found(taskDefinitionKeyLike="WRITE%")  # both databases tell capital letters from small ones
    assert found(taskDefinitionKeyIn="look,write_down")
    assert found(candidateGroup="CSR")
    assert found(candidateUser="csr")
    assert not found(candidateUser="css")
    csr.post(f"{REST}/task/{task_id}/claim", {"userId": "csr"})
    assert not found(candidateGroup="CSR")
    assert found(candidateGroup="CSR", includeAssignedTasks="true")
    assert found(assigneeIn="csr,csr2")
    assert not found(assigneeNotIn="csr")
    assert found(involvedUser="csr")
    assert not found(suspended="true")


def test_a_task_of_a_case_that_is_held_says_so(boss: Person, task_id: str) -> None:
    case_id = boss.get(f"{REST}/task/{task_id}").json["processInstanceId"]
    boss.put(f"{REST}/process-instance/{case_id}/suspended", {"suspended": True})
    assert boss.get(f"{REST}/task/{task_id}").json["suspended"] is True
    assert [one["suspended"] for one in boss.get(f"{REST}/task", query_string="suspended=true").json] == [True]
    assert boss.get(f"{REST}/task", query_string="active=true").json == []


TIMED = (
    CALLS.replace('id="calls"', 'id="timed"')
    .replace(
        '<bpmn:endEvent id="done">',
        '<bpmn:boundaryEvent id="late" attachedToRef="write_down" cancelActivity="false"><bpmn:timerEventDefinition>'
        "<bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
        '<bpmn:receiveTask id="wait" messageRef="m"/><bpmn:sequenceFlow id="f4" sourceRef="late" targetRef="wait"/>'
        '<bpmn:endEvent id="done">',
    )
    .replace("<bpmn:process ", '<bpmn:message id="m" name="called_back"/><bpmn:process ')
)


@pytest.fixture
def timed(boss: Person) -> str:
    """A case with a timer; returns its id."""
    made = boss.deploy({**FILES, "calls.bpmn": TIMED})
    assert made.status_code == 200, made.text
    body = {"variables": {"subject": {"value": "tyres"}}}
    return str(boss.post(f"{REST}/process-definition/key/timed/start", body).json["id"])


def test_jobs_and_their_definitions_are_listed_held_and_tried_again(
    boss: Person, timed: str, engine: ProcessEngine
) -> None:
    (element,) = boss.get(f"{REST}/job-definition").json
    assert (element["activityId"], element["jobType"]) == ("late", "timer-transition")
    (job,) = boss.get(f"{REST}/job", query_string=f"jobDefinitionId={element['id']}&timers=true").json
    assert (job["jobDefinitionId"], job["processDefinitionKey"]) == (element["id"], "timed")
    one = f"{REST}/job-definition/{element['id']}"
    assert boss.put(f"{one}/suspended", {"suspended": True}).status_code == 400
    assert boss.put(f"{one}/suspended", {"suspended": True, "includeJobs": True}).status_code == 204
    assert boss.get(one).json["suspended"] is True
    assert boss.get(f"{REST}/job/count", query_string="suspended=true").json == {"count": 1}
    boss.put(f"{REST}/process-instance/{timed}/suspended", {"suspended": True})
    boss.put(f"{one}/suspended", {"suspended": False, "includeJobs": True})
    assert boss.get(f"{REST}/job/{job['id']}").json["suspended"] is True, "its case is held"
    boss.put(f"{REST}/job/{job['id']}/retries", {"retries": 0})
    assert boss.put(f"{one}/retries", {"retries": 2}).status_code == 204
    assert boss.get(f"{REST}/job/{job['id']}").json["retries"] == 2
    assert boss.get(f"{REST}/job-definition/nothing:late").status_code == 404


def test_event_subscriptions_are_those_of_cases_one_may_see(boss: Person, csr: Person, timed: str) -> None:
    (job,) = boss.get(f"{REST}/job").json
    boss.post(f"{REST}/job/{job['id']}/execute", {})
    (waiting,) = boss.get(f"{REST}/event-subscription", query_string="eventName=called_back").json
    assert (waiting["eventType"], waiting["activityId"]) == ("message", "wait")
    assert waiting["processInstanceId"] == timed
    assert Person(csr.client, "tech").get(f"{REST}/event-subscription").json == []


def test_nobody_reads_what_operators_read_without_the_right_to(csr: Person) -> None:
    for path in ("job", "job-definition", "incident", "batch", "batch/statistics", "history/batch", "history/incident"):
        for more in ("", "/count"):
            assert csr.get(f"{REST}/{path}{more}").status_code == 403, path


def test_sandboxes_are_listed_where_they_are_asked_for_alone(
    boss: Person, owner: Person, engine: ProcessEngine
) -> None:
    files = {name: body.encode() for name, body in {**FILES, "calls.bpmn": TIMED}.items()}
    engine.run(SYSTEM_ACTOR, deployments.create, name="first", resources=files, controlled=True)
    made = owner.deploy({**FILES, "calls.bpmn": TIMED.replace("复核", "查看")})
    (definition_id,) = made.json["deployedProcessDefinitions"]
    body = {"variables": {"subject": {"value": "tyres"}}}
    trial = owner.post(f"{REST}/process-definition/{definition_id}/start", body).json["id"]
    boss.put(f"{REST}/job/{_job_of(boss, trial)}/retries", {"retries": 0})
    for path in ("job", "history/detail", "history/user-operation", "history/variable-instance", "history/task"):
        about = [one.get("processInstanceId") for one in boss.get(f"{REST}/{path}").json]
        assert trial not in about, path
        asked = boss.get(f"{REST}/{path}", query_string=f"processInstanceId={trial}").json
        assert asked, path


def test_a_trial_of_a_proposal_counts_in_no_metric(
    boss: Person, admin: Person, owner: Person, engine: ProcessEngine
) -> None:
    files = {name: body.encode() for name, body in {**FILES, "calls.bpmn": TIMED}.items()}
    engine.run(SYSTEM_ACTOR, deployments.create, name="first", resources=files, controlled=True)
    (definition_id,) = owner.deploy({**FILES, "calls.bpmn": TIMED.replace("复核", "查看")}).json[
        "deployedProcessDefinitions"
    ]
    body = {"variables": {"subject": {"value": "tyres"}}}

    def sums() -> dict[str, int]:
        return {name: boss.get(f"{REST}/metrics/{name}/sum").json["result"] for name in METRICS}

    trial = owner.post(f"{REST}/process-definition/{definition_id}/start", body).json["id"]
    boss.put(f"{REST}/job/{_job_of(boss, trial)}/retries", {"retries": 0})
    assert set(sums().values()) == {0}
    assert boss.get(f"{REST}/metrics").json == []
    assert "marque_jobs_failed 0.0" in boss.get("/metrics").text

    case = admin.post(f"{REST}/process-definition/key/timed/start", body).json["id"]
    boss.put(f"{REST}/job/{_job_of(boss, case)}/retries", {"retries": 0})
    counted = sums()
    assert (counted["process-instances"], counted["root-process-instance-start"]) == (1, 1)
    assert counted["flow-node-instances"] > 0
    assert "marque_jobs_failed 1.0" in boss.get("/metrics").text


def test_a_called_process_is_part_of_the_case_that_counts(boss: Person, owner: Person) -> None:
    called = diagram('<startEvent id="in"/><endEvent id="out"/>' + flows("in>out"), key="called")
    calling = diagram(
        '<startEvent id="begin"/><callActivity id="call" calledElement="called"/><endEvent id="done"/>'
        + flows("begin>call", "call>done"),
        key="calling",
    )
    owner.deploy({"called.bpmn": called, "calling.bpmn": calling})

    assert boss.post(f"{REST}/process-definition/key/calling/start", {}).status_code == 200

    assert boss.get(f"{REST}/metrics/root-process-instance-start/sum").json == {"result": 1}
    assert boss.get(f"{REST}/metrics/flow-node-instances/sum").json == {"result": 5}


def _job_of(person: Person, instance_id: str) -> str:
    (job,) = person.get(f"{REST}/job", query_string=f"processInstanceId={instance_id}").json
    return str(job["id"])


def test_the_log_of_operations_is_narrowed(boss: Person, csr: Person, task_id: str) -> None:
    csr.post(f"{REST}/task/{task_id}/claim", {"userId": "csr"})

    def kinds(query: str) -> list[str]:
        return [one["operationType"] for one in boss.get(f"{REST}/history/user-operation", query_string=query).json]

    assert kinds(f"taskId={task_id}") == ["Claim"]
    assert kinds("entityType=ProcessInstance&processDefinitionKey=calls") == ["Create"]
    assert kinds("entityTypeIn=Deployment&category=Operator") == ["Create"]
    assert kinds("property=assignee&userId=csr") == ["Claim"]
    assert kinds("operationType=Nothing") == []
    (made,) = boss.get(f"{REST}/history/user-operation", query_string="entityType=Deployment").json
    assert (made["processInstanceId"], made["deploymentId"] is not None) == (None, True)
    assert csr.get(f"{REST}/history/user-operation", query_string="entityType=Deployment").json == []
