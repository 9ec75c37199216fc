"""Types of tables: what a column tests, what a row yields, and what in it can never be true."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.dmn import typing
from engine.dmn.checks import check
from engine.dmn.reader import read_dmn
from engine.dmn.typing import FileTypes
from engine.feel.type_algebra import written
from engine.findings import Finding
from tests.engine.dmn.tables import definitions, table_xml

RULES = Path(__file__).parents[3] / "rules"
DATA = '<inputData id="i_{0}" name="{0}"><variable name="{0}" typeRef="{1}"/></inputData>'
NEEDS = '<informationRequirement><requiredInput href="#i_{0}"/></informationRequirement>'
REQUIRED = '<informationRequirement><requiredDecision href="#{0}"/></informationRequirement>'
LITERAL = '<decision id="{0}" name="{0}"><variable name="{0}" {3}/>{2}<literalExpression><text>{1}</text></literalExpression></decision>'  # noqa: E501


def findings(*parts: str) -> list[Finding]:
    return typing.check(read_dmn(definitions("".join(parts)), name="t.dmn"))


def types(*parts: str) -> dict[str, str]:
    found = FileTypes(read_dmn(definitions("".join(parts)), name="t.dmn"))
    return {name: written(found.decision(name)) for name in found.model.decisions}


def test_a_cell_that_no_value_of_its_column_meets_is_named_with_row_and_column() -> None:
    table = table_xml(
        [("amount", "number")], ["r"], [(["> 5"], ["1"]), (['? = "x"'], ["2"])], requirements=NEEDS.format("amount")
    )

    (found,) = findings(DATA.format("amount", "number"), table)

    assert (found.severity, found.code, found.element_id) == ("warning", "never-true", "r2")
    assert found.en == 'table "t": row 2 "amount", column 1: compares a number with a string: never true'
    assert found.zh == "表「t」：第 2 行「amount」第 1 个字符：数字与文本相比较，永不为真"


def test_the_result_of_a_required_table_is_the_type_of_its_column() -> None:
    below = table_xml([("x", "number")], ["level:string"], [(["> 1"], ['"a"']), (["-"], ['"b"'])], decision_id="b")
    above = table_xml([("b", "string")], ["n", "m:number"], [(['"a"'], ["1", "2"])], requirements=REQUIRED.format("b"))
    wrong = above.replace('<text>"a"</text>', "<text>3</text>")

    assert types(below, above) == {"b": "string", "t": "context<n: number, m: number>"}
    assert findings(below, above) == []
    assert [found.code for found in findings(below, wrong)] == ["never-true"]


def test_hit_policies_make_lists_numbers_and_single_values() -> None:
    rows = [(["-"], ["1"]), (["> 2"], ["2"])]

    def of(policy: str, attributes: str = "") -> str:
        return types(table_xml([("x", "number")], ["n"], rows, hit_policy=policy, attributes=attributes))["t"]

    assert of("FIRST") == "number"
    assert of("COLLECT") == of("RULE ORDER") == "list<number>"
    assert of("COLLECT", 'aggregation="COUNT"') == of("COLLECT", 'aggregation="SUM"') == "number"


def test_a_value_that_the_column_does_not_allow_is_told() -> None:
    table = table_xml([("tier", "string")], ["n"], [(['"VPI"'], ["1"]), (["-"], ["2"])], allowed=['"VIP","ordinary"'])

    (found,) = findings(table)

    assert found.en.endswith('column 1: "VPI" is not among the allowed values: "VIP","ordinary"')


def test_a_computed_result_of_another_type_than_declared_is_told() -> None:
    literal = LITERAL.format("d", "amount * 2", NEEDS.format("amount"), 'typeRef="string"')

    (found,) = findings(DATA.format("amount", "number"), literal)

    assert (found.code, found.element_id) == ("type-mismatch", "d")
    assert "the result is a number where a string is declared" in found.en


def test_what_a_file_does_not_declare_may_hold_anything() -> None:
    assert findings(LITERAL.format("d", "undeclared.x + 1 &gt; &quot;a&quot;", "", "")) == []


def test_boxed_expressions_have_types_too() -> None:
    context = (
        '<decision id="c" name="c"><variable name="c"/><context>'
        '<contextEntry><variable name="a"/><literalExpression><text>1</text></literalExpression></contextEntry>'
        '<contextEntry><variable name="b"/><literalExpression><text>a + "x"</text></literalExpression></contextEntry>'
        "</context></decision>"
    )

    assert types(context) == {"c": "context<a: number, b: null>"}
    assert [found.code for found in findings(context)] == ["always-null"]


@pytest.mark.parametrize("file", sorted(RULES.glob("*/*.dmn")), ids=lambda file: file.stem)
def test_no_table_of_the_house_has_a_type_that_cannot_be(file: Path) -> None:
    model = read_dmn(file.read_bytes(), name=file.name)

    assert typing.check(model) == []
    assert [found for found in check(model) if found.code in {"never-true", "always-null", "column-type"}] == []
