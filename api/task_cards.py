"""Cards of the inbox: what has to be done, until when and why, with everything a list needs and no personal value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from api.times import write_micros
from engine import authorizations, models, separations, user_tasks
from engine.context import CommandContext, Cover
from engine.deadlines import Deadline, from_row
from engine.user_tasks import Candidates, UserTask
from engine.values import decode
from engine.variable_queries import VariableQuery, find_variables

CASE_NO = "case_no"


@dataclass(frozen=True, slots=True)
class _Around:
    """What several tasks need besides their own rows, read with one statement each."""

    candidates: Mapping[str, Candidates]
    deadlines: Mapping[str, Deadline]
    case_numbers: Mapping[str, str]


def cards(ctx: CommandContext, tasks: Iterable[UserTask]) -> list[dict[str, Any]]:
    """Returns the cards of tasks, in their order."""
    listed = list(tasks)
    if not listed:
        return []
    around = _Around(
        user_tasks.candidates_of(ctx, [task.id for task in listed]),
        _deadlines(ctx, [task.deadline_id for task in listed if task.deadline_id]),
        case_numbers(ctx, [task.root_id for task in listed]),
    )
    return [_card(ctx, task, around) for task in listed]


def card(ctx: CommandContext, task: UserTask) -> dict[str, Any]:
    """Returns the card of one task."""
    return cards(ctx, [task])[0]


def next_card(ctx: CommandContext) -> dict[str, Any] | None:
    """Returns the card of what the actor should do next."""
    found = user_tasks.next_for(ctx, ctx.actor.user_id, sorted(ctx.actor.roles))
    return None if found is None else card(ctx, found)


def case_numbers(ctx: CommandContext, root_ids: Iterable[str]) -> dict[str, str]:
    """Returns the case number of each case that has one in the clear."""
    query = VariableQuery(name=CASE_NO, process_instance_ids=tuple(set(root_ids)))
    found = {row.root_id: decode(row.value) for row in find_variables(ctx, query) if row.scope_id == ""}
    return {root_id: value for root_id, value in found.items() if isinstance(value, str)}


def _deadlines(ctx: CommandContext, ids: Iterable[str]) -> dict[str, Deadline]:
    table = models.deadline
    rows = ctx.connection.execute(select(table).where(table.c.id.in_(list(ids))))
    return {row.id: from_row(row) for row in rows}


def _card(ctx: CommandContext, task: UserTask, around: _Around) -> dict[str, Any]:
    deployed = ctx.engine.definitions.deployed(ctx, task.definition_id)
    candidates = around.candidates.get(task.id, Candidates())
    deadline = around.deadlines.get(task.deadline_id or "")
    return {
        "id": task.id,
        "name": {"zh": task.name, "en": task.name_en or task.name},
        "elementId": task.element_id,
        "processKey": deployed.key,
        "processName": process_name(deployed.key, deployed.name, deployed.name_en),
        "processInstanceId": task.root_id,
        "businessKey": task.business_key,
        "caseNo": around.case_numbers.get(task.root_id),
        "customerRef": task.customer_ref,
        "assignee": task.assignee,
        "actingFor": task.acting_for,
        "created": write_micros(task.created_at),
        "due": write_micros(task.due_at),
        "deadline": None if deadline is None else _deadline(deadline),
        "priority": task.priority,
        "candidateGroups": list(candidates.groups),
        "why": _why(ctx, task, candidates),
        "mayComplete": _may_complete(ctx, task, candidates),
    }


def process_name(key: str, name: str | None, name_en: str | None) -> dict[str, str]:
    """Returns the names of a process in both languages; the key stands in for what has none."""
    return {"zh": name or key, "en": name_en or name or key}


def _deadline(deadline: Deadline) -> dict[str, Any]:
    return {
        "code": deadline.code,
        "dueAt": write_micros(deadline.due_at),
        "anchorAt": write_micros(deadline.anchor_at),
        "state": deadline.state,
        "clause": deadline.row.get("clause") or None,
        "warnAt": [write_micros(at) for at in deadline.warn_at],
        "escalatedTo": list(deadline.escalate_to) if deadline.breached_at is not None else [],
    }


def _why(ctx: CommandContext, task: UserTask, candidates: Candidates) -> dict[str, Any] | None:
    """Says why the actor sees the task: it is theirs, their group's, it was escalated to them, or they stand in for
    `person`, who is away."""
    if task.assignee == ctx.actor.user_id:
        return {"kind": "assignee", "group": None} if task.acting_for is None else _substitute(task.acting_for, None)
    if any(cover.user_id == task.assignee for cover in ctx.actor.covers):
        return _substitute(str(task.assignee), None)
    for kind, groups in (("group", candidates.groups), ("escalation", candidates.escalations)):
        group = next((name for name in groups if name in ctx.actor.roles), None)
        if group is not None:
            return {"kind": kind, "group": group}
    if ctx.actor.user_id in candidates.users:
        return {"kind": "assignee", "group": None}
    return next((why for cover in ctx.actor.covers if (why := _why_covered(cover, task, candidates))), None)


def _why_covered(cover: Cover, task: UserTask, candidates: Candidates) -> dict[str, Any] | None:
    if task.assignee == cover.user_id or cover.user_id in candidates.users:
        return _substitute(cover.user_id, None)
    group = next((name for name in (*candidates.groups, *candidates.escalations) if name in cover.roles), None)
    return None if group is None else _substitute(cover.user_id, group)


def _substitute(person: str, group: str | None) -> dict[str, Any]:
    return {"kind": "substitute", "group": group, "person": person}


def _may_complete(ctx: CommandContext, task: UserTask, candidates: Candidates) -> bool:
    """Tells whether the button works now: the task is free for the actor, not delegated, and no other duty bars it."""
    if task.delegation_state == user_tasks.PENDING:
        return False
    covered = next((cover.user_id for cover in ctx.actor.covers if cover.user_id == task.assignee), None)
    if task.assignee not in {None, ctx.actor.user_id, covered}:
        return False
    if separations.is_barred(ctx, task, ctx.actor.user_id, covered or task.acting_for):
        return False
    groups = frozenset((*candidates.groups, *candidates.escalations))
    is_candidate = not groups.isdisjoint(ctx.actor.roles) or ctx.actor.user_id in candidates.users
    return authorizations.may_task(ctx, task, "complete", is_candidate=is_candidate)
