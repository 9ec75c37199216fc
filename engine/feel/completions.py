"""What may stand at a place of a text that is still being written: names with types, entries after a dot, functions.

The text up to the cursor is finished provisionally (open brackets closed, `then` and `return` supplied) with a mark at
the cursor; looking for types in it then finds the very names that are visible at the mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from engine.feel import tree
from engine.feel.builtins import BUILTINS
from engine.feel.builtins.registry import Overload
from engine.feel.errors import FeelError
from engine.feel.inference import Inference, TypeEnvironment
from engine.feel.lexer import AT, NAME, NUMBER, STRING, Token, tokens
from engine.feel.parser import Parser
from engine.feel.sentences import ZH
from engine.feel.type_algebra import DOMAIN, PARTS, part_type, written
from engine.feel.types import ANYTHING, Type
from engine.feel.values import CONTEXT, LIST, RANGE

MARK = "cursor_mark"
MAX_COMPLETIONS = 200
MAX_WORDS = 6
_OPENING = {"(": ")", "[": "]", "{": "}"}
_SUPPLIED = {"if": " then null else null", "then": " else null", "for": " return null", "some": " satisfies null"}
_LEADS_ON = {"then": ("if", "then"), "else": ("then", None), "return": ("for", None), "satisfies": ("some", None)}


@dataclass(frozen=True, slots=True)
class Completion:
    """Something to insert instead of the characters from `start` to the cursor.

    `type` is written as in FEEL; for a function that of its result, with the parameters in `signature`.
    """

    text: str
    kind: Literal["variable", "entry", "function"]
    type: str
    start: int
    signature: str = ""
    zh: str = ""
    en: str = ""


def completions(
    text: str, cursor: int, environment: TypeEnvironment, *, tested: Type | None = None
) -> list[Completion]:
    """Returns what fits at the cursor, variables and entries first. `tested` is the type of `?` in unary tests."""
    before = text[: max(0, min(cursor, len(text)))]
    try:
        run = tokens(before)[:-1]
    except FeelError:
        return []  # inside a string or a comment
    if run and run[-1].kind in (STRING, AT) and run[-1].end == len(before):
        return []
    start = run[-1].position if run and _goes_on(run[-1], len(before)) else len(before)
    left = [token for token in run if token.position < start]
    if left and left[-1].text == "." and left[-1].kind not in (STRING, AT):
        source = _seen(before[:start], left, environment, tested).source
        found: Iterable[Completion] = _entries(source, start)
    else:
        if _is_key(left):
            return []
        seen = _seen(before[:start], left, environment, tested)
        names = {name: each for name, each in seen.names.items() if name != "?" or tested is not None}
        found = [*_variables(names, run, before, start), *_functions(run, before, start, environment)]
    typed = before[start:].lower()
    return [one for one in found if one.start < start or one.text.lower().startswith(typed)][:MAX_COMPLETIONS]


def _goes_on(token: Token, end: int) -> bool:
    return token.kind == NAME and token.end == end


def _is_key(left: list[Token]) -> bool:
    """Tells whether the name of an entry is due: after `{`, or after `,` right inside one."""
    open_brackets: list[str] = []
    for token in left:
        if token.kind in (STRING, AT):
            continue
        if token.text in _OPENING:
            open_brackets.append(token.text)
        elif token.text in _OPENING.values() and open_brackets:
            open_brackets.pop()
    return bool(left) and left[-1].text in ("{", ",") and bool(open_brackets) and open_brackets[-1] == "{"


# ------------------------------------------------------------ what is visible at the mark


@dataclass(slots=True)
class _Seen:
    names: dict[str, Type]
    source: Type = ANYTHING


class _Looking(Inference):
    """Remembers what it sees where the mark stands."""

    def __init__(self, text: str, environment: TypeEnvironment, tested: Type) -> None:
        super().__init__(text, environment, tested=tested)
        self.seen = _Seen(self.scope.all())

    def infer(self, node: tree.Node) -> Type:
        if isinstance(node, tree.Name) and node.name == MARK:
            self.seen.names = self.scope.all()
            return ANYTHING
        if isinstance(node, tree.Path) and node.name == MARK:
            self.seen.source = self.infer(node.source)
            return ANYTHING
        return super().infer(node)


def _seen(before: str, left: list[Token], environment: TypeEnvironment, tested: Type | None) -> _Seen:
    looking = _Looking(before, environment, tested or ANYTHING)
    names = (*environment.names, MARK)
    repaired = before + MARK + _closed(left)
    try:
        parser = Parser(repaired, names=names, functions=(*BUILTINS, *environment.functions), types=environment.types)
        looking.infer(parser.expression() if tested is None else parser.unary_tests())
    except FeelError:
        pass  # nothing local can be said; the names of the environment are still there
    return looking.seen


def _closed(left: list[Token]) -> str:
    """What finishes the text: brackets in reverse, and what `if`, `for`, `some` and `every` still want."""
    waiting: list[str] = []
    for token in left:
        if token.kind in (STRING, AT, NUMBER):
            continue
        word = "some" if token.text == "every" else token.text
        if word in _OPENING or word in ("if", "for", "some"):
            waiting.append(word)
        elif word in _OPENING.values():
            while waiting and waiting.pop() not in _OPENING:
                pass
        elif word in _LEADS_ON:
            wanted, following = _LEADS_ON[word]
            if waiting and waiting[-1] == wanted:
                waiting.pop()
                waiting += [following] if following else []
    return "".join(_OPENING.get(word) or _SUPPLIED[word] for word in reversed(waiting))


# ------------------------------------------------------------ lists


def _variables(names: dict[str, Type], run: list[Token], before: str, start: int) -> Iterator[Completion]:
    """Names that begin with what is typed: with the last word, or with several words that are one name."""
    for name, each in sorted(names.items()):
        place = next((at for at in _starts(run, before) if _begins(name, before[at:])), start)
        yield Completion(name, "variable", written(each), place)


def _starts(run: list[Token], before: str) -> Iterator[int]:
    """Where the words before the cursor begin, the longest run of them first; not the last word alone."""
    words = []
    for token in reversed(run[-MAX_WORDS:]):
        if token.kind != NAME:
            break
        words.append(token.position)
    yield from (place for place in reversed(words[1:]) if place < len(before))


def _begins(name: str, typed: str) -> bool:
    return name.lower().startswith(typed.lower()) and len(name) >= len(typed)


def _entries(source: Type, start: int) -> Iterator[Completion]:
    item = source.item if source.kind == LIST else None
    if item is not None:
        for one in _entries(item, start):
            yield Completion(one.text, "entry", f"list<{one.type}>", start)
    elif source.kind == CONTEXT:
        for name, each in (source.entries or {}).items():
            yield Completion(name, "entry", written(each), start)
    elif source.kind == RANGE:
        for name in PARTS[RANGE]:
            yield Completion(
                name, "entry", "boolean" if "included" in name else written(source.item or ANYTHING), start
            )
    else:
        for name in PARTS.get(source.kind, ()):
            yield Completion(name, "entry", written(part_type(source.kind, name)), start)


def _functions(run: list[Token], before: str, start: int, environment: TypeEnvironment) -> Iterator[Completion]:
    for name in sorted(BUILTINS):
        place = next((at for at in (*_starts(run, before), start) if _begins(name, before[at:])), None)
        if place is not None:
            for form in BUILTINS[name].overloads:
                result = "Any" if form.result in ("item", "same") else form.result.replace("item", "Any")
                zh, en = ZH.get(name, ""), form.sentence
                yield Completion(name, "function", result, place, _signature(name, form), zh, en)
    for name in sorted(environment.functions & DOMAIN.keys()):
        parameters, domain_result, (zh, en) = DOMAIN[name]
        shown = ", ".join(f"{each}: {written(kind)}" for each, kind in parameters)
        yield Completion(name, "function", written(domain_result), start, f"{name}({shown})", zh, en)


def _signature(name: str, form: Overload) -> str:
    shown = []
    for parameter in form.parameters:
        kinds = " | ".join(parameter.kinds)
        mark = "…" if parameter.variadic else "?" if parameter.optional else ""
        shown.append(f"{parameter.name}{mark}" + (f": {kinds}" if kinds else ""))
    return f"{name}({', '.join(shown)})"
