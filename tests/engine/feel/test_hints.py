"""Types of expressions, what is certainly wrong with them, and what may stand at the cursor; without evaluating."""

from __future__ import annotations

import random
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from engine.feel import Environment, FeelError, compile_expression
from engine.feel.builtins import BUILTINS
from engine.feel.completions import Completion
from engine.feel.hints import MAX_TEXT, Hints, hints
from engine.feel.inference import TypeEnvironment
from engine.feel.limits import Work
from engine.feel.sentences import ZH
from engine.feel.type_algebra import read_type, written
from engine.feel.types import conforms
from engine.feel.values import Opaque
from tests.engine.feel.fuzz import ENVIRONMENT, VARIABLES, Grammar, random_text

HOUSE = {
    "amount": "number",
    "tier": "string",
    "paid": "boolean",
    "day": "date",
    "at": "date and time",
    "span": "days and time duration",
    "lines": "list<context<item: string, fen: number>>",
    "customer": "context<tier: string, since: date>",
    "first name": "string",
    "anything": "Any",
}
KNOWN = TypeEnvironment({name: read_type(text) for name, text in HOUSE.items()}, is_complete=True)


def look(text: str, **more: object) -> Hints:
    return hints(text, KNOWN, **more)  # type: ignore[arg-type]


def said(text: str, *, tested: str | None = None) -> list[tuple[int, str]]:
    found = look(text, tested=None if tested is None else read_type(tested))
    return [(problem.column, problem.en) for problem in found.problems]


def offered(text: str, *, tested: str | None = None) -> list[Completion]:
    cursor = text.index("|")
    kind = None if tested is None else read_type(tested)
    return list(look(text.replace("|", "", 1), cursor=cursor, tested=kind).completions)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 + 2", "number"),
        ('"a" + "b"', "string"),
        ("amount > 1 and paid", "boolean"),
        ('day + duration("P1D")', "date"),
        ("at - at", "days and time duration"),
        ('duration("P1Y")', "years and months duration"),
        ("if paid then amount else null", "number"),
        ("if paid then amount else tier", "Any"),
        ("lines[fen > 5]", "list<context<item: string, fen: number>>"),
        ("lines[1].fen", "number"),
        ("lines.item", "list<string>"),
        ("lines[-1]", "context<item: string, fen: number>"),
        ("sum(for line in lines return line.fen * 2)", "number"),
        ("some line in lines satisfies line.fen > 1", "boolean"),
        ("max(lines.item)", "string"),
        ("append([1], 2)", "list<number>"),
        ('concatenate([1], ["a"])', "list<Any>"),
        ("sort(lines, function(a, b) a.fen < b.fen)[1].item", "string"),
        ("partition([1, 2, 3], 2)", "list<list<number>>"),
        ("{a: 1, b: a + 1}", "context<a: number, b: number>"),
        ("{f: function(x: number) x * 2}.f(3)", "number"),
        ("[1..5]", "range<number>"),
        ("[1..5].start included", "boolean"),
        ("day.year", "number"),
        ("years and months duration(day, day).months", "number"),
        ("for d in [day..day] return d.weekday", "list<number>"),
        ("first name", "string"),
        ("add working days(at, 5)", "date and time"),
        ("anything.x", "Any"),
        ("null", "null"),
        ("[]", "list<Any>"),
    ],
)
def test_the_type_of_an_expression(text: str, wanted: str) -> None:
    found = look(text)

    assert (written(found.type), found.problems) == (wanted, ())


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ('amount > "5"', 1, "compares a number with a string: never true"),
        ("amount = tier", 1, "compares a number with a string: true only where both are missing"),
        ("amount != tier", 1, "compares a number with a string: true only where a value is missing"),
        ("paid and (tier = 1)", 11, "compares a string with a number: never true"),
        ("tier in (1)", 10, "compares a string with a number: never true"),
        ("tier in (1..5)", 9, "compares a string with a number: never true"),
        ("day between 1 and day", 1, "compares a date with a number: never true"),
        ("amount < null", 1, "null has no order: never true"),
        ("lines > lines", 1, "a list has no order: never true"),
        ("1 + tier", 5, "a number + a string is undefined: always null"),
        ("-tier", 1, "a string has no negative: always null"),
        ("upper case(amount)", 12, '"upper case" takes no number as string: always null'),
        ("abs(1, 2)", 1, '"abs" does not take these arguments: always null'),
        ('date("2026-13-01")', 1, '"2026-13-01" is no date: always null'),
        ("day.yaer", 1, 'a date has no "yaer": always null'),
        ("amount.fen", 1, 'a number has no "fen": always null'),
        ("customer.teir", 1, 'there is no entry "teir"; did you mean "tier"?'),
        ("amuont + 1", 1, 'there is no "amuont"; did you mean "amount"?'),
        ("lines[fem > 1]", 7, 'there is no "fem"; did you mean "fen"?'),
        ('lines["x"]', 7, "the filter is a string: never true"),
        ("if amount then 1 else 2", 4, "the condition is a number: never true"),
        ("paid and amount", 10, "a number is no boolean: it counts as null"),
        ("every line in lines satisfies line.fen", 31, "the condition is a number: never true"),
        ("[1..tier]", 1, "the range goes from a number to a string"),
        ("amount(1)", 1, "a number cannot be called: always null"),
        ("(function(x) x)(1, 2)", 2, "the function takes 1 argument(s): always null"),
    ],
)
def test_what_is_certainly_wrong_is_told_with_its_place(text: str, column: int, words: str) -> None:
    assert said(text) == [(column, words)]
    assert all(problem.zh for problem in look(text).problems)


def test_what_is_not_certain_is_not_told() -> None:
    for text in ('anything > "5"', "anything.x.y + 1", "anything(1)", "[anything][x = 1]", "amount = null"):
        assert said(text) == [], text
    assert [p.code for p in hints("amuont", TypeEnvironment(KNOWN.names)).problems] == []


@pytest.mark.parametrize(
    ("text", "tested", "wrong"),
    [
        ("> 5", "number", []),
        ('1,"b"', "number", [(3, "compares a number with a string: never true")]),
        ("[1..5]", "date", [(1, "compares a date with a number: never true")]),
        ("? > 5 and ? < 9", "number", []),
        ("true", "number", [(1, "compares a number with a boolean: never true")]),
        ("paid", "number", []),
        ('not("a")', "string", []),
        ("-", "number", []),
        ('["a","b"]', "string", []),
    ],
)
def test_cells_are_looked_at_as_tests_of_their_column(text: str, tested: str, wrong: list[tuple[int, str]]) -> None:
    assert said(text, tested=tested) == wrong


def test_a_text_that_does_not_compile_is_one_error_with_its_place() -> None:
    (problem,) = look("amount > averge(lines)").problems

    assert (problem.severity, problem.code, problem.line, problem.column) == ("error", "feel-syntax", 1, 10)
    assert problem.position == 9
    assert look("1 +\n  )").problems[0].line == 2
    assert look("1" * (MAX_TEXT + 1)).problems[0].code == "feel-syntax"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("am|", ("amount", "number", 0)),
        ("amount > am|", ("amount", "number", 9)),
        ("customer.|", ("tier", "string", 9)),
        ("customer.si|", ("since", "date", 9)),
        ("customer.since.y|", ("year", "number", 15)),
        ("for line in lines return line.|", ("item", "string", 30)),
        ("some l in lines satisfies l|", ("l", "context<item: string, fen: number>", 26)),
        ("lines[fe|", ("fen", "number", 6)),
        ("sum(lines.fe|", ("fen", "list<number>", 10)),
        ("if paid then cus|", ("customer", "context<tier: string, since: date>", 13)),
        ("first na|", ("first name", "string", 0)),
        ("{a: 1, b: a|", ("a", "number", 10)),
        ("function(x: date) x.w|", ("weekday", "number", 20)),
        ("am| + 1", ("amount", "number", 0)),
    ],
)
def test_names_and_entries_that_fit_at_the_cursor_come_first(text: str, first: tuple[str, str, int]) -> None:
    found = offered(text)[0]

    assert (found.text, found.type, found.start) == first


def test_functions_are_offered_with_parameters_and_a_sentence_in_both_languages() -> None:
    (found,) = (one for one in offered("1 + string le|") if one.text == "string length")

    assert (found.kind, found.type, found.start) == ("function", "number", 4)
    assert found.signature == "string length(string: string)"
    assert (found.zh, found.en) == ("字符数", "The number of characters.")
    assert ZH.keys() == BUILTINS.keys()
    for builtin in BUILTINS.values():
        for form in builtin.overloads:
            assert form.sentence.endswith("."), builtin.name
            assert form.result, builtin.name


def test_nothing_is_offered_in_texts_and_for_the_names_of_entries() -> None:
    for text in ('"am|', '"am|"', "{|", "{a: 1, |", '@"20|'):
        assert offered(text) == [], text


def test_the_question_mark_is_offered_in_cells_alone() -> None:
    assert "?" in [one.text for one in offered("|", tested="number")]
    assert "?" not in [one.text for one in offered("|")]


def test_declared_results_hold_for_every_value_that_an_expression_can_have() -> None:
    """Random expressions over values of all kinds: what is inferred is what comes out, and nothing is refused."""
    kinds = {"a": "number", "b": "number", "s": "string", "t": "boolean", "n": "Any", "l": "list<Any>", "d": "date"}
    kinds |= {"c": "context<x: number, first name: string, l: list<Any>>", "i": "date and time"}
    kinds |= {"p": "days and time duration", "m": "years and months duration", "r": "range<number>"}
    kinds |= {"first name": "string"}
    known = TypeEnvironment({name: read_type(text) for name, text in kinds.items()})
    values = {name: value for name, value in VARIABLES.items() if not isinstance(value, Opaque)}
    source, checked = random.Random(11), 0
    for _ in range(3_000):
        text = Grammar(source).expression(source.randrange(1, 5))
        found = hints(text, known, cursor=source.randrange(len(text) + 1))
        try:
            value = compile_expression(text, values).evaluate(values, ENVIRONMENT)
        except FeelError:
            continue
        checked += found.type.kind != "Any"
        if value is not None and value != []:  # what an index that is null finds
            assert conforms(value, found.type, Work(ENVIRONMENT)), text
    assert checked > 1_000


def test_hints_never_fail_and_never_take_long() -> None:
    source = random.Random(12)
    for _ in range(1_500):
        text = random_text(source)
        hints(text, KNOWN, cursor=source.randrange(len(text) + 2))
    doubling = "{a0: 1" + "".join(f", a{n}: {{x: a{n - 1}, y: a{n - 1}}}" for n in range(1, 400)) + "}"
    for text in (doubling, f"if paid then {doubling} else {doubling}", "lines[" * 70, "(" * 5_000, "1+" * 9_000 + "1"):
        started = time.process_time()
        hints(text, KNOWN, cursor=len(text))
        assert time.process_time() - started < 2


def test_samples_of_a_kind_have_that_kind() -> None:
    values = [1, Decimal("1.5"), "x", True, date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), timedelta(1)]
    environment = Environment(now=datetime(2026, 1, 1, tzinfo=UTC))
    for value in values:
        evaluated = compile_expression("v + v").evaluate({"v": value}, environment)
        kind = {int: "number", Decimal: "number", str: "string", bool: "boolean", date: "date"}.get(type(value))
        kind = kind or ("date and time" if isinstance(value, datetime) else "days and time duration")
        found = hints("v + v", TypeEnvironment({"v": read_type(kind)})).type
        assert (found.kind == "null") == (evaluated is None)
