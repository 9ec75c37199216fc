"""What the expression language refuses.

FeelError             an evaluation went past a bound or used a value that may not be read
└── FeelSyntaxError   a text is no FEEL; carries where, and what to write instead
"""

from __future__ import annotations

from engine.errors import MarqueError


class FeelError(MarqueError):
    """An expression could not be evaluated: a bound on work was reached, or a value may not be read."""


class FeelSyntaxError(FeelError):
    """A text is no FEEL expression. `line` and `column` count from 1; `reason` is the message without them."""

    def __init__(self, reason: str, *, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {reason}")
        self.reason = reason
        self.line = line
        self.column = column
