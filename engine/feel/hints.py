"""What an editor shows beside an expression: its type, the types of its parts, problems, and what fits at the cursor.

Nothing is evaluated, and the work is bounded by the length and depth that a text may have.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.feel.builtins import BUILTINS
from engine.feel.completions import Completion, completions
from engine.feel.errors import FeelSyntaxError
from engine.feel.expression import compile_expression, compile_unary_tests
from engine.feel.inference import Inference, Problem, TypeEnvironment
from engine.feel.lexer import syntax_error
from engine.feel.parser import Parser
from engine.feel.types import ANYTHING, Type

MAX_TEXT = 20_000  # characters; a longer expression is compiled and checked, but not hinted at while it is typed
MAX_TYPES = 500
MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Hints:
    """`type` is that of the whole; `types` are (position from 0, type) of its parts in the order of the text."""

    type: Type
    types: tuple[tuple[int, Type], ...] = ()
    problems: tuple[Problem, ...] = ()
    completions: tuple[Completion, ...] = ()


def hints(text: str, environment: TypeEnvironment, *, tested: Type | None = None, cursor: int | None = None) -> Hints:
    """Returns the hints for an expression, or for unary tests on a value of the type `tested`."""
    if len(text) > MAX_TEXT:
        too_long = syntax_error("", 0, f"hints are given for expressions of up to {MAX_TEXT} characters")
        return Hints(ANYTHING, problems=(_refused("", too_long),))
    offered = () if cursor is None else tuple(completions(text, cursor, environment, tested=tested))
    names, functions = environment.names, environment.functions
    try:
        if tested is None:
            compile_expression(text, names, functions=functions, types=environment.types)
        else:
            compile_unary_tests(text, names, functions=functions, types=environment.types)
        parser = Parser(text, names=names, functions=(*BUILTINS, *functions), types=environment.types)
        node = parser.expression() if tested is None else parser.unary_tests()
    except FeelSyntaxError as error:
        return Hints(ANYTHING, problems=(_refused(text, error),), completions=offered)
    inference = Inference(text, environment, tested=tested or ANYTHING)
    found = inference.infer(node)
    problems = sorted(inference.problems, key=lambda problem: problem.position)[:MAX_PROBLEMS]
    types = sorted(inference.types, key=lambda part: part[0])[:MAX_TYPES]
    return Hints(found, tuple(types), tuple(problems), offered)


def _refused(text: str, error: FeelSyntaxError) -> Problem:
    lines = text.split("\n")[: error.line - 1]
    position = sum(len(line) + 1 for line in lines) + error.column - 1
    zh = f"无法解析：{error.reason}"
    return Problem("error", "feel-syntax", position, error.line, error.column, zh, error.reason)
