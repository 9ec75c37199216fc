"""Camunda's typed variables `{"value": …, "type": …, "valueInfo": {}}` and our values, in both directions.

Types: String, Integer, Short, Long, Double, Boolean, Date, Json, Xml, Object (as JSON), Bytes, File and Null. A missing
type is inferred. What is kept comes back under the type that it was sent with (`typed`); all else works with plain
values. Bytes travel as base64; those of a file are fetched by themselves (`…/variables/{name}/data`). FEEL's dates,
times and durations have no type there: they travel as String with `valueInfo.feelType`, and come back as what they
were.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from api.params import NAME_LENGTH
from api.times import ZONE, read_instant, write_instant
from engine.errors import InvalidRequest
from engine.feel.temporal_text import read_date, read_duration, read_time, write_temporal
from engine.feel.values import YearsMonthsDuration
from engine.personal_values import HIDDEN
from engine.values import Binary, PersonalRef, Typed, Value, dump, load, plain

MAX_VARIABLES = 1_000
INTEGER_BITS = {"short": 15, "integer": 31, "long": 63}
INTEGER = range(-(2**31), 2**31)  # what is read back as an Integer
_TOKEN = re.compile(r"[A-Za-z0-9.+/=; _-]{1,100}", re.ASCII)
FEEL_TYPES: Mapping[str, Callable[[str], Any]] = {
    "date": read_date,
    "time": read_time,
    "duration": read_duration,
}


# ------------------------------------------------------------ in


def read_variables(data: Any, *, name: str = "variables", typed: bool = False) -> dict[str, Value]:
    """Returns the values of `{name: {value, type, valueInfo}}`; raises InvalidRequest naming the variable.

    `typed` is for values that are kept as they are; messages, conditions and tables take plain ones.
    """
    if data is None:
        return {}
    if not isinstance(data, Mapping) or len(data) > MAX_VARIABLES:
        raise InvalidRequest(f"{name} must be an object of at most {MAX_VARIABLES} variables")
    return {key: read_variable(entry, name=key, typed=typed) for key, entry in data.items()}


def read_variable(entry: Any, *, name: str, typed: bool = False) -> Value:
    """Returns the value of one typed variable."""
    if not isinstance(entry, Mapping):
        raise InvalidRequest(f"the variable {_shown(name)} must be an object with value and type")
    value, kind = entry.get("value"), entry.get("type")
    if kind is not None and not isinstance(kind, str):
        raise InvalidRequest(f"the type of {_shown(name)} must be text")
    info = entry.get("valueInfo")
    if value is None:
        return None
    if not kind:
        return _inferred(value, name)
    reader = READERS.get(kind.lower())
    if reader is None:
        raise InvalidRequest(f"the type of the variable {_shown(name)} is not supported")
    try:
        told = info if isinstance(info, Mapping) else {}
        found = reader(value, told)
        return _kept(kind.lower(), found, told) if typed else found
    except (ValueError, InvalidRequest) as cause:
        raise InvalidRequest(f"the value of the variable {_shown(name)} is no {kind}") from cause


def _kept(kind: str, value: Value, info: Mapping[str, Any]) -> Value:
    """Marks a value with the type that it would not be inferred from."""
    if kind == "short" or (kind == "long" and INTEGER.start <= value < INTEGER.stop):
        return Typed(kind.capitalize(), value)
    if kind == "xml":
        return Typed("Xml", value)
    class_name = info.get("objectTypeName")
    if kind == "object" and isinstance(class_name, str) and len(class_name) <= NAME_LENGTH:
        return Typed("Object", value, class_name)
    return value


def _shown(name: str) -> str:
    """A name is the sender's text, too: only a plain one is repeated."""
    return name if name.isidentifier() and len(name) <= 64 else "?"


def _inferred(value: Any, name: str) -> Value:
    if isinstance(value, (bool, str, int, Decimal, list, dict)):
        return value
    raise InvalidRequest(f"the variable {_shown(name)} has a value of no known type")


def _string(value: Any, info: Mapping[str, Any]) -> Value:
    if not isinstance(value, str):
        raise ValueError
    read = FEEL_TYPES.get(str(info.get("feelType")))
    if read is None:
        return value
    found = read(value)
    if found is None:
        raise ValueError
    return found


def _integer(bits: int) -> Callable[[Any, Mapping[str, Any]], int]:
    def read(value: Any, _info: Mapping[str, Any]) -> int:
        if isinstance(value, Decimal) and value == value.to_integral_value():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not -(2**bits) <= value < 2**bits:
            raise ValueError
        return value

    return read


def _double(value: Any, _info: Mapping[str, Any]) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError
    # A Double stays one: 5 is kept as 5.0, because 5 would come back as an Integer.
    return value if isinstance(value, Decimal) else Decimal(f"{value}.0")


def _boolean(value: Any, _info: Mapping[str, Any]) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _date(value: Any, _info: Mapping[str, Any]) -> datetime:
    if not isinstance(value, str):
        raise ValueError
    return read_instant(value, name="value")


def _json(value: Any, info: Mapping[str, Any]) -> Value:
    """JSON text; an object or list in its place is taken as it stands, as some clients send it."""
    data_format = info.get("serializationDataFormat", "application/json")
    if data_format != "application/json":
        raise ValueError
    return load(value) if isinstance(value, str) else value


def _xml(value: Any, _info: Mapping[str, Any]) -> Value:
    """XML as text: it is kept and given back, and never parsed here."""
    if not isinstance(value, str):
        raise ValueError
    return value


def _bytes(value: Any, _info: Mapping[str, Any]) -> Value:
    if not isinstance(value, str):
        raise ValueError
    return Binary(b64decode(value, validate=True))


def _file(value: Any, info: Mapping[str, Any]) -> Value:
    name = info.get("filename")
    if not isinstance(name, str) or not isinstance(value, str):
        raise ValueError
    return file_of(b64decode(value, validate=True), name, info.get("mimeType"), info.get("encoding"))


def file_of(body: bytes, name: str, media_type: Any = None, encoding: Any = None) -> Binary:
    """Returns a file as a value; raises InvalidRequest for a name that no header or folder could bear."""
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        raise InvalidRequest(f"a file name has 1 to {NAME_LENGTH} printable characters")
    for text in (media_type, encoding):
        if text is not None and not (isinstance(text, str) and _TOKEN.fullmatch(text)):
            raise InvalidRequest("the media type or the encoding of a file is none")
    return Binary(body, name, media_type, encoding)


READERS: Mapping[str, Callable[[Any, Mapping[str, Any]], Value]] = {
    "string": _string,
    **{kind: _integer(bits) for kind, bits in INTEGER_BITS.items()},
    "double": _double,
    "boolean": _boolean,
    "date": _date,
    "json": _json,
    "object": _json,
    "xml": _xml,
    "bytes": _bytes,
    "file": _file,
    "null": lambda _value, _info: None,
}


# ------------------------------------------------------------ out


def write_variables(values: Mapping[str, Value]) -> dict[str, Any]:
    """Returns typed variables by name."""
    return {name: write_variable(value) for name, value in values.items()}


def write_variable(value: Value) -> dict[str, Any]:
    """Returns one typed variable; a personal reference that was not revealed stays hidden."""
    kind, plain, info = _written(value)
    return {"type": kind, "value": plain, "valueInfo": info}


def _written(value: Value) -> tuple[str, Any, dict[str, Any]]:
    if isinstance(value, Typed):
        return _written_typed(value)
    if isinstance(value, Binary):
        return _written_binary(value)
    if value is None:
        return "Null", None, {}
    if isinstance(value, bool):
        return "Boolean", value, {}
    if isinstance(value, str):
        return "String", value, {}
    if isinstance(value, int):
        return ("Integer" if -(2**31) <= value < 2**31 else "Long"), value, {}
    if isinstance(value, Decimal):
        return "Double", value, {}
    if isinstance(value, PersonalRef):
        return "String", HIDDEN, {"dataClass": value.data_class}
    if isinstance(value, datetime):
        return "Date", write_json(value), {}
    if isinstance(value, (date, time, timedelta, YearsMonthsDuration)):
        return "String", write_temporal(value), {"feelType": _feel_type(value)}
    return "Json", dump(write_json(value)).decode(), {}


def _written_typed(value: Typed) -> tuple[str, Any, dict[str, Any]]:
    if value.kind != "Object":
        return value.kind, value.value, {}
    info = {"objectTypeName": value.class_name, "serializationDataFormat": "application/json"}
    return "Object", dump(write_json(value.value)).decode(), info


def _written_binary(value: Binary) -> tuple[str, Any, dict[str, Any]]:
    if value.name is None:
        return "Bytes", b64encode(value.body).decode(), {}
    info = {"filename": value.name, "mimeType": value.media_type, "encoding": value.encoding}
    return "File", None, {name: text for name, text in info.items() if text is not None}


def _feel_type(value: date | time | timedelta | YearsMonthsDuration) -> str:
    if isinstance(value, date):
        return "date"
    return "time" if isinstance(value, time) else "duration"


def write_json(value: Value) -> Any:
    """Returns plain JSON as a form or a person reads it: instants and dates as text, references hidden."""
    value = plain(value)
    if value is None or isinstance(value, (bool, str, int, Decimal)):
        return value
    if isinstance(value, Mapping):
        return {key: write_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [write_json(item) for item in value]
    if isinstance(value, PersonalRef):
        return HIDDEN
    if isinstance(value, Binary):
        return {"filename": value.name, "size": len(value.body)}
    if isinstance(value, datetime):
        # A datetime without zone names no instant; people here mean the house's.
        return write_instant(value if value.tzinfo else value.replace(tzinfo=ZONE))
    return write_temporal(value)
