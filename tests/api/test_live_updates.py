"""Pages that stay current by asking again: what did not change costs no answer, and no record of a reading."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from engine import models
from engine.process_engine import ProcessEngine
from tests.api.desk import Person


def readings(engine: ProcessEngine) -> int:
    table = models.history_event
    with engine.database.read() as connection:
        counted = select(func.count()).where(table.c.kind == "personalDataRead")
        return connection.execute(counted).scalar_one()


def asked_again(person: Person, path: str, etag: str) -> int:
    answer = person.get(path, headers={"If-None-Match": etag})
    assert answer.status_code in {200, 304}, answer.text
    assert (answer.status_code == 304) == (answer.content == b"")
    return answer.status_code


@pytest.fixture
def case_id(task_id: str, csr: Person) -> str:
    csr.post(f"/api/tasks/{task_id}/claim")
    return str(csr.get(f"/engine-rest/task/{task_id}").json["processInstanceId"])


@pytest.mark.parametrize("what", ["list", "task", "case"])
def test_what_did_not_change_is_not_sent_again(
    what: str, csr: Person, admin: Person, task_id: str, case_id: str
) -> None:
    path = {"list": "/api/tasks", "task": f"/api/tasks/{task_id}", "case": f"/api/instances/{case_id}/path"}[what]
    first = csr.get(path)
    etag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert asked_again(csr, path, etag) == 304
    if what == "list":
        csr.post(f"/api/tasks/{task_id}/unclaim")
    else:
        changed = {"modifications": {"amount": {"value": 7}}}
        assert admin.post(f"/engine-rest/process-instance/{case_id}/variables", changed).status_code == 204
    assert asked_again(csr, path, etag) == 200


def test_asking_again_reads_no_personal_value(csr: Person, task_id: str, case_id: str, engine: ProcessEngine) -> None:
    changed = {"modifications": {"caller": {"value": "王小明"}}}
    assert csr.post(f"/engine-rest/task/{task_id}/variables", changed).status_code == 204
    before = readings(engine)
    etag = csr.get(f"/api/tasks/{task_id}").headers["ETag"]
    assert readings(engine) == before + 1
    assert asked_again(csr, f"/api/tasks/{task_id}", etag) == 304
    assert readings(engine) == before + 1


def test_one_persons_state_is_not_anothers(csr: Person, admin: Person, task_id: str, case_id: str) -> None:
    etag = csr.get(f"/api/instances/{case_id}/path").headers["ETag"]
    assert asked_again(admin, f"/api/instances/{case_id}/path", etag) == 200
    refused = Person(csr.client, "tech").get(f"/api/instances/{case_id}/path", headers={"If-None-Match": etag})
    assert refused.status_code == 403
