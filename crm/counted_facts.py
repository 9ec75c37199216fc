"""What the house counts itself: rentals settled, rent paid and referrals rewarded between two days, by settlement date.

    settlement ──crm/rewards.py──▶ settled_rental, referral ──▶ here ──▶ the indicators of DT-01

The books of the house begin with the first settlement that it recorded; before that day nothing is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, func, select

from crm import models as tables
from engine.context import CommandContext

RENTAL, REFERRAL = tables.settled_rental, tables.referral


def reach_back_to(ctx: CommandContext, day: date) -> bool:
    """Tells whether the books of the house were open on a day."""
    first = ctx.connection.execute(select(func.min(RENTAL.c.settled_on))).scalar_one()
    return first is not None and first <= day.isoformat()


def customers(ctx: CommandContext, *, after: str = "", limit: int | None = None) -> list[str]:
    """Returns who ever rented or had a referral rewarded, in order; those behind `after`, no more than `limit`."""
    rented = select(RENTAL.c.customer_ref.label("ref")).where(RENTAL.c.customer_ref > after)
    referred = select(REFERRAL.c.referrer_ref).where(REFERRAL.c.counts > 0, REFERRAL.c.referrer_ref > after)
    both = rented.union(referred).subquery()
    return list(ctx.connection.execute(select(both.c.ref).order_by(both.c.ref).limit(limit)).scalars())


def of(ctx: CommandContext, customer_refs: Sequence[str], first: date, last: date) -> dict[str, dict[str, int]]:
    """Returns customer -> rent_fen, rentals, referrals between two days, of those with any of them."""
    rented = (
        select(RENTAL.c.customer_ref, func.sum(RENTAL.c.paid_fen), func.count())
        .where(_between(first, last), RENTAL.c.customer_ref.in_(customer_refs))
        .group_by(RENTAL.c.customer_ref)
    )
    # A referral counts by the settlement of the referred customer's rental (requirements 2.1).
    referred = (
        select(REFERRAL.c.referrer_ref, func.count(REFERRAL.c.referred_ref.distinct()))
        .join(RENTAL, RENTAL.c.contract_ref == REFERRAL.c.contract_ref)
        .where(REFERRAL.c.counts > 0, _between(first, last), REFERRAL.c.referrer_ref.in_(customer_refs))
        .group_by(REFERRAL.c.referrer_ref)
    )
    found: dict[str, dict[str, int]] = {}
    for customer_ref, paid, count in ctx.connection.execute(rented):
        found[customer_ref] = {"rent_fen": int(paid), "rentals": count, "referrals": 0}
    for customer_ref, count in ctx.connection.execute(referred):
        found.setdefault(customer_ref, {"rent_fen": 0, "rentals": 0})["referrals"] = count
    return found


def _between(first: date, last: date) -> ColumnElement[bool]:
    return RENTAL.c.settled_on.between(first.isoformat(), last.isoformat())
