"""Which elements of a diagram make jobs: timers, and steps that are done in a transaction of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from engine.bpmn.definition import Definition, Element
from engine.bpmn.extensions import RETRY_CYCLE
from engine.bpmn.migration_maps import nodes_of
from engine.bpmn.model import Node, Process
from engine.bpmn.specs.event_definitions import MultipleEventDefinition
from engine.findings import Finding

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


def idle_retry_cycles(process: Process, handled: Collection[str] | None = None) -> Iterator[Finding]:
    """Yields a warning for each retry cycle at an element of a diagram that makes no job to be tried again.

    `handled` are the topics that the house handles itself; None where they are not known, and no topic is doubted.
    """
    for node in process.nodes():
        if node.retry is None or _makes_job(node, handled):
            continue
        zh, en = f"{node.id} 的 camunda:{RETRY_CYCLE} 不起作用：", f"camunda:{RETRY_CYCLE} at {node.id} has no effect: "
        if "topic" in node.texts:
            zh += "该主题由外部工作者处理，重试次数由其报告失败时给出。"
            en += "workers outside do this topic, and say themselves how often when they report a failure."
        else:
            zh += "该元素不产生作业；请设置 camunda:asyncBefore 或 asyncAfter，或写在定时事件上。"
            en += "it makes no job; set camunda:asyncBefore or asyncAfter, or write the cycle at the timer event."
        yield Finding("warning", "retry-cycle-without-job", zh, en, node.id, node.retry.line)


def _makes_job(node: Node, handled: Collection[str] | None) -> bool:
    loop = node.loop is not None and (node.loop.async_before or node.loop.async_after)
    continued = any(node.attributes.get(name) == "true" for name in ("asyncBefore", "asyncAfter"))
    if loop or continued or any(event.kind == "timer" for event in node.events):
        return True
    topic = node.texts.get("topic")
    return topic is not None and (handled is None or not topic.is_literal or topic.source in handled)
