"""Damages DMN files at random: whatever comes out is read or refused, and never anything else.

`run(count, seed)` reads, checks and decides `count` damaged files; `python -m tests.engine.dmn.mutations 20000` is
the long form.
"""

from __future__ import annotations

import random
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from engine.dmn.checks import check
from engine.dmn.decision import compile_model
from engine.dmn.reader import read_dmn
from engine.errors import MarqueError, ParseFailed
from tests.engine.dmn.tables import NOW

RULES = Path(__file__).parents[3] / "rules"
BYTES = [b'"', b"<", b"&", b"-", b"(", b"", b"rule", b"decision", b"9" * 30, b"1e9", b"\x00", b"\xff", b"&amp;"]
CELLS = [
    *[b"-", b"null", b'"x"', b"5", b"not(5)", b"[5..1]", b"? &gt; 3", b"x.y", b'date("2026-01-01")', b"true, false"],
    *[b'@"2026-01-01T00:00:00Z"', b"every x in [1] satisfies x &gt; 0", b"{a: 1}", b"f(1)", b"[1..", b"1 2"],
]
VALUES = [b"", b"x", b"UNIQUE", b"PRIORITY", b"ANY", b"COLLECT", b"number", b"string", b"#x", b"2026-01-01", b"MIN"]
FACTS = {"amount_fen": 5, "lines": [{"item": 1}], "damage": "slight", "event": "received", "business_line": "rental"}


@dataclass(slots=True)
class Report:
    """How many damaged files were still read, and how many were refused."""

    read: int = 0
    refused: int = 0


def run(count: int, seed: int) -> Report:
    """Raises whatever a damaged file raises that is neither a refusal nor an error of the process."""
    source = random.Random(seed)
    originals = [path.read_bytes() for path in sorted(RULES.glob("dt_*/*.dmn"))]
    originals.sort(key=len)
    report = Report()
    for _ in range(count):
        body = source.choice(originals[:4])
        for _ in range(source.randint(1, 4)):
            body = damaged(body, source)
        _use(body, source, report)
    return report


def damaged(body: bytes, source: random.Random) -> bytes:
    """Overwrites bytes, a cell or an attribute, or repeats or removes an element."""
    kind = source.randrange(4)
    if kind == 0:
        start = source.randrange(len(body))
        return body[:start] + source.choice(BYTES) + body[start + source.randint(0, 3) :]
    pattern = [rb"(?<=<text>)[^<]*", rb'(?<==")[^"]*', rb"<(\w+)[^>]*>[^<]*</\1>|<\w+[^>]*/>"][kind - 1]
    found = [match.span() for match in re.finditer(pattern, body)]
    if not found:
        return body
    start, end = source.choice(found)
    whole = body[start:end]
    instead = source.choice([CELLS, VALUES, [b"", whole * 2]][kind - 1])
    return body[:start] + instead + body[end:]


def _use(body: bytes, source: random.Random, report: Report) -> None:
    try:
        model = read_dmn(body, name="damaged.dmn", tolerant=source.random() < 0.5)
    except ParseFailed:
        report.refused += 1
        return
    report.read += 1
    check(model, roles={"CSS"})
    compiled = compile_model(model)
    for decision in model.decisions:
        try:
            compiled.decide(decision, FACTS, NOW)
        except MarqueError:
            continue
    compiled.close()


if __name__ == "__main__":
    print(run(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
