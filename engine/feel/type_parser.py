"""Reads types: `number`, `list<string>`, `context<a: number>`, `function<string> -> boolean`, `range<date>`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.feel.limits import MAX_TREE_DEPTH
from engine.feel.names import NameTree, suggestion
from engine.feel.types import ANY, SIMPLE_TYPES, Type
from engine.feel.values import CONTEXT, FUNCTION, LIST, NULL, RANGE

if TYPE_CHECKING:
    from engine.feel.parser import Parser

_ALIASES = {
    "day time duration": "days and time duration",
    "dayTimeDuration": "days and time duration",
    "year month duration": "years and months duration",
    "yearMonthDuration": "years and months duration",
    "dateTime": "date and time",
    "Null": NULL,
    NULL: NULL,
    ANY: ANY,
}


class TypeParser:
    """Reads types from the tokens of an expression; `named` are the types an author has defined."""

    def __init__(self, parser: Parser, named: Mapping[str, Type]) -> None:
        self._parser = parser
        self._named = named
        self._names = NameTree([*named, *SIMPLE_TYPES, *_ALIASES])
        self._depth = 0

    def read(self) -> Type:
        """Reads one type."""
        parser = self._parser
        found = self._names.longest(parser.run, parser.index)
        if found is None:
            close = suggestion(parser.now.text, self._names.names)
            raise parser.error(f"{parser.now.text!r} is no type{close}")
        name, parser.index = found
        self._depth += 1
        if self._depth > MAX_TREE_DEPTH:
            raise parser.error(f"a type nested more than {MAX_TREE_DEPTH} levels deep")
        result = self._named[name] if name in self._named else self._standard(_ALIASES.get(name, name))
        self._depth -= 1
        return result

    def _standard(self, kind: str) -> Type:
        parser = self._parser
        if kind == FUNCTION:
            return self._function()
        if kind not in (LIST, RANGE, CONTEXT) or not parser.take("<"):
            return Type(kind)
        if kind == CONTEXT:
            entries: dict[str, Type] = {}
            while not parser.at(">"):
                name = parser._key()
                entries[name] = self.read()
                if not parser.take(","):
                    break
            self._close()
            return Type(kind, entries=entries)
        item = self.read()
        self._close()
        return Type(kind, item=item)

    def _function(self) -> Type:
        parser = self._parser
        if not parser.take("<"):
            return Type(FUNCTION)
        parameters: list[Type] = []
        while not parser.at(">"):
            parameters.append(self.read())
            if not parser.take(","):
                break
        self._close()
        return Type(FUNCTION, parameters=tuple(parameters), result=self.read() if parser.take("->") else None)

    def _close(self) -> None:
        self._parser.expect(">")
