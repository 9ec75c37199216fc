"""Requests that mean harm: bodies, numbers, names of files, queries."""

# ruff: noqa: E501  one hostile input per line

from __future__ import annotations

from functools import partial
from typing import Any

from tests.engine.diagrams import ONE_TASK
from tests.hostile.attack import RAN, REFUSED, Attack, Seen, World

REST = "/engine-rest"
START = f"{REST}/process-definition/key/calls/start"
HARMLESS = (REFUSED, RAN)
JSON = {"Content-Type": "application/json"}


def _send(method: str, path: str, body: Any, more: dict[str, Any], world: World) -> Seen:
    return world.request(method, path, body, who="admin", **more)


def started(id_: str, body: bytes, named: str = "", expected: tuple[str, ...] = (REFUSED,)) -> Attack:
    return Attack(f"body_{id_}", partial(_send, "POST", START, body, {"headers": JSON}), named, expected)


def got(id_: str, query: str, expected: tuple[str, ...] = (REFUSED,)) -> Attack:
    path, _, rest = query.partition("?")
    return Attack(f"query_{id_}", partial(_send, "GET", REST + path, None, {"query_string": rest}), "", expected)


def variable(text: str) -> bytes:
    return b'{"variables": {"n": {"value": ' + text.encode() + b"}}}"


def part(name: str, body: str, *, filename: str | None = None) -> str:
    file = f'; filename="{filename}"' if filename is not None else ""
    return f'--B\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{body}\r\n'


def posted(
    id_: str, body: str, expected: tuple[str, ...] = (REFUSED,), kind: str = "multipart/form-data; boundary=B"
) -> Attack:
    send = partial(_send, "POST", f"{REST}/deployment/create", body.encode(), {"headers": {"Content-Type": kind}})
    return Attack(f"upload_{id_}", send, "", expected)


def named(id_: str, filename: str, expected: tuple[str, ...] = HARMLESS) -> Attack:
    return posted(f"named_{id_}", part("f", ONE_TASK, filename=filename) + "--B--\r\n", expected)


ATTACKS = [
    started("deep_lists", variable("[" * 100_000 + "]" * 100_000)),
    started("deep_objects", variable('{"a":' * 100_000 + "1" + "}" * 100_000)),
    started("rather_deep", variable("[" * 400 + "]" * 400), "", HARMLESS),
    started("million_digits", variable("9" * 1_000_000)),
    started("exponent", variable("1e999999999"), "", HARMLESS),
    started("tiny_exponent", variable("1e-999999999"), "", HARMLESS),
    started("nan", variable("NaN")),
    started("infinity", variable("-Infinity")),
    started("half_a_character", variable('"\\ud800"'), "", HARMLESS),
    started("null_character", variable('"\\u0000"')),
    started("invalid_utf8", b'{"variables": {"n": {"value": "\xff"}}}'),
    started("prototype", b'{"variables": {"__proto__": {"value": {"admin": true}}}}', "", HARMLESS),
    started("constructor", b'{"constructor": {"prototype": {}}, "variables": {}}', "", HARMLESS),
    started("typename", b'{"variables": {"typename": {"value": "BpmnWorkflow"}, "d": {"value": {"typename": "x"}}}}', "", HARMLESS),
    started("forged_reference", b'{"variables": {"n": {"type": "Json", "value": "{\\"$personal\\": {\\"ref\\": \\"1\\", \\"digest\\": \\"2\\", \\"class\\": \\"BASIC\\"}}"}}}', "", HARMLESS),
    started("forged_instant", b'{"variables": {"n": {"type": "Json", "value": "{\\"$datetime\\": \\"never\\"}"}}}', "", HARMLESS),
    started("java_object", b'{"variables": {"n": {"type": "Object", "value": "rO0ABXNy", "valueInfo": {"objectTypeName": "java.lang.Runtime", "serializationDataFormat": "application/x-java-serialized-object"}}}}'),
    started("file_by_path", b'{"variables": {"n": {"type": "File", "value": "/etc/passwd", "valueInfo": {"filename": "../../x"}}}}'),
    started("unknown_type", b'{"variables": {"n": {"type": "__import__", "value": 1}}}'),
    started("long_beyond", b'{"variables": {"n": {"type": "Long", "value": 99999999999999999999999999}}}'),
    started("date_beyond", b'{"variables": {"n": {"type": "Date", "value": "99999-99-99T99:99:99.000+0000"}}}'),
    started("name_too_long", b'{"variables": {"' + b"n" * 100_000 + b'": {"value": 1}}}'),
    started("business_key_too_long", b'{"businessKey": "' + b"k" * 100_000 + b'"}'),
    started("business_key_of_code", b'{"businessKey": "__import__(\'os\').system(\'touch canary\')"}', "", HARMLESS),
    started("six_megabytes", b'{"variables": {"n": {"value": "' + b"x" * 6_000_000 + b'"}}}'),
    started("variable_too_large", b'{"variables": {"note": {"value": "' + b"x" * 1_000_000 + b'"}}}', "note"),
    started("list", b"[]"),
    started("text", b'"x"'),
    started("broken", b'{"variables": '),
    started("duplicate_names", b'{"businessKey": "a", "businessKey": "b"}', "", HARMLESS),
    started("variables_of_a_list", b'{"variables": [1]}'),
    started("instructions", b'{"startInstructions": [{"type": "__import__"}]}'),
    Attack("body_xml", partial(_send, "POST", START, b"<x/>", {"headers": {"Content-Type": "text/xml"}})),
    Attack("message_name_of_code", partial(_send, "POST", f"{REST}/message", {"messageName": "__import__('os').system('touch canary')"}, {})),
    Attack("message_name_too_long", partial(_send, "POST", f"{REST}/message", {"messageName": "m" * 100_000}, {}), "", HARMLESS),
    got("injection", "/process-instance?businessKey=' OR 1=1 --", (RAN,)),
    got("sort_injection", "/process-instance?sortBy=id;DROP TABLE job&sortOrder=asc"),
    got("variables_injection", "/process-instance?variables=a_eq_1' OR '1'='1", HARMLESS),
    got("negative_page", "/process-instance?firstResult=-1"),
    got("endless_page", "/process-instance?maxResults=99999999999999999999"),
    got("unknown_filter", "/process-instance?evil=1"),
    got("path_of_dots", "/process-definition/..%2f..%2fetc%2fpasswd/xml"),
    got("path_of_null", "/process-definition/%00/xml"),
    got("path_too_long", "/process-definition/" + "a" * 5_000),
    Attack("page_of_dots", partial(_send, "GET", "/..%2f..%2f..%2fsecret.txt", None, {}), "", HARMLESS),
    named("dots", "../../../etc/cron.d/evil.bpmn"),
    named("root", "/etc/passwd.bpmn"),
    named("windows", "C:\\windows\\evil.bpmn"),
    named("null", "a\x00.bpmn"),
    named("long", "a" * 10_000 + ".bpmn", (REFUSED,)),
    named("nothing", ".bpmn"),
    named("script", "<script>alert(1)</script>.bpmn"),
    posted("without_boundary", "x", kind="multipart/form-data"),
    posted("without_end", part("f", ONE_TASK, filename="a.bpmn"), HARMLESS),
    posted("of_a_thousand_parts", "".join(part(f"f{n}", "x", filename=f"{n}.bpmn") for n in range(1_000)) + "--B--\r\n"),
    posted("of_a_large_part", part("f", "x" * 5_000_000, filename="a.bpmn") + "--B--\r\n"),
    posted("of_nothing", "--B--\r\n"),
    posted("of_json", "{}", kind="application/json"),
    posted("of_stranger_fields", part("evil", "x") + "--B--\r\n"),
    Attack("plan_of_a_stranger", partial(_send, "POST", f"{REST}/migration/execute", {"migrationPlan": {"sourceProcessDefinitionId": "a", "targetProcessDefinitionId": "b"}, "processInstanceIds": ["x"]}, {})),
    Attack("modification_of_many", partial(_send, "POST", f"{REST}/process-instance/x/modification", {"instructions": [{"type": "cancel", "activityId": "a"}] * 10_000}, {})),
]  # fmt: skip
