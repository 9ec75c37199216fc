"""Publishing at the terminal: deploy, diff, simulate, approve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli import main
from api.composition import build_engine
from engine import deployments, process_definitions, users
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from engine.settings import Settings
from tests.conftest import ROOT
from tests.engine.commands import start
from tests.engine.test_proposals import ONE, OWNER, TWO, cases, table
from tests.engine.test_simulations import ASKING

Marque = Callable[..., Result]
PASSWORD = "what only they know"  # that of the demonstration opens nothing outside of it


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def marque(settings: Settings, engine: ProcessEngine) -> Marque:
    """The command, on the test's database, outside of demo mode."""
    environment = {
        "MARQUE_DATABASE_URL": settings.database_url,
        "MARQUE_KEYSTORE_URL": settings.keystore_url,
        "MARQUE_KEY_FILE": str(settings.key_file),
        "MARQUE_ATTACHMENTS": str(settings.attachments),
        "MARQUE_RULES": str(settings.rules),
        "MARQUE_PROCESSES": str(settings.processes),
        "COLUMNS": "200",
    }

    def run(*arguments: object, code: int = 0, demo: bool = False) -> Result:
        env = {**environment, "MARQUE_DEMO": "1" if demo else "0"}
        result = CliRunner().invoke(main, [str(one) for one in arguments], env=env)
        assert result.exit_code == code, result.output
        return result

    for name in ("owner2", "tech2"):
        roles = ("OWNER",) if name == "owner2" else ("TECH",)
        engine.run(SYSTEM_ACTOR, users.create, name, name=name, roles=roles, password=PASSWORD)
    return run


def put(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf8")
    return file


def in_force(settings: Settings, key: str) -> int:
    """Asks a fresh engine, as another process would."""
    other = build_engine(settings)
    try:
        return other.read(SYSTEM_ACTOR, process_definitions.latest, key).version
    finally:
        other.close()


def proposal_in(result: Result) -> str:
    return result.output.split("proposal ")[1].split()[0]


def test_a_change_of_a_controlled_key_waits_for_a_second_person(
    marque: Marque, settings: Settings, tmp_path: Path
) -> None:
    file = put(tmp_path, "case/case.bpmn", ONE)
    assert "1 new version(s)" in marque("deploy", "--controlled", file).output
    file.write_text(TWO, "utf8")

    proposal = proposal_in(marque("deploy", file))
    assert in_force(settings, "case") == 1
    assert proposal in marque("approve").output

    wrong = marque("approve", proposal, "--user", "tech2", "--password", PASSWORD, code=1)
    assert "may not approve Deployment" in wrong.output
    assert "wrong" in marque("approve", proposal, "--user", "owner2", "--password", "x", code=1).output
    done = marque("approve", proposal, "--user", "owner2", "--password", PASSWORD, "--comment", "ok")
    assert "is released, release 2" in done.output
    assert in_force(settings, "case") == 2
    assert "0 open proposal(s)" in marque("approve").output


def test_a_proposal_is_turned_down_or_waits_for_its_day(marque: Marque, tmp_path: Path) -> None:
    file = put(tmp_path, "case/case.bpmn", ONE)
    marque("deploy", "--controlled", file)
    file.write_text(TWO, "utf8")
    proposal = proposal_in(marque("deploy", file))
    person = ("--user", "owner2", "--password", PASSWORD)

    assert "in the past" in marque("approve", proposal, *person, "--effective", "2020-01-01", code=1).output
    assert "is scheduled" in marque("approve", proposal, *person, "--effective", "2999-01-01").output
    assert "is rejected" in marque("approve", proposal, *person, "--reject").output


def test_in_the_demonstration_the_system_approves(marque: Marque, settings: Settings, tmp_path: Path) -> None:
    file = put(tmp_path, "case/case.bpmn", ONE)
    marque("deploy", "--controlled", file, demo=True)
    file.write_text(TWO, "utf8")

    assert "proposal" not in marque("deploy", file, demo=True).output
    assert in_force(settings, "case") == 2


def test_what_the_house_ships_is_controlled_and_brings_its_cases(
    marque: Marque, engine: ProcessEngine, settings: Settings
) -> None:
    folder = ROOT / "rules" / "dt_04_complaint_deadlines"
    marque("deploy", folder)

    draft = (folder / "dt_04_complaint_deadlines.dmn").read_bytes().replace(b"<text>10</text>", b"<text>9</text>")
    made = engine.run(OWNER, deployments.create, name="mine", resources={"dt_04_complaint_deadlines.dmn": draft})
    assert made.proposal_id is not None
    refused = marque("approve", made.proposal_id, "--user", "owner2", "--password", PASSWORD, code=1)
    assert "does not pass its checks" in refused.output


def test_files_and_versions_are_compared_in_words(marque: Marque, tmp_path: Path) -> None:
    old, new = put(tmp_path, "a.dmn", table(100)), put(tmp_path, "b.dmn", table(60))
    marque("deploy", old)

    told = marque("diff", old, new).output
    assert "第 1 行（small）「金额」由 <= 100 改为 <= 60" in told
    assert 'row 1 (small) "amount": <= 100 became <= 60' in told
    assert "0 added, 0 removed, 2 changed" in told
    assert marque("diff", "dt_99@1", new).output == told
    assert "0 changed" in marque("diff", "dt_99", old).output
    assert "there is no definition dt_1" in marque("diff", "dt_1@1", new, code=1).output


def test_a_draft_is_backtested_on_the_recorded_cases(marque: Marque, engine: ProcessEngine, tmp_path: Path) -> None:
    marque("deploy", put(tmp_path, "case/case.bpmn", ASKING), put(tmp_path, "t/t.dmn", table(100)))
    for amount in (50, 80, 200):
        start(engine, amount=amount, customer_ref="C-1001")
    draft, out = put(tmp_path, "draft.dmn", table(60)), tmp_path / "changed.csv"

    told = marque("simulate", "decision", "dt_99", "--since", "2026-01-01", "--with", draft, "--out", out).output

    assert "dt_99: 3 of 3 recorded decisions replayed" in told
    assert "changed 1, failed 0" in told
    assert "small → large" in told
    assert "customer C-1001" in told
    header, line = out.read_text("utf8").splitlines()
    assert header.startswith("case_no,customer_ref,process_instance_id,at,rows_before,rows_after")
    assert ",C-1001," in line
    assert line.endswith("small,large,true,false")

    all_large = marque(
        "simulate", "decision", "dt_99", "--since", "2026-01-01", "--with", draft, "--set", "amount=500"
    ).output
    assert "changed 2" in all_large
    assert (
        "reads no mode"
        in marque(
            "simulate", "decision", "dt_99", "--since", "2026-01-01", "--with", draft, "--mode", "any", code=1
        ).output
    )


@pytest.mark.parametrize("command", [("diff",), ("simulate", "decision"), ("approve",), ("deploy",)])
def test_every_command_shows_an_example(marque: Marque, command: tuple[str, ...]) -> None:
    assert "Example: marque" in marque(*command, "--help").output


def test_broken_cases_are_refused_with_their_name(marque: Marque, tmp_path: Path) -> None:
    put(tmp_path, "t/t.dmn", table(100))
    put(tmp_path, "t/tests.yaml", cases().replace("expect", "expects"))

    refused = marque("deploy", tmp_path / "t", code=1)

    assert "tests.yaml" in refused.output
    assert "case 1" in refused.output
