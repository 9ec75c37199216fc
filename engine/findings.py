"""What a check says of an uploaded file: where, how bad, and in words of both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a diagram, table or form.

    `code` is stable and speaking (`unknown-form`); `element_id` is the id that its owner wrote (a table row or
    cell for DMN, a field key for forms); `line` and `column` count from 1 and are None where the file has none.
    """

    severity: Severity
    code: str
    zh: str
    en: str
    element_id: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        where = f"{self.element_id or ''}{f' (line {self.line})' if self.line else ''}".strip()
        return f"{self.severity}: {where + ': ' if where else ''}{self.en} [{self.code}]"


def errors(findings: list[Finding]) -> list[Finding]:
    """Returns the findings that forbid deployment."""
    return [finding for finding in findings if finding.severity == "error"]
