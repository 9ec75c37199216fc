"""Which elements of a diagram make jobs: timers, and steps that are done in a transaction of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from engine.bpmn.definition import Definition, Element
from engine.bpmn.migration_maps import nodes_of
from engine.bpmn.specs.event_definitions import MultipleEventDefinition

# Camunda's names of timers, by the kind of element that they stand at.
TIMERS = {"startEvent": "timer-start-event", "boundaryEvent": "timer-transition"}
INTERMEDIATE_TIMER = "timer-intermediate-transition"
CONTINUATION = "async-continuation"


@dataclass(frozen=True, slots=True)
class JobElement:
    """One reason for jobs: an element, Camunda's type of its jobs and how it is configured."""

    element_id: str
    type: str
    configuration: str


def job_elements(definition: Definition, handled: frozenset[str] = frozenset()) -> tuple[JobElement, ...]:
    """Returns the elements that make jobs, in the order of their ids. `handled` are the topics that become jobs."""
    timers = frozenset(_timers(definition))
    return tuple(
        one
        for element_id in sorted(definition.elements)
        for one in _of(definition.elements[element_id], timers, handled)
    )


def _timers(definition: Definition) -> Iterator[str]:
    for name, placed in nodes_of(definition).items():
        event = getattr(placed.spec, "event_definition", None)
        events = (
            [one.event_definition for one in event.triggers] if isinstance(event, MultipleEventDefinition) else [event]
        )
        if any(isinstance(one, TimerEventDefinition) for one in events):
            yield name.partition("#")[0]


def _of(element: Element, timers: frozenset[str], handled: frozenset[str]) -> Iterator[JobElement]:
    if element.id in timers:
        yield JobElement(element.id, TIMERS.get(element.type, INTERMEDIATE_TIMER), "timer")
    if element.attributes.get("topic") in handled:
        yield JobElement(element.id, CONTINUATION, "handler")
    for attribute, configuration in (("asyncBefore", "async-before"), ("asyncAfter", "async-after")):
        if element.attributes.get(attribute) == "true":
            yield JobElement(element.id, CONTINUATION, configuration)
