"""Comments: what people write beside a task. The text is kept by reference, because they write names into it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from engine import models, process_instances, user_tasks, variables
from engine.context import CommandContext
from engine.errors import InvalidRequest, NotFound
from engine.ids import new_id
from engine.values import Value, from_json, load, to_json

EVENT = models.history_event
KIND = "task.commented"
NAME = "task.comment"  # no variable has such a name, so no diagram can declare it free of personal data
LENGTH = 4000


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment; `text` is a reference into the vault. `at` is UTC microseconds."""

    id: str
    task_id: str
    root_id: str
    at: int
    by: str
    text: Value


def write(ctx: CommandContext, task_id: str, text: str) -> Comment:
    """Keeps a comment on an open task in the history of its case."""
    if not text.strip() or len(text) > LENGTH:
        raise InvalidRequest(f"a comment has 1 to {LENGTH} characters")
    running, task = user_tasks.open_task(ctx, task_id, operation="complete")
    kept = variables.absorb_into(ctx, running, {NAME: text})[NAME]
    comment = Comment(new_id(), task.id, running.root_id, ctx.now_micros, ctx.actor.user_id, kept)
    body = {"task": task.id, "element": task.element_id, "comment": comment.id, "text": to_json(kept)}
    process_instances.apply(ctx, running, kind=KIND, body=body)
    return comment


def of_task(ctx: CommandContext, task_id: str) -> list[Comment]:
    """Returns the comments on a task, oldest first."""
    task = user_tasks.get(ctx, task_id)
    rows = ctx.connection.execute(
        select(EVENT).where(EVENT.c.chain_id == task.root_id, EVENT.c.kind == KIND).order_by(EVENT.c.seq)
    )
    told = ((row, load(row.body)) for row in rows)
    return [
        Comment(body["comment"], task_id, task.root_id, row.at, row.actor, from_json(body["text"]))
        for row, body in told
        if body["task"] == task_id
    ]


def get(ctx: CommandContext, task_id: str, comment_id: str) -> Comment:
    """Returns one comment of a task; raises NotFound."""
    found = next((one for one in of_task(ctx, task_id) if one.id == comment_id), None)
    if found is None:
        raise NotFound(f"the task {task_id} has no comment {comment_id}")
    return found
