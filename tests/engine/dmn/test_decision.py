"""Deciding: hit policies, requirements, effective dates, and the explanation that goes with each result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.dmn.decision import compile_model
from engine.dmn.frame import DecisionFailed
from engine.dmn.model import DmnModel
from engine.dmn.reader import read_dmn
from engine.errors import NotFound
from engine.feel.values import Opaque
from tests.engine.dmn.tables import NOW, Row, compiled, definitions, table_xml

ROWS: list[Row] = [
    ([">=10"], ['"silver"', "1"]),
    ([">=20"], ['"gold"', "2"]),
    (["<5"], ['"silver"', "1"]),
    (["<3"], ['"silver"', "1"]),
]


def decide(hit_policy: str, x: Any, *, outputs: Sequence[str] = ("tier", "points"), attributes: str = "") -> Any:
    rows = [(cells, results[: len(outputs)]) for cells, results in ROWS]
    ranks = ['"gold","silver"', "2,1"]
    table = table_xml(
        [("x", "number")], outputs, rows, hit_policy=hit_policy, attributes=attributes, output_values=ranks
    )
    return compiled(table).decide("t", {"x": x}, NOW)


def test_a_single_hit_yields_a_context_and_says_why() -> None:
    result = decide("UNIQUE", 15)

    assert result.output == {"tier": "silver", "points": 1}
    assert [(row.row_id, row.index) for row in result.rows] == [("r1", 1)]
    assert result.inputs == {"x": 15}
    assert (result.hit_policy, result.evaluated_by, result.decision_key) == ("UNIQUE", "durable_rules", "t")
    assert len(result.digest) == 64


def test_a_single_output_is_the_value_itself() -> None:
    assert decide("UNIQUE", 15, outputs=["tier"]).output == "silver"


def test_no_matching_row_gives_no_result_and_no_row() -> None:
    result = decide("UNIQUE", 7)

    assert result.output is None
    assert result.rows == ()


def test_rows_of_a_unique_table_that_match_at_once_are_an_error_that_names_them() -> None:
    with pytest.raises(DecisionFailed, match="rows 1, 2 match at once"):
        decide("UNIQUE", 25)


@pytest.mark.parametrize(
    ("hit_policy", "x", "output", "rows"),
    [
        ("FIRST", 25, "silver", ["r1"]),
        ("PRIORITY", 25, "gold", ["r2"]),
        ("ANY", 2, "silver", ["r3", "r4"]),
        ("COLLECT", 25, ["silver", "gold"], ["r1", "r2"]),
        ("RULE ORDER", 25, ["silver", "gold"], ["r1", "r2"]),
        ("OUTPUT ORDER", 25, ["gold", "silver"], ["r2", "r1"]),
        ("COLLECT", 7, None, []),
    ],
)
def test_hit_policies_choose_among_matching_rows(hit_policy: str, x: int, output: Any, rows: list[str]) -> None:
    result = decide(hit_policy, x, outputs=["tier"])

    assert result.output == output
    assert [row.row_id for row in result.rows] == rows


def test_any_refuses_rows_that_differ() -> None:
    with pytest.raises(DecisionFailed, match="rows 1, 2 differ"):
        decide("ANY", 25)


@pytest.mark.parametrize(
    ("aggregation", "x", "output"),
    [("SUM", 25, 3), ("COUNT", 25, 2), ("MIN", 25, 1), ("MAX", 25, 2), ("COUNT", 7, 0), ("SUM", 7, None)],
)
def test_collect_aggregates(aggregation: str, x: int, output: Any) -> None:
    rows: list[Row] = [(cells, results[1:]) for cells, results in ROWS]
    table = table_xml(
        [("x", "number")], ["points"], rows, hit_policy="COLLECT", attributes=f'aggregation="{aggregation}"'
    )

    assert compiled(table).decide("t", {"x": x}, NOW).output == output


def test_money_is_exact_at_the_boundary() -> None:
    table = table_xml([("rent_fen / 100", "number")], ["tier"], [([">=100000"], ['"VIP"']), (["<100000"], ['"other"'])])
    model = compiled(table)

    assert model.decide("t", {"rent_fen": 9_999_999}, NOW).output == "other"
    assert model.decide("t", {"rent_fen": Decimal("10000000.0")}, NOW).output == "VIP"


# ---------------------------------------------------------------- effective dates


def dated() -> Any:
    return compiled(
        table_xml(
            [("x", "number")],
            ["limit"],
            [(["-"], ["24"]), (["-"], ["12"])],
            rule_attributes=['marque:effectiveTo="2026-09-30"', 'marque:effectiveFrom="2026-10-01"'],
        )
    )


@pytest.mark.parametrize(
    ("anchor", "limit"),
    [
        (datetime(2026, 9, 30, 15, 59, 59, tzinfo=UTC), 24),  # 23:59:59 in Shanghai
        (datetime(2026, 9, 30, 16, 0, tzinfo=UTC), 12),  # midnight in Shanghai
        (datetime(2020, 1, 1, tzinfo=UTC), 24),
    ],
)
def test_rows_count_when_they_are_in_effect_on_the_day_of_the_anchor(anchor: datetime, limit: int) -> None:
    result = dated().decide("t", {"x": 1}, NOW, anchor=anchor)

    assert result.output == limit
    assert result.anchor == anchor


def test_without_an_anchor_the_present_day_counts() -> None:
    assert dated().decide("t", {"x": 1}, NOW).output == 12


def test_effective_dates_hold_where_feel_matches_too() -> None:
    table = table_xml(
        [("x", "number")],
        ["limit"],
        [(["? > 0"], ["24"]), (["? > 0"], ["12"])],
        rule_attributes=['marque:effectiveTo="2026-09-30"', 'marque:effectiveFrom="2026-10-01"'],
    )
    result = compiled(table).decide("t", {"x": 1}, NOW)

    assert (result.output, result.evaluated_by) == (12, "feel")


# ---------------------------------------------------------------- one evaluator, never mixed


def test_a_table_with_a_cell_that_durable_rules_cannot_hold_runs_on_feel() -> None:
    model = compiled(table_xml([("x", "number")], ["out"], [(["5"], ["1"]), (["> limit"], ["2"])]))

    assert model.runs_on("t") == "feel"
    result = model.decide("t", {"x": 5, "limit": 9}, NOW)
    assert (result.output, result.evaluated_by) == (1, "feel")


def test_a_value_that_does_not_fit_makes_the_whole_evaluation_run_on_feel() -> None:
    model = compiled(table_xml([("x", "number")], ["out"], [([">0"], ["1"])]))

    fine = model.decide("t", {"x": Decimal("0.0000000000001")}, NOW)

    assert model.runs_on("t") == "durable_rules"
    assert (fine.output, fine.evaluated_by) == (1, "feel")


@pytest.mark.parametrize("text", ["9", "true", ""])
def test_a_text_is_no_number(text: str) -> None:
    model = compiled(table_xml([("x", "number")], ["out"], [([">5"], ["1"])]))

    assert model.decide("t", {"x": text}, NOW).output is None


# ---------------------------------------------------------------- requirements


REQUIRED = '<informationRequirement><requiredDecision href="#level"/></informationRequirement>'


def test_a_required_decision_is_decided_first_and_explained() -> None:
    level = table_xml(
        [("rent", "number")], ["level"], [([">=5"], ['"high"']), (["<5"], ['"low"'])], decision_id="level"
    )
    top = table_xml([("level", "string")], ["out"], [(['"high"'], ["1"])], requirements=REQUIRED)

    result = compiled(level + top).decide("t", {"rent": 7, "level": "ignored"}, NOW)

    assert result.output == 1
    assert [(asked.decision_key, asked.output, asked.rows[0].row_id) for asked in result.required] == [
        ("level", "high", "r1")
    ]


def test_a_literal_decision_has_one_row_so_that_results_can_be_mapped_alike() -> None:
    content = (
        '<decision id="t" name="t"><variable name="fee"/><literalExpression><text>rent * 2</text>'
        "</literalExpression></decision>"
    )
    result = compiled(content).decide("t", {"rent": 4}, NOW)

    assert (result.output, result.rows[0].outputs, result.hit_policy) == (8, {"fee": 8}, "")


def test_an_input_that_its_type_does_not_allow_is_null() -> None:
    types = (
        '<itemDefinition name="tLine"><typeRef>string</typeRef><allowedValues><text>"rental","sales"</text>'
        '</allowedValues></itemDefinition><inputData id="i" name="line">'
        '<variable name="line" typeRef="tLine"/></inputData>'
    )
    needs = '<informationRequirement><requiredInput href="#i"/></informationRequirement>'
    table = table_xml([("line", "string")], ["out"], [(["null"], ["0"]), (['"rental"'], ["1"])], requirements=needs)
    model = compiled(types, table)

    assert model.decide("t", {"line": "rental"}, NOW).output == 1
    assert model.decide("t", {"line": "space travel"}, NOW).output == 0
    assert model.decide("t", {"line": 5}, NOW).output == 0


def test_a_default_result_is_a_row_of_its_own() -> None:
    table = (
        '<decision id="t" name="t"><decisionTable><input><inputExpression><text>x</text></inputExpression></input>'
        '<output name="out"><defaultOutputEntry><text>"none"</text></defaultOutputEntry></output>'
        '<rule><inputEntry><text>1</text></inputEntry><outputEntry><text>"one"</text></outputEntry></rule>'
        "</decisionTable></decision>"
    )
    result = compiled(table).decide("t", {"x": 2}, NOW)

    assert (result.output, result.rows[0].row_id) == ("none", "default")


# ---------------------------------------------------------------- what may not be


def test_an_unknown_decision_is_named() -> None:
    with pytest.raises(NotFound, match="no decision nothing"):
        compiled(table_xml([("x", "number")], ["out"], [(["1"], ["1"])])).decide("nothing", {}, NOW)


def test_a_personal_value_can_be_tested_for_null_only() -> None:
    class Reference(Opaque):
        __slots__ = ()

    known = compiled(table_xml([("name != null", "boolean")], ["out"], [(["true"], ["1"])]))
    read = compiled(table_xml([("name", "string")], ["out"], [(['"Wang"'], ["1"])]))

    assert known.decide("t", {"name": Reference()}, NOW).output == 1
    with pytest.raises(DecisionFailed):
        read.decide("t", {"name": Reference()}, NOW)


def test_functions_that_call_each_other_without_end_are_stopped() -> None:
    content = (
        '<businessKnowledgeModel id="f" name="f"><variable name="f"/><encapsulatedLogic><formalParameter name="n"/>'
        "<literalExpression><text>f(n + 1)</text></literalExpression></encapsulatedLogic>"
        '<knowledgeRequirement><requiredKnowledge href="#f"/></knowledgeRequirement></businessKnowledgeModel>'
        '<decision id="t" name="t"><knowledgeRequirement><requiredKnowledge href="#f"/></knowledgeRequirement>'
        "<literalExpression><text>f(1)</text></literalExpression></decision>"
    )
    with pytest.raises(DecisionFailed):
        compiled(content).decide("t", {}, NOW)


def test_work_that_doubles_with_every_call_is_stopped() -> None:
    content = (
        '<businessKnowledgeModel id="f" name="f"><variable name="f"/><encapsulatedLogic><formalParameter name="n"/>'
        "<literalExpression><text>if n = 0 then 1 else f(n - 1) + f(n - 1)</text></literalExpression>"
        "</encapsulatedLogic>"
        '<knowledgeRequirement><requiredKnowledge href="#f"/></knowledgeRequirement></businessKnowledgeModel>'
        '<decision id="t" name="t"><knowledgeRequirement><requiredKnowledge href="#f"/></knowledgeRequirement>'
        "<literalExpression><text>f(22)</text></literalExpression></decision>"
    )
    with pytest.raises(DecisionFailed, match="evaluations"):
        compiled(content).decide("t", {}, NOW)


def test_a_decision_service_is_called_with_its_inputs() -> None:
    content = (
        '<inputData id="i" name="rent"><variable name="rent" typeRef="number"/></inputData>'
        '<decision id="d" name="d"><variable name="d"/><informationRequirement><requiredInput href="#i"/>'
        "</informationRequirement><literalExpression><text>rent * 2</text></literalExpression></decision>"
        '<decisionService id="s" name="double"><variable name="double"/><outputDecision href="#d"/>'
        '<inputData href="#i"/></decisionService>'
    )
    assert compiled(content).call("double", {"rent": 4}, NOW) == 8


# ---------------------------------------------------------------- imports


def imported(name: str, content: str, **imports: DmnModel) -> DmnModel:
    """A model with its own namespace that imports others by name; `plain` stands for an import without a name."""
    elements = "".join(
        f'<import name="{"" if prefix == "plain" else prefix}" namespace="{model.namespace}" importType="dmn"/>'
        for prefix, model in imports.items()
    )
    body = definitions(elements + content).replace(b'namespace="urn:d"', f'namespace="urn:{name}"'.encode())
    return read_dmn(body, name=name, imports={model.namespace: model for model in imports.values()})


BASE = (
    '<itemDefinition name="tPerson"><itemComponent name="first name"><typeRef>string</typeRef></itemComponent>'
    '</itemDefinition><inputData id="i" name="Person"><variable name="Person" typeRef="tPerson"/></inputData>'
    '<businessKnowledgeModel id="greet" name="Say Hello"><variable name="Say Hello"/><encapsulatedLogic>'
    '<formalParameter name="who" typeRef="tPerson"/><literalExpression><text>"Hello " + who.first name</text>'
    "</literalExpression></encapsulatedLogic></businessKnowledgeModel>"
)
NEEDS = '<knowledgeRequirement><requiredKnowledge href="urn:base#greet"/></knowledgeRequirement>'


def test_functions_and_inputs_of_models_imported_through_others_are_found_by_path() -> None:
    base = imported("base", BASE)
    middle = imported(
        "middle",
        f'<decision id="m" name="Greeting"><variable name="Greeting"/>{NEEDS}<literalExpression>'
        "<text>base.Say Hello(base.Person)</text></literalExpression></decision>",
        base=base,
    )
    top = imported(
        "top",
        '<decision id="t" name="t"><informationRequirement><requiredDecision href="urn:middle#m"/>'
        '</informationRequirement><literalExpression><text>the middle.Greeting + "!"</text></literalExpression>'
        "</decision>",
        **{"the middle": middle},
    )
    variables = {"the middle": {"base": {"Person": {"first name": "Li"}}}}

    assert compile_model(top).decide("t", variables, NOW).output == "Hello Li!"


def test_an_import_without_a_name_brings_its_names_in_as_they_are() -> None:
    top = imported(
        "top",
        f'<decision id="t" name="t">{NEEDS}<literalExpression><text>Say Hello({{first name: "Wu"}})</text>'
        "</literalExpression></decision>",
        plain=imported("base", BASE),
    )
    assert compile_model(top).decide("t", {}, NOW).output == "Hello Wu"
