"""What scenarios run beside processes: imports of facts, tier evaluations, rewards and scores; and what they then see.

A step `run: tiers.propose` calls the command of that name as the person of the step, with the fields of `with`. An
expectation `tier: {C-1071: {…}}` compares the facts of a view of that name, subject by subject.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from api.scenarios.script import ScenarioInvalid
from crm import (
    award_proposals,
    coupons,
    evaluations,
    points,
    rewards,
    scorecards,
    tier_explanations,
    tier_reviews,
    tiers,
)
from crm import facts as imported
from crm import models as tables
from engine.clock import from_micros
from engine.context import SYSTEM_ACTOR, Actor, CommandContext
from engine.errors import NotFound
from engine.process_engine import ProcessEngine

Values = Mapping[str, Any]
Seen = Mapping[str, Any]


class Office:
    """Runs what a scenario names and keeps the last result of each run for its expectations."""

    def __init__(self, engine: ProcessEngine) -> None:
        self._engine = engine
        self._tiers: dict[str, evaluations.Evaluation] = {}
        self._sheets: dict[str, award_proposals.Sheet] = {}
        self._prices: dict[str, Values] = {}

    def run(self, name: str, actor: Actor, values: Values) -> None:
        """Runs one command; raises what it raises."""
        if name == "tiers":
            found = evaluations.run_tiers(self._engine, actor, mode=values.get("mode"))
            self._tiers = {one.customer_ref: one for one in found.evaluations}
            return
        command = COMMANDS.get(name)
        if command is None:
            raise ScenarioInvalid(f"nothing is called {name}; there are tiers, {', '.join(COMMANDS)}")
        try:
            result = self._engine.run(actor, command, values)
        except KeyError as missing:
            raise ScenarioInvalid(f"{name} needs {missing} under `with`") from missing
        if name == "rewards.price":
            self._prices[values["customer"]] = result
        if name == "scores.month":
            self._sheets = {one.agent: one for one in result}

    def see(self, view: str, subject: str) -> Seen | None:
        """Returns what is to be seen of a subject; None if there is nothing."""
        kept: Mapping[str, Callable[[str], Seen | None]] = {
            "tier": self._tier,
            "agent": lambda agent: _agent(self._sheets.get(agent)),
            "price": self._prices.get,
        }
        if view in kept:
            return kept[view](subject)
        with self._engine.reading(SYSTEM_ACTOR) as ctx:
            try:
                return VIEWS[view](ctx, subject)
            except NotFound:
                return None

    def _tier(self, customer_ref: str) -> Seen | None:
        """What the last run said, and what stands now."""
        with self._engine.reading(SYSTEM_ACTOR) as ctx:
            stands = tiers.standing(ctx, customer_ref, tiers.day_of(ctx, ctx.now))
        seen: dict[str, Any] = {
            "stands": stands.tier,
            "since": stands.since,
            "valid_until": stands.valid_until,
            "overridden": stands.overridden,
            "coming": stands.pending.tier if stands.pending else None,
            "coming_on": stands.pending.effective_on if stands.pending else None,
        }
        last = self._tiers.get(customer_ref)
        if last is not None:
            seen |= {
                "tier": last.tier,
                "levels": list(last.levels.values()),
                "change": last.change,
                "previous": last.previous_tier,
                "effective_on": last.effective_on,
                "notice": last.notice_at is not None,
                "review": last.review,
                "mode": last.mode,
                "row": last.row_id,
            }
        return seen


# ------------------------------------------------------------ commands


def _review_id(ctx: CommandContext, values: Values) -> str:
    return tier_reviews.current(ctx, values["customer"]).id


def _propose_tier(ctx: CommandContext, values: Values) -> Any:
    until = values.get("valid_until")
    return tier_reviews.propose(
        ctx,
        _review_id(ctx, values),
        tier=values["tier"],
        reason=values.get("reason", ""),
        valid_until=date.fromisoformat(until) if until else None,
    )


def _price(ctx: CommandContext, values: Values) -> Values:
    ruling = rewards.price(
        ctx,
        values["customer"],
        base_fen=values["base_fen"],
        extras_fen=values.get("extras_fen", 0),
        coupons_fen=tuple(values.get("coupons_fen", ())),
    )
    return ruling.output


def _register(ctx: CommandContext, values: Values) -> Any:
    return rewards.register(
        ctx,
        referrer_ref=values["referrer"],
        referred_ref=values["referred"],
        contract_ref=values["contract"],
        planned_days=values["planned_days"],
        same_person=values.get("same_person", False),
        suspicious=values.get("suspicious", False),
    )


def _settle(ctx: CommandContext, values: Values) -> Any:
    return rewards.settle(
        ctx,
        contract_ref=values["contract"],
        customer_ref=values["customer"],
        charged_days=values["charged_days"],
        paid_fen=values["paid_fen"],
    )


def _review_referral(ctx: CommandContext, values: Values) -> Any:
    return rewards.review(ctx, _referral(ctx, values["contract"]).id, clear=values["clear"])


def _propose_penalty(ctx: CommandContext, values: Values) -> Any:
    names = ("agent", "month", "cause", "performance_pay_fen", "reason", "causal_finding")
    optional = {name: values[name] for name in ("account_closed", "days_without_rental") if name in values}
    return award_proposals.propose_penalty(ctx, **{name: values[name] for name in names}, **optional)


def _proposal_id(ctx: CommandContext, values: Values) -> str:
    table = tables.award_proposal
    query = select(table.c.id).where(table.c.kind == values["kind"], table.c.subject == values["subject"])
    found = ctx.connection.execute(query.order_by(table.c.id.desc()).limit(1)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"nothing like {values['kind']} was proposed for {values['subject']}")
    return str(found)


COMMANDS: Mapping[str, Callable[[CommandContext, Values], Any]] = {
    "facts": imported.import_facts,
    "tiers.ask_review": lambda ctx, values: tier_reviews.ask(ctx, values["customer"]),
    "tiers.propose": _propose_tier,
    "tiers.approve": lambda ctx, values: tier_reviews.approve(ctx, _review_id(ctx, values)),
    "tiers.decline": lambda ctx, values: tier_reviews.decline(ctx, _review_id(ctx, values)),
    "rewards.price": _price,
    "rewards.register": _register,
    "rewards.settle": _settle,
    "rewards.cancel": lambda ctx, values: rewards.cancel(ctx, values["contract"]),
    "rewards.review": _review_referral,
    "rewards.rate": lambda ctx, values: points.rate(ctx, values["contract"]),
    "rewards.exchange": lambda ctx, values: points.exchange(ctx, values["customer"]),
    "scores.set_targets": lambda ctx, values: scorecards.set_targets(ctx, values["period"], values["targets"]),
    "scores": lambda ctx, values: scorecards.freeze(ctx, values["period"]),
    "scores.confirm": lambda ctx, values: scorecards.confirm(
        ctx, values["period"], ties=values.get("ties"), reason=values.get("reason")
    ),
    "scores.hand_in": lambda ctx, values: award_proposals.hand_in(
        ctx, _proposal_id(ctx, {"kind": "rectification", **values})
    ),
    "scores.month": lambda ctx, values: award_proposals.month_sheets(ctx, values["month"]),
    "scores.decide": lambda ctx, values: award_proposals.decide_award(
        ctx, _proposal_id(ctx, values), accept=values["accept"]
    ),
    "scores.propose_penalty": _propose_penalty,
    "scores.hear": lambda ctx, values: award_proposals.hear(ctx, _proposal_id(ctx, {"kind": "penalty", **values})),
    "scores.decide_penalty": lambda ctx, values: award_proposals.decide_penalty(
        ctx, _proposal_id(ctx, {"kind": "penalty", **values}), accept=values["accept"]
    ),
    "scores.execute": lambda ctx, values: award_proposals.execute(
        ctx, _proposal_id(ctx, {"kind": "penalty", **values})
    ),
}


# ------------------------------------------------------------ views


def _facts(ctx: CommandContext, customer_ref: str) -> Seen:
    """What the rewards know of a customer by themselves."""
    return {
        "rentals": rewards.rentals_of(ctx, customer_ref),
        "referrals": rewards.referral_count(ctx, customer_ref),
        "points": points.balance(ctx, customer_ref),
    }


def _coupons(ctx: CommandContext, customer_ref: str) -> Seen:
    found = coupons.of_customer(ctx, customer_ref)
    return {
        "amounts": [one.amount_fen for one in found],
        "total_fen": sum(one.amount_fen for one in found),
        "pushed": sum(one.push for one in found),
        "valid_until": found[-1].valid_until if found else None,
    }


def _referral(ctx: CommandContext, contract_ref: str) -> rewards.Referral:
    table = tables.referral
    found = ctx.connection.execute(select(table.c.id).where(table.c.contract_ref == contract_ref)).scalar_one_or_none()
    return rewards.get(ctx, found or "")


def _review(ctx: CommandContext, customer_ref: str) -> Seen:
    review = tier_reviews.current(ctx, customer_ref)
    due = None if review.due_at is None else from_micros(review.due_at)
    return {**_plain(review), "due": due, "late": tier_reviews.is_late(review, ctx.now)}


def _why(ctx: CommandContext, customer_ref: str) -> Seen:
    """The explanation of the last evaluation, flat."""
    told = tier_explanations.explain(ctx, customer_ref)
    evaluation = told["evaluation"] or {}
    indicators = evaluation.get("indicators", [])
    return {
        "tier": told["tier"],
        "values": [one["value"] for one in indicators],
        "levels": [one["level"] for one in indicators],
        "limits": [[limit["condition"] for limit in one["limits"]] for one in indicators],
        "rows": [one["row"]["row"] for one in indicators if one["row"]],
        "row": (evaluation.get("row") or {}).get("row"),
        "mode": evaluation.get("mode"),
        "version": evaluation.get("version"),
        "window": evaluation.get("window"),
        "what_if": [f"{one['indicator']} +{one['more']}: {one['tier']}" for one in evaluation.get("whatIf", [])],
    }


def _score(ctx: CommandContext, department: str) -> Seen | None:
    table = tables.department_score
    query = select(table.c.period).where(table.c.department == department).order_by(table.c.period.desc()).limit(1)
    period = ctx.connection.execute(query).scalar_one_or_none()
    if period is None:
        return None
    sheet = next(one for one in scorecards.scores(ctx, period) if one.department == department)
    place = sheet.body["place"] or {}
    return {
        "points": None if sheet.points is None else Decimal(sheet.points) / 100,
        "rank": sheet.rank,
        "state": sheet.state,
        "lines": {line["indicator"]: line["points"] for line in sheet.body["points"] or ()},
        "substituted": sheet.body["substituted"],
        "award_fen": place.get("award_fen"),
        "rectification": place.get("rectification_report"),
        "tie": place.get("committee"),
    }


def _proposal(ctx: CommandContext, subject: str) -> Seen:
    """The proposals of a department or agent, by kind."""
    table = tables.award_proposal
    query = select(table.c.id).where(table.c.subject == subject).order_by(table.c.id)
    found = [award_proposals.get(ctx, one) for one in ctx.connection.execute(query).scalars()]
    return {
        one.kind: {
            "state": one.state,
            "amount_fen": one.amount_fen,
            "due": None if one.due_at is None else from_micros(one.due_at),
        }
        for one in found
    }


def _agent(sheet: award_proposals.Sheet | None) -> Seen | None:
    if sheet is None:
        return None
    return {
        "star": sheet.star.get("award"),
        "star_reason": sheet.star.get("reason"),
        "promotion": sheet.promotion.get("award"),
        "promotion_reason": sheet.promotion.get("reason"),
    }


def _plain(value: Any) -> dict[str, Any]:
    assert is_dataclass(value)
    return {field.name: getattr(value, field.name) for field in fields(value)}


VIEWS: Mapping[str, Callable[[CommandContext, str], Seen | None]] = {
    "facts": _facts,
    "coupons": _coupons,
    "referral": lambda ctx, contract: _plain(_referral(ctx, contract)),
    "review": _review,
    "why": _why,
    "score": _score,
    "proposal": _proposal,
}
SEEN = frozenset({"tier", "agent", "price", *VIEWS})
