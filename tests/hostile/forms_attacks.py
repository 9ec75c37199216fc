"""Forms that mean harm, and submissions that lie."""

# ruff: noqa: E501  one hostile input per line

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from tests.api.desk import field, form
from tests.hostile.attack import RAN, REFUSED, Attack, Seen, World

SYSTEM = "__import__('os').system('touch canary')"
HARMLESS = (REFUSED, RAN)


def _upload(body: bytes, world: World) -> Seen:
    return world.upload({"evil.form": body})


def one(id_: str, body: str | bytes, named: str = "evil.form", expected: tuple[str, ...] = (REFUSED,)) -> Attack:
    return Attack(id_, partial(_upload, body if isinstance(body, bytes) else body.encode()), named, expected)


def rule(text: str) -> str:
    return form("evil", field("n"), rules=({"feel": text, "field": "n", "zh": "错", "en": "wrong"},))


def _submit(data: Mapping[str, Any] | str, world: World) -> Seen:
    """Starts the process of calls with a form, as the inbox does."""
    body = data.encode() if isinstance(data, str) else json.dumps({"processKey": "calls", "data": data}).encode()
    return world.request("POST", "/api/start", body, who="csr", headers={"Content-Type": "application/json"})


def sent(id_: str, data: Mapping[str, Any] | str, named: str = "", expected: tuple[str, ...] = (REFUSED,)) -> Attack:
    return Attack(f"submission_{id_}", partial(_submit, data), named, expected)


DEEP = (
    '{"type":"default","id":"evil","components":' + '[{"type":"group","components":' * 5_000 + "[]" + "}]" * 5_000 + "}"
)

ATTACKS = [
    one("system_in_a_rule", rule(SYSTEM)),
    one("class_in_a_rule", rule("n.__class__ = null"), "", HARMLESS),
    one("system_in_a_condition", form("evil", field("n", conditional={"hide": f"={SYSTEM}"}))),
    one("regex_bomb", form("evil", field("n", validate={"pattern": "(a+)+$" * 40})), "", HARMLESS),
    one("regex_too_long", form("evil", field("n", validate={"pattern": "a" * 5_000}))),
    one("regex_that_is_none", form("evil", field("n", validate={"pattern": "(("}))),
    one("regex_looking_back", form("evil", field("n", validate={"pattern": "(?<=a)\\1(?R)"}))),
    one("deep", DEEP),
    one("huge", form("evil", field("n", description="x" * 2_000_000))),
    one("five_thousand_fields", form("evil", *(field(f"n{n}") for n in range(5_000)))),
    one("duplicate_keys", form("evil", field("n"), field("n"))),
    one("prototype_key", form("evil", field("__proto__")), "", HARMLESS),
    one("constructor_key", form("evil", field("constructor")), "", HARMLESS),
    one("unknown_component", form("evil", field("n", "iframe"))),
    one("html_component", form("evil", field("n", "html", content="<script>alert(1)</script>"))),
    one("id_that_is_a_path", form("../../etc/passwd", field("n"))),
    one("id_too_long", form("e" * 10_000, field("n"))),
    one("no_json", b"<form/>"),
    one("broken_json", b'{"type": "default", "id": "evil", "components": ['),
    one("list", b"[]"),
    one("null", b"null"),
    one("invalid_utf8", b'{"id": "\xff\xfe"}'),
    one("null_bytes", b'{"id": "ev\x00il"}'),
    one("number_beyond", b'{"type":"default","id":"evil","components":[{"type":"number","key":"n","id":"n","label":"n","validate":{"min":1e999999999}}]}', "", HARMLESS),
    one("components_of_numbers", b'{"type":"default","id":"evil","components":[1,2,3]}'),
    sent("of_a_stranger_field", {"subject": "x", "evil": 1}, "evil"),
    sent("of_a_list", {"subject": ["x"]}, "subject"),
    sent("of_an_object", {"subject": {"$personal": {"ref": "1", "digest": "2", "class": "BASIC"}}}, "subject"),
    sent("of_three_megabytes", {"subject": "x" * 3_000_000}, "subject"),
    sent("of_a_prototype", '{"processKey": "calls", "data": {"__proto__": {"admin": true}, "subject": "x"}}', "__proto__"),
    sent("of_a_typename", {"subject": "x", "typename": "BpmnWorkflow"}, "typename"),
    sent("of_half_a_character", '{"processKey": "calls", "data": {"subject": "\\ud800"}}'),
    sent("of_null_characters", '{"processKey": "calls", "data": {"subject": "a\\u0000b"}}', "U+0000"),
    sent("of_code", {"subject": SYSTEM}, "", (RAN,)),
    sent("of_nothing", "null"),
    sent("of_depth", '{"processKey": "calls", "data": ' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "}"),
]  # fmt: skip
