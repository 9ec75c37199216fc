"""What a person reads when a field is refused, zh and en. No message repeats what was submitted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.errors import FieldError

MESSAGES: dict[str, tuple[str, str]] = {
    "unknown": ("表单没有这个字段", "the form has no such field"),
    "required": ("{zh}为必填项", "{en} is mandatory"),
    "must-be-ticked": ("必须勾选{zh}", "{en} must be ticked"),
    "text": ("{zh}必须是文本，且不含控制字符", "{en} must be a text without control characters"),
    "number": ("{zh}必须是数字", "{en} must be a number"),
    "integer": ("{zh}必须是整数", "{en} must be a whole number"),
    "decimal-digits": ("{zh}最多 {limit} 位小数", "{en} has at most {limit} decimal digits"),
    "boolean": ("{zh}必须是“是”或“否”", "{en} must be true or false"),
    "choice": ("{zh}不在可选范围内", "{en} is not one of the choices"),
    "duplicate": ("{zh}中有重复项", "{en} names something twice"),
    "list": ("{zh}必须是列表", "{en} must be a list"),
    "row": ("{zh}的每一行必须是一组字段", "every row of {en} must be a set of fields"),
    "date": ("{zh}必须是日期（YYYY-MM-DD）", "{en} must be a date (YYYY-MM-DD)"),
    "time": ("{zh}必须是时间（HH:MM）", "{en} must be a time (HH:MM)"),
    "datetime": (
        "{zh}必须是带时区的日期时间（如 2026-10-01T09:30+08:00）",
        "{en} must be a date and time with its offset (such as 2026-10-01T09:30+08:00)",
    ),
    "past": ("{zh}不能早于今天", "{en} must not lie before today"),
    "file": ("{zh}必须是已上传的文件", "{en} must be an uploaded file"),
    "file-type": ("{zh}不接受这种文件类型", "{en} does not take files of this type"),
    "one-file": ("{zh}只能有一个文件", "{en} takes one file only"),
    "min-length": ("{zh}至少 {limit} 个字符", "{en} needs at least {limit} characters"),
    "max-length": ("{zh}最多 {limit} 个字符", "{en} has at most {limit} characters"),
    "min-items": ("{zh}至少 {limit} 项", "{en} needs at least {limit} entries"),
    "max-items": ("{zh}最多 {limit} 项", "{en} has at most {limit} entries"),
    "min": ("{zh}不能小于 {limit}", "{en} must be at least {limit}"),
    "max": ("{zh}不能大于 {limit}", "{en} must be at most {limit}"),
    "pattern": ("{zh}的格式不正确", "{en} does not have the right form"),
    "rule-failed": (
        "无法检查这条规则，请联系流程负责人",
        "this check could not be made; tell the process owner",
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value is refused. `suffix` continues the path below the field (`[0].place`)."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


def field_error(path: str, labels: tuple[str, str], problem: Problem) -> FieldError:
    """Returns the error of a field in both languages; `labels` are its names, zh and en."""
    zh, en = MESSAGES[problem.code]
    names = {"zh": f"“{labels[0]}”", "en": f"“{labels[1]}”"}
    given = problem.params
    return FieldError(
        field=path,
        code=problem.code,
        zh=given.get("zh") or zh.format(**names, limit=given.get("limit")),
        en=given.get("en") or en.format(**names, limit=given.get("limit")),
    )
