"""A rental that a return settled (P-04) is counted: rent and rentals, referral, award, points, and the tier. One that
was cancelled before the pick-up (P-03) closes its referral.

All of it is one transaction, and a contract is counted once, however often its settlement is reported. The rental
keeps references and numbers only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crm import evaluations, points, rewards
from crm.facts import REFERENCE
from crm.points import RENTAL_LINE
from engine.context import CommandContext
from engine.external_tasks import HandlerTask

NOTHING: Mapping[str, Any] = {"counted": False}


def contract_ref(contract_no: str) -> str:
    """Returns the reference under which a contract is counted: its number, or a digest of one that is no reference."""
    if REFERENCE.fullmatch(contract_no):
        return contract_no
    return f"N{hashlib.sha256(contract_no.encode()).hexdigest()[:40]}"


def count_rental(ctx: CommandContext, task: HandlerTask) -> Mapping[str, Any]:
    """Counts the settled rental that the message `rental_settled` tells of; returns what came of it.

    Other business lines, unknown customers and a rent that nobody noted count nothing.
    """
    told = task.variables
    customer_ref, contract_no, rent_fen = told.get("customer_ref"), told.get("contract_no"), told.get("rent_fen")
    known = isinstance(customer_ref, str) and REFERENCE.fullmatch(customer_ref) and isinstance(contract_no, str)
    if told.get("business_line") != RENTAL_LINE or not known or rent_fen is None:
        return NOTHING
    contract = contract_ref(str(contract_no))
    if rewards.is_settled(ctx, contract):
        return NOTHING
    settled_at = told.get("settled_at")
    settled = rewards.settle(
        ctx,
        contract_ref=contract,
        customer_ref=str(customer_ref),
        charged_days=int(told.get("charged_days") or 0),
        paid_fen=int(rent_fen),
        settled_at=settled_at if isinstance(settled_at, datetime) else None,
    )
    earned = points.rate(ctx, contract) if told.get("rated") is True else 0
    found = evaluations.evaluate(ctx, str(customer_ref))
    return {
        "counted": True,
        "points": earned,
        "coupons": len(settled.coupons),
        "award_until": settled.award_valid_until,
        "tier": None if found is None else found.tier,
        "change": None if found is None else found.change,
    }


def close_referral(ctx: CommandContext, task: HandlerTask) -> Mapping[str, Any]:
    """Closes the referral that was registered with a contract that the customer cancelled: it earns nothing (A-22).

    A contract without one, and a referral that a person has decided on already, stay as they are.
    """
    contract_no = task.variables.get("contract_no")
    if not isinstance(contract_no, str):
        return {}
    rewards.close_of(ctx, contract_ref(contract_no))
    return {}
