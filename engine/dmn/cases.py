"""Runs the cases beside a table (`rules/<key>/tests.yaml`) against it, as `marque test` and a proposal do.

A file has `file: <name>.dmn` and `cases`, each with `name`, `decision`, `inputs` and what is expected: `expect` (a
value; of a context only the entries named there count), `never` (a list of well-known wrong answers, matched in the
same way), `rows` (the exact ids of the rows that fire) and `change` (counterfactuals that have to be found, each with
`set`, other values of inputs, and `expect`, what they lead to). Dates are YAML dates, instants carry an offset, a text
that starts with `=` is FEEL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from engine.dmn import counterfactuals
from engine.dmn.decision import CompiledModel, compile_model
from engine.dmn.libraries import Library
from engine.dmn.model import DecisionTable
from engine.dmn.result import DecisionResult
from engine.errors import ExecutionFailed, NotFound, ParseFailed
from engine.feel import Environment, FeelError, compile_expression
from engine.findings import Finding

MAX_BYTES = 2_000_000
UNSAID = object()
NOON = datetime(2026, 1, 1, 4, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """One case: facts in, conclusions expected. `rows` is None where the case does not care which rows fire."""

    name: str
    decision: str
    inputs: Mapping[str, Any]
    expect: Any = UNSAID
    rows: tuple[str, ...] | None = None
    never: tuple[Any, ...] = ()
    anchor: datetime | None = None
    changes: tuple[tuple[Mapping[str, Any], Any], ...] = ()


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of a case. `reason` says what differs; empty when it passed. `fired` are `decision/row` ids."""

    case: Case
    reason: str
    fired: frozenset[str] = frozenset()

    @property
    def passed(self) -> bool:
        return not self.reason


class _Loader(yaml.SafeLoader):
    """YAML with decimals instead of binary floats."""


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)))


_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)


def read_cases(body: bytes, *, name: str) -> list[Case]:
    """Reads a tests.yaml; raises ParseFailed."""
    try:
        content = yaml.load(body, Loader=_Loader) if len(body) <= MAX_BYTES else None  # noqa: S506  it is a SafeLoader
    except (yaml.YAMLError, ArithmeticError) as error:
        raise _unreadable(name, str(error)) from error
    entries = content.get("cases") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries:
        raise _unreadable(name, "it needs a list `cases`")
    return [_case(entry, number, name) for number, entry in enumerate(entries, start=1)]


def run_cases(model: CompiledModel, cases: Sequence[Case], *, now: datetime = NOON) -> list[CaseResult]:
    """Decides each case; an error is a failed case, never an exception."""
    environment = Environment(now=now)
    return [_run(model, case, environment) for case in cases]


def run_folder(folder: Path, *, now: datetime = NOON) -> list[CaseResult]:
    """Runs `tests.yaml` of a folder of rules against the table beside it; raises ParseFailed."""
    file = folder / "tests.yaml"
    cases = read_cases(file.read_bytes(), name=f"{folder.name}/tests.yaml")
    table = folder / f"{folder.name}.dmn"
    library = Library({path.name: path.read_bytes() for path in folder.glob("*.dmn")})
    compiled = compile_model(library.model(table.name))
    try:
        return run_cases(compiled, cases, now=now)
    finally:
        compiled.close()


def untested_rows(model: CompiledModel, results: Sequence[CaseResult]) -> list[str]:
    """Returns the rows, as `decision/row`, that no case makes fire."""
    fired = frozenset[str]().union(*(result.fired for result in results))
    return [row for row in _all_rows(model) if row not in fired]


def _all_rows(model: CompiledModel) -> Iterator[str]:
    for decision in model.model.decisions.values():
        if isinstance(decision.expression, DecisionTable):
            yield from (f"{decision.id}/{rule.row_id}" for rule in decision.expression.rules)


def _case(entry: Any, number: int, name: str) -> Case:
    known = {"name", "decision", "inputs", "expect", "never", "rows", "anchor", "change"}
    if not isinstance(entry, dict) or not isinstance(entry.get("decision"), str) or set(entry) - known:
        raise _unreadable(name, f"case {number} needs `decision` and may have {', '.join(sorted(known))}")
    if not isinstance(entry.get("never", []), list):
        raise _unreadable(name, f"case {number}: `never` has to be a list of wrong answers")
    if "expect" not in entry and "rows" not in entry:
        raise _unreadable(name, f"case {number} expects nothing; write `expect` or `rows`")
    case = Case(
        name=str(entry.get("name") or f"case {number}"),
        decision=entry["decision"],
        inputs={str(key): _value(value, name) for key, value in (entry.get("inputs") or {}).items()},
        expect=_value(entry["expect"], name) if "expect" in entry else UNSAID,
        rows=tuple(map(str, entry["rows"] or ())) if "rows" in entry else None,
        never=tuple(_value(value, name) for value in entry.get("never", ())),
        changes=tuple(_change(change, number, name) for change in entry.get("change") or ()),
    )
    anchor = entry.get("anchor")
    if anchor is None:
        return case
    if not isinstance(anchor, datetime) or anchor.tzinfo is None:
        raise _unreadable(name, f"case {number}: `anchor` has to be an instant with an offset")
    return replace(case, anchor=anchor)


def _change(change: Any, number: int, name: str) -> tuple[Mapping[str, Any], Any]:
    if not isinstance(change, dict) or set(change) != {"set", "expect"} or not isinstance(change["set"], dict):
        raise _unreadable(name, f"case {number}: each `change` has `set` (inputs with values) and `expect`")
    return {str(key): _value(value, name) for key, value in change["set"].items()}, _value(change["expect"], name)


def _value(value: Any, name: str) -> Any:
    """A YAML value as a process value."""
    if isinstance(value, dict):
        return {str(key): _value(item, name) for key, item in value.items()}
    if isinstance(value, list):
        return [_value(item, name) for item in value]
    if isinstance(value, str) and value.startswith("="):
        try:
            return compile_expression(value[1:]).evaluate({}, Environment(now=NOON))
        except FeelError as error:
            raise _unreadable(name, f"{value}: {error}") from error
    return value


def _run(model: CompiledModel, case: Case, environment: Environment) -> CaseResult:
    try:
        result = model.decide(case.decision, case.inputs, environment, anchor=case.anchor)
    except (NotFound, ExecutionFailed) as error:
        return CaseResult(case, str(error))
    reason = _difference(case, result) or (case.changes and _missed(model, case, environment)) or ""
    return CaseResult(case, reason, frozenset(_fired(result)))


def _missed(model: CompiledModel, case: Case, environment: Environment) -> str:
    """Which counterfactual the case expects and the search does not find."""
    answer = counterfactuals.find(model, case.decision, case.inputs, environment, anchor=case.anchor, limit=100)
    found = [({move.name: move.after for move in one.moves}, one.output) for one in answer.found]
    for wanted, expected in case.changes:
        if not any(moved == wanted and _matches(expected, output) for moved, output in found):
            return f"no counterfactual {dict(wanted)!r} to {expected!r}; found {[moved for moved, _ in found]!r}"
    return ""


def _difference(case: Case, result: DecisionResult) -> str:
    rows = tuple(row.row_id for row in result.rows)
    if case.rows is not None and case.rows != rows:
        return f"expected rows {list(case.rows)}, fired {list(rows)}"
    if case.expect is not UNSAID and not _matches(case.expect, result.output):
        return f"expected {case.expect!r}, decided {result.output!r}"
    wrong = next((value for value in case.never if _matches(value, result.output)), UNSAID)
    return "" if wrong is UNSAID else f"decided {result.output!r}, which is never right: {wrong!r}"


def _fired(result: DecisionResult) -> Iterator[str]:
    yield from (f"{result.decision_key}/{row.row_id}" for row in result.rows)
    for required in result.required:
        yield from _fired(required)


def _matches(expected: Any, found: Any) -> bool:
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            key in found and _matches(value, found[key]) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(_matches(one, other) for one, other in zip(expected, found, strict=True))
        )
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, date) != isinstance(found, date):
        return False
    return bool(expected == found)


def _unreadable(name: str, why: str) -> ParseFailed:
    return ParseFailed(
        {name: [Finding("error", "cases-invalid", f"用例文件有误：{why}", f"the cases are unreadable: {why}")]}
    )
