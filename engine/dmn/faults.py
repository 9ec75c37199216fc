"""Collects what is wrong with a DMN file while it is read and compiled."""

from __future__ import annotations

from typing import Protocol

from engine.dmn.model import Cell, Decision, Rule
from engine.findings import Finding, Severity


class Placed(Protocol):
    """Something of a file that knows where it stands."""

    @property
    def line(self) -> int | None: ...

    def get(self, name: str, default: str = "") -> str: ...


class Faults:
    """The findings so far, in the order in which they were found."""

    def __init__(self) -> None:
        self.found: list[Finding] = []

    @property
    def errors(self) -> bool:
        """Tells whether any of them forbids deployment."""
        return any(finding.severity == "error" for finding in self.found)

    def error(self, code: str, zh: str, en: str, where: Placed) -> None:
        """Adds an error at an element."""
        self.add("error", code, zh, en, where.get("id") or None, where.line)

    def add(self, severity: Severity, code: str, zh: str, en: str, element_id: str | None, line: int | None) -> None:
        """Adds a finding."""
        self.found.append(Finding(severity, code, zh, en, element_id=element_id, line=line))


def table_finding(
    decision: Decision,
    severity: Severity,
    code: str,
    zh: str,
    en: str,
    *,
    rule: Rule | None = None,
    cell: Cell | None = None,
) -> Finding:
    """Makes a finding that names its table, and the row or cell as its element."""
    element_id = (cell.element_id if cell else None) or (rule.row_id if rule else decision.id)
    line = (cell.line if cell else None) or (rule.line if rule else decision.line)
    return Finding(
        severity,
        code,
        f"表「{decision.name}」：{zh}",
        f'table "{decision.name_en or decision.name}": {en}',
        element_id=element_id,
        line=line,
    )
