"""Setting cases right: /process-instance/{id}/modification, /modification, restart, suspension, deletion of many."""

from __future__ import annotations

from collections.abc import Iterable

import falcon.asgi

from api import batches as batch_resource
from api.commands import Resource, actor_of, no_content
from api.instructions import read_changes, read_instances
from api.params import Parameters, read_body
from api.process_definitions import named
from api.routing import ONE_DEFINITION, Parts, Route
from engine import batches, modifications, process_definitions, scheduled_suspensions
from engine.batches import Batch
from engine.context import CommandContext
from engine.errors import InvalidRequest
from engine.process_definitions import DefinitionQuery

HISTORIC = "historicProcessInstanceQuery"


class Modifications(Resource):
    """Tokens taken away and put down by hand, in one instance or in many."""

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str) -> None:
        """Starts and cancels activities of one instance."""
        body = Parameters(await read_body(req))
        changes, note = read_changes(body.raw("instructions")), body.text("annotation")
        await self.commands.run(actor_of(req), modifications.modify, instance_id, changes, annotation=note)
        no_content(resp)

    async def on_post_many(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Changes all instances named in one transaction: all of them or none."""
        await self.commands.run(actor_of(req), _modify_all, Parameters(await read_body(req)))
        no_content(resp)

    async def on_post_async(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Moves tokens in many instances as a batch."""
        made = await self.commands.run(actor_of(req), _modify_batch, Parameters(await read_body(req)))
        resp.media = batch_resource.represented(made)


def _modify_all(ctx: CommandContext, body: Parameters) -> None:
    changes = read_changes(body.raw("instructions"))
    for instance_id in read_instances(ctx, body):
        modifications.modify(ctx, instance_id, changes, annotation=body.text("annotation"))


def _modify_batch(ctx: CommandContext, body: Parameters) -> Batch:
    changes = read_changes(body.raw("instructions"))
    if not changes:
        raise InvalidRequest("a modification needs at least one instruction")
    ids, reason = read_instances(ctx, body), body.text("annotation")
    return batches.create(ctx, batches.MODIFICATION, {}, ids, changes=changes, reason=reason)


class Restarts(Resource):
    """Ended instances begin again with their last variables, or with those of their start (`initialVariables`)."""

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        """Starts ended instances again with their former variables."""
        await self.commands.run(actor_of(req), _restart, which, Parameters(await read_body(req)))
        no_content(resp)

    async def on_post_async(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        """Starts ended instances again as a batch."""
        made = await self.commands.run(actor_of(req), _restart_batch, which, Parameters(await read_body(req)))
        resp.media = batch_resource.represented(made)


def _restart(ctx: CommandContext, which: dict[str, str], body: Parameters) -> None:
    definition_id = named(ctx, which).id
    for instance_id in read_instances(ctx, body, query=HISTORIC):
        modifications.restart(
            ctx,
            definition_id,
            instance_id,
            changes=read_changes(body.raw("instructions")),
            initial_variables=bool(body.boolean("initialVariables")),
            with_business_key=not body.boolean("withoutBusinessKey"),
            annotation=body.text("annotation"),
        )


def _restart_batch(ctx: CommandContext, which: dict[str, str], body: Parameters) -> Batch:
    operation = {
        "definition": named(ctx, which).id,
        "initial": bool(body.boolean("initialVariables")),
        "key": not body.boolean("withoutBusinessKey"),
    }
    ids, reason = read_instances(ctx, body, query=HISTORIC), body.text("annotation")
    changes = read_changes(body.raw("instructions"))
    return batches.create(ctx, batches.RESTART, operation, ids, changes=changes, reason=reason)


class Suspensions(Resource):
    """Instances and definitions held, or let go on."""

    async def on_put_instances(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Suspends or activates instances by id or by definition."""
        await self.commands.run(actor_of(req), _suspend_instances, Parameters(await read_body(req)))
        no_content(resp)

    async def on_post_instances_async(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Suspends or activates instances as a batch."""
        made = await self.commands.run(actor_of(req), _suspend_batch, Parameters(await read_body(req)))
        resp.media = batch_resource.represented(made)

    async def on_put_definitions(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Suspends or activates the definitions of a key."""
        await self.commands.run(actor_of(req), _suspend_by_key, Parameters(await read_body(req)))
        no_content(resp)

    async def on_put_definition(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **which: str) -> None:
        """Suspends or activates one definition, with its instances if asked."""
        body = Parameters(await read_body(req))
        await self.commands.run(actor_of(req), _suspend_definition, which, body)
        no_content(resp)


def _wanted(body: Parameters) -> bool:
    suspended = body.boolean("suspended")
    if suspended is None:
        raise InvalidRequest("suspended is missing")
    return suspended


def _suspend_instances(ctx: CommandContext, body: Parameters) -> None:
    definition = {"processDefinitionId": body.text("processDefinitionId")}
    definition |= {"processDefinitionKey": body.text("processDefinitionKey")}
    by_definition = {name: value for name, value in definition.items() if value is not None}
    asked = Parameters({"processInstanceQuery": by_definition}) if by_definition else body
    _suspend_named(ctx, read_instances(ctx, asked), body)


def _suspend_named(ctx: CommandContext, instance_ids: list[str], body: Parameters) -> None:
    at, suspended = body.micros("executionDate"), _wanted(body)
    if at is None:
        modifications.suspend_instances(ctx, instance_ids, suspended=suspended)
    else:
        scheduled_suspensions.plan_instances(ctx, instance_ids, at=at, suspended=suspended)


def _suspend_batch(ctx: CommandContext, body: Parameters) -> Batch:
    operation = {"suspended": _wanted(body)}
    if body.raw("executionDate"):
        raise InvalidRequest("a batch begins at once: executionDate goes with /process-instance/suspended")
    return batches.create(ctx, batches.SUSPENSION, operation, read_instances(ctx, body))


def _suspend_by_key(ctx: CommandContext, body: Parameters) -> None:
    key = body.text("processDefinitionKey")
    query = DefinitionQuery(key=key) if key else DefinitionQuery(id=body.required("processDefinitionId"))
    found = process_definitions.find(ctx, query)
    if not found:
        raise InvalidRequest("no process definition has this key")
    for one in found:
        _suspend(ctx, one.id, body)


def _suspend_definition(ctx: CommandContext, which: dict[str, str], body: Parameters) -> None:
    _suspend(ctx, named(ctx, which).id, body)


def _suspend(ctx: CommandContext, definition_id: str, body: Parameters) -> None:
    at, suspended = body.micros("executionDate"), _wanted(body)
    with_instances = bool(body.boolean("includeProcessInstances"))
    if at is None:
        modifications.suspend_definition(ctx, definition_id, suspended=suspended, with_instances=with_instances)
    else:
        scheduled_suspensions.plan_definition(
            ctx, definition_id, at=at, suspended=suspended, with_instances=with_instances
        )


class Deletions(Resource):
    """Running instances ended from outside, many at once."""

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        made = await self.commands.run(actor_of(req), _delete_batch, Parameters(await read_body(req)))
        resp.media = batch_resource.represented(made)


def _delete_batch(ctx: CommandContext, body: Parameters) -> Batch:
    ids, reason = read_instances(ctx, body), body.text("deleteReason")
    return batches.create(ctx, batches.DELETION, {}, ids, reason=reason)


def rest_routes(parts: Parts) -> Iterable[Route]:
    changes, restarts = Modifications(parts.commands), Restarts(parts.commands)
    held = Suspensions(parts.commands)
    yield from [
        ("/modification/execute", changes, "many"),
        ("/modification/executeAsync", changes, "async"),
        ("/process-instance/{instance_id}/modification", changes, None),
        ("/process-instance/suspended", held, "instances"),
        ("/process-instance/suspended-async", held, "instances_async"),
        ("/process-instance/delete", Deletions(parts.commands), None),
        ("/process-definition/suspended", held, "definitions"),
    ]
    for base in ONE_DEFINITION:
        yield f"{base}/restart", restarts, None
        yield f"{base}/restart-async", restarts, "async"
        yield f"{base}/suspended", held, "definition"
