"""Separation of duties: who completed one task of a case does not do another one, as the diagram says.

A user task names the tasks that somebody else must have done, by the property `separation.from` (element ids, `|`
between several). Who completed one of them in this case neither claims nor completes the task and gets it from nobody.
A substitute counts as both people: who stood in then, or stands in now for somebody who did it, is refused as well.
"""

from __future__ import annotations

from sqlalchemy import or_, select

from engine import models
from engine.bpmn.lint.separations import PROPERTY, separated_from
from engine.context import SYSTEM, CommandContext
from engine.errors import Forbidden
from engine.user_task_queries import UserTask

TASK = models.user_task


def require(ctx: CommandContext, task: UserTask, *people: str | None) -> None:
    """Raises Forbidden if one of the people, or who stood in for them, completed a task that this one is separated
    from. Reads nothing for a task that is separated from none."""
    element = ctx.engine.definitions.process(ctx, task.definition_id).elements.get(task.element_id)
    if element is None or PROPERTY not in element.properties:
        return
    others = separated_from(element.properties)
    asked = sorted({person for person in people if person is not None} - {SYSTEM})
    if not asked:
        return
    did = (
        select(TASK.c.element_id, TASK.c.name, TASK.c.name_en, TASK.c.closed_by, TASK.c.acting_for)
        .where(TASK.c.root_id == task.root_id, TASK.c.definition_key == task.definition_key)
        .where(TASK.c.element_id.in_(others), TASK.c.state == "completed")
        .where(or_(TASK.c.closed_by.in_(asked), TASK.c.acting_for.in_(asked)))
        .order_by(TASK.c.id.desc())
    )
    row = ctx.connection.execute(did.limit(1)).first()
    if row is None:
        return
    who = row.closed_by if row.closed_by in asked else row.acting_for
    raise Forbidden(
        f"user {who} did {row.name_en or row.name} in this case; somebody else does {task.name_en or task.name}",
        user_id=ctx.actor.user_id,
        resource=f"Task {task.id}",
        operation="separation_of_duties",
        zh=f"用户 {who} 已在本案中完成「{row.name}」，「{task.name}」须由他人办理。",
    )


def is_barred(ctx: CommandContext, task: UserTask, *people: str | None) -> bool:
    """Tells whether `require` would refuse."""
    try:
        require(ctx, task, *people)
    except Forbidden:
        return True
    return False
