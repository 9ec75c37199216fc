"""Compiles what repeats: filters, `for`, `some`, `every`. Every round is charged for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.feel import tree
from engine.feel.limits import Work
from engine.feel.operators import truth
from engine.feel.scope import WORK, Code, Frame, Scope
from engine.feel.sequences import at, sequence
from engine.feel.values import NULL, Range, is_number, kind_of

if TYPE_CHECKING:
    from engine.feel.compiler import Compiler

Loop = Callable[[Frame, list[Any]], bool | None]


def filtered(compiler: Compiler, node: tree.Filter) -> Code:
    """`source[condition]`: the items for which it is true, or the item at that place."""
    source, slot = compiler.compile(node.source), compiler.slot()
    condition = compiler.within(Scope({"item": slot}, compiler.scope, item=slot), node.condition)
    cost = node.condition.cost

    def run(frame: Frame) -> Any:
        value = source(frame)
        if type(value) is not list:
            if kind_of(value) == NULL:
                return None
            value = [value]
        return select(frame, value)

    def select(frame: Frame, items: list[Any]) -> Any:
        work = frame[WORK]
        work.charge(cost * (len(items) + 1))
        frame[slot] = items[0] if items else None
        first = condition(frame)
        if is_number(first):
            return at(items, first)
        kept = []
        for index, item in enumerate(items):
            frame[slot] = item
            found = first if index == 0 else condition(frame)
            if found is True or truth(found) is True:
                kept.append(item)
        return kept

    return run


def _iterate(compiler: Compiler, iterations: tuple[tuple[str, tree.Node, bool], ...], scope: Scope) -> list[Any]:
    """Compiles the sources of a loop; each sees the variables of those before it."""
    found = []
    for name, source, bare in iterations:
        if bare:
            assert isinstance(source, tree.RangeNode)
            code = compiler.within(scope, tree.ListNode(source.position, (source.start, source.end)))
        else:
            code = compiler.within(scope, source)
        slot = compiler.slot()
        scope.slots[name] = slot
        found.append((code, slot, bare, source.cost))
    return found


def _nested(iterations: list[Any], innermost: Loop) -> Loop:
    """Returns the loops, each inside the one before. A loop returns None if a source is null, True to stop."""
    loop = innermost
    for code, slot, bare, cost in reversed(iterations):
        loop = _one_loop(code, slot, bare, cost, loop)
    return loop


def _one_loop(code: Code, slot: int, bare: bool, cost: int, inner: Loop) -> Loop:
    def run(frame: Frame, results: list[Any]) -> bool | None:
        value = code(frame)
        source = sequence(Range(*value) if bare else value, bare=bare)
        if source is None:
            return None
        work: Work = frame[WORK]
        for item in source:
            work.charge(cost)
            frame[slot] = item
            stop = inner(frame, results)
            if stop is not False:
                return stop
        return False

    return run


def for_each(compiler: Compiler, node: tree.For) -> Code:
    """`for … return body`: the list of results; `partial` holds those so far. Null over a null source."""
    scope = Scope({}, compiler.scope)
    iterations = _iterate(compiler, node.iterations, scope)
    partial = compiler.slot()
    body = compiler.within(Scope({"partial": partial}, scope, partial=partial), node.body)
    cost = node.body.cost

    def once(frame: Frame, results: list[Any]) -> bool:
        work = frame[WORK]
        work.charge(cost)
        frame[partial] = results
        results.append(body(frame))
        if len(results) > work.limits.items:
            work.items(len(results))
        return False

    loop = _nested(iterations, once)

    def run(frame: Frame) -> list[Any] | None:
        results: list[Any] = []
        return None if loop(frame, results) is None else results

    return run


def quantified(compiler: Compiler, node: tree.Quantified) -> Code:
    """`some … satisfies`, `every … satisfies`: three-valued or, and."""
    scope = Scope({}, compiler.scope)
    iterations = _iterate(compiler, node.iterations, scope)
    condition = compiler.within(scope, node.condition)
    decisive, cost = node.quantifier == "some", node.condition.cost

    def once(frame: Frame, unsure: list[Any]) -> bool:
        frame[WORK].charge(cost)
        found = truth(condition(frame))
        if found is None and not unsure:
            unsure.append(None)
        return found is decisive

    loop = _nested(iterations, once)

    def run(frame: Frame) -> bool | None:
        unsure: list[Any] = []
        stopped = loop(frame, unsure)
        if stopped is None:
            return None
        if stopped:
            return decisive
        return None if unsure else not decisive

    return run
