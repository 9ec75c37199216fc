"""The example of docs/forms.md is a form, and it does what the page says."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.errors import FormInvalid
from engine.feel import Environment
from engine.forms import Form, parse_form

GUIDE = Path(__file__).parents[2] / "docs" / "forms.md"
NOW = Environment(now=datetime(2026, 9, 1, 4, tzinfo=UTC))
BOOKED: dict[str, Any] = {
    "plate": "粤B12345",
    "from": "2026-09-02T09:00+08:00",
    "package": "basic",
    "extras": [{"item": "wax", "price_fen": 3000}],
}


@pytest.fixture
def form() -> Form:
    (example,) = re.findall(r"```json\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return parse_form(example.encode(), name="wash_booking.form")


def submit(form: Form, **changes: Any) -> dict[str, Any]:
    return form.validate({**BOOKED, **changes}, variables={}, environment=NOW)


def refused(form: Form, **changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(FormInvalid) as refusal:
        submit(form, **changes)
    return [(error.field, error.code) for error in refusal.value.errors]


def test_the_example_has_no_fault(form: Form) -> None:
    assert form.warnings == ()


def test_the_classes_are_those_that_the_page_names(form: Form) -> None:
    classes = form.data_classes
    assert (classes["plate"], classes["package"]) == ("BASIC", "none")
    assert (classes["extras[].item"], classes["photos[].name"]) == ("none", "FREE")


def test_what_is_left_out_or_hidden_is_null(form: Form) -> None:
    booked = submit(form, deposit_fen=500)
    assert (booked["until"], booked["photos"], booked["deposit_fen"]) == (None, None, None)
    assert submit(form, package="full", deposit_fen=500)["deposit_fen"] == 500


def test_the_server_names_every_fault_at_once(form: Form) -> None:
    faults = refused(form, plate="B", package="wax", extras=[{"item": "", "price_fen": 1.5}], colour="red")

    assert faults == [
        ("plate", "pattern"),
        ("package", "choice"),
        ("extras[0].item", "required"),
        ("extras[0].price_fen", "integer"),
        ("colour", "unknown"),
    ]


def test_the_rules_hold(form: Form) -> None:
    assert refused(form, until="2026-09-02T08:00+08:00") == [("until", "rule")]
    assert refused(form, extras=[{"item": "x"}] * 6) == [("extras", "rule")]


def test_an_attempt_asks_for_nothing(form: Form) -> None:
    assert form.attempt({"plate": "粤B12345"}, variables={}, environment=NOW) == {"plate": "粤B12345"}
