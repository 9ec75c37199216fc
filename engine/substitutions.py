"""Whose tasks somebody may work on: the own ones, and those of absent people whose substitute they are right now.

A substitute sees and does the tasks of the absent person, held by name or offered to that person's roles, and nothing
else of that person: no start, no list of cases, no report. What a substitute claims stays marked with the absent
person (`acting_for`); it is covered no second time, so that there are no chains, and goes back once the cover ends.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, exists, false, or_

from engine import models
from engine.context import Actor, Cover

TASK, CANDIDATE = models.user_task, models.task_candidate


def named(user_id: str, roles: Iterable[str]) -> ColumnElement[bool]:
    """Returns the condition that a person, or one of the roles, may take the task of the row."""
    return exists().where(
        CANDIDATE.c.task_id == TASK.c.id,
        or_(
            and_(CANDIDATE.c.kind.in_(("group", "escalation")), CANDIDATE.c.name.in_(sorted(roles))),
            and_(CANDIDATE.c.kind == "user", CANDIDATE.c.name == user_id),
        ),
    )


def covered(actor: Actor) -> ColumnElement[bool]:
    """Returns the condition that the open task of the row is one of an absent person whom the actor covers."""
    if not actor.covers:
        return false()
    people = [cover.user_id for cover in actor.covers]
    theirs = and_(TASK.c.assignee.in_(people), TASK.c.acting_for.is_(None))
    taken = and_(TASK.c.assignee == actor.user_id, TASK.c.acting_for.in_(people))
    free = and_(TASK.c.assignee.is_(None), or_(*[named(cover.user_id, cover.roles) for cover in actor.covers]))
    return and_(TASK.c.state == "open", or_(theirs, taken, free, *[escalated(cover.roles) for cover in actor.covers]))


def escalated(roles: Iterable[str]) -> ColumnElement[bool]:
    """Returns the condition that an escalation brought one of the roles to the task of the row, whoever has it."""
    return exists().where(
        CANDIDATE.c.task_id == TASK.c.id, CANDIDATE.c.kind == "escalation", CANDIDATE.c.name.in_(sorted(roles))
    )


def concerns(actor: Actor) -> ColumnElement[bool]:
    """Returns the condition that the task of the row is the actor's, is offered to the actor, or is a covered one."""
    own = or_(TASK.c.assignee == actor.user_id, TASK.c.acting_for == actor.user_id, named(actor.user_id, actor.roles))
    return or_(own, covered(actor)) if actor.covers else own


def cover_of(actor: Actor, user_id: str | None) -> Cover | None:
    """Returns the cover by which the actor stands in for somebody right now, None if there is none."""
    return next((cover for cover in actor.covers if cover.user_id == user_id), None)
