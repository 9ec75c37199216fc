"""The one source of "now". Instants are aware datetimes; the database keeps UTC microseconds."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Tells the present instant as an aware datetime in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The wall clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is moved, and never moves back."""

    def __init__(self, start: datetime) -> None:
        self._now = as_utc(start)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Sets the present instant; raises ValueError if it lies before the present one."""
        target = as_utc(instant)
        with self._lock:
            if target < self._now:
                raise ValueError(f"the clock stands at {self._now.isoformat()} and does not run backwards")
            self._now = target


def as_utc(instant: datetime) -> datetime:
    """Returns the instant in UTC; a naive datetime is rejected, because it names no instant."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    return instant.astimezone(UTC)


def to_micros(instant: datetime) -> int:
    """Returns UTC microseconds since 1970, exactly."""
    return (as_utc(instant) - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """Returns the aware UTC datetime of `to_micros`."""
    return EPOCH + timedelta(microseconds=micros)
