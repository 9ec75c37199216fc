"""What the expressions of a diagram or form can never mean, by the types that the forms give to variables.

A variable has the type of the field that people fill it with, if nothing else writes it: what a mapping, a result or a
loop writes may hold anything. All findings are warnings, for a worker may have set the variable before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.bpmn.expressions import Text, feel_of
from engine.bpmn.model import Process
from engine.feel import FeelSyntaxError
from engine.feel.hints import hints
from engine.feel.inference import Problem, TypeEnvironment
from engine.feel.type_algebra import join
from engine.feel.types import ANYTHING, Type
from engine.feel.values import BOOLEAN, CONTEXT, DATE, DATE_TIME, LIST, NUMBER, STRING, TIME
from engine.findings import Finding
from engine.forms import Form
from engine.forms.fields import Field
from engine.personal_values import NONE

TOLD = frozenset({"never-true", "always-null", "not-boolean", "value-not-allowed", "wrong-argument", "unknown-entry"})
_TYPES: Mapping[str, Type] = {
    "textfield": Type(STRING),
    "textarea": Type(STRING),
    "number": Type(NUMBER),
    "checkbox": Type(BOOLEAN),
}
_TEMPORAL = {"date": Type(DATE), "time": Type(TIME), "datetime": Type(DATE_TIME)}


def check_process(process: Process, forms: Mapping[str, Form]) -> Iterator[Finding]:
    """Yields what no expression of a process can mean; `forms` are the known ones by id."""
    environment = TypeEnvironment(variables(process, forms))
    for text in process.texts:
        for part in _parts(text):
            for problem in () if part.is_literal else _problems(part.source, environment):
                where_zh, where_en = _where(problem, part.source)
                yield Finding(
                    "warning",
                    problem.code,
                    f"{text.what_zh}{where_zh}：{problem.zh}",
                    f"{text.what_en}{where_en}: {problem.en}",
                    text.element_id,
                    text.line,
                )


def check_form(form: Form) -> Iterator[Finding]:
    """Yields what no rule of a form can mean."""
    environment = TypeEnvironment({field.key: _field(field) for field in form.fields})
    for rule in form.rules:
        for problem in _problems(rule.expression.text, environment):
            where_zh, where_en = _where(problem, "=")
            yield Finding(
                "warning",
                problem.code,
                f"规则「{rule.zh}」{where_zh}：{problem.zh}",
                f'rule "{rule.en}"{where_en}: {problem.en}',
                rule.field,
            )


def variables(process: Process, forms: Mapping[str, Form]) -> dict[str, Type]:
    """Returns the variables that people fill in, with the types of their fields."""
    found: dict[str, list[Type]] = {}
    for node in process.nodes():
        form = forms.get(node.attributes.get("formRef", ""))
        for field in form.fields if form is not None else ():
            found.setdefault(field.key, []).append(_field(field))
    written = _written(process)
    return {name: ANYTHING if name in written else join(*types) for name, types in found.items()}


def _written(process: Process) -> set[str]:
    """The names that something other than a form may write, or hide with a local variable."""
    names: set[str] = set()
    for node in process.nodes():
        mappings = [*node.inputs, *node.outputs, *node.calls_in, *node.calls_out]
        mappings += [mapping for event in node.events for mapping in event.payload]
        names |= {mapping.target for mapping in mappings}
        names |= set(node.attributes.values())  # resultVariable, initiator and the like
        if node.loop is not None:
            loop = node.loop
            names |= {loop.element_variable or "", loop.output_collection or "", loop.output_element or ""}
    return names


def _field(field: Field) -> Type:
    if field.data_class != NONE or field.readonly is not False:
        return ANYTHING  # a reference, or a value of another origin
    if field.type in _TYPES:
        return _TYPES[field.type]
    if field.type == "datetime":
        return _TEMPORAL.get(field.subtype or "", ANYTHING)
    if field.type == "dynamiclist":
        return Type(LIST, item=Type(CONTEXT, entries={column.key: _field(column) for column in field.columns}))
    return _chosen(field)


def _chosen(field: Field) -> Type:
    """Listed texts are all that a choice can be; several of them are a list."""
    values = field.choices.values if field.choices is not None and field.choices.expression is None else ()
    if not values or not all(isinstance(value, str) for value in values):
        return ANYTHING
    listed = ",".join(f'"{value}"' for value in values)
    one = Type(STRING, allowed=listed if '"' not in "".join(map(str, values)) else None)
    return one if field.type in ("select", "radio") else Type(LIST, item=one)


def _parts(text: Text) -> Iterable[Text]:
    inner = [*(text.items or ()), *(item for _, item in text.entries or ())]
    if not inner:
        yield text
    for item in inner:
        yield from _parts(item)


def _problems(source: str, environment: TypeEnvironment) -> list[Problem]:
    try:
        found = hints(feel_of(source), environment)
    except FeelSyntaxError:
        return []  # a fault of its own, which parsing reports
    return [problem for problem in found.problems if problem.code in TOLD]


def _where(problem: Problem, source: str) -> tuple[str, str]:
    """The place in the text as written; a translated `${…}` has other columns."""
    if source.lstrip().startswith(("$", "#")):
        return "", ""
    return f"第 {problem.column} 个字符", f", column {problem.column}"
