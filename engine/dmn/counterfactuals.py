"""What would have to be different for another result: the smallest changes, each tried on the table itself.

Nothing is derived by hand-written inversion: a change counts because the same version of the file, asked with it on the
same day, gave another result. So hit policy, priority, defaults and requirements are honoured as they are. What is
tried comes from the rows that miss few columns, from the values that cells name, from searches for the limit where an
expression computes, and from pairs and triples of these. The work is bounded; what was cut off is said.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import combinations, product
from typing import Any
from zoneinfo import ZoneInfo

from engine.clock import as_utc
from engine.dmn.cells import SimpleCell, Span, parse_cell
from engine.dmn.decision import CompiledModel
from engine.dmn.frame import DecisionFailed
from engine.dmn.leaves import Inputs, Leaf, Path, difference, distance, inputs_of, kind_of, replaced, shifted, step_of
from engine.dmn.model import DecisionTable, Rule
from engine.dmn.result import DecisionResult
from engine.feel import Environment

MAX_FOUND = 8
MAX_EVALUATIONS = 1_500
MAX_SECONDS = 2.0
MAX_ROWS = 300  # rows of the table that are aimed at, the nearest first
MAX_CHANGES = 4  # columns that one aim may change
IN_PAIRS, IN_TRIPLES = 6, 3  # values per input that are tried together with others
GALLOP = 40  # doublings of a step: a million million
TURNS = 4  # limits sought in one direction
MULTIPLE = ("COLLECT", "RULE ORDER", "OUTPUT ORDER")


@dataclass(frozen=True, slots=True)
class Move:
    """One input with another value.

    `difference` is after less before where these have an order, else None; of a list both are its number of items.
    `condition` is the cell that the new value meets, '' if no column asks the input directly.
    """

    name: str
    labels: tuple[str, str]
    before: Any
    after: Any
    difference: Any = None
    condition: str = ""
    is_count: bool = False


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """Changes that together give another result, and that result."""

    moves: tuple[Move, ...]
    rows: tuple[str, ...]
    output: Any


@dataclass(frozen=True, slots=True)
class Answer:
    """The counterfactuals of a decision, smallest first.

    `tried` are the inputs that were moved; `fixed` and `personal` those that may not be. `complete` is False where a
    bound ended the search. `reason` says why nothing was found: no_inputs, fixed, bounded, none; '' if something was.
    """

    result: DecisionResult | None
    found: tuple[Counterfactual, ...] = ()
    tried: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    complete: bool = True
    reason: str = ""
    evaluations: int = 0


def find(
    compiled: CompiledModel,
    decision_id: str,
    variables: Mapping[str, Any],
    environment: Environment,
    *,
    anchor: datetime | None = None,
    limit: int = MAX_FOUND,
    evaluations: int = MAX_EVALUATIONS,
    seconds: float = MAX_SECONDS,
) -> Answer:
    """Returns what would have given another result; raises NotFound and DecisionFailed as deciding does."""
    result = compiled.decide(decision_id, variables, environment, anchor=anchor)
    inputs = inputs_of(compiled.model, decision_id, variables)

    def ask(changed: Mapping[str, Any]) -> DecisionResult | None:
        try:
            return compiled.decide(decision_id, changed, environment, anchor=anchor)
        except DecisionFailed:
            return None  # rows contradict each other there: no result to long for

    search = _Search(ask, variables, result, _Budget(evaluations, seconds))
    expression = compiled.model.decisions[decision_id].expression
    table = expression if isinstance(expression, DecisionTable) else None
    complete = search.run(inputs.leaves, table, _day(environment, anchor))
    found = tuple(search.told(reached, compiled) for reached in _chosen(search.reached, limit))
    return Answer(
        result,
        found,
        tried=tuple(leaf.name for leaf in inputs.leaves),
        fixed=inputs.fixed,
        personal=inputs.personal,
        complete=complete,
        reason="" if found else _reason(inputs, complete),
        evaluations=search.budget.used,
    )


def _day(environment: Environment, anchor: datetime | None) -> date:
    return as_utc(anchor or environment.now).astimezone(ZoneInfo(environment.zone)).date()


def _reason(inputs: Inputs, complete: bool) -> str:
    if not inputs.leaves:
        return "fixed" if inputs.fixed or inputs.personal else "no_inputs"
    return "none" if complete else "bounded"


# ------------------------------------------------------------ the search


class _Exhausted(Exception):
    """The bound on work is reached."""


@dataclass(slots=True)
class _Budget:
    """What the search may still cost: evaluations, and seconds of this thread's CPU, whatever else the machine does."""

    evaluations: int
    seconds: float
    used: int = 0
    started: float = field(default_factory=time.thread_time)

    def spend(self) -> None:
        """Counts one evaluation; raises _Exhausted."""
        if self.used >= self.evaluations or time.thread_time() - self.started > self.seconds:
            raise _Exhausted
        self.used += 1


Change = tuple[Leaf, Any]


@dataclass(frozen=True, slots=True)
class _Reached:
    """A change that gives another result. `key` tells results apart."""

    changes: tuple[Change, ...]
    key: tuple[Any, ...]
    result: DecisionResult
    cost: Decimal

    @property
    def paths(self) -> frozenset[Path]:
        return frozenset(leaf.path for leaf, _ in self.changes)


class _Search:
    """Tries changes and keeps the cheapest per result and set of inputs."""

    def __init__(
        self,
        ask: Callable[[Mapping[str, Any]], DecisionResult | None],
        variables: Mapping[str, Any],
        result: DecisionResult,
        budget: _Budget,
    ) -> None:
        self._ask = ask
        self._variables = variables
        self._result = result
        self._key = _key(result)
        self.budget = budget
        self._known: dict[tuple[Any, ...], tuple[Any, ...] | None] = {}
        self.reached: dict[tuple[Any, ...], _Reached] = {}

    def run(self, leaves: tuple[Leaf, ...], table: DecisionTable | None, day: date) -> bool:
        """Searches; returns whether everything that was to be tried was tried."""
        try:
            for leaf in leaves:
                for value in leaf.candidates:
                    self.attempt(((leaf, value),))
            for leaf in leaves:
                if leaf.is_computed:
                    self._gallop(leaf)
            if table is not None:
                for changes in _aims(table, leaves, self._result, day):
                    self.attempt(changes)
            self._together(leaves, 2, IN_PAIRS)
            if not self.reached:
                self._together(leaves, 3, IN_TRIPLES)
        except _Exhausted:
            return False
        return True

    def attempt(self, changes: tuple[Change, ...]) -> tuple[Any, ...] | None:
        """Asks with the changes; returns what tells the result from others, None for no acceptable one."""
        identity = tuple((leaf.path, repr(value)) for leaf, value in changes)
        if identity in self._known:
            return self._known[identity]
        self.budget.spend()
        variables: Any = self._variables
        for leaf, value in changes:
            variables = replaced(variables, leaf.path, value)
        result = self._ask(variables)
        key = self._known[identity] = None if result is None or not _says(result) else _key(result)
        if result is not None and key is not None and key != self._key and result.output != self._result.output:
            self._keep(_Reached(changes, key, result, _cost(changes)))
        return key

    def _keep(self, new: _Reached) -> None:
        place = (new.key, new.paths)
        known = self.reached.get(place)
        if known is None or new.cost < known.cost:
            self.reached[place] = new

    def _together(self, leaves: tuple[Leaf, ...], size: int, values: int) -> None:
        """Tries some inputs at once, but for a result that some of them reach alone."""
        for chosen in combinations([leaf for leaf in leaves if leaf.candidates], size):
            for picked in product(*(_spread(leaf, values) for leaf in chosen)):
                self.attempt(tuple(zip(chosen, picked, strict=True)))

    def _gallop(self, leaf: Leaf) -> None:
        """Looks for the limits of an input that an expression computes with: ever larger steps, then bisection."""
        kind = kind_of(leaf.value)
        step = step_of(kind, [leaf.value])
        if step is None:
            return
        for sign in (1, -1):
            here: tuple[Any, ...] | None = self._key
            last, turns = 0, 0
            for power in range(GALLOP):
                times = sign * 2**power
                value = shifted(leaf.value, step, times)
                if value is None or turns == TURNS or (sign < 0 and not leaf.below_zero and value < 0):
                    break
                there = self.attempt(((leaf, value),))
                if there != here:
                    self._bisect(leaf, step, (last, times), here)
                    turns += 1
                last, here = times, there

    def _bisect(self, leaf: Leaf, step: Any, ends: tuple[int, int], here: tuple[Any, ...] | None) -> None:
        """Narrows two values with different results down to neighbours."""
        near, far = ends
        while abs(far - near) > 1:
            middle = (near + far) // 2
            if self.attempt(((leaf, shifted(leaf.value, step, middle)),)) == here:
                near = middle
            else:
                far = middle

    def told(self, reached: _Reached, compiled: CompiledModel) -> Counterfactual:
        """Returns a change in its public form."""
        moves = tuple(_move(leaf, value, reached.result, compiled) for leaf, value in reached.changes)
        return Counterfactual(moves, tuple(row.row_id for row in reached.result.rows), reached.result.output)


def _key(result: DecisionResult) -> tuple[Any, ...]:
    """What tells results apart: the rows of a table; else the rows that were asked on the way, and what is no number.

    A computed amount differs with every fen, which explains nothing.
    """
    if result.hit_policy:
        return tuple(row.row_id for row in result.rows)
    asked = tuple(row for required in result.required for row in _key(required))
    return (*asked, repr(_shape(result.output)))


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_shape(item) for item in value]
    return value if value is None or isinstance(value, (bool, str)) else "#"


def _says(result: DecisionResult) -> bool:
    """Tells whether a result is one that somebody could want: no row is none, but for tables that may be empty."""
    return result.output is not None or result.hit_policy in MULTIPLE


def _cost(changes: Iterable[Change]) -> Decimal:
    total = Decimal(0)
    for leaf, value in changes:
        apart = distance(leaf.value, value)
        scale = Decimal(1)
        if apart is not None and kind_of(leaf.value) == "number":
            scale = abs(Decimal(leaf.value))
        elif isinstance(leaf.value, list):
            apart = Decimal(abs(len(leaf.value) - len(value)))
        total += 1 if apart is None else apart / (apart + scale)
    return total


def _spread(leaf: Leaf, values: int) -> tuple[Any, ...]:
    """The nearest values, from both sides where there are sides."""
    signs = [(value, difference(leaf.value, value)) for value in leaf.candidates]
    above = [value for value, apart in signs if apart is None or _positive(apart)]
    below = [value for value, apart in signs if apart is not None and not _positive(apart)]
    half = values // 2 if above and below else values
    return (*above[: max(half, values - len(below))], *below[: max(half, values - len(above))])


def _positive(apart: Any) -> bool:
    months = getattr(apart, "months", None)
    return months > 0 if months is not None else bool(apart > (timedelta() if isinstance(apart, timedelta) else 0))


def _chosen(reached: Mapping[Any, _Reached], limit: int) -> list[_Reached]:
    """The best way to each other result first, then other ways; none that needs more inputs than another way's."""
    minimal = [
        one
        for one in reached.values()
        if not any(other.key == one.key and other.paths < one.paths for other in reached.values())
    ]
    minimal.sort(key=lambda one: (len(one.changes), one.cost, [leaf.name for leaf, _ in one.changes]))
    first = {one.key: one for one in reversed(minimal)}
    best = [one for one in minimal if first[one.key] is one]
    return [*best, *(one for one in minimal if first[one.key] is not one)][:limit]


# ------------------------------------------------------------ rows to aim at


def _aims(
    table: DecisionTable, leaves: tuple[Leaf, ...], result: DecisionResult, day: date
) -> Iterator[tuple[Change, ...]]:
    """Yields per row what its failing columns need, where all of them ask inputs directly; nearest rows first."""
    movable = {leaf.path[0]: leaf for leaf in leaves if len(leaf.path) == 1 and not isinstance(leaf.value, list)}
    aims: list[tuple[int, Decimal, int, tuple[Change, ...]]] = []
    fired = {row.index for row in result.rows}
    for rule in table.rules:
        if rule.index in fired or not _in_effect(rule, day):
            continue
        changes = _needed(table, rule, movable, result)
        if changes:
            aims.append((len(changes), _cost(changes), rule.index, changes))
    for _, _, _, changes in sorted(aims, key=lambda aim: aim[:3])[:MAX_ROWS]:
        yield changes


def _in_effect(rule: Rule, day: date) -> bool:
    return (rule.effective_from or date.min) <= day <= (rule.effective_to or date.max)


def _needed(
    table: DecisionTable, rule: Rule, movable: Mapping[str | int, Leaf], result: DecisionResult
) -> tuple[Change, ...] | None:
    changes: dict[Path, Change] = {}
    for cell, clause in zip(rule.inputs, table.inputs, strict=True):
        simple = _simple(cell.text)
        if simple is None:
            return None
        if _holds(simple, result.inputs.get(clause.title)):
            continue
        leaf = movable.get(clause.title.strip())
        value = None if leaf is None else _inside(simple, leaf)
        if leaf is None or value is None or len(changes) == MAX_CHANGES:
            return None
        changes[leaf.path] = (leaf, value)
    return tuple(changes.values())


@lru_cache(maxsize=32_768)
def _simple(text: str) -> SimpleCell | None:
    return parse_cell(text)


def _holds(cell: SimpleCell, value: Any) -> bool:
    try:
        return cell.holds(Decimal(value) if type(value) is int else value)
    except TypeError:
        return False


def _inside(cell: SimpleCell, leaf: Leaf) -> Any:
    """Returns the nearest value that passes a cell; None if there is none of the input's kind."""
    ends = (_entered(span, leaf) for span in cell.spans) if not cell.negated else iter(leaf.candidates)
    fitting = [v for v in ends if v is not None and _holds(cell, v) and (leaf.below_zero or v >= 0)]
    return min(fitting, key=lambda value: _cost(((leaf, value),)), default=None)


def _entered(span: Span, leaf: Leaf) -> Any:
    """The end of a span through which the value would come in."""
    low, high = _plain(span.low), _plain(span.high)
    kind = kind_of(low if low is not None else high)
    if span.is_null or (leaf.value is not None and kind != kind_of(leaf.value)):
        return None
    step = step_of(kind, [low, high, leaf.value])
    from_below = low is not None and (leaf.value is None or not leaf.value > low)
    end, included, sign = (low, span.low_included, 1) if from_below else (high, span.high_included, -1)
    if end is None or included or step is None:
        return end
    return shifted(end, step, sign)


def _plain(value: Any) -> Any:
    """A whole number as people write it."""
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value


# ------------------------------------------------------------ what is told


def _move(leaf: Leaf, value: Any, result: DecisionResult, compiled: CompiledModel) -> Move:
    condition = next(_met(leaf, result, compiled), "") if len(leaf.path) == 1 else ""
    if isinstance(leaf.value, list):
        before, after = len(leaf.value), len(value)
        return Move(leaf.name, leaf.labels, before, after, after - before, condition, is_count=True)
    return Move(leaf.name, leaf.labels, leaf.value, value, difference(leaf.value, value), condition)


def _met(leaf: Leaf, result: DecisionResult, compiled: CompiledModel) -> Iterator[str]:
    """Yields the cells of fired rows that ask an input directly, those of the decision itself first."""
    decision = compiled.model.decisions.get(result.decision_key)
    table = decision.expression if decision is not None else None
    if isinstance(table, DecisionTable):
        fired = {row.index for row in result.rows}
        for number, clause in enumerate(table.inputs):
            if clause.title.strip() == leaf.path[0]:
                cells = (rule.inputs[number].text.strip() for rule in table.rules if rule.index in fired)
                yield from (text for text in cells if text not in ("", "-"))
    for required in result.required:
        yield from _met(leaf, required, compiled)
