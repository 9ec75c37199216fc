"""String functions (DMN 1.5, 10.3.4.3). Characters are code points; places count from 1."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.feel import regex
from engine.feel.builtins.registry import builtin
from engine.feel.limits import Work
from engine.feel.values import STRING, kind_of


def position(number: int | Decimal) -> int:
    """Returns a place or length truncated to a whole number of moderate size."""
    return int(max(min(number, 10**9), -(10**9)))


@builtin("substring(string: string, start position: number, length?: number) -> string")
def substring(work: Work, string: str, start: Any, length: Any) -> str | None:
    """The characters from a place on; a negative place counts from the end."""
    begin = position(start)
    if begin == 0 or begin < -len(string) or begin > len(string):
        return None
    begin = begin - 1 if begin > 0 else len(string) + begin
    work.text(len(string) - begin if length is None else min(len(string) - begin, max(position(length), 0)))
    if length is None:
        return string[begin:]
    count = position(length)
    return string[begin : begin + count] if count >= 1 else None


@builtin("string length(string: string) -> number")
def string_length(work: Work, string: str) -> int:
    """The number of characters."""
    return len(string)


@builtin("upper case(string: string) -> string")
def upper_case(work: Work, string: str) -> str:
    """The string in capitals."""
    work.text(len(string))
    return string.upper()


@builtin("lower case(string: string) -> string")
def lower_case(work: Work, string: str) -> str:
    """The string in small letters."""
    work.text(len(string))
    return string.lower()


@builtin("substring before(string: string, match: string) -> string")
def substring_before(work: Work, string: str, match: str) -> str:
    """What stands before the first match; empty if there is none."""
    work.text(len(string))
    return string.partition(match)[0] if match and match in string else ""


@builtin("substring after(string: string, match: string) -> string")
def substring_after(work: Work, string: str, match: str) -> str:
    """What stands after the first match; empty if there is none, all for an empty match."""
    work.text(len(string))
    return string.partition(match)[2] if match else string


@builtin("contains(string: string, match: string) -> boolean")
def contains(work: Work, string: str, match: str) -> bool:
    """Tells whether the match stands anywhere in the string."""
    work.text(len(string))
    return match in string


@builtin("starts with(string: string, match: string) -> boolean")
def starts_with(work: Work, string: str, match: str) -> bool:
    """Tells whether the string begins with the match."""
    return string.startswith(match)


@builtin("ends with(string: string, match: string) -> boolean")
def ends_with(work: Work, string: str, match: str) -> bool:
    """Tells whether the string ends with the match."""
    return string.endswith(match)


@builtin("matches(input: string, pattern: string, flags?: string) -> boolean")
def matches(work: Work, text: str, pattern: str, flags: str | None) -> bool | None:
    """Tells whether the regular expression is found in the input."""
    compiled = regex.compile_pattern(pattern, flags or "")
    return None if compiled is None else compiled.search(text, 0, work) is not None


@builtin("replace(input: string, pattern: string, replacement: string, flags?: string) -> string")
def replace(work: Work, text: str, pattern: str, replacement: str, flags: str | None) -> str | None:
    """The input with every match replaced; `$1` in the replacement stands for the first group."""
    compiled = regex.compile_pattern(pattern, flags or "")
    return None if compiled is None else regex.replace(compiled, text, replacement, work)


@builtin("split(string: string, delimiter: string) -> list<string>")
def split(work: Work, string: str, delimiter: str) -> list[str] | None:
    """The parts between the matches of a regular expression."""
    compiled = regex.compile_pattern(delimiter, "")
    return None if compiled is None else regex.split(compiled, string, work)


@builtin("string join(list: list, delimiter?: string) -> string")
def string_join(work: Work, items: list[Any], delimiter: str | None) -> str | None:
    """The strings of a list, one after the other; nulls are left out."""
    work.items(len(items))
    kept = [item for item in items if item is not None]
    if any(kind_of(item) != STRING for item in kept):
        return None
    between = delimiter or ""
    work.text(sum(map(len, kept)) + len(between) * len(kept))
    return between.join(kept)
