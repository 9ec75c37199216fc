"""Instants on the wire: Camunda 7's `yyyy-MM-dd'T'HH:mm:ss.SSSZ` in the house's zone, and what else is accepted."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.clock import as_utc, from_micros, to_micros
from engine.errors import InvalidRequest

ZONE = ZoneInfo("Asia/Shanghai")

# A `+` that a client forgot to escape arrives as a blank.
_LOST_PLUS = re.compile(r"^(.*T.*) (\d{2}:?\d{2})$")
_YEARS = range(1900, 3000)


def write_instant(instant: datetime) -> str:
    """Returns `2026-10-01T22:40:00.000+0800`; what is finer than a millisecond is cut off."""
    local = as_utc(instant).astimezone(ZONE)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"


def write_micros(micros: int | None) -> str | None:
    """Returns the wire form of a stored instant (UTC microseconds)."""
    return None if micros is None else write_instant(from_micros(micros))


def read_instant(text: str, *, name: str) -> datetime:
    """Returns the instant of ISO 8601 text with an offset (`+0800`, `+08:00` or `Z`).

    Raises InvalidRequest naming the parameter; text without an offset names no instant.
    """
    lost = _LOST_PLUS.match(text)
    try:
        instant = datetime.fromisoformat(f"{lost[1]}+{lost[2]}" if lost else text)
        if instant.tzinfo is None or instant.year not in _YEARS:
            raise ValueError
        return as_utc(instant)
    except (ValueError, OverflowError) as cause:
        raise InvalidRequest(
            f"{name} must be an instant such as 2026-01-23T13:42:42.000+0800, with its offset"
        ) from cause


def read_micros(text: str, *, name: str) -> int:
    """Returns the stored form of an instant's text."""
    return to_micros(read_instant(text, name=name))
