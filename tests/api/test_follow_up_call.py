"""The shipped follow-up call, from the message to the end, on both databases: what the inbox shows on the way."""

from __future__ import annotations

import pytest

from engine import deployments
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from tests.api.desk import ON_BOTH_DATABASES, Person
from tests.conftest import shipped

pytestmark = ON_BOTH_DATABASES

OPINION = "取车等了太久，王先生不满意"


@pytest.fixture
def instance_id(engine: ProcessEngine, admin: Person) -> str:
    engine.run(SYSTEM_ACTOR, deployments.create, name="shipped", resources=shipped("follow_up_call"))
    body = {
        "messageName": "follow_up_due",
        "businessKey": "K-1",
        "processVariables": {
            "kind": {"value": "return"},
            "anchor_at": {"value": "2026-10-01T21:00:00+08:00", "type": "String"},
            "business_line": {"value": "rental"},
            "customer_ref": {"value": "C-1"},
        },
        "resultEnabled": True,
    }
    answer = admin.post("/engine-rest/message", body)
    assert answer.status_code == 200, answer.text
    return str(answer.json[0]["processInstance"]["id"])


def test_a_follow_up_call_is_made_and_its_deadline_met(instance_id: str, csr: Person, admin: Person) -> None:
    (card,) = csr.get("/api/tasks?view=groups").json["items"]
    assert (card["name"]["en"], card["due"]) == ("Call the customer back", "2026-10-02T21:00:00.000+0800")
    assert (card["deadline"]["code"], card["deadline"]["clause"]) == ("followup_return", "R2-10-1a")
    assert card["customerRef"] == "C-1"
    assert csr.get("/api/tasks?view=groups&due=today").json["total"] == 0

    csr.put("/api/clock", {"now": "2026-10-02T09:30:00+08:00"})
    (warned,) = csr.get("/api/tasks?view=groups&due=today").json["items"]
    assert warned["deadline"]["state"] == "warned"

    missed = {"contacted_at": "2026-10-02T09:25:00+08:00", "method": "phone", "reached": False}
    assert csr.post(f"/api/tasks/{card['id']}/attempts", {"data": missed}).status_code == 200
    refused = csr.post(f"/api/tasks/{card['id']}/complete", {"data": missed})
    assert [fault["field"] for fault in refused.json["errors"]] == ["reached"]

    reached = {
        "contacted_at": "2026-10-02T09:28:00+08:00",
        "method": "phone",
        "reached": True,
        "rating_seen": "not_good",
        "opinion": OPINION,
        "next_step": "forward",
        "forwarded_to": "OPS",
    }
    done = csr.post(f"/api/tasks/{card['id']}/complete", {"data": reached})
    assert done.status_code == 200, done.text
    (deadline,) = csr.get(f"/api/deadlines?processInstanceId={instance_id}").json
    assert (deadline["state"], deadline["stoppedAt"]) == ("met", "2026-10-02T09:28:00.000+0800")
    (decision,) = csr.get(f"/api/decisions?processInstanceId={instance_id}").json
    assert (decision["decisionKey"], decision["rows"][0]["clause"]) == ("dt_05", "R2-10-1a")
    path = csr.get(f"/api/instances/{instance_id}/path").json
    assert path["current"] == ["department_answer"]
    assert {"open_deadline", "call"} <= set(path["completed"])
    for listing in ("/engine-rest/history/variable-instance", "/engine-rest/task", "/engine-rest/history/task"):
        assert OPINION not in admin.get(listing).text, listing
    assert admin.get("/api/audit/verify").json["intact"]


def test_what_falls_due_while_nobody_calls_is_escalated_to_the_supervisor(
    instance_id: str, csr: Person, css: Person
) -> None:
    (card,) = csr.get("/api/tasks?view=groups").json["items"]
    csr.post(f"/api/tasks/{card['id']}/claim")
    assert css.get("/api/tasks?view=all").json["total"] == 0
    csr.put("/api/clock", {"now": "2026-10-03T09:00:00+08:00"})
    (seen,) = css.get("/api/tasks?view=all&due=overdue").json["items"]
    assert seen["why"] == {"kind": "escalation", "group": "CSS"}
    assert (seen["assignee"], seen["mayComplete"]) == ("csr", False)
    assert (seen["deadline"]["state"], seen["deadline"]["escalatedTo"]) == ("breached_open", ["CSS"])
