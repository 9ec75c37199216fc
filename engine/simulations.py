"""Backtests: what a changed rule would have decided on the cases of the past (before anybody publishes it).

The recorded decisions of a time are taken again by the draft, each at its own instant and on the variables that it
read then. What the recording version did not read is looked up in the history of the case. Personal values stay
references and nothing is written. Results name cases by reference only.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from datetime import time as clock_time
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Select, func, select

from engine import authorizations, decisions, models
from engine.clock import from_micros, to_micros
from engine.context import CommandContext
from engine.dmn.decision import CompiledModel
from engine.dmn.program import Program
from engine.errors import ExecutionFailed, InvalidRequest, NotFound
from engine.feel import Environment
from engine.releases import outside_sandboxes
from engine.values import decode, dump, from_json, load, to_json

CHUNK = 1_000
MEMORY = 200_000  # remembered results, so that equal facts are decided once
EXAMPLES = 20
_PLAIN = re.compile(r"[A-Za-z0-9_.:@-]{1,64}", re.ASCII)
_TIME_DEPENDENT = re.compile(rb"\b(now|today)\s*\(")
DECISION, INSTANCE = models.decision_instance, models.process_instance


@dataclass(frozen=True, slots=True)
class Question:
    """What to replay. `given` replaces variables in every case (`{"mode": "any"}`).

    `as_of` compares the effective dates of rows with this day instead of each case's own: rows that only come into
    force in future would never match the past. `limit` and `seconds` bound the work; None replays everything.
    """

    decision_key: str
    since: datetime
    until: datetime | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    as_of: date | None = None
    limit: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One case that the draft would decide otherwise. Outputs are in their stored (JSON) form."""

    process_instance_id: str | None
    case_no: str | None
    customer_ref: str | None
    at: int
    rows_before: tuple[str, ...]
    rows_after: tuple[str, ...]
    output_before: Any
    output_after: Any


@dataclass(slots=True)
class Report:
    """What a backtest found. `moves` counts (rows before, rows after) of the changed cases.

    `other_row` counts equal results by other rows; `errors` what the draft could not decide, by reason; `unrecorded`
    the variables that the draft reads and no history has, with the number of cases.
    """

    decision_key: str
    total: int = 0
    replayed: int = 0
    equal: int = 0
    other_row: int = 0
    changed: int = 0
    failed: int = 0
    complete: bool = True
    moves: Counter[tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    unrecorded: Counter[str] = field(default_factory=Counter)
    examples: list[Change] = field(default_factory=list)


def backtest(
    ctx: CommandContext,
    draft: CompiledModel,
    question: Question,
    *,
    source: bytes | None = None,
    progress: Callable[[int, int], None] | None = None,
    on_change: Callable[[Change], None] | None = None,
) -> Report:
    """Replays recorded decisions with a draft.

    `source` is the draft's file: without it nothing is assumed of its use of the clock. `progress` is told (replayed,
    total) after each chunk, `on_change` every changed case; the report itself keeps a few as examples. Raises NotFound
    if the draft has no such decision, InvalidRequest if it does not read what `given` names.
    """
    authorizations.require(ctx, "DecisionDefinition", "evaluate")
    replay = _Replay(ctx, draft, question, source)
    report = replay.report
    started = time.monotonic()
    with closing(_chunks(ctx, question)) as chunks:
        for rows in chunks:
            for recorded, variables in replay.restored(rows):
                change = replay.judge(recorded, variables)
                if change is not None and on_change is not None:
                    on_change(change)
            if progress is not None:
                progress(report.replayed, report.total)
            if question.seconds is not None and time.monotonic() - started > question.seconds:
                break
    report.complete = report.replayed == report.total
    return report


# ------------------------------------------------------------ the recorded decisions


class _Fired(msgspec.Struct):
    row: str


class _Body(msgspec.Struct):
    """What a replay reads of a recorded decision; values stay bytes until somebody asks for them."""

    output: msgspec.Raw
    inputs: msgspec.Raw
    rows: list[_Fired] = []
    anchor: msgspec.Raw = msgspec.Raw(b"null")
    variables: msgspec.Raw = msgspec.Raw(b"")


_body_decoder = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, slots=True)
class _Recorded:
    root_id: str | None
    at: int
    business_key: str | None
    customer_ref: str | None
    definition_id: str | None
    body: _Body


def _matching(question: Question) -> list[Any]:
    conditions = [
        DECISION.c.decision_key == question.decision_key,
        DECISION.c.at >= to_micros(question.since),
        outside_sandboxes(DECISION.c.root_id),
    ]
    if question.until is not None:
        conditions.append(DECISION.c.at < to_micros(question.until))
    return conditions


def count(ctx: CommandContext, question: Question) -> int:
    """Returns how many recorded decisions the question is about."""
    query = select(func.count()).select_from(DECISION).where(*_matching(question))
    return ctx.connection.execute(query).scalar_one()


def _chunks(ctx: CommandContext, question: Question) -> Generator[list[_Recorded], None, None]:
    """Reads the decisions a chunk at a time, so that memory stays flat: in order, or the newest where not all count."""
    order = (DECISION.c.at, DECISION.c.id)
    query: Select[Any] = (
        select(
            DECISION.c.root_id,
            DECISION.c.at,
            INSTANCE.c.business_key,
            INSTANCE.c.customer_ref,
            DECISION.c.definition_id,
            DECISION.c.body,
        )
        .join_from(DECISION, INSTANCE, INSTANCE.c.id == DECISION.c.root_id, isouter=True)
        .where(*_matching(question))
        .order_by(*(order if question.limit is None else [column.desc() for column in order]))
        .limit(question.limit)
        .execution_options(yield_per=CHUNK)
    )
    with ctx.connection.execute(query) as result:
        for rows in result.partitions():
            yield [_recorded(row) for row in rows]


def _recorded(row: Any) -> _Recorded:
    return _Recorded(
        root_id=row.root_id,
        at=row.at,
        business_key=row.business_key,
        customer_ref=row.customer_ref,
        definition_id=row.definition_id,
        body=_body_decoder.decode(row.body),
    )


# ------------------------------------------------------------ one replay


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the draft said on some facts; `error` is empty where it decided."""

    rows: tuple[str, ...] = ()
    output: bytes = b"null"
    error: str = ""


class _Replay:
    """Decides again, remembers what was decided on equal facts, and counts."""

    def __init__(self, ctx: CommandContext, draft: CompiledModel, question: Question, source: bytes | None) -> None:
        decision = draft.model.decisions.get(question.decision_key)
        if decision is None:
            known = ", ".join(sorted(draft.model.decisions))
            raise NotFound(f"the draft has no decision {question.decision_key}; it has {known}")
        strange = sorted(set(question.given) - decision.input_names)
        if strange:
            raise InvalidRequest(f"decision {question.decision_key} reads no {', '.join(strange)}")
        self._ctx = ctx
        self._draft = draft
        self._question = question
        self._reads = decision.input_names - set(question.given)
        self._environment = decisions.environment(ctx)
        self._zone = ZoneInfo(self._environment.zone)
        self._timeless = source is not None and _TIME_DEPENDENT.search(source) is None
        self._borders = sorted(_borders(draft.program))
        self._as_of = _noon(question.as_of, self._zone) if question.as_of else None
        self._known: dict[tuple[str | None, bool], frozenset[str]] = {}
        self._memory: dict[tuple[bytes, int], _Verdict] = {}
        self.report = Report(question.decision_key, total=_bounded(count(ctx, question), question.limit))

    def restored(self, chunk: list[_Recorded]) -> Iterator[tuple[_Recorded, bytes]]:
        """Yields each decision with the stored form of the variables that the draft needs."""
        lacking = [self._lacking(recorded) for recorded in chunk]
        wanted = frozenset[str]().union(*lacking)
        found = _history(self._ctx, chunk, wanted) if wanted else {}
        for recorded, missing in zip(chunk, lacking, strict=True):
            yield recorded, self._completed(recorded, missing, found) if missing else bytes(_facts(recorded.body))

    def _lacking(self, recorded: _Recorded) -> frozenset[str]:
        """Names that the draft reads and that this version did not record; all records of a version are alike."""
        kind = (recorded.definition_id, bool(bytes(recorded.body.variables)))
        if kind not in self._known:
            self._known[kind] = self._reads - frozenset(load(bytes(_facts(recorded.body))))
        return self._known[kind]

    def _completed(self, recorded: _Recorded, missing: Iterable[str], found: Mapping[Any, Any]) -> bytes:
        facts = load(bytes(_facts(recorded.body)))
        for name in missing:
            value = _as_of(found.get((recorded.root_id, name), ()), recorded.at)
            if value is None:
                self.report.unrecorded[name] += 1
            else:
                facts[name] = load(value)
        return dump(facts)

    def judge(self, recorded: _Recorded, facts: bytes) -> Change | None:
        """Compares what was decided with what the draft says; returns the change, if there is one."""
        report = self.report
        report.replayed += 1
        verdict = self._decide(recorded, facts)
        if verdict.error:
            report.failed += 1
            report.errors[verdict.error] += 1
            return None
        before = bytes(recorded.body.output)
        rows_before = tuple(fired.row for fired in recorded.body.rows)
        if before == verdict.output or load(before) == load(verdict.output):
            report.equal += 1
            report.other_row += rows_before != verdict.rows
            return None
        report.changed += 1
        report.moves[rows_before, verdict.rows] += 1
        change = Change(
            process_instance_id=recorded.root_id,
            case_no=_plain(recorded.business_key),
            customer_ref=_plain(recorded.customer_ref),
            at=recorded.at,
            rows_before=rows_before,
            rows_after=verdict.rows,
            output_before=load(before),
            output_after=load(verdict.output),
        )
        if len(report.examples) < EXAMPLES:
            report.examples.append(change)
        return change

    def _decide(self, recorded: _Recorded, facts: bytes) -> _Verdict:
        anchor = self._as_of or _anchor(recorded.body)
        moment = to_micros(anchor) if anchor else recorded.at
        key = (facts, bisect_right(self._borders, self._day(moment)) if self._timeless else recorded.at)
        found = self._memory.get(key)
        if found is None:
            if len(self._memory) >= MEMORY:
                self._memory.clear()
            found = self._memory[key] = self._decided(recorded.at, anchor, facts)
        return found

    def _day(self, micros: int) -> int:
        return from_micros(micros).astimezone(self._zone).toordinal()

    def _decided(self, at: int, anchor: datetime | None, facts: bytes) -> _Verdict:
        variables = {**from_json(load(facts)), **self._question.given}
        environment: Environment = replace(self._environment, now=from_micros(at))
        try:
            result = self._draft.decide(self._question.decision_key, variables, environment, anchor=anchor)
        except ExecutionFailed as failure:
            return _Verdict(error=str(failure))
        return _Verdict(tuple(row.row_id for row in result.rows), dump(to_json(result.output)))


def _borders(program: Program) -> set[int]:
    """Returns the days (as ordinals) on which another set of rows begins to count."""
    days: set[int] = set()
    for compiled in program.all_tables:
        for rule in compiled.table.rules:
            if rule.effective_from is not None:
                days.add(rule.effective_from.toordinal())
            if rule.effective_to is not None:
                days.add(rule.effective_to.toordinal() + 1)
    return days.union(*(_borders(imported) for imported in program.imports.values()))


def _facts(body: _Body) -> msgspec.Raw:
    """The variables as recorded; older records have input expressions only, of which plain names are variables."""
    return body.variables if bytes(body.variables) else body.inputs


def _anchor(body: _Body) -> datetime | None:
    raw = bytes(body.anchor)
    if raw == b"null":
        return None
    anchor = decode(raw)
    return anchor if isinstance(anchor, datetime) else None


def _noon(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock_time(12), tzinfo=zone).astimezone(UTC)


def _bounded(total: int, limit: int | None) -> int:
    return total if limit is None else min(total, limit)


def _plain(text: str | None) -> str | None:
    """A reference, if it is one: a business key that somebody made of a name is not shown."""
    return text if text is not None and _PLAIN.fullmatch(text) else None


def _history(
    ctx: CommandContext, chunk: list[_Recorded], names: frozenset[str]
) -> dict[tuple[str, str], list[tuple[int, bytes]]]:
    """Returns (case, name) -> the values over time, oldest first, of variables that were not recorded."""
    table = models.variable_update
    roots = {recorded.root_id for recorded in chunk if recorded.root_id is not None}
    query = (
        select(table.c.root_id, table.c.name, table.c.at, table.c.value)
        .where(table.c.root_id.in_(roots), table.c.name.in_(names), table.c.scope_id == "", table.c.deleted.is_(False))
        .order_by(table.c.id)
    )
    found: dict[tuple[str, str], list[tuple[int, bytes]]] = {}
    for row in ctx.connection.execute(query):
        found.setdefault((row.root_id, row.name), []).append((row.at, bytes(row.value)))
    return found


def _as_of(values: Iterable[tuple[int, bytes]], at: int) -> bytes | None:
    """The last value that a variable got no later than an instant."""
    known = [value for moment, value in values if moment <= at]
    return known[-1] if known else None
