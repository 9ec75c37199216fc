"""Coupons (DT-03): issued by a recorded decision, told to subscribers only, due to everybody (D10)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select

from crm import models as tables
from crm import rulings, tiers
from crm.facts import FACTS
from crm.rulings import Ruling
from engine.context import CommandContext
from engine.ids import new_id

COUPON = tables.coupon


@dataclass(frozen=True, slots=True)
class Coupon:
    """One coupon. `push` says whether the customer may be told of it unasked."""

    coupon_no: str
    customer_ref: str
    amount_fen: int
    cause: str
    push: bool
    valid_until: str
    decision_id: str


COLUMNS = [COUPON.c[name] for name in Coupon.__slots__]


def issue(
    ctx: CommandContext, customer_ref: str, amount_fen: int, *, cause: str, source_id: str, because: Ruling
) -> Coupon:
    """Issues a coupon; whether a message goes out is a decision of its own."""
    subscribed = FACTS.is_subscribed(ctx, customer_ref)
    push = rulings.ask(ctx, "dt_03_push", {"marketing_subscribed": subscribed}).output or {}
    terms = rulings.ask(ctx, "dt_03_coupon_terms", {"issued_on": tiers.day_of(ctx, ctx.now)}).output
    coupon_id = new_id()
    issued = Coupon(
        coupon_no=f"C{coupon_id.replace('-', '')[-12:].upper()}",
        customer_ref=customer_ref,
        amount_fen=amount_fen,
        cause=cause,
        push=push.get("push") is True,
        valid_until=terms["valid_until"].isoformat(),
        decision_id=because.id,
    )
    row = {name: getattr(issued, name) for name in Coupon.__slots__}
    ctx.connection.execute(insert(COUPON).values(**row, id=coupon_id, source_id=source_id, issued_at=ctx.now_micros))
    return issued


def of_customer(ctx: CommandContext, customer_ref: str) -> list[Coupon]:
    """Returns the coupons of a customer in the order of issue."""
    query = select(*COLUMNS).where(COUPON.c.customer_ref == customer_ref).order_by(COUPON.c.id)
    return [Coupon(*row) for row in ctx.connection.execute(query)]
