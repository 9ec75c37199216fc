"""Files of a case: uploaded, referred to by a form, downloaded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from falcon import testing

from tests.api.desk import Person

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100_000


def test_a_file_goes_in_and_comes_out_as_it_was(task_id: str, csr: Person, someone: Callable[[str], Person]) -> None:
    instance_id = csr.get(f"/api/tasks/{task_id}").json["processInstanceId"]
    made = csr.send("POST", f"/api/attachments?processInstanceId={instance_id}", PNG)
    assert made.status_code == 201, made.text
    assert made.json["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert (made.json["size"], made.json["type"]) == (len(PNG), "image/png")
    path = f"/api/attachments/{made.json['attachment_id']}"
    got = csr.get(path)
    assert got.content == PNG
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert someone("tech").get(path).status_code == 403


def test_only_known_kinds_of_files_of_a_known_case_are_taken(
    task_id: str, csr: Person, someone: Callable[[str], Person]
) -> None:
    instance_id = csr.get(f"/api/tasks/{task_id}").json["processInstanceId"]
    assert csr.send("POST", f"/api/attachments?processInstanceId={instance_id}", b"<script>").status_code == 400
    assert csr.send("POST", "/api/attachments", PNG).status_code == 400
    assert csr.send("POST", "/api/attachments?processInstanceId=nowhere", PNG).status_code == 404
    foreign = someone("tech").send("POST", f"/api/attachments?processInstanceId={instance_id}", PNG)
    assert foreign.status_code == 403


def upload(person: Person, task_id: str, body: bytes, **fields: str) -> testing.Result:
    """Attaches a file to a task, as Camunda's clients do."""
    texts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="attachment-{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    head = '--x\r\nContent-Disposition: form-data; name="content"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    sent = texts.encode() + head.encode() + body + b"\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    return person.send("POST", f"/engine-rest/task/{task_id}/attachment/create", sent, headers=headers)


def test_a_file_of_a_task_is_listed_with_its_name_for_who_may_read_it(
    task_id: str, csr: Person, admin: Person, someone: Callable[[str], Person]
) -> None:
    csr.post(f"/engine-rest/task/{task_id}/claim", {"userId": "csr"})
    made = upload(csr, task_id, PNG, name="Wang's car", description="front").json
    assert (made["name"], made["description"], made["type"]) == ("Wang's car", "front", "image/png")
    base = f"/engine-rest/task/{task_id}/attachment"
    assert csr.get(base).json == [made]
    assert csr.get(f"{base}/{made['id']}").json == made
    assert [one["name"] for one in admin.get(base).json] == ["***"]
    data = csr.get(f"{base}/{made['id']}/data")
    assert data.content == PNG
    assert data.headers["Content-Disposition"].startswith("attachment;")
    assert someone("tech").get(base).status_code == 403
    case_id = made["rootProcessInstanceId"]
    assert "Wang" not in someone("compl").get(f"/api/audit/export?processInstanceId={case_id}").text
    assert admin.get("/api/audit/verify").json["intact"]


def test_only_who_has_the_task_attaches_and_only_known_kinds_of_files(task_id: str, csr: Person, css: Person) -> None:
    csr.post(f"/engine-rest/task/{task_id}/claim", {"userId": "csr"})
    assert upload(css, task_id, PNG).status_code == 403
    assert upload(csr, task_id, b"<script>alert(1)</script>").status_code == 400
    path = f"/engine-rest/task/{task_id}/attachment"
    assert csr.post(f"{path}/create", {"url": "http://example.org"}).status_code == 400
    assert csr.get(path).json == []
    assert csr.get(f"{path}/nothing/data").status_code == 404
