"""What a diagram refers to beyond itself, by name alone: roles, our properties, personal and typed variables.

A typing error in any of these runs into nothing when it is read: a task that nobody may take, a property without
effect, a case that stands still. All findings are warnings, for a role or property may well be somebody's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches

from lxml import etree

from engine import expression_types
from engine.authorizations import START_ROLES
from engine.bpmn.definition import Definition
from engine.bpmn.expressions import Text, feel_of, is_expression
from engine.bpmn.extensions import properties
from engine.bpmn.job_elements import idle_retry_cycles
from engine.bpmn.lint.separations import PROPERTY as SEPARATION
from engine.bpmn.model import Process
from engine.bpmn.reader import read_diagram
from engine.bpmn.vocabulary import bpmn
from engine.bpmn.xml import line_of, read_xml
from engine.feel import FeelSyntaxError
from engine.feel.reading import names_looked_into
from engine.findings import Finding
from engine.forms import Form
from engine.personal_values import NONE

CLASS = "variable."
NOTIFIED, CUSTOMER = "notify.to", "customer"
PROPERTIES = (
    "adHoc.start",
    "business.title.en",
    "controlled",
    "deadline.anchor",
    "deadline.cancel",
    "documentation.en",
    "message.businessKey",
    "message.delivery",
    "name.en",
    "notify.template",
    NOTIFIED,
    "role",
    SEPARATION,
    START_ROLES,
)
_LIKENESS = 0.8  # of two names, as difflib measures it: `role` and `roles` have 0.89, `notify.to` and `notify.by` 0.78


def check_diagram(
    body: bytes,
    *,
    name: str,
    roles: Collection[str] | None = None,
    forms: Mapping[str, Form] | None = None,
    handled: Collection[str] | None = None,
) -> list[Finding]:
    """Returns the warnings of a diagram that was parsed without error.

    `roles` are the known role codes, `handled` the topics that the house handles itself, None where they are not
    known; `forms` those whose data classes are known, by id.
    """
    root = read_xml(body, name=name)
    found = list(_unknown_properties(root))
    if roles is not None:
        found += _unknown_roles(root, roles)
    for process in read_diagram(root).processes:
        found += _personal_in_expressions(process, forms or {})
        found += expression_types.check_process(process, forms or {})
        found += idle_retry_cycles(process, handled)
    return found


def check_definition(definition: Definition, known: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """Yields the forms, decisions and processes that a diagram names and that neither its upload nor the release in
    force holds: a task would open without its form. `known` is {kind: keys}."""
    by_form = {one.form_ref: one for one in definition.elements.values() if one.form_ref}
    named = (
        ("form", "表单", definition.form_refs),
        ("decision", "决策", definition.decision_refs),
        ("process", "流程", definition.called_elements - {definition.key}),
    )
    for kind, chinese, keys in named:
        for key in sorted(keys - set(known.get(kind, ()))):
            meant = next(iter(get_close_matches(key, list(known.get(kind, ())), n=1, cutoff=_LIKENESS)), None)
            zh, en = f"没有已部署的{chinese} {key}", f"no {kind} {key} is deployed"
            if meant is not None:
                zh, en = f"{zh}；是否应为 {meant}？", f"{en}; is {meant} meant?"
            at = by_form.get(key) if kind == "form" else None
            yield Finding("warning", f"unknown-{kind}", zh, en, at.id if at else None, at.line if at else None)


# ------------------------------------------------------------ properties


def _unknown_properties(root: etree._Element) -> Iterator[Finding]:
    """A name that is nearly one of ours is a typing error; any other is somebody's own."""
    for element in _elements(root):
        for given in properties(element):
            meant = _meant(given)
            if meant is not None:
                yield _warning(
                    "unknown-property",
                    element,
                    f"属性 {given} 不起作用；是否应为 {meant}？",
                    f"the property {given} has no effect; is {meant} meant?",
                )


def _meant(given: str) -> str | None:
    if given in PROPERTIES or given.startswith(CLASS):
        return None
    prefix, dot, rest = given.partition(".")
    if dot and get_close_matches(prefix + dot, [CLASS], cutoff=_LIKENESS):
        return CLASS + rest
    return next(iter(get_close_matches(given, PROPERTIES, n=1, cutoff=_LIKENESS)), None)


# ------------------------------------------------------------ roles


def _unknown_roles(root: etree._Element, roles: Collection[str]) -> Iterator[Finding]:
    for element in _elements(root):
        for where, code in _named_roles(element):
            if code not in roles:
                nearest = next(iter(get_close_matches(code, list(roles), n=1)), None)
                yield _warning(
                    "unknown-role",
                    element,
                    f"{where} 中的角色 {code} 未知" + (f"；是否应为 {nearest}？" if nearest else "。"),
                    f"the role {code} of {where} is unknown" + (f"; is {nearest} meant?" if nearest else ""),
                )


def _named_roles(element: etree._Element) -> Iterator[tuple[str, str]]:
    """Yields where a role is named, and the role; expressions are known only when they run."""
    given = properties(element)
    texts = [(key, given.get(key, ""), "|") for key in ("role", START_ROLES, NOTIFIED)]
    texts += [
        (etree.QName(str(key)).localname, str(value), ",")
        for key, value in element.attrib.items()
        if etree.QName(str(key)).localname in ("candidateGroups", "candidateStarterGroups")
    ]
    for where, text, between in texts:
        if not is_expression(text):
            codes = (part.strip() for part in text.replace(",", between).split(between))
            yield from ((where, code) for code in codes if code and (where, code) != (NOTIFIED, CUSTOMER))


# ------------------------------------------------------------ personal variables


def _personal_in_expressions(process: Process, forms: Mapping[str, Form]) -> Iterator[Finding]:
    personal = _personal(process, forms)
    kept = _kept(process)
    for text in process.texts:
        for part in _parts(text):
            for variable in sorted(_looked_into(part, personal, result_is_kept=id(text) in kept)):
                yield Finding(
                    "warning",
                    "personal-in-expression",
                    f"{text.what_zh}读取了个人变量 {variable}（{personal[variable]}），运行时会出错；"
                    "个人数据只能与 null 比较或原样传递。",
                    f"{text.what_en} reads the personal variable {variable} ({personal[variable]}), which fails when "
                    "it runs; personal data can only be compared with null or handed on",
                    text.element_id,
                    text.line,
                )


def _personal(process: Process, forms: Mapping[str, Form]) -> dict[str, str]:
    """Returns the variables with a personal data class; the word of a form counts before that of the process."""
    declared = {key.removeprefix(CLASS): value for key, value in process.properties.items() if key.startswith(CLASS)}
    for node in process.nodes():
        form = forms.get(node.attributes.get("formRef", ""))
        if form is not None:
            declared |= {key: value for key, value in form.data_classes.items() if "[]" not in key}
    return {variable: data_class for variable, data_class in declared.items() if data_class != NONE}


def _kept(process: Process) -> set[int]:
    """Returns the texts whose value becomes a variable as it is: mappings, payloads and scripts."""
    kept: set[int] = set()
    for node in process.nodes():
        mappings = [*node.inputs, *node.outputs, *node.calls_in, *node.calls_out]
        mappings += [mapping for event in node.events for mapping in event.payload]
        kept |= {id(mapping.value) for mapping in mappings if mapping.value is not None and not mapping.business_key}
        kept |= {id(node.texts["script"])} if "script" in node.texts else set()
    return kept


def _parts(text: Text) -> Iterable[Text]:
    """Yields the text itself, or what its list or map holds."""
    inner = [*(text.items or ()), *(item for _, item in text.entries or ())]
    if not inner:
        yield text
    for item in inner:
        yield from _parts(item)


def _looked_into(text: Text, personal: Mapping[str, str], *, result_is_kept: bool) -> frozenset[str]:
    if text.is_literal:
        return frozenset()
    try:
        names = names_looked_into(feel_of(text.source, mode=text.mode), personal, result_is_kept=result_is_kept)
    except FeelSyntaxError:
        return frozenset()  # a fault of its own, which parsing the diagram reports
    return names & personal.keys()


# ------------------------------------------------------------ the file


def _elements(root: etree._Element) -> Iterator[etree._Element]:
    """Yields what an owner draws: processes, lanes and flow nodes, all of which have an id."""
    for element in root.iter(bpmn("process"), bpmn("lane"), bpmn("participant")):
        yield element
        if element.tag == bpmn("process"):
            yield from (child for child in element.iterdescendants() if child.get("id") and child.tag != bpmn("lane"))


def _warning(code: str, element: etree._Element, zh: str, en: str) -> Finding:
    return Finding("warning", code, zh, en, element.get("id"), line_of(element))
