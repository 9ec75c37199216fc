"""No element of BPMN is ignored in silence: for each, a unit shows that it runs, documents or is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import pytest
from lxml import etree

from engine.bpmn import vocabulary
from engine.bpmn.grammar import elements, is_a
from engine.bpmn.outcome import FlowTaken
from engine.bpmn.vocabulary import BPMN, bpmn
from tests.engine.bpmn.elements import PAGE, STATES, Element, page, read_elements
from tests.engine.bpmn.examples import Played, entered
from tests.engine.bpmn.player import Player
from tests.engine.bpmn.units import Example, diagrams, read_units

GROUPS = read_elements()
ELEMENTS = [element for group in GROUPS for element in group.elements]
EXAMPLES = read_units()
STANDARD = """
    adHocSubProcess assignment association auditing boundaryEvent businessRuleTask callActivity
    cancelEventDefinition category choreography collaboration compensateEventDefinition complexBehaviorDefinition
    complexGateway conditionalEventDefinition conversation conversationLink correlationKey correlationProperty
    correlationPropertyBinding correlationPropertyRetrievalExpression correlationSubscription dataInput
    dataInputAssociation dataObject dataObjectReference dataOutput dataOutputAssociation dataStore dataStoreReference
    documentation endEvent endPoint errorEventDefinition escalationEventDefinition eventBasedGateway exclusiveGateway
    extension globalBusinessRuleTask globalManualTask globalScriptTask globalTask globalUserTask group import
    inclusiveGateway inputSet interface intermediateCatchEvent intermediateThrowEvent ioSpecification itemDefinition
    lane laneSet linkEventDefinition manualTask messageEventDefinition messageFlow monitoring
    multiInstanceLoopCharacteristics operation outputSet parallelGateway participant partnerEntity partnerRole
    potentialOwner process property receiveTask relationship resource resourceAssignmentExpression scriptTask sendTask
    sequenceFlow serviceTask signalEventDefinition standardLoopCharacteristics startEvent subProcess task
    terminateEventDefinition textAnnotation timeCycle timeDate timeDuration timerEventDefinition transaction
    transformation userTask
""".split()  # noqa: SIM905  (as text it is still read at a glance)
"""The elements of the schema of BPMN 2.0.2 that say something by themselves: without those that only hold others (such
as text or from), the abstract ones, and the inside of choreographies and conversations."""


def test_every_element_of_the_standard_has_an_entry() -> None:
    told = {word for element in ELEMENTS for path in element.find for word in re.findall(r"b:(\w+)", path)}
    assert set(STANDARD) - told == set()


def test_every_word_that_the_reader_knows_has_an_entry() -> None:
    told = {word for element in ELEMENTS for path in element.find for word in re.findall(r"b:(\w+)", path)}
    known = vocabulary.NODES | set(vocabulary.EVENT_KINDS) | set(vocabulary.GLOBAL_TASKS)
    data = {kind.name for kind in elements() if is_a(kind.name, "itemAware") or is_a(kind.name, "dataAssociation")}
    assert (known | data) - told == set()


@pytest.mark.parametrize(
    ("position", "kinds"),
    [
        ("process/b:startEvent", "message timer signal conditional"),
        ("triggeredByEvent='true']/b:startEvent", "message timer signal conditional error escalation compensate"),
        ("intermediateCatchEvent", "message timer signal conditional link"),
        ("intermediateThrowEvent", "message signal escalation compensate link"),
        ("boundaryEvent", "message timer signal conditional error escalation compensate cancel"),
        ("endEvent", "message signal error escalation compensate cancel terminate"),
    ],
)
def test_every_event_of_the_standard_has_an_entry(position: str, kinds: str) -> None:
    """BPMN 2.0.2, table 10.93."""
    paths = [path for element in ELEMENTS for path in element.find if f"{position}" in path]
    missing = [kind for kind in kinds.split() if not any(path.endswith(f"/b:{kind}EventDefinition") for path in paths)]
    assert missing == []


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda element: f"{element.unit}-{element.en}")
def test_a_unit_shows_what_becomes_of_it(element: Element) -> None:
    assert element.state in STATES
    for path in element.find:
        shown = any(_shows(example, element, path) for example in _examples(element.unit))
        assert shown, f"no example in {element.folder} shows that {path} {element.state}"


@pytest.mark.parametrize("element", [element for element in ELEMENTS if "refused" in element.but])
def test_what_is_refused_of_it_is_shown_too(element: Element) -> None:
    assert any(example.refused is not None for example in _examples(element.unit)), element.folder


def test_every_unit_belongs_to_an_element() -> None:
    assert {example.unit for example in EXAMPLES} == {element.unit for element in ELEMENTS}
    assert {path.parent.name for path in diagrams()} == {element.unit for element in ELEMENTS}


def test_the_page_says_the_same() -> None:
    told = PAGE.read_text(encoding="utf-8")
    assert told == page(GROUPS), "docs/bpmn.md is not up to date: run python -m tests.engine.bpmn.elements"


# ---------------------------------------------------------------- what counts as shown


def _examples(unit: str) -> Iterator[Example]:
    return (example for example in EXAMPLES if example.unit == unit)


@cache
def _root(path: Path) -> etree._Element:
    return etree.fromstring(path.read_bytes())


def _shows(example: Example, element: Element, path: str) -> bool:
    """An element runs if an example enters it (or, where nothing stands at the element itself, runs its diagram)."""
    matches = element.matches(path, _root(example.diagram))
    if not matches or (element.state == "refused") != (example.refused is not None):
        return False
    if example.refused is not None:
        return True
    played = Played(partial(Player, mode="plain"), example)
    assert all(fact.seen == fact.expected for fact in played.facts())
    player = played.player
    return player is not None and (
        element.state == "documents" or any(_is_entered(match, player, _root(example.diagram)) for match in matches)
    )


def _is_entered(match: etree._Element, player: Player, root: etree._Element) -> bool:
    """Where the match stands is entered; of what only leads on (a gateway that begins, a compensation event), it is
    what it leads to."""
    if match.tag == bpmn("sequenceFlow"):
        return match.get("id") in {step.flow_id for step in player.of(FlowTaken)}
    node = next((item for item in (match, *match.iterancestors()) if _is_node(item)), None)
    if node is None:
        return True
    seen = entered(player)
    leads = [item.get("targetRef") for item in root.iter() if item.get("sourceRef") == node.get("id")]
    return node.get("id") in seen or any(target in seen for target in leads)


def _is_node(element: etree._Element) -> bool:
    name = etree.QName(element)
    return name.namespace == BPMN and name.localname in vocabulary.NODES | set(vocabulary.GLOBAL_TASKS)
