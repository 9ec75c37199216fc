"""Cases are found by plate, case number and customer number; nobody reads a plate out of the tables."""

from __future__ import annotations

import logging
from typing import Any, cast

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select

from api.cli import main
from crm import reindexing
from crm.models import search_term
from crm.vault import PersonVault
from engine import audit
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.models import metadata
from engine.process_engine import ProcessEngine
from engine.settings import Settings
from tests.api.desk import ON_BOTH_DATABASES, Person

pytestmark = ON_BOTH_DATABASES

PLATE = "沪A·B1234"


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


# ------------------------------------------------------------ cases that were there before the index


@pytest.fixture
def old_cases(calls: str, csr: Person, admin: Person, engine: ProcessEngine) -> list[str]:
    """Five cases as an older version left them: each with a plate in another place, none indexed."""
    written: list[dict[str, Any]] = [
        {"plate_no": {"value": "沪AB0001"}, "customer_ref": {"value": "C-1"}},
        {"plate": {"value": "沪AB0002"}, "customer_ref": {"value": "C-2"}},
        {"vehicles": {"value": [{"plate": "沪AB0003"}, {"plate": "沪AB0033"}]}},
        {"plate_no": {"value": "沪AB0004"}},
        {"remark": {"value": "nothing to search for"}},
    ]
    cases = []
    for values in written:
        started = admin.post("/engine-rest/process-definition/key/calls/start", {"businessKey": f"K-{len(cases)}"})
        cases.append(str(started.json["id"]))
        base = f"/engine-rest/process-instance/{cases[-1]}/variables"
        assert admin.post(base, {"modifications": values}).status_code == 204
    admin.put(f"/engine-rest/process-instance/{cases[3]}/variables/plate_no", {"value": "沪AB0044"})
    with engine.database.write() as connection:
        indexed = set(connection.execute(select(search_term.c.kind, search_term.c.digest, search_term.c.root_id)))
        connection.execute(delete(search_term))
    assert len(indexed) > 20
    return cases


def _reindex(settings: Settings, *arguments: str) -> str:
    environment = {
        "MARQUE_DATABASE_URL": settings.database_url,
        "MARQUE_KEYSTORE_URL": settings.keystore_url,
        "MARQUE_KEY_FILE": str(settings.key_file),
    }
    told = CliRunner().invoke(main, ["searches", "reindex", *arguments], env=environment)
    assert told.exit_code == 0, told.output
    return told.output


def test_older_cases_are_found_after_the_index_is_made(
    old_cases: list[str], admin: Person, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    assert found(admin, plate="沪AB0001") == []

    with caplog.at_level(logging.DEBUG):
        told = _reindex(settings, "--batch", "2")

    plates = ["沪AB0001", "沪AB0002", "沪AB0003", "沪AB0033", "沪AB0004", "沪AB0044"]
    assert [found(admin, plate=plate) for plate in plates] == [[old_cases[n]] for n in (0, 1, 2, 2, 3, 3)]
    assert sorted(found(admin, plate="沪AB00")) == sorted(old_cases[:4])
    assert told.splitlines() == ["2 case(s) indexed, 3 left", "4 case(s) indexed, 1 left", "5 case(s) indexed, 0 left"]
    assert "AB00" not in caplog.text


def test_an_interrupted_run_goes_on_where_it_stopped_and_a_second_one_changes_nothing(
    old_cases: list[str], admin: Person, settings: Settings, engine: ProcessEngine
) -> None:
    first = engine.run(SYSTEM_ACTOR, reindexing.run_batch, cast(PersonVault, engine.vault), 3)
    assert (first.cases, first.left) == (3, 2)
    assert found(admin, plate="沪AB0003") == [old_cases[2]]
    assert found(admin, plate="沪AB0004") == []

    assert _reindex(settings) == "2 case(s) indexed, 0 left\n"
    assert found(admin, plate="沪AB0004") == [old_cases[3]]

    with engine.database.read() as connection:
        before = set(connection.execute(select(search_term)))
    assert _reindex(settings) == "5 case(s) indexed, 0 left\n"
    with engine.database.read() as connection:
        assert set(connection.execute(select(search_term))) == before


def test_an_erased_person_gets_no_index_and_loses_it_with_the_values(
    old_cases: list[str], admin: Person, settings: Settings, engine: ProcessEngine
) -> None:
    def erase(ctx: CommandContext, customer: str) -> int:
        return cast(PersonVault, ctx.engine.vault).erase_customer(ctx, customer)

    engine.run(SYSTEM_ACTOR, erase, "C-1")
    _reindex(settings)
    assert found(admin, plate="沪AB0001") == []
    assert found(admin, plate="沪AB0002") == [old_cases[1]]

    engine.run(SYSTEM_ACTOR, erase, "C-2")
    assert found(admin, plate="沪AB0002") == []


def test_a_person_who_is_erased_while_the_index_is_made_is_not_left_in_it(
    old_cases: list[str], admin: Person, engine: ProcessEngine
) -> None:
    vault = cast(PersonVault, engine.vault)
    engine.run(SYSTEM_ACTOR, reindexing.run_batch, vault, 2)
    # Another process destroyed the keys and removed what it saw, which was not this batch.
    for subject in ("customer:C-1", f"case:{old_cases[0]}"):
        vault.keystore.erase(subject, engine.clock.now())
    assert found(admin, plate="沪AB0001") == [old_cases[0]]

    engine.run(SYSTEM_ACTOR, reindexing.run_batch, vault, 100)

    assert found(admin, plate="沪AB0001") == []
