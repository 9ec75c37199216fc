"""How an owner's change comes into force through the interface, and what it would have done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine import deployments, users
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from tests.api.desk import CALLS, FILES, Person
from tests.engine.commands import start
from tests.engine.test_proposals import OPERATOR, cases, table
from tests.engine.test_simulations import ASKING

RENAMED = CALLS.replace('name="复核"', 'name="主管复核"')
SCENARIO = """scenario: one
zh: 来电
en: A call
clock: 2026-10-01 10:00
people:
  E-1: [CSR]
  E-2: [CSS]
steps:
  - start: calls
    by: E-1
    with: {subject: tyres}
  - complete: write_down
    by: E-1
    with: {caller: 林晓彤, amount: 5}
  - expect: {tasks: [%s]}
"""


@pytest.fixture
def controlled(engine: ProcessEngine) -> None:
    """The calls and a table, put into force by the operator."""
    files = {name: body.encode() for name, body in FILES.items()}
    files |= {"dt/t.dmn": table(100).encode(), "dt/tests.yaml": cases(100).encode(), "asking.bpmn": ASKING.encode()}
    engine.run(OPERATOR, deployments.create, name="house", resources=files, controlled=True)


@pytest.fixture
def second(engine: ProcessEngine, someone: Callable[[str], Person]) -> Person:
    """A second owner."""
    engine.run(SYSTEM_ACTOR, users.create, "owner2", name="OWNER2", roles=("OWNER",), password="marque-demo")
    return someone("owner2")


@pytest.fixture
def proposed(controlled: None, owner: Person) -> str:
    made = owner.deploy({"calls.bpmn": RENAMED})
    assert made.status_code == 200, made.text
    return str(made.json["proposalId"])


def test_the_modeler_learns_that_its_upload_is_a_proposal(controlled: None, owner: Person, second: Person) -> None:
    made = owner.deploy({"calls.bpmn": RENAMED}).json
    assert made["proposalId"]
    (definition,) = made["deployedProcessDefinitions"].values()
    assert definition["version"] == 2
    assert owner.get("/engine-rest/process-definition/key/calls").json["version"] == 1
    listed = owner.get("/engine-rest/process-definition?key=calls").json
    assert [one["version"] for one in listed] == [1]

    started = owner.post(f"/engine-rest/process-definition/{definition['id']}/start", {})
    assert started.status_code == 200, started.text
    assert second.get("/engine-rest/process-instance?processDefinitionKey=calls").json == []


def test_a_second_person_approves(proposed: str, owner: Person, second: Person, csr: Person) -> None:
    (waiting,) = second.get("/api/proposals?state=open").json
    assert (waiting["id"], waiting["author"], waiting["mayDecide"]) == (proposed, "owner", True)
    assert owner.get(f"/api/proposals/{proposed}").json["mayDecide"] is False
    (definition,) = waiting["definitions"]
    assert (definition["key"], definition["version"], definition["replaces"]["version"]) == ("calls", 2, 1)

    assert csr.post(f"/api/proposals/{proposed}/approve", {}).status_code == 403
    refused = owner.post(f"/api/proposals/{proposed}/approve", {})
    assert (refused.status_code, refused.json["type"]) == (403, "AuthorizationException")
    approved = second.post(f"/api/proposals/{proposed}/approve", {"comment": "与林晓彤核对过"})
    assert approved.status_code == 200, approved.text
    assert (approved.json["state"], approved.json["decidedBy"], approved.json["release"]) == ("released", "owner2", 2)
    assert approved.json["examination"]["passed"] is True

    assert owner.get("/engine-rest/process-definition/key/calls").json["version"] == 2
    assert owner.get(f"/api/proposals/{proposed}").json["comment"] == "与林晓彤核对过"
    assert csr.get(f"/api/proposals/{proposed}").json["comment"] is None
    assert second.post(f"/api/proposals/{proposed}/approve", {}).status_code == 409
    newest = owner.get("/api/releases?maxResults=1").json[0]
    assert (newest["number"], newest["madeBy"]) == (2, "owner2")
    assert [one["key"] for one in newest["definitions"]] == ["calls"]


def test_a_second_person_rejects(proposed: str, owner: Person, second: Person) -> None:
    assert owner.post(f"/api/proposals/{proposed}/reject", {}).status_code == 403
    assert second.post(f"/api/proposals/{proposed}/reject", {"comment": "no"}).json["state"] == "rejected"
    assert owner.get("/api/proposals?state=open").json == []
    assert owner.get("/engine-rest/process-definition/key/calls").json["version"] == 1


def test_red_cases_refuse_the_approval_and_are_kept(controlled: None, owner: Person, second: Person) -> None:
    proposal_id = owner.deploy({"dt/t.dmn": table(50)}).json["proposalId"]

    refused = second.post(f"/api/proposals/{proposal_id}/approve", {})

    assert refused.status_code == 400
    assert "at the limit" in refused.json["message"]
    shown = owner.get(f"/api/proposals/{proposal_id}").json
    assert (shown["state"], shown["examination"]["passed"]) == ("open", False)


@pytest.mark.parametrize(("expected", "status"), [("look", 200), ("nothing_here", 400)])
def test_scenarios_of_a_proposal_are_played(
    controlled: None, owner: Person, second: Person, expected: str, status: int
) -> None:
    files = {"calls/calls.bpmn": RENAMED, "calls/scenarios/one.yaml": SCENARIO % expected}
    proposal_id = owner.deploy(files).json["proposalId"]

    examined = owner.post(f"/api/proposals/{proposal_id}/examine", {})
    assert examined.status_code == 200, examined.text
    assert (examined.json["passed"], examined.json["scenarios"]) == (status == 200, 1)

    answer = second.post(f"/api/proposals/{proposal_id}/approve", {})
    assert answer.status_code == status, answer.text


def test_a_date_in_the_past_or_no_date_is_refused(proposed: str, second: Person) -> None:
    for wrong in ("2026-09-30T10:00:00.000+0800", "tomorrow"):
        refused = second.post(f"/api/proposals/{proposed}/approve", {"effectiveAt": wrong})
        assert refused.status_code == 400, refused.text
    later = second.post(f"/api/proposals/{proposed}/approve", {"effectiveAt": "2026-11-01T00:00:00.000+0800"})
    assert (later.json["state"], later.json["effectiveAt"]) == ("scheduled", "2026-11-01T00:00:00.000+0800")


def test_differences_are_told_in_both_languages(proposed: str, owner: Person) -> None:
    told = owner.get("/api/diff?from=calls@1&to=calls@2").json
    assert told["counts"] == {"added": 0, "removed": 0, "changed": 1}
    (change,) = told["changes"]
    assert change["zh"] == "人工任务「主管复核」（look）：名称由 复核 改为 主管复核"
    (file,) = owner.get(f"/api/proposals/{proposed}/diff").json
    assert (file["file"], file["changes"]) == ("calls.bpmn", told["changes"])
    assert owner.get("/api/diff?from=calls@1&to=calls@9").status_code == 404
    assert owner.get("/api/diff?from=calls@1").status_code == 400


def test_an_owner_asks_what_a_draft_would_have_decided(
    controlled: None, engine: ProcessEngine, clock: VirtualClock, owner: Person, csr: Person
) -> None:
    start(engine, amount=80, customer_ref="C-1001")
    start(engine, amount=20)
    question: dict[str, Any] = {"decisionKey": "dt_99", "since": "2026-10-01T00:00:00.000+0800", "draft": table(60)}

    report = owner.post("/api/simulate", question)

    assert report.status_code == 200, report.text
    assert (report.json["replayed"], report.json["changed"], report.json["complete"]) == (2, 1, True)
    assert report.json["moves"] == [{"before": ["small"], "after": ["large"], "count": 1}]
    assert report.json["examples"][0]["customerRef"] == "C-1001"
    assert csr.post("/api/simulate", question).status_code == 403
    for wrong in (
        {"since": None},
        {"draft": "<x"},
        {"given": {"x": 1}},
        {"given": {"amount": {"$date": "x"}}},
        {"asOf": "x"},
    ):
        assert owner.post("/api/simulate", {**question, **wrong}).status_code == 400, wrong
    assert owner.post("/api/simulate", {**question, "decisionKey": "dt_1"}).status_code == 404


HOSTILE: tuple[Any, ...] = (
    {"effectiveAt": 5},
    {"comment": {"a": 1}},
    {"comment": "x" * 3_000},
    {"decisionKey": "dt_99", "since": "2026-10-01", "draft": "x"},
    {"decisionKey": "dt_99", "since": "2026-10-01T00:00:00Z", "draft": "x", "limit": 10**30},
    {"decisionKey": "dt_99", "since": "2026-10-01T00:00:00Z", "draft": table(), "given": {"amount": {"$personal": {}}}},
    {"decisionKey": "dt_99", "since": "2026-10-01T00:00:00Z", "draft": table(), "given": {"amount": {"$x": 1}}},
    {"decisionKey": {}, "since": [], "draft": 1},
)


def test_nonsense_is_refused_and_never_a_bug(proposed: str, second: Person) -> None:
    for verb in ("approve", "reject", "examine"):
        for proposal_id in (proposed, "01a2%27%22--", "x" * 300):
            for body in HOSTILE[:3]:
                answer = second.post(f"/api/proposals/{proposal_id}/{verb}", body)
                assert answer.status_code < 500, answer.text
    for body in HOSTILE:
        assert second.post("/api/simulate", body).status_code == 400, body
    for path in (
        "/api/proposals?state=x",
        "/api/diff?from=a:b:c@1&to=@",
        "/api/releases?maxResults=x",
        "/api/diff?from=%27@1&to=x",
    ):
        assert 400 <= second.get(path).status_code < 500, path
