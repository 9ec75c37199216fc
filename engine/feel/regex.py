"""Regular expressions of XPath and XQuery functions (5.6.1), which FEEL uses, matched in bounded time.

The matcher remembers which states failed where, so that no pattern takes more than length × size steps; patterns
with back references cannot be bounded that way and run against the step limit. Python's own `re` backtracks without
bound (`(a+)+$` on 30 letters takes minutes) and reads another dialect. Forms match JavaScript's dialect with it.
"""

from __future__ import annotations

from functools import lru_cache

from engine.feel.errors import FeelError
from engine.feel.limits import Steps, Work
from engine.feel.regex_parser import Instruction, PatternError, parse_pattern

_CHUNK = 1024
_MAX_STATES = 400_000

Groups = list[int]


class Pattern:
    """A compiled pattern. Group n spans `groups[2 * n]` to `groups[2 * n + 1]`, -1 where it took no part."""

    __slots__ = ("_bounded", "groups", "program")

    def __init__(self, program: list[Instruction], groups: int) -> None:
        self.program = program
        self.groups = groups
        self._bounded = all(each[0] != "reference" for each in program)

    def search(self, text: str, start: int, work: Steps) -> Groups | None:
        """Returns the groups of the first match at or after `start`, None if there is none."""
        failed: set[int] | None = set() if self._bounded else None
        for begin in range(start, len(text) + 1):
            work.charge(1)
            found = self._match(text, begin, failed, work)
            if found is not None:
                return found
        return None

    def _match(self, text: str, begin: int, failed: set[int] | None, work: Steps) -> Groups | None:
        """Tries one place, depth first, with a stack of alternatives still to try."""
        program, length, steps = self.program, len(text), 0
        stack: list[tuple[int, int, Groups]] = [(0, begin, [-1] * (2 * self.groups))]
        while stack:
            state, at, groups = stack.pop()
            while True:
                steps += 1
                if steps % _CHUNK == 0:
                    work.charge(_CHUNK)
                    _refuse_excess(len(failed or ()) + len(stack))
                operation, first, second = program[state]
                if operation == "one":
                    if at >= length or not first(text[at]):
                        break
                    at += 1
                elif operation == "fork":
                    if failed is not None:
                        key = state * (length + 1) + at
                        if key in failed:
                            break
                        failed.add(key)
                    stack.append((second, at, groups))
                    state = first
                    continue
                elif operation == "jump":
                    state = first
                    continue
                elif operation == "save":
                    groups = groups.copy()
                    groups[first] = at
                elif operation == "test":
                    if not first(text, at):
                        break
                elif operation == "reference":
                    held = text[groups[2 * first] : groups[2 * first + 1]] if groups[2 * first + 1] >= 0 else ""
                    if not second(held, text[at : at + len(held)]):
                        break
                    at += len(held)
                else:
                    work.charge(steps % _CHUNK)
                    return groups
                state += 1
        work.charge(steps % _CHUNK)
        return None


def _refuse_excess(states: int) -> None:
    if states > _MAX_STATES:
        raise FeelError("the regular expression needs too many steps on this text; make it simpler")


@lru_cache(maxsize=256)
def compile_pattern(pattern: str, flags: str) -> Pattern | None:
    """Returns the pattern, None if it or the flags are no XPath regular expression."""
    try:
        program, groups = parse_pattern(pattern, flags)
    except PatternError:
        return None
    return Pattern(program, groups)


def replace(pattern: Pattern, text: str, replacement: str, work: Work) -> str | None:
    """Returns the text with all matches replaced; null if the pattern matches nothing at all, as XPath says."""
    parts = _replacement_parts(replacement, pattern.groups - 1)
    if parts is None or pattern.search("", 0, work) is not None:
        return None
    result: list[str] = []
    size, position = 0, 0
    while (found := pattern.search(text, position, work)) is not None:
        pieces = [text[position : found[0]]]
        for part in parts:
            pieces.append(
                part if isinstance(part, str) else text[max(found[2 * part], 0) : max(found[2 * part + 1], 0)]
            )
        added = sum(map(len, pieces))
        size += added
        work.text(added)
        if size > work.limits.characters:
            work.text(size)
        result.extend(pieces)
        if found[1] == found[0]:  # an empty match: keep one character and go on
            result.append(text[found[1] : found[1] + 1])
            position = found[1] + 1
            if position > len(text):
                break
        else:
            position = found[1]
    result.append(text[position:])
    return "".join(result)


def _replacement_parts(replacement: str, groups: int) -> list[str | int] | None:
    """Cuts a replacement into text and numbers of groups; None if it is malformed."""
    parts: list[str | int] = []
    index = 0
    while index < len(replacement):
        character = replacement[index]
        if character == "\\":
            if replacement[index + 1 : index + 2] not in ("\\", "$"):
                return None
            parts.append(replacement[index + 1])
            index += 2
        elif character == "$":
            number, index = _group_number(replacement, index + 1, groups)
            if number is None:
                return None
            parts.append(number if number <= groups else "")
        else:
            parts.append(character)
            index += 1
    return parts


def _group_number(replacement: str, index: int, groups: int) -> tuple[int | None, int]:
    """Reads as many digits as make up the number of a group that exists, at least one."""
    digits = replacement[index : index + 1]
    if not ("0" <= digits <= "9"):
        return None, index
    index += 1
    while "0" <= replacement[index : index + 1] <= "9" and int(digits + replacement[index]) <= groups:
        digits += replacement[index]
        index += 1
    return int(digits), index


def split(pattern: Pattern, text: str, work: Work) -> list[str]:
    """Returns the parts of the text between matches; an empty match separates every character."""
    parts: list[str] = []
    begin = position = 0
    while position <= len(text) and (found := pattern.search(text, position, work)) is not None:
        if found[1] == found[0]:
            if found[0] >= len(text):
                break
            if found[0] == begin:
                position = found[0] + 1
                if position >= len(text):
                    break
                if pattern.search(text, position, work) is None:
                    break
                following = pattern.search(text, position, work)
                assert following is not None
                if following[0] >= len(text) and following[0] == following[1]:
                    break
                found = following
        parts.append(text[begin : found[0]])
        begin = found[1]
        position = max(found[1], position)
        work.items(len(parts))
    parts.append(text[begin:])
    return parts
