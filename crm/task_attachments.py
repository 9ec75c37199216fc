"""Files that people attach to a task: stored like all files of the case; name and description by reference, in its
chain, because people write names into both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from crm import attachments
from crm.attachments import Attachment, StoredFile
from engine import models, process_instances, user_tasks, variables
from engine.context import CommandContext
from engine.errors import InvalidRequest, NotFound
from engine.user_tasks import UserTask
from engine.values import Value, from_json, load, to_json

EVENT = models.history_event
KIND = "task.attached"
# No variable has such a name, so no diagram can declare them free of personal data.
NAME, DESCRIPTION = "task.attachment_name", "task.attachment_description"
LENGTH = 1_000


@dataclass(frozen=True, slots=True)
class TaskAttachment:
    """One file at a task. `name` and `description` are references into the vault, or None; `at` is UTC microseconds."""

    file: Attachment
    task_id: str
    at: int
    name: Value
    description: Value


def add(
    ctx: CommandContext, stored: StoredFile, *, task_id: str, name: str | None, description: str | None
) -> TaskAttachment:
    """Makes a stored file one of an open task, as an event of its case. Raises Forbidden, Conflict."""
    given = {NAME: name, DESCRIPTION: description}
    for text in given.values():
        if text is not None and len(text) > LENGTH:
            raise InvalidRequest(f"name and description of an attachment have at most {LENGTH} characters")
    running, task = user_tasks.open_task(ctx, task_id, operation="complete")
    kept = variables.absorb_into(ctx, running, given)
    file = attachments.add(ctx, stored, process_instance_id=running.root_id)
    body = {"task": task.id, "element": task.element_id, "attachment": file.id, "sha256": file.sha256}
    labels = {"name": to_json(kept[NAME]), "description": to_json(kept[DESCRIPTION])}
    process_instances.apply(ctx, running, kind=KIND, body=body | labels)
    return TaskAttachment(file, task.id, ctx.now_micros, kept[NAME], kept[DESCRIPTION])


def of_task(ctx: CommandContext, task: UserTask) -> list[TaskAttachment]:
    """Returns the files that were attached to a task, oldest first."""
    rows = ctx.connection.execute(
        select(EVENT).where(EVENT.c.chain_id == task.root_id, EVENT.c.kind == KIND).order_by(EVENT.c.seq)
    )
    told = ((row.at, load(row.body)) for row in rows)
    return [_read(ctx, at, body) for at, body in told if body["task"] == task.id]


def get(ctx: CommandContext, task: UserTask, attachment_id: str) -> TaskAttachment:
    """Returns one file of a task; raises NotFound."""
    found = next((one for one in of_task(ctx, task) if one.file.id == attachment_id), None)
    if found is None:
        raise NotFound(f"the task {task.id} has no attachment {attachment_id}")
    return found


def _read(ctx: CommandContext, at: int, body: Mapping[str, str]) -> TaskAttachment:
    file = attachments.get(ctx, body["attachment"])
    return TaskAttachment(file, body["task"], at, from_json(body["name"]), from_json(body["description"]))
