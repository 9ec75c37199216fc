"""The case that carries an evaluation to people: the notice to the customer, the review by OPSM, the approval by OPSD.

An evaluation that has to be told or looked at opens a case of `tier_evaluation` in its own transaction. The review in
`tier_review` is the record of what was decided; the case is how it comes into the inboxes, with its limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from crm.points import RENTAL_LINE
from engine import definitions, models, process_instances, releases, user_tasks
from engine.context import CommandContext
from engine.errors import NotFound

PROCESS, START = "tier_evaluation", "tier_evaluated"
REVIEW, APPROVE, WITHDRAWAL = "tier_review", "approve_tier", "record_withdrawal"
TASK = models.user_task


def open_case(ctx: CommandContext, told: Mapping[str, Any]) -> None:
    """Starts the case of an evaluation, unless the house has no diagram for it (tables may be tried alone).

    `told` names the customer and says what changed, whether to tell it (`notice`) and which review is open, if any.
    """
    try:
        deployed = definitions.resolve(ctx, "process", PROCESS, release=releases.current(ctx))
    except NotFound:
        return
    values = {**told, "business_line": RENTAL_LINE, "review": told.get("review_id") is not None}
    process_instances.start(ctx, deployed, values=values, start_event_id=START, cause="started_by_message")


def complete(ctx: CommandContext, customer_ref: str, element_id: str, values: Mapping[str, Any]) -> None:
    """Completes the task of a review, if its case waits there, so that what was decided elsewhere leaves the inbox.

    A customer has one review at a time, and so one such task.
    """
    of_case = (TASK.c.definition_key == PROCESS, TASK.c.customer_ref == customer_ref)
    here = (*of_case, TASK.c.element_id == element_id, TASK.c.state == "open")
    task_id = ctx.connection.execute(select(TASK.c.id).where(*here)).scalar_one_or_none()
    if task_id is not None:
        user_tasks.complete(ctx, task_id, values)


def who_did(ctx: CommandContext, case_id: str, element_id: str) -> str:
    """Returns who completed a task of a case; raises NotFound."""
    here = (TASK.c.root_id == case_id, TASK.c.element_id == element_id, TASK.c.state == "completed")
    query = select(TASK.c.closed_by).where(*here).order_by(TASK.c.closed_at.desc()).limit(1)
    person = ctx.connection.execute(query).scalar_one_or_none()
    if person is None:
        raise NotFound(f"nobody completed {element_id} of case {case_id}")
    return str(person)
