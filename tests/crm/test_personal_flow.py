"""A case from the counter to erasure: what a customer says is personal at every step, and can be forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from crm import access
from engine import audit, models, user_tasks, variables
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.personal_values import references
from engine.process_engine import ProcessEngine
from engine.values import PersonalRef
from tests.conftest import Deploy
from tests.crm.cases import COMPL, FRONT, REPAIR, open_case, task_of
from tests.engine.forms_support import field, schema

SECRETS = ("王小明", "13800001111", "左前门异响", "客户急用车")
CHECK = schema(
    field("textfield", "name", properties={"dataClass": "BASIC"}),
    field("textfield", "phone", properties={"dataClass": "BASIC"}, validate={"pattern": r"^1\d{10}$"}),
    field("number", "mileage_km"),
    field("dynamiclist", "faults", components=[field("textarea", "what"), field("number", "hours")]),
).replace(b'"id": "form"', b'"id": "repair_check"')
SUBMITTED = {
    "name": SECRETS[0],
    "phone": SECRETS[1],
    "mileage_km": 52_000,
    "faults": [{"what": SECRETS[2], "hours": 2}],
}


@pytest.fixture
def case(engine: ProcessEngine, deploy: Deploy) -> str:
    with_form = REPAIR.replace('<bpmn:userTask id="check"', '<bpmn:userTask id="check" camunda:formRef="repair_check"')
    deploy(repair__bpmn=with_form, repair_check__form=CHECK)
    case = open_case(engine, wish=SECRETS[3])
    engine.run(FRONT, user_tasks.complete, task_of(engine, case).id, SUBMITTED)
    return case


def kept(engine: ProcessEngine, case: str) -> dict[str, Any]:
    return engine.read(SYSTEM_ACTOR, variables.of_instance, case)


def test_variables_hold_references_and_plain_numbers(engine: ProcessEngine, case: str) -> None:
    values = kept(engine, case)

    assert isinstance(values["name"], PersonalRef)
    assert {ref.data_class for ref in references(values)} == {"BASIC", "FREE"}
    assert values["mileage_km"] == 52_000
    assert values["faults"][0]["hours"] == 2
    assert isinstance(values["faults"][0]["what"], PersonalRef)


def test_no_personal_word_stands_anywhere_in_the_files(engine: ProcessEngine, case: str, tmp_path: Path) -> None:
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    if engine.database.is_sqlite:
        assert stored, "the database lies here"
    with engine.database.read() as connection:
        for table in (models.process_instance, models.history_event, models.variable_update, models.job):
            stored += b"".join(str(tuple(row)).encode() for row in connection.execute(select(table)))

    for secret in SECRETS:
        for form in (secret.encode(), secret.encode("unicode_escape"), repr(secret.encode()).encode()[2:-1]):
            assert form not in stored


def test_compliance_reads_with_a_reason_until_the_customer_is_erased(engine: ProcessEngine, case: str) -> None:
    def read() -> dict[str, Any]:
        def command(ctx: CommandContext) -> dict[str, Any]:
            return access.read_case(ctx, case, variables.of_instance(ctx, case), reason="投诉抽查复核")

        return engine.run(COMPL, command)

    before = read()
    assert {name: before[name] for name in SUBMITTED} == SUBMITTED

    def erase(ctx: CommandContext) -> int:
        instance = models.process_instance
        ctx.connection.execute(update(instance).where(instance.c.id == case).values(customer_ref="K1"))
        return ctx.engine.vault.erase_customer(ctx, "K1")  # type: ignore[attr-defined, no-any-return]

    assert engine.run(SYSTEM_ACTOR, erase) == 1

    after = read()
    assert (after["name"], after["phone"], after["wish"]) == (None, None, None)
    assert after["faults"] == [{"what": None, "hours": 2}]
    assert engine.read(SYSTEM_ACTOR, audit.verify).intact
