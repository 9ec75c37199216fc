"""Coupons (DT-03): issued by a recorded decision, told to subscribers only, due to everybody (D10); used once.

issued ──redeem──▶ redeemed (for one contract, before its last day is over)
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select, update

from crm import models as tables
from crm import rulings, tiers
from crm.facts import FACTS, require_reference
from crm.rulings import Ruling
from engine import authorizations, history
from engine.context import CommandContext
from engine.errors import Conflict, InvalidRequest, NotFound, StaleRevision
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
    redeemed_contract: str | None = None
    redeemed_at: int | None = None


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


def redeem(ctx: CommandContext, coupon_no: str, contract_ref: str) -> Coupon:
    """Uses a coupon for the order of a contract. Raises NotFound; Conflict if it was used; InvalidRequest if it is
    over, or if the table allows no further coupon on this order."""
    authorizations.require(ctx, "Reward", "redeem")
    require_reference(contract_ref, "contract")
    rulings.hold(ctx, f"rewards/{_get(ctx, coupon_no).customer_ref}")
    coupon = _get(ctx, coupon_no)
    if coupon.redeemed_contract is not None:
        raise Conflict(f"the coupon {coupon_no} was used for {coupon.redeemed_contract}")
    if tiers.day_of(ctx, ctx.now).isoformat() > coupon.valid_until:
        raise InvalidRequest(f"the coupon {coupon_no} was valid until {coupon.valid_until}")
    used = select(COUPON.c.amount_fen).where(COUPON.c.redeemed_contract == contract_ref).order_by(COUPON.c.id)
    amounts = [*ctx.connection.execute(used).scalars(), coupon.amount_fen]
    ruling = rulings.rule(ctx, "dt_03_coupon", {"coupons_fen": amounts}, about={"contract_ref": contract_ref})
    if ruling.output.get("valid") is not True:
        raise InvalidRequest(f"the order {contract_ref} takes no further coupon")
    here = (COUPON.c.coupon_no == coupon_no, COUPON.c.redeemed_contract.is_(None))
    values = {"redeemed_contract": contract_ref, "redeemed_at": ctx.now_micros, "redeemed_by": ctx.actor.user_id}
    if ctx.connection.execute(update(COUPON).where(*here).values(**values)).rowcount != 1:
        raise StaleRevision(f"the coupon {coupon_no} was used at the same moment")
    details = {**ruling.entry, "coupon": coupon_no, "contract": contract_ref, "amount_fen": coupon.amount_fen}
    history.record(ctx, f"rewards/{coupon.customer_ref}", "coupon.redeemed", details)
    return _get(ctx, coupon_no)


def _get(ctx: CommandContext, coupon_no: str) -> Coupon:
    row = ctx.connection.execute(select(*COLUMNS).where(COUPON.c.coupon_no == coupon_no)).one_or_none()
    if row is None:
        raise NotFound(f"there is no coupon {coupon_no}")
    return Coupon(*row)


def of_customer(ctx: CommandContext, customer_ref: str) -> list[Coupon]:
    """Returns the coupons of a customer in the order of issue."""
    query = select(*COLUMNS).where(COUPON.c.customer_ref == customer_ref).order_by(COUPON.c.id)
    return [Coupon(*row) for row in ctx.connection.execute(query)]
