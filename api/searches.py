"""/api/search: cases by plate, case number or customer number. By POST alone: a plate stands in no address or log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import falcon.asgi

from api.commands import Resource, actor_of
from api.params import Parameters, read_body
from api.routing import Parts, Route
from api.task_cards import case_numbers, process_name
from api.times import write_micros
from crm import searches
from crm.vault import PersonVault
from engine.context import CommandContext
from engine.errors import InvalidRequest


class Searches(Resource):
    """Cases that the asker may see, newest first; `{"plate": …}`, `{"caseNo": …}` or `{"customer": …}`."""

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        body = Parameters(await read_body(req))
        asked = sorted(body.names)
        if len(asked) != 1 or asked[0] not in searches.KINDS:
            raise InvalidRequest(f"a search names exactly one of {', '.join(searches.KINDS)}")
        resp.media = await self.commands.run(actor_of(req), _found, asked[0], body.required(asked[0]))
        resp.set_header("Cache-Control", "no-store")


def _found(ctx: CommandContext, kind: str, text: str) -> dict[str, Any]:
    key = cast(PersonVault, ctx.engine.vault).keystore.search_key
    cases = searches.find_cases(ctx, key, kind, text)
    numbers = case_numbers(ctx, [case.id for case in cases]) if cases else {}
    return {"items": [_shown(ctx, case, numbers.get(case.id)) for case in cases], "limit": searches.LIMIT}


def _shown(ctx: CommandContext, case: Any, case_no: str | None) -> dict[str, Any]:
    deployed = ctx.engine.definitions.deployed(ctx, case.definition_id)
    return {
        "processInstanceId": case.id,
        "processKey": deployed.key,
        "processName": process_name(deployed.key, deployed.name, deployed.name_en),
        "businessKey": case.business_key,
        "caseNo": case_no,
        "customerRef": case.customer_ref,
        "state": case.state,
        "started": write_micros(case.started_at),
        "ended": write_micros(case.ended_at),
    }


def own_routes(parts: Parts) -> Iterable[Route]:
    return [
        ("/api/search", Searches(parts.commands), None),
    ]
