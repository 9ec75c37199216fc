"""Cases beside a table: they pass, they fail with a reason, and a faulty file says what is wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from engine.dmn.cases import CaseResult, read_cases, run_cases, run_folder, untested_rows
from engine.errors import ParseFailed
from tests.engine.dmn.tables import Row, compiled, definitions, table_xml

TABLE = table_xml(
    [("amount", "number")],
    ["role", "list"],
    [(["<=5"], ['"CSS"', "[1, 2]"]), ([">5"], ['"CSD"', "[]"])],
    rule_attributes=["", 'marque:effectiveFrom="2026-10-01"'],
)


def results(yaml: str) -> list[CaseResult]:
    return run_cases(compiled(TABLE), read_cases(f"cases:\n{yaml}".encode(), name="tests.yaml"))


@pytest.mark.parametrize(
    "yaml",
    [
        "  - {decision: t, inputs: {amount: 5}, expect: {role: CSS}}",
        "  - {decision: t, inputs: {amount: 5.0}, rows: [r1]}",
        "  - {decision: t, inputs: {amount: 5}, rows: [r1], never: [{role: CSD}, null]}",
        "  - {decision: t, inputs: {amount: '=2 + 3'}, expect: {list: [1, 2.0]}}",
        "  - {decision: t, inputs: {}, expect: null, rows: []}",
        "  - {decision: t, inputs: {amount: 6}, anchor: 2026-09-30T23:59:59+08:00, expect: null}",
        "  - {decision: t, inputs: {amount: 6}, anchor: 2026-10-01T00:00:00+08:00, expect: {role: CSD, list: []}}",
    ],
)
def test_a_case_that_comes_out_as_expected_passes(yaml: str) -> None:
    [result] = results(yaml)

    assert result.passed, result.reason


@pytest.mark.parametrize(
    ("yaml", "reason"),
    [
        ("  - {decision: t, inputs: {amount: 5}, expect: {role: CSD}}", "expected {'role': 'CSD'}"),
        ("  - {decision: t, inputs: {amount: 5}, rows: [r2]}", "expected rows ['r2'], fired ['r1']"),
        ("  - {decision: t, inputs: {amount: 5}, expect: null}", "expected None"),
        ("  - {decision: t, inputs: {amount: 5}, expect: {list: [1]}}", "expected"),
        ("  - {decision: t, inputs: {amount: 5}, expect: {list: [true, 2]}}", "expected"),
        ("  - {decision: t, inputs: {amount: 5}, expect: {other: 1}}", "expected"),
        ("  - {decision: t, inputs: {amount: 5}, rows: [r1], never: [{role: CSD}, {role: CSS}]}", "never right"),
        ("  - {decision: nothing, inputs: {}, expect: null}", "no decision nothing"),
    ],
)
def test_a_case_that_comes_out_otherwise_says_why(yaml: str, reason: str) -> None:
    [result] = results(yaml)

    assert not result.passed
    assert reason in result.reason


@pytest.mark.parametrize(
    "yaml",
    [
        "",
        "a: [",
        "cases: []",
        "cases: {}",
        "cases: [1]",
        "cases: [{decision: t}]",
        "cases: [{decision: t, expects: 1}]",
        "cases: [{decision: t, expect: 1, anchor: 2026-10-01T00:00:00}]",
        "cases: [{decision: t, expect: '=1 +'}]",
        "cases: [{decision: t, expect: 1, never: 2}]",
    ],
)
def test_a_faulty_file_is_refused(yaml: str) -> None:
    with pytest.raises(ParseFailed, match="cases-invalid"):
        read_cases(yaml.encode(), name="tests.yaml")


def test_decimals_are_exact() -> None:
    [case] = read_cases(b"cases: [{decision: t, inputs: {amount: 0.1}, expect: null}]", name="tests.yaml")

    assert case.inputs["amount"] == Decimal("0.1")


def test_rows_that_no_case_reaches_are_listed() -> None:
    found = results("  - {decision: t, inputs: {amount: 5}, expect: {role: CSS}}")

    assert untested_rows(compiled(TABLE), found) == ["t/r2"]


def test_a_folder_holds_a_table_and_its_cases(tmp_path: Path) -> None:
    folder = tmp_path / "limits"
    folder.mkdir()
    (folder / "limits.dmn").write_bytes(definitions(TABLE))
    (folder / "tests.yaml").write_text("cases: [{decision: t, inputs: {amount: 1}, rows: [r1]}]")

    assert [result.passed for result in run_folder(folder)] == [True]


def test_a_case_may_expect_what_would_have_changed_the_result() -> None:
    rows: list[Row] = [(["<= 5"], ['"slight"']), (["> 5"], ['"large"'])]
    model = compiled(table_xml([("cm", "number")], ["damage"], rows))

    def reason(change: str) -> str:
        body = f"cases:\n  - {{decision: t, inputs: {{cm: 5}}, rows: [r1], change: [{change}]}}\n"
        (result,) = run_cases(model, read_cases(body.encode(), name="tests.yaml"))
        return result.reason

    assert reason("{set: {cm: 6}, expect: large}") == ""
    assert reason("{set: {cm: 7}, expect: large}") == "no counterfactual {'cm': 7} to 'large'; found [{'cm': 6}]"
    with pytest.raises(ParseFailed):
        reason("{set: 6}")
