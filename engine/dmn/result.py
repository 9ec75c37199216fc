"""What a decision says, and why: frozen, so that it can cross every seam and be recorded as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class FiredRow:
    """One row of a table that matched.

    `index` counts from 1 in the order of the table; `outputs` maps output names to values; `provenance` maps a
    column name to P (policy), L (law) or H (house default); `clause` is the policy clause id.
    """

    row_id: str
    index: int
    outputs: Mapping[str, Any]
    provenance: Mapping[str, str] = field(default_factory=dict)
    clause: str = ""
    note_zh: str = ""
    note_en: str = ""


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """The result of one decision with its explanation.

    `output` is what the hit policy yields: None when no row matched (`rows` is then empty too). `inputs` maps the
    input expressions, as written, to the values they had. `digest` is the SHA-256 of the DMN file that decided;
    `definition_id` and `version` are filled in where the definition is deployed. `required` holds the results of
    the decisions that this one asked, in order. `variables` are the process variables that the decision and its
    requirements read, by name; the engine fills them in, so that the decision can be taken again (backtest).
    """

    decision_key: str
    output: Any
    rows: tuple[FiredRow, ...]
    inputs: Mapping[str, Any]
    digest: str
    evaluated_by: Literal["durable_rules", "feel"]
    hit_policy: str = ""
    definition_id: str | None = None
    version: int | None = None
    required: tuple[DecisionResult, ...] = ()
    anchor: datetime | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
