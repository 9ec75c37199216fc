"""The units: for each element of BPMN a folder with small diagrams and a `unit.yaml` of examples beside them.

The words that an example may use are described in README.md beside this file. A word that is not known is an error,
so that no expectation is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent
_UNIT_WORDS = {"diagram", "called", "examples"}


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a unit. `steps` are its lines as written: mappings of one word each, but for `when` and `then`."""

    unit: str
    title: str
    diagram: Path
    called: tuple[Path, ...]
    steps: tuple[Mapping[str, Any], ...]

    @property
    def id(self) -> str:
        """How pytest names it."""
        return f"{self.unit}: {self.title}".replace(" ", "-")

    @property
    def refused(self) -> Mapping[str, Any] | None:
        """What of the diagram is refused, by element; None if it runs."""
        return self._said("refused")

    @property
    def warned(self) -> Mapping[str, Any] | None:
        """What is said about the diagram although it runs, by element; None if nothing."""
        return self._said("warned")

    def _said(self, word: str) -> Mapping[str, Any] | None:
        return next((step["then"][word] for step in self.steps if word in step.get("then", {})), None)

    @property
    def body(self) -> bytes:
        """The diagram as its file holds it."""
        return self.diagram.read_bytes()


def read_units(root: Path = ROOT) -> list[Example]:
    """Returns the examples of all units, in the order of the folders."""
    return [example for path in sorted(root.glob("*/unit.yaml")) for example in _read(path)]


def diagrams(root: Path = ROOT) -> list[Path]:
    """Returns the diagrams of all units."""
    return sorted(root.glob("*/*.bpmn"))


def _read(path: Path) -> list[Example]:
    unit = yaml.safe_load(path.read_text(encoding="utf-8"))
    unknown = unit.keys() - _UNIT_WORDS
    if unknown:
        raise ValueError(f"{path} says {sorted(unknown)}, which no unit understands")
    common = unit.get("diagram")
    called = tuple(path.parent / name for name in unit.get("called", ()))
    return [
        _example(path.parent, title, steps, common, called)
        for item in unit["examples"]
        for title, steps in item.items()
    ]


def _example(
    folder: Path, title: str, steps: list[dict[str, Any]], common: str | None, called: tuple[Path, ...]
) -> Example:
    names = [step["diagram"] for step in steps if "diagram" in step]
    name = names[0] if names else common or f"{folder.name}.bpmn"
    rest = tuple(step for step in steps if "diagram" not in step)
    return Example(folder.name, title, folder / name, called, rest)
