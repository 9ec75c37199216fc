"""/api/instances/{id}/ad-hoc: what people may start in the ad-hoc sub-processes of a case, and when it is enough."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import falcon.asgi

from api.commands import Resource, actor_of, no_content
from api.params import Parameters, read_body
from api.routing import Parts, Route
from engine import ad_hoc_activities
from engine.ad_hoc_activities import AdHoc
from engine.bpmn.definition import Element


class AdHocActivities(Resource):
    """The choices of one case."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str) -> None:
        """What can be started by hand in a case."""
        found = await self.commands.read(actor_of(req), ad_hoc_activities.find, instance_id)
        resp.media = [_written(one) for one in found]

    async def on_post_start(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str) -> None:
        """Starts one activity once more."""
        body = Parameters(await read_body(req))
        which = (body.required("activityInstanceId"), body.required("activityId"))
        await self.commands.run(actor_of(req), ad_hoc_activities.start, instance_id, *which)
        no_content(resp)

    async def on_post_complete(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, instance_id: str) -> None:
        """Ends the sub-process: enough was done."""
        activity_id = Parameters(await read_body(req)).required("activityInstanceId")
        await self.commands.run(actor_of(req), ad_hoc_activities.complete, instance_id, activity_id)
        no_content(resp)


def _written(one: AdHoc) -> dict[str, Any]:
    return {
        "activityInstanceId": one.activity_id,
        "processInstanceId": one.process_id,
        **_named(one.element),
        "canComplete": one.can_complete,
        "activities": [{**_named(choice.element), "mayStart": choice.may_start} for choice in one.choices],
    }


def _named(element: Element) -> dict[str, Any]:
    return {"activityId": element.id, "name": {"zh": element.name, "en": element.name_en or element.name}}


def own_routes(parts: Parts) -> Iterable[Route]:
    choices = AdHocActivities(parts.commands)
    return [
        ("/api/instances/{instance_id}/ad-hoc", choices, None),
        ("/api/instances/{instance_id}/ad-hoc/start", choices, "start"),
        ("/api/instances/{instance_id}/ad-hoc/complete", choices, "complete"),
    ]
