"""What a request says: bodies, query parameters and filters, read once and refused in words that name them.

A GET query and its POST twin are the same `Parameters`: the query string brings text, the body typed JSON. `null`
and empty text count as not given, as Camunda's clients expect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

import falcon.asgi

from api.times import read_instant, read_micros
from engine.errors import InvalidRequest
from engine.values import is_deeper_than, load

Q = TypeVar("Q")

NAME_LENGTH = 255
MAX_DEPTH = 100  # levels of lists and objects in a body
MAX_RESULTS = 2_000
MAX_OFFSET = 2**31 - 1
# Asked for by clients whatever the query is about; they change nothing here.
TOLERATED = frozenset(
    {
        "firstResult",
        "maxResults",
        "sortBy",
        "sortOrder",
        "sorting",
        "deserializeValues",
        "deserializeValue",
        "withCommentAttachmentInfo",
        "withoutTenantId",
    }
)


# Alternatives and tenants: there are none here, so only an empty list of them is answered.
ANSWERED_EMPTY = frozenset({"orQueries", "tenantIdIn", "processDefinitionTenantIdIn"})


class TooLarge(InvalidRequest):
    """The body is larger than the bound of its resource."""


async def read_bytes(req: falcon.asgi.Request, *, limit: int | None = None) -> bytes:
    """Returns the body; raises TooLarge before more than `limit` bytes are kept, whatever its header said. Without a
    limit of its own a resource has that of the settings."""
    limit = req.context.body_bytes if limit is None else limit
    known: bytes | None = getattr(req.context, "body", None)  # read already, to compare it with an earlier request
    if known is not None and len(known) <= limit:
        return known
    parts: list[bytes] = []
    size = len(known or b"")
    if size > limit:
        raise TooLarge(f"the body is larger than {limit} bytes")
    async for part in req.stream:
        size += len(part)
        if size > limit:
            raise TooLarge(f"the body is larger than {limit} bytes")
        parts.append(part)
    return b"".join(parts)


async def read_body(req: falcon.asgi.Request) -> dict[str, Any]:
    """Returns the JSON object of the body; no body is an empty object. Raises InvalidRequest."""
    raw = await read_bytes(req)
    if not raw.strip():
        return {}
    kind = (req.content_type or "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise UnsupportedType(f"the body must be application/json, not {kind[:100]}")
    body = load(raw)
    if not isinstance(body, dict):
        raise InvalidRequest("the body must be a JSON object")
    if is_deeper_than(MAX_DEPTH, body):
        raise InvalidRequest(f"the body is nested deeper than {MAX_DEPTH} levels")
    if b"\\u0000" in raw and _holds_null_character(body):
        raise InvalidRequest("the body holds the character U+0000, which no database keeps")
    return body


class UnsupportedType(InvalidRequest):
    """The body has a content type that the resource does not read."""


def _holds_null_character(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any("\x00" in key or _holds_null_character(item) for key, item in value.items())
    return isinstance(value, list) and any(_holds_null_character(item) for item in value)


class Parameters:
    """Named values of a query string or a JSON body. Each reader returns None for what was not given."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {name: value for name, value in values.items() if value is not None and value != ""}

    @classmethod
    def of_query(cls, req: falcon.asgi.Request) -> Parameters:
        """Takes the query string; of a repeated parameter the last one counts."""
        given = {name: value[-1] if isinstance(value, list) else value for name, value in req.params.items()}
        if any("\x00" in name or "\x00" in str(value) for name, value in given.items()):
            raise InvalidRequest("a parameter holds the character U+0000")
        return cls(given)

    @classmethod
    async def of_both(cls, req: falcon.asgi.Request) -> Parameters:
        """Takes the body of a POST twin; paging may stand in the query string."""
        return cls({**req.params, **await read_body(req)})

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._values)

    def raw(self, name: str) -> Any:
        return self._values.get(name)

    def text(self, name: str) -> str | None:
        value = self._values.get(name)
        if value is None or isinstance(value, str):
            return value
        raise InvalidRequest(f"{name} must be text")

    def short(self, name: str) -> str | None:
        """Reads a text that is kept in a column for names."""
        value = self.text(name)
        if value is not None and len(value) > NAME_LENGTH:
            raise InvalidRequest(f"{name} has at most {NAME_LENGTH} characters")
        return value

    def texts(self, name: str) -> tuple[str, ...] | None:
        """Reads a JSON list, or text separated by commas."""
        value = self._values.get(name)
        if value is None:
            return None
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise InvalidRequest(f"{name} must be a list of texts")
        return tuple(item for item in items if item)

    def integer(self, name: str, *, least: int = 0, most: int = MAX_OFFSET) -> int | None:
        value = self._values.get(name)
        if value is None:
            return None
        try:
            number = int(value) if isinstance(value, str) and len(value) < 20 else value
        except ValueError:
            number = None
        if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
            raise InvalidRequest(f"{name} must be a whole number from {least} to {most}")
        return number

    def boolean(self, name: str) -> bool | None:
        value = self._values.get(name)
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        if value is None or isinstance(value, bool):
            return value
        raise InvalidRequest(f"{name} must be true or false")

    def micros(self, name: str) -> int | None:
        value = self.text(name)
        return None if value is None else read_micros(value, name=name)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Reads a JSON object; empty if it was not given."""
        value = self._values.get(name, {})
        if not isinstance(value, dict):
            raise InvalidRequest(f"{name} must be an object")
        return value

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise InvalidRequest(f"{name} is missing")
        return value

    def page(self) -> tuple[int, int]:
        """Returns firstResult and maxResults; without the latter the list ends at a bound of the house."""
        wanted = self.integer("maxResults")
        return self.integer("firstResult") or 0, min(MAX_RESULTS if wanted is None else wanted, MAX_RESULTS)

    def sorting(self, known: Iterable[str], default: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """Returns (key, asc | desc) from `sortBy`/`sortOrder` or from `sorting: [{sortBy, sortOrder}]`."""
        entries = self._values.get("sorting") or []
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise InvalidRequest("sorting must be a list of {sortBy, sortOrder}")
        if "sortBy" in self._values:
            entries = [*entries, {"sortBy": self.raw("sortBy"), "sortOrder": self.raw("sortOrder") or "asc"}]
        elif "sortOrder" in self._values:
            raise InvalidRequest("sortOrder needs sortBy")
        allowed = frozenset(known)
        for entry in entries:
            if str(entry.get("sortBy")) not in allowed or str(entry.get("sortOrder")) not in {"asc", "desc"}:
                raise InvalidRequest(f"sortBy must be one of {', '.join(sorted(allowed))}; sortOrder asc or desc")
        return tuple((entry["sortBy"], entry["sortOrder"]) for entry in entries) or default


Reader = Callable[[Parameters, str], Any]
# parameter name -> (field of the query, how to read it)
Filters = Mapping[str, tuple[str, Reader]]


def read_bounds(parameters: Parameters, name: str) -> Any:
    """Reads instants to compare with, `gt_2026-01-23T13:42:42.000+0800,lt_…` or [{operator, value}]."""
    given = parameters.raw(name)
    entries = [part.partition("_")[::2] for part in given.split(",")] if isinstance(given, str) else given
    if not isinstance(entries, list):
        raise InvalidRequest(f"{name} must be a list of {{operator, value}}")
    read = [one if isinstance(one, tuple) else _bound(one, name) for one in entries]
    if any(operator not in {"gt", "lt"} or not isinstance(value, str) for operator, value in read):
        raise InvalidRequest(f"{name} is compared with gt or lt and an instant")
    return tuple((operator, read_micros(value, name=name)) for operator, value in read)


def _bound(entry: Any, name: str) -> tuple[Any, Any]:
    if not isinstance(entry, dict):
        raise InvalidRequest(f"{name} must be a list of {{operator, value}}")
    return entry.get("operator"), entry.get("value")


def read_filters(make: Callable[..., Q], filters: Filters, parameters: Parameters, **more: Any) -> Q:
    """Builds a query from the accepted parameters. An unknown filter is refused: ignoring it would answer with
    more than was asked for."""
    unknown = parameters.names - filters.keys() - TOLERATED
    # Clients that write every field of their query send empty lists; one with something in it asks for something.
    unknown -= {name for name in unknown & ANSWERED_EMPTY if parameters.raw(name) in ([], {})}
    if unknown:
        raise InvalidRequest(f"this query does not know {', '.join(_with_likeness(unknown, filters))}"[:500])
    given = {field: read(parameters, name) for name, (field, read) in filters.items() if name in parameters.names}
    return make(**given, **more)


def _with_likeness(unknown: Iterable[str], filters: Filters) -> Iterator[str]:
    for name in sorted(unknown)[:5]:
        meant = get_close_matches(name[:NAME_LENGTH], list(filters), n=1, cutoff=0.8)
        yield f"{name} (is {meant[0]} meant?)" if meant else name


TEXT: Reader = Parameters.text
TEXTS: Reader = Parameters.texts
INTEGER: Reader = Parameters.integer
BOOLEAN: Reader = Parameters.boolean
MICROS: Reader = Parameters.micros
BOUNDS: Reader = read_bounds

__all__ = ["BOOLEAN", "BOUNDS", "INTEGER", "MICROS", "TEXT", "TEXTS", "Filters", "Parameters", "read_instant"]
