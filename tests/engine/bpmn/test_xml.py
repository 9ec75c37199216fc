"""Files of strangers: nothing is expanded, fetched or allowed to grow (and each refusal says why)."""

from __future__ import annotations

import time

import pytest

from engine.bpmn.limits import FileLimits
from engine.bpmn.parser import parse
from engine.errors import ParseFailed
from tests.engine.bpmn.diagrams import END, START, diagram, sub, task

BOMB = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><definitions>&c;</definitions>"""
EXTERNAL = b'<!DOCTYPE d SYSTEM "file:///etc/passwd"><definitions/>'


def code(body: bytes, **limits: int) -> str:
    with pytest.raises(ParseFailed) as failure:
        parse(body, name="a", limits=FileLimits(**limits))
    return failure.value.findings["a"][0].code


@pytest.mark.parametrize("body", [BOMB, EXTERNAL, BOMB.decode().encode("utf-16")])
def test_document_types_and_entities_are_refused(body: bytes) -> None:
    assert code(body) in ("document-type", "not-xml")


@pytest.mark.parametrize("body", [b"", b"hello", b"<a>", b"\xff\xfe\x00", b"<a></b>", b"\x00" * 100])
def test_what_is_no_xml_is_refused(body: bytes) -> None:
    assert code(body) == "not-xml"


def test_another_root_is_refused() -> None:
    assert code(b"<html/>") == "not-bpmn"


def test_size_count_and_depth_are_bounded() -> None:
    body = diagram(START + task("A") + END, "S>A A>E")
    assert code(body, file_bytes=100) == "file-too-large"
    assert code(body, elements=5) == "too-many-elements"
    deep = task("A")
    for level in range(60):
        deep = sub(f"s{level}", deep, "")
    assert code(diagram(START + deep + END, "S>E"), depth=50) == "nested-too-deep"


def test_a_line_of_two_thousand_nodes_is_no_problem() -> None:
    nodes = "".join(task(f"A{number}") for number in range(2000))
    arrows = "S>A0 " + " ".join(f"A{number}>A{number + 1}" for number in range(1999)) + " A1999>E"
    begin = time.process_time()
    assert len(parse(diagram(START + nodes + END, arrows), name="a")[0].elements) == 2002
    assert time.process_time() - begin < 5
