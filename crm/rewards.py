"""Referral and loyalty rewards (P-20, DT-03): registered at signing, issued at settlement, once per referred person.

    registered ──settled──▶ issued | none (reason)
        │   └────cancelled─▶ cancelled
        └ suspicious or self-referral ▶ review ──a person──▶ registered | none

Whether two references are the same person (same id, phone or payment account) is found by the register, which alone
knows them; here it is a fact of the referral.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from crm import coupons, rulings, tiers
from crm import models as tables
from crm.coupons import Coupon
from crm.facts import require_reference
from crm.points import RENTAL_LINE, chain_of
from crm.rulings import Ruling
from engine import authorizations, history
from engine.context import CommandContext
from engine.errors import Conflict, Forbidden, InvalidRequest, NotFound, StaleRevision
from engine.ids import new_id

REFERRAL, RENTAL, AWARD = tables.referral, tables.settled_rental, tables.loyalty_award
REGISTERED, ISSUED, NONE, CANCELLED, REVIEW = "registered", "issued", "none", "cancelled", "review"


@dataclass(frozen=True, slots=True)
class Referral:
    """One referral: who referred whom with which contract, and what came of it."""

    id: str
    referrer_ref: str
    referred_ref: str
    contract_ref: str
    planned_days: int
    charged_days: int | None
    referred_is_new: bool
    same_person: bool
    suspicious: bool
    state: str
    row_id: str | None
    reason: str | None
    counts: int
    registered_by: str
    decision_id: str | None


COLUMNS = [REFERRAL.c[name] for name in Referral.__slots__]


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a settled rental brought: the referral with its coupons, and the loyalty award if it was due."""

    contract_ref: str
    customer_ref: str
    referral: Referral | None
    coupons: tuple[Coupon, ...]
    award_valid_until: str | None


def price(
    ctx: CommandContext,
    customer_ref: str,
    *,
    base_fen: int,
    extras_fen: int = 0,
    coupons_fen: tuple[int, ...] = (),
    quarter_vouchers_used: int = 0,
) -> Ruling:
    """Computes what an order costs the customer, as a recorded decision (DT-03 D1 … D3)."""
    authorizations.require(ctx, "Reward", "read")
    done = rentals_of(ctx, require_reference(customer_ref))
    inputs = {
        "tier": tiers.standing(ctx, customer_ref, tiers.day_of(ctx, ctx.now)).tier or tiers.LADDER[0],
        "rentals_ever": done,
        "rentals_completed": done,
        "quarter_vouchers_used": quarter_vouchers_used,
        "base_fen": base_fen,
        "extras_fen": extras_fen,
        "coupons_fen": list(coupons_fen),
    }
    return rulings.rule(ctx, "dt_03_price", inputs, about={"customer_ref": customer_ref})


def rentals_of(ctx: CommandContext, customer_ref: str, year: int | None = None) -> int:
    """Counts the settled rentals of a customer, ever or by settlement date in a calendar year (A-27)."""
    query = select(func.count()).select_from(RENTAL).where(RENTAL.c.customer_ref == customer_ref)
    if year is not None:
        query = query.where(RENTAL.c.settled_on.between(f"{year}-01-01", f"{year}-12-31"))
    return int(ctx.connection.execute(query).scalar_one())


# ------------------------------------------------------------ referrals


def register(
    ctx: CommandContext,
    *,
    referrer_ref: str,
    referred_ref: str,
    contract_ref: str,
    planned_days: int,
    same_person: bool = False,
    suspicious: bool = False,
) -> Referral:
    """Registers a referral at the signing of the contract; no coupon is issued yet."""
    authorizations.require(ctx, "Reward", "register")
    for reference in (referrer_ref, referred_ref):
        require_reference(reference)
    require_reference(contract_ref, "contract")
    if planned_days < 1:
        raise InvalidRequest("a contract has at least one day")
    if _referral_of(ctx, contract_ref) is not None:
        raise Conflict(f"the contract {contract_ref} has a referral already")
    row: dict[str, Any] = {
        "id": new_id(),
        "referrer_ref": referrer_ref,
        "referred_ref": referred_ref,
        "contract_ref": contract_ref,
        "planned_days": planned_days,
        "charged_days": None,
        "referred_is_new": rentals_of(ctx, referred_ref) == 0,
        "same_person": same_person or referrer_ref == referred_ref,
        "suspicious": suspicious,
        "state": REGISTERED,
        "row_id": None,
        "reason": None,
        "counts": 0,
        "registered_by": ctx.actor.user_id,
        "decision_id": None,
    }
    ctx.connection.execute(insert(REFERRAL).values(**row, registered_at=ctx.now_micros))
    referral, _ = _judge(ctx, Referral(**row), settled=False, cancelled=False)
    return referral


def cancel(ctx: CommandContext, contract_ref: str) -> Referral:
    """Closes the referral of a contract that was cancelled: it earns nothing."""
    authorizations.require(ctx, "Reward", "register")
    found = _referral_of(ctx, contract_ref)
    if found is None:
        raise NotFound(f"the contract {contract_ref} has no referral")
    if found.state not in {REGISTERED, REVIEW}:
        raise Conflict(f"the referral of {contract_ref} is {found.state}")
    referral, _ = _judge(ctx, found, settled=False, cancelled=True)
    return referral


def close_of(ctx: CommandContext, contract_ref: str) -> Referral | None:
    """Closes the referral of a cancelled contract if there is one that waits for the settlement; returns it.

    What is suspicious stays with the person who reviews it: DT-03 asks that before anything else.
    """
    found = _referral_of(ctx, contract_ref)
    return cancel(ctx, contract_ref) if found is not None and found.state == REGISTERED else None


def review(ctx: CommandContext, referral_id: str, *, clear: bool) -> Referral:
    """Decides on a suspicious referral, by a person who did not register it: `clear` lets it go on as any other."""
    authorizations.require(ctx, "Reward", "review")
    found = get(ctx, referral_id)
    if found.state != REVIEW:
        raise Conflict(f"referral {referral_id} is {found.state}; nothing is to be reviewed")
    if found.registered_by == ctx.actor.user_id:
        raise Forbidden(
            "whoever registered a referral may not review it",
            user_id=ctx.actor.user_id,
            resource="Reward",
            operation="review",
        )
    values: dict[str, Any] = {"reviewed_by": ctx.actor.user_id}
    values |= {"same_person": False, "suspicious": False, "state": REGISTERED} if clear else {"state": NONE}
    _change(ctx, found, **values)
    details = {"referral": found.id, "clear": clear, "referred": found.referred_ref}
    history.record(ctx, chain_of(found.referrer_ref), "referral.reviewed", details)
    if not clear:
        return get(ctx, found.id)
    rental = ctx.connection.execute(select(RENTAL).where(RENTAL.c.contract_ref == found.contract_ref)).one_or_none()
    charged_days = None if rental is None else rental.charged_days
    settled = rental is not None
    referral, _ = _judge(ctx, get(ctx, found.id), settled=settled, cancelled=False, charged_days=charged_days)
    return referral


def is_settled(ctx: CommandContext, contract_ref: str) -> bool:
    """Tells whether a rental was settled already."""
    return ctx.connection.execute(select(RENTAL.c.at).where(RENTAL.c.contract_ref == contract_ref)).first() is not None


def settle(
    ctx: CommandContext,
    *,
    contract_ref: str,
    customer_ref: str,
    charged_days: int,
    paid_fen: int,
    settled_at: datetime | None = None,
) -> Settlement:
    """Takes a settled rental into account: the referral's coupons, the loyalty award, the count of rentals.

    `settled_at`, not later than now, is the settlement date that counts for windows and years; now by default.
    """
    authorizations.require(ctx, "Reward", "settle")
    require_reference(customer_ref)
    require_reference(contract_ref, "contract")
    if charged_days < 0 or paid_fen < 0:
        raise InvalidRequest("charged days and paid sum are not negative")
    rulings.hold(ctx, chain_of(customer_ref))
    if is_settled(ctx, contract_ref):
        raise Conflict(f"the rental {contract_ref} was settled already")
    if settled_at is not None and settled_at > ctx.now:
        raise InvalidRequest("a settlement does not lie in the future")
    day = tiers.day_of(ctx, settled_at or ctx.now)
    row = {
        "contract_ref": contract_ref,
        "customer_ref": customer_ref,
        "charged_days": charged_days,
        "paid_fen": paid_fen,
        "settled_on": day.isoformat(),
    }
    _insert_once(ctx, insert(RENTAL).values(**row, at=ctx.now_micros, by=ctx.actor.user_id))
    details = {"contract": contract_ref, "customer": customer_ref, "days": charged_days, "paid_fen": paid_fen}
    history.record(ctx, chain_of(customer_ref), "rental.settled", details)
    referral = _referral_of(ctx, contract_ref)
    issued: tuple[Coupon, ...] = ()
    if referral is not None and referral.state == REGISTERED and referral.referred_ref == customer_ref:
        referral, issued = _judge(ctx, referral, settled=True, cancelled=False, charged_days=charged_days)
    return Settlement(contract_ref, customer_ref, referral, issued, _loyalty(ctx, customer_ref, contract_ref, day))


def _judge(
    ctx: CommandContext,
    referral: Referral,
    *,
    settled: bool,
    cancelled: bool,
    charged_days: int | None = None,
) -> tuple[Referral, tuple[Coupon, ...]]:
    """Asks DT-03 what the referral is worth now, writes it down and issues the coupons."""
    rewarded = exists().where(REFERRAL.c.referred_ref == referral.referred_ref, REFERRAL.c.state == ISSUED)
    inputs = {
        "business_line": RENTAL_LINE,
        "same_person": referral.same_person,
        "suspicious": referral.suspicious,
        "referred_is_new": referral.referred_is_new,
        "already_rewarded": bool(ctx.connection.execute(select(rewarded)).scalar_one()),
        "signed": True,
        "cancelled": cancelled,
        "settled": settled,
        "planned_days": referral.planned_days,
        "charged_days": charged_days,
    }
    about = {"referral": referral.id, "contract_ref": referral.contract_ref}
    ruling = rulings.rule(ctx, "dt_03_referral", inputs, about=about)
    output = ruling.output or {"stage": "none", "reason": "no_rule", "human": True}
    _change(
        ctx,
        referral,
        state=_state(output, cancelled=cancelled),
        row_id=output.get("row"),
        reason=output.get("reason"),
        counts=int(output.get("counts") or 0),
        charged_days=charged_days,
        decision_id=ruling.id,
        closed_at=ctx.now_micros if settled or cancelled else None,
    )
    issued = _coupons(ctx, referral, output, ruling) if output["stage"] == "issue" else ()
    details = {**ruling.entry, "referral": referral.id, "coupons": [one.coupon_no for one in issued]}
    history.record(ctx, chain_of(referral.referrer_ref), "referral.judged", details)
    return get(ctx, referral.id), issued


def _state(output: rulings.Output, *, cancelled: bool) -> str:
    if output.get("human") is True:
        return REVIEW
    if cancelled and output.get("reason") == "cancelled":
        return CANCELLED
    return {"issue": ISSUED, "registered": REGISTERED}.get(output["stage"], NONE)


def _coupons(ctx: CommandContext, referral: Referral, output: rulings.Output, ruling: Ruling) -> tuple[Coupon, ...]:
    parties = (("referrer", referral.referrer_ref), ("referred", referral.referred_ref))
    return tuple(
        coupons.issue(ctx, ref, int(output[f"{cause}_fen"]), cause=cause, source_id=referral.id, because=ruling)
        for cause, ref in parties
        if output[f"{cause}_fen"]
    )


def _loyalty(ctx: CommandContext, customer_ref: str, contract_ref: str, day: date) -> str | None:
    """Gives the award of the 12th rental settled in the calendar year of `day`, once; returns its last day."""
    given = select(AWARD.c.at).where(AWARD.c.customer_ref == customer_ref, AWARD.c.year == day.year)
    inputs = {
        "rentals_in_year": rentals_of(ctx, customer_ref, day.year),
        "award_given_this_year": ctx.connection.execute(given).first() is not None,
        "settled_on": day,
    }
    result = rulings.ask(ctx, "dt_03_loyalty", inputs)
    output = result.output or {}
    if output.get("award") is None:
        return None
    ruling = rulings.record(ctx, result, {"customer_ref": customer_ref, "contract_ref": contract_ref})
    row = {
        "customer_ref": customer_ref,
        "year": day.year,
        "award": output["award"],
        "contract_ref": contract_ref,
        "valid_until": output["valid_until"].isoformat(),
        "decision_id": ruling.id,
        "at": ctx.now_micros,
    }
    _insert_once(ctx, insert(AWARD).values(**row))
    details = {**ruling.entry, "customer": customer_ref, "award": output["award"], "until": row["valid_until"]}
    history.record(ctx, chain_of(customer_ref), "loyalty.awarded", details)
    return str(row["valid_until"])


def _insert_once(ctx: CommandContext, statement: Any) -> None:
    try:
        ctx.connection.execute(statement)
    except IntegrityError as race:
        raise StaleRevision("the same was settled at the same moment") from race


def _change(ctx: CommandContext, referral: Referral, **values: Any) -> None:
    """Only the state that was read may change; the index on issued referrals holds the other race."""
    here = (REFERRAL.c.id == referral.id, REFERRAL.c.state == referral.state)
    try:
        changed = ctx.connection.execute(update(REFERRAL).where(*here).values(**values)).rowcount
    except IntegrityError as race:
        raise StaleRevision(f"{referral.referred_ref} was rewarded at the same moment") from race
    if changed != 1:
        raise StaleRevision(f"referral {referral.id} was changed meanwhile")


def get(ctx: CommandContext, referral_id: str) -> Referral:
    """Returns a referral; raises NotFound."""
    row = ctx.connection.execute(select(*COLUMNS).where(REFERRAL.c.id == referral_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no referral {referral_id}")
    return Referral(*row)


def _referral_of(ctx: CommandContext, contract_ref: str) -> Referral | None:
    row = ctx.connection.execute(select(*COLUMNS).where(REFERRAL.c.contract_ref == contract_ref)).one_or_none()
    return None if row is None else Referral(*row)


def referrals_of(ctx: CommandContext, referrer_ref: str) -> list[Referral]:
    """Returns what a customer referred, in order."""
    query = select(*COLUMNS).where(REFERRAL.c.referrer_ref == referrer_ref).order_by(REFERRAL.c.id)
    return [Referral(*row) for row in ctx.connection.execute(query)]


def referral_count(ctx: CommandContext, referrer_ref: str) -> int:
    """Returns how many referrals count for the tier: distinct new customers whose first rental was settled."""
    return sum(one.counts for one in referrals_of(ctx, referrer_ref))
