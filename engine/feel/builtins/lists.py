"""List functions (DMN 1.5, 10.3.4.4). Places count from 1, negative ones from the end."""

from __future__ import annotations

from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from engine.feel.builtins.registry import builtin
from engine.feel.compare import equal, order
from engine.feel.functions import invoke
from engine.feel.limits import Work
from engine.feel.number_text import simplest
from engine.feel.values import FeelFunction


def _index(items: list[Any], element: Any, work: Work) -> int | None:
    work.items(len(items))
    return next((place for place, item in enumerate(items) if _same(item, element, work)), None)


def _same(left: Any, right: Any, work: Work) -> bool:
    return equal(left, right, work) is True


def _place(items: list[Any], position: Any, *, last: int) -> int | None:
    """Returns the Python index of a place, None if the list has none there; `last` is the greatest place."""
    place = simplest(position)
    if type(place) is not int or place == 0 or place > last or place < -len(items):
        return None
    return place - 1 if place > 0 else len(items) + place


@builtin("list contains(list: list, element) -> boolean")
def list_contains(work: Work, items: list[Any], element: Any) -> bool:
    """Tells whether an item equals the element."""
    return _index(items, element, work) is not None


@builtin("count(list*: list) -> number")
def count(work: Work, items: list[Any]) -> int:
    """The number of items."""
    return len(items)


@builtin("sublist(list: list, start position: number, length?: number) -> list<item>")
def sublist(work: Work, items: list[Any], start: Any, length: Any) -> list[Any] | None:
    """The items from a place on."""
    begin = _place(items, start, last=len(items))
    if begin is None:
        return None
    work.items(len(items))
    if length is None:
        return items[begin:]
    number = simplest(length)
    number = int(max(min(number, len(items) + 1), -1))
    return items[begin : begin + number] if 0 <= number <= len(items) - begin else None


@builtin("append(list: list, item*) -> list<item>")
def append(work: Work, items: list[Any], added: Any) -> list[Any]:
    """The list with items added at its end."""
    work.items(len(items) + len(added))
    return [*items, *added]


@builtin("concatenate(list*) -> list<item>")
def concatenate(work: Work, lists: list[Any]) -> list[Any] | None:
    """All lists in one."""
    joined: list[Any] = []
    for each in lists:
        if each is None:
            return None
        items = each if type(each) is list else [each]
        work.items(len(joined) + len(items))
        joined.extend(items)
    return joined


@builtin("insert before(list: list, position: number, newItem) -> list<item>")
def insert_before(work: Work, items: list[Any], position: Any, item: Any) -> list[Any] | None:
    """The list with an item put before a place."""
    index = _place(items, position, last=len(items))
    if index is None:
        return None
    work.items(len(items) + 1)
    return [*items[:index], item, *items[index:]]


@builtin("remove(list: list, position: number) -> list<item>")
def remove(work: Work, items: list[Any], position: Any) -> list[Any] | None:
    """The list without the item at a place."""
    index = _place(items, position, last=len(items))
    if index is None:
        return None
    work.items(len(items))
    return [*items[:index], *items[index + 1 :]]


@builtin("list replace(list: list, position: number, newItem) -> list<item>")
def replace_at(work: Work, items: list[Any], position: Any, item: Any) -> list[Any] | None:
    """The list with the item at a place replaced."""
    index = _place(items, position, last=len(items))
    if index is None:
        return None
    work.items(len(items))
    return [*items[:index], item, *items[index + 1 :]]


@builtin("list replace(list: list, match: function, newItem) -> list<item>")
def replace_matching(work: Work, items: list[Any], match: FeelFunction, item: Any) -> list[Any] | None:
    """The list with every item replaced for which match(item, newItem) is true."""
    work.items(len(items))
    replaced = []
    for each in items:
        found = invoke(match, [each, item], work)
        if type(found) is not bool:
            return None
        replaced.append(item if found else each)
    return replaced


@builtin("reverse(list: list) -> list<item>")
def reverse(work: Work, items: list[Any]) -> list[Any]:
    """The list from its end to its start."""
    work.items(len(items))
    return items[::-1]


@builtin("index of(list: list, match) -> list<number>")
def index_of(work: Work, items: list[Any], match: Any) -> list[int]:
    """The places of all items that equal the match."""
    work.items(len(items))
    return [place + 1 for place, item in enumerate(items) if _same(item, match, work)]


@builtin("distinct values(list: list) -> list<item>")
def distinct_values(work: Work, items: list[Any]) -> list[Any]:
    """Each item once, in order of first appearance."""
    return _distinct(items, work)


@builtin("union(list*) -> list<item>")
def union(work: Work, lists: list[Any]) -> list[Any] | None:
    """All items of all lists, each once."""
    joined = concatenate(work, lists)
    return None if joined is None else _distinct(joined, work)


def _distinct(items: list[Any], work: Work) -> list[Any]:
    """Strings, booleans and numbers are found by hash; every other kind by comparing with those kept."""
    work.items(len(items))
    kept: list[Any] = []
    hashed: set[tuple[type, Any]] = set()
    others: list[Any] = []
    for item in items:
        kind = type(item)
        if kind is str or kind is bool or kind is int or kind is Decimal:
            key = (Decimal if kind is int else kind, item)
            if key in hashed:
                continue
            hashed.add(key)
        else:
            if _index(others, item, work) is not None:
                continue
            others.append(item)
        kept.append(item)
    return kept


@builtin("flatten(list: list) -> list")
def flatten(work: Work, items: list[Any]) -> list[Any]:
    """The items of all nested lists in one."""
    flat: list[Any] = []
    stack = [iter(items)]
    while stack:
        for item in stack[-1]:
            work.charge(1)
            if type(item) is list:
                stack.append(iter(item))
                break
            flat.append(item)
        else:
            stack.pop()
        work.items(len(stack))
    work.items(len(flat))
    return flat


@builtin("sort(list: list, precedes?: function) -> list<item>")
def sort(work: Work, items: list[Any], precedes: FeelFunction | None) -> list[Any] | None:
    """The list ordered by precedes(a, b), or by nature; null if items do not compare."""
    work.items(len(items))

    def compare(left: Any, right: Any) -> int:
        if precedes is None:
            found = order(left, right)
            if found is None:
                raise _NoOrderError
            return found
        if invoke(precedes, [left, right], work) is True:
            return -1
        return 1 if invoke(precedes, [right, left], work) is True else 0

    try:
        return sorted(items, key=cmp_to_key(compare))
    except _NoOrderError:
        return None


class _NoOrderError(Exception):
    """Two items do not compare."""


@builtin("partition(list: list, size: number) -> list<list<item>>")
def partition(work: Work, items: list[Any], size: Any) -> list[Any] | None:
    """The list cut into lists of that size; the last may be shorter."""
    step = simplest(size)
    if type(step) is not int or step < 1:
        return None
    work.items(len(items))
    return [items[start : start + step] for start in range(0, len(items), step)]
