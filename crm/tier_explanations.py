"""Why a customer has a tier (PIPL art. 24): the three values, the limits, the rows, the version; what would change it.

Everything but the last comes from the decision as it was recorded, not from asking again: a table may have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import select

from crm import evaluations, tier_reviews, tiers
from crm.facts import CustomerFacts, Window
from engine import models
from engine.authorizations import access
from engine.clock import from_micros
from engine.context import CommandContext
from engine.dmn.model import DecisionTable
from engine.errors import Forbidden, NotFound
from engine.values import from_json, load

INDICATORS = {"spending": "rent_fen", "stability": "rental_count", "influence": "referral_count"}
MOST_RENT_FEN = 10**10
MOST_COUNT = 50
FULL, TIER_ONLY = "full", "tier"


def sight(ctx: CommandContext) -> str:
    """Returns how much of it the actor may see (DT-07, column labels/tier); raises Forbidden."""

    if ctx.actor.is_system:
        return FULL
    scopes = {grant.scope for grant in access(ctx).grants(ctx.actor.roles, "LABELS") if grant.access == "read"}
    if not scopes:
        raise Forbidden(
            "tiers are seen by the roles that the access matrix names",
            user_id=ctx.actor.user_id,
            resource="Tier",
            operation="read",
        )
    return TIER_ONLY if scopes == {"tier"} else FULL


def explain(ctx: CommandContext, customer_ref: str) -> dict[str, Any]:
    """Returns the tier of a customer and, for those who may see it, the whole explanation; raises NotFound."""
    seen = sight(ctx)
    stands = tiers.standing(ctx, customer_ref, tiers.day_of(ctx, ctx.now))
    row = tiers.latest_evaluation(ctx, customer_ref)
    if row is None and stands.tier is None:
        raise NotFound(f"customer {customer_ref} was never evaluated")
    short = {
        "customerRef": customer_ref,
        "tier": stands.tier,
        "since": stands.since,
        "validUntil": stands.valid_until,
        "overridden": stands.overridden,
    }
    if seen == TIER_ONLY:
        return short
    return {
        **short,
        "byRule": stands.by_rule,
        "pending": _pending(stands),
        "evaluation": None if row is None else _evaluation(ctx, row),
        "review": _review(ctx, customer_ref),
    }


def _pending(stands: tiers.Standing) -> dict[str, Any] | None:
    ahead = stands.pending
    if ahead is None:
        return None
    return {"tier": ahead.tier, "effectiveOn": ahead.effective_on, "noticeAt": from_micros(ahead.notice_at)}


def _review(ctx: CommandContext, customer_ref: str) -> tier_reviews.Review | None:
    try:
        return tier_reviews.current(ctx, customer_ref)
    except NotFound:
        return None


def _evaluation(ctx: CommandContext, row: Any) -> dict[str, Any]:
    table = models.decision_instance
    recorded = ctx.connection.execute(select(table).where(table.c.id == row.decision_id)).one()
    body = load(recorded.body)
    asked = {one["decision"]: one for one in _with_required(body)}
    facts = _facts(row.customer_ref, body, asked)
    tables = _tables(ctx, recorded.definition_id)
    return {
        "at": from_micros(row.at),
        "window": body["about"].get("window"),
        "result": row.tier,
        "change": row.change,
        "mode": row.mode,
        "decision": recorded.id,
        "version": recorded.version,
        "sha256": body["digest"],
        "row": _row(body),
        "modeRow": _row(asked.get("dt_01_mode", {})),
        "indicators": [_indicator(name, asked.get(f"dt_01_{name}", {}), tables) for name in INDICATORS],
        "whatIf": list(what_if(ctx, facts)),
    }


def _with_required(decision: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for required in decision.get("required", ()):
        yield from _with_required(required)
    yield decision


def _row(decision: Mapping[str, Any]) -> dict[str, Any] | None:
    rows = decision.get("rows") or []
    return {name: rows[0][name] for name in ("row", "clause", "provenance", "noteZh", "noteEn")} if rows else None


def _facts(customer_ref: str, body: Mapping[str, Any], asked: Mapping[str, Any]) -> CustomerFacts:
    first, last = body["about"]["window"].split("/")
    values = {name: _value(asked.get(f"dt_01_{name}", {}), variable) for name, variable in INDICATORS.items()}

    window = Window(date.fromisoformat(first), date.fromisoformat(last))
    return CustomerFacts(customer_ref, window, values["spending"], values["stability"], values["influence"])


def _value(decision: Mapping[str, Any], variable: str) -> int | None:
    value = from_json(decision.get("inputs", {}).get(variable))
    return None if value is None else int(value)


def _tables(ctx: CommandContext, definition_id: str) -> Mapping[str, DecisionTable]:
    """Returns the tables of the version that decided."""
    found = ctx.engine.definitions.decision(ctx, definition_id).model.decisions
    return {key: one.expression for key, one in found.items() if isinstance(one.expression, DecisionTable)}


def _indicator(name: str, decision: Mapping[str, Any], tables: Mapping[str, DecisionTable]) -> dict[str, Any]:
    table = tables.get(f"dt_01_{name}")
    limits = [
        {
            "level": rule.outputs[0].text.strip('"'),
            "condition": rule.inputs[0].text,
            "row": rule.row_id,
            "clause": rule.clause,
            "noteZh": rule.note_zh,
            "noteEn": rule.note_en,
        }
        for rule in (table.rules if table is not None else ())
    ]
    return {
        "indicator": name,
        "value": _value(decision, INDICATORS[name]),
        "level": decision.get("output"),
        "row": _row(decision),
        "limits": limits,
    }


# ------------------------------------------------------------ what would be


def what_if(ctx: CommandContext, facts: CustomerFacts) -> Iterator[dict[str, Any]]:
    """Yields for each indicator the least that it would have to grow for a higher tier, all else as it is, if growing
    it alone is enough."""
    if facts.rent_fen is None or facts.rentals is None or facts.referrals is None:
        return
    rent, rentals, referrals = facts.rent_fen, facts.rentals, facts.referrals
    now = _tier(ctx, facts)
    grown: tuple[tuple[str, int, Callable[[int], CustomerFacts]], ...] = (
        ("rent_fen", MOST_RENT_FEN, lambda more: replace(facts, rent_fen=rent + more)),
        ("rentals", MOST_COUNT, lambda more: replace(facts, rentals=rentals + more)),
        ("referrals", MOST_COUNT, lambda more: replace(facts, referrals=referrals + more)),
    )
    for name, most, grow in grown:
        more = _least(partial(_is_higher, ctx, now, grow), most)
        if more is not None:
            yield {"indicator": name, "more": more, "tier": _tier(ctx, grow(more))}


def _is_higher(ctx: CommandContext, now: str | None, grow: Callable[[int], CustomerFacts], count: int) -> bool:
    return tiers.rank(_tier(ctx, grow(count))) > tiers.rank(now)


def _tier(ctx: CommandContext, facts: CustomerFacts) -> str | None:
    tier: str | None = (evaluations.judge(ctx, facts, ctx.now).output or {}).get("tier")
    return tier


def _least(enough: Callable[[int], bool], most: int) -> int | None:
    """Returns the least number that is enough, None if even the most is not; more never lowers a tier."""
    if not enough(most):
        return None
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
