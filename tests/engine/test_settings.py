"""Every bound is a setting with a default; a wrong one is named."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from engine.errors import InvalidRequest
from engine.feel import Environment, FeelError, compile_expression
from engine.settings import GROUPS, Limits, read_settings
from tests.engine.forms_support import NOW

LIMITS = Path(__file__).parent.parent.parent / "docs" / "limits.md"


def _variables() -> list[str]:
    own = [each.name for each in fields(Limits) if each.name not in GROUPS]
    grouped = [prefix + each.name for prefix, kind in GROUPS.values() for each in fields(kind)]
    return [f"MARQUE_LIMIT_{name.upper()}" for name in [*own, *grouped]]


def test_without_variables_the_defaults_count() -> None:
    assert read_settings({}).limits == Limits()


@pytest.mark.parametrize("variable", _variables())
def test_each_bound_is_a_setting_and_documented(variable: str) -> None:
    assert str(read_settings({variable: "77"}).limits).count("77") > str(Limits()).count("77")
    for wrong in ("0", "-1", "many"):
        with pytest.raises(InvalidRequest, match=variable):
            read_settings({variable: wrong})
    assert f"`{variable.removeprefix('MARQUE_LIMIT_')}`" in LIMITS.read_text()


def test_an_expression_is_bounded_by_the_setting() -> None:
    limits = read_settings({"MARQUE_LIMIT_EXPRESSION_ITEMS": "10"}).limits.expressions
    with pytest.raises(FeelError, match="more than 10"):
        compile_expression("for i in 1..20 return i").evaluate({}, Environment(now=NOW, limits=limits))
