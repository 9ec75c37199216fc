"""Patterns of form fields: JavaScript's regular expressions, as form-js runs them, matched by FEEL's bounded matcher.

What JavaScript writes otherwise than XPath is the dialect below. Back references and look-around, which cannot be
bounded, are refused when the form is deployed.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_letters, digits, punctuation

from engine.feel import FeelError
from engine.feel.limits import Steps
from engine.feel.regex import Pattern as Program
from engine.feel.regex_classes import Accepts
from engine.feel.regex_parser import Dialect, PatternError, parse_pattern

MAX_PATTERN_LENGTH = 300
MAX_TEXT_LENGTH = 1_000

_WORD = frozenset(ascii_letters + digits + "_")
_SPACE = frozenset(
    "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
)


class BadPattern(ValueError):
    """The pattern cannot be read, or needs more than a bounded match; the message says which part."""


def _in(characters: frozenset[str]) -> Accepts:
    return lambda character: character in characters


def _outside(characters: frozenset[str]) -> Accepts:
    return lambda character: character not in characters


def _at_word_end(text: str, at: int) -> bool:
    """Tells whether exactly one side of a place is a letter, digit or underscore: `\\b`."""
    before, after = text[max(at - 1, 0) : at], text[at : at + 1]
    return (before in _WORD) != (after in _WORD)


JAVASCRIPT = Dialect(
    classes={
        letter: accepts
        for small, members in (("d", frozenset(digits)), ("w", _WORD), ("s", _SPACE))
        for letter, accepts in ((small, _in(members)), (small.upper(), _outside(members)))
    },
    singles={"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}
    | {each: each for each in punctuation + " "},
    tests={"b": _at_word_end, "B": lambda text, at: not _at_word_end(text, at)},
    numbered={"u": 4, "x": 2},
    line_ends="\n\r\u2028\u2029",
    reserved="*+?{",
    extended=False,
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern."""

    text: str
    program: Program

    def found_in(self, text: str) -> bool:
        """Tells whether the pattern occurs anywhere in the text, as JavaScript's `test` does.

        A text that is too long, or that would take too many steps, is refused like one that does not match.
        """
        if len(text) > MAX_TEXT_LENGTH:
            return False
        try:
            return self.program.search(text, 0, Steps()) is not None
        except FeelError:
            return False


def compile_pattern(text: str) -> Pattern:
    """Reads a pattern; raises BadPattern with the reason."""
    if len(text) > MAX_PATTERN_LENGTH:
        raise BadPattern(f"a pattern has at most {MAX_PATTERN_LENGTH} characters")
    try:
        return Pattern(text, Program(*parse_pattern(text, "", JAVASCRIPT)))
    except PatternError as cause:
        raise BadPattern(str(cause)) from cause
