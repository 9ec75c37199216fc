"""The tier evaluation (P-27): a run over all customers, or one customer at a settlement.

Each customer is judged by DT-01 of the release in force and leaves a recorded decision and a row of `tier`. An upgrade
counts at once; a downgrade is told now and comes into effect at the start of a month, 30 days later at the earliest
(A-29). A flag, or an indicator that is not known, opens a review by a person. A run goes in batches, each a transaction
of its own; it is named by its instant, so that a run which was broken off goes on where it stopped.

With a mode that is asked for the run is a trial: it says what would be and writes nothing. The mode in force is a row
of the table (`tier.mode`), and changing it is a release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select

from crm import rulings, tier_cases, tier_reviews, tiers
from crm.facts import FACTS, CustomerFacts, Facts, Window
from engine import authorizations, history
from engine.clock import as_utc
from engine.context import Actor, CommandContext
from engine.dmn.result import DecisionResult
from engine.errors import InvalidRequest
from engine.process_engine import ProcessEngine

CHAIN = "tiers"
MODES = ("median", "all", "any", "spend_first")
BATCH = 100
MONTH_START, SETTLEMENT = "month_start", "settlement"
UNKNOWN, UNCHANGED, PENDING = "no_result", "unchanged", "pending"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of one customer. `tier` is None where an indicator is unknown: a person has to look."""

    customer_ref: str
    facts: CustomerFacts
    levels: Mapping[str, str | None]
    tier: str | None
    previous_tier: str | None
    change: str
    effective_on: date | None
    notice_at: datetime | None
    review: bool
    mode: str | None
    row_id: str | None
    decision_id: str | None = None
    review_id: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a run, in order of the customers."""

    run_id: str
    window: Window
    trial: bool
    evaluations: tuple[Evaluation, ...]
    skipped: int

    @property
    def changes(self) -> dict[str, int]:
        """Returns how many customers went which way."""
        return dict(Counter(one.change for one in self.evaluations))


def run_tiers(
    engine: ProcessEngine,
    actor: Actor,
    *,
    at: datetime | None = None,
    mode: str | None = None,
    facts: Facts = FACTS,
    batch: int = BATCH,
) -> Run:
    """Evaluates all customers of the window that ends on the day before `at`; raises Forbidden, InvalidRequest.

    Started again with the same instant it leaves out the customers that it did already.
    """
    if mode is not None and mode not in MODES:
        raise InvalidRequest(f"a mode is one of {', '.join(MODES)}")
    at = as_utc(at or engine.clock.now())
    engine.read(actor, _require_run)
    window = engine.read(actor, window_of, at)
    run_id = at.isoformat()
    customers = engine.read(actor, lambda ctx: list(facts.customers(ctx, window)))
    done: list[Evaluation] = []
    skipped = 0
    for start in range(0, len(customers), batch):
        part = customers[start : start + batch]
        if mode is not None:
            done += engine.read(actor, _try, part, at, mode)
            continue
        found = engine.run(actor, _evaluate_batch, part, at, run_id)
        done += found
        skipped += len(part) - len(found)
    return Run(run_id, window, mode is not None, tuple(done), skipped)


def run_day(ctx: CommandContext) -> datetime:
    """Returns the instant that the monthly run is of: the beginning of the day that DT-01 names, though it be late."""
    day: date = rulings.ask(ctx, "dt_01_run", {"evaluated_on": tiers.day_of(ctx, ctx.now)}).output
    return datetime.combine(day, time(0), ctx.engine.calendar.zone)


def run_part(
    ctx: CommandContext, at: datetime, *, after: str, limit: int = BATCH, facts: Facts = FACTS
) -> tuple[list[Evaluation], str | None]:
    """Evaluates the next customers of a run; returns them with where to go on, None if these were the last."""
    _require_run(ctx)
    at = as_utc(at)
    part = list(facts.customers(ctx, window_of(ctx, at), after=after, limit=limit))
    found = _evaluate_batch(ctx, part, at, at.isoformat())
    return found, part[-1].customer_ref if len(part) == limit else None


def evaluate(
    ctx: CommandContext, customer_ref: str, *, trigger: str = SETTLEMENT, facts: Facts = FACTS
) -> Evaluation | None:
    """Evaluates one customer now, as a settlement does; None where the register knows nothing of the customer."""
    _require_run(ctx)
    known = facts.customer(ctx, customer_ref, window_of(ctx, ctx.now, trigger))
    return None if known is None else _evaluate_all(ctx, [known], ctx.now, None, trigger)[0]


def window_of(ctx: CommandContext, at: datetime, trigger: str = MONTH_START) -> Window:
    """Returns the window of an evaluation: rolling; ends on the day before, at a settlement on the day (A-29)."""
    asked = {"evaluated_on": tiers.day_of(ctx, at), "trigger": trigger}
    terms = rulings.ask(ctx, "dt_01_window", asked, anchor=at).output
    return Window(terms["from"], terms["to"])


def override_until(ctx: CommandContext, at: datetime) -> date:
    """Returns the longest an override of a person may hold."""
    terms = rulings.ask(ctx, "dt_01_window", {"evaluated_on": tiers.day_of(ctx, at)}, anchor=at).output
    until: date = terms["override_until"]
    return until


def judge(ctx: CommandContext, facts: CustomerFacts, at: datetime, mode: str | None = None) -> DecisionResult:
    """Asks DT-01 for one customer, without recording anything."""
    return rulings.ask(ctx, "dt_01", variables_of(facts, mode), anchor=at)


def variables_of(facts: CustomerFacts, mode: str | None = None) -> dict[str, Any]:
    """Returns the inputs of DT-01."""
    return {
        "rent_fen": facts.rent_fen,
        "rental_count": facts.rentals,
        "referral_count": facts.referrals,
        "mode": mode,
    }


def _require_run(ctx: CommandContext) -> None:
    authorizations.require(ctx, "Tier", "run")


def _try(ctx: CommandContext, customers: Sequence[CustomerFacts], at: datetime, mode: str) -> list[Evaluation]:
    return [_judged(ctx, facts, judge(ctx, facts, at, mode), at, MONTH_START)[0] for facts in customers]


def _evaluate_batch(
    ctx: CommandContext, customers: Sequence[CustomerFacts], at: datetime, run_id: str
) -> list[Evaluation]:
    rulings.hold(ctx, CHAIN)
    here = (tiers.TIER.c.run_id == run_id, tiers.TIER.c.customer_ref.in_([one.customer_ref for one in customers]))
    done = set(ctx.connection.execute(select(tiers.TIER.c.customer_ref).where(*here)).scalars())
    return _evaluate_all(ctx, [one for one in customers if one.customer_ref not in done], at, run_id, MONTH_START)


def _evaluate_all(
    ctx: CommandContext, customers: Sequence[CustomerFacts], at: datetime, run_id: str | None, trigger: str
) -> list[Evaluation]:
    """Evaluates and writes down some customers, as one event of the chain."""
    rulings.hold(ctx, CHAIN)
    written = [_evaluate_one(ctx, facts, at, run_id, trigger) for facts in customers]
    if written:
        entries = [entry for _, entry in written]
        history.record(ctx, CHAIN, "tiers.evaluated", {"run": run_id, "trigger": trigger, "customers": entries})
    return [evaluation for evaluation, _ in written]


def _evaluate_one(
    ctx: CommandContext, facts: CustomerFacts, at: datetime, run_id: str | None, trigger: str
) -> tuple[Evaluation, dict[str, Any]]:
    about = {"customer_ref": facts.customer_ref, "window": facts.window.period, **({"run": run_id} if run_id else {})}
    ruling = rulings.record(ctx, judge(ctx, facts, at), about)
    found, standing, change = _judged(ctx, facts, ruling.result, at, trigger)
    changed = None if change is None else rulings.record(ctx, change, about)
    if standing.pending is not None and tiers.rank(found.tier) > tiers.rank(standing.pending.tier):
        tiers.withdraw(ctx, standing.pending)
    row = {
        "run_id": run_id,
        "previous_tier": found.previous_tier,
        "effective_on": found.effective_on.isoformat() if found.effective_on else None,
        "notice_at": ctx.now_micros if found.notice_at else None,
        "review": found.review,
        "row_id": found.row_id,
        "mode": found.mode,
        "decision_id": ruling.id,
    }
    tier_id = tiers.add(ctx, facts.customer_ref, change=found.change, tier=found.tier, **row)
    cause = "missing" if found.tier is None else "flag" if found.review else None
    review_id = tier_reviews.open_review(ctx, facts.customer_ref, tier_id, cause) if cause else None
    entry = {**ruling.entry, "customer": facts.customer_ref, "tier": found.tier, "change": found.change}
    if changed is not None:
        entry["because"] = changed.entry
    done = replace(found, decision_id=ruling.id, review_id=review_id)
    if done.notice_at is not None or review_id is not None:
        review = {} if review_id is None else tier_reviews.told(ctx, review_id)
        tier_cases.open_case(ctx, _told(done) | review)
    return done, entry


def _told(found: Evaluation) -> dict[str, Any]:
    """Returns what the case of an evaluation has to know."""
    return {
        "customer_ref": found.customer_ref,
        "tier": found.tier,
        "previous_tier": found.previous_tier,
        "change": found.change,
        "effective_on": found.effective_on,
        "notice": found.notice_at is not None,
    }


def _judged(
    ctx: CommandContext, facts: CustomerFacts, result: DecisionResult, at: datetime, trigger: str
) -> tuple[Evaluation, tiers.Standing, DecisionResult | None]:
    """Compares what the rule says with what stands; returns it with the decision about the change."""
    day = tiers.day_of(ctx, at)
    standing = tiers.standing(ctx, facts.customer_ref, day)
    output = result.output or {}
    tier = output.get("tier")
    # Whoever is told late is not lowered early: the notice runs from the day on which it is given.
    told_on = max(day, tiers.day_of(ctx, ctx.now))
    inputs = {"previous_tier": standing.by_rule, "tier": tier, "trigger": trigger, "evaluated_on": told_on}
    change = None if tier is None else rulings.ask(ctx, "dt_01_change", inputs, anchor=at)
    said = (change.output if change is not None else None) or {"change": UNKNOWN}
    told_before = standing.pending is not None and standing.pending.tier == tier
    if told_before:
        said = {"change": PENDING}
    levels = output.get("levels") or {}
    evaluation = Evaluation(
        customer_ref=facts.customer_ref,
        facts=facts,
        levels={name: levels.get(name) for name in ("spending", "stability", "influence")},
        tier=tier,
        previous_tier=standing.by_rule,
        change=said["change"],
        effective_on=said.get("effective_on"),
        notice_at=max(at, ctx.now) if said.get("notice") else None,
        review=output.get("review") is True,
        mode=output.get("mode"),
        row_id=rulings.row_of(result),
    )
    return evaluation, standing, change
