"""/api/calendars: the working calendar, read by everybody, loaded by whom the access matrix names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import falcon
import falcon.asgi

from api.commands import Resource, actor_of
from api.params import Parameters, read_bytes
from api.routing import Parts, Route
from api.times import read_instant, write_micros
from engine import calendars
from engine.errors import InvalidRequest

MOST = 4_000


class Calendars(Resource):
    """The loaded years, one of them, and when a limit ends."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """The years whose working days are known."""
        actor = actor_of(req)
        years = await self.commands.read(actor, calendars.years)
        missing = await self.commands.read(actor, calendars.missing_year)
        resp.media = {"years": [_short(year) for year in years], "missingYear": missing}

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Loads a year: the body is a calendar file, YAML or the same as JSON."""
        body = await read_bytes(req, limit=calendars.FILE_BYTES)
        loaded = await self.commands.run(actor_of(req), calendars.load, body)
        resp.status = falcon.HTTP_201
        resp.media = _full(loaded)

    async def on_get_one(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, year: str) -> None:
        """Holidays and make-up days of a year."""
        if not (year.isascii() and year.isdigit() and len(year) == 4):
            raise InvalidRequest("a year has four digits")
        resp.media = _full(await self.commands.read(actor_of(req), calendars.get, int(year)))

    async def on_get_due(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answers `?anchor=…&limit=5&unit=working_days` with the due instant and its trace."""
        parameters = Parameters.of_query(req)
        anchor = read_instant(parameters.required("anchor"), name="anchor")
        limit = parameters.integer("limit", least=-MOST, most=MOST)
        if limit is None:
            raise InvalidRequest("limit is missing")
        due = await self.commands.read(actor_of(req), calendars.due, anchor, limit, parameters.required("unit"))
        resp.media = dict(due.trace)


def _short(one: calendars.LoadedYear) -> dict[str, Any]:
    return {
        "year": one.year,
        "workingDays": one.working_days,
        "source": one.said.source,
        "provisional": one.said.provisional,
        "sha256": one.said.sha256,
        "loadedBy": one.said.by,
        "loadedAt": write_micros(one.said.at),
    }


def _full(one: calendars.LoadedYear) -> dict[str, Any]:
    return {**_short(one), "days": [{"date": day.isoformat(), "kind": kind} for day, kind in one.listed]}


def own_routes(parts: Parts) -> Iterable[Route]:
    year = Calendars(parts.commands)
    return [
        ("/api/calendars", year, None),
        ("/api/calendars/due", year, "due"),
        ("/api/calendars/{year}", year, "one"),
    ]
