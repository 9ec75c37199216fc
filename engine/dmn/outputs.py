"""Checks the results of a table's rows: types, allowed values, money, roles, weights, the order of deadlines."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any

from engine.dmn.cells import kind_of
from engine.dmn.faults import table_finding
from engine.dmn.frame import EPOCH, constant
from engine.dmn.model import Cell, Decision, DecisionTable, LiteralExpression, OutputClause, Rule
from engine.dmn.table import KINDS
from engine.feel import FeelError, compile_expression, compile_unary_tests
from engine.findings import Finding

ROLE_COLUMNS = ("responsible", "escalate_to", "role", "may_approve", "inform", "lead_department")
NOT_ROLES = ("opened_by",)  # the first employee, whoever that is (R2-11-2a)
DEADLINE_ORDER = ("entry", "first_contact", "investigation", "result", "close")
MINUTES = {"minutes": 1, "hours": 60}
HUNDRED = 100
READ = object()  # a result that depends on the case


def check_outputs(decision: Decision, table: DecisionTable, roles: Collection[str] | None) -> Iterator[Finding]:
    """Yields what is wrong with the results that are the same in every case."""
    for rule in table.rules:
        for cell, clause in zip(rule.outputs, table.outputs, strict=True):
            value = _value(cell)
            if value is READ or value is None:
                continue
            for code, zh, en in _faults(value, clause, roles):
                title = clause.label or clause.name
                yield table_finding(
                    decision,
                    "error",
                    code,
                    f"第 {rule.index} 行「{title}」{zh}：{cell.text}",
                    f'row {rule.index} "{title}": {en}: {cell.text}',
                    rule=rule,
                    cell=cell,
                )
    yield from _weights(decision, table)
    yield from _deadline_order(decision, table)


def _value(cell: Cell) -> Any:
    """The value of a result that reads nothing, else READ."""
    try:
        expression = compile_expression(cell.text) if cell.text.strip() else None
        return READ if expression is None or expression.names else constant(expression)
    except FeelError:
        return READ


def _faults(value: Any, clause: OutputClause, roles: Collection[str] | None) -> Iterator[tuple[str, str, str]]:
    declared = KINDS.get(clause.type_ref)
    kind = _kind(value)
    if declared is not None and kind is not None and kind != declared:
        yield "type-mismatch", f"须为 {declared}", f"this is no {declared}"
    elif clause.allowed is not None and not _allowed(value, clause.allowed):
        yield "value-not-allowed", "不在允许的取值中", "not among the allowed values"
    if clause.name.endswith("_fen") and isinstance(value, (int, Decimal)) and value < 0:
        yield "negative-money", "金额为负", "negative money"
    if roles is not None and clause.name in ROLE_COLUMNS:
        unknown = [role for role in _roles(value) if role not in roles and role not in NOT_ROLES]
        if unknown:
            listed = ", ".join(unknown)
            yield "unknown-role", f"未知角色 {listed}", f"unknown role {listed}"


def _kind(value: Any) -> str | None:
    if isinstance(value, (list, dict)):
        return "list" if isinstance(value, list) else "context"
    return kind_of(Decimal(value) if type(value) is int else value)


def _allowed(value: Any, allowed: LiteralExpression) -> bool:
    try:
        return compile_unary_tests(allowed.text).evaluate(value, {}, EPOCH) is True
    except FeelError:
        return True  # a fault of the allowed values themselves, which reading the file reported


def _roles(value: Any) -> list[str]:
    texts = value if isinstance(value, list) else [value]
    return [role for text in texts if isinstance(text, str) for role in text.split("|")]


def _weights(decision: Decision, table: DecisionTable) -> Iterator[Finding]:
    """The weights of a scorecard add up to 100 (DT-08)."""
    for number, clause in enumerate(table.outputs):
        if clause.name == "weight":
            values = [_value(rule.outputs[number]) for rule in table.rules]
            if all(isinstance(value, (int, Decimal)) for value in values) and sum(values) != HUNDRED:
                yield table_finding(
                    decision,
                    "error",
                    "weights",
                    f"权重合计为 {sum(values)}，须为 100",
                    f"the weights add up to {sum(values)}",
                )


def _deadline_order(decision: Decision, table: DecisionTable) -> Iterator[Finding]:
    """Of the rows that open deadlines under the same conditions, each stage ends no earlier than the one before."""
    names = [output.name for output in table.outputs]
    if not {"code", "limit", "unit", "action"} <= set(names):
        return
    latest: dict[tuple[str, ...], tuple[int, Decimal, Rule]] = {}
    stages = sorted(_stages(table, names), key=lambda stage: stage[0])
    for place, minutes, rule in stages:
        key = tuple("".join(cell.text.split()) for cell in rule.inputs)
        before = latest.get(key)
        if before is not None and minutes < before[1]:
            yield table_finding(
                decision,
                "error",
                "deadline-order",
                f"第 {rule.index} 行的期限早于前一阶段（第 {before[2].index} 行）",
                f"row {rule.index} ends before the stage that precedes it (row {before[2].index})",
                rule=rule,
            )
        latest[key] = (place, minutes, rule)


def _stages(table: DecisionTable, names: list[str]) -> Iterator[tuple[int, Decimal, Rule]]:
    """Rows of the complaint stages that open a deadline by the clock: place in the order, minutes, row."""
    for rule in table.rules:
        row = {name: _value(cell) for name, cell in zip(names, rule.outputs, strict=True)}
        limit = row["limit"]
        known = row["code"] in DEADLINE_ORDER and row["action"] == "open" and row["unit"] in MINUTES
        if known and isinstance(limit, (int, Decimal)):
            yield DEADLINE_ORDER.index(row["code"]), Decimal(limit) * MINUTES[row["unit"]], rule
