"""Declares built-in functions: parameter names and kinds, overloads, and how arguments become fitting ones.

A declaration reads like the standard's own table:
`substring(string: string, start position: number, length?: number) -> string`.
`?` after a name: may be missing or null. No kind: any value, null too. `*`: any number of arguments; with the kind
list, the items may also stand in one list. `->` gives the type of the result if it is not null: `item` is that of the
items given, `same` that of the first argument.
A wrong number, name or kind of argument makes the result null (DMN 1.5, 10.3.2.13).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.feel.limits import Work
from engine.feel.types import Type, midnight
from engine.feel.values import DATE, DATE_TIME, LIST, FeelFunction, kind_of, refuse

Resolved = Callable[[Work, list[Any]], Any]
_SIGNATURE = re.compile(r"([^(]+)\((.*)\) -> (.+)")
_UNFIT = object()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; `kinds` empty: any value."""

    name: str
    kinds: tuple[str, ...]
    optional: bool
    variadic: bool

    def fit(self, value: Any) -> Any:
        """Returns the value as this parameter takes it, or _UNFIT."""
        kinds = self.kinds
        if not kinds:
            return value
        if value is None:
            return None if self.optional else _UNFIT
        kind = kind_of(value)
        if kind in kinds:
            return value
        if LIST in kinds:
            return [value]
        if kind == LIST and len(value) == 1 and value[0] is not None and kind_of(value[0]) in kinds:
            return value[0]
        if kind == DATE and DATE_TIME in kinds:
            return midnight(value)
        return _UNFIT


@dataclass(frozen=True, slots=True)
class Overload:
    """One form of a function; `result` is its type as declared."""

    parameters: tuple[Parameter, ...]
    call: Callable[..., Any]
    result: str = "Any"

    @property
    def sentence(self) -> str:
        """What the form does, in English: the first line of its function's docstring."""
        return (self.call.__doc__ or "").partition("\n")[0]

    def takes(self, count: int) -> bool:
        """Tells whether the form can be called with that many positional arguments."""
        if self.parameters and self.parameters[-1].variadic:
            return count >= len(self.parameters)
        return sum(not each.optional for each in self.parameters) <= count <= len(self.parameters)

    def places(self, names: tuple[str, ...]) -> list[int] | None:
        """Returns for each parameter the place of its named argument, -1 if left out; None if names do not fit."""
        own = [each.name for each in self.parameters]
        if len(set(names)) != len(names) or not set(names) <= set(own):
            return None
        places = [names.index(name) if name in names else -1 for name in own]
        missing = (p == -1 and not each.optional for p, each in zip(places, self.parameters, strict=True))
        return None if any(missing) else places

    def fit(self, arguments: list[Any]) -> list[Any] | None:
        """Returns one fitting argument per parameter, or None."""
        parameters = self.parameters
        if parameters and parameters[-1].variadic:
            fixed = len(parameters) - 1
            rest = arguments[fixed:]
            arguments = [*arguments[:fixed], _gathered(rest) if parameters[-1].kinds else rest]
        fitted = []
        for parameter, value in zip(parameters, arguments, strict=False):
            value = parameter.fit(value)
            if value is _UNFIT:
                return None
            fitted.append(value)
        fitted.extend([None] * (len(parameters) - len(fitted)))
        return fitted


def _gathered(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


@dataclass(slots=True)
class Builtin:
    """A built-in function with all its forms."""

    name: str
    overloads: list[Overload]

    def resolve(self, count: int, names: tuple[str, ...] | None) -> Resolved:
        """Returns what to call for a number of arguments; computed once, when the expression is compiled."""
        if names is None:
            fitting = [each for each in self.overloads if each.takes(count)]
            return _positional(fitting)
        named = [(each, each.places(names)) for each in self.overloads]
        return _named([(each, places) for each, places in named if places is not None])

    def as_value(self) -> FeelFunction:
        """Returns the function as a value, as in `sort(list, precedes)`."""
        first = self.overloads[0]
        by_count: dict[int, Resolved] = {}

        def call(work: Work, arguments: list[Any]) -> Any:
            count = len(arguments)
            if count not in by_count:
                by_count[count] = self.resolve(count, None)
            return by_count[count](work, arguments)

        variadic = len(self.overloads) > 1 or any(each.optional or each.variadic for each in first.parameters)
        types = tuple(Type(each.kinds[0]) if len(each.kinds) == 1 else None for each in first.parameters)
        names = tuple(each.name for each in first.parameters)
        return FeelFunction(self.name, names, call, () if variadic else types, None, variadic)


def _positional(overloads: list[Overload]) -> Resolved:
    def call(work: Work, arguments: list[Any]) -> Any:
        for overload in overloads:
            fitted = overload.fit(arguments)
            if fitted is not None:
                return overload.call(work, *fitted)
        for value in arguments:
            if value is not None:
                refuse(value)
        return None

    return call


def _named(overloads: list[tuple[Overload, list[int]]]) -> Resolved:
    def call(work: Work, arguments: list[Any]) -> Any:
        for overload, places in overloads:
            ordered = [arguments[place] if place >= 0 else None for place in places]
            fitted = []
            for parameter, value in zip(overload.parameters, ordered, strict=True):
                fitted.append(parameter.fit(value))
            if all(value is not _UNFIT for value in fitted):
                return overload.call(work, *fitted)
        return None

    return call


BUILTINS: dict[str, Builtin] = {}


def builtin(*signatures: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a function under one or more signatures; it is called as `function(work, *arguments)`."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        for signature in signatures:
            match = _SIGNATURE.fullmatch(signature)
            assert match is not None, signature
            parameters = tuple(_parameter(part.strip()) for part in match[2].split(",") if part.strip())
            found = BUILTINS.setdefault(match[1], Builtin(match[1], []))
            found.overloads.append(Overload(parameters, function, match[3]))
        return function

    return register


def _parameter(text: str) -> Parameter:
    name, _, kinds = text.partition(":")
    listed = tuple(kind.strip() for kind in kinds.split("|") if kind.strip())
    return Parameter(name.rstrip("?*").strip(), listed, "?" in name, "*" in name)
