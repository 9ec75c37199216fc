"""Process values and their stored form.

A value is None, bool, str, int, Decimal, date, time, datetime, timedelta, YearsMonthsDuration, list, dict[str, value],
Binary or PersonalRef. A Typed one keeps the type that its sender gave it; expressions see the plain value. There are no
binary floats: JSON numbers with a fraction are read as Decimal. What JSON lacks is stored as an object with one key
that starts with `$`; a user's own key of that kind is escaped.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from engine.clock import as_utc
from engine.errors import InvalidRequest
from engine.feel.values import Opaque, YearsMonthsDuration

Value = Any


@dataclass(frozen=True, slots=True)
class PersonalRef(Opaque):
    """Stands for a personal value that lies encrypted in the vault.

    `ref` finds it, `digest` is the SHA-256 of its ciphertext, `data_class` is a class of the access matrix (DT-07).
    Expressions may test it for null, nothing else.
    """

    ref: str
    digest: str
    data_class: str


@dataclass(frozen=True, slots=True)
class Binary(Opaque):
    """Bytes, or with a name a file: small ones, for larger things are attachments. Expressions test for null alone."""

    body: bytes
    name: str | None = None
    media_type: str | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """A value under a type that it would not be read back with: Short, Long, Xml, or an Object and its class."""

    kind: str
    value: Value
    class_name: str | None = None


def plain(value: Value) -> Value:
    """Returns the value that expressions, forms and programs work with."""
    return value.value if isinstance(value, Typed) else value


_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(float_hook=Decimal)


def to_json(value: Value) -> Any:
    """Returns the JSON-able form of a value. Raises InvalidRequest for what is no process value (floats, objects)."""
    if value is None or isinstance(value, (bool, str, int, Decimal)):
        return value
    if isinstance(value, Mapping):
        plain = {key: to_json(item) for key, item in value.items()}
        return {"$map": plain} if len(plain) == 1 and next(iter(plain)).startswith("$") else plain
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, PersonalRef):
        return {"$personal": {"ref": value.ref, "digest": value.digest, "class": value.data_class}}
    if isinstance(value, Typed):
        return {"$typed": [value.kind, to_json(value.value), *([value.class_name] if value.class_name else [])]}
    if isinstance(value, Binary):
        return {"$binary": [b64encode(value.body).decode(), value.name, value.media_type, value.encoding]}
    return _temporal_to_json(value)


def _temporal_to_json(value: Value) -> Any:
    if isinstance(value, datetime):
        text = as_utc(value).isoformat().replace("+00:00", "Z") if value.tzinfo else value.isoformat()
        return {"$datetime": text}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, time):
        return {"$time": value.isoformat()}
    if isinstance(value, timedelta):
        return {"$duration": [value.days, value.seconds, value.microseconds]}
    if isinstance(value, YearsMonthsDuration):
        return {"$months": value.months}
    raise InvalidRequest(f"a {type(value).__name__} is no process value")


def from_json(data: Any) -> Value:
    """Returns the value of its JSON-able form; the inverse of `to_json`."""
    if isinstance(data, list):
        return [from_json(item) for item in data]
    if not isinstance(data, dict):
        return data
    if len(data) == 1:
        (key, inner) = next(iter(data.items()))
        if key.startswith("$"):
            return _tagged(key, inner)
    return {key: from_json(item) for key, item in data.items()}


def _tagged(tag: str, inner: Any) -> Value:
    match tag:
        case "$map":
            return {key: from_json(item) for key, item in inner.items()}
        case "$datetime":
            return datetime.fromisoformat(inner)
        case "$date":
            return date.fromisoformat(inner)
        case "$time":
            return time.fromisoformat(inner)
        case "$duration":
            return timedelta(days=inner[0], seconds=inner[1], microseconds=inner[2])
        case "$months":
            return YearsMonthsDuration(inner)
        case "$typed":
            return Typed(inner[0], from_json(inner[1]), *inner[2:])
        case "$binary":
            return Binary(b64decode(inner[0]), *inner[1:])
        case "$personal":
            return PersonalRef(ref=inner["ref"], digest=inner["digest"], data_class=inner["class"])
    raise InvalidRequest(f"stored value has the unknown tag {tag}")


def dump(data: Any) -> bytes:
    """Returns compact JSON bytes; decimals are written as numbers, exactly."""
    return _encoder.encode(data)


def load(raw: bytes | str) -> Any:
    """Reads JSON with exact decimals; raises InvalidRequest if it is no JSON."""
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        where = f": {cause}" if isinstance(cause, msgspec.DecodeError) else ", it is not UTF-8"
        raise InvalidRequest(f"the body is no valid JSON{where}") from cause
    except RecursionError as cause:
        raise InvalidRequest("the JSON is nested too deeply") from cause


def is_deeper_than(levels: int, value: Any) -> bool:
    """Tells whether lists and objects lie inside each other deeper than so many levels. Does not recurse."""
    inside = [value]
    for _ in range(levels + 1):
        inside = [
            item
            for outer in inside
            if isinstance(outer, (list, dict))
            for item in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not inside:
            return False
    return True


def encode(value: Value) -> bytes:
    """Returns the stored bytes of a value."""
    return dump(to_json(value))


def decode(raw: bytes) -> Value:
    """Returns the value of its stored bytes."""
    return from_json(load(raw))
