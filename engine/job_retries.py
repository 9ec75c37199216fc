"""How often a job is tried, and when again: as its element says (`RetryCycle`), or as any job of the house."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from engine.bpmn.definition import Element
from engine.bpmn.retries import RetryCycle
from engine.clock import to_micros
from engine.context import CommandContext

TRIES = 3
BACKOFF = (timedelta(minutes=5), timedelta(minutes=1), timedelta(seconds=10))  # by retries left
OF_ELEMENT = frozenset({"timer", "async", "handler", "start_timer"})
"""Jobs that an element's retry cycle is for. A delivery is the receiver's business as well."""


def tries(elements: Mapping[str, Element], element_id: str) -> int:
    """Returns how often a new job of an element is tried."""
    cycle = _cycle(elements, element_id)
    return TRIES if cycle is None else cycle.tries


def next_due(ctx: CommandContext, job: Any, left: int) -> int:
    """Returns when (µs) a job that failed just now and has `left` tries is tried again."""
    cycle = None
    if job.type in OF_ELEMENT and job.definition_id is not None:
        cycle = _cycle(ctx.engine.definitions.process(ctx, job.definition_id).elements, job.element_id)
    if cycle is not None:
        return to_micros(cycle.next_due(ctx.now, left))
    return to_micros(ctx.now + BACKOFF[min(left, len(BACKOFF) - 1)])


def _cycle(elements: Mapping[str, Element], element_id: str) -> RetryCycle | None:
    """The body around the instances of a loop is tried as its activity says."""
    element = elements.get(element_id) or elements.get(element_id.partition("#")[0])
    return element.retry if element is not None else None
