"""The grammar: elements that exist and may stand where they stand, attributes that exist and say what they may.

What the grammar does not know would be passed over in silence, and a slip of the pen with it. An order that is not the
schema's is a warning: nothing runs differently, and some tools write it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from engine.bpmn.grammar import KINDS, Attribute, Kind, is_a
from engine.bpmn.lint.document import Document, name_of, spot
from engine.bpmn.lint.report import Report
from engine.bpmn.vocabulary import BPMN, EXTENSIONS

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_DRAWING = "http://www.omg.org/spec/BPMN/20100524/DI"
_DATA_TYPES = "http://www.w3.org/2001/XMLSchema"
_MAKES_NO_DIFFERENCE = frozenset({"name", "id"})
_AMONG_OTHERS = frozenset({"artifact", "rootElement"})
"""What may be written among others: annotations where they are drawn, and what a relationship or import precedes."""

_DRAWN = ("itemAware", "artifact")
_TYPES_ELSEWHERE = frozenset({"itemDefinition"})


def check_schema(document: Document, report: Report) -> None:
    """Checks every element of the file against the grammar."""
    for element in document.elements:
        kind = _kind(element)
        if kind is None:
            continue  # where it stands already says that it does not exist
        _check_attributes(element, kind, document, report)
        _check_children(element, kind, report)
        _check_text(element, kind, document, report)
        _check_type(element, report)


def _kind(element: etree._Element) -> Kind | None:
    """What an element is: what `xsi:type` makes of it, else what its name says."""
    named = KINDS.get(_type_name(element))
    found = KINDS.get(name_of(element) or "")
    return found if named is None or (found is not None and found.anything) else named


def _type_name(element: etree._Element) -> str:
    name = element.get(_TYPE, "").rpartition(":")[2]
    return name[1:2].lower() + name[2:] if name.startswith("t") else ""


def _check_type(element: etree._Element, report: Report) -> None:
    given = element.get(_TYPE)
    if given is None or _type_name(element) in KINDS:
        return
    report.error(
        "unknown-type",
        spot(element),
        f"xsi:type「{given}」不是 BPMN 2.0 的类型。",
        f"The xsi:type {given!r} is no type of BPMN 2.0.",
    )


# ------------------------------------------------------------ attributes


def _check_attributes(element: etree._Element, kind: Kind, document: Document, report: Report) -> None:
    for key, value in element.attrib.items():
        name = str(key)
        if name.startswith("{"):
            if name.startswith(f"{{{BPMN}}}"):
                _unknown_attribute(element, f"bpmn:{name.rpartition('}')[2]}", report)
            continue
        attribute = kind.attributes.get(name)
        if attribute is None:
            _unknown_attribute(element, name, report)
        else:
            _check_value(element, name, str(value).strip(), attribute, document, report)
    for name, attribute in kind.attributes.items():
        if attribute.required and not (element.get(name) or "").strip():
            report.error(
                "missing-attribute",
                spot(element),
                f"{name_of(element)} 缺少 {name}。",
                f"The {name_of(element)} has no {name}.",
            )


def _unknown_attribute(element: etree._Element, name: str, report: Report) -> None:
    add = report.warning if name in _MAKES_NO_DIFFERENCE else report.error
    add(
        "unknown-attribute",
        spot(element),
        f"BPMN 2.0 的 {name_of(element)} 没有属性 {name}(不会起作用)。",
        f"A {name_of(element)} of BPMN 2.0 has no attribute {name}; it would have no effect.",
    )


def _check_value(
    element: etree._Element, name: str, value: str, attribute: Attribute, document: Document, report: Report
) -> None:
    allowed = attribute.words or _WORDS.get(attribute.type, ())
    if allowed and value not in allowed:
        _bad_value(element, name, value, "、".join(allowed), report)
    elif (check := _TYPES.get(attribute.type)) is not None and not check(value):
        _bad_value(element, name, value, _NAMES[attribute.type], report)
    elif name == "calledElement":
        _check_prefix(element, name, value, document, report)
    elif attribute.kinds and value:
        _check_reference(element, name, value, attribute.kinds, document, report)


def _bad_value(element: etree._Element, name: str, value: str, allowed: str, report: Report) -> None:
    report.error(
        "bad-value",
        spot(element),
        f"{name} 的值「{value}」不合法，只能是 {allowed}。",
        f"The value {value!r} of {name} is not allowed; it can be {allowed.replace('、', ', ')}.",
    )


def _is_uri(value: str) -> bool:
    return " " not in value


def _is_int(value: str) -> bool:
    return value.lstrip("+-").isdigit() and value.isascii()


_WORDS = {"bool": ("true", "false")}
_TYPES: dict[str, Callable[[str], bool]] = {"uri": _is_uri, "int": _is_int}
_NAMES = {"uri": "URI", "int": "0、1、2 …"}


# ------------------------------------------------------------ references


def _check_text(element: etree._Element, kind: Kind, document: Document, report: Report) -> None:
    if kind.reference is None:
        if not kind.anything and any(text.strip() for text in _texts(element)):
            report.error(
                "stray-text",
                spot(element),
                f"{name_of(element)} 中不能直接写文字。",
                f"A {name_of(element)} cannot hold text of its own.",
            )
        return
    value = (element.text or "").strip()
    if kind.reference and kind.name not in ("incoming", "outgoing"):
        _check_reference(element, kind.name, value, kind.reference, document, report)


def _texts(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    yield from (child.tail or "" for child in element)


def _check_reference(
    element: etree._Element, name: str, value: str, kinds: tuple[str, ...], document: Document, report: Report
) -> None:
    if not _check_prefix(element, name, value, document, report):
        return
    found = document.find(value)
    if found is not None and any(is_a(name_of(found) or "", kind) for kind in kinds):
        return
    if found is None and (document.is_foreign(value) or _TYPES_ELSEWHERE.issuperset(kinds)):
        return  # data types may come from anywhere, and nothing runs by them
    if found is None and _told_elsewhere(element, name):
        return
    if found is not None and name == "flowNodeRef" and any(is_a(name_of(found) or "", kind) for kind in _DRAWN):
        return  # some tools list everything that is drawn in a lane
    report.error(
        "unknown-reference",
        spot(element),
        f"{name_of(element)} 的 {name} 所指的 {value or '(空)'} 不存在，或者不是合适的元素。",
        f"The {name} of the {name_of(element)} names {value or 'nothing'}, which does not exist or does not fit there.",
    )


def _check_prefix(element: etree._Element, name: str, value: str, document: Document, report: Report) -> bool:
    """A qualified name means what its prefix stands for: this file, or one that is imported."""
    prefix, colon, _ = value.partition(":")
    if not colon or (space := element.nsmap.get(prefix)) == document.namespace or space in document.imported:
        return True
    if space in (BPMN, _DATA_TYPES):
        return True
    report.error(
        "unknown-prefix",
        spot(element),
        f"{name} 的「{value}」中前缀 {prefix} 既不是本文件的命名空间，也没有被导入。",
        f"The prefix {prefix} of {value!r} in {name} stands neither for this file nor for one that it imports.",
    )
    return False


def _told_elsewhere(element: etree._Element, name: str) -> bool:
    """What the checks of processes say of a missing thing tells more: which node it is, and what would be right."""
    return name in _TOLD.get(name_of(element) or "", frozenset()) or (name == "default" and _is_node(element))


def _is_node(element: etree._Element) -> bool:
    return is_a(name_of(element) or "", "flowNode")


_ENDS = frozenset({"sourceRef", "targetRef"})
_TOLD = {
    "sequenceFlow": _ENDS,
    "boundaryEvent": frozenset({"attachedToRef"}),
    "messageEventDefinition": frozenset({"messageRef"}),
    "signalEventDefinition": frozenset({"signalRef"}),
    "errorEventDefinition": frozenset({"errorRef"}),
    "escalationEventDefinition": frozenset({"escalationRef"}),
    "compensateEventDefinition": frozenset({"activityRef"}),
    "multiInstanceLoopCharacteristics": frozenset({"oneBehaviorEventRef", "noneBehaviorEventRef"}),
    "eventDefinitionRef": frozenset({"eventDefinitionRef"}),
}


# ------------------------------------------------------------ children


def _check_children(element: etree._Element, kind: Kind, report: Report) -> None:
    if kind.name == "extensionElements" or kind.reference is not None:
        return
    counts = [0] * len(kind.children)
    last, disordered = 0, None
    for child in element:
        name = name_of(child)
        place = None if name is None else kind.places.get(name)
        if place is not None:
            counts[place] += 1
            if kind.children[place].kind not in _AMONG_OTHERS:
                disordered = child if place < last else disordered
                last = max(last, place)
        elif not kind.anything:
            _check_stranger(element, child, report)
    if disordered is not None:
        report.warning(
            "element-order",
            spot(disordered),
            f"{name_of(disordered)} 在 {name_of(element)} 中的位置与 BPMN 2.0 模式规定的次序不符。",
            f"The {name_of(disordered)} in the {name_of(element)} is not where the schema of BPMN 2.0 wants it.",
        )
    _check_counts(element, kind, counts, report)


def _check_stranger(element: etree._Element, child: etree._Element, report: Report) -> None:
    name = etree.QName(child)
    if name.namespace == _DRAWING and name_of(element) == "definitions":
        return
    if name.namespace is not None and name.namespace != BPMN and "omg.org/" not in name.namespace:
        add = report.error if name.namespace in EXTENSIONS else report.warning
        add(
            "outside-extensions",
            spot(child),
            f"{name.localname} 不是 BPMN 元素，只有放在 extensionElements 之内才可以。",
            f"{name.localname} is no element of BPMN; it can only stand inside extensionElements.",
        )
        return
    report.error(
        "unknown-element",
        spot(child),
        f"BPMN 2.0 的 {name_of(element)} 之中不能有 {name.localname}。",
        f"BPMN 2.0 knows no {name.localname} in a {name_of(element)}.",
    )


def _check_counts(element: etree._Element, kind: Kind, counts: list[int], report: Report) -> None:
    for child, count in zip(kind.children, counts, strict=True):
        if child.most is not None and count > child.most:
            report.error(
                "child-twice",
                spot(element),
                f"{name_of(element)} 中最多只能有 {child.most} 个 {child.kind}。",
                f"A {name_of(element)} can hold {child.kind} {'once' if child.most == 1 else 'twice'} only.",
            )
        elif count < child.least:
            report.error(
                "missing-child",
                spot(element),
                f"{name_of(element)} 中至少要有 {child.least} 个 {child.kind}。",
                f"A {name_of(element)} needs at least {child.least} {child.kind}.",
            )
