"""Cuts a FEEL text into tokens, each with its place (DMN 1.5, 10.3.1.2, rules 27 to 39 and 62 to 66)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.feel.errors import FeelSyntaxError
from engine.feel.limits import MAX_TEXT

NAME, NUMBER, STRING, AT, OPERATOR, END = "name", "number", "string", "at", "operator", "end"

KEYWORDS = frozenset(
    [
        "if",
        "then",
        "else",
        "for",
        "in",
        "return",
        "some",
        "every",
        "satisfies",
        "function",
        "external",
        "and",
        "or",
        "between",
        "instance",
        "true",
        "false",
        "null",
    ]
)

_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3003-\u3007\u3021-\ud7ff\uf900-\ufdcf\ufdf0-\ufeff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
    "\uff66-\uffdc\U00010000-\U000effff"
)
_PART = _START + "0-9\u00b7\u0300-\u036f\u203f-\u2040"
_TOKEN = re.compile(
    rf"(?P<space>[\s\u0085\u180e\u200b\u2060\ufeff]+|//[^\n]*|/\*(?s:.*?)\*/)"
    rf"|(?P<name>[{_START}][{_PART}]*)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r'|(?P<string>"(?s:[^"\\]|\\.)*")'
    r'|(?P<at>@\s*"(?s:[^"\\]|\\.)*")'
    r"|(?P<operator>\*\*|\.\.|->|!=|<=|>=|==|&&|\|\||[-+*/=<>()\[\]{},:.?])"
    r"|(?P<other>[’'“”，。：；（）［］｛｝＜＞＝？、《》「」＋－×÷·%&|!#$^~`;\\])"
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|[\"'\\nrt])")
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


_SIGNS = {"≥": ">=", "≤": "<=", "≠": "!=", "∧": "and", "∨": "or", "¬": "not(…)"}


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `text` as written (a string's content for strings), `gap` tells whether space stands before."""

    kind: str
    text: str
    position: int
    end: int
    gap: bool


def place(text: str, position: int) -> tuple[int, int]:
    """Returns line and column, both from 1, of a position in a text."""
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def syntax_error(text: str, position: int, reason: str) -> FeelSyntaxError:
    """Returns the error that names the place."""
    line, column = place(text, position)
    return FeelSyntaxError(reason, line=line, column=column)


def tokens(text: str) -> list[Token]:
    """Returns the tokens of a text, the last of kind END; raises FeelSyntaxError where none fits."""
    if len(text) > MAX_TEXT:
        raise FeelSyntaxError(f"the expression is longer than {MAX_TEXT} characters", line=1, column=1)
    found: list[Token] = []
    position, gap = 0, False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or (match.group() == "/" and text.startswith("/*", position)):
            raise syntax_error(text, position, _unexpected(text, position))
        kind = match.lastgroup or ""
        if kind == "space":
            gap = True
        else:
            content = match.group()
            if kind in (STRING, AT):
                content = _unescape(text, position, content[content.index('"') + 1 : -1])
            found.append(Token(kind, content, position, match.end(), gap))
            gap = False
        position = match.end()
    found.append(Token(END, "", len(text), len(text), gap))
    return found


def _unexpected(text: str, position: int) -> str:
    if text[position] in '"@':
        return 'a string is opened here and never closed; write " at its end'
    if text.startswith("/*", position):
        return "a comment is opened here and never closed; write */ at its end"
    if text[position] in _SIGNS:
        return f'write "{_SIGNS[text[position]]}" instead of {text[position]!r}'
    return f"{text[position]!r} has no meaning here"


def _unescape(text: str, position: int, content: str) -> str:
    if "\\" in content:
        content = _ESCAPE.sub(_unescape_one, content)
    if any("\ud800" <= character <= "\udfff" for character in content):
        try:
            content = content.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise syntax_error(text, position, "half of a surrogate pair is no character") from None
    return content


def _unescape_one(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "uU" and len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number <= 0x10FFFF else match[0]
    return _PLAIN_ESCAPES[code]
