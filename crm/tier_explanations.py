"""Why a customer has a tier (PIPL art. 24): the three values, the limits, the rows, the version; what would change it.

Everything but the last comes from the decision as it was recorded, not from asking again: a table may have changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select

from crm import tier_reviews, tiers
from engine import explanations, models
from engine.authorizations import access
from engine.clock import from_micros
from engine.context import CommandContext
from engine.dmn.counterfactual_words import sentences
from engine.dmn.model import DecisionTable
from engine.errors import Forbidden, NotFound
from engine.values import from_json, load

INDICATORS = {"spending": "rent_fen", "stability": "rental_count", "influence": "referral_count"}
GROWN = {"rent_fen": "rent_fen", "rental_count": "rentals", "referral_count": "referrals"}
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
        "whatIf": list(what_if(ctx, recorded, body)),
    }


def _with_required(decision: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for required in decision.get("required", ()):
        yield from _with_required(required)
    yield decision


def _row(decision: Mapping[str, Any]) -> dict[str, Any] | None:
    rows = decision.get("rows") or []
    return {name: rows[0][name] for name in ("row", "clause", "provenance", "noteZh", "noteEn")} if rows else None


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


def what_if(ctx: CommandContext, recorded: Any, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields for each indicator the least that it would have to grow for a higher tier, all else as it is, if growing
    it alone is enough; by the version that decided."""
    deployed = ctx.engine.definitions.deployed(ctx, recorded.definition_id)
    answer = explanations.answer_of(ctx, deployed, body, recorded.at)
    if answer is None or answer.result is None:
        return
    model = ctx.engine.definitions.decision(ctx, deployed.id).model
    now = tiers.rank((answer.result.output or {}).get("tier"))
    told: set[str] = set()
    for found in sorted(answer.found, key=lambda one: tiers.rank((one.output or {}).get("tier"))):
        (move, *others) = found.moves
        tier = (found.output or {}).get("tier")
        is_growth = not others and move.name in GROWN and (move.difference or 0) > 0 and tiers.rank(tier) > now
        if is_growth and move.name not in told:
            told.add(move.name)
            zh, en = sentences(model, answer, found)
            yield {"indicator": GROWN[move.name], "more": move.difference, "tier": tier, "zh": zh, "en": en}
