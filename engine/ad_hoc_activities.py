"""Ad-hoc sub-processes whose activities people start (BPMN 10.3.5): what can be started, starting it, saying enough.

A sub-process asks for this with the property `adHoc.start` = `manual`. An activity is started by the roles of its lane
or candidate groups; where it names none, by who takes part in the case; always by who may modify instances.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine import authorizations, process_instances
from engine.bpmn.definition import Element
from engine.bpmn.instance import ByHand
from engine.context import CommandContext
from engine.errors import NotFound
from engine.process_instances import ProcessInstance, Running


@dataclass(frozen=True, slots=True)
class Choice:
    """An activity that somebody can start; `may_start` says whether the actor may."""

    element: Element
    may_start: bool


@dataclass(frozen=True, slots=True)
class AdHoc:
    """A running ad-hoc sub-process. `activity_id` is its activity instance, `can_complete` tells that people end it."""

    activity_id: str
    process_id: str
    element: Element
    can_complete: bool
    choices: tuple[Choice, ...]


def any_by_hand(ctx: CommandContext, definition_id: str) -> bool:
    """Tells whether a process draws an ad-hoc sub-process that people work in by hand, which `find` may then list."""
    elements = ctx.engine.definitions.process(ctx, definition_id).elements.values()
    return any(one.properties.get("adHoc.start") == "manual" for one in elements if one.type == "adHocSubProcess")


def find(ctx: CommandContext, instance_id: str) -> list[AdHoc]:
    """Returns the ad-hoc sub-processes of a case that wait for somebody; raises NotFound, Forbidden."""
    row = process_instances.get(ctx, instance_id)
    authorizations.require_instance(ctx, row.root_id)
    root = row if row.id == row.root_id else process_instances.get(ctx, row.root_id)
    if root.state_body is None:
        return []
    running = process_instances.running_from(ctx, root)
    return [_shown(ctx, running, held) for held in running.instance.by_hand()]


def start(ctx: CommandContext, instance_id: str, activity_id: str, element_id: str) -> ProcessInstance:
    """Starts an activity; raises NotFound, Forbidden, Conflict while another one runs where they go one by one."""
    running, held = _held(ctx, instance_id, activity_id)
    element = running.element(held.process_id, element_id)
    if element is None or element_id not in held.elements:
        raise NotFound(f"{held.element_id} has no activity {element_id} that is started by hand")
    authorizations.require_ad_hoc(ctx, running.root_id, element)
    outcome = running.instance.start_activity(activity_id, element_id)
    body = {"sub_process": held.element_id, "element": element_id, "activity": activity_id}
    return process_instances.apply(ctx, running, outcome, kind="activity.started_by_hand", body=body)


def complete(ctx: CommandContext, instance_id: str, activity_id: str) -> ProcessInstance:
    """Says that it is enough; raises NotFound, Forbidden, Conflict where a completion condition says so instead."""
    running, held = _held(ctx, instance_id, activity_id)
    element = running.element(held.process_id, held.element_id)
    if element is not None:
        authorizations.require_ad_hoc(ctx, running.root_id, element)
    outcome = running.instance.complete_by_hand(activity_id)
    body = {"sub_process": held.element_id, "activity": activity_id}
    return process_instances.apply(ctx, running, outcome, kind="ad_hoc.completed", body=body)


def _held(ctx: CommandContext, instance_id: str, activity_id: str) -> tuple[Running, ByHand]:
    running = process_instances.load(ctx, instance_id)
    held = next((one for one in running.instance.by_hand() if one.activity_id == activity_id), None)
    if held is None:
        raise NotFound(f"no ad-hoc sub-process {activity_id} waits for somebody to start its activities")
    return running, held


def _shown(ctx: CommandContext, running: Running, held: ByHand) -> AdHoc:
    element = running.element(held.process_id, held.element_id)
    assert element is not None
    found = [running.element(held.process_id, one) for one in held.elements]
    choices = tuple(
        Choice(one, authorizations.may_ad_hoc(ctx, running.root_id, one)) for one in found if one is not None
    )
    may_complete = held.can_complete and authorizations.may_ad_hoc(ctx, running.root_id, element)
    return AdHoc(held.activity_id, held.process_id, element, may_complete, choices)
