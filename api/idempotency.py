"""`Idempotency-Key`: a write that is sent twice is done once, and answered the same for a day.

The key belongs to the user who sent it. It is noted before the write begins and gets its answer after it was done; a
process that dies in between leaves a key whose outcome nobody knows, and the second request is told so instead of
being done again. What was refused did nothing: its key is free again. Answers may show personal values, so they are
kept encrypted. Uploads in several parts carry no key: deployments filter duplicates themselves.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import falcon
import falcon.asgi
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select, update

from api.commands import Commands, actor_of
from api.params import read_bytes
from api.security import SAFE_METHODS, is_query
from api.time_limits import AnswerTooSlow
from engine import models
from engine.clock import to_micros
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.errors import Conflict, InvalidRequest
from engine.keys import derive_key
from engine.sql import insert_unless_present

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
NONCE_BYTES = 12
TABLE = models.idempotent_answer
NOTE = insert_unless_present(TABLE)
_KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    status: int
    content_type: str | None
    body: bytes


class Idempotency:
    """Middleware: answers a repeated write without doing it again."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._cipher = AESGCM(derive_key(commands.engine.master_key, "idempotency"))

    async def process_resource(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, _resource: object, _params: dict[str, Any]
    ) -> None:
        key = req.get_header(HEADER)
        if key is None or not _is_write(req):
            return
        if not _KEY.fullmatch(key):
            raise InvalidRequest(f"{HEADER} has 1 to 255 visible ASCII characters")
        user_id = actor_of(req).user_id
        req.context.body = await read_bytes(req, limit=self._commands.engine.settings.limits.upload_bytes)
        found = await self._commands.run(SYSTEM_ACTOR, begin, user_id, key, request_hash=_hash(req))
        if found is None:
            req.context.idempotency = (user_id, key)
            return
        resp.status = falcon.code_to_http_status(found.status)
        resp.content_type = found.content_type
        resp.data = self._open(found.body, user_id, key)
        resp.set_header("Idempotency-Replayed", "true")
        resp.complete = True

    async def process_response(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, _resource: object, _succeeded: bool
    ) -> None:
        noted: tuple[str, str] | None = getattr(req.context, "idempotency", None)
        if noted is None:
            return
        if isinstance(getattr(req.context, "refused", None), AnswerTooSlow):
            return  # the command goes on, and may still be done: its key stays taken
        if not 200 <= resp.status_code < 300:
            await self._commands.run(SYSTEM_ACTOR, forget, *noted)
            return
        body = await resp.render_body() or b""
        answer = Answer(resp.status_code, resp.content_type, self._closed(body, *noted))
        await self._commands.run(SYSTEM_ACTOR, keep, *noted, answer)

    def _closed(self, body: bytes, user_id: str, key: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, body, f"{user_id}\x00{key}".encode())

    def _open(self, stored: bytes, user_id: str, key: str) -> bytes:
        return self._cipher.decrypt(stored[:NONCE_BYTES], stored[NONCE_BYTES:], f"{user_id}\x00{key}".encode())


def begin(ctx: CommandContext, user_id: str, key: str, *, request_hash: str) -> Answer | None:
    """Notes a key and returns None, or the answer of the request that had it before.

    Raises Conflict if that was another request, or if its outcome is not known (yet).
    """
    ctx.connection.execute(delete(TABLE).where(TABLE.c.at <= to_micros(ctx.now - KEPT_FOR)))
    values = {"request_hash": request_hash, "at": ctx.now_micros, "status": None, "content_type": None, "body": None}
    if NOTE.run(ctx.connection, user_id=user_id, key=key, **values) == 1:
        return None
    row = ctx.connection.execute(select(TABLE).where(_is(user_id, key))).one_or_none()
    if row is None or row.request_hash != request_hash:
        raise Conflict(f"this {HEADER} was used for another request")
    if row.status is None:
        raise Conflict(f"the request with this {HEADER} is under way, or its end is unknown; look before you try again")
    return Answer(row.status, row.content_type, row.body)


def keep(ctx: CommandContext, user_id: str, key: str, answer: Answer) -> None:
    """Keeps the answer of a write that was done."""
    values = {"status": answer.status, "content_type": answer.content_type, "body": answer.body}
    ctx.connection.execute(update(TABLE).where(_is(user_id, key)).values(**values))


def forget(ctx: CommandContext, user_id: str, key: str) -> None:
    """Frees the key of a write that was refused."""
    ctx.connection.execute(delete(TABLE).where(_is(user_id, key)))


def _is(user_id: str, key: str) -> Any:
    return (TABLE.c.user_id == user_id) & (TABLE.c.key == key)


def _is_write(req: falcon.asgi.Request) -> bool:
    several_parts = (req.content_type or "").startswith(falcon.MEDIA_MULTIPART)
    known = getattr(req.context, "actor", None) is not None
    return known and req.method not in SAFE_METHODS and not is_query(req) and not several_parts


def _hash(req: falcon.asgi.Request) -> str:
    parts = (req.method, req.path, req.query_string, req.content_type or "")
    return hashlib.sha256("\x00".join(parts).encode() + b"\x00" + req.context.body).hexdigest()
