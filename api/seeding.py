"""Demo data: one user per role and, in an empty database, a few cases at different stages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from engine import messages, models, users
from engine.context import SYSTEM_ACTOR, Actor
from engine.errors import InvalidRequest
from engine.process_engine import ProcessEngine

# Who of the demonstration belongs where; everybody else, the counter included, works for all branches.
BRANCHES = {
    "ssup": ["SZ-NS"],
    "ssup2": ["SZ-FT"],
    "smd": ["SZ-FT", "SZ-NS"],
    "smd2": ["SZ-FT", "SZ-NS"],
}


def seed(engine: ProcessEngine) -> str:
    """Creates what is missing; returns a sentence about it. Refused outside demo mode: the passwords are public."""
    if not engine.settings.demo:
        raise InvalidRequest("demo users have public passwords; set MARQUE_DEMO=1 to allow them")
    created = engine.run(SYSTEM_ACTOR, users.create_demo_users, BRANCHES)
    with engine.database.read() as connection:
        instances = connection.execute(select(func.count()).select_from(models.process_instance)).scalar_one()
    cases = 0 if instances else _start_cases(engine)
    return f"{len(created)} demo user(s) and {cases} case(s) added"


def _start_cases(engine: ProcessEngine) -> int:
    cases = _cases(engine.clock.now())
    for user_id, name, values in cases:
        actor = Actor(user_id, frozenset({user_id.upper()}))
        engine.run(actor, messages.correlate, messages.Message(name, variables=values))
    return len(cases)


def _cases(now: datetime) -> list[tuple[str, str, dict[str, Any]]]:
    """Returns who writes down which message, and what it says."""
    return [
        (
            "csr",
            "complaint_received",
            {
                "business_line": "rental",
                "branch_id": "SZ-NS",
                "customer_ref": "C-1001",
                "channel": "app",
                "received_at": now,
            },
        ),
        (
            "csr",
            "complaint_received",
            {
                "business_line": "after_sales",
                "branch_id": "SZ-FT",
                "customer_ref": "C-1002",
                "channel": "400",
                "received_at": now - timedelta(minutes=8),
            },
        ),
        (
            "front",
            "customer_arrived",
            {"business_line": "after_sales", "branch_id": "SZ-FT", "customer_ref": "C-1004", "arrived_at": now},
        ),
        (
            "store",
            "contract_signed",
            {
                "business_line": "rental",
                "branch_id": "SZ-NS",
                "customer_ref": "C-1005",
                "customer_type": "company",
                "planned_at": now + timedelta(hours=2, minutes=30),
                "rental_days": 4,
            },
        ),
        (
            "store",
            "returned",
            {"business_line": "rental", "branch_id": "SZ-NS", "customer_ref": "C-1006", "returned_at": now},
        ),
        (
            "csr",
            "follow_up_due",
            {
                "business_line": "rental",
                "branch_id": "SZ-NS",
                "customer_ref": "C-1007",
                "kind": "return",
                "anchor_at": now,
            },
        ),
    ]
