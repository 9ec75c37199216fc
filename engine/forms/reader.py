"""Reads a form: form-js schema JSON to fields and rules, with a finding for each thing that cannot hold."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import msgspec

from engine.errors import ParseFailed
from engine.feel import DOMAIN_FUNCTIONS, Expression, FeelSyntaxError, compile_expression
from engine.findings import Finding, errors
from engine.forms.faults import finding
from engine.forms.fields import (
    CHOICE_TYPES,
    INPUT_TYPES,
    LAYOUT_TYPES,
    TEXT_TYPES,
    Choices,
    Field,
    Limits,
    Rule,
)
from engine.forms.form import Form, check_default
from engine.forms.patterns import BadPattern, Pattern, compile_pattern
from engine.personal_values import CASE_HEADER, DATA_CLASSES


@dataclass(frozen=True, slots=True)
class FormLimits:
    """What one form may hold.

    * `file_bytes`: the longest shipped form has a twentieth of it.
    * `fields`: nobody fills in more.
    * `depth`: groups inside groups.
    """

    file_bytes: int = 512 * 1024
    fields: int = 500
    depth: int = 8


DEFAULT_FORM_LIMITS = FormLimits()

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_FORM_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}", re.ASCII)
_JSON = msgspec.json.Decoder(float_hook=Decimal)


def parse_form(body: bytes, *, name: str, limits: FormLimits = DEFAULT_FORM_LIMITS) -> Form:
    """Reads a `.form` file; raises ParseFailed with all that is wrong. Warnings are kept in the form."""
    reader = _FormReader(limits)
    form = reader.read(body, name)
    if form is None or errors(reader.findings):
        raise ParseFailed({name: reader.findings})
    return form


class _FormReader:
    """Collects findings while it reads, so that the owner sees all of them at once."""

    def __init__(self, limits: FormLimits) -> None:
        self.limits = limits
        self.findings: list[Finding] = []
        self.count = 0

    def read(self, body: bytes, name: str) -> Form | None:
        schema = self._json(body)
        if schema is None:
            return None
        form_id = schema.get("id")
        if not isinstance(form_id, str) or not _FORM_ID.fullmatch(form_id):
            self._note("form-id", None)
            return None
        if form_id != PurePosixPath(name).name.removesuffix(".form"):
            self._note("form-id-differs", None)
        fields = self._components(schema.get("components"), hides=(), depth=0)
        self._duplicates(fields)
        return Form(
            id=form_id,
            fields=fields,
            rules=self._rules(schema, {field.key for field in fields}),
            digest=hashlib.sha256(body).hexdigest(),
            warnings=tuple(found for found in self.findings if found.severity == "warning"),
        )

    def _json(self, body: bytes) -> dict[str, Any] | None:
        if len(body) > self.limits.file_bytes:
            self._note("form-too-large", None, limit=self.limits.file_bytes)
            return None
        try:
            schema = _JSON.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as cause:
            self._note("bad-json", None, cause=cause)
            return None
        if not isinstance(schema, dict) or schema.get("type", "default") != "default":
            self._note("no-form", None)
            return None
        return schema

    # ------------------------------------------------------------ fields

    def _components(self, raw: Any, *, hides: tuple[Expression, ...], depth: int) -> tuple[Field, ...]:
        if not isinstance(raw, list) or depth > self.limits.depth:
            code = "too-deep" if depth > self.limits.depth else "no-components"
            self._note(code, None, limit=self.limits.depth)
            return ()
        return tuple(field for item in raw for field in self._component(item, hides=hides, depth=depth))

    def _component(self, raw: Any, *, hides: tuple[Expression, ...], depth: int) -> Iterable[Field]:
        kind = raw.get("type") if isinstance(raw, dict) else None
        where = _where(raw)
        if kind not in INPUT_TYPES | LAYOUT_TYPES:
            self._note("unknown-component", where, kind=_shown(kind))
            return ()
        own = self._condition(raw, where)
        hides = (*hides, own) if own else hides
        if kind == "group":
            if raw.get("path"):
                self._note("group-path", where)
            return self._components(raw.get("components"), hides=hides, depth=depth + 1)
        return (self._field(raw, hides=hides, depth=depth),) if kind in INPUT_TYPES else ()

    def _field(self, raw: dict[str, Any], *, hides: tuple[Expression, ...], depth: int) -> Field:
        kind: str = raw["type"]
        key = self._key(raw)
        columns: tuple[Field, ...] = ()
        if kind == "dynamiclist":
            columns = self._components(raw.get("components"), hides=(), depth=depth + 1)
            self._duplicates(columns)
        zh, en = self._labels(raw, key)
        field = Field(
            key=key,
            type=kind,
            label_zh=zh,
            label_en=en,
            data_class=self._data_class(raw, key),
            limits=self._limits(raw, key),
            subtype=self._subtype(raw, key),
            decimal_digits=self._decimal_digits(raw, key),
            choices=self._choices(raw, key) if kind in CHOICE_TYPES else None,
            accept=_accept(raw.get("accept")),
            multiple=raw.get("multiple") is True,
            no_past=raw.get("disallowPassedDates") is True,
            hides=hides,
            readonly=self._readonly(raw, key),
            columns=columns,
            default=raw.get("defaultValue"),
        )
        return self._with_default(field)

    def _key(self, raw: dict[str, Any]) -> str:
        self.count += 1
        if self.count == self.limits.fields + 1:
            self._note("too-many-fields", None, limit=self.limits.fields)
        attribute = "path" if raw["type"] == "dynamiclist" else "key"
        key = raw.get(attribute) or raw.get("key")
        if isinstance(key, str) and _KEY.fullmatch(key):
            return key
        self._note("bad-key", _where(raw), name=attribute)
        return "_"

    def _labels(self, raw: dict[str, Any], key: str) -> tuple[str, str]:
        zh = raw.get("label")
        en = _properties(raw).get("label.en")
        if not isinstance(zh, str) or not zh:
            self._note("no-label", key)
            zh = key
        if not isinstance(en, str) or not en:
            self._note("no-english-label", key)
            en = zh
        return zh, en

    def _data_class(self, raw: dict[str, Any], key: str) -> str:
        personal = raw["type"] in TEXT_TYPES and key not in CASE_HEADER
        given = _properties(raw).get("dataClass", "FREE" if personal else "none")
        if given in DATA_CLASSES or given == "none":
            return str(given)
        known = ", ".join(("none", *sorted(DATA_CLASSES)))
        self._note("unknown-data-class", key, known=known)
        return "FREE"

    def _subtype(self, raw: dict[str, Any], key: str) -> str | None:
        if raw["type"] != "datetime":
            return None
        subtype = raw.get("subtype", "date")  # form-js: a datetime without a subtype is a date
        if subtype not in ("date", "time", "datetime"):
            self._note("unknown-subtype", key)
            return "datetime"
        if subtype == "datetime" and raw.get("timeSerializingFormat") == "no_timezone":
            self._note("no-time-zone", key)
        return str(subtype)

    def _decimal_digits(self, raw: dict[str, Any], key: str) -> int | None:
        if _properties(raw).get("unit") == "fen":
            return 0  # Money is whole fen.
        digits = raw.get("decimalDigits")
        if digits is None or (isinstance(digits, int) and 0 <= digits <= 10):
            return digits
        self._note("decimal-digits", key)
        return None

    def _readonly(self, raw: dict[str, Any], key: str) -> bool | Expression:
        given = raw.get("readonly", False)
        if raw.get("disabled") is True or given is True:
            return True
        if isinstance(given, str):
            return self._feel(given, key, "readonly") or True
        return False

    def _with_default(self, field: Field) -> Field:
        if field.default in (None, "") or field.type in ("dynamiclist", "filepicker"):
            return field
        if check_default(field):
            return field
        self._note("bad-default", field.key)
        return field

    # ------------------------------------------------------------ limits and choices

    def _limits(self, raw: dict[str, Any], key: str) -> Limits:
        given = raw.get("validate") or {}
        if not isinstance(given, dict):
            self._note("bad-validate", key)
            return Limits()
        properties = _properties(raw)
        limits = Limits(
            required=given.get("required") is True,
            min_length=self._limit(given, "minLength", key),
            max_length=self._limit(given, "maxLength", key),
            minimum=self._limit(given, "min", key),
            maximum=self._limit(given, "max", key),
            pattern=self._pattern(given, key),
            pattern_zh=_text(given.get("patternErrorMessage")),
            pattern_en=_text(properties.get("patternErrorMessage.en")),
        )
        for low, high in ((limits.min_length, limits.max_length), (limits.minimum, limits.maximum)):
            if isinstance(low, (int, Decimal)) and isinstance(high, (int, Decimal)) and low > high:
                self._note("empty-limits", key)
        return limits

    def _limit(self, given: Mapping[str, Any], name: str, key: str) -> int | Decimal | Expression | None:
        limit = given.get(name)
        if limit is None or limit == "":
            return None
        if isinstance(limit, (int, Decimal)) and not isinstance(limit, bool):
            return limit
        if isinstance(limit, str) and limit.startswith("="):
            return self._feel(limit, key, name)
        if isinstance(limit, str):
            try:
                return Decimal(limit)
            except ArithmeticError:
                pass
        self._note("bad-limit", key, name=name)
        return None

    def _pattern(self, given: Mapping[str, Any], key: str) -> Pattern | None:
        text = given.get("pattern") or _VALIDATION_TYPES.get(str(given.get("validationType")))
        if not text:
            return None
        try:
            return compile_pattern(str(text))
        except BadPattern as cause:
            self._note("bad-pattern", key, cause=cause)
            return None

    def _choices(self, raw: dict[str, Any], key: str) -> Choices:
        if raw.get("valuesKey"):
            return Choices(expression=self._feel(str(raw["valuesKey"]), key, "valuesKey"))
        if raw.get("valuesExpression"):
            return Choices(expression=self._feel(str(raw["valuesExpression"]), key, "valuesExpression"))
        given = raw.get("values")
        listed = given if isinstance(given, list) else []
        values = [item.get("value") if isinstance(item, dict) else None for item in listed]
        if not values or any(value is None or not isinstance(value, (str, int)) for value in values):
            self._note("no-choices", key)
            return Choices()
        if len({(type(value), value) for value in values}) < len(values):
            self._note("duplicate-choice", key)
        if any(not item.get("label.en") for item in listed):
            self._note("no-english-label", key)
        return Choices(values=tuple(value for value in values if value is not None))

    # ------------------------------------------------------------ FEEL and rules

    def _condition(self, raw: dict[str, Any], where: str | None) -> Expression | None:
        conditional = raw.get("conditional")
        text = conditional.get("hide") if isinstance(conditional, dict) else None
        return self._feel(text, where, "conditional.hide") if isinstance(text, str) and text.strip() else None

    def _feel(self, text: str, where: str | None, what: str) -> Expression | None:
        try:
            return compile_expression(text.strip().removeprefix("="), functions=DOMAIN_FUNCTIONS)
        except FeelSyntaxError as cause:
            self._note("bad-feel", where, name=what, cause=cause)
            return None

    def _rules(self, schema: dict[str, Any], keys: set[str]) -> tuple[Rule, ...]:
        raw = _properties(schema).get("rules", [])
        if isinstance(raw, str):  # The form editor keeps properties as text.
            try:
                raw = _JSON.decode(raw)
            except msgspec.DecodeError:
                raw = None
        if not isinstance(raw, list):
            self._note("bad-rules", None)
            return ()
        found = [self._rule(item, number, keys) for number, item in enumerate(raw, start=1)]
        return tuple(rule for rule in found if rule is not None)

    def _rule(self, raw: Any, number: int, keys: set[str]) -> Rule | None:
        parts = [raw.get(name) if isinstance(raw, dict) else None for name in ("feel", "field", "zh", "en")]
        texts = [part for part in parts if isinstance(part, str) and part]
        if len(texts) < 4:
            self._note("bad-rule", None, number=number)
            return None
        feel, field, zh, en = texts
        if field not in keys:
            self._note("unknown-field", field, number=number)
        expression = self._feel(feel, field, f"rule {number}")
        return Rule(expression, field, zh, en) if expression else None

    def _duplicates(self, fields: tuple[Field, ...]) -> None:
        seen: set[str] = set()
        for field in fields:
            if field.key in seen and field.key != "_":
                self._note("duplicate-key", field.key)
            seen.add(field.key)

    def _note(self, code: str, where: str | None, **params: Any) -> None:
        self.findings.append(finding(code, where, **params))


# form-js' own `validationType`s, as its viewer checks them.
_VALIDATION_TYPES = {
    "email": r"^[^\s@]+@[^\s@]+\.[^\s@]+$",
    "phone": r"^\+?[0-9 ()-]{5,20}$",
}


def _properties(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = raw.get("properties")
    return properties if isinstance(properties, dict) else {}


def _where(raw: Any) -> str | None:
    """Returns what the owner knows a component by: its key, its path or its id."""
    if not isinstance(raw, dict):
        return None
    return next((str(raw[name]) for name in ("key", "path", "id") if raw.get(name)), None)


def _shown(kind: Any) -> str:
    return str(kind)[:40]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _accept(given: Any) -> tuple[str, ...]:
    parts = given.split(",") if isinstance(given, str) else []
    return tuple(part.strip().lower() for part in parts if part.strip())
