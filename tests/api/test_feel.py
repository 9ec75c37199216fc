"""Hints for an editor through the interface."""

from __future__ import annotations

import json
from typing import Any

from tests.api.desk import Person
from tests.engine.test_proposals import table


def test_type_problems_and_completions_come_with_one_request(owner: Person) -> None:
    body = {"text": 'amount > "5"', "cursor": 2, "names": {"amount": "number", "amounts": "list<number>"}}

    told = owner.post("/api/feel/hints", body)

    assert told.status_code == 200, told.text
    assert told.json["type"] == "boolean"
    assert {"position": 9, "type": "string"} in told.json["types"]
    (problem,) = told.json["problems"]
    assert (problem["column"], problem["en"]) == (1, "compares a number with a string: never true")
    assert problem["zh"] == "数字与文本相比较，永不为真"
    assert [one["text"] for one in told.json["completions"]] == ["amount", "amounts"]


def test_a_draft_says_what_its_expressions_may_read(owner: Person) -> None:
    body = {"text": "> am", "cursor": 4, "tested": "number", "dmn": table(100), "decision": "dt_99"}

    assert owner.post("/api/feel/hints", body).json["problems"] == []
    assert owner.post("/api/feel/hints", {**body, "decision": "dt_1"}).status_code == 404
    assert owner.post("/api/feel/hints", {**body, "decision": None}).status_code == 400
    assert owner.post("/api/feel/hints", {**body, "dmn": "<x"}).status_code == 400


def test_functions_are_described_in_both_languages(owner: Person) -> None:
    (one,) = owner.post("/api/feel/hints", {"text": "string le", "cursor": 9}).json["completions"]

    assert (one["signature"], one["zh"]) == ("string length(string: string)", "字符数")


def test_nonsense_is_refused_and_never_a_bug(owner: Person) -> None:
    wrong: list[dict[str, Any]] = [
        {"text": 5},
        {"text": "1", "cursor": -1},
        {"text": "1", "names": {"a": "nothing"}},
        {"text": "1", "names": {"a": 5}},
        {"text": "1", "names": {f"n{number}": "number" for number in range(501)}},
        {"text": "1", "tested": "list<"},
    ]
    for body in wrong:
        assert owner.post("/api/feel/hints", body).status_code == 400, json.dumps(body)[:80]
    assert owner.post("/api/feel/hints", {}).json["problems"][0]["code"] == "feel-syntax"
    assert owner.post("/api/feel/hints", {"text": "(" * 9_999}).json["problems"][0]["severity"] == "error"
