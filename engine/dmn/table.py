"""Compiles a decision table and decides by it: input values, matching rows, hit policy, explanation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.dmn.cells import Kind, SimpleCell, kind_of, parse_cell
from engine.dmn.durable import DurableTable, NotEncodable, PlannedRow
from engine.dmn.frame import Compiled, Frame
from engine.dmn.hit_policy import Hit, Policy
from engine.dmn.model import DecisionTable, Rule
from engine.dmn.result import FiredRow
from engine.feel import UnaryTests
from engine.feel.types import Type, coerced

Evaluator = Literal["durable_rules", "feel"]
KINDS: Mapping[str, Kind] = {
    "number": "number",
    "integer": "number",
    "long": "number",
    "double": "number",
    "string": "string",
    "boolean": "boolean",
    "date": "date",
    "date and time": "date and time",
    "dateTime": "date and time",
}


@dataclass(frozen=True, slots=True)
class TableResult:
    """What a table said: the result of its hit policy and everything that explains it."""

    output: Any
    rows: tuple[FiredRow, ...]
    inputs: Mapping[str, Any]
    evaluated_by: Evaluator


@dataclass(frozen=True, slots=True)
class CompiledRow:
    """A row: its tests (None = any value), its results, and where it came from."""

    rule: Rule
    tests: tuple[UnaryTests | None, ...]
    outputs: tuple[Compiled, ...]
    provenance: Mapping[str, str]


class CompiledTable:
    """One table, matched wholly by durable_rules or, where something does not fit its encoding, wholly by FEEL."""

    def __init__(
        self,
        table: DecisionTable,
        *,
        inputs: Sequence[Compiled],
        rows: Sequence[CompiledRow],
        names: Sequence[str],
        types: Sequence[Type | None],
        defaults: Sequence[Compiled | None],
        policy: Policy,
    ) -> None:
        self.table = table
        self._inputs = inputs
        self._rows = rows
        self._names = names
        self._types = types
        self._defaults = defaults
        self._policy = policy
        self._titles = [clause.title for clause in table.inputs]
        self._durable = plan(table)

    @property
    def runs_on(self) -> Evaluator:
        """Which evaluator matches the rows, as long as the values fit."""
        return "feel" if self._durable is None else "durable_rules"

    def decide(self, frame: Frame) -> TableResult:
        """Decides on the variables of a frame; raises DecisionFailed when rows contradict each other."""
        values = [column.run(frame) for column in self._inputs]
        matching, evaluated_by = self._match(values, frame)
        hits = [Hit(index, self._outputs(self._rows[index], frame)) for index in matching]
        chosen = self._policy.choose(hits, frame)
        inputs = dict(zip(self._titles, values, strict=True))
        if not chosen and all(default is not None for default in self._defaults):
            return self._default(frame, inputs, evaluated_by)
        rows = tuple(self._fired(hit) for hit in chosen)
        return TableResult(self._policy.result(chosen, frame), rows, inputs, evaluated_by)

    def match_by_feel(self, values: Sequence[Any], frame: Frame) -> list[int]:
        """The plain evaluator: the rows whose cells are all true, in order."""
        return [index for index, row in enumerate(self._rows) if _matches(row, values, frame)]

    def match_by_durable_rules(self, values: Sequence[Any], frame: Frame) -> list[int] | None:
        """The same by durable_rules; None if a cell or value does not fit its encoding."""
        if self._durable is None:
            return None
        try:
            return self._durable.match(values, frame.on)
        except NotEncodable:
            return None

    def close(self) -> None:
        """Frees what durable_rules holds; the table stays usable and compiles again when asked."""
        if self._durable is not None:
            self._durable.close()

    def _match(self, values: Sequence[Any], frame: Frame) -> tuple[list[int], Evaluator]:
        found = self.match_by_durable_rules(values, frame)
        return (self.match_by_feel(values, frame), "feel") if found is None else (found, "durable_rules")

    def _outputs(self, row: CompiledRow, frame: Frame) -> dict[str, Any]:
        work = frame.work()
        return {
            name: coerced(output.run(frame), wanted, work)
            for name, output, wanted in zip(self._names, row.outputs, self._types, strict=True)
        }

    def _default(self, frame: Frame, inputs: Mapping[str, Any], evaluated_by: Evaluator) -> TableResult:
        outputs = {
            name: default.run(frame) if default is not None else None
            for name, default in zip(self._names, self._defaults, strict=True)
        }
        row = FiredRow("default", 0, outputs)
        output = self._policy.result([Hit(-1, outputs)], frame)
        return TableResult(output, (row,), inputs, evaluated_by)

    def _fired(self, hit: Hit) -> FiredRow:
        row = self._rows[hit.index]
        rule = row.rule
        return FiredRow(
            row_id=rule.row_id,
            index=rule.index,
            outputs=dict(hit.outputs),
            provenance=row.provenance,
            clause=rule.clause,
            note_zh=rule.note_zh,
            note_en=rule.note_en,
        )


def _matches(row: CompiledRow, values: Sequence[Any], frame: Frame) -> bool:
    first, last = row.rule.effective_from, row.rule.effective_to
    if (first is not None and frame.on < first) or (last is not None and frame.on > last):
        return False
    for tests, value in zip(row.tests, values, strict=True):
        frame.charge()
        if tests is not None and tests.evaluate(value, frame.variables, frame.environment) is not True:
            return False
    return True


# ---------------------------------------------------------------- the plan for durable_rules


def plan(table: DecisionTable) -> DurableTable | None:
    """Returns the table for durable_rules, or None if a cell does not fit its encoding."""
    simple = simple_cells(table)
    if simple is None or not table.inputs or not table.rules:
        return None
    kinds = [column_kind(table, number, [row[number] for row in simple]) for number in range(len(table.inputs))]
    if any(kind is None for kind in kinds):
        return None
    rows = [
        PlannedRow(tuple(cells), rule.effective_from, rule.effective_to)
        for rule, cells in zip(table.rules, simple, strict=True)
    ]
    try:
        return DurableTable([kind for kind in kinds if kind is not None], rows)
    except NotEncodable:
        return None


def simple_cells(table: DecisionTable) -> list[list[SimpleCell]] | None:
    """Returns the meaning of every condition, or None if one of them is other FEEL."""
    rows: list[list[SimpleCell]] = []
    for rule in table.rules:
        cells = [parse_cell(cell.text) for cell in rule.inputs]
        rows.append([cell for cell in cells if cell is not None])
        if len(rows[-1]) != len(cells):
            return None
    return rows


def column_kind(table: DecisionTable, number: int, cells: Sequence[SimpleCell]) -> Kind | None:
    """The kind of a column's values: that of the values in its cells, which its declared type must not contradict.

    A column that names no value takes its declared kind, or string, for then its value is only tested for null.
    """
    declared = KINDS.get(table.inputs[number].type_ref)
    named = {kind_of(value) for cell in cells for value in cell.values}
    if len(named) > 1 or (declared is not None and named - {declared}):
        return None
    return next(iter(named), declared or "string")
