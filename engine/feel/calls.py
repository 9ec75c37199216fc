"""Compiles function definitions and invocations: built-in, domain and user-defined functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from engine.feel import tree
from engine.feel.builtins import BUILTINS
from engine.feel.builtins.registry import Builtin
from engine.feel.environment import Environment
from engine.feel.errors import FeelError
from engine.feel.external import bind
from engine.feel.functions import call_value
from engine.feel.limits import Work
from engine.feel.names import suggestion
from engine.feel.scope import VARIABLES, WORK, Code, Frame, Scope, find
from engine.feel.values import FeelFunction, refuse

if TYPE_CHECKING:
    from engine.feel.compiler import Compiler


# `date("2026-01-01")` is a literal in all but name: it is computed once, when the expression is compiled.
_CONSTANT = frozenset({"date", "time", "date and time", "duration"})
_NOWHERE = Environment(now=datetime(1970, 1, 1, tzinfo=UTC))


class UnknownFunctionError(FeelError):
    """An expression calls a function that does not exist; becomes a syntax error at `position`."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


def definition(compiler: Compiler, node: tree.FunctionDefinition) -> Code:
    """`function(parameters) body`: a value that remembers the names it sees."""
    if node.external:
        return _external(compiler, node)
    names = tuple(name for name, _ in node.parameters)
    types = tuple(declared for _, declared in node.parameters)
    slots = {name: compiler.slot() for name in names}
    body = compiler.within(Scope(slots, compiler.scope), node.body)
    places, cost = tuple(slots[name] for name in names), node.cost

    def define(frame: Frame) -> FeelFunction:
        frame[WORK].charge(len(frame))
        captured = list(frame)

        def call(work: Work, arguments: list[Any]) -> Any:
            inner = list(captured)
            inner[WORK] = work
            for place, argument in zip(places, arguments, strict=True):
                inner[place] = argument
            work.charge(cost + len(inner))
            return body(inner)

        return FeelFunction("", names, call, types)

    return define


def _external(compiler: Compiler, node: tree.FunctionDefinition) -> Code:
    """`function(parameters) external {java: …}`; null for what is not on our list."""
    description = compiler.compile(node.body)
    names = tuple(name for name, _ in node.parameters)
    types = tuple(declared for _, declared in node.parameters)

    def define(frame: Frame) -> FeelFunction:
        bound = bind(description(frame))

        def call(work: Work, arguments: list[Any]) -> Any:
            return None if bound is None else bound(arguments, work)

        return FeelFunction("", names, call, types)

    return define


def call(compiler: Compiler, node: tree.Call) -> Code:
    """`function(arguments)`."""
    arguments = [value_or_function(compiler, each) for each in node.arguments]
    if isinstance(node.function, tree.Name):
        found = find(node.function.name, compiler.scope)
        if found.slot is None:
            return _global_call(compiler, node, node.function, arguments)
    function = compiler.compile(node.function)
    return lambda frame: call_value(function(frame), node.names, [each(frame) for each in arguments], frame[WORK])


def value_or_function(compiler: Compiler, node: tree.Node) -> Code:
    """Compiles an argument; the bare name of a built-in stands for the function there, unless a variable has it."""
    if isinstance(node, tree.Name) and node.name in BUILTINS and node.name not in compiler.declared:
        found = find(node.name, compiler.scope)
        if found.slot is None and not found.items:
            name, value, variable = node.name, BUILTINS[node.name].as_value(), compiler.compile(node)
            return lambda frame: variable(frame) if name in frame[VARIABLES] else value
    return compiler.compile(node)


def _global_call(compiler: Compiler, node: tree.Call, function: tree.Name, arguments: list[Code]) -> Code:
    name = function.name
    builtin = BUILTINS.get(name)
    if name in compiler.declared:
        return _variable_call(compiler, node, function, arguments, builtin)
    if builtin is not None:
        return _builtin_call(builtin, node, arguments)
    if name in compiler.functions:
        return _domain_call(name, node, arguments)
    if find(name, compiler.scope).items:
        return _variable_call(compiler, node, function, arguments, None)
    known = {*BUILTINS, *compiler.functions, *compiler.declared}
    raise UnknownFunctionError(f'there is no function "{name}"{suggestion(name, known)}', function.position)


def _builtin_call(builtin: Builtin, node: tree.Call, arguments: list[Code]) -> Code:
    resolved = builtin.resolve(len(arguments), node.names)
    if builtin.name in _CONSTANT and all(isinstance(each, tree.Literal) for each in node.arguments):
        constant = resolved(Work(_NOWHERE), [each([]) for each in arguments])
        return lambda frame: constant
    if len(arguments) == 1:
        only = arguments[0]
        return lambda frame: resolved(frame[WORK], [only(frame)])
    return lambda frame: resolved(frame[WORK], [each(frame) for each in arguments])


def _variable_call(
    compiler: Compiler, node: tree.Call, function: tree.Name, arguments: list[Code], builtin: Builtin | None
) -> Code:
    """Calls the function that a variable holds; a variable of another kind does not hide a built-in."""
    value = compiler.compile(function)
    fallback = _builtin_call(builtin, node, arguments) if builtin is not None else None

    def run(frame: Frame) -> Any:
        found = value(frame)
        if fallback is not None and type(found) is not FeelFunction:
            return fallback(frame)
        return call_value(found, node.names, [each(frame) for each in arguments], frame[WORK])

    return run


def _domain_call(name: str, node: tree.Call, arguments: list[Code]) -> Code:
    if node.names is not None:
        raise UnknownFunctionError(f'"{name}" takes its arguments by position, not by name', node.position)

    def run(frame: Frame) -> Any:
        work: Work = frame[WORK]
        supplied = work.surroundings.functions.get(name)
        if supplied is None:
            raise FeelError(f'the function "{name}" is not available here')
        values = [each(frame) for each in arguments]
        if not _takes(supplied, len(values)):
            raise FeelError(f'the function "{name}" does not take {len(values)} arguments')
        for value in values:
            refuse(value)
        work.charge(100)
        return supplied(*values)

    return run


def _takes(supplied: Callable[..., Any], count: int) -> bool:
    """Tells whether a domain function can be called with that many positional arguments."""
    try:
        inspect.signature(supplied).bind(*range(count))
    except TypeError:
        return False
    return True
