"""Matches the rows of a table with durable_rules. The only importer of `durable_rules_engine`.

The C core is driven directly, without its Host (whose threads run actions beside the call and swallow errors). Its
faults, each recorded by a test of this seam, make the rules of use:

* a sentinel rule fires for every fact, for `delete_state` frees garbage on a session where nothing fired;
* every rule tests the guard `kind`, for the engine's own state facts match rules without one;
* at most 32 rows and 400 distinct tests per ruleset; 65 rows passing one level fail, 512 tests hang;
* values are encoded by declared type, for the engine takes true, 1 and "true" for equal;
* one live session at a time, deleted after use, under a neutral id; nothing of a case stays behind;
* a non-zero code spoils the ruleset: it is dropped without touching its state;
* rulesets live in the process that compiled them, so they are made on first use, after any fork.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import durable_rules_engine as core

from engine.clock import to_micros
from engine.dmn.cells import Kind, SimpleCell, Span

ROWS_PER_RULESET = 32
TESTS_PER_RULESET = 400
MAX_COLUMNS = 100
SCALE = 10**6
INT64 = 2**63 - 1
MAX_STRING = 2000
NULL = "n:"
SENTINEL = "end"
TRUSTED_FAILURES = 3
_names = itertools.count()
_log = logging.getLogger(__name__)

Test = dict[str, Any]


class NotEncodable(Exception):
    """A cell or value does not fit the encoding."""


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row ready for the engine: conditions per column, and the days on which it is in effect."""

    cells: tuple[SimpleCell, ...]
    effective_from: date | None = None
    effective_to: date | None = None


class DurableTable:
    """The rows of one table as rulesets. Thread-safe; `close` frees the rulesets, a later `match` makes new ones."""

    def __init__(self, kinds: Sequence[Kind], rows: Sequence[PlannedRow]) -> None:
        """Plans the rulesets; raises NotEncodable. Nothing is compiled before the first match."""
        if len(kinds) > MAX_COLUMNS:
            raise NotEncodable
        self._kinds = tuple(kinds)
        self._plans = list(_chunks([_conditions(row, kinds) for row in rows]))
        self._lock = threading.Lock()
        self._compiled: _Rulesets | None = None
        self._failures = 0

    def match(self, values: Sequence[Any], on: date) -> list[int] | None:
        """Returns the indexes of the rows that match, in order; raises NotEncodable.

        None says that the engine failed; the caller then asks FEEL.
        """
        fact = self._fact(values, on)
        with self._lock:
            if self._failures >= TRUSTED_FAILURES:
                return None
            rulesets = self._ready()
            try:
                return sorted(set(rulesets.match(fact)))  # an $or fires once for each of its branches
            except EngineFailed as error:
                self._failures += 1
                rulesets.abandon()
                self._compiled = None
                _log.warning("durable_rules failed (%s); the table is matched by FEEL", error)
                return None

    def close(self) -> None:
        """Frees the rulesets as soon as nobody matches."""
        with self._lock:
            if self._compiled is not None:
                self._compiled.close()
                self._compiled = None

    def _ready(self) -> _Rulesets:
        """Compiles on first use in this process; handles of a parent process are forgotten, not freed."""
        if self._compiled is None or self._compiled.process != os.getpid():
            self._compiled = _Rulesets(self._plans)
        return self._compiled

    def _fact(self, values: Sequence[Any], on: date) -> dict[str, Any]:
        fact: dict[str, Any] = {"kind": "case", "on": _day(on)}
        for number, (kind, value) in enumerate(zip(self._kinds, values, strict=True)):
            if value is not None:
                fact[f"c{number}"] = encode(value, kind)
            elif kind in ("string", "boolean"):
                fact[f"c{number}"] = NULL
            fact[f"z{number}"] = "y" if value is None else "n"
        return fact


class EngineFailed(Exception):
    """The C core refused a fact."""


class _Rulesets:
    """The handles of one table in one process."""

    def __init__(self, plans: Sequence[Mapping[str, Any]]) -> None:
        self.process = os.getpid()
        name = f"marque-{next(_names)}"
        self._handles = [core.create_ruleset(f"{name}-{number}", json.dumps(plan)) for number, plan in enumerate(plans)]
        self._sessions = itertools.count()
        self._finalizer = weakref.finalize(self, _delete, self._handles, self.process)
        self._finalizer.atexit = False

    def match(self, fact: dict[str, Any]) -> Iterator[int]:
        """Yields the rows that fire, chunk by chunk; the session lives only inside."""
        session = f"s{next(self._sessions) % 1000}"
        message = json.dumps({"sid": session, **fact})
        for handle in self._handles:
            yield from _fired(handle, message, session)

    def close(self) -> None:
        """Frees the handles now."""
        self._finalizer()

    def abandon(self) -> None:
        """Gives up spoiled handles without touching them: freeing them could crash the process."""
        self._finalizer.detach()


def _fired(handle: int, message: str, session: str) -> list[int]:
    try:
        code, offset = core.assert_fact(handle, message)
    except (core.error, MemoryError) as error:
        raise EngineFailed(str(error)) from error
    if code:
        raise EngineFailed(f"code {code}")
    rows = []
    pending = core.start_action_for_state(handle, offset)[1]
    while pending:
        name = next(iter(json.loads(pending)))
        if name != SENTINEL:
            rows.append(int(name[1:]))
        pending = core.complete_and_start_action(handle, offset)
    core.delete_state(handle, session)
    return rows


def _delete(handles: list[int], process: int) -> None:
    if process == os.getpid():
        for handle in handles:
            core.delete_ruleset(handle)


# ---------------------------------------------------------------- the plan: rows as durable_rules rules


def _chunks(rows: Sequence[list[Test]]) -> Iterator[dict[str, Any]]:
    """Splits the rows into rulesets that the engine can bear."""
    rules: dict[str, Any] = {}
    weight = 0
    for number, tests in enumerate(rows):
        tests_here = sum(map(_weight, tests))
        if tests_here > TESTS_PER_RULESET:
            raise NotEncodable
        if rules and (len(rules) == ROWS_PER_RULESET or weight + tests_here > TESTS_PER_RULESET):
            yield _with_sentinel(rules)
            rules, weight = {}, 0
        rules[f"r{number}"] = _rule([{"kind": "case"}, *tests], len(rules) + 1)
        weight += tests_here
    if rules:
        yield _with_sentinel(rules)


def _with_sentinel(rules: dict[str, Any]) -> dict[str, Any]:
    return {SENTINEL: _rule([{"kind": "case"}], 9999), **rules}


def _rule(tests: list[Test], priority: int) -> dict[str, Any]:
    condition = tests[0] if len(tests) == 1 else {"$and": tests}
    return {"all": [{"m": condition}], "pri": priority}


def _weight(test: Test) -> int:
    """Counts the single comparisons of a test."""
    return sum(sum(map(_weight, inner)) if operator in ("$or", "$and") else 1 for operator, inner in test.items())


def _conditions(row: PlannedRow, kinds: Sequence[Kind]) -> list[Test]:
    tests = [
        test
        for number, (cell, kind) in enumerate(zip(row.cells, kinds, strict=True))
        for test in _cell_tests(cell, kind, number)
    ]
    if row.effective_from is not None:
        tests.append({"$gte": {"on": _day(row.effective_from)}})
    if row.effective_to is not None:
        tests.append({"$lte": {"on": _day(row.effective_to)}})
    return tests


def _cell_tests(cell: SimpleCell, kind: Kind, number: int) -> list[Test]:
    """The tests of one cell, all of which have to hold."""
    if cell.is_any:
        return []
    if cell.negated:
        return [_differs(span, kind, number) for span in cell.spans]
    choices = [_span_test(span, kind, number) for span in cell.spans]
    return [choices[0] if len(choices) == 1 else {"$or": choices}]


def _differs(span: Span, kind: Kind, number: int) -> Test:
    """`not(v)`: null differs from every value, which the engine sees only where null is encoded as one."""
    if span.is_null:
        return {f"z{number}": "n"}
    if kind not in ("string", "boolean"):
        raise NotEncodable
    return {"$neq": {f"c{number}": encode(span.low, kind)}}


def _span_test(span: Span, kind: Kind, number: int) -> Test:
    column = f"c{number}"
    if span.is_null:
        return {f"z{number}": "y"}
    if span.is_point:
        return {column: encode(span.low, kind)}
    if kind in ("string", "boolean"):
        raise NotEncodable
    tests: list[Test] = []
    if span.low is not None:
        tests.append({"$gte" if span.low_included else "$gt": {column: encode(span.low, kind)}})
    if span.high is not None:
        tests.append({"$lte" if span.high_included else "$lt": {column: encode(span.high, kind)}})
    return tests[0] if len(tests) == 1 else {"$and": tests}


def encode(value: Any, kind: Kind) -> int | str:
    """Encodes a value by the declared type of its column; raises NotEncodable.

    Numbers and instants become exact int64, strings and booleans text with a prefix; so nothing compares by
    accident. Strings are percent-encoded because the engine compares JSON texts without unescaping them.
    """
    match kind:
        case "number" if type(value) in (int, Decimal):
            return _scaled(Decimal(value))
        case "boolean" if type(value) is bool:
            return f"b:{value:d}"
        case "string" if type(value) is str and len(value) <= MAX_STRING:
            return "s:" + quote(value, safe=" ", errors="surrogatepass")
        case "date" if type(value) is date:
            return _day(value)
        case "date and time" if type(value) is datetime and value.tzinfo is not None:
            return to_micros(value.astimezone(UTC))
    raise NotEncodable


def _scaled(number: Decimal) -> int:
    """Scales exactly: by whole numbers, for decimal arithmetic would round to the precision of its context."""
    if not number.is_finite() or abs(number) > INT64 // SCALE or number.as_tuple().exponent < -40:  # type: ignore[operator]
        raise NotEncodable
    numerator, denominator = number.as_integer_ratio()
    scaled, rest = divmod(numerator * SCALE, denominator)
    if rest:
        raise NotEncodable
    return scaled


def _day(day: date) -> int:
    """A date as a number that sorts: 20261001."""
    return day.year * 10_000 + day.month * 100 + day.day
