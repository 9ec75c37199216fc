"""The chain of a case, for whoever checks it."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.api.desk import Person


def test_the_chain_of_a_case_is_exported_as_stored(task_id: str, csr: Person, someone: Callable[[str], Person]) -> None:
    case = csr.get(f"/api/tasks/{task_id}").json["processInstanceId"]
    done = csr.post(f"/api/tasks/{task_id}/complete", {"data": {"caller": "林晓彤", "amount": 3}})
    assert done.status_code == 200, done.text

    exported = someone("compl").get(f"/api/audit/export?processInstanceId={case}")

    assert exported.headers["Content-Type"] == "application/x-ndjson"
    events = [json.loads(line) for line in exported.content.splitlines()]
    assert [event["seq"] for event in events] == [1, 2]
    assert events[1]["kind"] == "task.completed"
    assert "林晓彤" not in exported.text


def test_only_reviewers_may_export(task_id: str, csr: Person, someone: Callable[[str], Person]) -> None:
    case = csr.get(f"/api/tasks/{task_id}").json["processInstanceId"]

    assert csr.get(f"/api/audit/export?processInstanceId={case}").status_code == 403
    assert someone("compl").get("/api/audit/export?processInstanceId=nowhere").status_code == 404
    assert someone("compl").get("/api/audit/export").status_code == 400
