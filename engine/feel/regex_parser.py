"""Reads XPath regular expressions into a program of simple instructions (XML Schema part 2, appendix F; XPath 5.6.1).

Instructions are (operation, first, second): `one` takes a character that a predicate accepts, `fork` tries `first`
then `second`, `jump`, `save` notes a place, `test` checks a place, `reference` compares with a group, `match` ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from string import hexdigits
from typing import Any

from engine.feel.regex_classes import CLASS_ESCAPES, SINGLE_ESCAPES, Accepts, category, either_case, is_in

Instruction = tuple[str, Any, Any]
_MAX_PROGRAM = 5_000
_MAX_REPEAT = 1_000
_MAX_DEPTH = 60
_TOO_LARGE = "it repeats too much; lower the bounds of its repetitions"
_TOO_DEEP = "it is nested too deeply"
_BAD_RANGE = "a repetition is {n}, {n,} or {n,m}, in this order and not too large"
_BAD_CLASS = "a class in […] is empty, not closed or holds a bracket"


class PatternError(Exception):
    """A text is no regular expression; the message says which part."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a language of regular expressions writes its own way.

    `classes`: the escapes that stand for several characters; `singles`: those that stand for one; `tests`: those that
    look at a place; `numbered`: how many hexadecimal digits follow an escape; `reserved`: what never stands for
    itself. `extended`: XPath's categories, back references, subtraction of classes and repeated tests.
    """

    classes: Mapping[str, Accepts]
    singles: Mapping[str, str]
    tests: Mapping[str, Callable[[str, int], bool]] = field(default_factory=dict)
    numbered: Mapping[str, int] = field(default_factory=dict)
    line_ends: str = "\n\r"
    reserved: str = "*+?{}]"
    extended: bool = True


XPATH = Dialect(CLASS_ESCAPES, SINGLE_ESCAPES)


def parse_pattern(pattern: str, flags: str, dialect: Dialect = XPATH) -> tuple[list[Instruction], int]:
    """Returns the program and the number of groups, the whole match being group 0; raises PatternError."""
    if set(flags) - set("smixq"):
        raise PatternError("a flag is unknown")
    parser = _Parser(pattern, flags, dialect)
    body = parser.literal() if "q" in flags else parser.whole()
    program = [("save", 0, None), *body, ("save", 1, None), ("match", None, None)]
    if len(program) > _MAX_PROGRAM:
        raise PatternError(_TOO_LARGE)
    return program, parser.groups


class _Parser:
    def __init__(self, pattern: str, flags: str, dialect: Dialect) -> None:
        self.text = pattern
        self.flags = flags
        self.dialect = dialect
        self._after_last = ("]", "[") if dialect.extended else ("]",)  # a `-` before one of these stands for itself
        self.index = 0
        self.depth = 0
        self.groups = 1
        self.closed: set[int] = set()

    def literal(self) -> list[Instruction]:
        return _linked([self._character(each) for each in self.text])

    def whole(self) -> list[Instruction]:
        if "x" in self.flags:
            self.text = _without_space(self.text)
        found = self._alternatives()
        if self.index < len(self.text):
            raise PatternError(f"unexpected '{self._peek()}' at character {self.index + 1}")
        return _linked(found)

    def _peek(self) -> str:
        return self.text[self.index : self.index + 1]

    def _take(self, wanted: str) -> bool:
        if self.text.startswith(wanted, self.index):
            self.index += len(wanted)
            return True
        return False

    def _next(self) -> str:
        character = self._peek()
        if not character:
            raise PatternError("it ends too early")
        self.index += 1
        return character

    def _alternatives(self) -> list[Instruction]:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise PatternError(_TOO_DEEP)
        branches = [self._branch()]
        while self._take("|"):
            branches.append(self._branch())
        self.depth -= 1
        code = branches[-1]
        for branch in reversed(branches[:-1]):
            code = [("fork", 1, len(branch) + 2), *branch, ("jump", len(code) + 1, None), *code]
            _check(code)
        return code

    def _branch(self) -> list[Instruction]:
        code: list[Instruction] = []
        while self._peek() not in ("", "|", ")"):
            code += self._piece()
            _check(code)
        return code

    def _piece(self) -> list[Instruction]:
        grouped = self._peek() == "("
        atom = self._atom()
        least, most = self._quantifier()
        if (least, most) == (1, 1):
            return atom
        if atom[0][0] == "test" and not (grouped or self.dialect.extended):
            raise PatternError(f"nothing to repeat at character {self.index}")
        lazy = self._take("?")
        return _repeated(atom, least, most, lazy)

    def _quantifier(self) -> tuple[int, int | None]:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return bounds
        if not self._take("{"):
            return 1, 1
        least = self._digits()
        most: int | None = least
        if self._take(","):
            most = None if self._peek() == "}" else self._digits()
        if not self._take("}") or (most is not None and most < least):
            raise PatternError(_BAD_RANGE)
        return least, most

    def _digits(self) -> int:
        start = self.index
        while self._peek().isascii() and self._peek().isdigit():
            self.index += 1
        if start == self.index or self.index - start > 6 or int(self.text[start : self.index]) > _MAX_REPEAT:
            raise PatternError(_BAD_RANGE)
        return int(self.text[start : self.index])

    def _atom(self) -> list[Instruction]:
        character = self._next()
        if character == "(":
            return self._group()
        if character == ".":
            return [("one", _anything if "s" in self.flags else _none_of(self.dialect.line_ends), None)]
        if character == "^":
            return [("test", _line_start if "m" in self.flags else _text_start, None)]
        if character == "$":
            return [("test", _line_end if "m" in self.flags else _text_end, None)]
        if character == "[":
            return [("one", self._class(), None)]
        if character == "\\":
            return [self._escape()]
        if character in self.dialect.reserved:
            raise PatternError(f"'{character}' at character {self.index} stands for nothing here; write \\{character}")
        return [self._character(character)]

    def _group(self) -> list[Instruction]:
        if self._take("?:"):
            code = self._alternatives()
        else:
            number = self.groups
            self.groups += 1
            code = [("save", 2 * number, None), *self._alternatives(), ("save", 2 * number + 1, None)]
            self.closed.add(number)
        if not self._take(")"):
            raise PatternError("')' is missing")
        return code

    def _character(self, character: str) -> Instruction:
        accepts: Accepts = is_in(((character, character),))
        return "one", either_case(accepts) if "i" in self.flags else accepts, None

    def _escape(self) -> Instruction:
        if self.dialect.extended and "1" <= self._peek() <= "9":
            return self._reference()
        if self._peek() in self.dialect.tests:
            return "test", self.dialect.tests[self._next()], None
        accepts = self._class_escape()
        if accepts is not None:
            return "one", accepts, None
        return self._character(self._single_escape())

    def _reference(self) -> Instruction:
        number = int(self._next())
        while self._peek().isascii() and self._peek().isdigit() and number * 10 + int(self._peek()) < self.groups:
            number = number * 10 + int(self._next())
        if number not in self.closed:
            raise PatternError("a back reference names no group before it")
        return "reference", number, _same_in_any_case if "i" in self.flags else _same

    def _class_escape(self) -> Accepts | None:
        character = self._peek()
        if self.dialect.extended and character in ("p", "P"):
            self.index += 1
            end = self.text.find("}", self.index)
            accepts = category(self.text[self.index + 1 : end]) if self._peek() == "{" and end > 0 else None
            if accepts is None:
                raise PatternError("a category of characters is unknown")
            self.index = end + 1
            return accepts if character == "p" else _not(accepts)
        if character in self.dialect.classes:
            self.index += 1
            return self.dialect.classes[character]
        return None

    def _single_escape(self) -> str:
        character = self._next()
        if character in self.dialect.numbered:
            return self._numbered(self.dialect.numbered[character])
        if character not in self.dialect.singles:
            raise PatternError(f"\\{character} is not supported")
        return self.dialect.singles[character]

    def _numbered(self, digits: int) -> str:
        text = self.text[self.index : self.index + digits]
        if len(text) < digits or set(text) - set(hexdigits):
            raise PatternError(f"a character number has {digits} hexadecimal digits")
        self.index += digits
        return chr(int(text, 16))

    def _class(self) -> Accepts:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise PatternError(_TOO_DEEP)
        negated = self._take("^")
        ranges: list[tuple[str, str]] = []
        others: list[Accepts] = []
        without: Accepts | None = None
        while not (self._peek() == "]" and (ranges or others)):
            if self.dialect.extended and (ranges or others) and self._take("-["):
                without = self._class()
                break
            self._class_part(ranges, others)
        if not self._take("]"):
            raise PatternError(_BAD_CLASS)
        self.depth -= 1
        accepts = _any_of([is_in(tuple(ranges)), *others]) if others else is_in(tuple(ranges))
        if "i" in self.flags:
            accepts = either_case(accepts)
        if negated:
            accepts = _not(accepts)
        return accepts if without is None else _without(accepts, without)

    def _class_part(self, ranges: list[tuple[str, str]], others: list[Accepts]) -> None:
        first = self._next()
        if first == "]" or (first == "[" and self.dialect.extended):
            raise PatternError(_BAD_CLASS)
        if first == "\\":
            accepts = self._class_escape()
            if accepts is not None:
                others.append(accepts)
                return
            first = self._single_escape()
        if self._peek() != "-" or self.text[self.index + 1 : self.index + 2] in self._after_last:
            ranges.append((first, first))
            return
        self.index += 1
        last = self._next()
        if last == "\\":
            last = self._single_escape()
        if last < first:
            raise PatternError("a range runs from a lower to a higher character")
        ranges.append((first, last))


def _repeated(atom: list[Instruction], least: int, most: int | None, lazy: bool) -> list[Instruction]:
    """Writes an atom out as often as it must and may stand. Jumps are relative until `_linked`."""
    copies = most if most is not None else least + 1
    if copies * (len(atom) + 1) > _MAX_PROGRAM:
        raise PatternError(_TOO_LARGE)
    code = atom * least

    def fork(inside: int, outside: int) -> Instruction:
        return ("fork", outside, inside) if lazy else ("fork", inside, outside)

    if most is None:
        return [*code, fork(1, len(atom) + 2), *atom, ("jump", -len(atom) - 1, None)]
    for left in range(most - least, 0, -1):
        code = [*code, fork(1, left * (len(atom) + 1)), *atom]
    return code


def _linked(code: list[Instruction]) -> list[Instruction]:
    """Makes relative targets absolute; the program begins with one instruction before this code."""
    linked: list[Instruction] = []
    for place, (operation, first, second) in enumerate(code, start=1):
        if operation == "fork":
            linked.append((operation, place + first, place + second))
        elif operation == "jump":
            linked.append((operation, place + first, None))
        else:
            linked.append((operation, first, second))
    return linked


def _check(code: list[Instruction]) -> None:
    if len(code) > _MAX_PROGRAM:
        raise PatternError(_TOO_LARGE)


def _without_space(pattern: str) -> str:
    """Drops white space outside of classes, for the flag x."""
    kept, inside, escaped = [], 0, False
    for character in pattern:
        if character in " \t\n\r" and not inside:
            continue
        if not escaped:
            inside += (character == "[") - (character == "]" and inside > 0)
        escaped = character == "\\" and not escaped
        kept.append(character)
    return "".join(kept)


def _any_of(all_of_them: list[Accepts]) -> Accepts:
    return lambda character: any(each(character) for each in all_of_them)


def _not(accepts: Accepts) -> Accepts:
    return lambda character: not accepts(character)


def _without(accepts: Accepts, refused: Accepts) -> Accepts:
    return lambda character: accepts(character) and not refused(character)


def _anything(character: str) -> bool:
    return True


def _none_of(characters: str) -> Accepts:
    return lambda character: character not in characters


def _text_start(text: str, at: int) -> bool:
    return at == 0


def _text_end(text: str, at: int) -> bool:
    return at == len(text)


def _line_start(text: str, at: int) -> bool:
    return at == 0 or (text[at - 1] == "\n" and at < len(text))


def _line_end(text: str, at: int) -> bool:
    return at == len(text) or text[at] == "\n"


def _same(held: str, found: str) -> bool:
    return held == found


def _same_in_any_case(held: str, found: str) -> bool:
    return held.lower() == found.lower()
