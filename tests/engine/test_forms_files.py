"""A form file that cannot hold is refused when it is deployed, with a finding for each fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.forms import parse_form
from tests.engine.forms_support import choices, field, findings, form, schema

PROCESSES = Path(__file__).parents[2] / "processes"


@pytest.mark.parametrize(
    ("component", "code"),
    [
        ({"type": "iframe", "key": "x"}, "unknown-component"),
        ({"type": "expression", "key": "x"}, "unknown-component"),
        ({"key": "x"}, "unknown-component"),
        (field("textfield", "two words"), "bad-key"),
        (field("textfield", "a.b"), "bad-key"),
        ({"type": "textfield", "label": "x"}, "bad-key"),
        (field("number", "x", conditional={"hide": "=1 +"}), "bad-feel"),
        (field("number", "x", readonly="=frobnicate(1)"), "bad-feel"),
        (field("number", "x", validate={"min": "=)"}), "bad-feel"),
        (field("number", "x", validate={"min": "lots"}), "bad-limit"),
        (field("number", "x", validate={"min": 5, "max": 4}), "empty-limits"),
        (field("number", "x", validate=["required"]), "bad-validate"),
        (field("number", "x", decimalDigits=-1), "decimal-digits"),
        (field("number", "x", defaultValue="many"), "bad-default"),
        (field("select", "x", values=choices("a"), defaultValue="b"), "bad-default"),
        (field("select", "x"), "no-choices"),
        (field("select", "x", values=[{"label": "a"}]), "no-choices"),
        (field("select", "x", values=choices("a", "a")), "duplicate-choice"),
        (field("textfield", "x", validate={"pattern": "(unclosed"}), "bad-pattern"),
        (field("textfield", "x", validate={"pattern": r"(a)\1"}), "bad-pattern"),
        (field("textfield", "x", properties={"dataClass": "SECRET"}), "unknown-data-class"),
        (field("datetime", "x", subtype="year"), "unknown-subtype"),
        (field("datetime", "x", subtype="datetime", timeSerializingFormat="no_timezone"), "no-time-zone"),
        ({"type": "group", "path": "p", "components": []}, "group-path"),
        ({"type": "group", "components": "none"}, "no-components"),
    ],
)
def test_each_fault_of_a_field_is_found(component: dict[str, Any], code: str) -> None:
    found = findings(schema(component))

    assert [finding.code for finding in found if finding.severity == "error"] == [code]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([{"feel": "a >", "field": "a", "zh": "x", "en": "x"}], "bad-feel"),
        ([{"feel": "a > 1", "field": "b", "zh": "x", "en": "x"}], "unknown-field"),
        ([{"feel": "a > 1", "field": "a", "zh": "x"}], "bad-rule"),
        (["a > 1"], "bad-rule"),
        ({"feel": "a > 1"}, "bad-rules"),
        ("[{", "bad-rules"),
    ],
)
def test_each_fault_of_a_rule_is_found(rules: Any, code: str) -> None:
    assert [finding.code for finding in findings(schema(field("number", "a"), rules=rules))] == [code]


def test_rules_may_be_kept_as_text_as_the_form_editor_keeps_properties() -> None:
    rules = json.dumps([{"feel": "a > 1", "field": "a", "zh": "须大于 1", "en": "above 1"}])

    assert [rule.field for rule in form(field("number", "a"), rules=rules).rules] == ["a"]


def test_all_faults_are_found_at_once() -> None:
    body = schema(
        field("textfield", "a"),
        field("number", "a"),
        {"type": "columns"},
        field("dynamiclist", "rows", components=[field("textfield", "b"), field("textfield", "b")]),
    )

    assert [(finding.code, finding.element_id) for finding in findings(body)] == [
        ("unknown-component", None),
        ("duplicate-key", "b"),
        ("duplicate-key", "a"),
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad-json"),
        (b"\xff\xfe", "bad-json"),
        (b"[" * 100_000, "bad-json"),
        (b"[]", "no-form"),
        (b'{"type": "process"}', "no-form"),
        (b'{"components": []}', "form-id"),
        (b'{"id": "form"}', "no-components"),
        (b" " * 600_000, "form-too-large"),
    ],
)
def test_a_file_that_is_no_form_is_refused(body: bytes, code: str) -> None:
    assert [finding.code for finding in findings(body)] == [code]


def test_a_form_nested_too_deeply_or_with_too_many_fields_is_refused() -> None:
    component: dict[str, Any] = field("textfield", "x")
    for _ in range(12):
        component = {"type": "group", "components": [component]}
    many = schema(*[field("checkbox", f"f{n}") for n in range(501)])

    assert [finding.code for finding in findings(schema(component))] == ["too-deep"]
    assert [finding.code for finding in findings(many)] == ["too-many-fields"]


def test_what_only_hurts_readers_is_a_warning() -> None:
    body = schema({"type": "textfield", "key": "x", "properties": {}})

    parsed = parse_form(body, name="forms/other.form")

    assert [warning.code for warning in parsed.warnings] == ["form-id-differs", "no-label", "no-english-label"]


def test_layout_components_are_no_fields() -> None:
    layout = [{"type": kind} for kind in ("text", "separator", "spacer", "button", "table")]

    assert form(*layout, field("textfield", "x")).keys == {"x"}


def test_every_shipped_form_is_sound_in_both_languages() -> None:
    files = sorted(PROCESSES.glob("*/forms/*.form"))
    assert files, "no forms are shipped"

    parsed = {file: parse_form(file.read_bytes(), name=str(file)) for file in files}

    assert {file.name: shipped.warnings for file, shipped in parsed.items() if shipped.warnings} == {}
    assert len({shipped.id for shipped in parsed.values()}) == len(files)
