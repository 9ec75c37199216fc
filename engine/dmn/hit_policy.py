"""Makes one result of the rows that match (DMN 1.5, 8.2.10 and 8.2.11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.dmn.frame import Frame
from engine.dmn.model import Aggregation, HitPolicy
from engine.feel.compare import equal, order

Outputs = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hit:
    """A matching row: its index in the table from 0, and what it says by output name."""

    index: int
    outputs: Outputs


@dataclass(frozen=True, slots=True)
class Policy:
    """How a table makes one result. `ranks` holds per output its allowed values, best first, or None."""

    table: str
    hit_policy: HitPolicy
    aggregation: Aggregation | None
    ranks: Sequence[Sequence[Any] | None]

    def choose(self, hits: Sequence[Hit], frame: Frame) -> list[Hit]:
        """Returns the rows that count, in the order of the result; raises DecisionFailed on a contradiction."""
        match self.hit_policy:
            case "UNIQUE" if len(hits) > 1:
                frame.failed(f"table {self.table} is UNIQUE but rows {_numbers(hits)} match at once")
                return []
            case "ANY" if any(not _same(hit, hits[0], frame) for hit in hits[1:]):
                frame.failed(f"table {self.table} allows ANY row but rows {_numbers(hits)} differ")
                return []
            case "FIRST":
                return list(hits[:1])
            case "PRIORITY":
                return self._by_rank(hits, frame)[:1]
            case "OUTPUT ORDER":
                return self._by_rank(hits, frame)
        return list(hits)

    def result(self, chosen: Sequence[Hit], frame: Frame) -> Any:
        """Returns a value, a context, or a list of these."""
        values = [_value(hit.outputs) for hit in chosen]
        if self.hit_policy == "COLLECT" and self.aggregation is not None:
            return _aggregate(self.aggregation, values, frame)
        if self.hit_policy in ("COLLECT", "RULE ORDER", "OUTPUT ORDER"):
            return values or None
        return values[0] if values else None

    def _by_rank(self, hits: Sequence[Hit], frame: Frame) -> list[Hit]:
        return sorted(hits, key=lambda hit: self._rank(hit, frame))

    def _rank(self, hit: Hit, frame: Frame) -> tuple[int, ...]:
        """The places of a row's outputs among the allowed values; columns without such values do not rank."""
        pairs = zip(hit.outputs.values(), self.ranks, strict=True)
        return tuple(_place(value, allowed, frame) for value, allowed in pairs if allowed is not None)


def _place(value: Any, allowed: Sequence[Any], frame: Frame) -> int:
    work = frame.work()
    places = (place for place, each in enumerate(allowed) if equal(value, each, work) is True)
    return next(places, len(allowed))


def _value(outputs: Outputs) -> Any:
    """A single output is the value itself, several are a context (DMN 1.5, 8.2.7)."""
    return next(iter(outputs.values())) if len(outputs) == 1 else dict(outputs)


def _same(hit: Hit, other: Hit, frame: Frame) -> bool:
    return equal(_value(hit.outputs), _value(other.outputs), frame.work()) is True


def _numbers(hits: Sequence[Hit]) -> str:
    return ", ".join(str(hit.index + 1) for hit in hits)


def _aggregate(aggregation: Aggregation, values: list[Any], frame: Frame) -> Any:
    """Null for no row or a value that does not fit, except that nothing counts as 0."""
    if aggregation == "COUNT":
        return len(values)
    if not values:
        return None
    if aggregation == "SUM":
        numbers = all(type(value) in (int, Decimal) for value in values)
        return sum(values) if numbers else None
    best = values[0]
    for value in values[1:]:
        found = order(value, best)
        if found is None:
            return None
        if (found < 0) == (aggregation == "MIN") and found != 0:
            best = value
    return best
