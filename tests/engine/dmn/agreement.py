"""Proves that tables compiled to durable_rules match the same rows as the plain FEEL evaluator.

`run(count, seed)` decides `count` random facts on random tables both ways; `python -m tests.engine.dmn.agreement
100000` is the full proof. A case in which the encoding does not fit runs wholly on FEEL and is counted apart.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from engine.dmn.boxed import BoxedCompiler
from engine.dmn.faults import Faults
from engine.dmn.frame import Frame
from engine.dmn.model import Cell, DecisionTable, DmnModel, InputClause, LiteralExpression, OutputClause, Rule
from engine.dmn.table import CompiledTable
from engine.dmn.texts import TextCompiler
from tests.engine.dmn.tables import NOW

FACTS_PER_TABLE = 25
WORDS = [
    "",
    "a",
    "b",
    "A",
    "true",
    "1",
    "null",
    "-",
    "中文",
    'say "hi"',
    "back\\slash",
    "a b",
    "n:",
    "s:a",
    "é",
    "🚗",
    "a,b",
    "%41",
]
DAYS = [date(2024, 2, 29), date(2026, 1, 1), date(2026, 9, 30), date(2026, 10, 1), date(9999, 12, 31), date(1, 1, 1)]
SHANGHAI = timezone(timedelta(hours=8))


@dataclass(slots=True)
class Report:
    """What came out: facts decided on durable_rules, facts that ran on FEEL, and every disagreement."""

    compared: int = 0
    on_feel: int = 0
    disagreements: list[str] = field(default_factory=list)


def run(count: int, seed: int) -> Report:
    """Compares `count` facts; the same seed gives the same tables and facts."""
    source = random.Random(seed)
    report = Report()
    while report.compared + report.on_feel < count:
        table, values = random_table(source)
        for _ in range(FACTS_PER_TABLE):
            facts = [pick() for pick in values]
            day = source.choice(DAYS[:4])
            _compare(table, facts, day, report)
        table.close()
    return report


def _compare(table: CompiledTable, facts: list[Any], day: date, report: Report) -> None:
    frame = Frame({}, NOW, day)
    found = table.match_by_durable_rules(facts, frame)
    if found is None:
        report.on_feel += 1
        return
    report.compared += 1
    expected = table.match_by_feel(facts, frame)
    if found != expected:
        for index in sorted(set(found) ^ set(expected)):
            rule = table.table.rules[index]
            cells = [cell.text for cell in rule.inputs]
            winner = "durable_rules" if index in found else "FEEL"
            report.disagreements.append(
                f"{facts!r} on {day}: only {winner} matches {cells} ({rule.effective_from}..{rule.effective_to})"
            )


# ---------------------------------------------------------------- random tables


def random_table(source: random.Random) -> tuple[CompiledTable, list[Callable[[], Any]]]:
    """Returns a compiled table of 1 to 4 columns and 1 to 80 rows, and a source of facts per column."""
    columns = [source.choice(_COLUMNS)(source) for _ in range(source.randint(1, 4))]
    size = source.choice([1, 3, 8, 31, 32, 33, 80])
    rules = tuple(_rule(index, columns, source) for index in range(1, size + 1))
    table = DecisionTable(
        hit_policy="COLLECT",
        aggregation=None,
        inputs=tuple(
            InputClause(LiteralExpression(f"c{number}"), type_ref=column.kind) for number, column in enumerate(columns)
        ),
        outputs=(OutputClause("out"),),
        rules=rules,
    )
    model = DmnModel("random", "urn:random", "", {})
    faults = Faults()
    compiled, _ = BoxedCompiler(model, TextCompiler(faults, {}), []).table(table, frozenset())
    assert not faults.found, faults.found
    return compiled, [column.fact for column in columns]


def _rule(index: int, columns: list[Column], source: random.Random) -> Rule:
    cells = tuple(Cell("-" if source.random() < 0.3 else column.cell()) for column in columns)
    first = source.choice([None, None, None, *DAYS[:4]])
    last = source.choice([None, None, None, *DAYS[:4]])
    return Rule(f"r{index}", index, cells, (Cell("1"),), effective_from=first, effective_to=last)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of one kind: how to make a cell and a fact."""

    kind: str
    cell: Callable[[], str]
    fact: Callable[[], Any]


def _strings(source: random.Random) -> Column:
    def cell() -> str:
        listed = ", ".join(_quoted(source.choice(WORDS)) for _ in range(source.randint(1, 3)))
        return source.choice([listed, listed, f"not({listed})", f"null, {listed}", "null", "not(null)"])

    return Column("string", cell, lambda: _odd(source, [*WORDS, None, "else"], ["x" * 3000, 1, True]))


def _booleans(source: random.Random) -> Column:
    texts = ["true", "false", "true, false", "not(true)", "not(false)", "false, null", "null"]
    return Column("boolean", lambda: source.choice(texts), lambda: _odd(source, [True, False, None], ["true", 1]))


def _numbers(source: random.Random) -> Column:
    scale = source.choice([1, 10, 1_000_000])
    points = [Decimal(source.randint(-50, 50)) * scale / source.choice([1, 4, 100]) for _ in range(5)]

    def fact() -> Any:
        near = source.choice(points) + Decimal(source.choice(["0", "0", "1", "-1", "0.000001", "-0.01"]))
        common = [near, near, near, int(near), None, 10**12, -(10**12)]
        return _odd(source, common, [10**40, Decimal("1E-9"), "9", True])

    return Column("number", lambda: _ordered(points, str, source), fact)


def _dates(source: random.Random) -> Column:
    def fact() -> Any:
        day = source.choice(DAYS[:4]) + timedelta(days=source.choice([0, 0, 1, -1]))
        return _odd(source, [day, day, day, None, *DAYS], ["2026-10-01", datetime(2026, 10, 1, tzinfo=UTC)])

    return Column("date", lambda: _ordered(DAYS, lambda day: f'date("{day.isoformat()}")', source), fact)


def _instants(source: random.Random) -> Column:
    moments = [datetime(2026, 10, 1, 16, 20, tzinfo=SHANGHAI) + timedelta(hours=12 * n) for n in range(4)]

    def fact() -> Any:
        moment = source.choice(moments) + timedelta(seconds=source.choice([0, 0, 1, -1]))
        return _odd(source, [moment, moment.astimezone(UTC), None], [moment.replace(tzinfo=None), DAYS[3]])

    def text(moment: datetime) -> str:
        return f'@"{moment.isoformat()}"'

    return Column("date and time", lambda: _ordered(moments, text, source), fact)


def _odd(source: random.Random, common: list[Any], odd: list[Any]) -> Any:
    """A fact; one of fifty does not fit its column, so that the table has to run on FEEL."""
    return source.choice(odd if source.random() < 0.02 else common)


def _ordered(points: list[Any], text: Callable[[Any], str], source: random.Random) -> str:
    """A cell of a column whose values have an order."""

    def one() -> str:
        low, high = sorted([source.choice(points), source.choice(points)])
        sign = source.choice(["<", "<=", ">", ">=", ""])
        start, end = source.choice("[("), source.choice("])")
        return source.choice([f"{sign}{text(low)}", f"{start}{text(low)}..{text(high)}{end}", text(high)])

    listed = ", ".join(one() for _ in range(source.randint(1, 3)))
    return source.choice([listed, listed, listed, f"null, {listed}", "null"])


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_COLUMNS = [_strings, _booleans, _numbers, _dates, _instants]


if __name__ == "__main__":
    outcome = run(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    print(f"{outcome.compared} compared, {outcome.on_feel} on FEEL, {len(outcome.disagreements)} disagreements")
    for line in outcome.disagreements[:10]:
        print(line)
    sys.exit(bool(outcome.disagreements))
