"""/api/absences: who is away, and who stands in until when."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import falcon
import falcon.asgi

from api.commands import Resource, actor_of, no_content
from api.params import Parameters, read_body
from api.routing import Parts, Route
from api.times import read_micros, write_micros
from engine import absences, users
from engine.absences import Absence
from engine.context import CommandContext
from engine.users import User


class Absences(Resource):
    """The absences that concern the actor: the own ones, those covered, those of the people led."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Absences that concern the asker."""
        current = Parameters.of_query(req).boolean("current") or False
        found = await self.commands.read(
            actor_of(req), lambda ctx: [shown(ctx, one) for one in absences.listed(ctx, current=current)]
        )
        resp.media = found

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Records an absence and who covers it."""
        body = Parameters(await read_body(req))
        record = partial(
            absences.record,
            user_id=body.short("userId"),
            substitute_id=body.required("substituteId"),
            from_at=read_micros(body.required("from"), name="from"),
            until_at=read_micros(body.required("until"), name="until"),
        )
        resp.media = await self.commands.run(actor_of(req), lambda ctx: shown(ctx, record(ctx)))
        resp.status = falcon.HTTP_201

    async def on_get_people(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Whose absences the actor may record, the actor first."""
        resp.media = await self.commands.read(actor_of(req), lambda ctx: _people(ctx, absences.people(ctx)))

    async def on_get_substitutes(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Who may stand in for the actor or, with `userId`, for somebody whose absences the actor may record."""
        user_id = Parameters.of_query(req).text("userId")
        resp.media = await self.commands.read(
            actor_of(req), lambda ctx: _people(ctx, absences.substitutes(ctx, user_id))
        )

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, absence_id: str) -> None:
        """One absence."""
        resp.media = await self.commands.read(actor_of(req), lambda ctx: shown(ctx, absences.get(ctx, absence_id)))

    async def on_put_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, absence_id: str) -> None:
        """Changes substitute or end of an absence."""
        body = Parameters(await read_body(req))
        substitute_id, until_at = body.short("substituteId"), body.micros("until")

        def change(ctx: CommandContext) -> dict[str, Any]:
            return shown(ctx, absences.change(ctx, absence_id, substitute_id=substitute_id, until_at=until_at))

        resp.media = await self.commands.run(actor_of(req), change)

    async def on_delete_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, absence_id: str) -> None:
        """Ends an absence now."""
        await self.commands.run(actor_of(req), absences.end, absence_id)
        no_content(resp)


def _people(ctx: CommandContext, found: list[User]) -> list[dict[str, Any]]:
    names = users.role_names(ctx)
    return [
        {
            "id": user.id,
            "name": user.name,
            "roles": [{"code": role, "zh": names[role][0], "en": names[role][1]} for role in user.roles],
        }
        for user in found
    ]


def shown(ctx: CommandContext, absence: Absence) -> dict[str, Any]:
    """Returns an absence with instants as the interface writes them; `state` is that of the server's instant."""
    coming, over = absence.from_at > ctx.now_micros, absence.until_at <= ctx.now_micros
    return {
        "id": absence.id,
        "userId": absence.user_id,
        "substituteId": absence.substitute_id,
        "from": write_micros(absence.from_at),
        "until": write_micros(absence.until_at),
        "state": "over" if over else "coming" if coming else "now",
        "recorded": write_micros(absence.recorded_at),
        "recordedBy": absence.recorded_by,
    }


def own_routes(parts: Parts) -> Iterable[Route]:
    absent = Absences(parts.commands)
    return [
        ("/api/absences", absent, None),
        ("/api/absences/people", absent, "people"),
        ("/api/absences/substitutes", absent, "substitutes"),
        ("/api/absences/{absence_id}", absent, "one"),
    ]
