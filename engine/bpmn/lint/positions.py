"""Lines and columns: where in the file an element begins, counted from 1.

The XML library tells lines only, and those of the end of a start tag; a second, fast pass finds the beginnings.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from xml.parsers import expat

from engine.findings import Finding


def with_columns(findings: list[Finding], body: bytes) -> list[Finding]:
    """Returns the findings with the line and column at which what they mean begins."""
    if not findings:
        return findings
    places = _Places()
    try:
        places.read(body)
    except (expat.ExpatError, ValueError):
        return findings  # an encoding that only the first reader knows: lines must do
    return [places.locate(finding) for finding in findings]


class _Places:
    """The beginnings of all elements in document order, and which of them lie inside which id."""

    def __init__(self) -> None:
        self._starts: list[tuple[int, int]] = []
        self._spans: dict[str, tuple[int, int]] = {}
        self._open: list[tuple[str | None, int]] = []

    def read(self, body: bytes) -> None:
        self._parser = parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.Parse(body, True)

    def _start(self, _name: str, attributes: dict[str, str]) -> None:
        self._open.append((attributes.get("id"), len(self._starts)))
        self._starts.append((self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1))

    def _end(self, _name: str) -> None:
        identifier, first = self._open.pop()
        if identifier is not None:
            self._spans.setdefault(identifier, (first, len(self._starts)))

    def locate(self, finding: Finding) -> Finding:
        span = self._spans.get(finding.element_id or "")
        if finding.column is not None or (span is None and finding.line is None):
            return finding
        first, last = span or (0, len(self._starts))
        starts = self._starts[first:last]
        if finding.line is None:
            line, column = starts[0]
            return replace(finding, line=line, column=column)
        found = starts[max(bisect_right(starts, (finding.line, 1 << 30)) - 1, 0)]
        same_line = [place for place in starts if place[0] == found[0]]
        line, column = same_line[0]
        return replace(finding, line=line, column=column)
