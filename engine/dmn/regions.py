"""The space of a table's inputs, cut at every value that a cell names, to find overlaps and gaps exactly.

Between two neighbouring cuts nothing can differ, so one sample stands for all values there. Each column becomes a
list of samples, each cell the set of samples that pass, and rows are compared by these sets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from engine.dmn.cells import ANY, Kind, SimpleCell, Value, kind_of, parse_cell
from engine.dmn.model import DecisionTable, InputClause, Rule
from engine.dmn.table import column_kind, simple_cells

MAX_FINDINGS = 20
MAX_STEPS = 3_000_000
ANOTHER = "another value"


class TooLarge(Exception):
    """A table has so many columns and values that looking through them all would take minutes."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A value that stands for all between two cuts. `is_listed`: the table or its allowed values name it."""

    value: Value
    is_listed: bool = True


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rows that match at once, and values at which they do."""

    first: Rule
    second: Rule
    example: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its samples, per row the indexes of those that pass, and per sample the rows, as bits."""

    title: str
    samples: tuple[Sample, ...]
    passing: tuple[frozenset[int], ...]
    rows: tuple[int, ...]


class Regions:
    """A table cut into samples. Null is left out: a missing value need not have a row."""

    def __init__(self, table: DecisionTable, columns: Sequence[Column]) -> None:
        self.rules = table.rules
        self.columns = columns
        self._steps = 0

    def overlaps(self) -> Iterator[Overlap]:
        """Yields pairs of rows that are in effect at the same time and match the same values."""
        found = 0
        for number, second in enumerate(self.rules):
            for earlier, first in enumerate(self.rules[:number]):
                common = [column.passing[earlier] & column.passing[number] for column in self.columns]
                if all(common) and _same_time(first, second):
                    picked = [min(each) for each in common]
                    yield Overlap(first, second, self._words(picked))
                    found += 1
                    if found == MAX_FINDINGS:
                        return

    def unreachable(self, *, after_earlier: bool) -> Iterator[Rule]:
        """Yields rows that match nothing, or nothing that the rows above leave over."""
        for number, rule in enumerate(self.rules):
            own = [column.passing[number] for column in self.columns]
            if not all(own):
                yield rule
            elif after_earlier:
                above = [n for n in range(number) if _covers(self.rules[n], rule)]
                if self._uncovered(own, above) is None:
                    yield rule

    def gaps(self) -> Iterator[tuple[str, bool]]:
        """Yields values that no row covers on some day, and whether the table lists all of these values."""
        seen: set[str] = set()
        days = _days(self.rules)
        for day in days:
            rows = [number for number, rule in enumerate(self.rules) if _in_effect(rule, day)]
            if not rows:
                continue
            for listed_only in (True, False):
                spaces = [self._space(column, listed_only) for column in self.columns]
                gap = self._uncovered(spaces, rows)
                if gap is not None:
                    words = self._words(gap) + (f" on {day}" if len(days) > 1 and day != date.min else "")
                    if words not in seen:
                        yield words, listed_only
                    seen.add(words)
                    break

    def _space(self, column: Column, listed_only: bool) -> frozenset[int]:
        return frozenset(
            index
            for index, sample in enumerate(column.samples)
            if sample.value is not None and (sample.is_listed or not listed_only)
        )

    def _uncovered(self, spaces: Sequence[frozenset[int]], rows: list[int]) -> list[int] | None:
        """Returns samples, one per column, that none of the rows covers; None if there are none.

        Goes column by column with the rows still in play; equal sets of rows are looked at once. Raises TooLarge.
        """
        return self._search(0, spaces, sum(1 << row for row in rows), set())

    def _search(
        self, number: int, spaces: Sequence[frozenset[int]], rows: int, done: set[tuple[int, int]]
    ) -> list[int] | None:
        if not rows:
            return [min(space) if space else 0 for space in spaces[number:]]
        if number == len(spaces) or (number, rows) in done:
            return None
        self._steps += len(spaces[number])
        if self._steps > MAX_STEPS:
            raise TooLarge
        passing = self.columns[number].rows
        for index in sorted(spaces[number]):
            rest = self._search(number + 1, spaces, rows & passing[index], done)
            if rest is not None:
                return [index, *rest]
        done.add((number, rows))
        return None

    def _words(self, picked: Sequence[int]) -> str:
        pairs = zip(self.columns, picked, strict=True)
        return ", ".join(f"{column.title} = {_shown(column.samples[index])}" for column, index in pairs)


def simple_regions(table: DecisionTable) -> Regions | None:
    """Cuts a table; None if a cell is not understood."""
    rows = simple_cells(table)
    if rows is None:
        return None
    columns = []
    for number, clause in enumerate(table.inputs):
        cells = [row[number] for row in rows]
        kind = column_kind(table, number, cells)
        if kind is None:
            return None
        samples = _samples(clause, kind, cells)
        passing = tuple(
            frozenset(index for index, sample in enumerate(samples) if _passes(cell, sample)) for cell in cells
        )
        rows_at = tuple(
            sum(1 << row for row, indexes in enumerate(passing) if index in indexes) for index in range(len(samples))
        )
        columns.append(Column(clause.title, samples, passing, rows_at))
    return Regions(table, columns)


def _passes(cell: SimpleCell, sample: Sample) -> bool:
    return cell.holds(sample.value)


def _samples(clause: InputClause, kind: Kind, cells: Sequence[SimpleCell]) -> tuple[Sample, ...]:
    allowed = parse_cell(clause.allowed.text) if clause.allowed is not None else None
    if allowed is None or any(kind_of(value) != kind for value in allowed.values):
        allowed = ANY
    named = {value for cell in (*cells, allowed) for value in cell.values}
    null = Sample(None)
    if kind == "boolean":
        return (Sample(False), Sample(True), null)
    if kind == "string":
        values = sorted(str(value) for value in named)
        another = [] if not allowed.is_any else [Sample(ANOTHER, is_listed=False)]
        return (*(Sample(value) for value in values), *another, null)
    line = _line(sorted(named, key=lambda value: value))
    return (*(Sample(value) for value in line if allowed.holds(value)), null)


def _line(values: list[Any]) -> list[Any]:
    """The named values with one between each two neighbours, one below and one above."""
    if not values:
        return [Decimal(0)]
    line: list[Any] = [_below(values[0]), values[0]]
    for low, high in pairwise(values):
        between = _between(low, high)
        line += [high] if between is None else [between, high]
    return [*line, _above(values[-1])]


def _between(low: Any, high: Any) -> Any:
    if isinstance(low, Decimal):
        return (low + high) / 2
    if isinstance(low, datetime):
        return low + (high - low) / 2
    middle = low + (high - low) // 2
    return None if middle in (low, high) else middle


def _below(value: Any) -> Any:
    return value - 1 if isinstance(value, Decimal) else value - timedelta(days=1)


def _above(value: Any) -> Any:
    return value + 1 if isinstance(value, Decimal) else value + timedelta(days=1)


def _same_time(first: Rule, second: Rule) -> bool:
    starts = [rule.effective_from or date.min for rule in (first, second)]
    ends = [rule.effective_to or date.max for rule in (first, second)]
    return max(starts) <= min(ends)


def _covers(above: Rule, below: Rule) -> bool:
    """Tells whether a row is in effect whenever the other one is."""
    return (above.effective_from or date.min) <= (below.effective_from or date.min) and (
        above.effective_to or date.max
    ) >= (below.effective_to or date.max)


def _days(rules: Sequence[Rule]) -> list[date]:
    """The days on which the set of rows in effect changes; a table without dates has one day."""
    starts = {rule.effective_from or date.min for rule in rules}
    ends = {rule.effective_to for rule in rules if rule.effective_to not in (None, date.max)}
    return sorted(starts | {end + timedelta(days=1) for end in ends if end is not None})


def _in_effect(rule: Rule, day: date) -> bool:
    return (rule.effective_from or date.min) <= day <= (rule.effective_to or date.max)


def _shown(sample: Sample) -> str:
    value = sample.value
    if isinstance(value, str) and sample.is_listed:
        return f'"{value}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)
