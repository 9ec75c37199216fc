"""The tier of a customer (DT-01): what stands on a day, and what is still to come.

The table `tier` only grows: every evaluation and every decision of a person is a row. An override of a person stands
above the rule until its last day, unless the rule has meanwhile found a higher tier: nobody is held down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, func, insert, select, update

from crm import models as tables
from engine import authorizations
from engine.clock import as_utc
from engine.context import CommandContext
from engine.errors import InvalidRequest
from engine.ids import new_id

TIER = tables.tier
LADDER = ("ordinary", "important", "VIP")
DOWN, OVERRIDE = "down", "override"


@dataclass(frozen=True, slots=True)
class Pending:
    """A downgrade that the customer was told and that has not come into effect yet."""

    id: str
    tier: str
    effective_on: date
    notice_at: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds on a day. `by_rule` is what the rule alone says; an override has a last day."""

    tier: str | None
    since: date | None
    by_rule: str | None
    valid_until: date | None = None
    overridden: bool = False
    pending: Pending | None = None


def rank(tier: str | None) -> int:
    """Returns how high a tier stands, -1 for none."""
    return LADDER.index(tier) if tier in LADDER else -1


def require_tier(tier: object) -> str:
    """Returns a tier of the ladder; raises InvalidRequest."""
    if tier not in LADDER:
        raise InvalidRequest(f"a tier is one of {', '.join(LADDER)}")
    return str(tier)


def day_of(ctx: CommandContext, at: datetime) -> date:
    """Returns the day of an instant where the house is."""
    return as_utc(at).astimezone(ctx.engine.calendar.zone).date()


def standing(ctx: CommandContext, customer_ref: str, day: date) -> Standing:
    """Returns the tier of a customer on a day."""
    query = (
        select(TIER)
        .where(TIER.c.customer_ref == customer_ref, TIER.c.effective_on.is_not(None), TIER.c.withdrawn_at.is_(None))
        .order_by(TIER.c.effective_on, TIER.c.id)
    )
    rule: Any = None
    override: Any = None
    pending: Any = None
    for row in ctx.connection.execute(query):
        if row.effective_on > day.isoformat():
            pending = row
        elif row.change == OVERRIDE:
            override = row if row.valid_until >= day.isoformat() else None
        else:
            rule = row
    return _standing(rule, override, pending)


def _standing(rule: Any, override: Any, pending: Any) -> Standing:
    by_rule = None if rule is None else rule.tier
    ahead = (
        None
        if pending is None
        else Pending(pending.id, pending.tier, date.fromisoformat(pending.effective_on), pending.notice_at)
    )
    promoted = override is not None and rule is not None and rule.id > override.id
    stands = rule
    if override is not None and not (promoted and rank(by_rule) > rank(override.tier)):
        stands = override
    overridden = stands is not None and stands is override
    return Standing(
        tier=None if stands is None else stands.tier,
        since=None if stands is None else date.fromisoformat(stands.effective_on),
        by_rule=by_rule,
        valid_until=date.fromisoformat(stands.valid_until) if overridden else None,
        overridden=overridden,
        pending=ahead,
    )


def add(ctx: CommandContext, customer_ref: str, *, change: str, tier: str | None, **columns: Any) -> str:
    """Adds a row; returns its id."""
    row = {
        "id": new_id(),
        "customer_ref": customer_ref,
        "change": change,
        "tier": tier,
        "at": ctx.now_micros,
        "by": ctx.actor.user_id,
        **columns,
    }
    ctx.connection.execute(insert(TIER).values(**row))
    return str(row["id"])


def withdraw(ctx: CommandContext, pending: Pending) -> None:
    """Takes a downgrade back that was told but has not come into effect."""
    ctx.connection.execute(update(TIER).where(TIER.c.id == pending.id).values(withdrawn_at=ctx.now_micros))


@dataclass(frozen=True, slots=True)
class Result:
    """What a run said of one customer, by the rows that it left; `decision_id` leads to the whole explanation."""

    customer_ref: str
    tier: str | None
    previous_tier: str | None
    change: str
    effective_on: str | None
    review: bool
    mode: str | None
    row_id: str | None
    decision_id: str


def results(ctx: CommandContext, run_id: str, *, after: str = "", limit: int = 100) -> list[Result]:
    """Returns what a run said, in order of the customers, those behind `after`."""
    authorizations.require(ctx, "Tier", "review")
    here = (TIER.c.run_id == run_id, TIER.c.customer_ref > after)
    query = select(*[TIER.c[name] for name in Result.__slots__]).where(*here).order_by(TIER.c.customer_ref)
    return [Result(*row) for row in ctx.connection.execute(query.limit(limit))]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run: how many customers went which way. Instants are UTC microseconds."""

    run_id: str
    begun_at: int
    customers: int
    reviews: int
    changes: dict[str, int]


def runs(ctx: CommandContext, *, limit: int = 24) -> list[RunSummary]:
    """Returns the newest runs, the newest first."""
    authorizations.require(ctx, "Tier", "review")
    newest = select(TIER.c.run_id, func.min(TIER.c.at).label("begun")).where(TIER.c.run_id.is_not(None))
    found = ctx.connection.execute(newest.group_by(TIER.c.run_id).order_by(func.min(TIER.c.at).desc()).limit(limit))
    begun = {row.run_id: row.begun for row in found}
    reviews = func.sum(case((TIER.c.review, 1), else_=0))
    counted = select(TIER.c.run_id, TIER.c.change, func.count(), reviews).where(TIER.c.run_id.in_(begun))
    made = {run_id: RunSummary(run_id, at, 0, 0, {}) for run_id, at in begun.items()}
    for run_id, change, count, flagged in ctx.connection.execute(counted.group_by(TIER.c.run_id, TIER.c.change)):
        one = made[run_id]
        changes = {**one.changes, change: count}
        made[run_id] = RunSummary(run_id, one.begun_at, one.customers + count, one.reviews + int(flagged), changes)
    return list(made.values())


def latest_evaluation(ctx: CommandContext, customer_ref: str) -> Any:
    """Returns the newest row that a decision made, or None."""
    query = select(TIER).where(TIER.c.customer_ref == customer_ref, TIER.c.decision_id.is_not(None))
    return ctx.connection.execute(query.order_by(TIER.c.id.desc()).limit(1)).one_or_none()
