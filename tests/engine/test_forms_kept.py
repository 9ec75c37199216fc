"""A stored personal value that was shown masked and not sent back: present, whatever the form demands of it."""

from __future__ import annotations

import pytest

from engine.errors import FormInvalid
from engine.forms import parse_form
from engine.values import PersonalRef
from tests.engine.forms_support import ENVIRONMENT, field, schema

STORED = PersonalRef(ref="r1", digest="0" * 64, data_class="ID")
RULES = [
    {"feel": "id_number != null", "field": "id_number", "zh": "必须有证件", "en": "an ID is needed"},
    {"feel": "string length(id_number) = 18", "field": "id_number", "zh": "十八位", "en": "eighteen characters"},
]
FORM = parse_form(
    schema(
        field("textfield", "id_number", validate={"required": True}, properties={"dataClass": "ID"}),
        field("number", "amount", decimalDigits=0),
        rules=RULES,
    ),
    name="f.form",
)


def test_a_kept_field_is_present_though_it_is_mandatory_and_stays_out_of_the_result() -> None:
    typed = FORM.validate(
        {"amount": 5}, variables={"id_number": STORED}, environment=ENVIRONMENT, kept=frozenset({"id_number"})
    )
    assert typed == {"amount": 5}


def test_a_field_that_nobody_keeps_is_still_demanded() -> None:
    with pytest.raises(FormInvalid) as refused:
        FORM.validate({"amount": 5}, variables={}, environment=ENVIRONMENT)
    assert next((error.field, error.code) for error in refused.value.errors) == ("id_number", "required")


def test_a_field_that_is_sent_is_checked_though_a_value_is_stored() -> None:
    with pytest.raises(FormInvalid, match="eighteen"):
        FORM.validate({"id_number": "12"}, variables={"id_number": STORED}, environment=ENVIRONMENT)
