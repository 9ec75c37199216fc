"""`marque check`: all findings of all files at once, and what the files refer to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from api import files
from engine.bpmn.definition import Definition
from engine.bpmn.layout import check_layout
from engine.bpmn.parser import parse
from engine.dmn.checks import check as check_model
from engine.dmn.decision import compile_model
from engine.dmn.libraries import Library
from engine.drawn_forms import at_diagrams, with_forms
from engine.errors import ParseFailed
from engine.expression_types import check_form
from engine.findings import Finding
from engine.forms import Form, parse_form
from engine.references import check_diagram


@dataclass(slots=True)
class Report:
    """The findings by file, in the order of the files, and what runs where."""

    findings: dict[str, list[Finding]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    runs_on: Counter[str] = field(default_factory=Counter)  # decision tables by what matches their rows
    files: int = 0

    def add(self, name: str, found: Iterable[Finding]) -> None:
        for finding in found:
            self.findings.setdefault(name, []).append(finding)

    def _count(self, severity: str) -> int:
        return sum(finding.severity == severity for found in self.findings.values() for finding in found)

    @property
    def errors(self) -> int:
        return self._count("error")

    @property
    def warnings(self) -> int:
        return self._count("warning")


@dataclass(slots=True)
class _Known:
    """What the checked files define."""

    roles: Collection[str] | None
    tables: Library
    processes: dict[str, tuple[str, Definition]] = field(default_factory=dict)
    diagrams: dict[str, bytes] = field(default_factory=dict)
    decisions: set[str] = field(default_factory=set)
    forms: dict[str, Form] = field(default_factory=dict)


def check(
    paths: Iterable[Path],
    *,
    layout: bool = False,
    roles: Collection[str] | None = None,
    handled: Collection[str] | None = None,
) -> Report:
    """Checks every diagram, table and form under the paths, then the references between them.

    `roles` are the known role codes, `handled` the topics that the house handles itself; without them none is doubted.
    """
    checked = with_forms(files.deployable(paths))
    tables = Library({name: body for name, body in checked.items() if name.endswith(".dmn")})
    report, known = Report(), _Known(roles, tables)
    for name, body in checked.items():
        report.files += 1
        try:
            _check_file(report, known, name, body, layout=layout)
        except ParseFailed as refused:
            for file, found in refused.findings.items():
                report.add(file, found)
    for key, (name, definition) in known.processes.items():
        report.add(name, _dangling(key, definition, known))
    for name, body in known.diagrams.items():
        report.add(name, check_diagram(body, name=name, roles=roles, forms=known.forms, handled=handled))
    report.findings = at_diagrams(checked, report.findings)
    return report


def _check_file(report: Report, known: _Known, name: str, body: bytes, *, layout: bool) -> None:
    if name.endswith(".bpmn"):
        for definition in parse(body, name=name):
            known.processes[definition.key] = (name, definition)
            report.add(name, definition.warnings)
        known.diagrams[name] = body
        if layout:
            report.add(name, check_layout(body))
    elif name.endswith(".dmn"):
        model = known.tables.model(name)
        known.decisions |= set(model.decisions)
        report.add(name, check_model(model, roles=known.roles))
        compiled = compile_model(model)
        report.notes += [f"{name}: {decision} runs on {compiled.runs_on(decision)}" for decision in model.decisions]
        report.runs_on.update(compiled.runs_on(decision) for decision in compiled.program.tables)
        compiled.close()
    else:
        form = parse_form(body, name=name)
        known.forms[form.id] = form
        report.add(name, [*form.warnings, *check_form(form)])


def _dangling(key: str, definition: Definition, known: _Known) -> Iterable[Finding]:
    for wanted, present, zh, en in (
        (definition.decision_refs, known.decisions, "决策表", "decision"),
        (definition.form_refs, known.forms.keys(), "表单", "form"),
        (definition.called_elements, known.processes.keys(), "流程", "process"),
    ):
        for ref in sorted(wanted - present):
            yield Finding(
                "error",
                f"unknown-{en}",
                f"流程 {key} 引用的{zh} {ref} 不存在",
                f"process {key} refers to the {en} {ref}, which is not among the checked files",
            )
