"""/task: what people have to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import falcon.asgi

from api import forms, readings, representations
from api.commands import Resource, actor_of, no_content
from api.params import BOOLEAN, INTEGER, MICROS, TEXT, TEXTS, Filters, Parameters, read_body, read_filters
from api.typed_values import read_variables, write_variable, write_variables
from engine import authorizations, user_tasks
from engine.context import CommandContext
from engine.errors import NotFound
from engine.user_tasks import SORTS, Candidates, TaskQuery, UserTask
from engine.values import Value

FILTERS: Filters = {
    "taskId": ("id", TEXT),
    "processInstanceId": ("process_instance_id", TEXT),
    "processInstanceBusinessKey": ("business_key", TEXT),
    "processDefinitionKey": ("process_definition_key", TEXT),
    "processDefinitionId": ("process_definition_id", TEXT),
    "taskDefinitionKey": ("element_id", TEXT),
    "assignee": ("assignee", TEXT),
    "unassigned": ("unassigned", BOOLEAN),
    "assigned": ("assigned", BOOLEAN),
    "candidateGroup": ("candidate_group", TEXT),
    "candidateGroups": ("candidate_groups", TEXTS),
    "candidateUser": ("candidate_user", TEXT),
    "name": ("name", TEXT),
    "dueBefore": ("due_before", MICROS),
    "dueAfter": ("due_after", MICROS),
    "createdBefore": ("created_before", MICROS),
    "createdAfter": ("created_after", MICROS),
    "priority": ("priority", INTEGER),
}
DEFAULT_SORT = (("dueDate", "asc"),)


class UserTasks(Resource):
    """Open tasks that the actor may see, and what can be done with one."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), _listed, Parameters.of_query(req))

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), _listed, await Parameters.of_both(req))

    async def on_get_count(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), _counted, Parameters.of_query(req))

    async def on_post_count(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), _counted, await Parameters.of_both(req))

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        resp.media = representations.task(await self.commands.read(actor_of(req), readable, task_id))

    # -------------------------------------------------------- doing

    async def on_post_claim(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        await self._for_user(req, user_tasks.claim, task_id)
        no_content(resp)

    async def on_post_unclaim(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        await self.commands.run(actor_of(req), user_tasks.unclaim, task_id)
        no_content(resp)

    async def on_post_assignee(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        await self._for_user(req, user_tasks.assign, task_id)
        no_content(resp)

    async def on_post_complete(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        body = Parameters(await read_body(req))
        values = read_variables(body.raw("variables"))
        await self.commands.run(actor_of(req), user_tasks.complete, task_id, values)
        if body.boolean("withVariablesInReturn"):
            resp.media = write_variables(values)
        else:
            no_content(resp)

    async def _for_user(
        self,
        req: falcon.asgi.Request,
        command: Callable[[CommandContext, str, str | None], UserTask],
        task_id: str,
    ) -> None:
        user_id = Parameters(await read_body(req)).short("userId")
        await self.commands.run(actor_of(req), _on_behalf, command, task_id, user_id)

    # -------------------------------------------------------- reading one

    async def on_get_form(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        task = await self.commands.read(actor_of(req), readable, task_id)
        resp.media = forms.reference(task.form_ref, task.form_key)

    async def on_get_deployed_form(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        resp.media = await self.commands.read(actor_of(req), _deployed_form, task_id)

    async def on_get_variables(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        resp.media = write_variables(await self._values(req, task_id))

    async def on_get_variable(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str, name: str
    ) -> None:
        seen = await self._values(req, task_id, only=(name,))
        if name not in seen:
            raise NotFound(f"the task {task_id} sees no variable of this name")
        resp.media = write_variable(seen[name])

    async def on_get_form_variables(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        only = Parameters.of_query(req).texts("variableNames")
        resp.media = write_variables(await self._values(req, task_id, only=only))

    async def _values(
        self, req: falcon.asgi.Request, task_id: str, *, only: tuple[str, ...] | None = None
    ) -> dict[str, Value]:
        task, values = await self.commands.read(actor_of(req), _task_values, task_id)
        wanted = values if only is None else {name: value for name, value in values.items() if name in only}
        return await readings.shown(self.commands, actor_of(req), task.root_id, wanted)

    async def on_get_identity_links(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        resp.media = await self.commands.read(actor_of(req), _identity_links, task_id)


def visible_query(ctx: CommandContext, parameters: Parameters) -> TaskQuery:
    """Builds the query of a list, limited to what the actor may see."""
    if authorizations.may(ctx, "Task", "read_any"):
        query: TaskQuery = read_filters(TaskQuery, FILTERS, parameters)
    else:
        query = read_filters(
            TaskQuery, FILTERS, parameters, visible_to=(ctx.actor.user_id, tuple(sorted(ctx.actor.roles)))
        )
    return query


def _listed(ctx: CommandContext, parameters: Parameters) -> list[dict[str, Any]]:
    first, limit = parameters.page()
    sort = parameters.sorting(SORTS, DEFAULT_SORT)
    found = user_tasks.find(ctx, visible_query(ctx, parameters), sort=sort, first=first, limit=limit)
    return [representations.task(task) for task in found]


def _counted(ctx: CommandContext, parameters: Parameters) -> dict[str, int]:
    return {"count": user_tasks.count(ctx, visible_query(ctx, parameters))}


def readable(ctx: CommandContext, task_id: str) -> UserTask:
    """Returns an open task that the actor may see; raises NotFound, Forbidden."""
    task = user_tasks.get(ctx, task_id)
    authorizations.require_task(ctx, task, "read")
    if task.state != "open":
        raise NotFound(f"the task {task_id} is {task.state}; see the history")
    return task


def _on_behalf(
    ctx: CommandContext,
    command: Callable[[CommandContext, str, str | None], UserTask],
    task_id: str,
    user_id: str | None,
) -> UserTask:
    """Claims or assigns for a user. Camunda's claim names its user; in somebody else's name it is an assignment."""
    if command is user_tasks.claim and user_id not in {None, ctx.actor.user_id}:
        task = user_tasks.get(ctx, task_id)
        authorizations.require_task(ctx, task, "assign")
    return command(ctx, task_id, user_id)


def _deployed_form(ctx: CommandContext, task_id: str) -> dict[str, Any]:
    task = readable(ctx, task_id)
    found = forms.task_schema(ctx, task)
    if found is None:
        raise NotFound(f"the task {task_id} has no deployed form")
    return found


def _task_values(ctx: CommandContext, task_id: str) -> tuple[UserTask, dict[str, Value]]:
    task = readable(ctx, task_id)
    return task, readings.of_task(ctx, task)


def _identity_links(ctx: CommandContext, task_id: str) -> list[dict[str, Any]]:
    task = readable(ctx, task_id)
    found = user_tasks.candidates_of(ctx, [task.id]).get(task.id, Candidates())
    groups = (*found.groups, *found.escalations)
    return representations.identity_links(task.assignee, users=found.users, groups=groups)
