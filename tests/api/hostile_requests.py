"""What no client should send, sent to every route of a table: an answer in the one shape, and never a bug of ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from falcon import testing

from api.routing import Route
from tests.api.desk import Person

HOSTILE: tuple[Any, ...] = (
    None,
    b"",
    b"\xff\xfe",
    b"[1]",
    b'{"a": NaN}',
    {},
    {"variables": []},
    {"variables": {"x": 1}, "businessKey": 5, "userId": [1], "name": {}, "retries": True},
    {"variables": {"": {"value": "x"}}, "data": {"": 1}, "processKey": "calls"},
    {"data": [1], "processKey": {}, "messageName": "", "suspended": "maybe", "now": 5},
    {"data": {"caller": {"a": ["b"]}, "amount": "1e9999"}, "processKey": "calls"},
    {"sorting": "x", "maxResults": 10**30, "firstResult": -1, "variables": "a_has_b"},
    {"processInstanceId": {"a": 1}, "processInstanceIds": [1, None], "dueBefore": "2026"},
    {"messageName": "x" * 300, "correlationKeys": {"a": {"value": 1e308}}, "all": "x"},
    {"name": "signal", "variables": {"x" * 300: {"value": "y"}}},
    {"username": "x" * 5000, "password": "y" * 5000},
)
QUERIES = ("", "a=1", "firstResult=x&maxResults=-5", "sortBy=&sortOrder=up", "view=x&due=y", "variables=a&key=%FF")
NO_BUG = 500


def methods_of(routes: Iterable[Route]) -> list[tuple[str, str]]:
    """Returns all (method, template) that the routes answer."""
    return [
        (method.upper(), path)
        for path, resource, suffix in routes
        for method in ("get", "post", "put", "delete")
        if hasattr(resource, f"on_{method}" + (f"_{suffix}" if suffix else ""))
    ]


def answers(person: Person, method: str, template: str, ids: Mapping[str, str]) -> Iterator[tuple[Any, testing.Result]]:
    """Sends everything to one route, with ids that exist and with one that does not; yields (what was sent, answer)."""
    addresses = {_address(template, {})}
    if method != "DELETE":  # what the other requests need would be gone
        addresses.add(_address(template, ids))
    for address in sorted(addresses):
        for query in QUERIES if method == "GET" else ():
            yield (method, address, query), person.send(method, address, query_string=query)
        for body in HOSTILE if method != "GET" else ():
            yield (method, address, body), person.send(method, address, body)


def _address(template: str, ids: Mapping[str, str]) -> str:
    for part in [one.split("}")[0] for one in template.split("{")[1:]]:
        template = template.replace("{" + part + "}", ids.get(part, "01a2%27%22%3B--"))
    return template


def in_the_one_shape(answer: testing.Result) -> bool:
    """Tells whether an answer is no bug, and says in the agreed way why it refuses."""
    if answer.status_code < 400:
        return True
    return answer.status_code < NO_BUG and {"type", "message", "code"} <= set(json.loads(answer.text))
