"""Instants on the wire."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from api.times import read_instant, write_instant, write_micros
from engine.clock import to_micros
from engine.errors import InvalidRequest

INSTANT = datetime(2026, 1, 23, 5, 42, 42, 987654, tzinfo=UTC)


def test_an_instant_is_written_as_camunda_writes_it() -> None:
    assert write_instant(INSTANT) == "2026-01-23T13:42:42.987+0800"
    assert write_micros(to_micros(INSTANT)) == "2026-01-23T13:42:42.987+0800"
    assert write_micros(None) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-23T13:42:42.000+0800",
        "2026-01-23T13:42:42+08:00",
        "2026-01-23T05:42:42Z",
        "2026-01-23T05:42:42.000Z",
        "2026-01-23T13:42:42.000 0800",
        "2026-01-22T21:42:42-0800",
    ],
)
def test_every_way_of_naming_an_instant_is_read(text: str) -> None:
    assert read_instant(text, name="dueBefore") == datetime(2026, 1, 23, 5, 42, 42, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-01-23T13:42:42", "2026-01-23", "0001-01-01T00:00:00+0800", "soon", ""])
def test_what_names_no_instant_is_refused_by_the_name_of_its_parameter(text: str) -> None:
    with pytest.raises(InvalidRequest, match="dueBefore"):
        read_instant(text, name="dueBefore")
