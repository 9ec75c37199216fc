"""The inputs of a decision that a person could change, and the values worth trying for each.

Where a column asks an input directly, nothing can differ between two values that its cells name, so these values and
their neighbours are all there is to try. Inputs that an expression computes with are marked: their limits are searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from engine.dmn.model import Cell, DecisionTable, DmnModel, InputClause, LiteralExpression
from engine.dmn.types import resolve
from engine.feel import FeelError
from engine.feel.lexer import AT, NAME, NUMBER, STRING, tokens
from engine.feel.number_text import read_number
from engine.feel.temporal_text import read_temporal
from engine.feel.values import Opaque, YearsMonthsDuration

Path = tuple[str | int, ...]
MAX_CANDIDATES = 48
MAX_LEAVES = 60
MAX_DEPTH = 4
MAX_ITEMS = 5
_KINDS: Mapping[type, str] = {
    bool: "boolean",
    int: "number",
    Decimal: "number",
    str: "string",
    date: "date",
    datetime: "date and time",
    timedelta: "days and time duration",
    YearsMonthsDuration: "years and months duration",
    list: "list",
    dict: "context",
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value that can change. `path` leads to it: the input, then entries and indexes from 0.

    `candidates` are nearest first; `is_computed` says that some expression computes with it. `below_zero` is False
    for a number that is not negative and that no cell expects to be: a count of -1 would explain nothing.
    """

    path: Path
    value: Any
    labels: tuple[str, str]
    candidates: tuple[Any, ...]
    is_computed: bool
    below_zero: bool = True

    @property
    def name(self) -> str:
        """The path as FEEL writes it: `lines[1].hours`."""
        first, *rest = self.path
        return str(first) + "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in rest)


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of a decision: what can change, what the file says nobody can, and what may not be read."""

    leaves: tuple[Leaf, ...]
    fixed: tuple[str, ...]
    personal: tuple[str, ...]


def kind_of(value: Any) -> str | None:
    """Returns the kind of a value that can change, None for any other."""
    return _KINDS.get(type(value))


def inputs_of(model: DmnModel, decision_id: str, variables: Mapping[str, Any]) -> Inputs:
    """Returns the inputs that a decision and its requirements read, with the values they have."""
    told = _Told(model, decision_id)
    names = sorted(model.decisions[decision_id].input_names)
    fixed = tuple(name for name in names if told.is_fixed(name))
    personal = tuple(name for name in names if isinstance(variables.get(name), Opaque))
    leaves: list[Leaf] = []
    for name in names:
        if name not in fixed and name not in personal:
            leaves += told.leaves((name,), variables.get(name))
    return Inputs(tuple(leaves[:MAX_LEAVES]), fixed, personal)


def replaced(value: Any, path: Path, new: Any) -> Any:
    """Returns a copy of nested values with another one at a path."""
    if not path:
        return new
    first, rest = path[0], path[1:]
    if isinstance(first, int):
        return [replaced(item, rest, new) if index == first else item for index, item in enumerate(value)]
    return {**value, first: replaced(value.get(first), rest, new)}


class _Told:
    """What the texts of a decision and of all that it requires tell about the inputs."""

    def __init__(self, model: DmnModel, decision_id: str) -> None:
        self._model = model
        self.columns: list[tuple[InputClause, tuple[str, ...]]] = []
        self.texts: list[str] = []
        for expression in _required(model, decision_id):
            self._collect(expression)
        self._data = {data.name: data for data in model.inputs.values()}

    def is_fixed(self, name: str) -> bool:
        """Tells whether the file says that nobody can change an input."""
        data = self._data.get(name)
        return (data is not None and data.is_fixed) or any(
            clause.is_fixed and _mentions(clause.expression.text, name) for clause, _ in self.columns
        )

    def leaves(self, path: Path, value: Any) -> Iterator[Leaf]:
        """Yields the values inside an input, itself first; nothing of what may not be read."""
        if isinstance(value, Opaque) or len(path) > MAX_DEPTH:
            return
        if not isinstance(value, dict):
            yield self._leaf(path, value)
        if isinstance(value, (dict, list)):
            parts = value.items() if isinstance(value, dict) else enumerate(value)
            for key, inner in parts:
                yield from self.leaves((*path, key), inner)

    def _leaf(self, path: Path, value: Any) -> Leaf:
        name = str(path[0])
        direct = [column for column in self.columns if len(path) == 1 and column[0].title.strip() == name]
        others = [clause.expression.text for clause, _ in self.columns if clause.title.strip() != name]
        mentioning = [text for text in (*others, *self.texts) if _mentions(text, name)]
        kind = kind_of(value) if value is not None else self._declared(name, direct)
        named = [literal for _, cells in direct for text in cells for literal in literals(text)]
        named += [literal for text in mentioning for literal in literals(text)]
        if mentioning and kind == "string":
            named += [literal for _, cells in self.columns for text in cells for literal in literals(text)]
        fitting = [each for each in named if kind_of(each) == kind]
        below_zero = kind != "number" or any(number < 0 for number in (*fitting, value or 0))
        if isinstance(value, list):
            candidates: tuple[Any, ...] = _other_lengths(value)
        else:
            candidates = tuple(each for each in nearest(value, fitting, kind) if below_zero or each >= 0)
        return Leaf(path, value, self._labels(path, direct), candidates, bool(mentioning), below_zero)

    def _declared(self, name: str, direct: Iterable[tuple[InputClause, tuple[str, ...]]]) -> str | None:
        data = self._data.get(name)
        for reference in (data.type_ref if data else "", *(clause.type_ref for clause, _ in direct)):
            wanted = resolve(reference, self._model)
            if wanted is not None:
                return wanted.kind
        kinds = {kind_of(literal) for _, cells in direct for text in cells for literal in literals(text)}
        return next(iter(kinds)) if len(kinds) == 1 else None

    def _labels(self, path: Path, direct: list[tuple[InputClause, tuple[str, ...]]]) -> tuple[str, str]:
        labelled = next((clause for clause, _ in direct if clause.label), None)
        name = Leaf(path, None, ("", ""), (), False).name
        return (labelled.label, labelled.label_en or name) if labelled is not None else (name, name)

    def _collect(self, expression: Any) -> None:
        if isinstance(expression, DecisionTable):
            for number, clause in enumerate(expression.inputs):
                allowed = (clause.allowed.text,) if clause.allowed is not None else ()
                self.columns.append((clause, (*(rule.inputs[number].text for rule in expression.rules), *allowed)))
            self._collect([rule.outputs for rule in expression.rules])
        elif isinstance(expression, (LiteralExpression, Cell)):
            self.texts.append(expression.text)
        elif isinstance(expression, (list, tuple)):
            for item in expression:
                self._collect(item)
        elif is_dataclass(expression):
            for each in fields(expression):
                self._collect(getattr(expression, each.name))


def _required(model: DmnModel, decision_id: str) -> Iterator[Any]:
    """Yields the expressions of a decision, of what it requires and of the functions that these call."""
    waiting, seen = [decision_id], set[str]()
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        if current in model.decisions:
            decision = model.decisions[current]
            yield decision.expression
            waiting += [*decision.decisions, *decision.knowledge]
        elif current in model.knowledge:
            yield model.knowledge[current].function
            waiting += model.knowledge[current].knowledge
        elif current in model.services:
            waiting += model.services[current].outputs


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


@lru_cache(maxsize=8192)
def literals(text: str) -> tuple[Any, ...]:
    """Returns the values that a FEEL text names, a number after a minus with that sign too."""
    try:
        run = tokens(text)
    except FeelError:
        return ()
    found: list[Any] = []
    for index, token in enumerate(run):
        if token.kind == NUMBER:
            number: Any = read_number(token.text)
            found += [number, -number] if index and run[index - 1].text == "-" else [number]
        elif token.kind == NAME and token.text in ("true", "false"):
            found.append(token.text == "true")
        elif token.kind in (STRING, AT):
            moment = read_temporal(token.text)
            found += [token.text] if token.kind == STRING else []
            found += [] if moment is None else [moment]
    return tuple(found)


def nearest(value: Any, named: Iterable[Any], kind: str | None) -> tuple[Any, ...]:
    """Returns the values to try, nearest first: those named, and next to them where the kind has an order."""
    if kind == "boolean":
        return tuple(each for each in (True, False) if each is not value)
    distinct = list(dict.fromkeys(named))
    around = _neighbours(kind, value, distinct)
    tried = [each for each in dict.fromkeys(around) if each != value]
    if value is None or not tried or distance(value, tried[0]) is None:
        return tuple(tried[:MAX_CANDIDATES])
    near = [(distance(value, each), each) for each in tried]
    return tuple(each for _, each in sorted((pair for pair in near if pair[0] is not None), key=_first))[
        :MAX_CANDIDATES
    ]


def _first(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def _neighbours(kind: str | None, value: Any, named: list[Any]) -> Iterator[Any]:
    step = step_of(kind, [*named, value])
    for each in named:
        yield each
        if step is not None:
            for sign in (-1, 1):
                moved = shifted(each, step, sign)
                if moved is not None:
                    yield moved


def step_of(kind: str | None, values: Iterable[Any]) -> Any:
    """Returns the smallest difference that counts: for numbers the last digit that somebody wrote."""
    if kind == "number":
        decimals = [-int(v.as_tuple().exponent) for v in values if isinstance(v, Decimal) and v.is_finite()]
        places = min(max([0, *decimals]), 12)
        return Decimal(1).scaleb(-places) if places else 1
    return {
        "date": timedelta(days=1),
        "date and time": timedelta(seconds=1),
        "days and time duration": timedelta(seconds=1),
        "years and months duration": 1,
    }.get(kind or "")


def shifted(value: Any, step: Any, times: int) -> Any:
    """Returns the value moved by so many steps; None beyond what can be said."""
    try:
        if isinstance(value, YearsMonthsDuration):
            return YearsMonthsDuration(value.months + step * times)
        return value + step * times
    except (OverflowError, ArithmeticError, TypeError):
        return None


def distance(before: Any, after: Any) -> Decimal | None:
    """Returns how far two values of one kind lie apart (days, seconds, months or numbers); None without an order."""
    found = difference(before, after)
    if found is None:
        return None
    if isinstance(found, timedelta):
        return abs(Decimal(found // timedelta(microseconds=1)) / 1_000_000)
    return abs(Decimal(found.months if isinstance(found, YearsMonthsDuration) else found))


def difference(before: Any, after: Any) -> Any:
    """Returns after less before: a number, a timedelta, months; None where that means nothing."""
    kind = kind_of(before)
    if kind != kind_of(after) or kind in (None, "boolean", "string", "list", "context"):
        return None
    try:
        if isinstance(before, YearsMonthsDuration):
            return YearsMonthsDuration(after.months - before.months)
        return after - before
    except TypeError:  # one instant with a zone, one without
        return None


def _other_lengths(items: list[Any]) -> tuple[list[Any], ...]:
    """The list with items fewer from its end, and with copies of its last one."""
    fewer = [items[:-count] for count in range(1, min(len(items), MAX_ITEMS) + 1)]
    more = [[*items, *(items[-1:] * count)] for count in range(1, MAX_ITEMS + 1)] if items else []
    return (*fewer, *more)
