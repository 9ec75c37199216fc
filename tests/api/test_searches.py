"""Cases are found by plate, case number and customer number; nobody reads a plate out of the tables."""

from __future__ import annotations

import logging
from typing import Any, cast

import pytest
from sqlalchemy import select

from crm.models import search_term
from crm.vault import PersonVault
from engine import audit
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.models import metadata
from engine.process_engine import ProcessEngine
from tests.api.desk import Person

PLATE = "沪A·B1234"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def case_id(task_id: str, csr: Person, admin: Person) -> str:
    found = str(csr.get(f"/engine-rest/task/{task_id}").json["processInstanceId"])
    csr.post(f"/engine-rest/task/{task_id}/claim", {"userId": "csr"})
    changed: dict[str, Any] = {"plate_no": {"value": PLATE}, "customer_ref": {"value": "C-1001"}}
    base = f"/engine-rest/process-instance/{found}/variables"
    assert admin.post(base, {"modifications": changed}).status_code == 204
    return found


def found(person: Person, **asked: str) -> list[str]:
    answer = person.post("/api/search", asked)
    assert answer.status_code == 200, answer.text
    return [one["processInstanceId"] for one in answer.json["items"]]


def test_a_plate_or_its_beginning_finds_the_case_however_it_is_written(case_id: str, csr: Person) -> None:
    for written in (PLATE, "沪AB1234", "沪a b1234", "沪ＡＢ１２", "沪AB1"):
        assert found(csr, plate=written) == [case_id], written
    for other in ("沪AB9", "AB1234", "沪AB12345"):
        assert found(csr, plate=other) == [], other
    assert csr.post("/api/search", {"plate": "沪AB"}).status_code == 400


def test_case_and_customer_numbers_find_the_case(case_id: str, csr: Person) -> None:
    (shown,) = csr.post("/api/search", {"customer": "C-1001"}).json["items"]
    assert (shown["processInstanceId"], shown["processKey"], shown["state"]) == (case_id, "calls", "ACTIVE")
    assert found(csr, customer="C-100") == [case_id]
    assert found(csr, customer="C-2001") == []
    assert found(csr, caseNo=shown["caseNo"]) == [case_id]
    assert found(csr, caseNo=shown["businessKey"][:10]) == [case_id]


def test_only_cases_that_one_may_see_are_found(case_id: str, csr: Person, admin: Person, someone: Any) -> None:
    assert found(admin, plate=PLATE) == [case_id]
    assert found(someone("tech"), plate=PLATE) == []
    assert found(someone("tech"), customer="C-1001") == []


def test_a_case_with_a_business_key_of_its_own_is_found_by_its_case_number(calls: str, admin: Person) -> None:
    body = {"businessKey": "ORDER-77", "variables": {"subject": {"value": "tyres"}}}
    started = admin.post("/engine-rest/process-definition/key/calls/start", body).json["id"]
    (shown,) = admin.post("/api/search", {"caseNo": "ORDER-77"}).json["items"]
    assert found(admin, caseNo=shown["caseNo"]) == [started]


@pytest.mark.parametrize("body", [{}, {"plate": "沪AB12", "customer": "C-1001"}, {"colour": "red"}, {"plate": 5}])
def test_a_search_asks_one_thing(csr: Person, body: dict[str, Any]) -> None:
    assert csr.post("/api/search", body).status_code == 400


def test_neither_tables_nor_logs_show_the_plate(
    case_id: str, csr: Person, engine: ProcessEngine, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert found(csr, plate=PLATE) == [case_id]
    assert "AB1234" not in caplog.text.replace("·", "")
    with engine.database.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)):
                assert "B1234" not in str(tuple(row)), table.name
        kinds = set(connection.execute(select(search_term.c.kind)).scalars())
    assert "plate" in kinds
    assert engine.read(SYSTEM_ACTOR, audit.verify, None).intact


def test_an_erased_person_is_found_by_no_plate(case_id: str, csr: Person, engine: ProcessEngine) -> None:
    def erase(ctx: CommandContext) -> int:
        return cast(PersonVault, ctx.engine.vault).erase_customer(ctx, "C-1001")

    engine.run(SYSTEM_ACTOR, erase)

    assert found(csr, plate=PLATE) == []
