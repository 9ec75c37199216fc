"""What the diagram `tier_evaluation` has done by itself: the monthly run part by part, and the record of a review.

Each works in the transaction of its job, so that a part that fails leaves nothing behind and is tried again whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from crm import evaluations, tier_cases, tier_reviews
from crm.tier_reviews import DECIDED, OPEN, PROPOSED
from engine.context import CommandContext
from engine.errors import ExecutionFailed
from engine.external_tasks import HandlerTask
from engine.values import PersonalRef


def evaluate_part(ctx: CommandContext, task: HandlerTask) -> Mapping[str, Any]:
    """Evaluates the next customers of the monthly run; `evaluated_up_to` says where to go on, null that it is done."""
    known = task.variables.get("run_at")
    at = known if isinstance(known, datetime) else evaluations.run_day(ctx)
    found, up_to = evaluations.run_part(ctx, at, after=task.variables.get("evaluated_up_to") or "")
    before = int(task.variables.get("evaluated_customers") or 0)
    return {"run_at": at, "evaluated_up_to": up_to, "evaluated_customers": before + len(found)}


def record_proposal(ctx: CommandContext, task: HandlerTask) -> Mapping[str, Any]:
    """Writes down what OPSM proposed in the inbox; the command of crm/tier_reviews.py may have done so already."""
    review = _review(ctx, task)
    if review.state == OPEN:
        until, reason = task.variables.get("valid_until"), task.variables.get("reason")
        if not isinstance(reason, PersonalRef):
            raise ExecutionFailed("a proposal has a reason, kept by reference", element_id=task.element_id)
        tier_reviews.record_proposal(
            ctx,
            review,
            tier=str(task.variables.get("override")),
            reason=reason,
            until=until if isinstance(until, date) else None,
            by=tier_cases.who_did(ctx, task.process_instance_id, tier_cases.REVIEW),
        )
    return {}


def record_decision(ctx: CommandContext, task: HandlerTask) -> Mapping[str, Any]:
    """Writes down what OPSD decided; returns the outcome: confirmed, overridden or declined."""
    review = _review(ctx, task)
    if review.state == PROPOSED:
        by = tier_cases.who_did(ctx, task.process_instance_id, tier_cases.APPROVE)
        record = tier_reviews.record_approval if task.variables.get("approved") is True else tier_reviews.record_refusal
        review = record(ctx, review, by=by)
    return {"outcome": review.outcome}


def record_withdrawal(ctx: CommandContext, task: HandlerTask) -> Mapping[str, Any]:
    """Writes down that the customer wants no review any more."""
    review = _review(ctx, task)
    if review.state != DECIDED:
        by = tier_cases.who_did(ctx, task.process_instance_id, tier_cases.WITHDRAWAL)
        review = tier_reviews.record_withdrawal(ctx, review, by=by)
    return {"outcome": review.outcome}


def _review(ctx: CommandContext, task: HandlerTask) -> tier_reviews.Review:
    return tier_reviews.get(ctx, str(task.variables.get("review_id")))
