"""What an owner is told before a table is saved: contradictions, gaps and slips, with concrete values."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import Any

import pytest

from engine.dmn.checks import check
from engine.findings import Finding
from tests.engine.dmn.tables import Row, compiled, table_xml


def findings(
    inputs: Sequence[tuple[str, str]],
    rows: Sequence[Row],
    *,
    outputs: Sequence[str] = ("out",),
    roles: set[str] | None = None,
    **options: Any,
) -> list[Finding]:
    return check(compiled(table_xml(inputs, outputs, rows, **options)).model, roles=roles)


def codes(*arguments: Any, **options: Any) -> list[str]:
    return [finding.code for finding in findings(*arguments, **options)]


AMOUNT = [("amount", "number")]


def test_a_sound_table_has_no_findings() -> None:
    assert codes(AMOUNT, [(["<=10"], ["1"]), (["(10..20]"], ["2"]), ([">20"], ["3"])]) == []


def test_an_overlap_is_shown_with_values_at_which_both_rows_match() -> None:
    [found] = findings(AMOUNT, [(["<=10"], ["1"]), ([">=10"], ["2"])])

    assert (found.code, found.severity, found.element_id) == ("overlap", "error", "r2")
    assert "rows 1 and 2 overlap, for example at amount = 10" in found.en
    assert "第 1 行与第 2 行重叠" in found.zh


def test_a_gap_is_shown_with_values_that_no_row_covers() -> None:
    [found] = findings(AMOUNT, [(["<10"], ["1"]), ([">10"], ["2"])])

    assert (found.code, found.severity) == ("gap", "error")
    assert "no row covers amount = 10" in found.en


def test_a_gap_between_two_columns_is_found() -> None:
    rows = [(["true", "-"], ["1"]), (["false", '"a"'], ["2"])]
    [found] = findings([("flag", "boolean"), ("line", "string")], rows, allowed=[None, '"a","b"'])

    assert 'flag = false, line = "b"' in found.en


def test_values_that_nothing_lists_want_a_default_row() -> None:
    [found] = findings([("line", "string")], [(['"a"'], ["1"])])

    assert (found.code, found.severity) == ("missing-default", "warning")


def test_a_default_result_closes_all_gaps() -> None:
    table = (
        '<decision id="t" name="t"><decisionTable><input><inputExpression typeRef="number"><text>x</text>'
        '</inputExpression></input><output name="o"><defaultOutputEntry><text>0</text></defaultOutputEntry></output>'
        '<rule id="r1"><inputEntry><text>1</text></inputEntry><outputEntry><text>1</text></outputEntry></rule>'
        "</decisionTable></decision>"
    )
    assert check(compiled(table).model) == []


def test_rows_that_are_never_in_effect_together_do_not_overlap() -> None:
    dates = ['marque:effectiveTo="2026-09-30"', 'marque:effectiveFrom="2026-10-01"']

    assert codes(AMOUNT, [(["-"], ["1"]), (["-"], ["2"])], rule_attributes=dates) == []


def test_a_gap_that_opens_with_a_date_is_found() -> None:
    dates = ["", 'marque:effectiveTo="2026-09-30"', 'marque:effectiveFrom="2026-11-01"']
    rows = [(["<5"], ["1"]), ([">=5"], ["2"]), ([">5"], ["3"])]

    october, november = findings(AMOUNT, rows, rule_attributes=dates)

    assert (october.code, november.code) == ("gap", "gap")
    assert "amount = 5 on 2026-10-01" in october.en
    assert "amount = 5 on 2026-11-01" in november.en


def test_a_row_of_a_first_table_behind_broader_rows_is_unreachable() -> None:
    rows = [(["<5"], ["1"]), ([">=5"], ["2"]), (["7"], ["3"])]

    [found] = findings(AMOUNT, rows, hit_policy="FIRST")

    assert (found.code, found.element_id) == ("unreachable-row", "r3")


def test_rows_of_an_any_table_may_overlap_if_they_agree() -> None:
    assert codes(AMOUNT, [(["<=10"], ["1"]), ([">=10"], ["1"])], hit_policy="ANY") == []
    assert codes(AMOUNT, [(["<=10"], ["1"]), ([">=10"], ["2"])], hit_policy="ANY") == ["overlap"]


def test_limits_the_wrong_way_round_are_an_error() -> None:
    assert "limits-reversed" in codes(AMOUNT, [(["[20..10]"], ["1"]), (["-"], ["2"])], hit_policy="FIRST")


def test_a_value_of_another_type_than_its_column_is_an_error() -> None:
    assert "type-mismatch" in codes(AMOUNT, [(['"ten"'], ["1"])])
    assert "type-mismatch" in codes(AMOUNT, [(["-"], ['"one"'])], outputs=["out:number"])


def test_negative_money_is_an_error_in_conditions_and_results() -> None:
    assert "negative-money" in codes([("rent_fen", "number")], [([">=-1"], ["1"]), (["< -1"], ["1"])])
    assert codes(AMOUNT, [(["-"], ["-5000"])], outputs=["coupon_fen"]) == ["negative-money"]
    assert codes(AMOUNT, [(["-"], ["-30"])], outputs=["limit"]) == []


def test_a_result_has_to_be_among_the_allowed_values() -> None:
    assert codes(AMOUNT, [(["-"], ['"gold"'])], output_values=['"silver","bronze"']) == ["value-not-allowed"]


@pytest.mark.parametrize(
    ("output", "value", "expected"),
    [
        ("responsible", '"CSS|RM"', []),
        ("responsible", '"opened_by"', []),
        ("responsible", '"CSS|BOSS"', ["unknown-role"]),
        ("escalate_to", '["CSD", "KING"]', ["unknown-role"]),
        ("code", '"BOSS"', []),
    ],
)
def test_an_unknown_role_is_an_error(output: str, value: str, expected: list[str]) -> None:
    assert codes(AMOUNT, [(["-"], [value])], outputs=[output], roles={"CSS", "RM", "CSD"}) == expected


def test_weights_have_to_add_up_to_100() -> None:
    rows = [(["1"], ["30"]), (["2"], ["60"])]

    assert "weights" in codes(AMOUNT, rows, outputs=["weight"])
    assert "weights" not in codes(AMOUNT, [(["1"], ["40"]), (["2"], ["60"])], outputs=["weight"])


def test_a_stage_must_not_end_before_the_stage_that_precedes_it() -> None:
    def stages(result: int) -> list[str]:
        rows = [
            (["-"], ['"first_contact"', '"open"', "60", '"minutes"']),
            (["-"], ['"result"', '"open"', str(result), '"hours"']),
            (["-"], ['"close"', '"open"', "72", '"hours"']),
        ]
        return codes(AMOUNT, rows, outputs=["code", "action", "limit", "unit"], hit_policy="RULE ORDER")

    assert stages(48) == []
    assert stages(72) == []
    assert stages(73) == ["deadline-order"]


def test_complex_conditions_are_said_to_be_unchecked() -> None:
    assert codes(AMOUNT, [(["? > limit"], ["1"])]) == ["not-checkable"]


def test_a_table_that_is_too_wide_is_checked_as_far_as_seconds_allow() -> None:
    source = random.Random(1)
    inputs = [(f"x{n}", "number") for n in range(12)]
    lows = [[source.randrange(100) for _ in inputs] for _ in range(150)]
    rows = [([f"[{low}..{low + 40}]" for low in row], ["1"]) for row in lows]
    started = time.perf_counter()

    found = codes(inputs, [*rows, (["-"] * 12, ["2"])], hit_policy="FIRST")

    assert found == ["not-checkable"]
    assert time.perf_counter() - started < 30
