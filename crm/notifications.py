"""Notifications: an outbox of what shall be told to whom, written in the transaction that decides it.

A row names a role or a customer by reference, a template and the case; address and text are looked up when it is
sent, so that nothing personal lies in the outbox, and an erased customer gets nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import insert, select, update

from crm.models import notification
from engine.context import CommandContext
from engine.errors import Conflict
from engine.ids import new_id

RecipientKind = Literal["customer", "role"]
State = Literal["queued", "sent", "suppressed", "failed"]
NO_CUSTOMER = "no-customer"


@dataclass(frozen=True, slots=True)
class Notice:
    """What shall be told. `recipient` is a role code or a customer_ref; "" if the case has no customer."""

    recipient_kind: RecipientKind
    recipient: str
    template: str
    process_instance_id: str
    element_id: str
    case_reference: str | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """One row of the outbox. `reason` says why it was suppressed or failed, by a code and never in words."""

    id: str
    recipient_kind: RecipientKind
    recipient: str
    template: str
    process_instance_id: str
    element_id: str
    case_reference: str | None
    state: State
    reason: str | None
    created_at: int
    sent_at: int | None
    tries: int


COLUMNS = [notification.c[name] for name in Notification.__slots__]


def queue(ctx: CommandContext, notices: Sequence[Notice]) -> list[str]:
    """Puts notices into the outbox and returns their ids. One without a recipient is kept as suppressed."""
    rows = [
        {
            **asdict(notice),
            "id": new_id(),
            "state": "queued" if notice.recipient else "suppressed",
            "reason": None if notice.recipient else NO_CUSTOMER,
            "created_at": ctx.now_micros,
        }
        for notice in notices
    ]
    if rows:
        ctx.connection.execute(insert(notification), rows)
    return [str(row["id"]) for row in rows]


def queued(ctx: CommandContext, *, limit: int = 100) -> list[Notification]:
    """Returns what waits to be sent, oldest first."""
    query = (
        select(*COLUMNS)
        .where(notification.c.state == "queued")
        .order_by(notification.c.created_at, notification.c.id)
        .limit(limit)
    )
    return [Notification(*row) for row in ctx.connection.execute(query)]


def of_instances(ctx: CommandContext, process_instance_ids: Iterable[str]) -> list[Notification]:
    """Returns all notifications of some instances, oldest first."""
    query = (
        select(*COLUMNS)
        .where(notification.c.process_instance_id.in_(list(process_instance_ids)))
        .order_by(notification.c.created_at, notification.c.id)
    )
    return [Notification(*row) for row in ctx.connection.execute(query)]


def mark(ctx: CommandContext, notification_id: str, state: State, *, reason: str | None = None) -> None:
    """Notes how sending ended. Raises Conflict unless it was still queued, so that nothing is sent twice."""
    sent_at = ctx.now_micros if state == "sent" else None
    values = {"state": state, "reason": reason, "sent_at": sent_at, "tries": notification.c.tries + 1}
    changed = ctx.connection.execute(
        update(notification)
        .where(notification.c.id == notification_id, notification.c.state == "queued")
        .values(**values)
    )
    if changed.rowcount != 1:
        raise Conflict(f"notification {notification_id} is not queued any more")
