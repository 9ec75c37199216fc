"""Writes the access log, the one place where refusals and privileged readings are recorded; /api/access-log reads it.

Each entry says who, what (method, template of the route, id), when, which right was missing, and the id of the
request. No part of a message, body or query gets into it. One person's entries are bounded, so that who storms the
house fills no disk: what is beyond is counted, and the next entry says how many there were.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import falcon.asgi
from sqlalchemy.exc import SQLAlchemyError

from api import permissions
from api.commands import Commands
from api.lists import ListResource
from api.params import MICROS, TEXT, Filters, Parameters, read_filters
from api.rate_limits import Buckets
from api.routing import Parts, Route
from api.times import write_micros
from engine import access_log
from engine.access_log import LOG_IN_REFUSED, READ, REFUSED, Entry, EntryQuery
from engine.access_matrix import matrix
from engine.context import Actor, CommandContext
from engine.errors import Forbidden, MarqueError, Unauthenticated

log = logging.getLogger("marque.access")

# kind -> entries of one person at once, and per minute for long
BOUNDS = {REFUSED: (30, 10), READ: (120, 60), LOG_IN_REFUSED: (5, 1)}
# Who looks at the same thing again within this time reads it still.
SAME_READING_SECONDS = 600
MAX_READINGS = 20_000
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)


class AccessLog:
    """Middleware: sees every answer, and what it was refused with."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._buckets = {kind: Buckets(per_second=rate / 60, burst=burst) for kind, (burst, rate) in BOUNDS.items()}
        self._left_out: dict[tuple[str, str], int] = {}
        self._readings: OrderedDict[tuple[str, ...], float] = OrderedDict()
        self._lock = threading.Lock()

    async def process_resource(
        self, req: falcon.asgi.Request, _resp: falcon.asgi.Response, _resource: object, params: dict[str, Any]
    ) -> None:
        req.context.ids = dict(params)

    async def process_response(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, _resource: object, _succeeded: bool
    ) -> None:
        actor: Actor | None = getattr(req.context, "actor", None)
        refused: MarqueError | None = getattr(req.context, "refused", None)
        match refused:
            case Forbidden() as error:
                who = actor or Actor(error.user_id or "-")
                await self._note(REFUSED, who, _what(req) | _missing(error))
            case Unauthenticated() if req.get_header("Authorization") or req.method == "POST":
                # Who they say they are may be anything, a password in the wrong field included. Somebody who is known
                # tried the password of another.
                await self._note(
                    LOG_IN_REFUSED, actor or Actor("-"), {"route": req.uri_template, "request": _request(req)}
                )
            case None if actor is not None and resp.status_code < 300 and self._is_new_reading(req, actor):
                await self._note(READ, actor, _what(req))

    async def process_shutdown(self, _scope: dict[str, Any], _event: dict[str, Any]) -> None:
        """What was left out is written at last, once."""
        with self._lock:
            left_out, self._left_out = self._left_out, {}
        for (kind, user_id), number in left_out.items():
            await self._write(kind, Actor(user_id), {"route": None}, number)

    def _is_new_reading(self, req: falcon.asgi.Request, actor: Actor) -> bool:
        template = req.uri_template or ""
        known = matrix(self._commands.engine.settings.rules)
        if not permissions.is_privileged(known, actor, template, req.method):
            return False
        key, now = (actor.user_id, template, *(str(value) for value in _ids(req).values())), time.monotonic()
        with self._lock:
            since = self._readings.pop(key, None)
            fresh = since is None or now - since >= SAME_READING_SECONDS
            self._readings[key] = now if fresh or since is None else since
            if len(self._readings) > MAX_READINGS:
                self._readings.popitem(last=False)
        return fresh

    async def _note(self, kind: str, actor: Actor, body: dict[str, Any]) -> None:
        key = (kind, actor.user_id)
        with self._lock:
            if self._buckets[kind].take(actor.user_id) is not None:
                self._left_out[key] = self._left_out.get(key, 0) + 1
                return
            left_out = self._left_out.pop(key, 0)
        await self._write(kind, actor, body, left_out)

    async def _write(self, kind: str, actor: Actor, body: dict[str, Any], left_out: int) -> None:
        more = {"leftOut": left_out} if left_out else {}
        try:
            await self._commands.run(actor, access_log.record, kind, body | more)
        except (MarqueError, SQLAlchemyError) as error:
            # The refusal stands whether or not it could be written; it is counted for the next entry.
            log.error("access_log.failed", extra={"kind": kind, "error": type(error).__name__})
            with self._lock:
                self._left_out[kind, actor.user_id] = self._left_out.get((kind, actor.user_id), 0) + left_out + 1


def _what(req: falcon.asgi.Request) -> dict[str, Any]:
    return {"method": req.method, "route": req.uri_template, "request": _request(req), **_ids(req)}


def _ids(req: falcon.asgi.Request) -> dict[str, str]:
    """Returns the ids that the address names; what is no id of ours may be anything and stays out."""
    named: dict[str, Any] = getattr(req.context, "ids", {})
    case = named.get("instance_id") or req.params.get("processInstanceId")
    given = {name: value for name, value in named.items() if name != "instance_id"} | {"case": case}
    return {name: value for name, value in given.items() if isinstance(value, str) and _UUID.fullmatch(value)}


def _request(req: falcon.asgi.Request) -> str | None:
    return getattr(req.context, "request_id", None)


def _missing(error: Forbidden) -> dict[str, Any]:
    kind, _, thing = error.resource.partition(" ")
    named = {"resource": kind, "operation": error.operation}
    safe = {name: value for name, value in named.items() if _WORD.fullmatch(value)}
    return safe | ({"thing": thing} if _UUID.fullmatch(thing) else {})


# ------------------------------------------------------------ reading it

FILTERS: Filters = {
    "kind": ("kind", TEXT),
    "userId": ("user_id", TEXT),
    "processInstanceId": ("case", TEXT),
    "after": ("after", MICROS),
    "before": ("before", MICROS),
}


class Entries(ListResource):
    """The access log, newest first, for those who supervise: refusals, readings, changes of rights."""

    filters = FILTERS

    def listed(self, ctx: CommandContext, parameters: Parameters) -> list[dict[str, Any]]:
        first, limit = parameters.page()
        query: EntryQuery = read_filters(EntryQuery, FILTERS, parameters)
        return [_shown(entry) for entry in access_log.find(ctx, query, first=first, limit=limit)]

    def counted(self, ctx: CommandContext, parameters: Parameters) -> dict[str, int]:
        return {"count": access_log.count(ctx, read_filters(EntryQuery, FILTERS, parameters))}


CHAINED = frozenset({"v", "chain", "seq", "at", "kind", "actor", "case"})


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "id": f"{entry.chain_id}:{entry.seq}",
        "at": write_micros(entry.at),
        "kind": entry.kind,
        "userId": entry.actor,
        "processInstanceId": entry.case,
        "details": {name: value for name, value in entry.body.items() if name not in CHAINED},
    }


def own_routes(parts: Parts) -> Iterable[Route]:
    entries = Entries(parts.commands)
    return [
        ("/api/access-log", entries, None),
        ("/api/access-log/count", entries, "count"),
    ]
