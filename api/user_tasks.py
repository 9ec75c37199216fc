"""/task: what people have to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import falcon.asgi

from api import forms, readings, representations
from api.commands import actor_of, no_content
from api.lists import ListResource
from api.params import BOOLEAN, INTEGER, MICROS, TEXT, TEXTS, Filters, Parameters, read_body, read_filters
from api.routing import Parts, Route
from api.typed_values import read_variables, write_variables
from api.variable_filters import CONDITIONS
from engine import authorizations, identity_links, user_task_queries, user_tasks, variable_changes
from engine.context import CommandContext
from engine.errors import InvalidRequest, NotFound
from engine.identity_links import Link
from engine.user_tasks import SORTS, Candidates, TaskQuery, UserTask
from engine.values import Value

FILTERS: Filters = {
    "taskId": ("id", TEXT),
    "taskIdIn": ("ids", TEXTS),
    "processInstanceId": ("process_instance_id", TEXT),
    "processInstanceIdIn": ("process_instance_ids", TEXTS),
    "executionId": ("process_instance_id", TEXT),
    "processInstanceBusinessKey": ("business_key", TEXT),
    "processInstanceBusinessKeyIn": ("business_keys", TEXTS),
    "processInstanceBusinessKeyLike": ("business_key_like", TEXT),
    "processDefinitionKey": ("process_definition_key", TEXT),
    "processDefinitionKeyIn": ("process_definition_keys", TEXTS),
    "processDefinitionId": ("process_definition_id", TEXT),
    "activityInstanceIdIn": ("activity_ids", TEXTS),
    "taskDefinitionKey": ("element_id", TEXT),
    "taskDefinitionKeyIn": ("element_ids", TEXTS),
    "taskDefinitionKeyLike": ("element_id_like", TEXT),
    "assignee": ("assignee", TEXT),
    "assigneeIn": ("assignees", TEXTS),
    "assigneeNotIn": ("not_assignees", TEXTS),
    "assigneeLike": ("assignee_like", TEXT),
    "owner": ("owner", TEXT),
    "delegationState": ("delegation_state", TEXT),
    "unassigned": ("unassigned", BOOLEAN),
    "assigned": ("assigned", BOOLEAN),
    "candidateGroup": ("candidate_group", TEXT),
    "candidateGroups": ("candidate_groups", TEXTS),
    "candidateUser": ("candidate_user", TEXT),
    "includeAssignedTasks": ("include_assigned", BOOLEAN),
    "involvedUser": ("involved_user", TEXT),
    "withCandidateGroups": ("with_candidate_groups", BOOLEAN),
    "withoutCandidateGroups": ("without_candidate_groups", BOOLEAN),
    "withCandidateUsers": ("with_candidate_users", BOOLEAN),
    "withoutCandidateUsers": ("without_candidate_users", BOOLEAN),
    "name": ("name", TEXT),
    "nameLike": ("name_like", TEXT),
    "dueDate": ("due", MICROS),
    "dueBefore": ("due_before", MICROS),
    "dueAfter": ("due_after", MICROS),
    "withoutDueDate": ("without_due", BOOLEAN),
    "followUpBefore": ("follow_up_before", MICROS),
    "followUpAfter": ("follow_up_after", MICROS),
    "followUpBeforeOrNotExistent": ("follow_up_before_or_none", MICROS),
    "createdOn": ("created", MICROS),
    "createdBefore": ("created_before", MICROS),
    "createdAfter": ("created_after", MICROS),
    "priority": ("priority", INTEGER),
    "minPriority": ("min_priority", INTEGER),
    "maxPriority": ("max_priority", INTEGER),
    "active": ("active", BOOLEAN),
    "suspended": ("suspended", BOOLEAN),
    "processVariables": ("process_variables", CONDITIONS),
    "taskVariables": ("task_variables", CONDITIONS),
}
DEFAULT_SORT = (("dueDate", "asc"),)


class UserTasks(ListResource):
    """Open tasks that the actor may see, and what can be done with one."""

    filters, sorts = FILTERS, tuple(SORTS)

    def listed(self, ctx: CommandContext, parameters: Parameters) -> list[dict[str, Any]]:
        first, limit = parameters.page()
        sort = parameters.sorting(SORTS, DEFAULT_SORT)
        found = user_tasks.find(ctx, visible_query(ctx, parameters), sort=sort, first=first, limit=limit)
        held = user_task_queries.held_among(ctx, found)
        return [representations.task(task, suspended=task.root_id in held) for task in found]

    def counted(self, ctx: CommandContext, parameters: Parameters) -> dict[str, int]:
        return {"count": user_tasks.count(ctx, visible_query(ctx, parameters))}

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """One open task."""
        resp.media = await self.commands.read(actor_of(req), _one, task_id)

    # -------------------------------------------------------- doing

    async def on_post_claim(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Makes a task somebody's own; 409 names who was faster."""
        await self._for_user(req, user_tasks.claim, task_id)
        no_content(resp)

    async def on_post_unclaim(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Gives a task back to its groups."""
        await self.commands.run(actor_of(req), user_tasks.unclaim, task_id)
        no_content(resp)

    async def on_post_assignee(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Hands a task to somebody."""
        await self._for_user(req, user_tasks.assign, task_id)
        no_content(resp)

    async def on_post_complete(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Completes a task with what its form was filled in with; 400 has messages per field."""
        body = Parameters(await read_body(req))
        values = read_variables(body.raw("variables"), typed=True)
        await self.commands.run(actor_of(req), user_tasks.complete, task_id, values)
        if body.boolean("withVariablesInReturn"):
            resp.media = write_variables(values)
        else:
            no_content(resp)

    async def on_post_delegate(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Lets somebody else do a part of a task, which then comes back."""
        user_id = Parameters(await read_body(req)).required("userId")
        await self.commands.run(actor_of(req), user_tasks.delegate, task_id, user_id)
        no_content(resp)

    async def on_post_resolve(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Gives a delegated task back to its owner."""
        values = read_variables(Parameters(await read_body(req)).raw("variables"))
        await self.commands.run(actor_of(req), _resolve, task_id, values)
        no_content(resp)

    async def on_put_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Changes holder, due and follow-up date and priority of a task."""
        await self.commands.run(actor_of(req), _change, task_id, Parameters(await read_body(req)))
        no_content(resp)

    async def on_delete_one(self, req: falcon.asgi.Request, _resp: falcon.asgi.Response, task_id: str) -> None:
        """Refused: a task belongs to its process and ends there."""
        await self.commands.read(actor_of(req), readable, task_id)
        raise InvalidRequest(f"The task {task_id} cannot be deleted because it is part of a running process")

    async def on_post_create(self, _req: falcon.asgi.Request, _resp: falcon.asgi.Response) -> None:
        """Refused: tasks come from diagrams alone."""
        raise InvalidRequest("a task belongs to a process here: start one, or modify an instance")

    async def on_post_error(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Ends a task by a BPMN error."""
        body = Parameters(await read_body(req))
        throw = partial(
            user_tasks.throw_error,
            code=body.required("errorCode"),
            message=body.text("errorMessage") or "",
            values=read_variables(body.raw("variables")),
        )
        await self.commands.run(actor_of(req), throw, task_id)
        no_content(resp)

    async def on_post_escalation(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Throws a BPMN escalation from a task."""
        body = Parameters(await read_body(req))
        code, values = body.required("escalationCode"), read_variables(body.raw("variables"))
        await self.commands.run(actor_of(req), user_tasks.throw_escalation, task_id, code, values)
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
        """Key and kind of the form of a task."""
        task = await self.commands.read(actor_of(req), readable, task_id)
        resp.media = forms.reference(task.form_ref, task.form_key)

    async def on_get_deployed_form(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """The form of a task as it was deployed."""
        resp.media = await self.commands.read(actor_of(req), _deployed_form, task_id)

    async def on_get_form_variables(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """The variables that the form of a task shows."""
        only = Parameters.of_query(req).texts("variableNames")
        resp.media = write_variables(await self._values(req, task_id, only=only))

    async def _values(
        self, req: falcon.asgi.Request, task_id: str, *, only: tuple[str, ...] | None = None
    ) -> dict[str, Value]:
        task, values = await self.commands.read(actor_of(req), _task_values, task_id)
        wanted = values if only is None else {name: value for name, value in values.items() if name in only}
        return await readings.shown(self.commands, actor_of(req), task.root_id, wanted)

    async def on_get_identity_links(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Who may take a task, who has it and who owns it."""
        resp.media = await self.commands.read(actor_of(req), _identity_links, task_id)

    async def on_post_identity_links(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Adds somebody who may take a task."""
        link = _link(Parameters(await read_body(req)))
        await self.commands.run(actor_of(req), identity_links.add, task_id, link)
        no_content(resp)

    async def on_post_removed_links(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Removes somebody who may take a task."""
        link = _link(Parameters(await read_body(req)))
        await self.commands.run(actor_of(req), identity_links.remove, task_id, link)
        no_content(resp)


def visible_query(ctx: CommandContext, parameters: Parameters) -> TaskQuery:
    """Builds the query of a list, limited to what the actor may see."""
    more: dict[str, Any] = {}
    if "includeAssignedTasks" not in parameters.names:
        more["include_assigned"] = False  # as in Camunda: who asks for candidates asks for what nobody has yet
    if not authorizations.may(ctx, "Task", "read_any"):
        more["visible_to"] = ctx.actor
    query: TaskQuery = read_filters(TaskQuery, FILTERS, parameters, **more)
    return query


def _one(ctx: CommandContext, task_id: str) -> dict[str, Any]:
    task = readable(ctx, task_id)
    held = user_task_queries.held_among(ctx, [task])
    return representations.task(task, suspended=bool(held))


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


def _resolve(ctx: CommandContext, task_id: str, values: dict[str, Value]) -> None:
    if values:
        variable_changes.change_task(ctx, task_id, values)
    user_tasks.resolve(ctx, task_id)


# What PUT /task/{id} may change: field -> (column, how to read it). Name and description are the diagram's.
CHANGES: Filters = {
    "assignee": ("assignee", Parameters.short),
    "owner": ("owner", Parameters.short),
    "delegationState": ("delegation_state", Parameters.short),
    "due": ("due_at", MICROS),
    "followUp": ("follow_up_at", MICROS),
    "priority": ("priority", INTEGER),
}


def _change(ctx: CommandContext, task_id: str, body: Parameters) -> None:
    """As in Camunda, what the body leaves out becomes null; a priority stays."""
    task = readable(ctx, task_id)
    columns = {column: read(body, name) for name, (column, read) in CHANGES.items()}
    if columns["priority"] is None:
        columns["priority"] = task.priority
    if columns["delegation_state"] not in {None, "PENDING", "RESOLVED"}:
        raise InvalidRequest("delegationState must be PENDING or RESOLVED")
    user_tasks.change(ctx, task_id, **columns)


def _deployed_form(ctx: CommandContext, task_id: str) -> dict[str, Any]:
    task = readable(ctx, task_id)
    found = forms.task_schema(ctx, task)
    if found is None:
        raise NotFound(f"the task {task_id} has no deployed form")
    return found


def _task_values(ctx: CommandContext, task_id: str) -> tuple[UserTask, dict[str, Value]]:
    task = readable(ctx, task_id)
    return task, readings.of_task(ctx, task)


def _link(body: Parameters) -> Link:
    return Link(body.required("type"), user_id=body.short("userId"), group_id=body.short("groupId"))


def _identity_links(ctx: CommandContext, task_id: str) -> list[dict[str, Any]]:
    task = readable(ctx, task_id)
    found = user_tasks.candidates_of(ctx, [task.id]).get(task.id, Candidates())
    groups = (*found.groups, *found.escalations)
    return representations.identity_links(task.assignee, task.owner, users=found.users, groups=groups)


def rest_routes(parts: Parts) -> Iterable[Route]:
    tasks = UserTasks(parts.commands)
    return [
        ("/task", tasks, None),
        ("/task/count", tasks, "count"),
        ("/task/{task_id}", tasks, "one"),
        ("/task/create", tasks, "create"),
        ("/task/{task_id}/claim", tasks, "claim"),
        ("/task/{task_id}/delegate", tasks, "delegate"),
        ("/task/{task_id}/resolve", tasks, "resolve"),
        ("/task/{task_id}/bpmnError", tasks, "error"),
        ("/task/{task_id}/bpmnEscalation", tasks, "escalation"),
        ("/task/{task_id}/unclaim", tasks, "unclaim"),
        ("/task/{task_id}/assignee", tasks, "assignee"),
        ("/task/{task_id}/complete", tasks, "complete"),
        ("/task/{task_id}/submit-form", tasks, "complete"),
        ("/task/{task_id}/form", tasks, "form"),
        ("/task/{task_id}/deployed-form", tasks, "deployed_form"),
        ("/task/{task_id}/form-variables", tasks, "form_variables"),
        ("/task/{task_id}/identity-links", tasks, "identity_links"),
        ("/task/{task_id}/identity-links/delete", tasks, "removed_links"),
    ]
