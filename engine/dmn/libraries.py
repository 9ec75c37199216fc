"""Reads DMN files that import one another: by namespace, among the files deployed together (DMN 1.5, 6.3.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.dmn.model import DmnModel
from engine.dmn.reader import read_dmn
from engine.dmn.xml import DEFAULT_TABLE_LIMITS, TableLimits, read_xml
from engine.errors import ParseFailed

_IMPORT = re.compile(rb"<(?:[\w.-]+:)?import\b")


def has_imports(body: bytes) -> bool:
    """Tells whether a file may import others, without reading it."""
    return _IMPORT.search(body) is not None


class Library:
    """Some files by name. A file is read when it is asked for, after those that it imports."""

    def __init__(self, files: Mapping[str, bytes], limits: TableLimits = DEFAULT_TABLE_LIMITS) -> None:
        self._files = files
        self._limits = limits
        self._models: dict[str, DmnModel] = {}
        self._asked: set[str] = set()

    def model(self, name: str) -> DmnModel:
        """Returns the model of a file; raises ParseFailed, also for an import that no file answers."""
        if name not in self._models:
            body = self._files[name]
            self._asked.add(name)
            imports = self._imports(name) if has_imports(body) else {}
            self._asked.discard(name)
            self._models[name] = read_dmn(body, name=name, imports=imports, limits=self._limits)
        return self._models[name]

    def needed(self, name: str) -> set[str]:
        """Returns the files that a file imports, directly or not."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            body = self._files[waiting.pop()]
            for other in self._imported(body).values() if has_imports(body) else ():
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return found - {name}

    def _imports(self, name: str) -> dict[str, DmnModel]:
        """The imported models by namespace; one that is faulty, or that imports this file again, is as good as none."""
        models = {}
        for namespace, other in self._imported(self._files[name]).items():
            if other not in self._asked:
                try:
                    models[namespace] = self.model(other)
                except ParseFailed:
                    continue
        return models

    def _imported(self, body: bytes) -> dict[str, str]:
        """The namespaces that a file imports and that a file of the library has, with its name."""
        try:
            wanted = {
                element.get("namespace") for element in read_xml(body, name="", limits=self._limits).all("import")
            }
        except ParseFailed:
            return {}
        return {namespace: name for name, namespace in self._namespaces().items() if namespace in wanted}

    def _namespaces(self) -> dict[str, str]:
        found = {}
        for name, body in self._files.items():
            try:
                found[name] = read_xml(body, name=name, limits=self._limits).get("namespace")
            except ParseFailed:
                continue
        return found
