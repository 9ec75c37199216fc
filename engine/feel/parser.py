"""Reads FEEL text into a tree (DMN 1.5, 10.3.1.2). Names of several words are found by the longest match."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from engine.feel import tree
from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import AT, END, KEYWORDS, NAME, NUMBER, STRING, Token
from engine.feel.names import NameTree, joined, misspelt_keyword
from engine.feel.number_text import read_number
from engine.feel.operator_parser import ADDITIVE, COMPARATORS, OperatorParser
from engine.feel.temporal_text import read_temporal
from engine.feel.type_parser import TypeParser
from engine.feel.types import Type

_CLOSES_RANGE_BEFORE = frozenset([")", "]", "}", ".", ",", "=", "!=", "<", "<=", ">", ">=", "+", "*", "/", "**", ".."])
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


@lru_cache(maxsize=64)
def _function_names(functions: tuple[str, ...]) -> NameTree:
    """The outermost names; shared by all texts, for nothing is ever added to them."""
    return NameTree(functions)


class Parser(OperatorParser):
    """Reads one text. `names` are the known variables, `functions` the known functions, `types` those by name."""

    def __init__(self, text: str, *, names: Iterable[str], functions: Iterable[str], types: Mapping[str, Type]) -> None:
        super().__init__(text)
        self.functions = _function_names(tuple(functions))
        self.scope = NameTree(names, self.functions)
        self.entries = NameTree()  # keys of all contexts in this text, which paths may use
        self.types = TypeParser(self, types)

    def _type(self) -> Type:
        return self.types.read()

    def _postfix(self, source: tree.Node) -> tree.Node:
        while True:
            if self.at("."):
                self.index += 1
                source = tree.Path(source.position, source, self._entry_name())
            elif self.at("["):
                if self._ends_range and self._closes_range():
                    return source
                self.index += 1
                source = tree.Filter(source.position, source, self._filter_condition())
                self.expect("]")
            elif self.at("("):
                source = self._call(source)
            else:
                return source

    def _closes_range(self) -> bool:
        following = self.run[self.index + 1]
        return following.kind == END or (
            following.kind not in (STRING, AT)
            and (following.text in _CLOSES_RANGE_BEFORE or following.text in KEYWORDS - _CONSTANTS.keys())
        )

    def _filter_condition(self) -> tree.Node:
        self.scope = NameTree(("item",), self.scope)
        found = self._nested()
        assert self.scope._outer is not None
        self.scope = self.scope._outer
        return found

    def _entry_name(self) -> str:
        if self.now.kind != NAME:
            raise self.unexpected('expected the name of an entry after "."')
        name, end = self._joined_entry()
        for names in (self.scope, self.entries):
            known = names.longest(self.run, self.index)
            if known is not None and known[1] > end:
                name, end = known
        self.index = end
        return name

    def _joined_entry(self) -> tuple[str, int]:
        if self.now.text in KEYWORDS:
            return self.now.text, self.index + 1
        name, end = joined(self.run, self.index)
        wrong = misspelt_keyword(self.run, self.index, end)
        if wrong is not None and wrong[0].text not in ("included", "index"):
            raise self._misspelt(*wrong)
        return name, end

    def _misspelt(self, token: Token, meant: str) -> FeelSyntaxError:
        return self.error(f'{token.text!r} is no operator; did you mean "{meant}"?', token.position)

    def _call(self, function: tree.Node) -> tree.Node:
        self.expect("(")
        arguments: list[tree.Node] = []
        names: list[str] = []
        more = not self.at(")")
        while more:
            name = self._argument_name()
            if name is None and names:
                raise self.error("after a named argument all others need a name, too")
            if name is not None:
                if arguments and not names:
                    raise self.error("arguments are either all named or all positional")
                names.append(name)
            arguments.append(self._argument())
            more = self.take(",")
        self.expect(")")
        return tree.Call(function.position, function, tuple(arguments), tuple(names) if names else None)

    def _argument(self) -> tree.Node:
        before, self._ends_range = self._ends_range, False
        found = self._test(0)
        self._ends_range = before
        return found

    def _argument_name(self) -> str | None:
        """Reads `name:` if it stands here; any tokens make up the name, as declared."""
        end = self.index
        while self.run[end].kind == NAME or (end > self.index and self.run[end].kind == NUMBER):
            end += 1
        if end == self.index or self.run[end].text != ":" or self.run[end].kind in (STRING, AT):
            return None
        name = self._spelling(self.index, end)
        self.index = end + 1
        return name

    def _spelling(self, start: int, end: int) -> str:
        first = self.run[start]
        rest = "".join((" " if token.gap else "") + token.text for token in self.run[start + 1 : end])
        return first.text + rest

    def _primary(self) -> tree.Node:
        token = self.now
        if token.kind == NUMBER:
            self.index += 1
            return tree.Literal(token.position, read_number(token.text))
        if token.kind == STRING:
            self.index += 1
            return tree.Literal(token.position, token.text)
        if token.kind == AT:
            return self._at_literal()
        if token.kind == NAME:
            return self._word()
        brackets = {"(": self._parenthesis, "[": self._list, "]": self._open_range, "{": self._context}
        if token.text == "?" and token.kind != END:
            self.index += 1
            return tree.Name(token.position, "?")
        if token.text in brackets and token.kind != END:
            return brackets[token.text]()
        raise self.unexpected("expected a value")

    def _at_literal(self) -> tree.Node:
        token = self.now
        value = read_temporal(token.text)
        if value is None:
            raise self.error(f"@{token.text!r} is no date, time, date and time or duration")
        self.index += 1
        return tree.Literal(token.position, value)

    def _word(self) -> tree.Node:
        token = self.now
        known = self.scope.longest(self.run, self.index)
        if known is not None and known[1] > self.index + 1:
            return self._name(*known)
        if token.text in _CONSTANTS:
            self.index += 1
            return tree.Literal(token.position, _CONSTANTS[token.text])
        special = {
            "if": self._if,
            "for": self._for,
            "some": self._quantified,
            "every": self._quantified,
            "function": self._function,
        }.get(token.text)
        if special is not None:
            return special()
        if token.text in KEYWORDS:
            raise self.unexpected("expected a value")
        if known is not None:
            following = self.run[self.index + 1]
            if following.kind == NAME and following.text not in KEYWORDS and not self.functions.knows(token.text):
                wrong = misspelt_keyword(self.run, self.index, self.index + 2)
                if wrong is not None:
                    raise self._misspelt(*wrong)
            return self._name(*known)
        name, end = joined(self.run, self.index)
        wrong = misspelt_keyword(self.run, self.index, end)
        if wrong is not None:
            raise self._misspelt(*wrong)
        if name != name.lower() and name.lower() in _CONSTANTS:
            raise self.error(f'there is no {name!r}; did you mean "{name.lower()}"?')
        return self._name(name, end)

    def _name(self, name: str, end: int) -> tree.Node:
        position = self.now.position
        self.index = end
        return tree.Name(position, name)

    def _parenthesis(self) -> tree.Node:
        start = self.now.position
        self.expect("(")
        if self.now.text in COMPARATORS and self.now.kind not in (STRING, AT):
            before, self._ends_range = self._ends_range, False
            found = self._test(0)
            self._ends_range = before
            self.expect(")")
            return found
        found = self._nested()
        if self.take(".."):
            return self._range_end(start, found, included=False)
        self.expect(")")
        return found

    def _open_range(self) -> tree.Node:
        start = self.now.position
        self.expect("]")
        found = self._nested()
        self.expect("..")
        return self._range_end(start, found, included=False)

    def _list(self) -> tree.Node:
        start = self.now.position
        self.expect("[")
        items: list[tree.Node] = []
        more = not self.at("]")
        while more:
            items.append(self._argument())
            if len(items) == 1 and self.take(".."):
                return self._range_end(start, items[0], included=True)
            more = self.take(",")
        self.expect("]")
        return tree.ListNode(start, tuple(items))

    def _range_end(self, start: int, low: tree.Node, *, included: bool) -> tree.Node:
        before, self._ends_range = self._ends_range, True
        high = self._expression(ADDITIVE)
        self._ends_range = before
        if not (self.at("]") or self.at(")") or self.at("[")):
            raise self.unexpected('expected "]" or ")" to close the range')
        closed = self.at("]")
        self.index += 1
        return tree.RangeNode(start, low, high, included, closed)

    def _context(self) -> tree.Node:
        start = self.now.position
        self.expect("{")
        self.scope = NameTree((), self.scope)
        entries: list[tuple[str, tree.Node]] = []
        more = not self.at("}")
        while more:
            position = self.now.position
            key = self._key()
            if any(key == other for other, _ in entries):
                raise self.error(f"the context has two entries {key!r}", position)
            entries.append((key, self._argument()))
            self.scope.add(key)
            self.entries.add(key)
            more = self.take(",")
        self.expect("}")
        assert self.scope._outer is not None
        self.scope = self.scope._outer
        return tree.ContextNode(start, tuple(entries))

    def _key(self) -> str:
        if self.now.kind == STRING:
            key = self.now.text
            self.index += 1
        else:
            start = self.index
            while not (self.at(":") or self.at("}") or self.at(",") or self.now.kind in (END, STRING, AT)):
                self.index += 1
            if self.index == start:
                raise self.unexpected("expected the name of an entry")
            key = self._spelling(start, self.index)
        self.expect(":")
        return key

    # -- if, for, some, every, function

    def _if(self) -> tree.Node:
        start = self.now.position
        self.expect("if")
        condition = self._nested()
        self.expect("then")
        yes = self._nested()
        self.expect("else")
        return tree.If(start, condition, yes, self._expression())

    def _iterations(self) -> tuple[tuple[str, tree.Node, bool], ...]:
        found: list[tuple[str, tree.Node, bool]] = []
        while True:
            name = self._binding()
            self.expect("in")
            source = self._nested()
            bare = self.take("..")
            if bare:
                source = tree.RangeNode(source.position, source, self._nested(), True, True)
            self.scope.add(name)
            found.append((name, source, bare))
            if not self.take(","):
                return tuple(found)

    def _binding(self) -> str:
        if self.now.kind != NAME:
            raise self.unexpected("expected the name of a variable")
        start = self.index
        while not self.at("in"):
            if self.now.kind not in (NAME, NUMBER):
                raise self.unexpected('expected "in"')
            self.index += 1
        if self.index == start:
            raise self.unexpected("expected the name of a variable")
        return self._spelling(start, self.index)

    def _for(self) -> tree.Node:
        start = self.now.position
        self.expect("for")
        outer = self.scope
        self.scope = NameTree((), outer)
        iterations = self._iterations()
        self.expect("return")
        self.scope.add("partial")
        body = self._expression()
        self.scope = outer
        return tree.For(start, iterations, body)

    def _quantified(self) -> tree.Node:
        start, quantifier = self.now.position, self.now.text
        self.index += 1
        outer = self.scope
        self.scope = NameTree((), outer)
        iterations = self._iterations()
        self.expect("satisfies")
        condition = self._expression()
        self.scope = outer
        return tree.Quantified(start, quantifier, iterations, condition)

    def _function(self) -> tree.Node:
        start = self.now.position
        self.expect("function")
        self.expect("(")
        parameters: list[tuple[str, Type | None]] = []
        more = not self.at(")")
        while more:
            parameters.append(self._parameter())
            more = self.take(",")
        self.expect(")")
        external = self.take("external")
        outer = self.scope
        self.scope = NameTree((name for name, _ in parameters), outer)
        body = self._expression()
        self.scope = outer
        return tree.FunctionDefinition(start, tuple(parameters), body, external)

    def _parameter(self) -> tuple[str, Type | None]:
        start = self.index
        while self.now.kind in (NAME, NUMBER):
            self.index += 1
        if self.index == start:
            raise self.unexpected("expected the name of a parameter")
        name = self._spelling(start, self.index)
        return name, self.types.read() if self.take(":") else None
