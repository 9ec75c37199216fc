"""Which values are personal, and what is left of them for whoever may see them masked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.personal_values import HIDDEN, classify, mask, references
from engine.values import PersonalRef


def class_of(name: str, value: Any, **known: Any) -> str | None:
    return classify(
        name,
        value,
        form_classes=known.get("form", {}),
        definition_classes=known.get("definition", {}),
        expression_names=frozenset(known.get("read", ())),
    )


@pytest.mark.parametrize("value", ["text", ["a"], {"a": "b"}, [{"a": {"b": ["c"]}}], ""])
def test_text_of_unknown_meaning_is_personal(value: Any) -> None:
    assert class_of("x", value) == "FREE"


@pytest.mark.parametrize(
    "value", [None, 1, True, Decimal("1.5"), date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), [1], {"a": 1}, []]
)
def test_numbers_instants_and_answers_are_not(value: Any) -> None:
    assert class_of("x", value) is None


def test_the_form_counts_before_the_diagram_and_both_before_expressions() -> None:
    assert class_of("x", "a", form={"x": "BASIC"}, definition={"x": "NEED"}) == "BASIC"
    assert class_of("x", "a", form={"x": "none"}, definition={"x": "NEED"}) is None
    assert class_of("x", "a", definition={"x": "NEED"}, read=["x"]) == "NEED"
    assert class_of("x", "a", read=["x"]) is None
    assert class_of("x", 5, form={"x": "BASIC"}) == "BASIC"


def test_the_case_header_holds_keys_but_hides_no_text() -> None:
    assert class_of("customer_ref", "K-2026-0001") is None
    assert class_of("customer_ref", "王小明 13800001111") == "FREE"
    assert class_of("customer_ref", ["K1"]) == "FREE"
    assert class_of("customer_ref", "K1", form={"customer_ref": "BASIC"}) == "BASIC"


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("13800001111", "*******1111"),
        ("110101199003070011", "**************0011"),
        ("王小明", "王**"),
        ("王", HIDDEN),
        ("一段很长的投诉内容", HIDDEN),
        ("a@b.cn", HIDDEN),
        ("粤B12345", HIDDEN),
        ("", HIDDEN),
        (5, HIDDEN),
        (["13800001111"], HIDDEN),
        (None, None),
    ],
)
def test_a_mask_leaves_the_end_of_a_number_or_the_start_of_a_name(value: Any, masked: Any) -> None:
    assert mask(value) == masked


def test_references_are_found_at_any_depth() -> None:
    first, second = PersonalRef("1", "d", "BASIC"), PersonalRef("2", "d", "FREE")

    assert list(references({"a": first, "b": [{"c": second}], "d": "x"})) == [first, second]
