"""/api/check: what a deployment of some files would find, before anybody deploys them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import falcon.asgi

from api import representations
from api.commands import Resource, actor_of
from api.params import Parameters, read_body
from api.routing import Parts, Route
from engine import deployments
from engine.context import CommandContext
from engine.errors import InvalidRequest
from engine.findings import Finding

MAX_FILES = 200


class Checks(Resource):
    """Errors and warnings of diagrams, tables and forms that somebody is writing; nothing is kept."""

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        given = Parameters(await read_body(req)).mapping("files")
        if not given or len(given) > MAX_FILES or not all(isinstance(body, str) for body in given.values()):
            raise InvalidRequest(f"files holds the text of 1 to {MAX_FILES} files by name")
        files = {name: body.encode("utf-8", "replace") for name, body in given.items()}
        resp.media = await self.commands.read(actor_of(req), _checked, files)


def _checked(ctx: CommandContext, files: dict[str, bytes]) -> dict[str, Any]:
    found = deployments.findings(ctx, files)
    return {"findings": {file: [_finding(one) for one in listed] for file, listed in found.items()}}


def _finding(found: Finding) -> dict[str, Any]:
    return {**representations.finding(found), "severity": found.severity}


def own_routes(parts: Parts) -> Iterable[Route]:
    return [
        ("/api/check", Checks(parts.commands), None),
    ]
