"""/external-task: what workers do, with long polling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import falcon
import falcon.asgi

from api.commands import Commands, actor_of, no_content
from api.lists import Listed, Listing
from api.params import BOOLEAN, INTEGER, MICROS, TEXT, TEXTS, Filters, Parameters, read_body
from api.routing import Parts, Route
from api.time_limits import GONE
from api.times import write_micros
from api.typed_values import read_variables, write_variables
from api.variable_filters import read_conditions
from api.waiting import Waiters
from crm import access
from engine import external_task_queries, external_tasks
from engine.context import CommandContext
from engine.errors import InvalidRequest
from engine.external_task_queries import EXTERNAL_TASKS, ExternalTask, ExternalTaskQuery
from engine.external_tasks import FetchRequest, LockedTask, TopicRequest

MAX_TIMEOUT_MS = 30 * 60 * 1000
MAX_TOPICS = 100
MAX_DURATION_MS = 365 * 24 * 3600 * 1000
PRIORITY = 2**31

FILTERS: Filters = {
    "externalTaskId": ("id", TEXT),
    "externalTaskIdIn": ("ids", TEXTS),
    "topicName": ("topic", TEXT),
    "workerId": ("worker_id", TEXT),
    "locked": ("locked", BOOLEAN),
    "notLocked": ("not_locked", BOOLEAN),
    "lockExpirationBefore": ("lock_expires_before", MICROS),
    "lockExpirationAfter": ("lock_expires_after", MICROS),
    "activityId": ("element_id", TEXT),
    "activityIdIn": ("element_ids", TEXTS),
    "processInstanceId": ("process_instance_id", TEXT),
    "processInstanceIdIn": ("process_instance_ids", TEXTS),
    "executionId": ("process_instance_id", TEXT),
    "processDefinitionId": ("definition_id", TEXT),
    "processDefinitionKey": ("definition_key", TEXT),
    "businessKey": ("business_key", TEXT),
    "active": ("active", BOOLEAN),
    "suspended": ("suspended", BOOLEAN),
    "withRetriesLeft": ("with_retries_left", BOOLEAN),
    "noRetriesLeft": ("no_retries_left", BOOLEAN),
    "priorityHigherThanOrEquals": ("priority_at_least", INTEGER),
    "priorityLowerThanOrEquals": ("priority_at_most", INTEGER),
}


class ExternalTasks(Listed):
    """Work of topics: fetched and locked, reported on, looked at."""

    def __init__(self, commands: Commands, waiters: Waiters) -> None:
        listing = Listing.of(EXTERNAL_TASKS, ExternalTaskQuery, FILTERS, lambda _ctx, task: external_task(task))
        super().__init__(commands, listing)
        self._waiters = waiters

    # -------------------------------------------------------- looked at

    async def on_get_topics(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """The topics that have work now."""
        resp.media = await self.commands.read(actor_of(req), external_task_queries.topics)

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """One external task."""
        resp.media = external_task(await self.commands.read(actor_of(req), _readable, task_id))

    async def on_get_error_details(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """What the last failure of an external task said in detail."""
        task = await self.commands.read(actor_of(req), _readable, task_id)
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = task.error_details or ""
        if not task.error_details:
            resp.status = falcon.HTTP_204

    # -------------------------------------------------------- fetching

    async def on_post_fetch(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Fetches work of topics and locks it; waits for some if asked to."""
        body = Parameters(await read_body(req))
        request = _fetch_request(body)
        timeout_ms = body.integer("asyncResponseTimeout", most=MAX_TIMEOUT_MS) or 0
        actor = actor_of(req)

        async def look() -> list[dict[str, Any]]:
            # On SQLite a fetch takes the only writer: whoever waits asks first whether there is anything.
            if timeout_ms and not await self.commands.read(actor, external_tasks.is_available, request):
                return []
            return await self.commands.run(actor, _fetch, request)

        if not timeout_ms:
            resp.media = await look()
            return
        names = [topic.topic for topic in request.topics]
        gone = req.scope[GONE]
        resp.media = await self._waiters.poll(names, look, timeout_seconds=timeout_ms / 1000, gone=gone) or []

    # -------------------------------------------------------- reporting

    async def on_post_complete(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Reports an external task done, with variables."""
        body = Parameters(await read_body(req))
        command = partial(
            external_tasks.complete,
            worker_id=body.required("workerId"),
            values=read_variables(body.raw("variables"), typed=True),
            local_values=read_variables(body.raw("localVariables"), name="localVariables", typed=True),
        )
        await self._do(req, resp, command, task_id)

    async def on_post_failure(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Reports that an external task failed; without tries left an incident opens."""
        body = Parameters(await read_body(req))
        command = partial(
            external_tasks.fail,
            worker_id=body.required("workerId"),
            message=body.text("errorMessage"),
            details=body.text("errorDetails"),
            retries=body.integer("retries", most=PRIORITY) or 0,
            retry_timeout_ms=body.integer("retryTimeout", most=MAX_DURATION_MS) or 0,
            values=read_variables(body.raw("variables")),
        )
        await self._do(req, resp, command, task_id)

    async def on_post_error(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Ends an external task by a BPMN error."""
        body = Parameters(await read_body(req))
        command = partial(
            external_tasks.throw_error,
            worker_id=body.required("workerId"),
            code=body.required("errorCode"),
            message=body.text("errorMessage") or "",
            values=read_variables(body.raw("variables")),
        )
        await self._do(req, resp, command, task_id)

    async def on_post_extend_lock(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Keeps an external task locked for longer."""
        body = Parameters(await read_body(req))
        command = partial(
            external_tasks.extend_lock,
            worker_id=body.required("workerId"),
            new_duration_ms=_duration(body, "newDuration"),
        )
        await self._do(req, resp, command, task_id)

    async def on_post_lock(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Locks one external task."""
        body = Parameters(await read_body(req))
        command = partial(
            external_tasks.lock, worker_id=body.required("workerId"), duration_ms=_duration(body, "lockDuration")
        )
        await self._do(req, resp, command, task_id)

    async def on_post_unlock(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Lets others fetch an external task."""
        await self._do(req, resp, external_tasks.unlock, task_id)

    async def on_put_retries(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Sets how often an external task may still be tried."""
        retries = Parameters(await read_body(req)).integer("retries", most=PRIORITY)
        if retries is None:
            raise InvalidRequest("retries is missing")
        await self._do(req, resp, partial(external_tasks.set_retries, retries=retries), task_id)

    async def on_put_all_retries(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Sets how often external tasks may still be tried."""
        body = Parameters(await read_body(req))
        retries, ids = body.integer("retries", most=PRIORITY), body.texts("externalTaskIds")
        if retries is None or not ids:
            raise InvalidRequest("retries and externalTaskIds are needed")
        await self.commands.run(actor_of(req), _set_all_retries, ids, retries)
        no_content(resp)

    async def on_put_priority(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Sets the priority of an external task."""
        priority = Parameters(await read_body(req)).integer("priority", least=-PRIORITY, most=PRIORITY - 1)
        if priority is None:
            raise InvalidRequest("priority is missing")
        await self._do(req, resp, partial(external_tasks.set_priority, priority=priority), task_id)

    async def _do(
        self,
        req: falcon.asgi.Request,
        resp: falcon.asgi.Response,
        command: Callable[..., None],
        task_id: str,
    ) -> None:
        await self.commands.run(actor_of(req), command, task_id)
        no_content(resp)


# ------------------------------------------------------------ reading requests


def _fetch_request(body: Parameters) -> FetchRequest:
    topics = body.raw("topics") or []
    if not isinstance(topics, list) or len(topics) > MAX_TOPICS:
        raise InvalidRequest(f"topics must be a list of at most {MAX_TOPICS}")
    max_tasks = body.integer("maxTasks")
    if max_tasks is None:
        raise InvalidRequest("maxTasks is missing")
    return FetchRequest(
        worker_id=body.required("workerId"),
        max_tasks=max_tasks,
        topics=tuple(_topic(entry) for entry in topics),
        use_priority=bool(body.boolean("usePriority")),
    )


def _topic(entry: Any) -> TopicRequest:
    if not isinstance(entry, Mapping):
        raise InvalidRequest("a topic must be an object with topicName and lockDuration")
    given = Parameters(entry)
    conditions = given.raw("processVariables")
    if isinstance(conditions, Mapping):
        conditions = [{"name": name, "operator": "eq", "value": value} for name, value in conditions.items()]
    return TopicRequest(
        topic=given.required("topicName"),
        lock_duration_ms=_duration(given, "lockDuration"),
        variables=given.texts("variables"),
        local_variables=bool(given.boolean("localVariables")),
        business_key=given.text("businessKey"),
        definition_id=given.text("processDefinitionId"),
        definition_ids=given.texts("processDefinitionIdIn"),
        definition_key=given.text("processDefinitionKey"),
        definition_keys=given.texts("processDefinitionKeyIn"),
        version_tag=given.text("processDefinitionVersionTag"),
        conditions=read_conditions(conditions) if conditions else (),
        with_properties=bool(given.boolean("includeExtensionProperties")),
    )


def _duration(given: Parameters, name: str) -> int:
    duration = given.integer(name, least=1, most=MAX_DURATION_MS)
    if duration is None:
        raise InvalidRequest(f"{name} is missing")
    return duration


# ------------------------------------------------------------ commands


def _fetch(ctx: CommandContext, request: FetchRequest) -> list[dict[str, Any]]:
    """Locks tasks and shows their variables as the worker may see them: who locked a task works on its case."""
    found = external_tasks.fetch_and_lock(ctx, request)
    return [_locked(locked, access.read_case(ctx, locked.task.root_id, locked.variables)) for locked in found]


def _readable(ctx: CommandContext, task_id: str) -> ExternalTask:
    found = external_task_queries.find(ctx, ExternalTaskQuery(id=task_id))
    return found[0] if found else external_task_queries.get(ctx, task_id)


def _set_all_retries(ctx: CommandContext, ids: tuple[str, ...], retries: int) -> None:
    for task_id in ids:
        external_tasks.set_retries(ctx, task_id, retries)


# ------------------------------------------------------------ shapes


def external_task(task: ExternalTask) -> dict[str, Any]:
    """ExternalTaskDto."""
    return {
        "activityId": task.element_id,
        "activityInstanceId": task.activity_id,
        "errorMessage": task.error_message,
        "executionId": task.process_instance_id,
        "id": task.id,
        "lockExpirationTime": write_micros(task.lock_expires_at),
        "createTime": write_micros(task.created_at),
        "processDefinitionId": task.definition_id,
        "processDefinitionKey": task.definition_key,
        "processDefinitionVersionTag": task.version_tag,
        "processInstanceId": task.process_instance_id,
        "retries": task.retries,
        "suspended": bool(task.suspended),
        "workerId": task.worker_id,
        "topicName": task.topic,
        "tenantId": None,
        "priority": task.priority,
        "businessKey": task.business_key,
    }


def _locked(locked: LockedTask, shown: Mapping[str, Any]) -> dict[str, Any]:
    """LockedExternalTaskDto."""
    return external_task(locked.task) | {
        "errorDetails": locked.task.error_details,
        "variables": write_variables(shown),
        "extensionProperties": dict(locked.properties),
    }


def rest_routes(parts: Parts) -> Iterable[Route]:
    tasks = ExternalTasks(parts.commands, parts.waiters)
    one = "/external-task/{task_id}"
    return [
        ("/external-task", tasks, None),
        ("/external-task/count", tasks, "count"),
        ("/external-task/fetchAndLock", tasks, "fetch"),
        ("/external-task/topic-names", tasks, "topics"),
        ("/external-task/retries", tasks, "all_retries"),
        (one, tasks, "one"),
        (f"{one}/complete", tasks, "complete"),
        (f"{one}/failure", tasks, "failure"),
        (f"{one}/bpmnError", tasks, "error"),
        (f"{one}/extendLock", tasks, "extend_lock"),
        (f"{one}/lock", tasks, "lock"),
        (f"{one}/unlock", tasks, "unlock"),
        (f"{one}/retries", tasks, "retries"),
        (f"{one}/priority", tasks, "priority"),
        (f"{one}/errorDetails", tasks, "error_details"),
    ]
