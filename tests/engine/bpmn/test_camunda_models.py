"""Diagrams that were drawn for Camunda 7: translated into FEEL, or refused at the element with what to use instead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.bpmn.parser import examine, parse
from engine.errors import ParseFailed
from tests.engine.bpmn._corpus.camunda_models import CONDITIONS, MODELS, REFUSED, VARIABLES, asked, extended
from tests.engine.bpmn.diagrams import END, START, catch, diagram, timer, user
from tests.engine.bpmn.player import Player


@pytest.mark.parametrize("body", MODELS.values(), ids=[name.replace(" ", "-") for name in MODELS])
def test_it_is_deployed_and_nothing_of_it_is_ignored(body: bytes) -> None:
    (definition,) = parse(body, name="a.bpmn")
    assert [found for found in definition.warnings if found.code == "extension-ignored"] == []


@pytest.mark.parametrize(
    ("body", "code", "instead"), REFUSED.values(), ids=[name.replace(" ", "-") for name in REFUSED]
)
def test_it_is_refused_with_an_alternative(body: bytes, code: str, instead: str) -> None:
    with pytest.raises(ParseFailed) as failure:
        parse(body, name="a.bpmn")
    found = [one for one in failure.value.findings["a.bpmn"] if one.code == code]
    assert any(instead in one.en and one.element_id and one.line for one in found), found


@pytest.mark.parametrize(("text", "taken"), CONDITIONS.items())
def test_its_conditions_mean_what_they_meant(text: str, taken: bool, play: Callable[..., Player]) -> None:
    assert ("A" in play(asked(text), VARIABLES).ran) is taken


def test_all_findings_of_a_file_are_told_at_once() -> None:
    listener = extended('<camunda:taskListener class="a.B" event="create"/>')
    nodes = [
        '<serviceTask id="A" camunda:class="a.B"/>',
        user("B", listener),
        '<scriptTask id="C" scriptFormat="groovy"><script>1</script></scriptTask>',
        user("D", attributes='camunda:assignee="${people.find(x)}"'),
        catch("F", timer("soon")),
    ]
    findings, _ = examine(diagram(START + "".join(nodes) + END, "S>A A>B B>C C>D D>F F>E"), name="a.bpmn")
    assert {(found.element_id, found.code) for found in findings if found.severity == "error"} == {
        ("A", "java"),
        ("A", "no-topic"),
        ("B", "unsupported"),
        ("C", "bad-expression"),
        ("D", "bad-expression"),
        ("F", "bad-timer"),
    }
