"""Relations of points and ranges (DMN 1.5, 10.3.4.10), and `range(from)`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from engine.feel.builtins.registry import builtin
from engine.feel.compare import checked, order
from engine.feel.limits import Work
from engine.feel.literals import read_literal
from engine.feel.values import RANGE, Range, kind_of

# An end of a range as (value, side): side -1 just before the value, 0 at it, 1 just after it. No value: unbounded.
End = tuple[Any, int]


def _start(value: Any) -> End:
    if type(value) is not Range:
        return value, 0
    return value.start, 0 if value.start_included else 1


def _end(value: Any) -> End:
    if type(value) is not Range:
        return value, 0
    return value.end, 0 if value.end_included else -1


def _order(left: End, right: End) -> int | None:
    found = order(left[0], right[0])
    return (left[1] > right[1]) - (left[1] < right[1]) if found == 0 else found


def _compares(left: Any, right: Any) -> bool:
    return order(_start(left)[0], _start(right)[0]) is not None and _bounded(left) and _bounded(right)


def _bounded(value: Any) -> bool:
    return type(value) is not Range or (value.start is not None and value.end is not None)


def _is(left: End, right: End, *signs: int) -> bool:
    return _order(left, right) in signs


def _relation(name: str, forms: str, test: Callable[[Any, Any], bool]) -> None:
    """Registers a relation for its forms: `pp`, `pr`, `rp`, `rr` with p a point, r a range."""
    spelled = {"p": "point", "r": "range"}
    for form in forms.split():
        same = form[0] == form[1]
        names = [spelled[each] + (str(index + 1) if same else "") for index, each in enumerate(form)]

        def call(work: Work, left: Any, right: Any, form: str = form) -> bool | None:
            wanted = [each == "r" for each in form]
            if [kind_of(left) == RANGE, kind_of(right) == RANGE] != wanted or not _compares(left, right):
                return None
            return test(left, right)

        call.__doc__ = f"Tells whether the first {_WORDS.get(name, name)} the second."
        kinds = [": range" if each == "r" else _POINTS for each in form]
        builtin(f"{name}({names[0]}{kinds[0]}, {names[1]}{kinds[1]}) -> boolean")(call)


_WORDS = {
    "before": "lies before",
    "after": "lies after",
    "met by": "is met by",
    "finished by": "is finished by",
    "started by": "is started by",
    "during": "lies within",
    "coincides": "is the same as",
    "overlaps before": "begins before and overlaps",
    "overlaps after": "ends after and overlaps",
}
_POINTS = ": number|string|date|time|date and time|days and time duration|years and months duration"


def _before(a: Any, b: Any) -> bool:
    return _is(_end(a), _start(b), -1)


def _meets(a: Any, b: Any) -> bool:
    return order(a.end, b.start) == 0 and a.end_included and b.start_included


def _overlaps(a: Any, b: Any) -> bool:
    return _is(_start(a), _end(b), -1, 0) and _is(_start(b), _end(a), -1, 0)


def _overlaps_before(a: Any, b: Any) -> bool:
    return _is(_start(a), _start(b), -1) and _is(_end(a), _start(b), 0, 1) and _is(_end(a), _end(b), -1, 0)


def _finishes(a: Any, b: Any) -> bool:
    if type(a) is not Range:
        return b.end_included and order(a, b.end) == 0
    return _is(_end(a), _end(b), 0) and _is(_start(a), _start(b), 0, 1)


def _starts(a: Any, b: Any) -> bool:
    if type(a) is not Range:
        return b.start_included and order(a, b.start) == 0
    return _is(_start(a), _start(b), 0) and _is(_end(a), _end(b), -1, 0)


def _includes(a: Any, b: Any) -> bool:
    return _is(_start(a), _start(b), -1, 0) and _is(_end(a), _end(b), 0, 1)


def _coincides(a: Any, b: Any) -> bool:
    return _is(_start(a), _start(b), 0) and _is(_end(a), _end(b), 0)


def _turned(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda a, b: test(b, a)


_relation("before", "pp pr rp rr", _before)
_relation("after", "pp pr rp rr", _turned(_before))
_relation("meets", "rr", _meets)
_relation("met by", "rr", _turned(_meets))
_relation("overlaps", "rr", _overlaps)
_relation("overlaps before", "rr", _overlaps_before)
_relation("overlaps after", "rr", _turned(_overlaps_before))
_relation("finishes", "pr rr", _finishes)
_relation("finished by", "rp rr", _turned(_finishes))
_relation("includes", "rp rr", _includes)
_relation("during", "pr rr", _turned(_includes))
_relation("starts", "pr rr", _starts)
_relation("started by", "rp rr", _turned(_starts))
_relation("coincides", "pp rr", _coincides)

_RANGE_TEXT = re.compile(r"\s*([\[(\]])(.*)\.\.(.*)([\])\[])\s*", re.DOTALL)


@builtin("range(from: string) -> range")
def range_of(work: Work, text: str) -> Range | None:
    """The range of a text such as `[18..21)`; its ends are literals."""
    work.text(len(text))
    match = _RANGE_TEXT.fullmatch(text)
    if match is None:
        return None
    start, end = read_literal(match[2].strip()), read_literal(match[3].strip())
    if (start is None and match[2].strip()) or (end is None and match[3].strip()) or start is end is None:
        return None
    if start is not None and end is not None:
        return checked(Range(start, end, match[1] == "[", match[4] == "]"))
    return _half_open(start, end, match[1] == "[", match[4] == "]")


def _half_open(start: Any, end: Any, first: bool, last: bool) -> Range | None:
    if start is None:
        return None if first else Range(None, end, False, last, "<=" if last else "<")
    return None if last else Range(start, None, first, False, ">=" if first else ">")
