"""Conditional start events: whose condition holds for given variables starts an instance (BPMN 10.5.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine import authorizations, decisions, process_definitions, process_instances, releases
from engine.bpmn.definition import StartEvent
from engine.context import CommandContext
from engine.definitions import Deployed
from engine.errors import InvalidRequest
from engine.feel import FeelError
from engine.process_instances import ProcessInstance


def evaluate_starts(
    ctx: CommandContext,
    values: Mapping[str, Any],
    *,
    business_key: str | None = None,
    definition_id: str | None = None,
) -> list[ProcessInstance]:
    """Starts an instance for each conditional start event in force whose condition holds (Camunda 7: /condition).

    `definition_id` limits this to one version; raises InvalidRequest if it has no conditional start event, NotFound,
    Forbidden if the actor may not start one of those that hold. Suspended processes are passed over.
    """
    holding = [
        (deployed, start) for deployed in _asked(ctx, definition_id) for start in _holding(ctx, deployed, values)
    ]
    for deployed, start in holding:
        authorizations.require_start(ctx, deployed, start.element_id)
    return [
        process_instances.start(
            ctx,
            deployed,
            values=values,
            business_key=business_key,
            start_event_id=start.element_id,
            cause="started_by_condition",
        )
        for deployed, start in holding
    ]


def _asked(ctx: CommandContext, definition_id: str | None) -> Iterator[Deployed]:
    if definition_id is not None:
        deployed = process_definitions.get(ctx, definition_id)
        if not any(_conditional(ctx, deployed)):
            raise InvalidRequest(f"the process definition {definition_id} has no conditional start event")
        yield deployed
        return
    held = ctx.engine.definitions.contents(ctx, releases.current(ctx)).get("process", {})
    for _, one in sorted(held.items()):
        yield ctx.engine.definitions.deployed(ctx, one)


def _conditional(ctx: CommandContext, deployed: Deployed) -> Iterator[StartEvent]:
    starts = ctx.engine.definitions.process(ctx, deployed.id).start_events
    return (start for start in starts if start.kind == "conditional")


def _holding(ctx: CommandContext, deployed: Deployed, values: Mapping[str, Any]) -> list[StartEvent]:
    """Returns the start events whose condition holds; one that cannot be evaluated on these variables does not."""
    found = [start for start in _conditional(ctx, deployed) if _holds(ctx, start, values)]
    return [] if found and process_definitions.is_suspended(ctx, deployed.id) else found


def _holds(ctx: CommandContext, start: StartEvent, values: Mapping[str, Any]) -> bool:
    try:
        return start.holds(values, decisions.environment(ctx))
    except FeelError:
        return False
