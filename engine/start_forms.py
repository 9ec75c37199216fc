"""Starting by hand: the start event that a person uses, its form, and the instance that a submission begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import (
    authorizations,
    branches,
    decisions,
    process_definitions,
    process_instances,
    proposals,
    releases,
    variables,
)
from engine.bpmn.definition import Definition
from engine.context import CommandContext
from engine.definitions import Deployed
from engine.errors import Conflict, Forbidden
from engine.forms import Form
from engine.process_instances import ProcessInstance
from engine.values import plain


@dataclass(frozen=True, slots=True)
class Start:
    """How a person starts a process. `message` is the name of the event's message, if it waits for one."""

    element_id: str
    message: str | None
    form_ref: str | None


def start_of(definition: Definition) -> Start | None:
    """Returns the start event for a person: the plain one, else the first message start that has a form.

    Timers and signals start by themselves; a message start without a form is for programs.
    """
    for event in definition.start_events:
        if event.kind == "none":
            return Start(event.element_id, None, definition.elements[event.element_id].form_ref)
    for event in definition.start_events:
        form_ref = definition.elements[event.element_id].form_ref
        if event.kind == "message" and form_ref is not None:
            return Start(event.element_id, event.event_name, form_ref)
    return None


def form_of(ctx: CommandContext, deployed: Deployed, start: Start | None) -> Form | None:
    """Returns the form of a start event in the release that an instance would start under."""
    if start is None or start.form_ref is None:
        return None
    return variables.find_form(ctx, start.form_ref, releases.under(ctx, deployed))


def start_instance(
    ctx: CommandContext,
    deployed: Deployed,
    values: Mapping[str, Any] | None = None,
    *,
    business_key: str | None = None,
    with_form: bool = False,
) -> ProcessInstance:
    """Starts a process for a person. Raises Forbidden, Conflict if it is suspended, FormInvalid (`with_form`)."""
    start = start_of(ctx.engine.definitions.process(ctx, deployed.id))
    element_id = None if start is None else start.element_id
    if not _may_try(ctx, deployed):
        authorizations.require_start(ctx, deployed, element_id)
    if process_definitions.is_suspended(ctx, deployed.id):
        raise Conflict(f"process definition {deployed.id} is suspended; activate it first")
    given = dict(values or {})
    form = form_of(ctx, deployed, start) if with_form else None
    if form is not None:
        given = {name: plain(value) for name, value in given.items()}
        branch = branches.default_of(ctx.actor)
        if branch is not None and branches.VARIABLE in form.keys and given.get(branches.VARIABLE) in (None, ""):
            given[branches.VARIABLE] = branch
        given = form.validate(given, variables={}, environment=decisions.environment(ctx))
    return process_instances.start(ctx, deployed, values=given, business_key=business_key, start_event_id=element_id)


def _may_try(ctx: CommandContext, deployed: Deployed) -> bool:
    """A version that is only proposed is tried by its author and by who may approve it, and started by nobody else."""
    if releases.under(ctx, deployed) >= 0:
        return False
    if not proposals.may_try(ctx, deployed):
        raise Forbidden(
            f"version {deployed.version} of {deployed.key} is only proposed; its author may try it",
            user_id=ctx.actor.user_id,
            resource=f"ProcessDefinition {deployed.id}",
            operation="start",
        )
    return True
