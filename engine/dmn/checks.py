"""Checks what an owner's save must pass: overlaps and gaps with concrete values, rows that can never count, wrong
types, a missing default, negative money, deadlines in the wrong order, unknown roles, weights that are not 100.

`marque check` and every deployment show these findings; texts that are no FEEL were refused when the file was read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal

from engine.dmn import typing
from engine.dmn.cells import SimpleCell, kind_of, parse_cell
from engine.dmn.faults import table_finding
from engine.dmn.model import Cell, Decision, DecisionTable, DmnModel, Rule
from engine.dmn.outputs import check_outputs
from engine.dmn.regions import Overlap, Regions, TooLarge, simple_regions
from engine.dmn.table import KINDS
from engine.findings import Finding, Severity

SINGLE_HIT = ("UNIQUE", "ANY")


def check(model: DmnModel, *, roles: Collection[str] | None = None) -> list[Finding]:
    """Returns the findings of all tables of a file, in its order. `roles` are the known role codes, if given."""
    findings: list[Finding] = []
    for decision in model.decisions.values():
        if isinstance(decision.expression, DecisionTable):
            table = TableCheck(decision, decision.expression)
            findings += [*table.cells(), *table.logic()]
            findings += check_outputs(decision, decision.expression, roles)
    places = {(finding.element_id, finding.line) for finding in findings if finding.severity == "error"}
    return [*findings, *(found for found in typing.check(model) if (found.element_id, found.line) not in places)]


class TableCheck:
    """The checks of the conditions of one table."""

    def __init__(self, decision: Decision, table: DecisionTable) -> None:
        self.decision = decision
        self.table = table

    # ------------------------------------------------------------ single cells

    def cells(self) -> Iterator[Finding]:
        """Values of the wrong type, limits the wrong way round, negative money in conditions."""
        for rule in self.table.rules:
            for number, cell in enumerate(rule.inputs):
                simple = parse_cell(cell.text)
                if simple is not None:
                    yield from self._cell(rule, cell, simple, number)

    def _cell(self, rule: Rule, cell: Cell, simple: SimpleCell, number: int) -> Iterator[Finding]:
        clause = self.table.inputs[number]
        declared = KINDS.get(clause.type_ref)
        title = clause.label or clause.title
        for value in simple.values:
            if declared is not None and kind_of(value) != declared:
                yield self._finding(
                    "error",
                    "type-mismatch",
                    f"第 {rule.index} 行「{title}」须为 {declared}，不能是 {cell.text}",
                    f'row {rule.index} "{title}": {cell.text} is no {declared}',
                    rule,
                    cell,
                )
                return
        if any(span.is_empty for span in simple.spans):
            yield self._finding(
                "error",
                "limits-reversed",
                f"第 {rule.index} 行「{title}」下限高于上限：{cell.text}",
                f'row {rule.index} "{title}": the lower limit is above the upper one: {cell.text}',
                rule,
                cell,
            )
        if clause.title.endswith("_fen") and any(isinstance(v, Decimal) and v < 0 for v in simple.values):
            yield self._finding(
                "error",
                "negative-money",
                f"第 {rule.index} 行「{title}」金额为负：{cell.text}",
                f'row {rule.index} "{title}": negative money: {cell.text}',
                rule,
                cell,
            )

    # ------------------------------------------------------------ rows against each other

    def logic(self) -> Iterator[Finding]:
        """Overlaps, gaps and unreachable rows, as far as the cells are understood."""
        regions = simple_regions(self.table)
        if regions is None:
            zh, en = "部分条件为复杂 FEEL 表达式", "some conditions are complex FEEL"
            yield self._finding(
                "warning", "not-checkable", f"{zh}，无法检查重叠与缺口", f"{en}: not checked for overlaps and gaps"
            )
            return
        try:
            yield from self._overlaps(regions)
            yield from self._unreachable(regions)
            yield from self._gaps(regions)
        except TooLarge:
            zh, en = "表过大，未能查完全部缺口", "the table is too large to look for all gaps"
            yield self._finding("warning", "not-checkable", zh, en)

    def _overlaps(self, regions: Regions) -> Iterator[Finding]:
        if self.table.hit_policy not in SINGLE_HIT:
            return
        for overlap in regions.overlaps():
            if self.table.hit_policy == "ANY" and _outputs(overlap.first) == _outputs(overlap.second):
                continue
            yield self._overlap(overlap)

    def _overlap(self, overlap: Overlap) -> Finding:
        first, second = overlap.first, overlap.second
        return self._finding(
            "error",
            "overlap",
            f"第 {first.index} 行与第 {second.index} 行重叠，例如 {overlap.example}",
            f"rows {first.index} and {second.index} overlap, for example at {overlap.example}",
            second,
        )

    def _unreachable(self, regions: Regions) -> Iterator[Finding]:
        first_only = self.table.hit_policy == "FIRST"
        for rule in regions.unreachable(after_earlier=first_only):
            yield self._finding(
                "error",
                "unreachable-row",
                f"第 {rule.index} 行永远不会命中",
                f"row {rule.index} can never match" + (" after the rows above it" if first_only else ""),
                rule,
            )

    def _gaps(self, regions: Regions) -> Iterator[Finding]:
        """A gap is an error; only for values that no column lists it is a warning: then a default row is missing."""
        if all(output.default is not None for output in self.table.outputs) or self.table.hit_policy == "COLLECT":
            return
        for example, is_listed in regions.gaps():
            code, severity = ("gap", "error") if is_listed else ("missing-default", "warning")
            yield self._finding(
                "error" if severity == "error" else "warning",
                code,
                f"没有任何行覆盖 {example}",
                f"no row covers {example}",
            )

    def _finding(
        self,
        severity: Severity,
        code: str,
        zh: str,
        en: str,
        rule: Rule | None = None,
        cell: Cell | None = None,
    ) -> Finding:
        return table_finding(self.decision, severity, code, zh, en, rule=rule, cell=cell)


def _outputs(rule: Rule) -> list[str]:
    return ["".join(cell.text.split()) for cell in rule.outputs]
