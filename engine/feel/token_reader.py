"""Walks over the tokens of a text and says what is wrong where one does not fit."""

from __future__ import annotations

from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import AT, END, KEYWORDS, NAME, STRING, Token, syntax_error, tokens
from engine.feel.names import suggestion

# What people write who come from other languages, or from a Chinese keyboard.
_ELSEWHERE = {
    "==": 'FEEL compares with "=", not "=="',
    "&&": 'FEEL writes "and", not "&&"',
    "||": 'FEEL writes "or", not "||"',
    "!": 'FEEL writes "not(…)", not "!"',
    "%": 'FEEL writes "modulo(a, b)", not "%"',
    "'": 'FEEL writes strings in double quotes: "…"',
    "“": 'write strings in straight double quotes: "…"',
    "”": 'write strings in straight double quotes: "…"',
    "，": 'write "," instead of the full-width "，"',
    "（": 'write "(" instead of the full-width "（"',
    "）": 'write ")" instead of the full-width "）"',
    "：": 'write ":" instead of the full-width "："',
    "＝": 'write "=" instead of the full-width "＝"',
    "＞": 'write ">" instead of the full-width "＞"',
    "＜": 'write "<" instead of the full-width "＜"',
    "＋": 'write "+" instead of the full-width "＋"',
    "－": 'write "-" instead of the full-width "－"',
    "；": 'FEEL has no ";"',
    ";": 'FEEL has no ";"',
    "$": 'a FEEL expression is written without "${…}"',
}


class TokenReader:
    """The tokens of one text and the place in them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.run = tokens(text)
        self.index = 0

    @property
    def now(self) -> Token:
        """The present token."""
        return self.run[self.index]

    def at(self, text: str) -> bool:
        """Tells whether the present token is this operator or word (never a string of that content)."""
        token = self.run[self.index]
        return token.text == text and token.kind not in (STRING, AT, END)

    def take(self, text: str) -> bool:
        """Moves past this operator or word if it stands here."""
        if self.at(text):
            self.index += 1
            return True
        return False

    def expect(self, text: str) -> None:
        """Moves past this operator or word, or says that it is missing."""
        if not self.take(text):
            raise self.unexpected(f'expected "{text}"')

    def error(self, reason: str, position: int | None = None) -> FeelSyntaxError:
        """Returns the error at a position, by default at the present token."""
        return syntax_error(self.text, self.now.position if position is None else position, reason)

    def unexpected(self, wanted: str = "") -> FeelSyntaxError:
        """Returns the error for a token that does not fit here."""
        token = self.now
        if token.text in _ELSEWHERE and token.kind not in (STRING, AT):
            return self.error(_ELSEWHERE[token.text])
        found = "the expression ends" if token.kind == END else f"{self.text[token.position : token.end]!r} stands"
        if wanted:
            return self.error(f"{wanted}, but {found} here")
        return self.error(f"{found} where FEEL expects something else{self._meant(token)}")

    def _meant(self, token: Token) -> str:
        return suggestion(token.text, KEYWORDS) if token.kind == NAME and token.text not in KEYWORDS else ""
