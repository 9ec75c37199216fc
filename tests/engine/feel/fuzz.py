"""Throws random texts at the expression language: nothing but FeelError may come back, in bounded time and memory.

`fuzz(count, seed)` is run in full (200,000 inputs) by `make proof`; the tests run a small sample of fixed seed.
"""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from engine.feel import Environment, FeelError, compile_expression, compile_unary_tests
from engine.feel.builtins import BUILTINS
from engine.feel.juel import translate
from engine.feel.values import Opaque, Range, YearsMonthsDuration

ENVIRONMENT = Environment(now=datetime(2026, 9, 29, 8, 20, tzinfo=UTC))
VARIABLES = {
    "a": 1,
    "b": Decimal("2.50"),
    "s": "text",
    "t": True,
    "n": None,
    "l": [1, 2, Decimal(3), "x", None],
    "c": {"x": 1, "first name": "Li", "l": [1, {"x": 2}]},
    "d": date(2026, 9, 29),
    "i": datetime(2026, 9, 29, 8, 20, tzinfo=UTC),
    "p": timedelta(days=2),
    "m": YearsMonthsDuration(14),
    "r": Range(1, 10),
    "o": Opaque(),
    "first name": "Li",
}
_SOUP = """
if then else for in return some every satisfies function external and or between instance of true false null not item
partial ? a b s t n l c d i p m r o first name . .. , : ( ) [ ] { } = != < <= > >= + - * / ** -> @ " 0 1 10 2.5 1e400
1e-400 99999999999999999999999999999999999999 "x" "(a+)+$" @"P1D" @"P1Y" @"2026-09-29" @"10:00:00@Europe/Paris" number
list @"999999999-12-31" @"2026-02-30" date and time /* */ // \\ 漢 🐎 __class__ ${ } date(" today() sum( count(
"""
_WORDS = _SOUP.split()
_TEXTS = ("", "a", "x,y", "(a|a)*b", "[a-z", "\\d{2}", "2026-09-29", "P1D", "10:00:00", "$1", "漢字", "[1..5]")
_CONSTANTS = ("0", "1", "-1", "7", "2.5", "1e30", "1e6144", "true", "false", "null", "[]", '@"P1D"', '@"-P3Y"')
_NAMES = ("a", "b", "s", "t", "n", "l", "c", "d", "i", "p", "m", "r", "o", "?", "item", "unknown", "first name", "abs")
_OPENINGS = (
    "(",
    "[",
    "{a:",
    "-",
    "not(",
    "if a then ",
    "1 in (",
    "a.b[",
    "function() ",
    "for x in ",
    "1+",
    "a.",
    "[1..",
)


class Grammar:
    """Writes random expressions that are mostly well formed."""

    def __init__(self, random_source: random.Random) -> None:
        self._random = random_source

    def expression(self, depth: int) -> str:
        """Returns one expression of at most that depth."""
        if depth <= 0 or self._random.random() < 0.15:
            return self._literal()
        return self._random.choice(_FORMS)(self, depth - 1)

    def _literal(self) -> str:
        if self._random.random() < 0.15:
            return f'"{self._random.choice(_TEXTS)}"'.replace("\\", "\\\\")
        return self._random.choice(_CONSTANTS + _NAMES)

    def _some(self, depth: int, most: int = 3) -> str:
        return ", ".join(self.expression(depth) for _ in range(self._random.randint(0, most)))

    def operation(self, depth: int) -> str:
        operator = self._random.choice(["+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or"])
        return f"{self.expression(depth)} {operator} {self.expression(depth)}"

    def chosen(self, depth: int) -> str:
        return f"if {self.expression(depth)} then {self.expression(depth)} else {self.expression(depth)}"

    def loop(self, depth: int) -> str:
        source = self._random.choice(("1..5", "1..1000000000", "l", self.expression(depth)))
        return f"for a in {source}, b in {self.expression(depth)} return {self.expression(depth)}"

    def quantified(self, depth: int) -> str:
        word = self._random.choice(("some", "every"))
        return f"{word} b in {self.expression(depth)} satisfies {self.expression(depth)}"

    def filtered(self, depth: int) -> str:
        return f"({self.expression(depth)})[{self.expression(depth)}]"

    def path(self, depth: int) -> str:
        name = self._random.choice(("x", "first name", "year", "time offset", "__class__", "start", "days"))
        return f"({self.expression(depth)}).{name}"

    def call(self, depth: int) -> str:
        return f"{self._random.choice(_FUNCTIONS)}({self._some(depth)})"

    def list_of(self, depth: int) -> str:
        return f"[{self._some(depth)}]"

    def context(self, depth: int) -> str:
        return f"{{x: {self.expression(depth)}, y: {self.expression(depth)}, f: function(n) {self.expression(depth)}}}"

    def interval(self, depth: int) -> str:
        return f"[{self.expression(depth)}..{self.expression(depth)})"

    def membership(self, depth: int) -> str:
        return f"{self.expression(depth)} in ({self.expression(depth)}, < {self.expression(depth)})"

    def between(self, depth: int) -> str:
        return f"{self.expression(depth)} between {self.expression(depth)} and {self.expression(depth)}"

    def instance(self, depth: int) -> str:
        kind = self._random.choice(("number", "list<Any>", "function<number> -> Any", "context<x: number>", "Any"))
        return f"{self.expression(depth)} instance of {kind}"

    def function(self, depth: int) -> str:
        return f"(function(a, b: number) {self.expression(depth)})({self._some(depth)})"

    def negative(self, depth: int) -> str:
        return f"-({self.expression(depth)})"


_FORMS: tuple[Callable[[Grammar, int], str], ...] = (
    Grammar.operation, Grammar.operation, Grammar.chosen, Grammar.loop, Grammar.quantified, Grammar.filtered,
    Grammar.path, Grammar.call, Grammar.call, Grammar.call, Grammar.list_of, Grammar.context, Grammar.interval,
    Grammar.membership, Grammar.between, Grammar.instance, Grammar.function, Grammar.negative,
)  # fmt: skip
_FUNCTIONS = sorted(BUILTINS)


def random_text(source: random.Random) -> str:
    """Returns bytes read as text, a soup of words, brackets nested without end, or an expression, maybe damaged."""
    kind = source.random()
    if kind < 0.15:
        return bytes(source.randrange(256) for _ in range(source.randrange(60))).decode("utf-8", "replace")
    if kind < 0.4:
        return source.choice(("", " ")).join(source.choice(_WORDS) for _ in range(source.randrange(30)))
    if kind < 0.43:
        part = source.choice(
            ("(", "[", "{a:", "-", "not(", "if a then ", "1 in (", "a.b[", "function() ", "for x in ", "1+")
        )
        return part * source.randrange(1, 5000) + "1"
    text = Grammar(source).expression(source.randrange(1, 6))
    if kind < 0.5 and text:
        place = source.randrange(len(text))
        text = text[:place] + source.choice(_WORDS) + text[place + source.randrange(3) :]
    return text


@dataclass(frozen=True, slots=True)
class FuzzReport:
    """What a run showed: inputs, how many gave a value, the slowest one in processor time, growth of memory."""

    inputs: int
    evaluated: int
    slowest_seconds: float
    slowest_text: str
    grown_mebibytes: float


def fuzz(count: int, seed: int) -> FuzzReport:
    """Runs `count` random inputs; raises whatever is no FeelError, naming the input."""
    source = random.Random(seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    evaluated, slowest, slowest_text = 0, 0.0, ""
    for number in range(count):
        text = random_text(source)
        started = time.process_time()
        try:
            evaluated += _one(text, number)
        except Exception as error:
            raise AssertionError(f"input {number} of seed {seed}: {text!r} raised {error!r}") from error
        elapsed = time.process_time() - started
        if elapsed > slowest:
            slowest, slowest_text = elapsed, text
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return FuzzReport(count, evaluated, slowest, slowest_text, grown / 1024)


def _one(text: str, number: int) -> bool:
    """Compiles and evaluates one text in one of three ways; tells whether it got a value."""
    try:
        if number % 10 == 0:
            compile_unary_tests(text, VARIABLES).evaluate(VARIABLES["a"], VARIABLES, ENVIRONMENT)
        elif number % 10 == 1:
            compile_expression(translate(f"${{{text}}}"), VARIABLES).evaluate(VARIABLES, ENVIRONMENT)
        else:
            compile_expression(text, VARIABLES).evaluate(VARIABLES, ENVIRONMENT)
    except FeelError:
        return False
    return True
