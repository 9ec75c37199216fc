"""Every model that the standard forbids is refused for its own reason, and no model that it allows is."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from time import process_time

import pytest

from engine.bpmn.parser import examine, parse
from engine.errors import ParseFailed
from tests.engine.bpmn import invalid_models, valid_models
from tests.engine.bpmn._corpus import exported_models, invalid_files, invalid_flows, invalid_pools
from tests.engine.bpmn.diagrams import END, MESSAGE, START, boundary, definitions, diagram, task, user
from tests.engine.bpmn.invalid_models import SIMPLE, pools
from tests.engine.bpmn.test_lint import REFUSALS

INVALID = {**invalid_models.MODELS, **invalid_files.MODELS, **invalid_flows.MODELS, **invalid_pools.MODELS}


@pytest.mark.parametrize(("body", "code"), INVALID.values(), ids=[name.replace(" ", "-") for name in INVALID])
def test_it_is_refused_for_its_own_reason(body: bytes, code: str) -> None:
    with pytest.raises(ParseFailed) as failure:
        parse(body, name="a.bpmn")
    found = [finding for finding in failure.value.findings["a.bpmn"] if finding.severity == "error"]
    assert code in {finding.code for finding in found}, found
    assert all(finding.zh and finding.en and finding.zh != finding.en for finding in found)


@pytest.mark.parametrize(("body", "code"), invalid_flows.WARNED.values(), ids=list(invalid_flows.WARNED))
def test_its_owner_is_warned(body: bytes, code: str) -> None:
    definition = parse(body, name="a.bpmn")[0]
    assert code in {finding.code for finding in definition.warnings}


VALID = {**valid_models.MODELS, **exported_models.MODELS}


@pytest.mark.parametrize("body", VALID.values(), ids=[name.replace(" ", "-") for name in VALID])
def test_it_is_accepted(body: bytes) -> None:
    assert parse(body, name="a.bpmn")


@pytest.mark.parametrize(
    ("body", "code"), exported_models.REFUSED.values(), ids=[name.replace(" ", "-") for name in exported_models.REFUSED]
)
def test_what_other_tools_draw_and_nobody_can_run_is_refused_with_the_reason(body: bytes, code: str) -> None:
    with pytest.raises(ParseFailed) as failure:
        parse(body, name="a.bpmn")
    assert code in {finding.code for finding in failure.value.findings["a.bpmn"]}


def test_the_corpus_is_large_enough() -> None:
    assert len(INVALID) + len(REFUSALS) >= 850
    assert len(VALID) >= 280


NOTES = {
    "black-box-pool": (pools(""), "p3"),
    "executable-unsaid": (definitions(SIMPLE, '<process id="Q"><task id="A"/></process>'), "Q"),
    "import-ignored": (definitions('<import importType="xsd" location="a.xsd" namespace="n"/>', SIMPLE), "d"),
    "name-duplicate": (definitions(SIMPLE, '<signal id="again" name="sig1"/>'), "signal_1"),
    "correlation-ignored": (
        definitions(
            SIMPLE,
            '<collaboration id="co"><participant id="p1" processRef="P"/><correlationKey id="ck"/></collaboration>',
        ),
        "ck",
    ),
    "no-outgoing": (diagram(START + user("A") + boundary("B", "A", MESSAGE) + END, "S>A A>E"), "B"),
}


@pytest.mark.parametrize(("code", "body", "element_id"), [(code, *rest) for code, rest in NOTES.items()])
def test_what_only_documents_is_noted_and_not_refused(code: str, body: bytes, element_id: str) -> None:
    warnings = parse(body, name="a.bpmn")[0].warnings
    assert [finding.element_id for finding in warnings if finding.code == code] == [element_id]


def test_a_later_check_does_not_take_a_deployed_diagram_away() -> None:
    body, _ = invalid_models.MODELS["condition after a parallel gateway"]
    assert parse(body, name="a.bpmn", deployed=True)[0].key == "P"


@pytest.mark.parametrize("body", [body for body, _ in INVALID.values()])
def test_a_deployed_diagram_is_built_or_refused_in_words(body: bytes) -> None:
    with suppress(ParseFailed):
        assert isinstance(parse(body, name="a.bpmn", deployed=True), list)


def test_a_diagram_of_five_thousand_nodes_is_read_in_seconds() -> None:
    names = [f"n{number}" for number in range(5_000)]
    nodes = START + "".join(task(name) for name in names) + END
    arrows = " ".join(f"{one}>{other}" for one, other in pairwise(["S", *names, "E"]))
    begun = process_time()
    (definition,) = parse(diagram(nodes, arrows), name="a.bpmn")
    assert process_time() - begun < 3
    assert len(definition.elements) == 5_002


def test_roles_that_the_house_does_not_know_are_warned_of() -> None:
    known = user("A", attributes='camunda:candidateGroups="CSS, BARISTA"')
    computed = user("B", attributes='camunda:candidateGroups="=g"')
    body = diagram(START + known + computed + END, "S>A A>B B>E")
    found, _ = examine(body, name="a.bpmn", roles=frozenset({"CSS"}))
    assert [(finding.code, finding.element_id) for finding in found] == [("unknown-role", "A")]
    assert examine(body, name="a.bpmn")[0] == []


def test_a_finding_names_the_line_and_column_at_which_its_element_begins() -> None:
    body = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
  <process id="P" isExecutable="true">
    <startEvent id="S"/>
    <receiveTask
        id="A"
        name="wait"/>
  </process>
</definitions>"""
    with pytest.raises(ParseFailed) as failure:
        parse(body, name="a.bpmn")
    (finding,) = [finding for finding in failure.value.findings["a.bpmn"] if finding.code == "no-message"]
    assert (finding.element_id, finding.line, finding.column) == ("A", 4, 5)
