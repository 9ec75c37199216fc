"""Facts, tiers, reviews, rewards and scores over HTTP and at the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from falcon import testing

from api import files
from api.cli import main
from crm import evaluations
from engine import deployments, users
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from tests.api.desk import PASSWORD, Person
from tests.conftest import ROOT

ROLES = ("OPSM", "OPSD", "STORE", "CASHIER", "CRC", "OPS", "CSD", "HR", "GM")
PERIOD = "2025-10-01/2026-09-30"
FLAGGED = f"""
source: register export
period: {PERIOD}
customers:
  C-1077: {{rent_fen: 12000000, rentals: 2, referrals: 0}}
"""


@pytest.fixture(autouse=True)
def house(engine: ProcessEngine) -> None:
    """All tables, and the people who decide."""
    engine.run(SYSTEM_ACTOR, deployments.create, name="tables", resources=files.deployable((ROOT / "rules",)))


@pytest.fixture
def someone(client: testing.TestClient, engine: ProcessEngine) -> Callable[[str], Person]:
    for role in ROLES:
        name = role.lower()
        if name not in {"opsd"}:
            engine.run(SYSTEM_ACTOR, users.create, name, name=name, roles=(role,), password=PASSWORD)
    return lambda name: Person(client, name)


@pytest.fixture
def evaluated(engine: ProcessEngine, someone: Callable[[str], Person]) -> None:
    assert someone("opsm").post("/api/facts", FLAGGED.encode()).status_code == 201
    evaluations.run_tiers(engine, SYSTEM_ACTOR)


def test_facts_are_imported_by_the_register_and_nobody_else(someone: Callable[[str], Person]) -> None:
    assert someone("csr").post("/api/facts", FLAGGED.encode()).status_code == 403
    brought = someone("opsm").post("/api/facts", FLAGGED.encode())
    assert (brought.status_code, brought.json) == (201, {"period": PERIOD, "subjects": 1, "facts": 3})
    assert someone("opsm").post("/api/facts", b"customers: [").status_code == 400


@pytest.mark.usefixtures("evaluated")
def test_a_tier_is_explained_with_values_limits_row_version_and_what_would_lift_it(
    someone: Callable[[str], Person],
) -> None:
    told = someone("opsm").get("/api/customers/C-1077/tier").json
    evaluation = told["evaluation"]

    assert (told["tier"], told["since"], told["pending"]) == ("ordinary", "2026-10-01", None)
    assert [one["value"] for one in evaluation["indicators"]] == [12_000_000, 2, 0]
    assert [one["level"] for one in evaluation["indicators"]] == ["VIP", "ordinary", "ordinary"]
    assert evaluation["indicators"][0]["limits"][0]["condition"] == ">=10000000"
    assert (evaluation["row"]["row"], evaluation["mode"], evaluation["version"]) == ("median_ordinary", "median", 1)
    assert evaluation["whatIf"][0].items() >= {"indicator": "rentals", "more": 1, "tier": "important"}.items()
    assert told["review"]["dueAt"] == "2026-10-13T18:00:00.000+0800"
    assert set(someone("csr").get("/api/customers/C-1077/tier").json) == {
        "customerRef",
        "tier",
        "since",
        "validUntil",
        "overridden",
    }
    assert someone("tech").get("/api/customers/C-1077/tier").status_code == 403
    assert someone("opsm").get("/api/customers/C-1/tier").status_code == 404
    assert someone("opsm").get("/api/customers/13800138000/tier").status_code == 400


@pytest.mark.usefixtures("evaluated")
def test_one_person_proposes_a_tier_and_another_approves_it(someone: Callable[[str], Person]) -> None:
    opsm, opsd = someone("opsm"), someone("opsd")
    assert someone("csr").post("/api/customers/C-1077/tier/review").status_code == 201
    (review,) = opsm.get("/api/tier-reviews").json
    path = f"/api/tier-reviews/{review['id']}"

    assert opsm.post(f"{path}/propose", {"tier": "gold", "reason": "long customer"}).status_code == 400
    assert opsm.post(f"{path}/propose", {"tier": "important"}).status_code == 400
    proposed = opsm.post(f"{path}/propose", {"tier": "important", "reason": "long customer"})
    assert (proposed.json["state"], proposed.json["validUntil"]) == ("proposed", "2027-09-30")
    assert opsm.post(f"{path}/approve").status_code == 403
    assert opsd.post(f"{path}/approve").json["outcome"] == "overridden"
    assert opsd.post(f"{path}/approve").status_code == 409
    assert opsm.get("/api/customers/C-1077/tier").json["tier"] == "important"


def test_a_referral_is_registered_settled_and_rewarded(someone: Callable[[str], Person]) -> None:
    store, cashier = someone("store"), someone("cashier")
    signed = {"referrerRef": "C-1090", "referredRef": "C-1091", "contractRef": "K-1", "plannedDays": 3}

    assert store.post("/api/referrals", signed).json["state"] == "registered"
    assert store.post("/api/referrals", signed).status_code == 409
    assert store.post("/api/referrals", {**signed, "plannedDays": "many"}).status_code == 400
    done = cashier.post(
        "/api/settlements", {"contractRef": "K-1", "customerRef": "C-1091", "chargedDays": 3, "paidFen": 55_000}
    )

    assert [one["amountFen"] for one in done.json["coupons"]] == [10_000, 5_000]
    assert store.get("/api/customers/C-1090/rewards").json["referrals"][0]["state"] == "issued"
    assert someone("tech").get("/api/customers/C-1090/rewards").status_code == 403


def test_scores_are_read_by_the_committee_and_frozen_only_after_the_quarter(someone: Callable[[str], Person]) -> None:
    crc, ops = someone("crc"), someone("ops")

    assert crc.put("/api/scores/2027Q1/targets", {"repurchase": 4000}).status_code == 200
    assert crc.put("/api/scores/2026Q4/targets", {"repurchase": 4000}).status_code == 400
    assert ops.post("/api/scores/2026Q4/freeze").status_code == 400
    assert ops.post("/api/scores/2026Q3/freeze").status_code == 404
    assert crc.get("/api/scores/2026Q3").json == {"scores": [], "proposals": []}
    assert crc.get("/api/scores/soon").status_code == 400
    assert crc.post("/api/scores/2026Q3/confirm").status_code == 409
    assert crc.post("/api/awards/none/execute").status_code == 403
    assert crc.post("/api/awards/none/burn").status_code == 400


def test_the_commands_import_facts_and_run_over_all(
    engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("database_url", "keystore_url", "key_file", "rules"):
        monkeypatch.setenv(f"MARQUE_{name.upper()}", str(getattr(engine.settings, name)))
    file = tmp_path / "facts.yaml"
    file.write_text(FLAGGED)
    run = ("run", "tiers", "--at", "2026-10-01 00:05")

    def printed(*arguments: str) -> str:
        return CliRunner().invoke(main, arguments).output

    assert printed("facts", "import", str(file)) == f"3 fact(s) of 1 for {PERIOD}\n"
    assert "C-1077  VIP  first" in printed(*run, "--mode", "any")
    assert "C-1077  ordinary  first review" in printed(*run)
    assert "1 done before" in printed(*run)
    assert "no metrics" in printed("run", "scores", "2026Q3")


@pytest.mark.usefixtures("evaluated")
def test_a_run_is_tried_with_a_mode_and_its_results_are_read_one_by_one(someone: Callable[[str], Person]) -> None:
    opsm = someone("opsm")

    tried = opsm.post("/api/tier-runs", {"mode": "any"})
    assert (tried.status_code, tried.json["trial"], tried.json["evaluations"][0]["tier"]) == (200, True, "VIP")
    assert "rentFen" not in str(tried.json)
    assert opsm.post("/api/tier-runs", {"mode": "guess"}).status_code == 400
    assert opsm.post("/api/tier-runs", {"at": "yesterday"}).status_code == 400
    assert someone("csr").post("/api/tier-runs", {}).status_code == 403
    assert someone("csr").get("/api/tier-runs").status_code == 403
    (run,) = opsm.get("/api/tier-runs").json
    assert (run["customers"], run["reviews"], run["changes"]) == (1, 1, {"first": 1})
    (result,) = opsm.get(f"/api/tier-runs/{quote(run['runId'])}").json
    assert (result["customerRef"], result["tier"], result["review"]) == ("C-1077", "ordinary", True)
    assert opsm.get(f"/api/tier-runs/{quote(run['runId'])}", params={"after": "C-1077"}).json == []

    done = opsm.post("/api/tier-runs", {})
    assert (done.status_code, done.json["trial"], done.json["skipped"]) == (201, False, 1)  # the same instant


def test_points_become_coupons_and_a_coupon_is_used_once(someone: Callable[[str], Person]) -> None:
    store, cashier = someone("store"), someone("cashier")
    settled = {"contractRef": "K-7", "customerRef": "C-7", "chargedDays": 3, "paidFen": 60_000}
    assert cashier.post("/api/settlements", settled).status_code == 201

    assert store.post("/api/customers/C-7/exchange").status_code == 400
    assert store.post("/api/settlements/K-7/rating").json == {"points": 600}
    assert store.post("/api/settlements/K-7/rating").status_code == 409
    assert store.post("/api/settlements/K-8/rating").status_code == 404
    first, second, third = store.post("/api/customers/C-7/exchange").json
    assert (first["amountFen"], first["redeemedContract"]) == (2_000, None)
    assert store.get("/api/customers/C-7/rewards").json["points"] == 0

    used = cashier.post(f"/api/coupons/{first['couponNo']}/redeem", {"contractRef": "K-9"})
    assert (used.status_code, used.json["redeemedContract"]) == (200, "K-9")
    assert cashier.post(f"/api/coupons/{first['couponNo']}/redeem", {"contractRef": "K-10"}).status_code == 409
    assert cashier.post(f"/api/coupons/{second['couponNo']}/redeem", {"contractRef": "K-9"}).status_code == 400
    assert cashier.post("/api/coupons/none/redeem", {"contractRef": "K-9"}).status_code == 404
    assert someone("csr").post(f"/api/coupons/{third['couponNo']}/redeem", {"contractRef": "K-9"}).status_code == 403
    assert cashier.post("/api/settlements/K-7/reversal").status_code == 403
    assert someone("opsm").post("/api/settlements/K-7/reversal").json == {"points": -600}


def test_what_an_order_costs_is_a_recorded_decision(someone: Callable[[str], Person]) -> None:
    store = someone("store")

    first = store.post("/api/customers/C-8/price", {"baseFen": 32_000}).json
    assert (first["price"]["payableFen"], first["price"]["cutFen"]) == (27_000, 5_000)
    assert first["decision"]
    assert store.post("/api/customers/C-8/price", {"baseFen": 32_000, "couponsFen": "all"}).status_code == 400
    assert store.post("/api/customers/C-8/price", {}).status_code == 400
    assert someone("tech").post("/api/customers/C-8/price", {"baseFen": 1}).status_code == 403


def test_awards_are_proposed_by_the_month_and_confirmed_by_somebody_else(
    engine: ProcessEngine, someone: Callable[[str], Person]
) -> None:
    ops, csd = someone("ops"), someone("csd")
    body = b"source: phone system\nperiod: 2026-09\nagents:\n  E-303: {ratings: 40, good_ratings: 38}\n"
    assert someone("opsm").post("/api/facts", body).status_code == 201

    (sheet,) = ops.post("/api/awards/periods/2026-09").json
    (star,) = sheet["proposals"]
    assert (sheet["agent"], star["kind"], star["amountFen"]) == ("E-303", "service_star", 50_000)
    assert ops.post("/api/awards/periods/2026Q3").status_code == 400
    assert [one["id"] for one in csd.get("/api/awards/periods/2026-09").json] == [star["id"]]
    assert csd.get(f"/api/awards/{star['id']}").json["state"] == "proposed"
    assert ops.post(f"/api/awards/{star['id']}/decide", {"accept": True}).status_code == 403
    assert csd.post(f"/api/awards/{star['id']}/decide", {"accept": True}).json["state"] == "confirmed"


def test_a_penalty_is_proposed_heard_and_decided_by_three_people(someone: Callable[[str], Person]) -> None:
    csd, hr, gm = someone("csd"), someone("hr"), someone("gm")
    asked = {
        "agent": "E-306",
        "month": "2026-09",
        "cause": "shirking",
        "performancePayFen": 300_000,
        "reason": "a customer left after three refusals",
        "causalFinding": True,
        "accountClosed": True,
    }
    assert csd.post("/api/awards/penalties", {**asked, "causalFinding": "perhaps"}).status_code == 400
    assert hr.post("/api/awards/penalties", asked).status_code == 403
    penalty = csd.post("/api/awards/penalties", asked).json
    assert (penalty["amountFen"], penalty["state"]) == (60_000, "proposed")
    path = f"/api/awards/{penalty['id']}"
    assert hr.post(f"{path}/execute").status_code == 409
    assert hr.post(f"{path}/hear").json["state"] == "heard"
    assert csd.post(f"{path}/decide-penalty", {"accept": True}).status_code == 403
    assert gm.post(f"{path}/decide-penalty", {"accept": True}).json["state"] == "confirmed"
    assert hr.post(f"{path}/execute").json["state"] == "executed"
