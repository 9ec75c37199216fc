"""/message and /signal: news for whoever waits for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import falcon
import falcon.asgi

from api import representations
from api.commands import Resource, actor_of, no_content
from api.params import Parameters, read_body
from api.routing import Parts, Route
from api.typed_values import read_variables
from engine import messages, signals
from engine.errors import InvalidRequest
from engine.messages import Correlated, Message


class Messages(Resource):
    """Correlates a message to exactly one receiver, or to all that match."""

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        body = Parameters(await read_body(req))
        to_all = bool(body.boolean("all"))
        found = await self.commands.run(actor_of(req), messages.correlate, read_message(body), to_all=to_all)
        if body.boolean("resultEnabled"):
            resp.status = falcon.HTTP_200
            resp.media = [_result(one) for one in found]
        else:
            no_content(resp)


class Signals(Resource):
    """Broadcasts a signal; each receiver gets it in a transaction of its own."""

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        body = Parameters(await read_body(req))
        if body.raw("executionId") is not None:
            raise InvalidRequest("a signal goes to everybody; executionId is not supported")
        values = read_variables(body.raw("variables"))
        await self.commands.run(actor_of(req), signals.broadcast, body.required("name"), values)
        no_content(resp)


def read_message(body: Parameters) -> Message:
    """Returns the message of a request; local keys and local variables have no counterpart here."""
    for name in ("localCorrelationKeys", "processVariablesLocal", "processVariablesToTriggeredScope"):
        if body.raw(name):
            raise InvalidRequest(f"{name} is not supported")
    return Message(
        name=body.required("messageName"),
        business_key=body.short("businessKey"),
        process_instance_id=body.text("processInstanceId"),
        correlation_keys=read_variables(body.raw("correlationKeys"), name="correlationKeys"),
        variables=read_variables(body.raw("processVariables"), name="processVariables"),
    )


def _result(found: Correlated) -> dict[str, Any]:
    """MessageCorrelationResultDto."""
    if found.kind == "ProcessDefinition":
        started = representations.process_instance(found.instance)
        return {"resultType": "ProcessDefinition", "execution": None, "processInstance": started}
    execution = {
        "id": found.instance.id,
        "processInstanceId": found.instance.id,
        "ended": found.instance.ended_at is not None,
        "tenantId": None,
    }
    return {"resultType": "Execution", "execution": execution, "processInstance": None}


def rest_routes(parts: Parts) -> Iterable[Route]:
    return [
        ("/message", Messages(parts.commands), None),
        ("/signal", Signals(parts.commands), None),
    ]
