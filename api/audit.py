"""/api/audit/verify: whether the history is what it was."""

from __future__ import annotations

from typing import Any

import falcon.asgi

from api.commands import Resource, actor_of
from api.params import Parameters
from engine import audit, authorizations
from engine.context import CommandContext

MAX_FAULTS = 1_000


class Verification(Resource):
    """Checks all chains, or that of one case."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        chain_id = Parameters.of_query(req).text("processInstanceId")
        resp.media = await self.commands.read(actor_of(req), _verify, chain_id)


def _verify(ctx: CommandContext, chain_id: str | None) -> dict[str, Any]:
    authorizations.require(ctx, "History", "verify")
    found = audit.verify(ctx, chain_id)
    faults = [{"chainId": one.chain_id, "seq": one.seq, "reason": one.reason} for one in found.faults[:MAX_FAULTS]]
    return {
        "intact": found.intact,
        "chains": found.chains,
        "events": found.events,
        "faults": faults,
        "blindSpots": list(found.blind_spots),
    }
