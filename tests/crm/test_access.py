"""What somebody sees of a case is what the access matrix says, and looking at it is recorded."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select

from crm import access
from engine import models, user_tasks
from engine.context import SYSTEM_ACTOR, Actor, CommandContext
from engine.errors import InvalidRequest
from engine.personal_values import Sight, absorb
from engine.process_engine import ProcessEngine
from engine.values import load
from tests.conftest import Deploy
from tests.crm.cases import COMPL, FRONT, REPAIR, actor, open_case, task_of

CSR, RM, OPS, OPSM = actor("csr", "CSR"), actor("rm", "RM"), actor("ops", "OPS"), actor("opsm", "OPSM")


@pytest.fixture
def case(engine: ProcessEngine, deploy: Deploy) -> str:
    deploy(repair__bpmn=REPAIR)
    return open_case(engine)


def sight(engine: ProcessEngine, who: Actor, case: str | None, reason: str | None = None) -> Sight:
    return engine.read(who, lambda ctx: access.sight(ctx, case, reason=reason))


def give(engine: ProcessEngine, case: str, user_id: str) -> None:
    engine.run(SYSTEM_ACTOR, user_tasks.assign, task_of(engine, case).id, user_id)


def clear(engine: ProcessEngine, who: Actor, case: str | None, reason: str | None = None) -> set[str]:
    return set(sight(engine, who, case, reason).clear)


def test_customer_service_sees_basic_data_everywhere_and_numbers_masked(engine: ProcessEngine, case: str) -> None:
    seen = sight(engine, CSR, None)

    assert set(seen.clear) == {"BASIC", "NEED", "FEEDBACK", "SERVICE"}
    assert set(seen.masked) == {"ID"}


def test_free_text_is_for_those_who_work_on_the_case(engine: ProcessEngine, case: str) -> None:
    assert "FREE" not in clear(engine, CSR, case)

    give(engine, case, "csr")

    assert "FREE" in clear(engine, CSR, case)
    assert "FREE" not in clear(engine, actor("csr2", "CSR"), case)


def test_a_grant_inside_the_assigned_case_begins_and_ends_with_the_task(engine: ProcessEngine, case: str) -> None:
    assert clear(engine, RM, case) == set()

    give(engine, case, "rm")
    assert clear(engine, RM, case) == {"BASIC", "FEEDBACK", "SERVICE", "FREE"}
    assert clear(engine, RM, None) == set()

    engine.run(RM, user_tasks.complete, task_of(engine, case).id)
    assert clear(engine, RM, case) == set()


def test_what_is_masked_outside_is_clear_inside_the_case(engine: ProcessEngine, case: str) -> None:
    assert set(sight(engine, OPS, case).masked) == {"BASIC"}

    give(engine, case, "ops")

    assert "BASIC" in clear(engine, OPS, case)
    assert set(sight(engine, OPS, case).masked) == set()


def test_whom_an_escalation_brought_in_sees_the_case(engine: ProcessEngine, case: str) -> None:
    row = {"task_id": task_of(engine, case).id, "kind": "escalation", "name": "GM"}
    engine.run(SYSTEM_ACTOR, lambda ctx: ctx.connection.execute(insert(models.task_candidate).values(row)) and None)

    assert clear(engine, actor("gm", "GM"), case) == {"FEEDBACK", "FREE"}
    assert clear(engine, actor("sen", "SEN"), case) == set()


def test_compliance_needs_a_reason(engine: ProcessEngine, case: str) -> None:
    assert clear(engine, COMPL, case) == set()
    assert clear(engine, COMPL, case, "??") == set()
    assert clear(engine, COMPL, case, "投诉抽查 2026-10") == {"BASIC", "FEEDBACK", "SERVICE", "FREE"}
    assert clear(engine, CSR, case, "好奇而已呀") == clear(engine, CSR, case)


@pytest.mark.parametrize("role", ["ADMIN", "IT", "OWNER", "ADM", "CUST", "UNKNOWN"])
def test_who_is_not_named_sees_nothing(engine: ProcessEngine, case: str, role: str) -> None:
    give(engine, case, "somebody")

    assert sight(engine, actor("somebody", role), case, "some good reason") == Sight()


def test_roles_add_up(engine: ProcessEngine, case: str) -> None:
    assert "BEHAVIOUR" in clear(engine, actor("both", "CSR", "OPSM"), None)


# ------------------------------------------------------------ recording


def recorded(engine: ProcessEngine, case: str) -> list[dict[str, Any]]:
    table = models.history_event

    def read(ctx: CommandContext) -> list[dict[str, Any]]:
        query = select(table.c.body).where(table.c.chain_id == access.access_chain(case)).order_by(table.c.seq)
        return [load(body) for body in ctx.connection.execute(query).scalars()]

    return engine.read(SYSTEM_ACTOR, read)


def personal(engine: ProcessEngine, **values: Any) -> dict[str, Any]:
    classes = {"phone": "BASIC", "id_no": "ID", "need": "NEED"}
    return engine.run(
        SYSTEM_ACTOR, lambda ctx: absorb(ctx, subject="customer:K1", variables=values, form_classes=classes)
    )


def test_every_view_of_basic_data_is_recorded_without_the_data(engine: ProcessEngine, case: str) -> None:
    kept = personal(engine, phone="13800001111", id_no="110101199003070011", need="SUV")

    shown = engine.run(CSR, access.read_case, case, kept)

    assert shown == {"phone": "13800001111", "id_no": "*" * 14 + "0011", "need": "SUV"}
    (event,) = recorded(engine, case)
    assert (event["actor"], event["kind"]) == ("csr", "personalDataRead")
    assert event["classes"] == ["BASIC", "ID", "NEED"]
    assert event["variables"] == ["id_no", "need", "phone"]
    assert "13800001111" not in str(event)


def test_who_sees_nothing_leaves_no_record_of_having_seen(engine: ProcessEngine, case: str) -> None:
    kept = personal(engine, phone="13800001111", need="SUV")

    assert engine.run(actor("it", "IT"), access.read_case, case, kept) == {"phone": "***", "need": "***"}
    assert engine.run(OPSM, access.read_case, case, {"need": kept["need"]}) == {"need": "SUV"}
    assert recorded(engine, case) == []


def test_a_reason_is_recorded_by_reference(engine: ProcessEngine, case: str) -> None:
    kept = personal(engine, phone="13800001111")
    reason = "投诉人王小明来电复核"

    assert engine.run(COMPL, lambda ctx: access.read_case(ctx, case, kept, reason=reason)) == {"phone": "13800001111"}

    (event,) = recorded(engine, case)
    assert set(event["reason"]) == {"ref", "digest"}
    assert reason not in str(event)


def test_a_reason_says_something() -> None:
    assert access.require_reason(" 投诉抽查复核 ") == "投诉抽查复核"
    for nothing in (None, "", "    ok   "):
        with pytest.raises(InvalidRequest):
            access.require_reason(nothing)


def test_the_record_is_a_chain_of_its_own(engine: ProcessEngine, case: str) -> None:
    from engine import audit

    kept = personal(engine, phone="13800001111")
    for who in (CSR, FRONT):
        engine.run(who, access.read_case, case, kept)

    assert len(recorded(engine, case)) == 2
    assert engine.read(SYSTEM_ACTOR, audit.verify, access.access_chain(case)).intact
