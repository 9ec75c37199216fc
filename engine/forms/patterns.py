"""Patterns of form fields: the regular expressions of form-js, matched in bounded time.

The browser runs a field's `validate.pattern` as a JavaScript expression; here the same text is read into a
small program whose threads all run at once (Thompson 1968). Python's `re` backtracks, so that one careless
`(a+)+$` of a form would hold the server for hours. Backreferences and look-around, which need backtracking,
are refused when the form is deployed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MAX_PATTERN_LENGTH = 300
MAX_PROGRAM_LENGTH = 1_000
MAX_TEXT_LENGTH = 1_000
MAX_NESTING = 20
LAST_CHARACTER = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]

DIGIT: Ranges = ((48, 57),)
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: Ranges = (
    (9, 13),
    (32, 32),
    (160, 160),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
)
LINE_END: Ranges = ((10, 10), (13, 13), (0x2028, 0x2029))
CLASSES = {"d": DIGIT, "w": WORD, "s": SPACE}
CONTROLS = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "0": 0}


class BadPattern(ValueError):
    """The pattern cannot be read, or needs more than a bounded match; the message says which part."""


@dataclass(frozen=True, slots=True)
class Set:
    """One character out of the ranges."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class At:
    """A place between characters: `^`, `$`, `\\b`, `\\B`."""

    kind: Literal["start", "end", "boundary", "no-boundary"]


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of several."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same again, `most` None without end."""

    part: Node
    least: int
    most: int | None


Node = Set | At | Sequence | Either | Repeat


@dataclass(frozen=True, slots=True)
class Split:
    """Go on at both places."""

    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Done:
    """The pattern is found."""


Instruction = Set | At | Split | Done


def complement(ranges: Ranges) -> Ranges:
    """Returns all characters that are not in the ranges."""
    result: list[tuple[int, int]] = []
    following = 0
    for low, high in sorted(ranges):
        if low > following:
            result.append((following, low - 1))
        following = max(following, high + 1)
    if following <= LAST_CHARACTER:
        result.append((following, LAST_CHARACTER))
    return tuple(result)


class _Reader:
    """Reads a pattern by recursive descent."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def read(self) -> Node:
        node = self._either()
        if self.at < len(self.text):
            raise BadPattern(f"unexpected '{self.text[self.at]}' at character {self.at + 1}")
        return node

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self) -> str:
        character = self._peek()
        if not character:
            raise BadPattern("the pattern ends too early")
        self.at += 1
        return character

    def _skip(self, text: str) -> bool:
        found = self.text.startswith(text, self.at)
        self.at += len(text) if found else 0
        return found

    def _either(self) -> Node:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise BadPattern("the groups are nested too deeply")
        parts = [self._sequence()]
        while self._skip("|"):
            parts.append(self._sequence())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._quantified(self._atom()))
        return Sequence(tuple(parts))

    def _quantified(self, node: Node) -> Node:
        limits = self._limits()
        if limits is None:
            return node
        self._skip("?")  # Lazy or greedy makes no difference to whether there is a match.
        if isinstance(node, At) or self._peek() in ("*", "+", "?"):
            raise BadPattern(f"nothing to repeat at character {self.at}")
        return Repeat(node, *limits)

    def _limits(self) -> tuple[int, int | None] | None:
        for mark, limits in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._skip(mark):
                return limits
        if not self._skip("{"):
            return None
        least, comma, most = self._until("}").partition(",")
        if not least.isdecimal() or (most and not most.isdecimal()):
            raise BadPattern("a repetition is {n}, {n,} or {n,m}; write \\{ for the character")
        high = int(least) if not comma else int(most) if most else None
        if len(least + most) > 8 or (high is not None and high < int(least)):
            raise BadPattern("the bounds of a repetition are too large or the wrong way round")
        return int(least), high

    def _until(self, end: str) -> str:
        start = self.at
        self.at = self.text.find(end, start) + 1
        if not self.at:
            raise BadPattern(f"'{end}' is missing")
        return self.text[start : self.at - 1]

    def _atom(self) -> Node:
        character = self._take()
        match character:
            case "(":
                return self._group()
            case "[":
                return Set(self._class())
            case ".":
                return Set(complement(LINE_END))
            case "^":
                return At("start")
            case "$":
                return At("end")
            case "*" | "+" | "?" | "{":
                raise BadPattern(f"nothing to repeat before '{character}'")
            case "\\" if self._peek() in ("b", "B"):
                return At("boundary" if self._take() == "b" else "no-boundary")
            case "\\":
                return Set(self._escape())
            case _:
                return Set(((ord(character), ord(character)),))

    def _group(self) -> Node:
        if self._skip("?") and not self._skip(":"):
            raise BadPattern("look-around and named groups are not supported; use (…) or (?:…)")
        node = self._either()
        if not self._skip(")"):
            raise BadPattern("')' is missing")
        return node

    def _escape(self) -> Ranges:
        letter = self._take()
        if letter.lower() in CLASSES:
            ranges = CLASSES[letter.lower()]
            return ranges if letter.islower() else complement(ranges)
        if letter in CONTROLS:
            return ((CONTROLS[letter], CONTROLS[letter]),)
        if letter in ("u", "x"):
            return self._numbered(4 if letter == "u" else 2)
        if letter.isascii() and letter.isalnum():
            raise BadPattern(f"\\{letter} is not supported")
        return ((ord(letter), ord(letter)),)

    def _numbered(self, digits: int) -> Ranges:
        text = self.text[self.at : self.at + digits]
        if len(text) < digits or any(digit not in "0123456789abcdefABCDEF" for digit in text):
            raise BadPattern(f"a character number has {digits} hexadecimal digits")
        self.at += digits
        return ((int(text, 16), int(text, 16)),)

    def _class(self) -> Ranges:
        negated = self._skip("^")
        ranges: list[tuple[int, int]] = []
        while not self._skip("]"):
            ranges.extend(self._class_part())
        return complement(tuple(ranges)) if negated else tuple(ranges)

    def _class_part(self) -> Ranges:
        low = self._class_character()
        following = self.text[self.at + 1 : self.at + 2]
        if self._peek() != "-" or following in ("]", ""):
            return low
        self.at += 1
        high = self._class_character()
        if len(low) != 1 or len(high) != 1 or low[0][0] > high[0][0]:
            raise BadPattern("a range runs from a lower to a higher character")
        return ((low[0][0], high[0][0]),)

    def _class_character(self) -> Ranges:
        character = self._take()
        if character != "\\":
            return ((ord(character), ord(character)),)
        return ((8, 8),) if self._skip("b") else self._escape()


class _Writer:
    """Writes the program of a pattern, refusing one that repeats too much."""

    def __init__(self) -> None:
        self.program: list[Instruction] = []

    def add(self, instruction: Instruction) -> int:
        if len(self.program) >= MAX_PROGRAM_LENGTH:
            raise BadPattern("the pattern repeats too much; lower the bounds of its repetitions")
        self.program.append(instruction)
        return len(self.program) - 1

    def write(self, node: Node) -> None:
        match node:
            case Set() | At():
                self.add(node)
            case Sequence(parts):
                for part in parts:
                    self.write(part)
            case Either(parts):
                self._either(parts)
            case Repeat(part, least, most):
                self._repeat(part, least, most)

    def _either(self, parts: tuple[Node, ...]) -> None:
        jumps: list[int] = []
        for part in parts[:-1]:
            split = self.add(Done())
            self.write(part)
            jumps.append(self.add(Done()))
            self.program[split] = Split(split + 1, len(self.program))
        self.write(parts[-1])
        for jump in jumps:
            self.program[jump] = Split(len(self.program), len(self.program))

    def _repeat(self, part: Node, least: int, most: int | None) -> None:
        for _ in range(least):
            self.write(part)
        if most is None:
            split = self.add(Done())
            self.write(part)
            self.add(Split(split, split))
            self.program[split] = Split(split + 1, len(self.program))
            return
        for _ in range(most - least):
            split = self.add(Done())
            self.write(part)
            self.program[split] = Split(split + 1, len(self.program))


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern; `found_in` takes at most pattern × text steps."""

    text: str
    program: tuple[Instruction, ...]

    def found_in(self, text: str) -> bool:
        """Tells whether the pattern occurs anywhere in the text, as JavaScript's `test` does."""
        if len(text) > MAX_TEXT_LENGTH:
            return False
        places: set[int] = set()
        for position in range(len(text) + 1):
            waiting: list[Set] = []
            targets: list[int] = []
            if self._spread({0, *places}, text, position, waiting, targets):
                return True
            if position < len(text):
                code = ord(text[position])
                places = {
                    target
                    for one, target in zip(waiting, targets, strict=True)
                    if any(low <= code <= high for low, high in one.ranges)
                }
        return False

    def _spread(self, places: set[int], text: str, position: int, waiting: list[Set], targets: list[int]) -> bool:
        """Follows all that needs no character; fills what waits for one; True when the pattern is found."""
        stack, seen = list(places), set(places)
        while stack:
            place = stack.pop()
            following: tuple[int, ...] = ()
            match self.program[place]:
                case Done():
                    return True
                case Set() as one:
                    waiting.append(one)
                    targets.append(place + 1)
                case Split(first, second):
                    following = (first, second)
                case At(kind) if _holds(kind, text, position):
                    following = (place + 1,)
                case _:
                    pass
            fresh = [target for target in following if target not in seen]
            seen.update(fresh)
            stack.extend(fresh)
        return False


def _holds(kind: str, text: str, position: int) -> bool:
    if kind == "start":
        return position == 0
    if kind == "end":
        return position == len(text)
    before = position > 0 and _is_word(text[position - 1])
    after = position < len(text) and _is_word(text[position])
    return (before != after) == (kind == "boundary")


def _is_word(character: str) -> bool:
    return any(low <= ord(character) <= high for low, high in WORD)


def compile_pattern(text: str) -> Pattern:
    """Reads a pattern; raises BadPattern with the reason."""
    if len(text) > MAX_PATTERN_LENGTH:
        raise BadPattern(f"a pattern has at most {MAX_PATTERN_LENGTH} characters")
    writer = _Writer()
    writer.write(_Reader(text).read())
    writer.program.append(Done())
    return Pattern(text, tuple(writer.program))
