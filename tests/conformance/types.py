"""Holds the inferred types against the DMN TCK: `python -m tests.conformance.types FOLDER`.

Every result of the kit has to have the type that was inferred for its decision, and a decision whose whole result is
called null has to be null. Exit code 1 otherwise. Warnings are counted: the kit has many expressions that are wrong on
purpose.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from lxml import etree

from engine.dmn.typing import FileTypes
from engine.errors import MarqueError
from engine.feel.limits import Work
from engine.feel.type_algebra import written
from engine.feel.types import conforms
from engine.feel.values import NULL
from tests.conformance import tck


def main(folder: Path) -> int:
    """Prints what was found; returns the exit code."""
    counts: Counter[str] = Counter()
    for path in sorted(folder.rglob("*.xml")):
        document = etree.parse(path).getroot()
        if etree.QName(document).localname == "testCases":
            counts.update(_one(path, document))
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    return 1 if counts["wrong"] else 0


def _one(path: Path, document: etree._Element) -> Counter[str]:
    counts: Counter[str] = Counter()
    try:
        model = tck._model(path.parent, document)
    except MarqueError:
        return counts
    types = FileTypes(model.model)
    inferred = {identifier: types.decision(identifier) for identifier in model.model.decisions}
    counts["warnings"] += len(types.findings)
    for case in document.iterfind("{*}testCase"):
        for node in case.iterfind("{*}resultNode"):
            wanted = next((d for d in model.model.decisions.values() if node.get("name") in (d.name, d.id)), None)
            if wanted is None:
                continue
            try:
                found = tck._result(model, case, node)
            except MarqueError:
                continue
            kind = inferred[wanted.id]
            counts["results of a known type" if kind.kind != "Any" else "of any type"] += 1
            fits = found is None if kind.kind == NULL else conforms(found, kind, Work(tck.ENVIRONMENT))
            if not fits:
                counts["wrong"] += 1
                print(f"{path.name} {wanted.name}: inferred {written(kind)}, found {found!r}")
    model.close()
    return counts


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
