"""Reading DMN files: every version, every fault named, nothing hostile let through."""

from __future__ import annotations

import pytest

from engine.dmn.decision import compile_model
from engine.dmn.model import DecisionTable
from engine.dmn.reader import read_dmn
from engine.dmn.xml import NAMESPACES
from engine.errors import ParseFailed
from engine.findings import Finding
from tests.engine.dmn.tables import NOW, definitions, table_xml

SIMPLE = table_xml([("amount", "number")], ["role"], [([">5"], ['"CSS"'])])


def refusal(body: bytes) -> list[Finding]:
    with pytest.raises(ParseFailed) as refused:
        read_dmn(body, name="t.dmn")
    assert list(refused.value.findings) == ["t.dmn"]
    return list(refused.value.findings["t.dmn"])


@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_every_version_of_dmn_is_read(namespace: str) -> None:
    model = read_dmn(definitions(SIMPLE, namespace), name="t.dmn")

    assert model.decisions["t"].input_names == {"amount"}


def test_the_digest_is_that_of_the_bytes() -> None:
    body = definitions(SIMPLE)

    assert read_dmn(body, name="t.dmn").digest == read_dmn(body, name="other.dmn").digest
    assert read_dmn(body + b"\n", name="t.dmn").digest != read_dmn(body, name="t.dmn").digest


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "xml-invalid"),
        (b"no xml", "xml-invalid"),
        (b"<definitions", "xml-invalid"),
        (b"<definitions xmlns='urn:other'/>", "not-dmn"),
        (b'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]><d>&e;</d>', "xml-doctype"),
        (b"<!DOCTYPE definitions><definitions/>", "xml-doctype"),
        (b"<a>" * 200 + b"</a>" * 200, "xml-too-deep"),
        (b"<definitions>" + b" " * 2_000_001 + b"</definitions>", "file-too-large"),
        (b"<?xml version='1.0' encoding='nonsense'?><d/>", "xml-invalid"),
    ],
)
def test_what_is_no_well_meant_dmn_file_is_refused(body: bytes, code: str) -> None:
    assert [finding.code for finding in refusal(body)] == [code]


def test_a_billion_laughs_are_not_expanded() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    body = f'<!DOCTYPE d [<!ENTITY a0 "lol">{entities}]><d>&a11;</d>'.encode()

    assert refusal(body)[0].code in ("xml-doctype", "xml-invalid")


def test_a_cell_that_is_no_feel_names_table_row_and_column_in_both_languages() -> None:
    table = table_xml([("amount", "number")], ["role"], [(["5"], ['"CSS"']), (["> > 5"], ['"CSD"'])])

    [finding] = refusal(definitions(table))

    assert (finding.code, finding.element_id, finding.severity) == ("feel-syntax", "r2", "error")
    assert finding.line is not None
    assert 'table "t" row 2 (r2) column "amount"' in finding.en
    assert "第 2 行（r2）列「amount」" in finding.zh


def test_all_faults_are_reported_at_once() -> None:
    table = table_xml([("amount +", "number")], ["role"], [(["5"], ['"CSS']), (["1,"], ["2"])])

    assert [finding.code for finding in refusal(definitions(table))] == ["feel-syntax"] * 3


@pytest.mark.parametrize(
    "cell", ["__import__('os')", "java.lang.Runtime", "exec(1)", "().__class__", "${runtime}", "lambda: 1"]
)
def test_a_cell_runs_no_other_language(cell: str) -> None:
    body = definitions(table_xml([("x", "string")], ["out"], [(["-"], [cell])]))
    model = compile_model(read_dmn(body, name="t.dmn", tolerant=True))

    assert model.decide("t", {"x": "a"}, NOW).output is None


def test_an_expression_language_other_than_feel_is_refused() -> None:
    content = (
        '<decision id="t" name="t"><literalExpression expressionLanguage="groovy"><text>1</text>'
        "</literalExpression></decision>"
    )

    assert [finding.code for finding in refusal(definitions(content))] == ["expression-language"]


def test_a_requirement_has_to_exist_and_must_not_go_in_circles() -> None:
    def decision(name: str, required: str) -> str:
        return (
            f'<decision id="{name}" name="{name}"><informationRequirement><requiredDecision href="#{required}"/>'
            "</informationRequirement><literalExpression><text>1</text></literalExpression></decision>"
        )

    assert [f.code for f in refusal(definitions(decision("a", "b")))] == ["unknown-reference"]
    circle = definitions(decision("a", "b") + decision("b", "a"))
    assert [f.code for f in refusal(circle)] == ["requirement-cycle"] * 2


def test_ids_are_there_and_used_once() -> None:
    twice = table_xml([("x", "number")], ["out"], [(["1"], ["1"])], decision_id="a")

    assert "id-invalid" in [finding.code for finding in refusal(definitions(twice + twice))]


def test_hit_policy_dates_and_cells_are_checked() -> None:
    wrong_policy = table_xml([("x", "number")], ["out"], [(["1"], ["1"])], hit_policy="BEST")
    wrong_date = table_xml([("x", "number")], ["out"], [(["1"], ["1"])], attributes='marque:effectiveFrom="soon"')
    missing_cell = table_xml([("x", "number"), ("y", "number")], ["out"], [(["1"], ["1"])])

    assert [finding.code for finding in refusal(definitions(wrong_policy))] == ["hit-policy"]
    assert [finding.code for finding in refusal(definitions(wrong_date))] == ["date-invalid"]
    assert [finding.code for finding in refusal(definitions(missing_cell))] == ["row-incomplete"]


def test_a_row_takes_from_its_table_what_it_does_not_say_itself() -> None:
    body = definitions(
        table_xml(
            [("x", "number")],
            ["out"],
            [(["1"], ["1"]), (["2"], ["2"])],
            attributes='marque:provenance="H" marque:clause="R2-1-1" marque:effectiveFrom="2026-01-01"',
            rule_attributes=["", 'marque:provenance="P" marque:clause="R2-2-2" marque:noteEn="note"'],
        )
    )
    table = read_dmn(body, name="t.dmn").decisions["t"].expression

    assert isinstance(table, DecisionTable)
    first, second = table.rules
    assert (first.clause, first.inputs[0].provenance, str(first.effective_from)) == ("R2-1-1", "H", "2026-01-01")
    assert (second.clause, second.outputs[0].provenance, second.note_en) == ("R2-2-2", "P", "note")


def test_input_names_go_through_requirements_and_leave_out_what_these_supply() -> None:
    base = table_xml([("amount", "number")], ["level"], [(["-"], ["extra + 1"])], decision_id="base")
    top = table_xml(
        [("base", "number"), ("line", "string")],
        ["out"],
        [(["-", "-"], ["base"])],
        decision_id="top",
        requirements='<informationRequirement><requiredDecision href="#base"/></informationRequirement>',
    )
    model = read_dmn(definitions(base + top), name="t.dmn")

    assert model.decisions["top"].input_names == {"amount", "extra", "line"}


def test_allowed_values_have_to_be_feel_too() -> None:
    table = table_xml([("x", "number")], ["out"], [(["1"], ["1"])], allowed=["1,,2"], output_values=["> >"])
    values = '<allowedValues><text>"a</text></allowedValues>'
    types = f'<itemDefinition name="t"><typeRef>string</typeRef>{values}</itemDefinition>'

    assert [finding.code for finding in refusal(definitions(types + table))] == ["feel-syntax"] * 3
