"""/api/startable and /api/start: beginning a case by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import falcon.asgi

from api import forms, task_cards
from api.commands import Resource, actor_of
from api.params import Parameters, read_body
from api.routing import Parts, Route
from engine import process_definitions, releases, start_forms, user_tasks, variables
from engine.authorizations import may_start
from engine.context import CommandContext
from engine.definitions import Deployed
from engine.user_tasks import TaskQuery


class Startable(Resource):
    """The processes that the actor may start, with their forms."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), _startable)


class Starts(Resource):
    """Starts a process with the data of its form."""

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        body = Parameters(await read_body(req))
        key, data = body.required("processKey"), body.mapping("data")
        resp.media = await self.commands.run(actor_of(req), _start, key, data)


def _startable(ctx: CommandContext) -> list[dict[str, Any]]:
    held = ctx.engine.definitions.contents(ctx, releases.current(ctx)).get("process", {})
    deployed = [ctx.engine.definitions.deployed(ctx, definition_id) for definition_id in held.values()]
    shown = (_shown(ctx, one) for one in sorted(deployed, key=lambda one: one.key))
    return [one for one in shown if one is not None]


def _shown(ctx: CommandContext, deployed: Deployed) -> dict[str, Any] | None:
    start = start_forms.start_of(ctx.engine.definitions.process(ctx, deployed.id))
    if start is None or not may_start(ctx, deployed, start.element_id):
        return None
    schema = forms.start_schema(ctx, start.form_ref)
    return {
        "processKey": deployed.key,
        "name": task_cards.process_name(deployed.key, deployed.name, deployed.name_en),
        "message": start.message,
        "form": None if schema is None else {"id": start.form_ref, "schema": schema},
    }


def _start(ctx: CommandContext, key: str, data: Mapping[str, Any]) -> dict[str, Any]:
    instance = start_forms.start_instance(ctx, process_definitions.latest(ctx, key), data, with_form=True)
    return {
        "processInstanceId": instance.id,
        "caseNo": _case_no(ctx, instance.id),
        "next": _first_task(ctx, instance.id),
    }


def _case_no(ctx: CommandContext, instance_id: str) -> str | None:
    found = variables.of_instance(ctx, instance_id).get(task_cards.CASE_NO)
    return found if isinstance(found, str) else None


def _first_task(ctx: CommandContext, instance_id: str) -> dict[str, Any] | None:
    """The new case goes on with its starter, if the first task is theirs; otherwise with what is due next."""
    me = (ctx.actor.user_id, tuple(sorted(ctx.actor.roles)))
    found = user_tasks.find(ctx, TaskQuery(process_instance_id=instance_id, free_for=me), limit=1)
    return task_cards.card(ctx, found[0]) if found else task_cards.next_card(ctx)


def own_routes(parts: Parts) -> Iterable[Route]:
    return [
        ("/api/startable", Startable(parts.commands), None),
        ("/api/start", Starts(parts.commands), None),
    ]
