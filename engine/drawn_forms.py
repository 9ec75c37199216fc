"""Forms that are drawn into a diagram (`camunda:formData`): files of its deployment that nobody wrote.

What is wrong with one is told at the diagram, with the element and the place of the field: nobody finds a file that
was made at deployment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from engine.bpmn.form_data import FORM_DATA
from engine.bpmn.lint.positions import with_columns
from engine.bpmn.model import DrawnForm
from engine.bpmn.reader import read_diagram
from engine.bpmn.xml import read_xml
from engine.errors import ParseFailed
from engine.findings import Finding

DIAGRAM = (".bpmn", ".bpmn20.xml")


def with_forms(resources: Mapping[str, bytes]) -> dict[str, bytes]:
    """Returns the files with the forms that are drawn into their diagrams; one that is brought along stays."""
    return {**{name: form.body for name, (_, form) in _drawn(resources).items()}, **resources}


def at_diagrams(resources: Mapping[str, bytes], findings: Mapping[str, Sequence[Finding]]) -> dict[str, list[Finding]]:
    """Returns findings by file, those of drawn forms moved to their diagrams. `resources` are the files with forms."""
    suspected = {name for name in findings if name.endswith(".form")}
    drawn = _drawn(resources) if suspected else {}
    told: dict[str, list[Finding]] = {}
    for name, found in findings.items():
        file, form = drawn.get(name, (name, None))
        if form is not None and resources.get(name) == form.body:
            told.setdefault(file, []).extend(with_columns([_placed(one, form) for one in found], resources[file]))
        else:
            told.setdefault(name, []).extend(found)
    return told


def _drawn(resources: Mapping[str, bytes]) -> dict[str, tuple[str, DrawnForm]]:
    """Returns the drawn forms by the name of their file, each with the diagram that holds it."""
    return {f"{key}.form": (file, form) for file, key, form in _forms(resources)}


def _forms(resources: Mapping[str, bytes]) -> Iterator[tuple[str, str, DrawnForm]]:
    for file, body in resources.items():
        if PurePosixPath(file).name.lower().endswith(DIAGRAM) and FORM_DATA.encode() in body:
            try:
                forms = read_diagram(read_xml(body, name=file)).forms
            except ParseFailed:
                continue  # told when the file itself is checked
            yield from ((file, key, form) for key, form in forms.items())


def _placed(finding: Finding, form: DrawnForm) -> Finding:
    """The element takes the place of the field, which is named in the words instead."""
    field = finding.element_id
    zh = f"字段 {field}：{finding.zh}" if field else finding.zh
    en = f"field {field}: {finding.en}" if field else finding.en
    line = form.fields.get(field or "", form.line)
    return replace(finding, zh=zh, en=en, element_id=form.element_id, line=line)
