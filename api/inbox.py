"""/api/tasks: the inbox of the pages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import falcon.asgi

from api import forms, readings
from api.commands import Resource, actor_of
from api.etags import unchanged
from api.params import Parameters, read_body
from api.routing import Parts, Route
from api.task_cards import card, cards, next_card
from api.times import ZONE, write_instant, write_micros
from api.typed_values import write_json
from api.user_tasks import readable
from engine import ad_hoc_activities, user_tasks
from engine.clock import to_micros
from engine.context import CommandContext
from engine.errors import InvalidRequest
from engine.user_tasks import TaskQuery, UserTask
from engine.values import Value, to_json

VIEWS = ("mine", "groups", "covered", "all")


class Inbox(Resource):
    """The list, one task with its form and values, and what is done with it."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """The asker's tasks, those of the roles or those covered for others, by deadline."""
        page = await self.commands.read(actor_of(req), _page, Parameters.of_query(req))
        # The instant of the answer is no change of the list.
        if not unchanged(req, resp, {name: value for name, value in page.items() if name != "now"}):
            resp.media = page

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """One task with form, values, deadline and the customer's card."""
        actor = actor_of(req)
        shown, root_id, values, attempts = await self.commands.read(actor, _opened, task_id)
        tried_data = [to_json(one["data"]) for one in attempts]
        if unchanged(req, resp, [shown, to_json(values), tried_data]):
            return
        # One reading, one record: it names the fields, and those of the attempts with their number.
        tried = {
            f"attempts[{n}].{name}": value for n, one in enumerate(attempts) for name, value in one["data"].items()
        }
        seen = await readings.shown(self.commands, actor, root_id, {**values, **tried})
        resp.media = shown | {
            "data": {name: write_json(seen[name]) for name in values},
            "attempts": [_attempted(n, one, seen) for n, one in enumerate(attempts)],
        }

    async def on_post_claim(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Takes a task."""
        resp.media = await self.commands.run(actor_of(req), _claim, task_id)

    async def on_post_unclaim(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Gives a task back."""
        resp.media = await self.commands.run(actor_of(req), _unclaim, task_id)

    async def on_post_complete(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Completes a task and names the next one."""
        data = Parameters(await read_body(req)).mapping("data")
        await self.commands.run(actor_of(req), user_tasks.complete, task_id, data)
        following = await self.commands.read(actor_of(req), next_card)
        resp.media = {"completed": task_id, "next": following}

    async def on_post_attempts(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, task_id: str) -> None:
        """Records a try that did not complete a task, such as a call that nobody answered."""
        data = Parameters(await read_body(req)).mapping("data")
        resp.media = await self.commands.run(actor_of(req), _attempt, task_id, data)


def _page(ctx: CommandContext, parameters: Parameters) -> dict[str, Any]:
    view = parameters.text("view") or "mine"
    if view not in VIEWS:
        raise InvalidRequest(f"view must be one of {', '.join(VIEWS)}")
    first, limit = parameters.page()
    queries = {name: _narrowed(ctx, query, parameters.text("due")) for name, query in _views(ctx).items()}
    counts = {name: user_tasks.count(ctx, query) for name, query in queries.items()}
    found = user_tasks.find(ctx, queries[view], first=first, limit=limit)
    return {
        "items": cards(ctx, found),
        "total": counts[view],
        "counts": counts,
        "covers": [cover.user_id for cover in ctx.actor.covers],
        "now": write_instant(ctx.now),
    }


def _views(ctx: CommandContext) -> dict[str, TaskQuery]:
    me = (ctx.actor.user_id, tuple(sorted(ctx.actor.roles)))
    return {
        "mine": TaskQuery(assignee=ctx.actor.user_id),
        "groups": TaskQuery(unassigned=True, free_for=me),
        "covered": TaskQuery(covered_by=ctx.actor),
        "all": TaskQuery(visible_to=ctx.actor),
    }


def _narrowed(ctx: CommandContext, query: TaskQuery, due: str | None) -> TaskQuery:
    """`overdue` is due before now, `today` is due until midnight of the house's zone, overdue included."""
    if due is None:
        return query
    local = ctx.now.astimezone(ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    until = {"overdue": ctx.now, "today": midnight}.get(due)
    if until is None:
        raise InvalidRequest("due must be overdue or today")
    return dataclasses.replace(query, due_before=to_micros(until))


def _opened(ctx: CommandContext, task_id: str) -> tuple[dict[str, Any], str, dict[str, Value], list[dict[str, Any]]]:
    """Returns card, documentation and form; the values of the form; and the attempts: personal ones as references."""
    task = readable(ctx, task_id)
    schema = forms.task_schema(ctx, task)
    values = _form_values(ctx, task)
    element = ctx.engine.definitions.process(ctx, task.definition_id).elements.get(task.element_id)
    text = element.documentation if element else ""
    text_en = element.properties.get("documentation.en", text) if element else ""
    shown = card(ctx, task) | {
        "byHand": ad_hoc_activities.any_by_hand(ctx, task.definition_id),
        "documentation": {"zh": text, "en": text_en} if text else None,
        "form": None if schema is None else {"id": task.form_ref, "schema": schema},
        "masked": readings.masked_names(ctx, task.root_id, values),
    }
    return shown, task.root_id, values, user_tasks.attempts_of(ctx, task_id)


def _form_values(ctx: CommandContext, task: UserTask) -> dict[str, Value]:
    """The values of the form's fields, and of the case what is not personal, which conditions of the form may read."""
    form = user_tasks.form_of(ctx, task)
    fields = set(form.data_classes) if form else set()
    values = readings.of_task(ctx, task)
    personal = set(readings.personal_names(values))
    return {name: value for name, value in values.items() if name in fields or name not in personal}


def _attempted(number: int, attempt: Mapping[str, Any], seen: Mapping[str, Value]) -> dict[str, Any]:
    data = {name: write_json(seen[f"attempts[{number}].{name}"]) for name in attempt["data"]}
    return {"at": write_micros(attempt["at"]), "by": attempt["by"], "data": data}


def _claim(ctx: CommandContext, task_id: str) -> dict[str, Any]:
    return card(ctx, user_tasks.claim(ctx, task_id))


def _unclaim(ctx: CommandContext, task_id: str) -> dict[str, Any]:
    return card(ctx, user_tasks.unclaim(ctx, task_id))


def _attempt(ctx: CommandContext, task_id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return card(ctx, user_tasks.record_attempt(ctx, task_id, data))


def own_routes(parts: Parts) -> Iterable[Route]:
    tasks = Inbox(parts.commands)
    return [
        ("/api/tasks", tasks, None),
        ("/api/tasks/{task_id}", tasks, "one"),
        ("/api/tasks/{task_id}/claim", tasks, "claim"),
        ("/api/tasks/{task_id}/unclaim", tasks, "unclaim"),
        ("/api/tasks/{task_id}/complete", tasks, "complete"),
        ("/api/tasks/{task_id}/attempts", tasks, "attempts"),
    ]
