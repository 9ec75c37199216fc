"""Topics handled inside the house: notifications queue up and archives keep references, nothing personal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from crm import notifications
from crm.handlers import HANDLERS
from crm.models import archive_entry
from crm.notifications import Notification
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.errors import Conflict, ExecutionFailed
from engine.external_tasks import HandlerTask
from engine.process_engine import ProcessEngine
from engine.values import PersonalRef, decode
from tests.conftest import Deploy
from tests.crm.cases import REPAIR, open_case

NAME = PersonalRef("ref-1", "0" * 64, "BASIC")


@pytest.fixture
def case(engine: ProcessEngine, deploy: Deploy) -> str:
    deploy(repair__bpmn=REPAIR)
    return open_case(engine)


def handle(
    engine: ProcessEngine, case: str, topic: str, *, variables: Mapping[str, Any], **properties: str
) -> Mapping[str, Any]:
    task = HandlerTask(
        id="task-1",
        topic=topic,
        process_instance_id=case,
        element_id="tell",
        business_key="R-2026-1",
        variables=variables,
        properties={name.replace("_", "."): value for name, value in properties.items()},
    )
    return engine.run(SYSTEM_ACTOR, HANDLERS[topic], task)


def outbox(engine: ProcessEngine, case: str) -> list[Notification]:
    return engine.read(SYSTEM_ACTOR, notifications.of_instances, [case])


def test_notify_queues_one_message_per_receiver(engine: ProcessEngine, case: str) -> None:
    variables = {"customer_ref": "K1", "name": NAME}

    result = handle(
        engine, case, "notify", variables=variables, notify_to="customer|CSS|RM", notify_template="quote_ready"
    )

    assert result == {}
    assert {(row.recipient_kind, row.recipient, row.state) for row in outbox(engine, case)} == {
        ("customer", "K1", "queued"),
        ("role", "CSS", "queued"),
        ("role", "RM", "queued"),
    }
    assert {(row.template, row.case_reference, row.element_id) for row in outbox(engine, case)} == {
        ("quote_ready", "R-2026-1", "tell")
    }


@pytest.mark.parametrize("chosen", [["OPS", "STORE"], "OPS|STORE"])
def test_the_case_may_say_who_is_notified(engine: ProcessEngine, case: str, chosen: Any) -> None:
    variables = {"synced_departments": chosen}

    handle(
        engine,
        case,
        "notify",
        variables=variables,
        notify_to="=synced_departments",
        notify_template="complaint_closed",
    )

    assert {row.recipient for row in outbox(engine, case)} == {"OPS", "STORE"}


@pytest.mark.parametrize("customer_ref", [None, NAME])
def test_a_customer_without_reference_is_not_written_to(engine: ProcessEngine, case: str, customer_ref: Any) -> None:
    handle(
        engine,
        case,
        "notify",
        variables={"customer_ref": customer_ref},
        notify_to="customer",
        notify_template="quote_ready",
    )

    (row,) = outbox(engine, case)
    assert (row.recipient, row.state, row.reason) == ("", "suppressed", "no-customer")


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"notify_to": "customer"},
        {"notify_template": "quote_ready"},
        {"notify_to": "customer", "notify_template": "Dear Mr Wang, your car …"},
        {"notify_to": "BOSS", "notify_template": "quote_ready"},
        {"notify_to": "=nobody_chosen", "notify_template": "quote_ready"},
    ],
)
def test_a_diagram_that_does_not_say_whom_and_what_fails(
    engine: ProcessEngine, case: str, properties: dict[str, str]
) -> None:
    with pytest.raises(ExecutionFailed) as failed:
        handle(engine, case, "notify", variables={}, **properties)

    assert failed.value.element_id == "tell"
    assert outbox(engine, case) == []


def test_a_message_is_sent_once(engine: ProcessEngine, case: str) -> None:
    handle(engine, case, "notify", variables={}, notify_to="CSS|RM", notify_template="quote_ready")
    waiting = engine.read(SYSTEM_ACTOR, notifications.queued)
    assert [row.tries for row in waiting] == [0, 0]

    engine.run(SYSTEM_ACTOR, notifications.mark, waiting[0].id, "sent")
    engine.run(SYSTEM_ACTOR, lambda ctx: notifications.mark(ctx, waiting[1].id, "failed", reason="no-channel"))

    assert engine.read(SYSTEM_ACTOR, notifications.queued) == []
    assert {(row.state, row.reason, row.sent_at is None, row.tries) for row in outbox(engine, case)} == {
        ("sent", None, False, 1),
        ("failed", "no-channel", True, 1),
    }
    with pytest.raises(Conflict):
        engine.run(SYSTEM_ACTOR, notifications.mark, waiting[0].id, "sent")


def test_archive_keeps_the_case_by_reference(engine: ProcessEngine, case: str) -> None:
    variables = {"name": NAME, "result": "resolved", "amount_fen": 500}

    assert handle(engine, case, "archive", variables=variables) == {"archived": True}

    def read(ctx: CommandContext) -> Any:
        return ctx.connection.execute(select(archive_entry)).one()

    row = engine.read(SYSTEM_ACTOR, read)
    assert decode(row.snapshot) == variables
    assert len(row.sha256) == 64
    assert row.business_key == "R-2026-1"
