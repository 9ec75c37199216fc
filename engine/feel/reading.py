"""Which variables an expression looks into: found in its tree, without evaluating it.

A personal value may be compared with null and handed on, nothing else (see `values.refuse`); whoever writes a diagram
shall hear of any other use when it is checked, not when a case stands still.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.feel import tree
from engine.feel.builtins import BUILTINS
from engine.feel.environment import DOMAIN_FUNCTIONS
from engine.feel.parser import Parser


def names_looked_into(text: str, names: Iterable[str] = (), *, result_is_kept: bool) -> frozenset[str]:
    """Returns the variables that the expression reads otherwise than by a null test.

    `result_is_kept`: the result becomes a variable as it is, so that what is merely handed on counts as untouched.
    Raises FeelSyntaxError.
    """
    parser = Parser(text, names=tuple(names), functions=(*BUILTINS, *DOMAIN_FUNCTIONS), types={})
    return frozenset(_looked_into(parser.expression(), frozenset(), result_is_kept))


def _looked_into(node: tree.Node, bound: frozenset[str], kept: bool) -> Iterator[str]:
    """Yields names; `bound` are those that the expression itself defines, `kept` tells that the value is handed on."""
    match node:
        case tree.Name(name=name):
            if not kept and name not in bound:
                yield name
        case tree.Comparison(operator="=" | "!=", left=left, right=right):
            null_test = _is_null(left) or _is_null(right)
            yield from _all([left, right], bound, null_test)
        case tree.In(value=value, tests=tests):
            yield from _looked_into(value, bound, all(_is_null(test) for test in tests))
            yield from _all(tests, bound, False)
        case tree.InstanceOf(value=value):
            yield from _looked_into(value, bound, True)
        case tree.If(condition=condition, yes=yes, no=no):
            yield from _looked_into(condition, bound, False)
            yield from _all([yes, no], bound, kept)
        case tree.ListNode(items=items):
            yield from _all(items, bound, kept)
        case tree.ContextNode(entries=entries):
            for key, value in entries:
                yield from _looked_into(value, bound, kept)
                bound |= {key}
        case tree.For(iterations=iterations, body=body):
            yield from _iterated(iterations, body, bound, kept)
        case tree.Quantified(iterations=iterations, condition=condition):
            yield from _iterated(iterations, condition, bound, False)
        case tree.FunctionDefinition(parameters=parameters, body=body):
            yield from _looked_into(body, bound | {name for name, _ in parameters}, False)
        case tree.Call(function=function, arguments=arguments):
            called = () if isinstance(function, tree.Name) else (function,)
            yield from _all([*called, *arguments], bound, False)
        case _:
            yield from _all(node.children(), bound, False)


def _all(nodes: Iterable[tree.Node], bound: frozenset[str], kept: bool) -> Iterator[str]:
    for node in nodes:
        yield from _looked_into(node, bound, kept)


def _iterated(
    iterations: tuple[tuple[str, tree.Node, bool], ...], body: tree.Node, bound: frozenset[str], kept: bool
) -> Iterator[str]:
    for name, source, _ in iterations:
        yield from _looked_into(source, bound, False)
        bound |= {name}
    yield from _looked_into(body, bound, kept)


def _is_null(node: tree.Node) -> bool:
    return isinstance(node, tree.Literal) and node.value is None
