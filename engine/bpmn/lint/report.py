"""Gathers findings."""

from __future__ import annotations

from typing import Protocol

from engine.findings import Finding, Severity


class Place(Protocol):
    """Whatever a finding can point at."""

    @property
    def id(self) -> str: ...

    @property
    def line(self) -> int | None: ...


class Report:
    """The findings of one diagram, without repetitions."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._seen: set[Finding] = set()

    def error(self, code: str, place: Place, zh: str, en: str) -> None:
        """Notes what forbids deployment."""
        self._add("error", code, place, zh, en)

    def warning(self, code: str, place: Place, zh: str, en: str) -> None:
        """Notes what probably is a mistake."""
        self._add("warning", code, place, zh, en)

    def unsupported(self, place: Place, what_zh: str, what_en: str) -> None:
        """Notes what is legal BPMN but does not run here."""
        self.error("unsupported", place, f"目前不支持{what_zh}。", f"{what_en} is not supported.")

    def _add(self, severity: Severity, code: str, place: Place, zh: str, en: str) -> None:
        finding = Finding(severity, code, zh, en, place.id or None, place.line)
        if finding not in self._seen:
            self._seen.add(finding)
            self.findings.append(finding)
