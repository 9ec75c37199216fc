"""What would have given another result: found on the table itself, smallest first, and never a thing that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dmn import counterfactuals
from engine.dmn.counterfactual_words import sentences, why_not
from engine.dmn.counterfactuals import Answer
from engine.dmn.decision import CompiledModel
from engine.dmn.frame import DecisionFailed
from engine.feel.values import Opaque, YearsMonthsDuration
from tests.engine.dmn.tables import NOW, Row, compiled, table_xml

REQUIRED = '<informationRequirement><requiredDecision href="#{}"/></informationRequirement>'
DATA = '<inputData id="i_{0}" name="{0}" {1}><variable name="{0}"/></inputData>'
NEEDS = '<informationRequirement><requiredInput href="#i_{}"/></informationRequirement>'


def find(model: CompiledModel, variables: Mapping[str, Any], **bounds: Any) -> Answer:
    return counterfactuals.find(model, "t", variables, NOW, **bounds)


def changes(answer: Answer) -> list[tuple[dict[str, Any], Any]]:
    return [({move.name: move.after for move in one.moves}, one.output) for one in answer.found]


def grades(hit_policy: str = "UNIQUE") -> CompiledModel:
    rows: list[Row] = [([">= 6"], ['"VIP"']), (["[3..6)"], ['"important"']), (["[0..3)"], ['"ordinary"'])]
    return compiled(table_xml([("rentals", "number")], ["tier"], rows, hit_policy=hit_policy))


def test_the_nearest_value_of_each_other_row_is_told_with_direction_and_distance() -> None:
    answer = find(grades(), {"rentals": 5})

    assert changes(answer) == [({"rentals": 6}, "VIP"), ({"rentals": 2}, "ordinary")]
    (up, down) = answer.found
    assert (up.moves[0].before, up.moves[0].difference, up.moves[0].condition, up.rows) == (5, 1, ">= 6", ("r1",))
    assert down.moves[0].difference == -3
    assert sentences(grades().model, answer, up) == (
        "若rentals为6（现为5，多1），则tier为“VIP”（现为“important”）",
        'if rentals were 6 (now 5, 1 more), tier would be "VIP" (now "important")',
    )


def test_a_limit_that_does_not_include_its_number_is_passed_by_the_last_digit_in_use() -> None:
    rows: list[Row] = [(["> 5"], ['"large"']), (["<= 5"], ['"slight"'])]
    model = compiled(table_xml([("cm", "number")], ["damage"], rows))

    assert changes(find(model, {"cm": 5})) == [({"cm": 6}, "large")]
    assert changes(find(model, {"cm": Decimal("4.5")})) == [({"cm": Decimal("5.1")}, "large")]


def test_dates_move_by_days_and_durations_by_their_own_measure() -> None:
    rows: list[Row] = [(['>= date("2026-06-01")', "-"], ['"late"']), (['< date("2026-06-01")', "-"], ['"early"'])]
    model = compiled(table_xml([("day", "date"), ("note", "string")], ["when"], rows))
    answer = find(model, {"day": date(2026, 5, 29), "note": "x"})
    assert changes(answer) == [({"day": date(2026, 6, 1)}, "late")]
    assert answer.found[0].moves[0].difference == timedelta(days=3)
    assert "晚3天" in sentences(model.model, answer, answer.found[0])[0]

    spans: list[Row] = [(['>= duration("P1Y")'], ["1"]), (['< duration("P1Y")'], ["2"])]
    model = compiled(table_xml([("age", "yearMonthDuration")], ["n"], spans))
    assert changes(find(model, {"age": YearsMonthsDuration(10)})) == [({"age": YearsMonthsDuration(12)}, 1)]


def test_enumerations_and_booleans_take_what_the_table_lists_never_null() -> None:
    rows: list[Row] = [(['"a"', "true"], ["1"]), (['"b"', "-"], ["2"]), (["null", "-"], ["3"])]
    model = compiled(table_xml([("x", "string"), ("y", "boolean")], ["n"], rows, allowed=['"a","b"', None]))

    assert changes(find(model, {"x": "a", "y": True})) == [({"x": "b"}, 2)]


def test_rows_that_the_hit_policy_hides_are_not_promised() -> None:
    rows: list[Row] = [([">= 10"], ['"silver"']), ([">= 20"], ['"gold"']), (["-"], ['"none"'])]
    first = compiled(table_xml([("x", "number")], ["tier"], rows, hit_policy="FIRST"))
    assert changes(find(first, {"x": 15})) == [({"x": 9}, "none")]

    priority = compiled(
        table_xml([("x", "number")], ["t"], rows, hit_policy="PRIORITY", output_values=['"gold","silver","none"'])
    )
    assert changes(find(priority, {"x": 15})) == [({"x": 20}, "gold"), ({"x": 9}, "none")]


def test_a_result_that_several_inputs_must_reach_together_names_all_of_them() -> None:
    rows: list[Row] = [([">= 3", ">= 100"], ['"both"']), (["-", "-"], ['"no"'])]
    model = compiled(table_xml([("a", "number"), ("b", "number")], ["r"], rows, hit_policy="FIRST"))

    assert changes(find(model, {"a": 1, "b": 90})) == [({"a": 3, "b": 100}, "both")]
    assert changes(find(model, {"a": 5, "b": 90})) == [({"b": 100}, "both")]


def test_a_change_reaches_through_required_tables_and_their_arithmetic() -> None:
    points = table_xml([("late", "number")], ["n:number"], [(["0"], ["60"]), (["> 0"], ["30"])], decision_id="points")
    rows: list[Row] = [([">= 80"], ['"award"']), (["< 80"], ['"none"'])]
    model = compiled(
        points + table_xml([("points + bonus", "number")], ["r"], rows, requirements=REQUIRED.format("points"))
    )

    assert changes(find(model, {"late": 2, "bonus": 25})) == [({"bonus": 50}, "award"), ({"late": 0}, "award")]


def test_a_count_of_a_list_is_a_number_of_items() -> None:
    rows: list[Row] = [(["<= 2"], ['"fine"']), (["> 2"], ['"too many"'])]
    model = compiled(table_xml([("count(claims)", "number")], ["r"], rows))
    answer = find(model, {"claims": [1, 2, 3, 4]})

    (one,) = answer.found
    move = one.moves[0]
    assert (move.name, move.before, move.after, move.difference, move.is_count) == ("claims", 4, 2, -2, True)
    assert "claims的项数为2（现为4，少2）" in sentences(model.model, answer, one)[0]


def test_values_inside_lists_and_contexts_are_named_as_feel_writes_them() -> None:
    rows: list[Row] = [(["true"], ['"ok"']), (["false"], ['"bad"'])]
    expression = "every line in lines satisfies line.hours >= 0"
    model = compiled(table_xml([(expression, "boolean")], ["r"], rows))

    found = changes(find(model, {"lines": [{"hours": 1}, {"hours": -2}]}))

    assert ({"lines[2].hours": 0}, "ok") in found


def test_what_the_file_calls_fixed_is_never_proposed() -> None:
    rows: list[Row] = [([">= 18", "true"], ['"yes"']), (["-", "-"], ['"no"'])]
    fixed = table_xml(
        [("age", "number"), ("asked", "boolean")],
        ["r"],
        rows,
        hit_policy="FIRST",
        requirements=NEEDS.format("age") + NEEDS.format("asked"),
    )
    model = compiled(DATA.format("age", 'marque:fixed="true"') + DATA.format("asked", "") + fixed)

    answer = find(model, {"age": 17, "asked": True})
    assert (answer.found, answer.fixed, answer.reason) == ((), ("age",), "none")
    assert why_not(answer) == (
        "改动一项或几项输入均得不到其他结果；已尝试：asked；不可更改：age",
        "changing one or a few of the inputs gives no other result; tried: asked; not changeable: age",
    )

    column = fixed.replace("<input>", '<input marque:fixed="true">', 1)
    plain = DATA.format("age", "") + DATA.format("asked", "")
    assert find(compiled(plain + column), {"age": 17, "asked": True}).fixed == ("age",)


def test_personal_values_stay_what_they_are() -> None:
    rows: list[Row] = [(["null"], ['"missing"']), (["not(null)"], ['"there"'])]
    answer = find(compiled(table_xml([("name", "string")], ["r"], rows)), {"name": Opaque()})

    assert (answer.found, answer.personal, answer.reason) == ((), ("name",), "fixed")


def test_a_count_is_not_lowered_below_zero() -> None:
    rows: list[Row] = [([">= 1"], ['"some"']), (["0"], ['"none"']), (["< 0"], ['"wrong"'])]
    answer = find(compiled(table_xml([("n", "number")], ["r"], rows)), {"n": 1})

    assert changes(answer) == [({"n": 0}, "none")]


def test_a_search_that_reaches_its_bound_says_so() -> None:
    rows: list[Row] = [(["true"], ['"yes"']), (["false"], ['"no"'])]
    model = compiled(table_xml([("(a + b) * c * c > 5000 * 1000", "boolean")], ["r"], rows))

    answer = find(model, {"a": 1, "b": 1, "c": 1}, evaluations=3)
    assert (answer.found, answer.complete, answer.reason, answer.evaluations) == ((), False, "bounded", 3)
    assert find(model, {"a": 1, "b": 1, "c": 1}).complete


def test_rows_out_of_effect_are_no_goal() -> None:
    rows: list[Row] = [([">= 6"], ['"VIP"']), (["< 6"], ['"ordinary"'])]
    dated = table_xml([("n", "number")], ["t"], rows, rule_attributes=['marque:effectiveFrom="2027-01-01"', ""])
    model = compiled(dated)

    assert find(model, {"n": 1}).found == ()
    later = counterfactuals.find(model, "t", {"n": 1}, NOW, anchor=datetime(2027, 3, 1, tzinfo=UTC))
    assert changes(later) == [({"n": 6}, "VIP")]


CELLS = st.sampled_from(["-", "< 3", ">= 3", "[2..5]", "(5..9]", "> 9", "4", "1,7", "not(4)", "<= 0"])
RANDOM = st.lists(st.tuples(CELLS, CELLS), min_size=2, max_size=6)
POLICIES = st.sampled_from(["UNIQUE", "FIRST", "ANY", "RULE ORDER", "COLLECT"])


@settings(deadline=None)
@given(RANDOM, POLICIES, st.integers(0, 12), st.integers(0, 12))
def test_what_is_promised_holds_and_no_single_change_is_nearer(
    cells: list[tuple[str, str]], policy: str, x: int, y: int
) -> None:
    """Against brute force over all whole numbers that a cell could mean."""
    rows: list[Row] = [([first, second], [f'"{number}"']) for number, (first, second) in enumerate(cells)]
    model = compiled(table_xml([("x", "number"), ("y", "number")], ["r"], rows, hit_policy=policy))
    now = decided(model, x, y)
    if now is None:
        return
    answer = find(model, {"x": x, "y": y}, limit=1_000)

    for one in answer.found:
        changed = {"x": x, "y": y, **{move.name: move.after for move in one.moves}}
        assert decided(model, **changed) == (one.rows, one.output)
    nearest: dict[tuple[str, tuple[str, ...]], int] = {}
    for value in range(13):
        for name, there in (("x", decided(model, value, y)), ("y", decided(model, x, value))):
            if there is not None and there[1] != now[1] and there[0] != now[0] and says(there, policy):
                apart = abs(value - (x if name == "x" else y))
                nearest[name, there[0]] = min(apart, nearest.get((name, there[0]), 99))
    single = {
        (one.moves[0].name, one.rows): abs(one.moves[0].difference) for one in answer.found if len(one.moves) == 1
    }
    assert single == nearest


def says(there: tuple[tuple[str, ...], Any], policy: str) -> bool:
    return bool(there[0]) or policy in ("RULE ORDER", "COLLECT")


def decided(model: CompiledModel, x: int, y: int) -> tuple[tuple[str, ...], Any] | None:
    try:
        result = model.decide("t", {"x": x, "y": y}, NOW)
    except DecisionFailed:
        return None
    return tuple(row.row_id for row in result.rows), result.output


def test_a_table_of_a_thousand_rows_is_answered_within_bounds() -> None:
    rows: list[Row] = [([f"[{100 * n}..{100 * n + 99}]", '"A","B","C"'], [str(n)]) for n in range(1_000)]
    model = compiled(table_xml([("amount", "number"), ("segment", "string")], ["level"], rows))
    answer = find(model, {"amount": 55_555, "segment": "B"}, limit=2)

    assert changes(answer) == [({"amount": 55_600}, 556), ({"amount": 55_499}, 554)]
    assert answer.evaluations <= counterfactuals.MAX_EVALUATIONS
    assert replace(answer, found=()).result is not None
