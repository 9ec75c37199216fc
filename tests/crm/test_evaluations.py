"""Tier evaluations: broken-off runs, downgrades that do not come about, overrides, settlements, what is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from api import files
from crm import evaluations, facts, rewards, tier_explanations, tier_reviews, tiers
from crm import models as tables
from engine import audit, deployments, history, models
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR, Actor, CommandContext
from engine.errors import Conflict, ExecutionFailed, Forbidden, InvalidRequest
from engine.process_engine import ProcessEngine
from engine.values import load
from tests.conftest import ROOT

SHANGHAI = ZoneInfo("Asia/Shanghai")
OPSM, OPSD = Actor("opsm", frozenset({"OPSM"})), Actor("opsd", frozenset({"OPSD"}))
CSR = Actor("csr", frozenset({"CSR"}))
VIP = {"rent_fen": 10_000_000, "rentals": 6, "referrals": 3}
IMPORTANT = {"rent_fen": 5_000_000, "rentals": 3, "referrals": 1}
ORDINARY = {"rent_fen": 0, "rentals": 0, "referrals": 0}
TABLES = files.deployable(
    tuple(ROOT / "rules" / one for one in ("dt_01_rental_tier", "dt_03_rewards", "dt_05_deadlines"))
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(at("2026-05-01 00:05"))


@pytest.fixture(autouse=True)
def deployed(engine: ProcessEngine) -> None:
    engine.run(SYSTEM_ACTOR, deployments.create, name="tables", resources=TABLES)


def known(engine: ProcessEngine, trigger: str = evaluations.MONTH_START, /, **customers: Mapping[str, int]) -> None:
    """Imports facts for the window that ends yesterday, at a settlement today; `C1` stands for C-1."""
    window = engine.read(SYSTEM_ACTOR, evaluations.window_of, engine.clock.now(), trigger)
    named = {f"{name[0]}-{name[1:]}": dict(values) for name, values in customers.items()}
    data = {"source": "test", "period": window.period, "customers": named}
    engine.run(OPSM, facts.import_facts, data)


def run(engine: ProcessEngine, **how: Any) -> dict[str, evaluations.Evaluation]:
    done = evaluations.run_tiers(engine, OPSM, **how)
    return {one.customer_ref: one for one in done.evaluations}


def stands(engine: ProcessEngine, customer_ref: str) -> tiers.Standing:
    def query(ctx: CommandContext) -> tiers.Standing:
        return tiers.standing(ctx, customer_ref, tiers.day_of(ctx, ctx.now))

    return engine.read(SYSTEM_ACTOR, query)


def count(engine: ProcessEngine, table: Any) -> int:
    with engine.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_run_that_was_broken_off_goes_on_where_it_stopped(
    engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(engine, **{f"C{number}": VIP for number in range(1, 8)})
    record, batches = history.record, 0

    def fail_in_the_second_batch(*given: Any) -> None:
        nonlocal batches
        batches += 1
        if batches == 2:
            raise ExecutionFailed("the power went")
        record(*given)

    with monkeypatch.context() as broken:
        broken.setattr(history, "record", fail_in_the_second_batch)
        with pytest.raises(ExecutionFailed):
            run(engine, batch=3)
    assert count(engine, tables.tier) == 3

    done = evaluations.run_tiers(engine, OPSM, batch=3)

    assert (len(done.evaluations), done.skipped) == (4, 3)
    assert count(engine, tables.tier) == 7
    assert engine.read(SYSTEM_ACTOR, audit.verify).intact


def test_each_result_has_a_recorded_decision_that_the_chain_holds(engine: ProcessEngine) -> None:
    known(engine, C1=VIP)
    decision_id = run(engine)["C-1"].decision_id

    table, events = models.decision_instance, models.history_event
    with engine.database.read() as connection:
        row = connection.execute(select(table).where(table.c.id == decision_id)).one()
        event = connection.execute(select(events.c.body).where(events.c.chain_id == "tiers")).one()
    body = load(row.body)
    (entry,) = load(event.body)["customers"]

    assert (row.decision_key, row.version, body["about"]["customer_ref"]) == ("dt_01", 1, "C-1")
    assert body["rows"][0]["row"] == "median_vip"
    assert (entry["decision"], entry["customer"], entry["tier"]) == (decision_id, "C-1", "VIP")
    assert len(entry["sha256"]) == 64


def test_a_trial_writes_nothing(engine: ProcessEngine) -> None:
    known(engine, C1=VIP, C2={"rent_fen": 1})
    before = count(engine, models.decision_instance)

    assert {ref: one.tier for ref, one in run(engine, mode="all").items()} == {"C-1": "VIP", "C-2": None}

    assert (count(engine, tables.tier), count(engine, tables.tier_review)) == (0, 0)
    assert count(engine, models.decision_instance) == before


def test_a_downgrade_is_told_once_and_comes_into_effect_on_its_day(engine: ProcessEngine, clock: VirtualClock) -> None:
    known(engine, C1=VIP)
    run(engine)
    clock.move_to(at("2026-06-15 09:00"))
    known(engine, C1=ORDINARY)
    assert (run(engine)["C-1"].change, stands(engine, "C-1").tier) == ("down", "VIP")

    clock.move_to(at("2026-07-01 00:05"))
    known(engine, C1=ORDINARY)
    again = run(engine)["C-1"]

    assert (again.change, again.notice_at) == ("pending", None)
    pending = stands(engine, "C-1").pending
    assert pending is not None
    assert pending.effective_on == date(2026, 8, 1)
    clock.move_to(at("2026-08-01 00:00"))
    assert stands(engine, "C-1").tier == "ordinary"


def test_whoever_recovers_before_the_day_keeps_the_tier(engine: ProcessEngine, clock: VirtualClock) -> None:
    known(engine, C1=VIP)
    run(engine)
    clock.move_to(at("2026-06-15 09:00"))
    known(engine, C1=ORDINARY)
    run(engine)
    clock.move_to(at("2026-07-01 00:05"))
    known(engine, C1=VIP)

    assert run(engine)["C-1"].change == "unchanged"

    clock.move_to(at("2026-08-15 00:00"))
    assert (stands(engine, "C-1").tier, stands(engine, "C-1").pending) == ("VIP", None)


def test_a_settlement_lifts_at_once_and_never_lowers(engine: ProcessEngine, clock: VirtualClock) -> None:
    known(engine, C1=IMPORTANT, C2=VIP)
    run(engine)
    clock.move_to(at("2026-05-20 12:00"))
    known(engine, evaluations.SETTLEMENT, C1=VIP, C2=ORDINARY)

    lifted = engine.run(OPSM, evaluations.evaluate, "C-1")
    lowered = engine.run(OPSM, evaluations.evaluate, "C-2")

    assert lifted is not None
    assert lowered is not None
    assert (lifted.change, stands(engine, "C-1").tier) == ("up", "VIP")
    assert (lowered.change, stands(engine, "C-2").tier, stands(engine, "C-2").pending) == ("down_later", "VIP", None)
    assert engine.run(OPSM, evaluations.evaluate, "C-3") is None


def test_whoever_is_told_late_is_lowered_later(engine: ProcessEngine, clock: VirtualClock) -> None:
    known(engine, C1=VIP)
    run(engine)
    clock.move_to(at("2026-07-01 00:05"))
    known(engine, C1=ORDINARY)
    clock.move_to(at("2026-07-03 09:00"))  # the house was down on the 1st

    late = run(engine, at=at("2026-07-01 00:00"))["C-1"]

    # 30 days from 3 July reach beyond 1 August.
    assert (late.change, late.effective_on) == ("down", date(2026, 9, 1))


def settled(engine: ProcessEngine, contract: str, customer: str, paid_fen: int, on: str) -> None:
    values: dict[str, Any] = {"contract_ref": contract, "customer_ref": customer, "charged_days": 3}
    engine.run(SYSTEM_ACTOR, rewards.settle, **values, paid_fen=paid_fen, settled_at=at(on))


def test_the_house_counts_its_settlements_but_judges_by_them_only_once_its_books_are_complete(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    clock.move_to(at("2026-06-30 12:00"))
    settled(engine, "K-1", "C-1", 10_000_000, "2026-06-29 10:00")
    settled(engine, "K-2", "C-1", 1, "2026-06-30 10:00")
    settled(engine, "K-3", "C-2", 500, "2026-06-30 11:00")
    clock.move_to(at("2026-07-01 00:05"))
    # The books began on 29 June: what was before is unknown, and nobody is judged by a part of a year.
    assert run(engine) == {}

    # At a settlement the day itself counts; a lower bound lifts and never lowers.
    found = engine.run(OPSM, evaluations.evaluate, "C-1")
    assert found is not None
    assert (found.facts.rent_fen, found.facts.rentals, found.facts.referrals) == (10_000_001, 2, 0)

    clock.move_to(at("2027-06-29 00:05"))
    judged = run(engine)
    assert {ref: (one.facts.rent_fen, one.facts.rentals) for ref, one in judged.items()} == {
        "C-1": (10_000_001, 2),
        "C-2": (500, 1),
    }
    # What is imported for a window stands for all of it; nothing is added.
    clock.move_to(at("2027-06-30 00:05"))
    known(engine, C2={"rent_fen": 7, "rentals": 9})
    again = run(engine)
    assert again["C-2"].facts == replace(again["C-2"].facts, rent_fen=7, rentals=9, referrals=0)
    assert again["C-1"].facts.rentals == 1


def overridden(engine: ProcessEngine, tier: str) -> tier_reviews.Review:
    review = engine.run(CSR, tier_reviews.ask, "C-1")
    engine.run(OPSM, tier_reviews.propose, review.id, tier=tier, reason="a long customer")
    return engine.run(OPSD, tier_reviews.approve, review.id)


def test_an_override_stands_above_the_rule_but_holds_nobody_down(engine: ProcessEngine, clock: VirtualClock) -> None:
    known(engine, C1=ORDINARY)
    run(engine)
    assert overridden(engine, "important").outcome == "overridden"
    clock.move_to(at("2026-06-01 00:05"))
    known(engine, C1=ORDINARY)
    run(engine)
    assert stands(engine, "C-1").tier == "important"

    clock.move_to(at("2026-07-01 00:05"))
    known(engine, C1=VIP)
    run(engine)

    assert (stands(engine, "C-1").tier, stands(engine, "C-1").overridden) == ("VIP", False)


def test_confirming_what_the_rule_says_changes_nothing(engine: ProcessEngine) -> None:
    known(engine, C1=ORDINARY)
    run(engine)

    assert overridden(engine, "ordinary").outcome == "confirmed"
    assert not stands(engine, "C-1").overridden


def test_the_reason_of_an_override_lies_in_the_vault_alone(engine: ProcessEngine) -> None:
    known(engine, C1=ORDINARY)
    run(engine)
    overridden(engine, "important")

    with engine.database.read() as connection:
        stored = connection.execute(select(tables.tier_review.c.reason)).scalar_one()
        events = connection.execute(select(models.history_event.c.body)).scalars().all()
    assert b"$personal" in stored
    assert not any(b"a long customer" in body for body in [stored, *events])


def test_the_flag_of_the_next_month_does_not_ask_again_what_a_person_decided(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    flagged = {"rent_fen": 12_000_000, "rentals": 2, "referrals": 0}
    known(engine, C1=flagged)
    run(engine)
    overridden(engine, "important")
    clock.move_to(at("2026-06-01 00:05"))
    known(engine, C1=flagged)

    assert run(engine)["C-1"].review
    assert engine.read(OPSM, tier_reviews.open_reviews) == []


def test_two_persons_cannot_decide_the_same_review(engine: ProcessEngine) -> None:
    known(engine, C1=ORDINARY)
    run(engine)
    review = overridden(engine, "important")

    for command in (tier_reviews.approve, tier_reviews.decline):
        with pytest.raises(Conflict):
            engine.run(OPSD, command, review.id)


def test_a_review_is_due_in_five_working_days_and_says_when_it_is_late(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    known(engine, C1={"rent_fen": 12_000_000, "rentals": 2, "referrals": 0})
    run(engine)
    (review,) = engine.read(OPSM, tier_reviews.open_reviews)

    # Received on 1 May; 1–5 May is a holiday, Sat 9 May a make-up day: 6, 7, 8, 9, 11 May.
    due = at("2026-05-11 18:00")
    assert review.due_at == int(due.timestamp() * 1_000_000)
    assert not tier_reviews.is_late(review, due)
    assert tier_reviews.is_late(review, due + timedelta(seconds=1))


def test_an_agent_sees_the_tier_and_not_the_reasons(engine: ProcessEngine) -> None:
    known(engine, C1=IMPORTANT)
    run(engine)

    assert "evaluation" not in engine.read(CSR, tier_explanations.explain, "C-1")
    assert engine.read(OPSM, tier_explanations.explain, "C-1")["evaluation"]["indicators"][0]["value"] == 5_000_000
    with pytest.raises(Forbidden):
        engine.read(Actor("tech", frozenset({"TECH"})), tier_explanations.explain, "C-1")


def test_what_would_lift_a_customer_is_the_least_that_is_enough(engine: ProcessEngine) -> None:
    known(engine, C1={"rent_fen": 4_999_998, "rentals": 3, "referrals": 0})
    run(engine)

    told = engine.read(OPSM, tier_explanations.explain, "C-1")["evaluation"]["whatIf"]

    assert [(one["indicator"], one["more"], one["tier"]) for one in told] == [
        ("rent_fen", 2, "important"),
        ("referrals", 1, "important"),
    ]
    assert told[1]["zh"] == "若推荐新客户数为1（现为0，多1），则客户级别为“important”（现为“ordinary”）"
    assert told[1]["en"] == (
        'if referred new customers were 1 (now 0, 1 more), tier would be "important" (now "ordinary")'
    )


@pytest.mark.parametrize(
    "data",
    [
        {"source": "x", "period": "2026", "customers": {"王芳": {"rentals": 1}}},
        {"source": "x", "period": "2026", "customers": {"13800138000": {"rentals": 1}}},
        {"source": "x", "period": "2026", "customers": {"C-1": {"phone": "13800138000"}}},
        {"source": "x", "period": "2026", "customers": {"C-1": {"rentals": 1.5}}},
        {"source": "x", "period": "2026", "customers": {"C-1": {"rentals": True}}},
        {"source": "x", "period": "soon", "customers": {}},
        {"source": "", "period": "2026"},
        {"source": "x", "period": "2026", "people": {}},
    ],
)
def test_facts_are_whole_numbers_under_references(engine: ProcessEngine, data: Mapping[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        engine.run(OPSM, facts.import_facts, data)

    assert count(engine, tables.fact) == 0
