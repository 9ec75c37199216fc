"""Compiles the FEEL texts of a DMN file; one that is no FEEL becomes a finding that says where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.dmn.faults import Faults
from engine.dmn.frame import NOTHING, Compiled, Frame
from engine.dmn.model import LiteralExpression, Rule
from engine.feel import DOMAIN_FUNCTIONS, FeelSyntaxError, UnaryTests, compile_expression, compile_unary_tests
from engine.feel.types import Type

Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands, in words for a process owner: `表 T 行 r1 列 c` / `table T row r1 column c`."""

    zh: str
    en: str
    element_id: str | None
    line: int | None = None


class TextCompiler:
    """Compiles texts. `place` is the decision or function that is compiled at present, for the findings."""

    def __init__(self, faults: Faults, types: Mapping[str, Type]) -> None:
        self._faults = faults
        self._types = types
        self.place = Place("", "", None)

    def at(self, element_id: str, name: str) -> None:
        """Says which decision or function is compiled next, for the findings."""
        self.place = Place(f"「{name}」", f'"{name}"', element_id)

    def text(self, literal: LiteralExpression | None, names: Names, where: Place | None = None) -> Compiled:
        """Compiles a FEEL expression; an empty one is null."""
        if literal is None or not literal.text.strip():
            return NOTHING
        try:
            expression = compile_expression(literal.text, names, functions=DOMAIN_FUNCTIONS, types=self._types)
        except FeelSyntaxError as error:
            self._refuse(error, literal.text, where, literal.line)
            return NOTHING

        def run(frame: Frame) -> Any:
            frame.charge()
            return expression.evaluate(frame.variables, frame.environment)

        return Compiled(run, expression.names)

    def allowed(self, allowed: LiteralExpression | None, title: str) -> None:
        """Checks that allowed values are FEEL; they are compiled where they are needed."""
        if allowed is not None:
            self.tests(allowed.text, frozenset(), self.column(title, None, allowed.line))

    def tests(self, text: str, names: Names, where: Place) -> UnaryTests | None:
        """Compiles the condition of a cell; None stands for any value."""
        if text.strip() in ("", "-"):
            return None
        try:
            return compile_unary_tests(text, names, functions=DOMAIN_FUNCTIONS, types=self._types)
        except FeelSyntaxError as error:
            self._refuse(error, text, where, where.line)
            return compile_unary_tests("false")

    def _refuse(self, error: FeelSyntaxError, text: str, where: Place | None, line: int | None) -> None:
        place = where or self.place
        self._faults.add(
            "error",
            "feel-syntax",
            f"{place.zh}中的表达式无法解析：{text[:80]}（{error}）",
            f"the expression in {place.en} is no FEEL: {text[:80]} ({error})",
            place.element_id,
            line,
        )

    def column(self, title: str, rule: Rule | None, line: int | None) -> Place:
        """The place of a column's head, or of the cell of a row in it."""
        row_zh = f"第 {rule.index} 行（{rule.row_id}）" if rule else ""
        row_en = f" row {rule.index} ({rule.row_id})" if rule else ""
        element = rule.row_id if rule else self.place.element_id
        return Place(
            f"表{self.place.zh}{row_zh}列「{title}」",
            f'table {self.place.en}{row_en} column "{title}"',
            element,
            line,
        )
