"""From what a browser or a client sends to the typed value of a field.

Numbers arrive as int or Decimal, instants as ISO 8601 text with an offset (form-js leaves out the seconds).
Each conversion returns the typed value or raises Refused; none repeats the value in its error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.forms.fields import Field
from engine.forms.messages import Problem

MAX_TEXT = {"textfield": 1_000, "textarea": 20_000}
MAX_DIGITS = 34  # decimal128, as FEEL has it
MAX_FILES = 50
MAX_CHOSEN = 200
YEARS = range(1900, 2200)

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,6})?)?(Z|[+-]\d\d:?\d\d)", re.ASCII | re.IGNORECASE)
_FILE_ID = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,64}/[a-z0-9.+-]{1,64}", re.ASCII)


class Refused(Exception):
    """The value is not one of the field's type."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.problem = Problem(code, params)


def is_empty(value: Any) -> bool:
    """Tells whether nothing was entered: null, blank text, an empty list."""
    return value is None or (isinstance(value, str) and not value.strip()) or value == []


def convert(field: Field, value: Any) -> Any:
    """Returns the typed value of a field that is no dynamic list; raises Refused."""
    return _CONVERSIONS[field.type](field, value)


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str) or _CONTROL.search(value):
        raise Refused("text")
    if len(value) > MAX_TEXT[field.type]:
        raise Refused("max-length", limit=MAX_TEXT[field.type])
    return value


def _number(field: Field, value: Any) -> int | Decimal:
    number = _decimal(value)
    too_long = len(number.as_tuple().digits) > MAX_DIGITS
    # 1E+999999999 is short to write and would fill the memory as an integer.
    if too_long or not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
        raise Refused("number")
    digits = _fraction_digits(number)
    if digits and field.decimal_digits == 0:
        raise Refused("integer")
    if field.decimal_digits is not None and digits > field.decimal_digits:
        raise Refused("decimal-digits", limit=field.decimal_digits)
    return number if digits else int(number)


def _fraction_digits(number: Decimal) -> int:
    """Counts the digits after the point that say something, exactly: rounding would follow the context."""
    _, digits, exponent = number.as_tuple()
    said = len(digits)
    while said and not digits[said - 1]:
        said -= 1
    return max(0, said - len(digits) - int(exponent)) if said else 0


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        raise Refused("number")
    # form-js sends text when a field is serialised to a string; a long text is no number.
    if isinstance(value, str) and len(value) > 2 * MAX_DIGITS:
        raise Refused("number")
    try:
        return Decimal(repr(value) if isinstance(value, float) else value)
    except (InvalidOperation, ValueError) as cause:
        raise Refused("number") from cause


def _boolean(_: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Refused("boolean")
    return value


def _chosen(_: Field, value: Any) -> Any:
    if not isinstance(value, (str, int, bool)):
        raise Refused("choice")
    return value


def _several(field: Field, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Refused("list")
    if len(value) > MAX_CHOSEN:
        raise Refused("max-items", limit=MAX_CHOSEN)
    chosen = [_chosen(field, item) for item in value]
    if len({(type(item), item) for item in chosen}) < len(chosen):
        raise Refused("duplicate")
    return chosen


def _temporal(field: Field, value: Any) -> date | time | datetime:
    subtype = field.subtype or "datetime"
    typed = _read_temporal(subtype, value) if isinstance(value, str) else value
    if isinstance(typed, datetime):
        if subtype == "datetime" and typed.tzinfo is not None and typed.year in YEARS:
            return typed.astimezone(UTC)
    elif isinstance(typed, date):
        if subtype == "date" and typed.year in YEARS:
            return typed
    elif isinstance(typed, time) and subtype == "time":
        return typed
    raise Refused(subtype)


def _read_temporal(subtype: str, text: str) -> date | time | datetime:
    shape, read = _SHAPES[subtype]
    if not shape.fullmatch(text):
        raise Refused(subtype)
    try:
        return read(text)
    except ValueError as cause:
        raise Refused(subtype) from cause


_SHAPES: dict[str, tuple[re.Pattern[str], Callable[[str], date | time | datetime]]] = {
    "date": (_DATE, date.fromisoformat),
    "time": (_TIME, time.fromisoformat),
    "datetime": (_INSTANT, lambda text: datetime.fromisoformat(text.upper())),
}


def _files(field: Field, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise Refused("file")
    if len(value) > 1 and not field.multiple:
        raise Refused("one-file")
    if len(value) > MAX_FILES:
        raise Refused("max-items", limit=MAX_FILES)
    files = [_file(item) for item in value]
    if any(not _accepted(file["type"], field.accept) for file in files):
        raise Refused("file-type")
    if len({file["attachment_id"] for file in files}) < len(files):
        raise Refused("duplicate")
    return files


def _file(item: Any) -> dict[str, Any]:
    """Reads {attachment_id, sha256, size, type, name?, taken_at?}; raises Refused for anything else."""
    optional = {"name", "taken_at"}
    if not isinstance(item, dict) or not {"attachment_id", "sha256", "size", "type"} <= set(item):
        raise Refused("file")
    if set(item) - optional - {"attachment_id", "sha256", "size", "type"}:
        raise Refused("file")
    for key, shape in (("attachment_id", _FILE_ID), ("sha256", _SHA256), ("type", _MEDIA_TYPE)):
        if not isinstance(item[key], str) or not shape.fullmatch(item[key]):
            raise Refused("file")
    size = item["size"]
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise Refused("file")
    file = {key: item[key] for key in ("attachment_id", "sha256", "size", "type")}
    return file | _file_extras(item)


def _file_extras(item: dict[str, Any]) -> dict[str, Any]:
    extras: dict[str, Any] = {}
    name, taken_at = item.get("name"), item.get("taken_at")
    if name is not None:
        if not isinstance(name, str) or len(name) > 255 or _CONTROL.search(name):
            raise Refused("file")
        extras["name"] = name
    if taken_at is not None:
        extras["taken_at"] = _temporal(_TAKEN_AT, taken_at)
    return extras


_TAKEN_AT = Field(
    key="taken_at",
    type="datetime",
    label_zh="拍摄时间",
    label_en="taken at",
    data_class="none",
    subtype="datetime",
)
_EXTENSIONS = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".txt": "text/plain",
}


def _accepted(media_type: str, accept: tuple[str, ...]) -> bool:
    """Follows HTML's `accept`: extensions, `image/*`, or whole types; nothing said accepts everything."""
    if not accept:
        return True
    for wanted in accept:
        if wanted.endswith("/*") and media_type.startswith(wanted[:-1]):
            return True
        if media_type == _EXTENSIONS.get(wanted, wanted):
            return True
    return False


_CONVERSIONS: dict[str, Callable[[Field, Any], Any]] = {
    "textfield": _text,
    "textarea": _text,
    "number": _number,
    "checkbox": _boolean,
    "select": _chosen,
    "radio": _chosen,
    "checklist": _several,
    "taglist": _several,
    "datetime": _temporal,
    "filepicker": _files,
}
