"""Makes forms and submits them, as the tests of forms need it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from engine.errors import FieldError, FormInvalid, ParseFailed
from engine.feel import Environment
from engine.findings import Finding
from engine.forms import Form, parse_form

NOW = datetime(2026, 10, 1, 1, 30, tzinfo=UTC)  # 09:30 in Shanghai
ENVIRONMENT = Environment(now=NOW)


def field(type_: str, key: str, **more: Any) -> dict[str, Any]:
    """A form-js component with labels in both languages."""
    properties = {"label.en": key.replace("_", " "), **more.pop("properties", {})}
    name = "path" if type_ == "dynamiclist" else "key"
    return {"type": type_, name: key, "label": f"字段{key}", "properties": properties, **more}


def choices(*values: Any) -> list[dict[str, Any]]:
    return [{"value": value, "label": f"选项{value}", "label.en": f"choice {value}"} for value in values]


def schema(*components: Mapping[str, Any], rules: Any = None) -> bytes:
    properties = {} if rules is None else {"rules": rules}
    form = {"type": "default", "id": "form", "components": list(components), "properties": properties}
    return json.dumps(form, ensure_ascii=False).encode()


def form(*components: Mapping[str, Any], rules: Any = None) -> Form:
    return parse_form(schema(*components, rules=rules), name="form.form")


def submit(of: Form, submission: Mapping[str, Any], **variables: Any) -> dict[str, Any]:
    return of.validate(submission, variables=variables, environment=ENVIRONMENT)


def refused(of: Form, submission: Mapping[str, Any], **variables: Any) -> dict[str, FieldError]:
    """Returns the errors of a submission that must be refused, by field."""
    try:
        submit(of, submission, **variables)
    except FormInvalid as invalid:
        return {error.field: error for error in invalid.errors}
    raise AssertionError("the form was accepted")


def codes(of: Form, submission: Mapping[str, Any], **variables: Any) -> dict[str, str]:
    return {path: error.code for path, error in refused(of, submission, **variables).items()}


def findings(body: bytes, name: str = "form.form") -> list[Finding]:
    """Returns what is wrong with a form file that must be refused."""
    try:
        parse_form(body, name=name)
    except ParseFailed as failed:
        return [finding for found in failed.findings.values() for finding in found]
    raise AssertionError("the form was accepted")
