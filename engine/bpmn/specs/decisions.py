"""How a business rule task asks a decision and what it keeps of the answer (Camunda: mapDecisionResult)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from engine.bpmn.expressions import Value
from engine.bpmn.timers import as_instant
from engine.dmn.result import DecisionResult

if TYPE_CHECKING:
    from engine.bpmn.token import Token


@dataclass(frozen=True, slots=True)
class DecisionCall:
    """Which decision, in which version, and what becomes of its result.

    `anchor` makes the fired rows open deadlines that are reckoned from the instant it yields.
    """

    reference: Value
    binding: str = "latest"
    version: Value | None = None
    version_tag: str | None = None
    result_variable: str | None = None
    mapping: str | None = None
    anchor: Value | None = None

    def decide(self, token: Token) -> DecisionResult:
        """Asks the decision; raises ExecutionFailed when no row fired where one must (BPMN leaves it open)."""
        reference = token.evaluate(self.reference)
        if not isinstance(reference, str):
            raise token.fail("the decision reference is no text")
        anchor = None if self.anchor is None else self._anchor(token, self.anchor)
        with token.blamed():
            result = token.top.services.decide(
                reference, token.variables(), binding=self.binding, version=self._version(token), anchor=anchor
            )
        if not result.rows and result.output is None and not result.hit_policy.upper().startswith("C"):
            raise token.fail(f"no row of the decision {reference} fired", code="noRowFired")
        return replace(result, anchor=anchor) if anchor is not None and result.anchor is None else result

    def _version(self, token: Token) -> str | None:
        if self.version_tag is not None:
            return self.version_tag
        return None if self.version is None else str(token.evaluate(self.version))

    def _anchor(self, token: Token, value: Value) -> datetime:
        anchor = token.evaluate(value)
        zone = token.top.services.environment.zone
        if isinstance(anchor, (date, datetime)):
            return as_instant(anchor, zone)
        raise token.fail("the anchor of its deadlines is no instant")

    def mapped(self, token: Token, result: DecisionResult) -> Any:
        """Returns what the result variable holds; without a mapping, what the hit policy yields."""
        rows = [dict(row.outputs) for row in result.rows]
        match self.mapping:
            case "singleEntry":
                return self._single_entry(token, result, rows)
            case "singleResult":
                return self._only(token, rows) if rows else result.output
            case "collectEntries":
                return [self._entry(token, row) for row in rows]
            case "resultList":
                return rows
        return result.output

    def _single_entry(self, token: Token, result: DecisionResult, rows: list[dict[str, Any]]) -> Any:
        if not isinstance(result.output, (dict, list)):
            return result.output
        return self._entry(token, self._only(token, rows)) if rows else None

    def _only(self, token: Token, rows: list[dict[str, Any]]) -> dict[str, Any]:
        if len(rows) > 1:
            raise token.fail(f"the decision yields {len(rows)} rows where {self.mapping} takes one")
        return rows[0]

    def _entry(self, token: Token, row: dict[str, Any]) -> Any:
        if len(row) != 1:
            raise token.fail(f"the decision yields {len(row)} outputs where {self.mapping} takes one")
        return next(iter(row.values()))
