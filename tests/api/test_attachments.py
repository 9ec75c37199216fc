"""Files of a case: uploaded, referred to by a form, downloaded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

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
