"""Variables of instances, executions and tasks, written: one by name, or several with `{modifications, deletions}`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import falcon.asgi

from api import readings, representations
from api.commands import Resource, actor_of, no_content
from api.params import Parameters, read_body
from api.process_instances import running
from api.routing import Parts, Route
from api.typed_values import read_variable, read_variables, write_variable, write_variables
from api.user_tasks import readable
from api.variable_data import read_upload, send
from engine import variable_changes, variable_queries, variables
from engine.context import CommandContext
from engine.errors import NotFound
from engine.values import Value, decode
from engine.variable_queries import VariableQuery

Change = Callable[..., None]
Query = Callable[[CommandContext, str], tuple[str, dict[str, Value]]]


class _Variables(Resource):
    """What instances and tasks have in common: a change is one transaction, a reading shows what the actor may see."""

    async def _change(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, command: Change) -> None:
        body = Parameters(await read_body(req))
        changes = read_variables(body.raw("modifications"), name="modifications", typed=True)
        command = partial(command, changes=changes, deletions=body.texts("deletions") or ())
        await self.commands.run(actor_of(req), command)
        no_content(resp)

    async def _put(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, command: Change, name: str) -> None:
        value = read_variable(await read_body(req), name=name, typed=True)
        await self.commands.run(actor_of(req), partial(command, changes={name: value}))
        no_content(resp)

    async def _delete(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, command: Change, name: str) -> None:
        await self.commands.run(actor_of(req), partial(command, changes={}, deletions=(name,)))
        no_content(resp)

    async def _upload(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, command: Change, name: str) -> None:
        value = await read_upload(req)
        await self.commands.run(actor_of(req), partial(command, changes={name: value}))
        no_content(resp)

    async def _download(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, query: Query, which: str, name: str
    ) -> None:
        send(resp, await self._value(req, query, which, name))

    async def _shown(
        self, req: falcon.asgi.Request, query: Query, which: str, only: str | None = None
    ) -> dict[str, Value]:
        root_id, values = await self.commands.read(actor_of(req), query, which)
        wanted = values if only is None else {name: value for name, value in values.items() if name == only}
        return await readings.shown(self.commands, actor_of(req), root_id, wanted)

    async def _value(self, req: falcon.asgi.Request, query: Query, which: str, name: str) -> Value:
        shown = await self._shown(req, query, which, name)
        if name not in shown:
            raise NotFound(f"{which} has no variable of this name")
        return shown[name]

    async def _one(self, req: falcon.asgi.Request, query: Query, which: str, name: str) -> dict[str, Any]:
        return write_variable(await self._value(req, query, which, name))


class InstanceVariables(_Variables):
    """Variables of a process instance or of its only execution. Reading them stands in api/process_instances.py."""

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str) -> None:
        """Sets and removes variables of an instance."""
        await self._change(req, resp, partial(_change_instance, instance_id=instance_id))

    async def on_put_one(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str, name: str
    ) -> None:
        """Sets one variable of an instance."""
        await self._put(req, resp, partial(_change_instance, instance_id=instance_id), name)

    async def on_delete_one(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str, name: str
    ) -> None:
        """Removes one variable of an instance."""
        await self._delete(req, resp, partial(_change_instance, instance_id=instance_id), name)

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str) -> None:
        """All variables of an instance, as the reader may see them."""
        resp.media = write_variables(await self._shown(req, _instance_values, instance_id))

    async def on_get_one(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str, name: str
    ) -> None:
        """One variable of an instance."""
        resp.media = await self._one(req, _instance_values, instance_id, name)

    async def on_post_data(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str, name: str
    ) -> None:
        """Sets a variable of an instance to a file or to bytes."""
        await self._upload(req, resp, partial(_change_instance, instance_id=instance_id), name)

    async def on_get_data(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str, name: str
    ) -> None:
        """The bytes of a variable of an instance, for files and byte arrays."""
        await self._download(req, resp, _instance_values, instance_id, name)


class TaskVariables(_Variables):
    """Variables that a task sees. Reading them stands in api/user_tasks.py."""

    local = False

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Sets and removes variables from inside a task."""
        await self._change(req, resp, partial(_change_task, task_id=task_id, local=self.local))

    async def on_put_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str, name: str) -> None:
        """Sets one variable from inside a task."""
        await self._put(req, resp, partial(_change_task, task_id=task_id, local=self.local), name)

    async def on_delete_one(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str, name: str
    ) -> None:
        """Removes one variable that a task sees."""
        await self._delete(req, resp, partial(_change_task, task_id=task_id, local=self.local), name)

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """All variables that a task sees, or holds itself."""
        resp.media = write_variables(await self._shown(req, self._query(), task_id))

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str, name: str) -> None:
        """One variable that a task sees."""
        resp.media = await self._one(req, self._query(), task_id, name)

    async def on_post_data(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str, name: str) -> None:
        """Sets a variable of a task to a file or to bytes."""
        await self._upload(req, resp, partial(_change_task, task_id=task_id, local=self.local), name)

    async def on_get_data(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str, name: str) -> None:
        """The bytes of a variable that a task sees."""
        await self._download(req, resp, self._query(), task_id, name)

    def _query(self) -> Query:
        return _local_values if self.local else _task_values


class VariablesById(_Variables):
    """One stored value of a variable, as lists name it; whoever may see the case sees it under the rules of reading."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, variable_id: str) -> None:
        """One variable by its id."""
        row, value = await self._found(req, variable_id)
        resp.media = representations.variable(row) | write_variable(value)

    async def on_get_data(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, variable_id: str) -> None:
        """The bytes of a variable by its id."""
        send(resp, (await self._found(req, variable_id))[1])

    async def _found(self, req: falcon.asgi.Request, variable_id: str) -> tuple[Any, Value]:
        row = await self.commands.read(actor_of(req), _by_id, variable_id)
        shown = await readings.shown(self.commands, actor_of(req), row.root_id, {row.name: decode(row.value)})
        return row, shown[row.name]


def _by_id(ctx: CommandContext, variable_id: str) -> Any:
    found = variable_queries.find_variables(ctx, VariableQuery(id=variable_id), limit=1)
    if not found:
        raise NotFound(f"there is no variable {variable_id}")
    return found[0]


class LocalTaskVariables(TaskVariables):
    """Variables inside one task."""

    local = True


def _change_instance(ctx: CommandContext, *, instance_id: str, changes: Any, deletions: Any = ()) -> None:
    variable_changes.change_instance(ctx, instance_id, changes, deletions=deletions)


def _change_task(ctx: CommandContext, *, task_id: str, local: bool, changes: Any, deletions: Any = ()) -> None:
    variable_changes.change_task(ctx, task_id, changes, deletions=deletions, local=local)


def _instance_values(ctx: CommandContext, instance_id: str) -> tuple[str, dict[str, Value]]:
    row = running(ctx, instance_id)
    scope_id = "" if row.id == row.root_id else row.id
    return row.root_id, variables.of_instance(ctx, row.root_id, scope_id=scope_id)


def _task_values(ctx: CommandContext, task_id: str) -> tuple[str, dict[str, Value]]:
    task = readable(ctx, task_id)
    local = variables.of_instance(ctx, task.root_id, scope_id=task.activity_id)
    return task.root_id, readings.of_task(ctx, task) | local


def _local_values(ctx: CommandContext, task_id: str) -> tuple[str, dict[str, Value]]:
    task = readable(ctx, task_id)
    return task.root_id, variables.of_instance(ctx, task.root_id, scope_id=task.activity_id)


def rest_routes(parts: Parts) -> Iterable[Route]:
    of_instance = InstanceVariables(parts.commands)
    for base, resource in (
        ("/process-instance/{instance_id}/variables", of_instance),
        ("/execution/{instance_id}/localVariables", of_instance),
        ("/task/{task_id}/variables", TaskVariables(parts.commands)),
        ("/task/{task_id}/localVariables", LocalTaskVariables(parts.commands)),
    ):
        yield base, resource, None
        yield f"{base}/{{name}}", resource, "one"
        yield f"{base}/{{name}}/data", resource, "data"
    for base in ("/variable-instance", "/history/variable-instance"):
        yield f"{base}/{{variable_id}}", VariablesById(parts.commands), None
        yield f"{base}/{{variable_id}}/data", VariablesById(parts.commands), "data"
