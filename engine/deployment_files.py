"""The files of a deployment: which kind each is, what they say together, and all that is wrong with them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from engine.bpmn.definition import Definition
from engine.bpmn.parser import parse
from engine.dmn.cases import read_cases
from engine.dmn.checks import check
from engine.dmn.libraries import Library
from engine.dmn.model import DmnModel
from engine.drawn_forms import DIAGRAM, at_diagrams
from engine.errors import ParseFailed
from engine.expression_types import check_form
from engine.findings import Finding, errors
from engine.forms import Form, parse_form
from engine.references import check_diagram
from engine.settings import Limits

TABLE_FILE, FORM_FILE = (".dmn", ".dmn11.xml"), (".form",)
CASES_FILE = "tests.yaml"  # cases beside a table, which a proposal of the table has to pass


@dataclass(slots=True)
class Checked:
    """What the files of an upload say, parsed."""

    processes: dict[str, list[Definition]] = field(default_factory=dict)
    models: dict[str, DmnModel] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    warnings: dict[str, list[Finding]] = field(default_factory=dict)


def check_resources(
    resources: Mapping[str, bytes],
    *,
    limits: Limits,
    roles: Collection[str] | None = None,
    handled: Collection[str] | None = None,
) -> Checked:
    """Parses all files; raises ParseFailed with the findings of all of them. `roles` are the known role codes,
    `handled` the topics that the house handles itself; None where they are not known."""
    checked, failed, limit = Checked(), {}, limits.resource_bytes
    library = Library(_tables(resources), limits.tables)
    for file, body in resources.items():
        if len(body) > limit:
            failed[file] = [
                Finding("error", "too-large", f"文件超过 {limit} 字节", f"the file is larger than {limit} bytes")
            ]
            continue
        try:
            _check_one(checked, file, body, limits, roles, library)
        except ParseFailed as refused:
            failed.update({key: list(found) for key, found in refused.findings.items()})
        except RecursionError:
            zh, en = "文件的结构过深或过宽", "the structure of the file is too deep or too wide to be checked"
            failed[file] = [Finding("error", "too-complex", zh, en)]
    if failed:
        raise ParseFailed(at_diagrams(resources, failed))
    forms = {form.id: form for form in checked.forms.values()}
    for file in checked.processes:
        checked.warnings[file] += check_diagram(resources[file], name=file, roles=roles, forms=forms, handled=handled)
    checked.warnings = at_diagrams(resources, checked.warnings)
    return checked


def _check_one(
    checked: Checked, file: str, body: bytes, limits: Limits, roles: Collection[str] | None, library: Library
) -> None:
    name = PurePosixPath(file).name.lower()
    if name.endswith(DIAGRAM):
        checked.processes[file] = parse(body, name=file, limits=limits.diagrams)
        checked.warnings[file] = [found for process in checked.processes[file] for found in process.warnings]
    elif name.endswith(TABLE_FILE):
        model = library.model(file)
        found = check(model, roles=roles)
        if errors(found):
            raise ParseFailed({file: found})
        checked.models[file] = model
        checked.warnings[file] = found
    elif name.endswith(FORM_FILE):
        form = checked.forms[file] = parse_form(body, name=file, limits=limits.forms)
        checked.warnings[file] = [*form.warnings, *check_form(form)]
    elif name == CASES_FILE:
        read_cases(body, name=file)


def definitions_in(checked: Checked, file: str) -> list[dict[str, Any]]:
    """Returns what a file defines, as columns of the definitions that it brings."""
    if file in checked.processes:
        return [
            {
                "kind": "process",
                "key": process.key,
                "name": process.name or None,
                "name_en": process.name_en or None,
                "version_tag": process.version_tag,
                "history_ttl_days": _days(process.history_ttl),
            }
            for process in checked.processes[file]
        ]
    if file in checked.models:
        return [
            {
                "kind": "decision",
                "key": decision.id,
                "name": decision.name,
                "name_en": decision.name_en or None,
            }
            for decision in checked.models[file].decisions.values()
        ]
    if file in checked.forms:
        return [{"kind": "form", "key": checked.forms[file].id}]
    return []


def _days(history_ttl: str | None) -> int | None:
    digits = (history_ttl or "").removeprefix("P").removesuffix("D")
    return int(digits) if digits.isdigit() else None


def with_imports(resources: Mapping[str, bytes], changed: Mapping[str, bytes]) -> dict[str, bytes]:
    """The changed files, with the tables that they import: a deployment holds all that its tables need."""
    library = Library(_tables(resources))
    needed = {other for file in _tables(changed) for other in library.needed(file)}
    return {file: body for file, body in resources.items() if file in changed or file in needed}


def _tables(resources: Mapping[str, bytes]) -> dict[str, bytes]:
    return {file: body for file, body in resources.items() if file.lower().endswith(TABLE_FILE)}
