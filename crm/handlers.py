"""Service-task topics that are handled inside the house.

`notify` puts a notification into the outbox: property `notify.to` is `customer` or a list of roles (`CSS|RM`), or
FEEL that gives one (`=synced_departments`), `notify.template` the key of a template. `archive` puts the case aside as
it is. The others are the parts of `tier_evaluation` (crm/tier_tasks.py, crm/settlements.py). All of them see references
instead of personal values and work in the transaction of their job.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert

from crm import notifications, settlements, tier_tasks
from crm.models import archive_entry
from crm.notifications import Notice
from engine.access_matrix import matrix
from engine.context import CommandContext
from engine.errors import ExecutionFailed
from engine.external_tasks import Handler, HandlerTask
from engine.feel import Environment, compile_expression
from engine.ids import new_id
from engine.values import encode

TO, TEMPLATE, CUSTOMER = "notify.to", "notify.template", "customer"

_TEMPLATE = re.compile(r"[a-z][a-z0-9_.-]{0,99}", re.ASCII)


def notify(ctx: CommandContext, task: HandlerTask) -> Mapping[str, Any]:
    """Queues one notification per receiver; raises ExecutionFailed if the diagram does not say whom and what."""
    template = task.properties.get(TEMPLATE, "")
    receivers = _receivers(ctx, task)
    if not receivers or not _TEMPLATE.fullmatch(template):
        raise ExecutionFailed(f"{task.element_id} needs the properties {TO} and {TEMPLATE}", element_id=task.element_id)
    notifications.queue(ctx, [_notice(ctx, task, receiver, template) for receiver in receivers])
    return {}


def _receivers(ctx: CommandContext, task: HandlerTask) -> list[str]:
    text = task.properties.get(TO, "")
    given: Any = text
    if text.startswith("="):
        given = compile_expression(text[1:]).evaluate(task.variables, Environment(now=ctx.now))
    parts = given if isinstance(given, list) else str(given or "").split("|")
    return [part.strip() for part in parts if isinstance(part, str) and part.strip()]


def _notice(ctx: CommandContext, task: HandlerTask, receiver: str, template: str) -> Notice:
    if receiver == CUSTOMER:
        # A reference to a person is a plain key; anything else would be a personal value in the outbox.
        customer_ref = task.variables.get("customer_ref")
        recipient = customer_ref if isinstance(customer_ref, str) else ""
    elif receiver in matrix(ctx.engine.settings.rules).roles:
        recipient = receiver
    else:
        raise ExecutionFailed(f"{task.element_id} notifies the unknown role {receiver}", element_id=task.element_id)
    return Notice(
        recipient_kind="customer" if receiver == CUSTOMER else "role",
        recipient=recipient,
        template=template,
        process_instance_id=task.process_instance_id,
        element_id=task.element_id,
        case_reference=task.business_key,
    )


def archive(ctx: CommandContext, task: HandlerTask) -> Mapping[str, Any]:
    """Keeps the variables of the case as they are now, personal ones as references, with their SHA-256."""
    snapshot = encode(dict(task.variables))
    ctx.connection.execute(
        insert(archive_entry).values(
            id=new_id(),
            process_instance_id=task.process_instance_id,
            element_id=task.element_id,
            business_key=task.business_key,
            snapshot=snapshot,
            sha256=hashlib.sha256(snapshot).hexdigest(),
            created_at=ctx.now_micros,
        )
    )
    return {"archived": True}


HANDLERS: Mapping[str, Handler] = {
    "notify": notify,
    "archive": archive,
    "tier-run": tier_tasks.evaluate_part,
    "tier-proposal": tier_tasks.record_proposal,
    "tier-decision": tier_tasks.record_decision,
    "tier-withdrawal": tier_tasks.record_withdrawal,
    "rental-settled": settlements.count_rental,
    "contract-cancelled": settlements.close_referral,
}
