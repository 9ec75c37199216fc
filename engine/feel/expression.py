"""Compiled expressions and unary tests: what processes, forms and decision tables hold on to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.feel import operators, tree
from engine.feel.builtins import BUILTINS
from engine.feel.calls import UnknownFunctionError
from engine.feel.compiler import Compiler
from engine.feel.environment import DOMAIN_FUNCTIONS, Environment
from engine.feel.errors import FeelError, FeelSyntaxError
from engine.feel.lexer import syntax_error
from engine.feel.limits import MAX_VALUE_DEPTH, Work
from engine.feel.parser import Parser
from engine.feel.scope import WORK, Code, Frame, Scope
from engine.feel.types import Type

_NO_TYPES: Mapping[str, Type] = {}


class Expression:
    """An expression, compiled. `names` are the variables it reads; entries named in a filter count among them."""

    __slots__ = ("_blank", "_code", "names", "text")

    def __init__(self, text: str, code: Code, *, names: frozenset[str], slots: int) -> None:
        self.text = text
        self.names = names
        self._code = code
        self._blank = [None] * slots

    def evaluate(self, variables: Mapping[str, Any], environment: Environment) -> Any:
        """Returns the value over these variables; raises FeelError past a bound or for a personal value."""
        return _run(self._code, [variables, Work(environment), *self._blank])

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


class UnaryTests:
    """Unary tests, compiled. `names` are the variables they read."""

    __slots__ = ("_blank", "_code", "names", "text")

    def __init__(self, text: str, code: Code, *, names: frozenset[str], slots: int) -> None:
        self.text = text
        self.names = names
        self._code = code
        self._blank = [None] * (slots - 1)

    def evaluate(self, input_value: Any, variables: Mapping[str, Any], environment: Environment) -> bool | None:
        """Tells whether the value passes; None if that cannot be said. Raises FeelError as expressions do."""
        result = _run(self._code, [variables, Work(environment), input_value, *self._blank])
        return result if result is None else bool(result)

    def __repr__(self) -> str:
        return f"UnaryTests({self.text!r})"


def _run(code: Code, frame: Frame) -> Any:
    try:
        value = code(frame)
    except RecursionError:
        raise FeelError("the expression is nested too deeply to be evaluated here") from None
    except ArithmeticError:  # a variable held an infinite number, or none
        raise FeelError("a variable holds something that is no number") from None
    if type(value) is list or type(value) is dict:
        check_size(value, frame[WORK].limits.items)
    return value


def check_size(value: Any, most: int) -> None:
    """Refuses a result with too many values within it, or nested too deeply; shared parts count each time."""
    seen, level = 0, [value]
    for _ in range(MAX_VALUE_DEPTH):
        below: list[Any] = []
        for each in level:
            items = each.values() if type(each) is dict else each
            seen += len(each)
            if seen > most:
                raise FeelError(f"a result of more than {most} values is refused")
            below.extend(item for item in items if type(item) is list or type(item) is dict)
        if not below:
            return
        level = below
    raise FeelError(f"a result nested more than {MAX_VALUE_DEPTH} levels deep is refused")


def compile_expression(
    text: str,
    names: Iterable[str] = (),
    *,
    functions: Iterable[str] = DOMAIN_FUNCTIONS,
    types: Mapping[str, Type] = _NO_TYPES,
) -> Expression:
    """Compiles an expression. `names`: known variables, needed for those with spaces or signs in their names.

    `functions`: domain functions it may call; `types`: named types for `instance of`. Raises FeelSyntaxError.
    """
    known = tuple(names)
    domain = tuple(functions)
    parser = Parser(text, names=known, functions=(*BUILTINS, *domain), types=types)
    node = parser.expression()
    compiler = Compiler(declared=known, functions=domain)
    code = _compiled(text, compiler, node)
    return Expression(text, code, names=frozenset(compiler.names), slots=compiler.size - 2)


def compile_unary_tests(
    text: str,
    names: Iterable[str] = (),
    *,
    functions: Iterable[str] = DOMAIN_FUNCTIONS,
    types: Mapping[str, Type] = _NO_TYPES,
) -> UnaryTests:
    """Compiles unary tests, as in a cell of a decision table; `?` is the value tested. Raises FeelSyntaxError."""
    known = tuple(names)
    domain = tuple(functions)
    parser = Parser(text, names=known, functions=(*BUILTINS, *domain), types=types)
    node = parser.unary_tests()
    compiler = Compiler(declared=known, functions=domain)
    slot = compiler.slot()
    compiler.scope = Scope({"?": slot}, None)
    code = _any_of([_compiled(text, compiler, each, slot) for each in node.tests], node)
    return UnaryTests(text, code, names=frozenset(compiler.names), slots=compiler.size - 2)


def _compiled(text: str, compiler: Compiler, node: tree.Node, slot: int | None = None) -> Code:
    try:
        return compiler.compile(node) if slot is None else operators.test(compiler, node, slot)
    except UnknownFunctionError as error:
        raise syntax_error(text, error.position, str(error)) from None
    except RecursionError:
        raise FeelSyntaxError("the expression is nested too deeply", line=1, column=1) from None


def _any_of(tests: list[Code], node: tree.Tests) -> Code:
    if not tests:
        return lambda frame: True
    if len(tests) == 1 and not node.negated:
        return tests[0]

    def run(frame: Frame) -> bool | None:
        result: bool | None = False
        for each in tests:
            found = each(frame)
            if found is True:
                return not node.negated
            if found is None:
                result = None
        return result if result is None else node.negated

    return run
