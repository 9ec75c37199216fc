"""The runner of the test kit counts what passes, and says what was missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.tck import main

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="urn:sums" name="sums" id="_sums">
  <inputData name="amount" id="_amount"><variable name="amount" typeRef="number"/></inputData>
  <decision name="doubled" id="_doubled">
    <variable name="doubled" typeRef="number"/>
    <informationRequirement id="_r"><requiredInput href="#_amount"/></informationRequirement>
    <literalExpression><text>amount * 2</text></literalExpression>
  </decision>
  <decision name="broken" id="_broken">
    <variable name="broken"/>
    <literalExpression><text>amount *</text></literalExpression>
  </decision>
</definitions>
"""

CASES = """<?xml version="1.0" encoding="UTF-8"?>
<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <modelName>sums.dmn</modelName>
  <testCase id="001">
    <inputNode name="amount"><value xsi:type="xsd:decimal">{amount}</value></inputNode>
    <resultNode name="doubled" type="decision">
      <expected><value xsi:type="xsd:decimal">42</value></expected>
    </resultNode>
    <resultNode name="broken" type="decision" errorResult="true">
      <expected><value xsi:nil="true"/></expected>
    </resultNode>
  </testCase>
</testCases>
"""


def _kit(folder: Path, amount: str) -> Path:
    test = folder / "compliance-level-9" / "0001-sums"
    test.mkdir(parents=True)
    (test / "sums.dmn").write_text(MODEL, encoding="utf-8")
    (test / "sums-test-01.xml").write_text(CASES.format(amount=amount), encoding="utf-8")
    return folder


def test_a_kit_that_passes_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(_kit(tmp_path, "21"))]) == 0
    assert "compliance-level-9: 2 of 2 (100.00 %)" in capsys.readouterr().out


def test_a_miss_is_named_with_what_was_expected_and_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(_kit(tmp_path, "20.5"))]) == 1
    printed = capsys.readouterr().out
    assert "missed  0001-sums 001 doubled: expected Decimal('42'), found Decimal('41.0')" in printed
    assert "compliance-level-9: 1 of 2 (50.00 %)" in printed


def test_a_folder_without_tests_is_no_success(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 1
