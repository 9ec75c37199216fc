"""What can be wrong with a form file, in words of both languages."""

from __future__ import annotations

from typing import Any

from engine.findings import Finding, Severity

FAULTS: dict[str, tuple[str, str]] = {
    "form-id": ("表单缺少有效的 id", "the form has no valid id"),
    "form-too-large": ("表单文件超过 {limit} 字节", "the form is larger than {limit} bytes"),
    "bad-json": ("表单不是有效的 JSON：{cause}", "the form is no valid JSON: {cause}"),
    "no-form": ("文件不是 form-js 表单", "the file is no form-js form"),
    "no-components": ("缺少 components", "components are missing"),
    "too-deep": ("组件嵌套超过 {limit} 层", "components are nested more than {limit} deep"),
    "too-many-fields": ("字段超过 {limit} 个", "the form has more than {limit} fields"),
    "unknown-component": ("不支持组件类型“{kind}”", "the component type '{kind}' is not supported"),
    "group-path": ("分组不能带 path，字段名是平的", "a group must not have a path: keys are flat"),
    "bad-key": ("字段的 {name} 不是简单名称", "the field's {name} is no plain name"),
    "duplicate-key": ("两个字段的 key 相同", "two fields have the same key"),
    "unknown-data-class": ("数据类别未知，可用：{known}", "unknown data class; known are {known}"),
    "unknown-subtype": (
        "subtype 应为 date、time 或 datetime",
        "subtype must be date, time or datetime",
    ),
    "no-time-zone": (
        "日期时间必须带时区（timeSerializingFormat: utc_offset）",
        "a datetime needs its offset (timeSerializingFormat: utc_offset)",
    ),
    "decimal-digits": ("decimalDigits 应为 0–10", "decimalDigits must be 0 to 10"),
    "bad-default": ("默认值不符合字段", "the default value does not fit the field"),
    "bad-validate": ("validate 应为对象", "validate must be an object"),
    "bad-limit": ("{name} 应为数字或 =FEEL", "{name} must be a number or =FEEL"),
    "empty-limits": ("下限大于上限", "the lower limit lies above the upper one"),
    "bad-pattern": ("正则表达式不可用：{cause}", "the pattern cannot be used: {cause}"),
    "no-choices": ("选项缺失或没有值", "the choices are missing or have no values"),
    "duplicate-choice": ("两个选项的值相同", "two choices have the same value"),
    "bad-feel": ("{name} 的 FEEL 有误：{cause}", "{name} is no valid FEEL: {cause}"),
    "bad-rules": (
        "rules 应为 {{feel, field, zh, en}} 列表",
        "rules must be a list of {{feel, field, zh, en}}",
    ),
    "bad-rule": ("第 {number} 条规则需要 feel、field、zh、en", "rule {number} needs feel, field, zh and en"),
    "unknown-field": ("第 {number} 条规则的字段不存在", "the field of rule {number} does not exist"),
}

WARNINGS: dict[str, tuple[str, str]] = {
    "form-id-differs": ("表单 id 与文件名不同", "the form's id differs from its file name"),
    "no-label": ("字段没有标签", "the field has no label"),
    "no-english-label": ("缺少英文标签 label.en", "label.en is missing"),
}


def finding(code: str, where: str | None, **params: Any) -> Finding:
    """Returns the finding of one fault; `where` is the key of the field."""
    zh, en = FAULTS.get(code) or WARNINGS[code]
    severity: Severity = "error" if code in FAULTS else "warning"
    return Finding(severity, code, zh.format(**params), en.format(**params), where)
