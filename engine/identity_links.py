"""Who is linked to an open task: candidates besides those of the diagram, its assignee and its owner.

Whoever may hand the task over may link people to it; each link and its removal is an event of the case. What an
escalation added stays: it is the deadline's, not a person's.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete

from engine import authorizations, models, process_instances, user_tasks, users
from engine.context import CommandContext
from engine.errors import InvalidRequest, NotFound
from engine.process_instances import Running
from engine.sql import insert_unless_present
from engine.user_tasks import UserTask

CANDIDATE = models.task_candidate
ADD = insert_unless_present(CANDIDATE)


@dataclass(frozen=True, slots=True)
class Link:
    """A user or a group (role), and what they are to the task. Groups are candidates only."""

    type: str
    user_id: str | None = None
    group_id: str | None = None


def add(ctx: CommandContext, task_id: str, link: Link) -> None:
    """Links somebody to a task. Raises InvalidRequest for who does not exist, Forbidden as for handing over."""
    _require_sound(link)
    _require_known(ctx, link)
    if link.type == "assignee":
        user_tasks.assign(ctx, task_id, link.user_id)
        return
    running, task = user_tasks.open_task(ctx, task_id, operation="assign")
    if link.type == "owner":
        user_tasks.update_task(ctx, running, task, "task.updated", owner=link.user_id)
        return
    kind, name = _candidate(link)
    if ADD.run(ctx.connection, task_id=task.id, kind=kind, name=name, due_at=task.due_at):
        _tell(ctx, running, task, "task.candidate_added", link)


def remove(ctx: CommandContext, task_id: str, link: Link) -> None:
    """Takes a link away; raises NotFound if there is none."""
    _require_sound(link)
    running, task = user_tasks.open_task(ctx, task_id, operation="assign")
    if link.type == "candidate":
        kind, name = _candidate(link)
        gone = delete(CANDIDATE).where(
            CANDIDATE.c.task_id == task.id, CANDIDATE.c.kind == kind, CANDIDATE.c.name == name
        )
        if ctx.connection.execute(gone).rowcount != 1:
            raise NotFound(f"{name} is no candidate of task {task.id}")
        _tell(ctx, running, task, "task.candidate_removed", link)
        return
    if (task.assignee if link.type == "assignee" else task.owner) != link.user_id:
        raise NotFound(f"{link.user_id} is not {link.type} of task {task.id}")
    if link.type == "assignee":
        user_tasks.assign(ctx, task_id, None)
    else:
        user_tasks.update_task(ctx, running, task, "task.updated", owner=None)


def _candidate(link: Link) -> tuple[str, str]:
    return ("user", link.user_id) if link.user_id is not None else ("group", link.group_id or "")


def _require_sound(link: Link) -> None:
    if link.type not in {"candidate", "assignee", "owner"}:
        raise InvalidRequest("type must be candidate, assignee or owner")
    if (link.user_id is None) == (link.group_id is None):
        raise InvalidRequest("either userId or groupId must be given")
    if link.type != "candidate" and link.user_id is None:
        raise InvalidRequest(f"a group cannot be {link.type} of a task")


def _require_known(ctx: CommandContext, link: Link) -> None:
    if link.group_id is not None and link.group_id not in authorizations.access(ctx).roles:
        raise InvalidRequest(f"there is no group {link.group_id}")
    if link.user_id is not None:
        try:
            users.get(ctx, link.user_id)
        except NotFound as cause:
            raise InvalidRequest(f"there is no user {link.user_id}") from cause


def _tell(ctx: CommandContext, running: Running, task: UserTask, kind: str, link: Link) -> None:
    body = {"task": task.id, "element": task.element_id, "user": link.user_id, "group": link.group_id}
    process_instances.apply(ctx, running, kind=kind, body=body)
