"""XML that attacks its reader: bombs, foreign files, depth, size, encodings, wrong names."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import partial

from tests.engine.diagrams import HEAD, ONE_TASK
from tests.hostile.attack import RAN, REFUSED, Attack, Seen, World

HONEST = ONE_TASK.encode()
BODY = HONEST.partition(b"?>")[2]
DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"
TABLE = f'<definitions xmlns="{DMN}" id="d" name="d" namespace="n">%s</definitions>'
LAUGHS = (
    "<!DOCTYPE definitions ["
    + '<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    + "]>"
)
QUADRATIC = f'<!DOCTYPE definitions [<!ENTITY a "{"x" * 100_000}">]>'


def declared(doctype: str, text: str = "&a;") -> bytes:
    """The honest diagram with a document type, and an entity in its name."""
    return (
        (f'<?xml version="1.0"?>{doctype}' + ONE_TASK.partition("?>")[2])
        .replace('name="check"', f'name="{text}"')
        .encode()
    )


def table(doctype: str, text: str = "&a;") -> bytes:
    return (f'<?xml version="1.0"?>{doctype}' + TABLE % f"<description>{text}</description>").encode()


def deep(levels: int) -> bytes:
    return (HEAD + '<process id="case" isExecutable="true">' + "<subProcess>" * levels).encode()


def external(world: World, make: Callable[[str, str], bytes], name: str) -> Seen:
    """Points at the secret file of this world."""
    doctype = f'<!DOCTYPE definitions [<!ENTITY a SYSTEM "file://{world.secret_file}">]>'
    return world.upload({name: make(doctype, "&a;")})


def included(world: World) -> Seen:
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="file://{world.secret_file}"/>'
    body = ONE_TASK.replace(
        '<startEvent id="begin"/>', f'<documentation>{include}</documentation><startEvent id="begin"/>'
    )
    return world.upload({"case.bpmn": body.encode()})


def styled(world: World) -> Seen:
    sheet = f'<?xml-stylesheet type="text/xsl" href="file://{world.secret_file}"?>'
    return world.upload({"case.bpmn": b'<?xml version="1.0"?>' + sheet.encode() + BODY})


def _upload(name: str, body: bytes, world: World) -> Seen:
    return world.upload({name: body})


def bpmn(id_: str, body: bytes, named: str = "case.bpmn", expected: tuple[str, ...] = (REFUSED,)) -> Attack:
    return Attack(id_, partial(_upload, "case.bpmn", body), named, expected)


def dmn(id_: str, body: bytes, named: str = "case.dmn", expected: tuple[str, ...] = (REFUSED,)) -> Attack:
    return Attack(f"dmn_{id_}", partial(_upload, "case.dmn", body), named, expected)


ATTACKS = [
    bpmn("billion_laughs", declared(LAUGHS, "&m;")),
    bpmn("quadratic_blowup", declared(QUADRATIC, "&a;" * 10_000)),
    bpmn("recursive_entity", declared('<!DOCTYPE definitions [<!ENTITY a "&b;"><!ENTITY b "&a;">]>')),
    bpmn("parameter_entity", declared('<!DOCTYPE definitions [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]>')),
    bpmn("external_dtd", declared('<!DOCTYPE definitions SYSTEM "http://127.0.0.1:9/x.dtd">', "n")),
    bpmn("empty_doctype", declared("<!DOCTYPE definitions>", "n")),
    bpmn("entity_over_http", declared('<!DOCTYPE definitions [<!ENTITY a SYSTEM "http://127.0.0.1:9/x">]>')),
    bpmn("default_attributes", declared('<!DOCTYPE definitions [<!ATTLIST process isExecutable CDATA "true">]>', "n")),
    bpmn(
        "late_doctype",
        b"<?xml version='1.0'?><!--" + b"x" * 200_000 + b"--><!DOCTYPE definitions [<!ENTITY a 'b'>]>" + BODY,
    ),
    bpmn(
        "late_doctype_without_entities",
        b"<?xml version='1.0'?><!--" + b"x" * 200_000 + b"--><!DOCTYPE definitions>" + BODY,
    ),
    bpmn(
        "utf16_doctype", declared(LAUGHS, "&m;").decode().replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")
    ),
    Attack("external_entity", partial(external, make=declared, name="case.bpmn"), "case.bpmn"),
    Attack("dmn_external_entity", partial(external, make=table, name="case.dmn"), "case.dmn"),
    Attack("xinclude", included, expected=(REFUSED, RAN)),
    Attack("stylesheet", styled, expected=(REFUSED, RAN)),
    bpmn("deep", deep(100_000)),
    bpmn("rather_deep", deep(200) + b"</subProcess>" * 200 + b"</process></definitions>"),
    bpmn("attribute_of_three_megabytes", HONEST.replace(b'name="check"', b'name="' + b"x" * 3_000_000 + b'"')),
    bpmn("id_of_three_megabytes", HONEST.replace(b"begin", b"b" * 1_000_000)),
    bpmn("larger_than_allowed", HONEST.replace(b'name="check"', b'name="' + b"x" * 6_000_000 + b'"')),
    bpmn("many_attributes", HONEST.replace(b'name="check"', b" ".join(b'x%d="y"' % n for n in range(50_000)))),
    bpmn(
        "many_namespaces",
        HONEST.replace(b'name="check"', b" ".join(b'xmlns:x%d="y%d"' % (n, n) for n in range(20_000))),
        "",
        (REFUSED, RAN),
    ),
    bpmn(
        "many_elements",
        HONEST.replace(b'<startEvent id="begin"/>', b"<documentation/>" * 150_000 + b'<startEvent id="begin"/>'),
    ),
    bpmn("unknown_encoding", b'<?xml version="1.0" encoding="x-klingon"?>' + BODY),
    bpmn("utf7", b'<?xml version="1.0" encoding="UTF-7"?>+ADw-definitions+AD4-'),
    bpmn("lying_encoding", b'<?xml version="1.0" encoding="UTF-16"?>' + BODY, "", (REFUSED, RAN)),
    bpmn("null_bytes", HONEST.replace(b"check", b"che\x00ck")),
    bpmn("null_reference", HONEST.replace(b'name="check"', b'name="&#0;"')),
    bpmn("control_reference", HONEST.replace(b'name="check"', b'name="&#8;"')),
    bpmn("surrogate_reference", HONEST.replace(b'name="check"', b'name="&#xD800;"')),
    bpmn("invalid_utf8", HONEST.replace(b"check", b"che\xff\xfeck")),
    bpmn("undefined_entity", HONEST.replace(b'name="check"', b'name="&nope;"')),
    bpmn("truncated", HONEST[:-200]),
    bpmn("empty", b""),
    bpmn("blank", b"   \n"),
    bpmn("noise", bytes(range(256)) * 100),
    bpmn("gzip", gzip.compress(HONEST)),
    bpmn("json", b'{"definitions": {}}'),
    bpmn("html", b"<html><script>alert(1)</script></html>"),
    bpmn("wrong_namespace", HONEST.replace(b"20100524/MODEL", b"20990101/MODEL")),
    bpmn("no_namespace", b'<definitions><process id="case" isExecutable="true"/></definitions>'),
    bpmn("two_roots", HONEST + BODY),
    dmn("billion_laughs", table(LAUGHS, "&m;")),
    dmn("quadratic_blowup", table(QUADRATIC, "&a;" * 10_000)),
    dmn("empty_doctype", table("<!DOCTYPE definitions>", "n")),
    dmn("utf16_doctype", table(LAUGHS, "&m;").decode().replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")),
    dmn("deep", (TABLE.partition("%s")[0] + "<decision>" * 100_000).encode()),
    dmn("null_bytes", table("", "a\x00b")),
    dmn("empty", b""),
    dmn("wrong_namespace", table("", "n").replace(b"20191111", b"20990101")),
    dmn("larger_than_allowed", table("", "x" * 3_000_000)),
]
