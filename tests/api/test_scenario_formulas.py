"""Formulas in scenarios: what `=expression` stands for, and what it may not read."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from api.scenarios.formulas import evaluate, has_formulas, with_formulas
from api.scenarios.script import ScenarioInvalid
from engine.values import PersonalRef

NOW = datetime(2026, 5, 8, 3, 40, tzinfo=UTC)
CASE = {
    "quote": {"hash": "b7", "total_fen": 78000},
    "quote_versions": [{"hash": "a1"}, {"hash": "b7"}],
    "phone": PersonalRef("r1", "d1", "BASIC"),
}


def test_a_text_that_begins_with_the_sign_is_computed_at_any_depth() -> None:
    fields = {"quote_hash": "=quote_versions[1].hash", "rows": [{"due": "=quote.total_fen / 2"}], "method": "paper"}

    filled = with_formulas(fields, CASE, NOW)

    assert filled == {"quote_hash": "a1", "rows": [{"due": Decimal(39000)}], "method": "paper"}


def test_other_values_stay_as_they_are() -> None:
    fields = {"note": "1 + 1 = 2", "done": True, "count": 3}

    assert not has_formulas(fields)
    assert with_formulas(fields, CASE, NOW) == fields


def test_a_personal_variable_is_unknown_to_a_formula() -> None:
    assert evaluate("phone", CASE, NOW) is None


def test_the_clock_of_the_scenario_is_now() -> None:
    assert evaluate("now()", CASE, NOW) == NOW


def test_a_formula_that_cannot_be_read_names_itself() -> None:
    with pytest.raises(ScenarioInvalid, match=r"quote\.\."):
        evaluate("quote..", CASE, NOW)
