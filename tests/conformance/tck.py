"""Runs the DMN Technology Compatibility Kit: `python -m tests.conformance.tck FOLDER [--only TEXT] [--quiet]`.

The folder is the kit, one of its levels, or one test. Whole models run through `engine.dmn`, tolerantly: an
expression that does not compile is null, as the standard says for errors. Exit code 1 if a result is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lxml import etree
from lxml.etree import _Element

from engine.dmn.decision import CompiledModel, compile_model
from engine.dmn.model import DmnModel
from engine.dmn.reader import read_dmn
from engine.errors import MarqueError
from engine.feel import Environment
from engine.feel.temporal_text import write_temporal
from tests.conformance.expected import UnreadableValueError, read_value, same

ENVIRONMENT = Environment(now=datetime(2026, 3, 2, 8, 0, tzinfo=UTC), zone="UTC")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One result of one test case: expected and found; `error` says why nothing was found."""

    level: str
    folder: str
    case: str
    node: str
    expected: Any
    found: Any
    error: str = ""

    @property
    def passed(self) -> bool:
        """An error is as good as null where null is expected."""
        if self.error:
            return self.expected is None and not self.error.startswith("!")
        return same(self.expected, self.found)

    def __str__(self) -> str:
        found = self.error or _shown(self.found)
        return f"{self.folder} {self.case} {self.node}: expected {_shown(self.expected)}, found {found}"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_shown(item)}' for key, item in value.items())}}}"
    try:
        return write_temporal(value)
    except (AttributeError, MarqueError):
        return repr(value)


def run(root: Path) -> Iterator[Outcome]:
    """Runs every test file below a folder."""
    for path in sorted(root.rglob("*.xml")):
        document = etree.parse(path).getroot()
        if etree.QName(document).localname == "testCases":
            yield from run_file(path, document)


def run_file(path: Path, document: _Element) -> Iterator[Outcome]:
    """Runs all cases of one test file."""
    level, folder = path.parent.parent.name, path.parent.name
    try:
        model = _model(path.parent, document)
        failure = ""
    except (MarqueError, OSError) as error:
        model, failure = None, f"! model: {error}"
    for case in document.iterfind("{*}testCase"):
        for node in case.iterfind("{*}resultNode"):
            yield _one(level, folder, case, node, model, failure)
    if model is not None:
        model.close()


def _model(folder: Path, document: _Element) -> CompiledModel:
    """Compiles the model of a test file; the other models of the folder are there to be imported."""
    name = (document.findtext("{*}modelName") or "").strip()
    others: dict[str, DmnModel] = {}
    paths = [path for path in sorted(folder.glob("*.dmn")) if path.name != name]
    for path in paths * len(paths):  # again, for a model may import one that is read after it
        namespace = etree.parse(path).getroot().get("namespace", "")
        others[namespace] = read_dmn(path.read_bytes(), name=path.name, imports=others, tolerant=True)
    return compile_model(read_dmn((folder / name).read_bytes(), name=name, imports=others, tolerant=True))


def _one(level: str, folder: str, case: _Element, node: _Element, model: CompiledModel | None, failure: str) -> Outcome:
    expected, found, error = None, None, failure
    try:
        expected = read_value(node.find("{*}expected"))
        if model is not None:
            found = _result(model, case, node)
    except UnreadableValueError as unreadable:
        error = f"! {unreadable}"
    except MarqueError as refused:
        error = f"error: {refused}"
    return Outcome(level, folder, case.get("id", ""), node.get("name", ""), expected, found, error)


def _result(model: CompiledModel, case: _Element, node: _Element) -> Any:
    variables: dict[str, Any] = {}
    for given in case.iterfind("{*}inputNode"):
        _put(variables, model, given.get("name", ""), given.get("namespace"), read_value(given))
    if case.get("type") in ("decisionService", "bkm") and case.get("invocableName"):
        return _invoked(model.call(case.get("invocableName", ""), variables, ENVIRONMENT), node)
    for decision in model.model.decisions.values():
        if node.get("name") in (decision.name, decision.variable, decision.id):
            return model.decide(decision.id, variables, ENVIRONMENT).output
    for service in model.model.services.values():
        if service.name == node.get("name"):
            return model.call(service.name, variables, ENVIRONMENT)
    raise UnreadableValueError(f"the model has no decision {node.get('name')}")


def _put(variables: dict[str, Any], model: CompiledModel, name: str, namespace: str | None, value: Any) -> None:
    """Sets an input; one that belongs to an imported model becomes an entry of that model's context."""
    prefixes = [prefix for prefix, other in model.model.imports.items() if other.namespace == namespace]
    if namespace and prefixes:
        variables.setdefault(prefixes[0], {})[name] = value
    else:
        variables[name] = value


def _invoked(result: Any, node: _Element) -> Any:
    """A service with several outputs gives a context; the test asks for one of them by name."""
    if isinstance(result, dict) and node.get("name") in result:
        return result[node.get("name")]
    return result


def main(arguments: list[str]) -> int:
    """Runs the kit and prints counts per level and each miss."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="run only tests whose folder contains this text")
    parser.add_argument("--quiet", action="store_true", help="counts only")
    options = parser.parse_args(arguments)
    counts: dict[str, list[int]] = {}
    for outcome in run(options.folder):
        if options.only not in outcome.folder:
            continue
        count = counts.setdefault(outcome.level, [0, 0])
        count[1] += 1
        count[0] += outcome.passed
        if not outcome.passed and not options.quiet:
            print(f"missed  {outcome}")
    for level, (passed, total) in sorted(counts.items()):
        print(f"{level}: {passed} of {total} ({100 * passed / total:.2f} %)")
    return int(not counts or any(passed < total for passed, total in counts.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
