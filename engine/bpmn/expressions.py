"""Texts of a diagram that hold a value: compiled once, at parse, so that a bad one is a finding and not an incident.

Attributes, timers and mappings are literals unless they start with `=` (FEEL) or hold `${…}` (translated to FEEL).
Conditions, scripts and cardinalities are always FEEL, with or without the leading `=`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from engine.feel import DOMAIN_FUNCTIONS, Environment, Expression, FeelSyntaxError, compile_expression
from engine.feel.juel import translate, translate_text
from engine.findings import Finding

Mode = Literal["value", "feel"]


class Value(Protocol):
    """Something that yields a process value in the light of the variables in sight."""

    @property
    def names(self) -> frozenset[str]: ...

    def evaluate(self, variables: Mapping[str, Any], environment: Environment) -> Any: ...


@dataclass(frozen=True, slots=True)
class LiteralValue:
    """Yields the text of the diagram as it stands; an empty text is null."""

    value: str | None
    names: frozenset[str] = frozenset()

    def evaluate(self, variables: Mapping[str, Any], environment: Environment) -> Any:
        return self.value


@dataclass(frozen=True, slots=True)
class ListValue:
    """Yields a list (`camunda:list`)."""

    items: tuple[Value, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset().union(*(item.names for item in self.items))

    def evaluate(self, variables: Mapping[str, Any], environment: Environment) -> Any:
        return [item.evaluate(variables, environment) for item in self.items]


@dataclass(frozen=True, slots=True)
class MapValue:
    """Yields a context (`camunda:map`)."""

    entries: tuple[tuple[str, Value], ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset().union(*(value.names for _, value in self.entries))

    def evaluate(self, variables: Mapping[str, Any], environment: Environment) -> Any:
        return {key: value.evaluate(variables, environment) for key, value in self.entries}


@dataclass(slots=True, eq=False)
class Text:
    """A text of the diagram that holds a value, where it stands, and what it means to its owner.

    `value` is filled in by `compile_texts`; `problem` says (zh, en) why the reader already refuses it.
    """

    source: str
    element_id: str
    line: int | None
    what_zh: str
    what_en: str
    mode: Mode = "value"
    items: list[Text] | None = None
    entries: list[tuple[str, Text]] | None = None
    problem: tuple[str, str] | None = None
    value: Value = field(default_factory=lambda: LiteralValue(None))

    @property
    def is_literal(self) -> bool:
        """Tells whether the text stands for itself."""
        return self.mode == "value" and not is_expression(self.source)


def is_expression(source: str) -> bool:
    """Tells whether a text of mode `value` is an expression."""
    return source.lstrip().startswith("=") or "${" in source or "#{" in source


def compile_texts(texts: Iterable[Text], names: Iterable[str] = ()) -> list[Finding]:
    """Compiles every text in place and returns one finding for each that cannot be understood.

    `names` are variable names that hold spaces, which FEEL can only read if it knows them.
    """
    known = tuple(names)
    return [finding for text in texts for finding in _compile(text, known)]


def _compile(text: Text, names: tuple[str, ...]) -> list[Finding]:
    if text.problem is not None:
        return [_finding(text, *text.problem)]
    if text.items is not None:
        found = [finding for item in text.items for finding in _compile(item, names)]
        text.value = ListValue(tuple(item.value for item in text.items))
        return found
    if text.entries is not None:
        found = [finding for _, item in text.entries for finding in _compile(item, names)]
        text.value = MapValue(tuple((key, item.value) for key, item in text.entries))
        return found
    if text.is_literal:
        text.value = LiteralValue(text.source.strip() or None)
        return []
    try:
        text.value = compile_feel(text.source, names, mode=text.mode)
    except FeelSyntaxError as error:
        return [_finding(text, f"表达式无法理解:{error}", f"the expression cannot be understood: {error}")]
    return []


def compile_feel(source: str, names: Iterable[str] = (), *, mode: Mode = "feel") -> Expression:
    """Compiles one expression, with or without `=`, or `${…}`; raises FeelSyntaxError."""
    return compile_expression(feel_of(source, mode=mode), names=tuple(names), functions=DOMAIN_FUNCTIONS)


def feel_of(source: str, *, mode: Mode = "feel") -> str:
    """Returns the FEEL of a text that is an expression; raises FeelSyntaxError for a `${…}` that has none.

    In mode `value`, `${…}` may have text around it."""
    stripped = source.strip()
    if stripped.startswith("="):
        return stripped[1:]
    if "${" not in stripped and "#{" not in stripped:
        return stripped
    return translate(stripped) if mode == "feel" else translate_text(stripped)


def _finding(text: Text, zh: str, en: str) -> Finding:
    return Finding(
        "error",
        "bad-expression",
        f"{text.what_zh}:{zh}",
        f"{text.what_en}: {en}",
        text.element_id,
        text.line,
    )
