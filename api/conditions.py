"""/condition: variables that may start processes."""

from __future__ import annotations

from collections.abc import Iterable

import falcon.asgi

from api import representations
from api.commands import Resource, actor_of
from api.params import Parameters, read_body
from api.routing import Parts, Route
from api.typed_values import read_variables
from engine import conditions
from engine.errors import InvalidRequest


class Conditions(Resource):
    """Evaluates the conditional start events in force and answers what they started."""

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        body = Parameters(await read_body(req))
        if body.raw("tenantId") is not None:
            raise InvalidRequest("there are no tenants")
        started = await self.commands.run(
            actor_of(req),
            conditions.evaluate_starts,
            read_variables(body.raw("variables")),
            business_key=body.short("businessKey"),
            definition_id=body.text("processDefinitionId"),
        )
        resp.media = [representations.process_instance(one) for one in started]


def rest_routes(parts: Parts) -> Iterable[Route]:
    return [
        ("/condition", Conditions(parts.commands), None),
    ]
