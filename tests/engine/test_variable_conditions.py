"""Conditions on variables as SQL: numbers as numbers, text as text, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine import deployments, process_definitions, process_instances
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.errors import InvalidRequest
from engine.history_queries import InstanceQuery, count_instances
from engine.process_engine import ProcessEngine
from engine.variable_conditions import VariableCondition
from tests.engine.diagrams import ONE_TASK

VALUES: dict[str, Any] = {
    "whole": 9,
    "fraction": Decimal("2.5"),
    "truth": True,
    "instant": datetime(2026, 10, 1, tzinfo=UTC),
    "nothing": None,
    "customer_ref": "C-10",
}
HOLDS: list[tuple[str, str, Any, bool]] = [
    ("whole", "gt", 10, False),
    ("whole", "lt", 10, True),
    ("whole", "eq", Decimal("9.0"), True),
    ("whole", "neq", 9, False),
    ("fraction", "gteq", Decimal("2.5"), True),
    ("fraction", "lteq", 2, False),
    ("truth", "eq", True, True),
    ("truth", "eq", 1, False),
    ("truth", "gt", 0, False),
    ("instant", "gt", datetime(2026, 9, 30, tzinfo=UTC), True),
    ("instant", "lt", datetime(2026, 9, 30, tzinfo=UTC), False),
    ("nothing", "eq", None, True),
    ("customer_ref", "like", "C-%", True),
    ("customer_ref", "notLike", "C-%", False),
    ("customer_ref", "neq", 5, True),
    ("unknown", "neq", 5, False),
]


@pytest.fixture
def running(engine: ProcessEngine) -> None:
    engine.run(SYSTEM_ACTOR, deployments.create, name="case", resources={"case.bpmn": ONE_TASK.encode()})

    def start(ctx: CommandContext) -> None:
        process_instances.start(ctx, process_definitions.latest(ctx, "case"), values=VALUES)

    engine.run(SYSTEM_ACTOR, start)


@pytest.mark.usefixtures("running")
def test_each_operator_compares_like_with_like(engine: ProcessEngine) -> None:
    for name, operator, value, expected in HOLDS:
        query = InstanceQuery(variables=(VariableCondition(name, operator, value),))
        found = engine.read(SYSTEM_ACTOR, count_instances, query)
        assert found == int(expected), (name, operator, value)


@pytest.mark.parametrize(("operator", "value"), [("has", 1), ("like", 1), ("gt", True), ("lt", None)])
def test_a_comparison_without_meaning_is_refused(operator: str, value: Any) -> None:
    with pytest.raises(InvalidRequest):
        VariableCondition("x", operator, value)
