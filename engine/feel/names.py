"""Finds names of several words (`first name`, `date and time`) in a run of tokens: the longest known one wins."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import END, KEYWORDS, NAME, Token, tokens

_WORDS_THAT_JOIN = ("and", "or", "then", "else", "return", "satisfies", "between", "in")


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[tuple[str, bool], ...]:
    """Returns the tokens of a name as (text, space before); empty if it cannot be written in FEEL."""
    try:
        return tuple((token.text, token.gap and index > 0) for index, token in enumerate(tokens(name)[:-1]))
    except FeelSyntaxError:
        return ()


class NameTree:
    """The names known at one place. Scopes are chained: what is not found here is looked up outside."""

    __slots__ = ("_outer", "_root", "names")

    def __init__(self, names: Iterable[str] = (), outer: NameTree | None = None) -> None:
        self._root: dict[Any, Any] = {}
        self._outer = outer
        self.names: set[str] = set()
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Makes a name known from here on."""
        if name in self.names:
            return
        self.names.add(name)
        branch = self._root
        for index, word in enumerate(words(name)):
            branch = branch.setdefault(word[0] if index == 0 else word, {})
        branch[""] = name

    def longest(self, run: list[Token], start: int) -> tuple[str, int] | None:
        """Returns the longest known name that begins at a token, and the index of the token after it."""
        best: tuple[str, int] | None = None
        scope: NameTree | None = self
        while scope is not None:
            found = scope._longest_here(run, start)
            if found is not None and (best is None or found[1] > best[1]):
                best = found
            scope = scope._outer
        return best

    def _longest_here(self, run: list[Token], start: int) -> tuple[str, int] | None:
        branch = self._root.get(run[start].text)
        index, best = start, None
        while branch is not None:
            index += 1
            if "" in branch:
                best = (branch[""], index)
            following = run[index]
            branch = None if following.kind == END else branch.get((following.text, following.gap))
        return best

    def knows(self, name: str) -> bool:
        """Tells whether the name is known here or outside."""
        scope: NameTree | None = self
        while scope is not None:
            if name in scope.names:
                return True
            scope = scope._outer
        return False

    def all(self) -> set[str]:
        """Returns every name known here or outside."""
        return self.names | (self._outer.all() if self._outer is not None else set())


def joined(run: list[Token], start: int) -> tuple[str, int]:
    """Returns the name made of all adjacent words from a token on, for names that nobody declared."""
    index = start + 1
    while run[index].kind == NAME and run[index].gap and run[index].text not in KEYWORDS:
        index += 1
    return " ".join(token.text for token in run[start:index]), index


def misspelt_keyword(run: list[Token], start: int, end: int) -> tuple[Token, str] | None:
    """Returns the first of several words after a name that looks like a keyword gone wrong, and that keyword."""
    for token in run[start + 1 : end]:
        close = get_close_matches(token.text.lower(), _WORDS_THAT_JOIN, n=1, cutoff=0.66)
        if close and len(token.text) > 1:
            return token, close[0]
    return None


def suggestion(name: str, known: Iterable[str]) -> str:
    """Returns `; did you mean "…"?` for the closest known name, or nothing."""
    close = get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f'; did you mean "{close[0]}"?' if close else ""
