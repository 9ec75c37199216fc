"""Types as people write them, what two of them have in common, and what operators make of them.

A type says what a value is if it is not null; null belongs to every type. `Any` says that nothing is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from engine.feel.arithmetic import BINARY, negate
from engine.feel.builtins import BUILTINS
from engine.feel.builtins.registry import Overload, Parameter
from engine.feel.compare import order
from engine.feel.environment import Environment
from engine.feel.lexer import END
from engine.feel.limits import Work
from engine.feel.parser import Parser
from engine.feel.temporal import part
from engine.feel.types import ANY, ANYTHING, Type
from engine.feel.values import (
    BOOLEAN,
    CONTEXT,
    DATE,
    DATE_TIME,
    DAYS,
    FUNCTION,
    LIST,
    MONTHS,
    NULL,
    NUMBER,
    RANGE,
    STRING,
    TIME,
    YearsMonthsDuration,
    kind_of,
)

NOTHING = Type(NULL)
MAX_PARTS = 200
MAX_SHOWN_DEPTH = 5
ITEM, SAME = "item", "same"
ZH: Mapping[str, str] = {
    ANY: "任意值",
    NULL: "空值",
    NUMBER: "数字",
    STRING: "文本",
    BOOLEAN: "布尔值",
    DATE: "日期",
    TIME: "时间",
    DATE_TIME: "日期时间",
    DAYS: "天时时长",
    MONTHS: "年月时长",
    LIST: "列表",
    CONTEXT: "上下文",
    RANGE: "区间",
    FUNCTION: "函数",
}
_NOW = Environment(now=datetime(2026, 3, 2, tzinfo=UTC))
_LOCAL = datetime(2026, 3, 2, 9, 30)  # noqa: DTZ001  a local date and time is a value of its own in FEEL
# One value of each shape that a kind has: what an operator makes of all of them is what it makes of the kind.
_SAMPLES: Mapping[str, tuple[Any, ...]] = {
    NUMBER: (7,),
    STRING: ("a",),
    BOOLEAN: (True,),
    DATE: (date(2026, 3, 2),),
    TIME: (time(9, 30), time(9, 30, tzinfo=UTC)),
    DATE_TIME: (_LOCAL, _LOCAL.replace(tzinfo=UTC)),
    DAYS: (timedelta(days=2), timedelta(hours=5)),
    MONTHS: (YearsMonthsDuration(14),),
}
PARTS: Mapping[str, tuple[str, ...]] = {
    DATE: ("year", "month", "day", "weekday", "hour", "minute", "second", "time offset"),
    TIME: ("hour", "minute", "second", "time offset", "timezone"),
    DATE_TIME: ("year", "month", "day", "weekday", "hour", "minute", "second", "time offset", "timezone"),
    DAYS: ("days", "hours", "minutes", "seconds"),
    MONTHS: ("years", "months"),
    RANGE: ("start", "end", "start included", "end included"),
}


def read_type(text: str, named: Mapping[str, Type] | None = None) -> Type:
    """Reads a type such as `list<context<item: string, fen: number>>`; raises FeelSyntaxError."""
    parser = Parser(text, names=(), functions=(), types=named or {})
    found = parser.types.read()
    if parser.now.kind != END:
        raise parser.unexpected()
    return found


def written(wanted: Type, depth: int = 0) -> str:
    """Returns a type as FEEL writes it; without its inside where that lies too deep to be read."""
    if depth > MAX_SHOWN_DEPTH:
        return wanted.kind
    if wanted.entries is not None:
        return f"context<{', '.join(f'{name}: {written(each, depth + 1)}' for name, each in wanted.entries.items())}>"
    if wanted.parameters is not None:
        parameters = ", ".join(written(each, depth + 1) for each in wanted.parameters)
        return f"function<{parameters}> -> {written(wanted.result or ANYTHING, depth + 1)}"
    return f"{wanted.kind}<{written(wanted.item, depth + 1)}>" if wanted.item is not None else wanted.kind


def bounded(wanted: Type) -> Type:
    """Returns the type, or its kind alone where it has more parts than anybody reads.

    Entries that refer to one another would double a type with each line of a text.
    """
    parts, waiting = 0, [wanted]
    while waiting:
        current = waiting.pop()
        parts += 1
        if parts > MAX_PARTS:
            return Type(wanted.kind)
        waiting += [each for each in (current.item, current.result) if each is not None]
        waiting += [*(current.entries or {}).values(), *(current.parameters or ())]
    return wanted


def in_words(wanted: Type) -> tuple[str, str]:
    """Returns the kind in Chinese and in English with its article."""
    article = "" if wanted.kind in (ANY, NULL) else "an " if wanted.kind[0] in "aeio" else "a "
    return ZH.get(wanted.kind, wanted.kind), article + wanted.kind


def is_known(wanted: Type) -> bool:
    """Tells whether something is known about what is not null."""
    return wanted.kind not in (ANY, NULL)


def join(*types: Type) -> Type:
    """Returns the narrowest type that all values of the given ones have."""
    kinds = {each.kind for each in types if each.kind != NULL}
    if not kinds:
        return NOTHING if types else ANYTHING
    if len(kinds) > 1:
        return ANYTHING
    (kind,) = kinds
    solid = [each for each in types if each.kind != NULL]
    if all(each == solid[0] for each in solid):
        return solid[0]
    if kind in (LIST, RANGE):
        return Type(kind, item=join(*(each.item or ANYTHING for each in solid)))
    if kind == CONTEXT and all(each.entries is not None for each in solid):
        common = [dict(each.entries or {}) for each in solid]
        if all(entries.keys() == common[0].keys() for entries in common):
            return Type(kind, entries={name: join(*(entries[name] for entries in common)) for name in common[0]})
    return Type(kind)


# ------------------------------------------------------------ operators, tried on samples: one truth with evaluation


def _made(values: list[Any]) -> Type:
    found = [Type(kind_of(value)) for value in values if value is not None]
    return join(*found) if found else NOTHING


@lru_cache(maxsize=1024)
def arithmetic_type(operator: str, left: str, right: str) -> Type:
    """Returns the type of `left operator right`, by kinds; null if it always is."""
    if ANY in (left, right):
        return ANYTHING
    work = Work(_NOW)
    firsts, seconds = _SAMPLES.get(left, ()), _SAMPLES.get(right, ())
    return _made([BINARY[operator](a, b, work) for a in firsts for b in seconds])


@lru_cache(maxsize=64)
def negated_type(kind: str) -> Type:
    """Returns the type of `-operand`."""
    return ANYTHING if kind == ANY else _made([negate(value, Work(_NOW)) for value in _SAMPLES.get(kind, ())])


@lru_cache(maxsize=64)
def has_order(kind: str) -> bool:
    """Tells whether `<` means anything between values of a kind."""
    return kind == ANY or any(order(value, value) is not None for value in _SAMPLES.get(kind, ()))


@lru_cache(maxsize=256)
def part_type(kind: str, name: str) -> Type:
    """Returns the type of `value.name` of a date, time or duration; null if it has no such part."""
    if name not in PARTS.get(kind, ()):
        return NOTHING
    if name == "timezone":
        return Type(STRING)
    if name == "time offset":
        return Type(DAYS)
    return _made([part(value, name) for value in _SAMPLES[kind]])


# ------------------------------------------------------------ built-in functions


def accepts(parameter: Parameter, given: Type, *, among_others: bool = False) -> bool:
    """Tells whether an argument of that type can fit; what fits only sometimes counts (DMN 1.5, 10.3.2.9.4).

    `among_others`: several arguments make one list, in which null is an item like any other.
    """
    kinds = parameter.kinds
    if among_others and parameter.variadic:
        return True
    if not kinds or given.kind == ANY or given.kind in kinds or LIST in kinds:
        return given.kind != NULL or not kinds or parameter.optional
    if given.kind == NULL:
        return parameter.optional
    if given.kind == LIST:
        return given.item is None or given.item.kind == ANY or given.item.kind in kinds
    return given.kind == DATE and DATE_TIME in kinds


def parameters_for(overload: Overload, count: int, names: tuple[str, ...] | None) -> list[Parameter] | None:
    """Returns the parameter of each argument; None if the form does not take so many, or these names."""
    if names is not None:
        places = overload.places(names)
        by_name = {each.name: each for each in overload.parameters}
        return None if places is None else [by_name[name] for name in names]
    if not overload.takes(count):
        return None
    rest = [overload.parameters[-1]] * (count - len(overload.parameters)) if overload.parameters else []
    return [*overload.parameters, *rest][:count]


@lru_cache(maxsize=256)
def _declared(result: str) -> Type:
    return read_type(result, {ITEM: Type(ITEM), SAME: Type(SAME)})


def result_type(overload: Overload, parameters: list[Parameter], given: list[Type]) -> Type:
    """Returns the type of a call."""
    same = given[0] if given and given[0].kind != LIST else ANYTHING
    return _filled(_declared(overload.result), join(*_items(parameters, given)) if given else ANYTHING, same)


def _items(parameters: list[Parameter], given: list[Type]) -> list[Type]:
    """The types of what a call puts into, or takes out of, a list."""
    found = []
    for parameter, each in zip(parameters, given, strict=True):
        if LIST in parameter.kinds or parameter.name == "list":
            found.append((each.item or ANYTHING) if each.kind == LIST else each)
        elif not parameter.kinds:
            found.append(each)
    return found or [ANYTHING]


def _filled(wanted: Type, item: Type, same: Type) -> Type:
    if wanted.kind == ITEM:
        return item
    if wanted.kind == SAME:
        return same
    return wanted if wanted.item is None else Type(wanted.kind, item=_filled(wanted.item, item, same))


def constant_type(name: str, values: list[Any]) -> Type | None:
    """Returns the type of `date("…")` and the like on literals: null where there is no such date."""
    value = BUILTINS[name].resolve(len(values), None)(Work(_NOW), values)
    return NOTHING if value is None else Type(kind_of(value))


DOMAIN: Mapping[str, tuple[tuple[tuple[str, Type], ...], Type, tuple[str, str]]] = {
    "add working days": (
        (("anchor", Type(DATE_TIME)), ("days", Type(NUMBER))),
        Type(DATE_TIME),
        ("若干工作日之后的时点", "The instant that many working days later."),
    ),
    "working days between": (
        (("start", ANYTHING), ("end", ANYTHING)),
        Type(NUMBER),
        ("两日之间的工作日数", "The number of working days between two days."),
    ),
    "digest": (
        (("value", ANYTHING),),
        Type(STRING),
        ("值的 SHA-256 摘要", "The SHA-256 of a value's stored form, in hexadecimal."),
    ),
}
