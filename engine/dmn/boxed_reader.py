"""Reads boxed expressions and decision tables from XML (DMN 1.5, 8 and 10.2.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Literal, cast, get_args

from engine.dmn.faults import Faults
from engine.dmn.model import (
    Aggregation,
    BoxedList,
    Cell,
    Conditional,
    Context,
    DecisionTable,
    Expression,
    Filter,
    FunctionDefinition,
    HitPolicy,
    InputClause,
    Invocation,
    Iterator,
    LiteralExpression,
    OutputClause,
    Parameter,
    Relation,
    Rule,
)
from engine.dmn.xml import Element

FEEL_LANGUAGES = ("", "feel")


def read_expression(parent: Element, faults: Faults) -> Expression | None:
    """Returns the first boxed expression among the children of an element."""
    for child in parent:
        read = _READERS.get(child.tag)
        if read is not None:
            return read(child, faults)
    return None


def read_variable(element: Element | None) -> Parameter | None:
    """Reads `variable`, `formalParameter`, `parameter` and `column`."""
    return None if element is None else Parameter(element.get("name"), type_ref(element))


def type_ref(element: Element) -> str:
    """Returns the type of an element; DMN 1.1 wrote a prefix before the built-in ones."""
    reference = element.get("typeRef")
    return reference.removeprefix("feel:")


def read_function(element: Element, faults: Faults) -> FunctionDefinition:
    """Reads `functionDefinition` and `encapsulatedLogic`."""
    parameters = tuple(p for p in map(read_variable, element.all("formalParameter")) if p is not None)
    body = read_expression(element, faults)
    return FunctionDefinition(parameters, body, element.get("kind", "FEEL"), type_ref(element))


def _literal(element: Element, faults: Faults) -> LiteralExpression:
    language = element.get("expressionLanguage").lower()
    if language not in FEEL_LANGUAGES and not language.rstrip("/").endswith("feel"):
        faults.error("expression-language", "只支持 FEEL 表达式", f"only FEEL is understood, not {language}", element)
    text = element.text_of("text")
    return LiteralExpression(text, type_ref(element), element.line, element.get("id") or None)


def _child_literal(parent: Element, tag: str, faults: Faults) -> LiteralExpression | None:
    child = parent.first(tag)
    return _literal(child, faults) if child is not None and child.text_of("text") else None


def _context(element: Element, faults: Faults) -> Context:
    entries = tuple(
        (read_variable(entry.first("variable")), read_expression(entry, faults))
        for entry in element.all("contextEntry")
    )
    return Context(entries, type_ref(element))


def _invocation(element: Element, faults: Faults) -> Invocation:
    bindings = []
    for binding in element.all("binding"):
        parameter = read_variable(binding.first("parameter"))
        if parameter is not None:
            bindings.append((parameter, read_expression(binding, faults)))
    return Invocation(read_expression(element, faults), tuple(bindings), type_ref(element))


def _relation(element: Element, faults: Faults) -> Relation:
    columns = tuple(c for c in map(read_variable, element.all("column")) if c is not None)
    rows = tuple(
        tuple(_READERS[cell.tag](cell, faults) for cell in row if cell.tag in _READERS) for row in element.all("row")
    )
    return Relation(columns, rows, type_ref(element))


def _list(element: Element, faults: Faults) -> BoxedList:
    items = tuple(_READERS[item.tag](item, faults) for item in element if item.tag in _READERS)
    return BoxedList(items, type_ref(element))


def _part(element: Element, tag: str, faults: Faults) -> Expression | None:
    part = element.first(tag)
    return None if part is None else read_expression(part, faults)


def _conditional(element: Element, faults: Faults) -> Conditional:
    condition, then, otherwise = (_part(element, tag, faults) for tag in ("if", "then", "else"))
    return Conditional(condition, then, otherwise, type_ref(element))


def _filter(element: Element, faults: Faults) -> Filter:
    return Filter(_part(element, "in", faults), _part(element, "match", faults), type_ref(element))


def _iterator(element: Element, faults: Faults) -> Iterator:
    kind = cast('Literal["for", "some", "every"]', element.tag)
    body = _part(element, "return" if kind == "for" else "satisfies", faults)
    variable = element.get("iteratorVariable")
    source = _part(element, "in", faults)
    return Iterator(kind, variable, source, body, type_ref(element))


# ---------------------------------------------------------------- decision tables


def _table(element: Element, faults: Faults) -> DecisionTable:
    policy = element.get("hitPolicy", "UNIQUE").replace("_", " ")
    if policy not in get_args(HitPolicy):
        faults.error("hit-policy", f"未知的命中策略 {policy}", f"{policy} is no hit policy", element)
        policy = "UNIQUE"
    aggregation = element.get("aggregation")
    if aggregation and aggregation not in get_args(Aggregation):
        faults.error("aggregation", f"未知的聚合方式 {aggregation}", f"{aggregation} is no aggregation", element)
    return DecisionTable(
        hit_policy=cast("HitPolicy", policy),
        aggregation=cast("Aggregation", aggregation) if aggregation in get_args(Aggregation) else None,
        inputs=tuple(_input_clause(child, faults) for child in element.all("input")),
        outputs=tuple(_output_clause(child, faults) for child in element.all("output")),
        rules=_rules(element, faults),
        type_ref=type_ref(element),
        line=element.line,
        element_id=element.get("id") or None,
    )


def _input_clause(element: Element, faults: Faults) -> InputClause:
    expression = element.first("inputExpression")
    literal = _literal(expression, faults) if expression is not None else LiteralExpression("", "", element.line)
    return InputClause(
        expression=literal,
        label=element.get("label"),
        label_en=element.marque("labelEn"),
        type_ref=literal.type_ref,
        allowed=_child_literal(element, "inputValues", faults),
        is_fixed=element.marque("fixed") == "true",
    )


def _output_clause(element: Element, faults: Faults) -> OutputClause:
    return OutputClause(
        name=element.get("name"),
        label=element.get("label"),
        label_en=element.marque("labelEn"),
        type_ref=type_ref(element),
        allowed=_child_literal(element, "outputValues", faults),
        default=_child_literal(element, "defaultOutputEntry", faults),
    )


def _rules(table: Element, faults: Faults) -> tuple[Rule, ...]:
    inputs, outputs = len(table.all("input")), len(table.all("output"))
    rules, seen = [], set()
    for index, element in enumerate(table.all("rule"), start=1):
        rule = _rule(element, index, table, faults)
        if len(rule.inputs) != inputs or len(rule.outputs) != outputs:
            faults.error("row-incomplete", "该行的单元格数与列数不符", "the row has not one cell per column", element)
        elif rule.row_id in seen:
            faults.error("row-id-twice", f"行号 {rule.row_id} 重复", f"the row id {rule.row_id} is used twice", element)
        else:
            rules.append(rule)
        seen.add(rule.row_id)
    return tuple(rules)


def _rule(element: Element, index: int, table: Element, faults: Faults) -> Rule:
    """A row; what it does not say itself (provenance, clause, dates) it takes from its table."""
    return Rule(
        row_id=element.get("id") or f"row_{index}",
        index=index,
        inputs=_cells(element, "inputEntry", _provenances(table, "input")),
        outputs=_cells(element, "outputEntry", _provenances(table, "output")),
        clause=element.marque("clause") or table.marque("clause"),
        note_zh=element.marque("noteZh") or element.text_of("description"),
        note_en=element.marque("noteEn"),
        effective_from=_date(element, table, "effectiveFrom", faults),
        effective_to=_date(element, table, "effectiveTo", faults),
        line=element.line,
    )


def _provenances(table: Element, tag: str) -> list[str]:
    return [column.marque("provenance") or table.marque("provenance") for column in table.all(tag)]


def _cells(rule: Element, tag: str, defaults: list[str]) -> tuple[Cell, ...]:
    cells = []
    for number, entry in enumerate(rule.all(tag)):
        default = defaults[number] if number < len(defaults) else ""
        mark = entry.marque("provenance") or rule.marque("provenance") or default
        cells.append(Cell(entry.text_of("text"), mark, entry.line, entry.get("id") or None))
    return tuple(cells)


def _date(element: Element, table: Element, name: str, faults: Faults) -> date | None:
    text = element.marque(name) or table.marque(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults.error("date-invalid", f"{name} 须为 YYYY-MM-DD", f"{name} has to be YYYY-MM-DD, not {text}", element)
        return None


_READERS: dict[str, Callable[[Element, Faults], Expression]] = {
    "literalExpression": _literal,
    "decisionTable": _table,
    "context": _context,
    "invocation": _invocation,
    "relation": _relation,
    "list": _list,
    "functionDefinition": read_function,
    "conditional": _conditional,
    "filter": _filter,
    "for": _iterator,
    "some": _iterator,
    "every": _iterator,
}
