"""Every shipped table: it is sound, its cases pass, and its cases make every row fire."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.dmn.cases import CaseResult, read_cases, run_cases, run_folder, untested_rows
from engine.dmn.checks import check
from engine.dmn.decision import CompiledModel, compile_model
from engine.dmn.model import DecisionTable
from engine.dmn.reader import read_dmn
from engine.dmn.table import CompiledTable, plan

RULES = Path(__file__).parents[2] / "rules"
FOLDERS = sorted(path.parent for path in RULES.glob("*/*.dmn"))
ROLES = frozenset(
    re.findall(
        r"\w+",
        "CUST FRONT TECH CSR CSS CSD RM AM STORE OPS OPSM OPSD MKT ADM SALES SSUP SMD DATA CMPH APPR SUPV SEN GM CRC "
        "IT PIO HR LEGAL CASHIER DH WM COMPL OWNER",
    )
)


def compiled(folder: Path) -> CompiledModel:
    file = folder / f"{folder.name}.dmn"
    return compile_model(read_dmn(file.read_bytes(), name=file.name))


def tables(folder: Path) -> list[tuple[str, DecisionTable]]:
    """The tables of a file by id; what stands between them are formulas, which hold no values of their own."""
    decisions = compiled(folder).model.decisions.values()
    return [(each.id, each.expression) for each in decisions if isinstance(each.expression, DecisionTable)]


def all_results() -> list[tuple[str, CaseResult]]:
    return [(folder.name, result) for folder in FOLDERS for result in run_folder(folder)]


@pytest.mark.parametrize(
    ("folder", "result"),
    all_results(),
    ids=lambda value: value if isinstance(value, str) else value.case.name,
)
def test_a_case_beside_a_table_comes_out_as_written(folder: str, result: CaseResult) -> None:
    assert result.passed, f"{folder}: {result.reason}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_cases_make_every_row_fire(folder: Path) -> None:
    model = compiled(folder)
    cases = read_cases((folder / "tests.yaml").read_bytes(), name=folder.name)

    assert untested_rows(model, run_cases(model, cases)) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_shipped_table_has_no_finding_at_all(folder: Path) -> None:
    assert [str(finding) for finding in check(compiled(folder).model, roles=ROLES)] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_id_stands_once_in_a_file_for_editors_drop_what_repeats_one(folder: Path) -> None:
    ids = re.findall(r' id="([^"]+)"', (folder / f"{folder.name}.dmn").read_text())

    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_shipped_tables_run_on_durable_rules(folder: Path) -> None:
    assert [name for name, table in tables(folder) if plan(table) is None] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_cases_come_out_the_same_where_feel_matches_the_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CompiledTable, "match_by_durable_rules", lambda *_: None)

    assert [result.reason for result in run_folder(folder) if not result.passed] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_row_has_notes_in_both_languages_and_every_cell_a_provenance(folder: Path) -> None:
    assert all(decision.name_en for decision in compiled(folder).model.decisions.values())
    for _, table in tables(folder):
        for rule in table.rules:
            assert rule.note_zh, rule.row_id
            assert rule.note_en, rule.row_id
            assert rule.effective_from is not None, rule.row_id
            assert {cell.provenance for cell in (*rule.inputs, *rule.outputs)} <= {"P", "L", "H"}, rule.row_id


def test_clauses_of_rows_exist_in_the_form_of_the_catalogue() -> None:
    for folder in FOLDERS:
        for _, table in tables(folder):
            for rule in table.rules:
                assert re.fullmatch(r"(R[0-4]-[A-C]?\d+-\d+[a-e]?|A-\d\d)?", rule.clause), rule.row_id


def test_a_limit_is_policy_for_its_own_line_only() -> None:
    model = compiled(RULES / "dt_04_complaint_deadlines").model
    table = model.decisions["dt_04"].expression
    assert isinstance(table, DecisionTable)
    limit = [output.name for output in table.outputs].index("limit")
    marks = {rule.row_id: rule.outputs[limit].provenance for rule in table.rules}

    assert marks["close_rental"] == "P"
    assert marks["close_other"] == "H"
    assert marks["interim_notice_rental"] == "H"


def cells(folder: str, decision: str, column: str) -> dict[str, str]:
    """One column of results of a table, by row."""
    table = dict(tables(RULES / folder))[decision]
    number = [output.name for output in table.outputs].index(column)
    return {rule.row_id: rule.outputs[number].text for rule in table.rules}


def test_a_benefit_is_worth_the_same_where_it_is_promised_and_where_it_is_reckoned() -> None:
    promised = cells("dt_02_benefits", "dt_02", "number")
    percentages = cells("dt_03_rewards", "dt_03_percentage", "discount_bp")
    cuts = cells("dt_03_rewards", "dt_03_first_cut", "cut_fen")

    assert percentages["D3_important"] == percentages["D3_vip"] == promised["quarter_discount"]
    assert promised["quarter_discount"] == promised["quarter_discount_vip"]
    assert percentages["D2_ordinary"] == percentages["D2_higher"] == promised["repeat_discount"]
    assert cuts["D1_ordinary"] == cuts["D1_higher"] == promised["first_order_cut"]
    inherits = cells("dt_02_benefits", "dt_02_inherit", "inherit")["tier.inherit"]
    assert inherits == cells("dt_03_rewards", "dt_03_inherit", "inherit")["reward.inherit"]


def test_every_ambiguity_has_a_choice_that_stands_where_the_register_says() -> None:
    decisions = {decision for folder in FOLDERS for decision in compiled(folder).model.decisions}
    parameters = {f"parameters/{name}" for name in cells("parameters", "parameters", "value")}
    register = dict(tables(RULES / "parameters"))["ambiguities"]
    kept = cells("parameters", "ambiguities", "kept_in")

    assert [rule.clause for rule in register.rules] == [f"A-{number:02}" for number in range(1, 62)]
    for row, text in kept.items():
        places = set(re.findall(r'"([^"]+)"', text))
        others = {place for place in places if place in ("calendar", "access") or place.startswith("process:")}
        assert places, row
        assert places - others <= decisions | parameters, row


def test_the_cases_shown_in_the_documentation_pass() -> None:
    text = (RULES.parent / "docs" / "decision-tables.md").read_text()
    example = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[0]
    results = run_cases(
        compiled(RULES / "dt_21_compensation_authority"), read_cases(example.encode(), name="documentation")
    )

    assert len(results) == 3
    assert [result.reason for result in results] == ["", "", ""]


def test_the_documentation_names_every_decision_and_every_input() -> None:
    text = (RULES.parent / "docs" / "decision-tables.md").read_text()
    for folder in FOLDERS:
        for decision in compiled(folder).model.decisions.values():
            missing = [name for name in decision.input_names if f"`{name}`" not in text]
            assert missing == [], decision.id


def test_the_monthly_run_starts_when_the_table_of_cycles_says() -> None:
    diagram = (RULES.parent / "processes" / "tier_evaluation" / "tier_evaluation.bpmn").read_text()
    (timer,) = re.findall(r"<bpmn:timeCycle[^>]*>([^<]+)<", diagram)
    _second, _minute, _hour, day, month, _weekday = timer.split()

    assert cells("dt_05_deadlines", "dt_05_cycle", "every_months")["cycle_tier_run"] == "1"
    assert cells("dt_05_deadlines", "dt_05_cycle", "begins")["cycle_tier_run"] == '"first_day"'
    assert (day, month) == ("1", "*")
