"""Functions over the values of a list, or over their arguments: min, sum, mean, all, any … (DMN 1.5, 10.3.4.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.feel.arithmetic import CONTEXT, add, divide, multiply, settled, subtract
from engine.feel.builtins.registry import builtin
from engine.feel.compare import order
from engine.feel.limits import Work
from engine.feel.values import BOOLEAN, DAYS, MONTHS, NUMBER, kind_of


def _numbers(items: list[Any]) -> bool:
    return all(item is not None and kind_of(item) == NUMBER for item in items)


@builtin("min(list*: list) -> item")
def minimum(work: Work, items: list[Any]) -> Any:
    """The smallest item; null for an empty list or items that do not compare."""
    return _extreme(items, -1, work)


@builtin("max(list*: list) -> item")
def maximum(work: Work, items: list[Any]) -> Any:
    """The greatest item; null for an empty list or items that do not compare."""
    return _extreme(items, 1, work)


def _extreme(items: list[Any], sign: int, work: Work) -> Any:
    work.items(len(items))
    if not items or order(items[0], items[0]) is None:
        return None
    best = items[0]
    for item in items[1:]:
        found = order(item, best)
        if found is None:
            return None
        if found == sign:
            best = item
    return best


@builtin("sum(list*: list) -> item")
def total(work: Work, items: list[Any]) -> Any:
    """The sum of numbers or of durations; null for an empty list."""
    work.items(len(items))
    if not items or any(item is None or kind_of(item) not in (NUMBER, DAYS, MONTHS) for item in items):
        return None
    return _folded(items, add, work)


@builtin("product(list*: list) -> number")
def product(work: Work, items: list[Any]) -> Any:
    """The product of numbers; null for an empty list."""
    work.items(len(items))
    return _folded(items, multiply, work) if items and _numbers(items) else None


def _folded(items: list[Any], apply: Callable[[Any, Any, Work], Any], work: Work) -> Any:
    result = items[0]
    for item in items[1:]:
        result = apply(result, item, work)
    return result


@builtin("mean(list*: list) -> item")
def mean(work: Work, items: list[Any]) -> Any:
    """The average; null for an empty list."""
    found = total(work, items)
    return None if found is None else divide(found, len(items), work)


@builtin("median(list*: list) -> item")
def median(work: Work, items: list[Any]) -> Any:
    """The middle number, or the average of the two in the middle."""
    work.items(len(items))
    if not items or not _numbers(items):
        return None
    ordered = sorted(items)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return divide(add(ordered[half - 1], ordered[half], work), 2, work)


@builtin("stddev(list*: list) -> number")
def stddev(work: Work, items: list[Any]) -> Any:
    """The standard deviation of a sample; null for fewer than two numbers."""
    work.items(len(items))
    if len(items) < 2 or not _numbers(items):
        return None
    average = mean(work, items)
    squares = [multiply(distance, distance, work) for distance in (subtract(item, average, work) for item in items)]
    variance = divide(_folded(squares, add, work), len(items) - 1, work)
    return None if variance is None else settled(CONTEXT.sqrt(CONTEXT.plus(variance)))


@builtin("mode(list*: list) -> list<item>")
def mode(work: Work, items: list[Any]) -> list[Any] | None:
    """The numbers that stand most often, in ascending order."""
    work.items(len(items))
    if not _numbers(items):
        return None
    counts: dict[Any, int] = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(item for item, number in counts.items() if number == most)


@builtin("all(list*: list) -> boolean")
def every(work: Work, items: list[Any]) -> bool | None:
    """Three-valued and over a list; true for an empty one."""
    return _decided(items, False, work)


@builtin("any(list*: list) -> boolean")
def some(work: Work, items: list[Any]) -> bool | None:
    """Three-valued or over a list; false for an empty one."""
    return _decided(items, True, work)


def _decided(items: list[Any], decisive: bool, work: Work) -> bool | None:
    work.items(len(items))
    if any(item is not None and kind_of(item) != BOOLEAN for item in items):
        return None
    if decisive in items:
        return decisive
    return None if None in items else not decisive
