"""Form fields drawn into a Camunda 7 diagram (`camunda:formData`), made into a form-js form of the same deployment.

A form of its own, under the key `<process>.<element>`, is shown, checked, released and compared as any other form is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from lxml import etree

from engine.bpmn.expressions import is_expression
from engine.bpmn.extensions import extension_elements, is_extension, local_name
from engine.bpmn.model import Diagram, DrawnForm
from engine.bpmn.xml import line_of
from engine.findings import Finding

FORM_DATA = "formData"
_TYPES: Mapping[str, Mapping[str, Any]] = {
    "string": {"type": "textfield"},
    "long": {"type": "number", "decimalDigits": 0},
    "boolean": {"type": "checkbox"},
    "date": {"type": "datetime", "subtype": "date"},
    "enum": {"type": "select"},
}
_LIMITS = {"minlength": ("string", "minLength"), "maxlength": ("string", "maxLength")}
_LIMITS |= {"min": ("long", "min"), "max": ("long", "max")}


class FormDataReader:
    """Reads the fields of one element; `findings` says what is wrong with them."""

    def __init__(self, element: etree._Element, form_data: etree._Element) -> None:
        self._element_id = element.get("id", "")
        self._form_data = form_data
        self.findings: list[Finding] = []

    def form(self, key: str) -> DrawnForm:
        """Returns the form-js schema and where its fields stand."""
        if self._form_data.get("businessKey"):
            self._note(
                self._form_data,
                "业务键字段（businessKey）不起作用；业务键在启动时给出",
                "the field of the business key (businessKey) has no effect; the key is given at the start",
                warning=True,
            )
        fields = [item for item in self._form_data if is_extension(item) and local_name(item) == "formField"]
        components = [self._component(item) for item in fields]
        body = msgspec.json.encode({"type": "default", "id": key, "components": components})
        places = {item.get("id", ""): line_of(item) for item in fields}
        return DrawnForm(self._element_id, line_of(self._form_data), places, body)

    def _component(self, field: etree._Element) -> dict[str, Any]:
        name, kind = field.get("id", ""), field.get("type", "")
        if kind not in _TYPES:
            self._note(
                field,
                f"字段 {name} 的类型「{kind}」不支持；可用 string、long、boolean、date、enum,"
                "或用 camunda:formRef 引用表单",
                f"the type {kind!r} of the field {name} is not supported; use string, long, boolean, date or enum, "
                "or name a form in camunda:formRef",
            )
        given = {
            item.get("id", ""): item.get("value", "")
            for holder in field
            if is_extension(holder) and local_name(holder) == "properties"
            for item in holder
        }
        known = {key: given[key] for key in ("label.en", "dataClass") if key in given}
        component: dict[str, Any] = {
            "id": name,
            "key": name,
            "label": field.get("label") or name,
            **_TYPES.get(kind, _TYPES["string"]),
            "properties": known,
        }
        if kind == "enum":
            component["values"] = _choices(field)
        self._default(component, field, kind)
        component["validate"] = self._limits(component, field, kind)
        if (pattern := field.get("datePattern")) is not None:
            self._note(
                field,
                f"字段 {name} 的日期格式 {pattern} 不起作用；日期按 ISO 8601 收发",
                f"the date pattern {pattern} of the field {name} has no effect; dates are those of ISO 8601",
                warning=True,
            )
        return component

    def _default(self, component: dict[str, Any], field: etree._Element, kind: str) -> None:
        default = field.get("defaultValue")
        if not default:
            return
        if is_expression(default):
            self._note(
                field,
                f"字段 {component['key']} 的默认值不能是表达式；请在此之前设置同名变量",
                f"the default value of the field {component['key']} cannot be an expression; set the variable before",
            )
        elif kind == "boolean":
            component["defaultValue"] = default == "true"
        else:
            is_whole = kind == "long" and _is_whole(default)
            component["defaultValue"] = int(default) if is_whole else default

    def _limits(self, component: dict[str, Any], field: etree._Element, kind: str) -> dict[str, Any]:
        limits: dict[str, Any] = {}
        for constraint in (one for holder in field if local_name(holder) == "validation" for one in holder):
            name, config = constraint.get("name", ""), constraint.get("config", "")
            if name in ("required", "readonly"):
                holds = config != "false"
                if name == "readonly":
                    component["readonly"] = holds
                elif kind != "boolean":  # a tick that is not set says no, which is an answer
                    limits["required"] = holds
            elif name in _LIMITS and _LIMITS[name][0] == kind and _is_whole(config):
                limits[_LIMITS[name][1]] = int(config)
            else:
                self._note(
                    constraint,
                    f"字段 {component['key']} 的校验「{name}」不支持；可用 required、readonly、"
                    "minlength、maxlength(文本)、min、max(整数),其他规则请写入 camunda:formRef 所引用的表单",
                    f"the constraint {name!r} of the field {component['key']} is not supported; use required, "
                    "readonly, minlength and maxlength of texts, min and max of whole numbers, or write other rules "
                    "into a form that camunda:formRef names",
                )
        return limits

    def _note(self, place: etree._Element, zh: str, en: str, *, warning: bool = False) -> None:
        severity, code = ("warning", "extension-ignored") if warning else ("error", "bad-form-field")
        found = Finding(severity, code, f"{zh}。", f"{en}.", self._element_id, line_of(place))  # type: ignore[arg-type]
        self.findings.append(found)


def read_form_data(element: etree._Element, process_id: str, diagram: Diagram) -> str | None:
    """Notes the form that the fields of an element make, and what is wrong with them; returns its key."""
    form_data = next(iter(extension_elements(element, FORM_DATA)), None)
    if form_data is None:
        return None
    reader, key = FormDataReader(element, form_data), f"{process_id}.{element.get('id', '')}"
    diagram.forms[key] = reader.form(key)
    diagram.findings += reader.findings
    return key


def _choices(field: etree._Element) -> list[dict[str, str]]:
    values = [item for item in field if is_extension(item) and local_name(item) == "value"]
    names = [(item.get("id", ""), item.get("name", "") or item.get("id", "")) for item in values]
    return [{"value": value, "label": label} for value, label in names]


def _is_whole(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 18
