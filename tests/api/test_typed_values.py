"""Variables of every type go in and come back as they were; what is none is refused with its name."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from api.typed_values import read_variable, read_variables, write_json, write_variable
from engine.errors import InvalidRequest
from engine.feel.values import YearsMonthsDuration
from engine.values import PersonalRef, decode, dump, encode, load

VALUES: tuple[tuple[str, Any], ...] = (
    ("String", "维修"),
    ("String", ""),
    ("Boolean", False),
    ("Integer", -(2**31)),
    ("Long", 2**31),
    ("Long", 2**63 - 1),
    ("Double", Decimal("12.50")),
    ("Double", Decimal("5.0")),
    ("Date", datetime(2026, 10, 1, 14, 40, tzinfo=UTC)),
    ("String", date(2026, 10, 1)),
    ("String", time(9, 30)),
    ("String", timedelta(days=1, hours=2)),
    ("String", YearsMonthsDuration(14)),
    ("Json", [1, Decimal("2.5"), "三", None, True]),
    ("Json", {"lines": [{"item": "刹车片", "amount_fen": 12000}]}),
    ("Null", None),
)


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_a_value_survives_the_wire_and_the_store(kind: str, value: Any) -> None:
    written = write_variable(value)
    assert written["type"] == kind
    over_the_wire = load(dump(written))
    read = read_variable(over_the_wire, name="v")
    assert read == value
    assert type(read) is type(value)
    assert write_variable(decode(encode(read))) == written


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"value": 5, "type": "Double"}, Decimal("5.0")),
        ({"value": Decimal("5.0"), "type": "Integer"}, 5),
        ({"value": "2026-01-23T13:42:42.000+0800", "type": "Date"}, datetime(2026, 1, 23, 5, 42, 42, tzinfo=UTC)),
        ({"value": "2026-01-23T13:42:42+08:00", "type": "date"}, datetime(2026, 1, 23, 5, 42, 42, tzinfo=UTC)),
        ({"value": "2026-01-23T05:42:42Z", "type": "Date"}, datetime(2026, 1, 23, 5, 42, 42, tzinfo=UTC)),
        ({"value": '{"a": 1.5}', "type": "Json"}, {"a": Decimal("1.5")}),
        ({"value": [1], "type": "Json"}, [1]),
        (
            {"value": "[1]", "type": "Object", "valueInfo": {"serializationDataFormat": "application/json"}},
            [1],
        ),
        ({"value": 7}, 7),
        ({"value": "x", "type": None, "valueInfo": None}, "x"),
        ({"value": None, "type": "String"}, None),
        ({}, None),
    ],
)
def test_what_clients_send_is_understood(given: dict[str, Any], expected: Any) -> None:
    assert read_variable(given, name="v") == expected


@pytest.mark.parametrize(
    "given",
    [
        {"value": "5", "type": "Integer"},
        {"value": True, "type": "Integer"},
        {"value": 2**31, "type": "Integer"},
        {"value": 2**63, "type": "Long"},
        {"value": Decimal("1.5"), "type": "Long"},
        {"value": 1, "type": "Boolean"},
        {"value": 1, "type": "String"},
        {"value": "2026-01-23T13:42:42", "type": "Date"},
        {"value": "yesterday", "type": "Date"},
        {"value": "{", "type": "Json"},
        {"value": "rO0AB", "type": "Object", "valueInfo": {"serializationDataFormat": "application/x-java"}},
        {"value": "x", "type": "File"},
        {"value": "x", "type": 5},
        "x",
    ],
)
def test_a_value_that_is_not_of_its_type_is_refused_without_repeating_it(given: Any) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_variable(given, name="amount")
    assert "amount" in str(refused.value)
    assert "yesterday" not in str(refused.value)


def test_a_reference_stays_hidden_wherever_it_stands() -> None:
    ref = PersonalRef("r", "d", "BASIC")
    assert write_variable(ref) == {"type": "String", "value": "***", "valueInfo": {"dataClass": "BASIC"}}
    assert write_json({"rows": [{"name": ref}]}) == {"rows": [{"name": "***"}]}


def test_variables_are_an_object() -> None:
    assert read_variables(None) == {}
    with pytest.raises(InvalidRequest):
        read_variables([1])
