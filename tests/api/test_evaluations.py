"""Facts, tiers, reviews, rewards and scores over HTTP and at the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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

ROLES = ("OPSM", "OPSD", "STORE", "CASHIER", "CRC", "OPS")
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
    assert evaluation["whatIf"][0] == {"indicator": "rentals", "more": 1, "tier": "important"}
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
