"""Finds the files that commands work on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

CASES_FILE, SCENARIOS_FOLDER = "tests.yaml", "scenarios"
DEPLOYABLE = (".bpmn", ".dmn", ".form")


def found(paths: Iterable[Path], suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Yields the files of some kinds under the paths, each once, in a stable order."""
    seen: set[Path] = set()
    for path in paths:
        candidates = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in candidates:
            if file.is_file() and file.name.endswith(suffixes) and file not in seen:
                seen.add(file)
                yield file


def companions(paths: Iterable[Path]) -> dict[str, bytes]:
    """Returns the cases beside tables and the scenarios beside diagrams: what a later change has to pass."""
    yaml = found(paths, (".yaml",))
    return {
        file.as_posix(): file.read_bytes()
        for file in yaml
        if file.name == CASES_FILE or file.parent.name == SCENARIOS_FOLDER
    }


def deployable(paths: Iterable[Path]) -> dict[str, bytes]:
    """Returns the bytes of all diagrams, tables and forms by their path as given."""
    return {file.as_posix(): file.read_bytes() for file in found(paths, DEPLOYABLE)}
