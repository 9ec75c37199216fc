"""The review of a tier by a person (分级复核): opened by a flag, by the customer, or where an indicator is unknown.

    open → proposed → decided (confirmed | overridden | declined)
    open | proposed → decided (withdrawn)

OPSM proposes a tier with a reason; OPSD, who must be another person, approves or declines. An override holds for at
most 12 months. The automatic result stands until then (requirements 2.1). A case of `tier_evaluation` brings it into
the inboxes; what is done there and what is done by these commands is written down by the same `record_…`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update

from crm import models as tables
from crm import rulings, tier_cases, tiers
from engine import authorizations, history
from engine.clock import from_micros
from engine.context import CommandContext
from engine.errors import Conflict, Forbidden, InvalidRequest, NotFound
from engine.ids import new_id
from engine.values import PersonalRef, encode

REVIEW = tables.tier_review
CHAIN = "tiers"
OPEN, PROPOSED, DECIDED = "open", "proposed", "decided"
MIN_REASON = 5


@dataclass(frozen=True, slots=True)
class Review:
    """One review. Instants are UTC microseconds; the reason lies in the vault."""

    id: str
    customer_ref: str
    cause: str
    state: str
    opened_at: int
    due_at: int | None
    proposed_tier: str | None
    proposed_by: str | None
    valid_until: str | None
    decided_by: str | None
    decided_at: int | None
    outcome: str | None


COLUMNS = [REVIEW.c[name] for name in Review.__slots__]


def open_review(ctx: CommandContext, customer_ref: str, tier_id: str, cause: str) -> str | None:
    """Opens a review, unless one is under way or a person decided not long ago; returns its id."""
    day = tiers.day_of(ctx, ctx.now).isoformat()
    settled = (REVIEW.c.state == DECIDED) & (REVIEW.c.valid_until >= day) & (cause != "asked")
    under_way = select(REVIEW.c.id).where(REVIEW.c.customer_ref == customer_ref, (REVIEW.c.state != DECIDED) | settled)
    if ctx.connection.execute(under_way).first() is not None:
        return None
    due_at, trace = rulings.due(ctx, "tier_review")
    row = {
        "id": new_id(),
        "customer_ref": customer_ref,
        "tier_id": tier_id,
        "cause": cause,
        "state": OPEN,
        "opened_at": ctx.now_micros,
        "opened_by": ctx.actor.user_id,
        "due_at": due_at,
        "due_trace": trace,
    }
    ctx.connection.execute(REVIEW.insert().values(**row))
    return str(row["id"])


def told(ctx: CommandContext, review_id: str) -> dict[str, Any]:
    """Returns what the case of a review has to know: which one, until when, and how long an override may hold."""
    due_at = get(ctx, review_id).due_at
    return {
        "review_id": review_id,
        "review_due_at": None if due_at is None else from_micros(due_at),
        "override_until": _checked_until(ctx, None),
    }


def ask(ctx: CommandContext, customer_ref: str) -> Review:
    """Records that the customer wants a person to look at the tier (PIPL art. 24); raises NotFound, Conflict."""
    authorizations.require(ctx, "Tier", "ask_review")
    rulings.hold(ctx, CHAIN)
    latest = tiers.latest_evaluation(ctx, customer_ref)
    if latest is None:
        raise NotFound(f"customer {customer_ref} was never evaluated")
    opened = open_review(ctx, customer_ref, latest.id, "asked")
    if opened is None:
        # The one that the flag opened is the review that the customer asks for.
        return current(ctx, customer_ref)
    history.record(ctx, CHAIN, "tier.review_asked", {"customer": customer_ref, "review": opened})
    evaluated = {"customer_ref": customer_ref, "tier": latest.tier, "change": latest.change, "notice": False}
    tier_cases.open_case(ctx, evaluated | told(ctx, opened))
    return get(ctx, opened)


def propose(ctx: CommandContext, review_id: str, *, tier: str, reason: str, valid_until: date | None = None) -> Review:
    """Proposes to confirm the tier or to set another; the reason is kept by reference, because people write names."""
    authorizations.require(ctx, "Tier", "propose")
    review = get(ctx, review_id)
    if review.state != OPEN:
        raise Conflict(f"review {review_id} is {review.state}", holder=review.proposed_by)
    if len(reason.strip()) < MIN_REASON:
        raise InvalidRequest(f"a reason has at least {MIN_REASON} characters")
    wanted = tiers.require_tier(tier)
    until = _checked_until(ctx, valid_until)
    kept = ctx.engine.vault.put(ctx, subject=review.customer_ref, data_class="FREE", value=reason)
    record_proposal(ctx, review, tier=wanted, reason=kept, until=until, by=ctx.actor.user_id)
    filled = {"override": wanted, "reason": reason, "valid_until": valid_until}
    tier_cases.complete(ctx, review.customer_ref, tier_cases.REVIEW, filled)
    return get(ctx, review_id)


def record_proposal(
    ctx: CommandContext, review: Review, *, tier: str, reason: PersonalRef, until: date | None, by: str
) -> None:
    """Writes down what somebody proposed, here or in the inbox, for as long as an override may hold at most."""
    last = (until or _checked_until(ctx, None)).isoformat()
    _change(
        ctx,
        review,
        state=PROPOSED,
        proposed_tier=tiers.require_tier(tier),
        proposed_by=by,
        proposed_at=ctx.now_micros,
        reason=encode(reason),
        valid_until=last,
    )
    details = {"review": review.id, "customer": review.customer_ref, "tier": tier, "until": last, "by": by}
    kept = {"ref": reason.ref, "digest": reason.digest}
    history.record(ctx, CHAIN, "tier.override_proposed", {**details, "reason": kept})


def _checked_until(ctx: CommandContext, valid_until: date | None) -> date:
    output = rulings.ask(ctx, "dt_01_window", {"evaluated_on": tiers.day_of(ctx, ctx.now)}).output
    longest: date = output["override_until"]
    if valid_until is not None and not tiers.day_of(ctx, ctx.now) <= valid_until <= longest:
        raise InvalidRequest(f"an override holds from today to {longest.isoformat()} at most")
    return valid_until or longest


def approve(ctx: CommandContext, review_id: str) -> Review:
    """Puts a proposal into effect; raises Forbidden for whoever proposed it."""
    decided = record_approval(ctx, _proposed(ctx, review_id), by=ctx.actor.user_id)
    tier_cases.complete(ctx, decided.customer_ref, tier_cases.APPROVE, {"approved": True})
    return decided


def record_approval(ctx: CommandContext, review: Review, *, by: str) -> Review:
    """Lets what was proposed stand from today on, if it is not what stands already."""
    day = tiers.day_of(ctx, ctx.now)
    stands = tiers.standing(ctx, review.customer_ref, day)
    confirmed = review.proposed_tier == stands.tier and not stands.overridden
    if not confirmed:
        tiers.add(
            ctx,
            review.customer_ref,
            change=tiers.OVERRIDE,
            tier=review.proposed_tier,
            previous_tier=stands.tier,
            effective_on=day.isoformat(),
            valid_until=review.valid_until,
            review_id=review.id,
        )
    return _decide(ctx, review, "confirmed" if confirmed else "overridden", by)


def decline(ctx: CommandContext, review_id: str) -> Review:
    """Refuses a proposal: the automatic result stands."""
    decided = record_refusal(ctx, _proposed(ctx, review_id), by=ctx.actor.user_id)
    tier_cases.complete(ctx, decided.customer_ref, tier_cases.APPROVE, {"approved": False})
    return decided


def record_refusal(ctx: CommandContext, review: Review, *, by: str) -> Review:
    """Leaves the automatic result as it is."""
    return _decide(ctx, review, "declined", by)


def _proposed(ctx: CommandContext, review_id: str) -> Review:
    authorizations.require(ctx, "Tier", "approve")
    review = get(ctx, review_id)
    if review.state != PROPOSED:
        raise Conflict(f"review {review_id} is {review.state}; nothing waits for approval", holder=review.decided_by)
    if review.proposed_by == ctx.actor.user_id:
        raise Forbidden(
            "whoever proposed a tier may not approve it",
            user_id=ctx.actor.user_id,
            resource="Tier",
            operation="approve",
        )
    return review


def record_withdrawal(ctx: CommandContext, review: Review, *, by: str) -> Review:
    """Closes a review that the customer wants no more, wherever it stands: the automatic result stays."""
    return _decide(ctx, review, "withdrawn", by)


def _decide(ctx: CommandContext, review: Review, outcome: str, by: str) -> Review:
    _change(ctx, review, state=DECIDED, decided_by=by, decided_at=ctx.now_micros, outcome=outcome)
    late = review.due_at is not None and ctx.now_micros > review.due_at
    details = {"review": review.id, "customer": review.customer_ref, "outcome": outcome, "late": late, "by": by}
    history.record(ctx, CHAIN, "tier.review_decided", {**details, "tier": review.proposed_tier})
    return get(ctx, review.id)


def _change(ctx: CommandContext, review: Review, **values: Any) -> None:
    """Only the state that was read may change: a second person at the same moment is refused."""
    here = (REVIEW.c.id == review.id, REVIEW.c.state == review.state)
    if ctx.connection.execute(update(REVIEW).where(*here).values(**values)).rowcount != 1:
        raise Conflict(f"review {review.id} was changed meanwhile")


def get(ctx: CommandContext, review_id: str) -> Review:
    """Returns a review; raises NotFound."""
    row = ctx.connection.execute(select(*COLUMNS).where(REVIEW.c.id == review_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no tier review {review_id}")
    return Review(*row)


def current(ctx: CommandContext, customer_ref: str) -> Review:
    """Returns the newest review of a customer; raises NotFound."""
    query = select(*COLUMNS).where(REVIEW.c.customer_ref == customer_ref).order_by(REVIEW.c.id.desc()).limit(1)
    row = ctx.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"customer {customer_ref} has no tier review")
    return Review(*row)


def open_reviews(ctx: CommandContext) -> list[Review]:
    """Returns what waits for a person, the earliest due first."""
    authorizations.require(ctx, "Tier", "review")
    query = select(*COLUMNS).where(REVIEW.c.state != DECIDED).order_by(REVIEW.c.due_at, REVIEW.c.id)
    return [Review(*row) for row in ctx.connection.execute(query)]


def is_late(review: Review, now: datetime) -> bool:
    """Tells whether the review was, or is, decided after its due instant."""
    ended = from_micros(review.decided_at) if review.decided_at else now
    return review.due_at is not None and ended > from_micros(review.due_at)
