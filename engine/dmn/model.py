"""A DMN file as data: decisions, their requirements and boxed expressions (DMN 1.5, chapters 6 to 8 and 10).

All classes are frozen; texts are FEEL as written, not compiled. `engine.dmn.reader` makes them, everybody else
reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from engine.findings import Finding

HitPolicy = Literal["UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"]
Aggregation = Literal["SUM", "COUNT", "MIN", "MAX"]


@dataclass(frozen=True, slots=True)
class LiteralExpression:
    """A FEEL text. `line` is where its element starts in the file."""

    text: str
    type_ref: str = ""
    line: int | None = None
    element_id: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One entry of a table row; `provenance` is P (policy), L (law), H (house default) or ''."""

    text: str
    provenance: str = ""
    line: int | None = None
    element_id: str | None = None


@dataclass(frozen=True, slots=True)
class InputClause:
    """A column of conditions. `allowed` holds unary tests on the value, or None.

    `is_fixed`: nobody can change what the column asks (a birth year), so no counterfactual proposes it.
    """

    expression: LiteralExpression
    label: str = ""
    label_en: str = ""
    type_ref: str = ""
    allowed: LiteralExpression | None = None
    is_fixed: bool = False

    @property
    def title(self) -> str:
        """What the column is called in explanations: its expression as written."""
        return self.expression.text


@dataclass(frozen=True, slots=True)
class OutputClause:
    """A column of results. `allowed` orders the values of PRIORITY and OUTPUT ORDER tables."""

    name: str
    label: str = ""
    label_en: str = ""
    type_ref: str = ""
    allowed: LiteralExpression | None = None
    default: LiteralExpression | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row. `index` counts from 1; the effective dates are inclusive and None when open."""

    row_id: str
    index: int
    inputs: tuple[Cell, ...]
    outputs: tuple[Cell, ...]
    clause: str = ""
    note_zh: str = ""
    note_en: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """Rows of conditions and results under a hit policy (DMN 1.5, 8)."""

    hit_policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    type_ref: str = ""
    line: int | None = None
    element_id: str | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named and typed slot: a formal parameter, a context entry's variable, a column of a relation."""

    name: str
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """Entries in order; an entry without a variable is the result (DMN 1.5, 10.2.1.4)."""

    entries: tuple[tuple[Parameter | None, Expression | None], ...]
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class Invocation:
    """A call with named arguments (DMN 1.5, 10.2.1.3)."""

    called: Expression | None
    bindings: tuple[tuple[Parameter, Expression | None], ...]
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """A list of contexts that share their columns."""

    columns: tuple[Parameter, ...]
    rows: tuple[tuple[Expression | None, ...], ...]
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class BoxedList:
    """A list of boxed expressions."""

    items: tuple[Expression | None, ...]
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class FunctionDefinition:
    """A function; kind Java runs what `engine.feel.external` lists, PMML yields null."""

    parameters: tuple[Parameter, ...]
    body: Expression | None
    kind: str = "FEEL"
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class Conditional:
    """Boxed if, then, else."""

    condition: Expression | None
    then: Expression | None
    otherwise: Expression | None
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Boxed filter: the items of `source` for which `match` is true."""

    source: Expression | None
    match: Expression | None
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class Iterator:
    """Boxed for, some and every."""

    kind: Literal["for", "some", "every"]
    variable: str
    source: Expression | None
    body: Expression | None
    type_ref: str = ""


Expression = (
    LiteralExpression
    | DecisionTable
    | Context
    | Invocation
    | Relation
    | BoxedList
    | FunctionDefinition
    | Conditional
    | Filter
    | Iterator
)


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    """A type by name: a base type with allowed values, or components, or a function; perhaps a collection."""

    name: str
    type_ref: str = ""
    components: tuple[ItemDefinition, ...] = ()
    allowed: LiteralExpression | None = None
    is_collection: bool = False
    is_function: bool = False


@dataclass(frozen=True, slots=True)
class InputData:
    """A value that comes from outside, by the name that expressions use; `is_fixed` as in `InputClause`."""

    id: str
    name: str
    type_ref: str = ""
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class KnowledgeModel:
    """A business knowledge model: a named function."""

    id: str
    name: str
    function: FunctionDefinition | None
    type_ref: str = ""
    knowledge: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionService:
    """Some decisions offered as a function: inputs first data, then decisions (DMN 1.5, 10.4)."""

    id: str
    name: str
    outputs: tuple[str, ...]
    input_data: tuple[str, ...] = ()
    input_decisions: tuple[str, ...] = ()
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of a file. `input_names` are the process variables that it and its requirements read."""

    id: str
    name: str
    name_en: str = ""
    variable: str = ""
    type_ref: str = ""
    expression: Expression | None = None
    inputs: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()
    clause: str = ""
    line: int | None = None
    input_names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DmnModel:
    """A whole file. `imports` maps an import's name to the imported model; `findings` are faults that were
    tolerated when the file was read."""

    name: str
    namespace: str
    digest: str
    decisions: Mapping[str, Decision]
    inputs: Mapping[str, InputData] = field(default_factory=dict)
    knowledge: Mapping[str, KnowledgeModel] = field(default_factory=dict)
    services: Mapping[str, DecisionService] = field(default_factory=dict)
    types: Mapping[str, ItemDefinition] = field(default_factory=dict)
    imports: Mapping[str, DmnModel] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    tolerant: bool = False

    def decision_named(self, name: str) -> Decision | None:
        """Returns the decision with that name, or else with that id."""
        named = (decision for decision in self.decisions.values() if decision.name == name)
        return next(named, self.decisions.get(name))
