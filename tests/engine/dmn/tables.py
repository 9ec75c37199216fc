"""Builds small tables for tests: from texts, as XML that a tool would save, and compiled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from engine.dmn.decision import CompiledModel, compile_model
from engine.dmn.reader import read_dmn
from engine.feel import Environment

NOW = Environment(now=datetime(2026, 10, 1, 14, 30, tzinfo=UTC))
DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"
Row = tuple[Sequence[str], Sequence[str]]


def definitions(content: str, namespace: str = DMN) -> bytes:
    """A file with the given elements."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="{namespace}"'
        f' xmlns:marque="https://marque.app/dmn" id="d" name="d" namespace="urn:d">{content}</definitions>'
    ).encode()


def table_xml(
    inputs: Sequence[tuple[str, str]],
    outputs: Sequence[str],
    rows: Sequence[Row],
    *,
    hit_policy: str = "UNIQUE",
    attributes: str = "",
    rule_attributes: Sequence[str] = (),
    decision_id: str = "t",
    requirements: str = "",
    allowed: Sequence[str | None] = (),
    output_values: Sequence[str | None] = (),
) -> str:
    """A decision with a table: inputs are (expression, type), outputs `name` or `name:type`, rows (cells, results)."""
    parts = [f'<decision id="{decision_id}" name="{decision_id}"><variable name="{decision_id}"/>{requirements}']
    parts.append(f'<decisionTable hitPolicy="{hit_policy}" {attributes}>')
    for number, (expression, kind) in enumerate(inputs):
        values = _values("inputValues", allowed, number)
        parts.append(
            f"<input><inputExpression typeRef={quoteattr(kind)}><text>{escape(expression)}</text>"
            f"</inputExpression>{values}</input>"
        )
    for number, output in enumerate(outputs):
        name, _, kind = output.partition(":")
        type_ref = f" typeRef={quoteattr(kind)}" if kind else ""
        parts.append(
            f"<output name={quoteattr(name)}{type_ref}>{_values('outputValues', output_values, number)}</output>"
        )
    for number, (cells, results) in enumerate(rows):
        extra = rule_attributes[number] if number < len(rule_attributes) else ""
        parts.append(f'<rule id="r{number + 1}" {extra}>')
        parts += [f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in cells]
        parts += [f"<outputEntry><text>{escape(result)}</text></outputEntry>" for result in results]
        parts.append("</rule>")
    return "".join([*parts, "</decisionTable></decision>"])


def _values(tag: str, values: Sequence[str | None], number: int) -> str:
    text = values[number] if number < len(values) else None
    return f"<{tag}><text>{escape(text)}</text></{tag}>" if text else ""


def compiled(*content: str, tolerant: bool = False) -> CompiledModel:
    """Reads and compiles a file with the given elements."""
    return compile_model(read_dmn(definitions("".join(content)), name="test.dmn", tolerant=tolerant))
