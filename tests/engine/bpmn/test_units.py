"""Every example of every unit, in every mode: what a diagram does must not depend on when it was stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.bpmn.layout import check_layout
from engine.bpmn.parser import parse
from tests.engine.bpmn.examples import Played, by_element
from tests.engine.bpmn.player import Player
from tests.engine.bpmn.units import Example, diagrams, read_units

EXAMPLES = read_units()
DIAGRAMS = diagrams()
REFUSED = {example.diagram for example in EXAMPLES if example.refused is not None}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
def test_it_does_what_the_example_says(example: Example, play: Callable[..., Player]) -> None:
    for fact in Played(play, example).facts():
        assert fact.seen == fact.expected, fact.name


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_its_diagram_is_drawn_as_the_drawing_guide_asks(path: Path) -> None:
    assert check_layout(path.read_bytes()) == []


@pytest.mark.parametrize("path", sorted(set(DIAGRAMS) - REFUSED), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_its_diagram_is_deployed_without_a_word_unless_an_example_says_so(path: Path) -> None:
    expected = [example.warned for example in EXAMPLES if example.diagram == path and example.warned is not None]
    found = [finding for definition in parse(path.read_bytes(), name=path.name) for finding in definition.warnings]
    assert by_element(found) == (expected[0] if expected else {})


def test_every_diagram_belongs_to_an_example() -> None:
    used = {example.diagram for example in EXAMPLES} | {path for example in EXAMPLES for path in example.called}
    assert set(DIAGRAMS) == used


def test_nothing_is_expected_of_an_example_that_expects_nothing() -> None:
    assert all(any("then" in step for step in example.steps) for example in EXAMPLES)
