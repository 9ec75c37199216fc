"""Rewards under races, the loyalty award, reversals, and scores with ties and missing data, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from api import files
from crm import award_proposals, coupons, facts, points, rewards, scorecards, settlements
from crm import models as tables
from crm.handlers import HANDLERS
from engine import audit, deployments
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR, Actor
from engine.errors import Conflict, Forbidden, InvalidRequest
from engine.external_tasks import HandlerTask
from engine.process_engine import ProcessEngine
from tests.conftest import ROOT

SHANGHAI = ZoneInfo("Asia/Shanghai")
STORE, OPSM = Actor("store", frozenset({"STORE"})), Actor("opsm", frozenset({"OPSM"}))
CRC, OPS = Actor("crc", frozenset({"CRC"})), Actor("ops", frozenset({"OPS"}))
TABLES = files.deployable(
    tuple(ROOT / "rules" / name for name in ("dt_03_rewards", "dt_05_deadlines", "dt_08_department_score"))
)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 6, 1, 10, tzinfo=SHANGHAI))


@pytest.fixture(autouse=True)
def deployed(engine: ProcessEngine) -> None:
    engine.run(SYSTEM_ACTOR, deployments.create, name="tables", resources=TABLES)


def register(engine: ProcessEngine, referrer: str, referred: str, contract: str, days: int = 3) -> rewards.Referral:
    return engine.run(
        STORE,
        rewards.register,
        referrer_ref=referrer,
        referred_ref=referred,
        contract_ref=contract,
        planned_days=days,
    )


def settle(engine: ProcessEngine, customer: str, contract: str, days: int = 3, paid: int = 60_000) -> Any:
    return engine.run(
        STORE, rewards.settle, contract_ref=contract, customer_ref=customer, charged_days=days, paid_fen=paid
    )


def amounts(engine: ProcessEngine, customer: str) -> list[int]:
    return [one.amount_fen for one in engine.read(SYSTEM_ACTOR, coupons.of_customer, customer)]


def outcomes(calls: list[Callable[[], object]]) -> list[str]:
    """Runs all at once; returns `done` or the class of the refusal for each."""

    def outcome(call: Callable[[], object]) -> str:
        try:
            call()
        except (Conflict, InvalidRequest) as refused:
            return type(refused).__name__
        return "done"

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(outcome, calls))


def test_a_person_is_rewarded_once_however_many_contracts_are_settled_at_once(engine: ProcessEngine) -> None:
    for number in range(4):
        register(engine, f"R-{number}", "C-1", f"K-{number}")

    outcomes([partial(settle, engine, "C-1", f"K-{number}") for number in range(4)])

    table = tables.referral
    with engine.database.read() as connection:
        states = sorted(connection.execute(select(table.c.state)).scalars())
    assert states.count("issued") == 1
    assert amounts(engine, "C-1") == [5_000]
    assert engine.read(SYSTEM_ACTOR, audit.verify).intact


def test_points_are_spent_once_however_often_the_exchange_is_asked_for_at_once(engine: ProcessEngine) -> None:
    settle(engine, "C-1", "K-1", paid=45_000)
    engine.run(STORE, points.rate, "K-1")

    found = outcomes([lambda: engine.run(STORE, points.exchange, "C-1") for _ in range(4)])

    assert found == ["InvalidRequest"] * 3 + ["done"]
    assert amounts(engine, "C-1") == [2_000, 2_000]
    assert engine.read(SYSTEM_ACTOR, points.balance, "C-1") == 50


def test_a_rental_is_settled_once(engine: ProcessEngine) -> None:
    found = outcomes([lambda: settle(engine, "C-1", "K-1") for _ in range(3)])

    assert found == ["Conflict", "Conflict", "done"]


def test_the_twelfth_rental_of_the_year_brings_the_award_once(engine: ProcessEngine, clock: VirtualClock) -> None:
    awards = []
    for number in range(14):
        clock.move_to(clock.now() + timedelta(days=1))
        awards.append(settle(engine, "C-1", f"K-{number}").award_valid_until)

    assert awards == [None] * 11 + ["2027-06-13"] + [None] * 2


def test_points_of_a_disputed_rental_are_taken_back_within_four_weeks(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    for contract in ("K-1", "K-2"):
        settle(engine, "C-1", contract, paid=10_050)
        assert engine.run(STORE, points.rate, contract) == 100
    clock.move_to(clock.now() + timedelta(days=28))
    engine.run(OPSM, points.reverse, "K-1")
    clock.move_to(clock.now() + timedelta(microseconds=1))

    with pytest.raises(InvalidRequest, match="28 days"):
        engine.run(OPSM, points.reverse, "K-2")
    with pytest.raises(Conflict):
        engine.run(OPSM, points.reverse, "K-1")
    assert engine.read(SYSTEM_ACTOR, points.balance, "C-1") == 100


def test_a_referral_that_a_person_cleared_is_rewarded_even_after_its_settlement(engine: ProcessEngine) -> None:
    referral = engine.run(
        STORE,
        rewards.register,
        referrer_ref="C-9",
        referred_ref="C-1",
        contract_ref="K-1",
        planned_days=3,
        suspicious=True,
    )
    settle(engine, "C-1", "K-1")
    assert (referral.state, amounts(engine, "C-9")) == ("review", [])

    cleared = engine.run(OPSM, rewards.review, referral.id, clear=True)

    assert (cleared.state, amounts(engine, "C-9"), amounts(engine, "C-1")) == ("issued", [10_000], [5_000])


def test_whoever_registered_a_suspicious_referral_does_not_review_it(engine: ProcessEngine) -> None:
    both = Actor("both", frozenset({"STORE", "OPSM"}))
    given = {"referrer_ref": "C-1", "referred_ref": "C-1", "contract_ref": "K-1", "planned_days": 3}
    referral = engine.run(both, rewards.register, **given)  # type: ignore[arg-type]

    assert referral.state == "review"
    with pytest.raises(Forbidden):
        engine.run(both, rewards.review, referral.id, clear=True)


# ------------------------------------------------------------ scores

FULL = {"satisfaction_bp": 9000, "resolution_bp": 9500, "repurchase_bp": 4000, "referral_bp": 1000}
CLEAN = {"minor_findings": 0, "unauthorised_accesses": 0, "leaks": 0}
TARGETS = {"satisfaction": 9000, "resolution": 9500, "repurchase": 4000, "referral": 1000}


def scored(
    engine: ProcessEngine, clock: VirtualClock, departments: Mapping[str, Mapping[str, int]], *, targets: bool = True
) -> dict[str, scorecards.DepartmentScore]:
    if targets:
        engine.run(CRC, scorecards.set_targets, "2026Q3", TARGETS)
    clock.move_to(datetime(2026, 10, 8, 9, tzinfo=SHANGHAI))
    engine.run(OPS, facts.import_facts, {"source": "test", "period": "2026Q3", "departments": departments})
    return {one.department: one for one in engine.run(OPS, scorecards.freeze, "2026Q3")}


def test_a_tie_for_the_second_rank_is_decided_by_the_committee_with_a_reason(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    tied = {**FULL, **CLEAN, "minor_findings": 1}
    found = scored(engine, clock, {"a": {**FULL, **CLEAN}, "b": tied, "c": tied, "d": {**tied, "leaks": 1}})
    assert [found[one].rank for one in "abcd"] == [1, 2, 2, 4]

    with pytest.raises(Conflict, match="tied"):
        engine.run(CRC, scorecards.confirm, "2026Q3")
    ties = {"b": {"award": True}, "c": {"award": False}}
    with pytest.raises(InvalidRequest, match="reason"):
        engine.run(CRC, scorecards.confirm, "2026Q3", ties=ties)
    made = engine.run(CRC, scorecards.confirm, "2026Q3", ties=ties, reason="b answered more complaints")

    assert sorted((one.kind, one.subject, one.amount_fen) for one in made if one.kind == "team_award") == [
        ("team_award", "a", 1_000_000),
        ("team_award", "b", 1_000_000),
    ]
    assert [one.subject for one in made if one.kind == "rectification"] == ["d"]


def test_a_department_without_data_takes_the_company_value_and_the_sheet_shows_it(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    own = {name: value for name, value in FULL.items() if name != "referral_bp"}
    found = scored(
        engine, clock, {"a": {**own, **CLEAN}, "b": {**FULL, **CLEAN, "leaks": 1}, "company": {"referral_bp": 500}}
    )

    assert found["a"].points == 9_500
    assert found["a"].body["substituted"] == ["referral"]
    assert found["b"].body["substituted"] == []


@pytest.mark.parametrize("missing", ["targets", "data"])
def test_nothing_is_confirmed_while_a_target_or_a_value_is_missing(
    engine: ProcessEngine, clock: VirtualClock, missing: str
) -> None:
    own = {**FULL, **CLEAN} if missing == "targets" else {**CLEAN, "satisfaction_bp": 9000}
    found = scored(engine, clock, {"a": own}, targets=missing != "targets")

    assert (found["a"].points, found["a"].rank) == (None, None)
    with pytest.raises(Conflict, match="incomplete"):
        engine.run(CRC, scorecards.confirm, "2026Q3")


def test_scores_may_be_frozen_again_until_they_are_confirmed(engine: ProcessEngine, clock: VirtualClock) -> None:
    departments = {name: {**FULL, **CLEAN, "minor_findings": number} for number, name in enumerate("abc")}
    scored(engine, clock, departments)
    again = {one.department: one.rank for one in engine.run(OPS, scorecards.freeze, "2026Q3")}
    assert again == {"a": 1, "b": 2, "c": 3}

    engine.run(CRC, scorecards.confirm, "2026Q3")

    with pytest.raises(Conflict, match="confirmed"):
        engine.run(OPS, scorecards.freeze, "2026Q3")
    proposals = engine.read(CRC, award_proposals.of_period, "2026Q3")
    assert sorted(one.kind for one in proposals) == ["rectification", "team_award", "team_award"]


def cancelled(engine: ProcessEngine, contract_no: object) -> Mapping[str, Any]:
    """What the cancellation of a contract before the pick-up does (P-03)."""
    task = HandlerTask(
        id="job",
        topic="contract-cancelled",
        process_instance_id="case",
        element_id="close_referral",
        business_key="case",
        variables={"contract_no": contract_no},
        properties={},
    )
    return engine.run(SYSTEM_ACTOR, HANDLERS[task.topic], task)


def test_a_cancelled_contract_closes_the_referral_that_was_registered_with_it(engine: ProcessEngine) -> None:
    register(engine, "C-1", "C-2", "HT-1")
    register(engine, "C-1", "C-1", "HT-2")  # a person looks at it first
    register(engine, "C-1", "C-3", "HT-3")
    settle(engine, "C-3", "HT-3")
    number = "合同 4"  # no reference: known by its digest
    register(engine, "C-1", "C-4", settlements.contract_ref(number))

    for contract in ("HT-1", "HT-2", "HT-3", number, "HT-5", None):
        assert cancelled(engine, contract) == {}

    states = {one.contract_ref: one.state for one in engine.read(SYSTEM_ACTOR, rewards.referrals_of, "C-1")}
    assert states == {
        "HT-1": "cancelled",
        "HT-2": "review",
        "HT-3": "issued",
        settlements.contract_ref(number): "cancelled",
    }
    assert amounts(engine, "C-1") == [10_000]
    assert engine.read(SYSTEM_ACTOR, audit.verify, None).intact
