"""Files are checked before anybody deploys them."""

from __future__ import annotations

from typing import Any

from tests.api.desk import CALLS, Person
from tests.engine.test_proposals import table


def test_errors_and_warnings_are_told_by_file_and_nothing_is_kept(owner: Person, csr: Person) -> None:
    wrong = table(100).replace("&gt; 100", "&gt; 101").replace("dt_99", "dt_77")
    told = owner.post("/api/check", {"files": {"t.dmn": wrong, "calls.bpmn": CALLS}})

    assert told.status_code == 200, told.text
    (found,) = told.json["findings"]["t.dmn"]
    assert (found["code"], found["severity"]) == ("gap", "error")
    assert "no row covers amount" in found["message"]
    assert "没有任何行覆盖 amount" in found["messageZh"]
    assert owner.get("/engine-rest/decision-definition?key=dt_77").json == []
    assert owner.post("/api/check", {"files": {"t.dmn": table(100)}}).json == {"findings": {}}
    assert csr.post("/api/check", {"files": {"t.dmn": wrong}}).status_code == 403


def test_nonsense_is_refused_and_never_a_bug(owner: Person) -> None:
    for files in (None, {}, [], {"t.dmn": 5}, {f"{number}.dmn": "" for number in range(201)}):
        assert owner.post("/api/check", {"files": files}).status_code == 400
    hostile: dict[str, Any] = {"x.dmn": "<", "y.bpmn": "", "z.form": "[", "../a": "x", "tests.yaml": "- :"}
    assert owner.post("/api/check", {"files": hostile}).status_code == 200
