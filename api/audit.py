"""/api/audit: whether the history is what it was, and the chain of a case for others to check."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import falcon.asgi

from api.commands import Resource, actor_of
from api.params import Parameters
from api.routing import Parts, Route
from engine import audit, authorizations, process_instances
from engine.context import CommandContext

MAX_FAULTS = 1_000
LINES = "application/x-ndjson"


class Verification(Resource):
    """Checks all chains, or that of one case."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        chain_id = Parameters.of_query(req).text("processInstanceId")
        resp.media = await self.commands.read(actor_of(req), _verify, chain_id)


class Export(Resource):
    """The chained events of a case, one JSON object per line, exactly as stored; people only by reference."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        instance_id = Parameters.of_query(req).required("processInstanceId")
        bodies = await self.commands.read(actor_of(req), _export, instance_id)
        resp.content_type = LINES
        resp.set_header("Content-Disposition", "attachment; filename=case.jsonl")
        resp.data = b"".join(body + b"\n" for body in bodies)


def _export(ctx: CommandContext, instance_id: str) -> list[bytes]:
    authorizations.require(ctx, "History", "export")
    return audit.bodies(ctx, process_instances.get(ctx, instance_id).root_id)


def _verify(ctx: CommandContext, chain_id: str | None) -> dict[str, Any]:
    authorizations.require(ctx, "History", "verify")
    found = audit.verify(ctx, chain_id)
    faults = [
        {"chainId": one.chain_id, "seq": one.seq, "reason": {"zh": one.zh, "en": one.reason}}
        for one in found.faults[:MAX_FAULTS]
    ]
    return {
        "intact": found.intact,
        "chains": found.chains,
        "events": found.events,
        "faults": faults,
        "blindSpots": [{"zh": audit.BLIND_SPOTS[one], "en": one} for one in found.blind_spots],
    }


def own_routes(parts: Parts) -> Iterable[Route]:
    return [
        ("/api/audit/verify", Verification(parts.commands), None),
        ("/api/audit/export", Export(parts.commands), None),
    ]
