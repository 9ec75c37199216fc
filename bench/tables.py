"""Decision tables made for measuring: n rows that part a number among them, beside a text column."""

from __future__ import annotations

from engine.dmn.decision import CompiledModel, compile_model
from engine.dmn.reader import read_dmn

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:bench">'


def table(rows: int, *, factor: int = 1) -> CompiledModel:
    """Returns a UNIQUE table `bench`: row i fires for amounts from 100 i up to 100 i + 99 and gives i × factor."""
    cells = "".join(
        f'<rule id="r{row}"><inputEntry><text>[{100 * row}..{100 * row + 99}]</text></inputEntry>'
        f'<inputEntry><text>"A", "B", "C"</text></inputEntry>'
        f"<outputEntry><text>{row * factor}</text></outputEntry></rule>"
        for row in range(rows)
    )
    body = (
        '<decision id="bench" name="bench"><variable name="bench"/><decisionTable hitPolicy="UNIQUE">'
        '<input><inputExpression typeRef="number"><text>amount</text></inputExpression></input>'
        '<input><inputExpression typeRef="string"><text>segment</text></inputExpression></input>'
        f'<output name="level" typeRef="number"/>{cells}</decisionTable></decision>'
    )
    return compile_model(read_dmn(f"{HEAD}{body}</definitions>".encode(), name="bench.dmn"))
