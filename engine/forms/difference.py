"""What differs between two versions of a form: fields with their limits and choices, and rules across fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.differences import Change, How, paired, properties, whole
from engine.forms.fields import Field, Rule
from engine.forms.form import Form

TITLES: Mapping[str, tuple[str, str]] = {
    "type": ("类型", "type"),
    "label": ("标题", "label"),
    "label_en": ("英文标题", "English label"),
    "data_class": ("数据类别", "data class"),
    "required": ("必填", "required"),
    "min_length": ("最短长度", "minimum length"),
    "max_length": ("最大长度", "maximum length"),
    "minimum": ("最小值", "minimum"),
    "maximum": ("最大值", "maximum"),
    "pattern": ("格式", "pattern"),
    "choices": ("选项", "choices"),
    "hides": ("隐藏条件", "hidden if"),
    "readonly": ("只读", "read-only"),
    "default": ("默认值", "default"),
    "decimal_digits": ("小数位", "decimal digits"),
    "no_past": ("不得早于现在", "not in the past"),
    "accept": ("文件类型", "accepted files"),
    "multiple": ("多个文件", "several files"),
    "feel": ("表达式", "expression"),
    "field": ("字段", "field"),
    "zh": ("中文提示", "message (zh)"),
    "en": ("英文提示", "message (en)"),
}
FIELD, RULE = ("字段", "field"), ("规则", "rule")


def compare(old: Form, new: Form) -> list[Change]:
    """Returns what differs: fields by key (columns of a list as `lines[].item`), rules by their place or text."""
    found = list(_fields(dict(_flat(old.fields, "")), dict(_flat(new.fields, ""))))
    return found + list(_rules(_by_text(old.rules), _by_text(new.rules)))


def _fields(old: Mapping[str, Field], new: Mapping[str, Field]) -> Iterator[Change]:
    for key, before, after in paired(old, new):
        field = after or before
        assert field is not None
        if before is None or after is None:
            yield whole(_how(before), "field", key, names=(field.label_zh, field.label_en), what=FIELD)
            continue
        where = (f"字段「{field.label_zh or key}」（{key}）", f'field "{field.label_en or key}" ({key})')
        yield from properties(
            "field", key, where=where, old=_texts(before), new=_texts(after), titles=TITLES.__getitem__
        )


def _rules(old: Mapping[str, Rule], new: Mapping[str, Rule]) -> Iterator[Change]:
    for key, before, after in paired(old, new):
        rule = after or before
        assert rule is not None
        if before is None or after is None:
            yield whole(_how(before), "rule", key, names=(rule.zh, rule.en), what=RULE)
            continue
        where = (f"规则「{key}」", f'rule "{key}"')
        first, second = _rule_texts(before), _rule_texts(after)
        yield from properties("rule", key, where=where, old=first, new=second, titles=TITLES.__getitem__)


def _flat(fields: tuple[Field, ...], prefix: str) -> Iterator[tuple[str, Field]]:
    for field in fields:
        yield prefix + field.key, field
        yield from _flat(field.columns, f"{prefix}{field.key}[].")


def _by_text(rules: tuple[Rule, ...]) -> dict[str, Rule]:
    return {rule.expression.text: rule for rule in rules}


def _rule_texts(rule: Rule) -> dict[str, str | None]:
    return {"field": rule.field, "zh": rule.zh, "en": rule.en}


def _texts(field: Field) -> dict[str, str | None]:
    limits = field.limits
    values: dict[str, Any] = {
        "type": f"{field.type} {field.subtype}" if field.subtype else field.type,
        "label": field.label_zh,
        "label_en": field.label_en,
        "data_class": field.data_class,
        "required": limits.required or None,
        "min_length": limits.min_length,
        "max_length": limits.max_length,
        "minimum": limits.minimum,
        "maximum": limits.maximum,
        "pattern": limits.pattern,
        "choices": _choices(field),
        "hides": " or ".join(each.text for each in field.hides),
        "readonly": field.readonly or None,
        "default": field.default,
        "decimal_digits": field.decimal_digits,
        "no_past": field.no_past or None,
        "accept": ", ".join(field.accept),
        "multiple": field.multiple or None,
    }
    return {name: _text(value) for name, value in values.items()}


def _choices(field: Field) -> str | None:
    if field.choices is None:
        return None
    if field.choices.expression is not None:
        return field.choices.expression.text
    return ", ".join(str(value) for value in field.choices.values)


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return str(getattr(value, "text", value))


def _how(before: object) -> How:
    return "added" if before is None else "removed"
