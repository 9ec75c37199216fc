"""The points ledger (DT-03 D4, D5): a rating of a settled rental earns points, 200 points make a coupon on request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, select

from crm import coupons, rulings
from crm import models as tables
from crm.coupons import Coupon
from crm.facts import require_reference
from engine import authorizations, history
from engine.clock import from_micros
from engine.context import CommandContext
from engine.errors import Conflict, InvalidRequest, NotFound
from engine.ids import new_id

ENTRY, RENTAL = tables.points_entry, tables.settled_rental
RENTAL_LINE = "rental"


def chain_of(customer_ref: str) -> str:
    """Returns the chain of a customer's rewards: two commands on one customer come one after the other."""
    return f"rewards/{customer_ref}"


def balance(ctx: CommandContext, customer_ref: str) -> int:
    """Returns the points that a customer holds."""
    query = select(func.coalesce(func.sum(ENTRY.c.points), 0)).where(ENTRY.c.customer_ref == customer_ref)
    return int(ctx.connection.execute(query).scalar_one())


def rate(ctx: CommandContext, contract_ref: str) -> int:
    """Gives the points for the rating of a rental; returns how many. Raises NotFound, Conflict for a second rating."""
    authorizations.require(ctx, "Reward", "rate")
    rental = ctx.connection.execute(select(RENTAL).where(RENTAL.c.contract_ref == contract_ref)).one_or_none()
    if rental is None:
        raise NotFound(f"the rental {contract_ref} is not settled")
    if _entry(ctx, "rating", contract_ref) is not None:
        raise Conflict(f"the rental {contract_ref} was rated already")
    inputs = {
        "business_line": RENTAL_LINE,
        "rating_submitted": True,
        "settled": True,
        "paid_fen": rental.paid_fen,
    }
    ruling = rulings.rule(ctx, "dt_03_points", inputs, about={"contract_ref": contract_ref})
    points = int(ruling.output.get("points", 0))
    _add(ctx, rental.customer_ref, "rating", points, contract_ref=contract_ref, decision_id=ruling.id)
    details = {**ruling.entry, "customer": rental.customer_ref, "contract": contract_ref, "points": points}
    history.record(ctx, chain_of(rental.customer_ref), "points.earned", details)
    return points


def exchange(ctx: CommandContext, customer_ref: str) -> list[Coupon]:
    """Turns all whole blocks of points into coupons; returns them. Raises InvalidRequest below one block."""
    authorizations.require(ctx, "Reward", "exchange")
    rulings.hold(ctx, chain_of(require_reference(customer_ref)))
    inputs = {
        "business_line": RENTAL_LINE,
        "exchange_requested": True,
        "points_balance": balance(ctx, customer_ref),
    }
    ruling = rulings.rule(ctx, "dt_03_exchange", inputs, about={"customer_ref": customer_ref})
    output = ruling.output
    count = int(output.get("coupons") or 0)
    if count == 0:
        raise InvalidRequest(f"no coupon for these points: {output.get('reason') or 'no rule'}")
    entry_id = _add(ctx, customer_ref, "exchange", int(output["points_delta"]), decision_id=ruling.id)
    issued = [
        coupons.issue(ctx, customer_ref, int(output["coupon_fen"]), cause="points", source_id=entry_id, because=ruling)
        for _ in range(count)
    ]
    details = {**ruling.entry, "customer": customer_ref, "coupons": [one.coupon_no for one in issued]}
    history.record(ctx, chain_of(customer_ref), "points.exchanged", {**details, "left": int(output["points_left"])})
    return issued


def reverse(ctx: CommandContext, contract_ref: str) -> int:
    """Takes the points of a disputed rental back, within the weeks that the table gives (A-23)."""
    authorizations.require(ctx, "Reward", "review")
    given = _entry(ctx, "rating", contract_ref)
    if given is None:
        raise NotFound(f"the rental {contract_ref} earned no points")
    if _entry(ctx, "reversal", contract_ref) is not None:
        raise Conflict(f"the points of {contract_ref} were taken back already")
    rates = rulings.ask(ctx, "dt_03_point_rates", {"business_line": RENTAL_LINE}).output
    if ctx.now > from_micros(given.at) + timedelta(days=int(rates["reversal_days"])):
        raise InvalidRequest(f"points are taken back within {rates['reversal_days']} days")
    _add(ctx, given.customer_ref, "reversal", -given.points, contract_ref=contract_ref)
    details = {"customer": given.customer_ref, "contract": contract_ref, "points": -given.points}
    history.record(ctx, chain_of(given.customer_ref), "points.reversed", details)
    return int(-given.points)


def _entry(ctx: CommandContext, cause: str, contract_ref: str) -> Any:
    query = select(ENTRY).where(ENTRY.c.cause == cause, ENTRY.c.contract_ref == contract_ref)
    return ctx.connection.execute(query).one_or_none()


def _add(ctx: CommandContext, customer_ref: str, cause: str, points: int, **columns: Any) -> str:
    row = {"id": new_id(), "customer_ref": customer_ref, "cause": cause, "points": points, **columns}
    ctx.connection.execute(insert(ENTRY).values(**row, at=ctx.now_micros, by=ctx.actor.user_id))
    return str(row["id"])
